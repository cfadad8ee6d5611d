"""Which faces are left out, and what is said of them."""

from __future__ import annotations

import numpy as np
import pytest

from fernet.faces import Box
from fernet.faces.finding import Face
from fernet.faces.limits import Limits
from fernet.faces.quality import Quality

PIXELS = np.zeros((48, 48), np.uint8)
FACE = Face(PIXELS, Box(0, 0, 20, 30), 0.8, quality=Quality(30, 0.15, 0, 1))


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (Limits(), None),
        (Limits(min_score=0.8, min_size=30, min_quality=0.9), None),
        (Limits(min_score=0.85), "left out: score 0.80 is below 0.85"),
        (Limits(min_size=31), "left out: 30 pixels are below 31"),
        (Limits(min_quality=0.995), "left out: quality 0.99 is below 0.995"),
        (Limits(min_score=0.8001), "left out: score 0.80 is below 0.8001"),
    ],
)
def test_a_face_below_a_limit_is_left_out_with_a_reason(limits, reason):
    assert limits.reason(FACE) == reason


def test_a_face_that_was_not_searched_for_has_no_score_to_be_below():
    assert Limits(min_score=1.0).reason(Face(PIXELS, Box(0, 0, 48, 48))) is None


def test_no_limit_leaves_out_no_score_of_ones_own_detector():
    face = Face(PIXELS, Box(0, 0, 48, 48), score=-0.2)
    assert Limits().reason(face) is None
    assert Limits(min_score=0.1).reason(face) == "left out: score -0.20 is below 0.1"


@pytest.mark.parametrize("name", ["min_score", "min_size", "min_quality"])
def test_a_limit_out_of_its_range_is_named(name):
    with pytest.raises(ValueError, match=f"{name} is -1"):
        Limits(**{name: -1})


@pytest.mark.parametrize("name", ["min_score", "min_size", "min_quality"])
def test_what_is_no_number_is_no_limit(name):
    with pytest.raises(ValueError, match=f"{name} is nan"):
        Limits(**{name: float("nan")})
    for value in ("0.8", None, True):
        with pytest.raises(TypeError, match=f"{name} is {value!r}; expected a number"):
            Limits(**{name: value})


@pytest.mark.parametrize(("score", "shown"), [(0.996, "0.996"), (0.9999999999, "0.9999999999")])
def test_a_score_is_never_written_as_its_limit(score, shown):
    face = Face(PIXELS, Box(0, 0, 20, 30), score)
    assert Limits(min_score=1.0).reason(face) == f"left out: score {shown} is below 1"
