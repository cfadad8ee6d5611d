"""Counts and truth values are what they say."""

from __future__ import annotations

import numpy as np
import pytest

from fernet._checks import as_count, check_truth


def test_a_count_is_a_whole_number_of_any_type():
    assert as_count(np.int64(2), "n_outputs") == 2


@pytest.mark.parametrize("value", [0, -1, 1.5, 2.0, "2", None])
def test_what_is_no_count_is_refused_by_name(value):
    with pytest.raises(ValueError, match=r"n_outputs is .* expected a whole number, 1 or more"):
        as_count(value, "n_outputs")


@pytest.mark.parametrize("value", [True, False, np.True_, 0, 1])
def test_truth_values_are_taken(value):
    check_truth(value, "upright")


@pytest.mark.parametrize("value", ["no", "", None, 2, []])
def test_what_only_counts_as_true_or_false_is_refused_by_name(value):
    with pytest.raises(ValueError, match=r"upright is .* expected True or False"):
        check_truth(value, "upright")
