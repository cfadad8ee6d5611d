"""Whose line a warning shows."""

from __future__ import annotations

import pytest

from fernet._io.callers import levels_to_caller


def test_a_call_from_outside_is_two_levels_up_from_within():
    namespace = {"__name__": "fernet.within", "levels_to_caller": levels_to_caller}
    exec("def outer():\n    return inner()\ndef inner():\n    return levels_to_caller()", namespace)
    assert levels_to_caller() == 1
    assert namespace["inner"]() == 2
    assert namespace["outer"]() == 3


@pytest.mark.parametrize("package", ["sklearn.pipeline", "joblib.parallel", "fernet"])
def test_what_is_between_counts_as_within(package):
    namespace = {"__name__": package, "ask": levels_to_caller}
    exec("def call():\n    return ask()", namespace)
    assert namespace["call"]() == 2
