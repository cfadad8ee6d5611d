"""Counts and truth values are what they say."""

from __future__ import annotations

import numpy as np
import pytest

from fernet._checks import arguments_of, as_count, as_truth, call_text, check_number


def test_a_count_is_a_whole_number_of_any_type():
    assert as_count(np.int64(2), "n_outputs") == 2


@pytest.mark.parametrize("value", [0, -1, 1.5, 2.0, "2", None])
def test_what_is_no_count_is_refused_by_name(value):
    with pytest.raises(ValueError, match=r"n_outputs is .* expected a whole number, 1 or more"):
        as_count(value, "n_outputs")


@pytest.mark.parametrize("value", [True, np.False_])
def test_a_truth_value_is_pythons(value):
    assert as_truth(value, "use_bias") is bool(value)


@pytest.mark.parametrize("value", ["no", "False", "", 0, 1, 2, None, [], np.array(True)], ids=repr)
def test_what_is_no_truth_value_is_refused_by_name(value):
    with pytest.raises(ValueError, match=r"use_bias is .* expected True or False"):
        as_truth(value, "use_bias")


@pytest.mark.parametrize("value", [1, 0.5, np.float32(2), np.int8(3), float("nan")])
def test_a_number_is_of_any_type(value):
    check_number(value, "rate", "0 to 1")


@pytest.mark.parametrize("value", ["0.5", None, np.ones(1), 1j], ids=repr)
def test_what_is_no_number_is_refused_by_name(value):
    with pytest.raises(ValueError, match=r"rate is .*; expected 0 to 1"):
        check_number(value, "rate", "0 to 1")


class Given:
    def __init__(self, first, second=2):
        self.first = first
        self._second = second


def test_arguments_are_read_back_or_named():
    given = Given(1)
    assert call_text(given) == "Given(first=1, second=...)"
    with pytest.raises(ValueError, match="Given takes second, but its object has no attribute sec"):
        arguments_of(given)
    given.second = 3
    assert arguments_of(given) == {"first": 1, "second": 3}
    assert call_text(given) == "Given(first=1, second=3)"
