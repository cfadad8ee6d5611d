"""When data are in another unit than what a model has learnt from."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fernet._training.input_range import InputRange, warn_if_far

BYTES, UNIT = InputRange(0, 255), InputRange(0, 1)


def warned(learnt, rows):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warn_if_far(learnt, np.asarray(rows), "X")
    return [str(w.message) for w in caught]


@pytest.mark.parametrize(
    ("learnt", "rows"),
    [
        (BYTES, [[0.0, 0.5], [1.0, 0.2]]),
        (BYTES, [[-1.0, 1.0]]),
        (BYTES, [[-2.6, 2.6]]),
        (BYTES, [[0, 65535]]),
        (BYTES, [[-200.0, 3.0]]),
        (UNIT, np.array([[0, 255]], np.uint8)),
        (UNIT, [[0.0, 255.0]]),
        (InputRange(-1, 1), np.array([[3, 200]], np.uint8)),
        (InputRange(-3, 3), np.array([[3, 200]], np.uint8)),
        (InputRange(-135.9, 152.6), np.array([[3, 240]], np.uint8)),
    ],
)
def test_another_unit_is_told_once_with_both_ranges(learnt, rows):
    (text,) = warned(learnt, rows)
    found = InputRange.of(np.asarray(rows))
    assert f"X spans {found}, but the model has learnt from data that span {learnt}" in text


@pytest.mark.parametrize(
    ("learnt", "rows"),
    [
        (BYTES, np.zeros((1, 4), np.uint8)),
        (BYTES, np.full((1, 4), 130.4)),
        (BYTES, [[3, 40]]),
        (BYTES, [[-4.0, 261.0]]),
        (UNIT, [[0.1, 0.2]]),
        (InputRange(-3, 3), [[-4.0, 4.0]]),
        (InputRange(-2.8, 20), [[-2.8, 57.0]]),
        (InputRange(-135.9, 152.6), [[-140.0, 160.0]]),
        (InputRange(-135.9, 152.6), [[3.0, 140.0]]),
        (InputRange(-900, 900), [[3.0, 240.0]]),
        (None, [[1e9]]),
        (BYTES, np.zeros((0, 4))),
    ],
)
def test_dark_flat_or_slightly_wider_data_pass_in_silence(learnt, rows):
    assert warned(learnt, rows) == []


@pytest.mark.parametrize(
    ("learnt", "rows", "advice"),
    [
        (BYTES, [[0.0, 1.0]], "perhaps X * 255"),
        (UNIT, np.array([[0, 255]], np.uint8), "perhaps X / 255"),
        (
            InputRange(-135.9, 152.6),
            np.array([[3, 240]], np.uint8),
            "perhaps X less the mean that was taken from those",
        ),
        (InputRange(0, 0), np.array([[0, 255]], np.uint8), "in the unit of the training data"),
    ],
)
def test_the_likely_factor_is_named(learnt, rows, advice):
    assert warned(learnt, rows)[0].endswith(advice)


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=6))
def test_data_are_never_far_from_themselves(numbers):
    own = InputRange.of(np.array([numbers]))
    assert not own.is_far_from(own)


@given(st.floats(-9, 9), st.floats(-9, 9), st.floats(-9, 9), st.floats(-9, 9))
def test_a_joined_range_holds_both(a, b, c, d):
    one, two = InputRange(min(a, b), max(a, b)), InputRange(min(c, d), max(c, d))
    joined = one | two
    assert (joined.low, joined.high) == (min(a, b, c, d), max(a, b, c, d))


@pytest.mark.parametrize(
    ("found", "nominal"),
    [
        (InputRange(3, 200), InputRange(0, 255)),
        (InputRange(0.1, 0.8), InputRange(0, 1)),
        (InputRange(-0.9, 0.8), InputRange(-1, 1)),
        (InputRange(-2.5, 2.7), InputRange(-2.5, 2.7)),
        (InputRange(0, 65535), InputRange(0, 65535)),
    ],
)
def test_a_range_is_read_as_the_scale_that_it_is_part_of(found, nominal):
    assert found.nominal == nominal


@given(
    st.tuples(st.floats(-300, 2000), st.floats(-300, 2000)).map(sorted),
    st.lists(st.integers(0, 255), min_size=1, max_size=6),
)
def test_bytes_that_pass_at_a_glance_are_not_far(ends, values):
    learnt, rows = InputRange(*ends), np.array([values], np.uint8)
    if learnt.takes_bytes(rows):
        assert not learnt.is_far_from(InputRange.of(rows))
        assert warned(learnt, rows) == []


def test_bytes_pass_at_a_glance_where_bytes_were_learnt():
    assert BYTES.takes_bytes(np.array([[0, 11]], np.uint8))
    assert not BYTES.takes_bytes(np.array([[0, 10]], np.uint8))
    assert not BYTES.takes_bytes(np.array([[0.0, 200.0]]))


@pytest.mark.parametrize(
    ("low", "high", "unit"),
    [
        (0, 255, BYTES),
        (0, 60, BYTES),
        (-3.2, 255, BYTES),
        (0, 255.4, BYTES),
        (-20, 280, BYTES),
        (0, 1, UNIT),
        (0, 0, UNIT),
        (0, 1.04, UNIT),
        (-0.03, 0.99, UNIT),
        (-0.1, 1.12, UNIT),
        (-0.02, 0.4, UNIT),
        (-1.03, 1.0000001, InputRange(-1, 1)),
        (-1, 1, InputRange(-1, 1)),
        (-0.6, 0.9, InputRange(-1, 1)),
    ],
)
def test_resized_images_are_in_the_unit_that_they_overshoot(low, high, unit):
    assert InputRange(low, high).nominal == unit


@pytest.mark.parametrize(
    ("low", "high"),
    [(-133, 151), (-40, 160), (-2.8, 20), (-1.2, 1.1), (-1.9, 2.4), (0, 300), (3, 900)],
)
def test_what_goes_further_has_no_unit_but_its_own(low, high):
    found = InputRange(low, high)
    assert found.nominal == found
    assert not found.is_of_pixels


@given(st.sampled_from([BYTES, UNIT]), st.floats(0, 0.1), st.floats(0, 0.1))
def test_an_overshoot_is_neither_another_unit_nor_far(unit, below, above):
    resized = InputRange(unit.low - below * unit.high, unit.high * (1 + above))
    assert resized.nominal == unit
    assert not resized.is_far_from(unit)
    assert not unit.is_far_from(resized)
    assert resized.takes_bytes(np.array([[0, 200]], np.uint8)) == (unit == BYTES)
