"""How much a face's picture lets be said of it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageFilter
from scipy.ndimage import gaussian_filter

from fernet.faces.quality import TOO_SMALL_BELOW, Quality, sharpness

RNG = np.random.default_rng(0)
shares = st.floats(0.3, 1)
qualities = st.builds(
    Quality, st.floats(4, 500), st.floats(0, 0.6), st.floats(-90, 90), shares, shares,
    st.floats(-90, 90),
)  # fmt: skip


def test_sharpness_is_what_a_gaussian_of_one_pixel_takes_away():
    face = RNG.integers(0, 256, (48, 48), np.uint8)
    levels = face.astype(float)

    rest = levels - gaussian_filter(levels, 1.0, mode="nearest")

    assert sharpness(face) == pytest.approx(rest.std() / levels.std(), rel=1e-3)


def test_the_more_a_face_is_blurred_the_less_sharp_and_good_it_is(portrait):
    face = Image.open(portrait).convert("L").resize((48, 48), box=(159, 119, 376, 336))
    faces = [np.asarray(face.filter(ImageFilter.GaussianBlur(r))) for r in (0, 1.2, 2, 4)]

    values = [Quality(200, sharpness(face), 0, 1).value for face in faces]

    assert (np.diff([sharpness(face) for face in faces]) < 0).all()
    assert (np.diff(values) < 0).all()
    assert values[0] > 0.95
    assert values[-1] < 0.75


def test_a_face_of_one_level_has_no_sharpness():
    assert sharpness(np.full((48, 48), 9, np.uint8)) == 0


@given(qualities)
def test_the_value_is_a_share(quality):
    assert 0 < quality.value <= 1


@given(qualities, st.floats(1, 3))
def test_what_gets_worse_never_raises_the_value(quality, factor):
    for name in ("size", "sharpness", "inside"):
        worse = quality._replace(**{name: getattr(quality, name) / factor})
        assert worse.value <= quality.value + 1e-12
    worse = quality._replace(turn_left=quality.turn_left * factor)
    assert worse.value <= quality.value + 1e-12


def test_the_mouth_counts_more_than_a_side():
    below, beside = Quality(90, 0.3, 0, 0.8, 0.8), Quality(90, 0.3, 0, 0.8, 1.0)

    assert below.value < beside.value < 1


def test_a_turn_counts_where_it_was_left():
    undone, left = Quality(90, 0.3, 40, 1), Quality(90, 0.3, 40, 1, turn_left=40)

    assert undone.value == 1
    assert left.value < 0.85


@pytest.mark.parametrize(
    ("size", "small"), [(TOO_SMALL_BELOW - 0.1, True), (TOO_SMALL_BELOW, False)]
)
def test_a_face_of_few_pixels_is_too_small(size, small):
    assert Quality(size, 0.3, 0, 1).is_too_small is small


@pytest.mark.slow
def test_the_value_is_the_accuracy_that_spoilt_faces_keep(fernet_data):
    from fernet.datasets import load_fer2013
    from fernet.pretrained import load_pretrained

    csv, votes = fernet_data / "fer2013.csv", fernet_data / "fer2013new.csv"
    voted = load_fer2013(csv, "PublicTest", labels=votes)
    X = voted.data[::4].reshape(-1, 48, 48)
    y = np.array(voted.target_names)[voted.target[::4]]
    model = load_pretrained("cnn-ferplus")

    def spoilt(face, side):
        small = Image.fromarray(face).resize((side, side), Image.Resampling.BICUBIC)
        return np.asarray(small.resize((48, 48), Image.Resampling.BICUBIC))

    whole = model.score(X.reshape(len(X), -1), y)
    for side in (12, 18, 24):
        faces = np.stack([spoilt(face, side) for face in X])
        kept = model.score(faces.reshape(len(X), -1), y) / whole
        value = np.mean([Quality(side, sharpness(face), 0, 1).value for face in faces])
        assert value == pytest.approx(kept, abs=0.12)
