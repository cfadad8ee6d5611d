"""Numbers as options: finite ones, within their range."""

from __future__ import annotations

import click
import pytest

from fernet.cli.finite_float import FiniteFloat


def test_a_number_in_the_range_is_taken():
    assert FiniteFloat(0).convert("0.5", None, None) == 0.5


@pytest.mark.parametrize("text", ["nan", "inf", "-1", "half"])
def test_what_is_none_is_refused(text):
    with pytest.raises(click.BadParameter):
        FiniteFloat(0).convert(text, None, None)
