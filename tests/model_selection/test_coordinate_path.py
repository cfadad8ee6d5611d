"""The course of a coordinate search."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fernet.model_selection.coordinate_path import (
    as_grids,
    follow_path,
    same_point,
    start_point,
)

values = st.lists(st.integers(-5, 5), min_size=1, max_size=4)
steps = st.lists(st.tuples(st.sampled_from("abc"), values), min_size=1, max_size=5)


def search(grids, start, loss):
    """Follow the path of least loss; return it with all points in order."""
    points = []

    def evaluate(step, new):
        points.extend(new)
        return int(np.argmin([loss(point) for point in points]))

    return follow_path(grids, start, evaluate), points


@given(steps=steps, target=st.tuples(*[st.integers(-5, 5)] * 3))
def test_no_point_comes_twice_and_every_winner_is_at_least_as_good(steps, target):
    def loss(point):
        a, b, c = (point[name] - to for name, to in zip("abc", target, strict=True))
        return a * a + b * b + c * c + a * b

    path, points = search([{name: grid} for name, grid in steps], dict.fromkeys("abc", 0), loss)
    assert len({tuple(sorted(point.items())) for point in points}) == len(points)
    losses = [loss(points[step["best_index"]]) for step in path]
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] == min(map(loss, points))


@given(grids=st.fixed_dictionaries(dict.fromkeys("abc", values)))
def test_parameters_that_do_not_depend_on_each_other_end_where_a_grid_would(grids):
    start = {name: grid[0] for name, grid in grids.items()}
    path, points = search(as_grids(grids), start, lambda p: sum(v * v for v in p.values()))
    best = points[path[-1]["best_index"]]
    assert {k: abs(v) for k, v in best.items()} == {
        k: min(map(abs, grid)) for k, grid in grids.items()
    }


def test_a_value_that_is_not_listed_stays_if_none_listed_is_better():
    path, points = search(
        [{"a": [1]}, {"b": [5, 6]}], {"a": 0, "b": 0}, lambda p: abs(p["a"] - 1) + p["b"]
    )
    assert path[1]["chosen"] == {"b": 0}
    assert path[1]["candidates"] == [0, 1, 2]
    assert points == [{"a": 1, "b": 0}, {"a": 1, "b": 5}, {"a": 1, "b": 6}]


def test_parameters_of_one_step_are_varied_jointly():
    _, points = search([{"a": [0, 1], "b": [0, 1]}], {"a": 0, "b": 0}, lambda p: p["a"])
    assert len(points) == 4


@pytest.mark.parametrize(
    ("param_grids", "error", "message"),
    [
        ({}, ValueError, "param_grids is {}; expected a parameter or more"),
        ([{"a": [1]}, {}], TypeError, r"param_grids\[1\] is {}; expected a dict"),
        ([{"a": [1]}, "b"], TypeError, r"param_grids\[1\] is 'b'"),
        ({"a": 1}, TypeError, "'a'"),
        ({"a": []}, ValueError, "'a'"),
    ],
)
def test_a_grid_that_makes_no_sense_is_refused(param_grids, error, message):
    with pytest.raises(error, match=message):
        as_grids(param_grids)


def test_a_part_that_is_exchanged_takes_its_parameters_along():
    grids = as_grids({"model": ["A", "B"], "model__depth": [1, 2], "other": [1]})
    assert start_point(grids, {"model": "A", "model__depth": 7, "other": 0}) == {
        "model": "A",
        "other": 0,
    }


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ((512, 256), [512, 256], True),
        (0.0, 0, True),
        (np.float64(0.1), 0.1, True),
        (np.array([1, 2]), np.array([1, 2]), True),
        ({"shift": 1}, {"shift": 1.0}, True),
        (True, 1, False),
        ((512,), (512, 256), False),
        (None, "none", False),
        ({"shift": 1}, {"flip": 1}, False),
    ],
)
def test_values_are_the_same_by_what_they_mean(one, other, same):
    assert same_point({"a": one}, {"a": other}) is same
