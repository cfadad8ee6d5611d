"""What parameters may be is checked as scikit-learn checks it, in the same words."""

from __future__ import annotations

from numbers import Integral, Real
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import fernet
from fernet.estimators.limits import Interval, OneOf, check_parameters

theirs = pytest.importorskip(
    "sklearn.utils._param_validation", reason="this scikit-learn keeps its checks elsewhere"
)

VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 2**33), st.floats(), st.text(max_size=5),
    st.sampled_from([
        "adam", [1, 2], (3,), {}, np.zeros(2), np.float32(0.5), np.int64(1), np.bool_(True),
        np.random.RandomState(0), object, 1j, range(3), b"adam", np.array(1.0),
    ]),
)  # fmt: skip
CLOSED = st.sampled_from(["left", "right", "both", "neither"])


@given(VALUES, CLOSED, st.sampled_from([Real, Integral]))
def test_an_interval_is_scikit_learns(value, closed, kind):
    ours = Interval(kind, 0, 2, closed)
    other = theirs.Interval(kind, 0, 2, closed=closed)
    assert ours.allows(value) == other.is_satisfied_by(value)
    assert str(ours) == str(other)


@given(VALUES)
def test_an_interval_without_an_end_is_scikit_learns(value):
    ours = Interval(Real, 0, None, "neither")
    other = theirs.Interval(Real, 0, None, closed="neither")
    assert ours.allows(value) == other.is_satisfied_by(value)
    assert str(ours) == str(other)


@pytest.mark.parametrize(
    "limits",
    [
        ["boolean"],
        ["random_state"],
        ["verbose"],
        ["array-like"],
        [dict, None],
        [str, list],
        [object],
    ],
    ids=str,
)
@given(value=VALUES)
def test_common_limits_are_scikit_learns(limits, value):
    def refusal(check, *arguments):
        try:
            check(*arguments)
        except ValueError as error:
            return str(error)
        return None

    arguments = {"x": limits}, {"x": value}, "Owner"
    expected = refusal(theirs.validate_parameter_constraints, *arguments)
    assert refusal(check_parameters, *arguments) == expected


def test_words():
    limits = {"solver": [OneOf(frozenset({"sgd", "adam"})), None]}
    for value in ("sgd", "adam", None):
        check_parameters(limits, {"solver": value}, "Owner")
    with pytest.raises(ValueError, match=r"must be a str among \{'adam', 'sgd'\} or None. Got 'a'"):
        check_parameters(limits, {"solver": "a"}, "Owner")


def test_no_private_name_of_scikit_learn_is_imported():
    for path in Path(fernet.__file__).parent.rglob("*.py"):
        for line in path.read_text("utf-8").splitlines():
            words = line.strip().replace(",", " ").split()
            if words[:1] == ["from"] and words[1].startswith("sklearn"):
                assert "._" not in words[1], line
                assert not any(word.startswith("_") for word in words[3:]), line
