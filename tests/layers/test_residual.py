"""Residual: a branch and a shortcut."""

from __future__ import annotations

import pytest

from fernet.layers import Linear, ReLU, Residual


def test_its_output_has_the_shape_that_both_ways_make():
    assert Residual([Linear(9), ReLU(), Linear(4)]).output_shape((4,)) == (4,)
    assert Residual([Linear(9)], shortcut=[Linear(9)]).output_shape((4,)) == (9,)


def test_ways_that_end_in_other_shapes_are_refused():
    with pytest.raises(
        ValueError, match=r"branch makes rows of shape \(9,\), the shortcut of \(4,"
    ):
        Residual([Linear(9)]).output_shape((4,))


def test_an_empty_branch_is_refused():
    with pytest.raises(ValueError, match="branch is empty"):
        Residual([])


def test_it_shows_its_layers():
    assert repr(Residual([ReLU()])) == "Residual(branch=[ReLU()], shortcut=[])"
