"""Augmentation: draws within their limits, repeatable, and meaning what they say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fernet import _kernels
from fernet.augmentation import Augmentation, named_augmentation

ROWS = np.arange(200)


def draw(augmentation, seed=0, rows=ROWS, **kwargs):
    return augmentation.draw(np.random.default_rng(seed), rows, (48, 48), **kwargs)


def warp(image, drawn):
    """Apply the first row of a draw to one image."""
    out = np.empty((1, *image.shape, 1), np.float32)
    _kernels.affine_gather(
        image[None, :, :, None],
        np.zeros(1, np.int64),
        drawn.matrices[:1],
        drawn.gain[:1],
        drawn.bias[:1],
        drawn.boxes[:1],
        np.zeros(1, np.float32),
        None,
        None,
        out,
    )
    return out[0, :, :, 0]


IMAGE = np.random.default_rng(3).integers(0, 256, (48, 48)).astype(np.uint8)


def test_no_variation_leaves_the_image_as_it_is():
    np.testing.assert_array_equal(warp(IMAGE, draw(Augmentation())), IMAGE)


def test_a_flip_mirrors_left_and_right():
    drawn = draw(Augmentation(flip="random"))
    flipped = drawn.matrices[:, 1, 1] < 0
    assert 0.3 < flipped.mean() < 0.7
    first = int(np.flatnonzero(flipped)[0])
    drawn.matrices[0] = drawn.matrices[first]
    np.testing.assert_array_equal(warp(IMAGE, drawn), IMAGE[:, ::-1])


def test_an_alternating_flip_shows_each_image_both_ways_in_turn():
    augmentation = Augmentation(flip="alternating")
    sides = [draw(augmentation, epoch=epoch).matrices[:, 1, 1] for epoch in range(3)]
    np.testing.assert_array_equal(sides[0], -sides[1])
    np.testing.assert_array_equal(sides[0], sides[2])
    assert 0.3 < (sides[0] < 0).mean() < 0.7


def test_an_alternating_flip_goes_by_the_row_not_by_its_place_in_the_batch():
    augmentation = Augmentation(flip="alternating")
    order = np.random.default_rng(0).permutation(ROWS)
    np.testing.assert_array_equal(
        draw(augmentation, rows=order).matrices, draw(augmentation).matrices[order]
    )


@given(st.integers(0, 10_000))
def test_draws_stay_within_their_limits(seed):
    drawn = draw(
        Augmentation(shift=3, rotation=20, scale=0.2, contrast=0.3, erase=0.5, erase_size=0.4),
        seed,
    )
    assert abs(drawn.matrices[:, :, 2]).max() <= 3
    zoom = np.sqrt(np.abs(np.linalg.det(drawn.matrices[:, :, :2].astype(np.float64))))
    assert zoom.min() >= 1 / 1.2 - 1e-5
    assert zoom.max() <= 1.2 + 1e-5
    angle = np.arctan2(drawn.matrices[:, 1, 0], drawn.matrices[:, 0, 0])
    assert np.rad2deg(abs(angle)).max() <= 20 + 1e-4
    assert drawn.gain.min() >= 0.7 - 1e-6
    assert drawn.gain.max() <= 1.3 + 1e-6
    r0, r1, c0, c1 = drawn.boxes.T
    for start, stop in ((r0, r1), (c0, c1)):
        assert (start >= 0).all()
        assert (stop <= 48).all()
        assert (stop - start <= 20).all()
    erased = r1 > r0
    np.testing.assert_array_equal(erased, c1 > c0)
    assert 0.2 < erased.mean() < 0.8


def test_contrast_leaves_the_middle_grey_alone():
    drawn = draw(Augmentation(contrast=0.5))
    np.testing.assert_allclose(drawn.gain * 127.5 + drawn.bias, 127.5, rtol=1e-5)
    assert draw(Augmentation(contrast=0.5), centre=0.0).bias.any() == np.False_


def test_the_generator_decides_the_draw():
    standard = named_augmentation("standard")
    np.testing.assert_array_equal(draw(standard, 1).matrices, draw(standard, 1).matrices)
    assert (draw(standard, 1).matrices != draw(standard, 2).matrices).any()


def test_settings_come_back_from_their_configuration():
    standard = named_augmentation("standard")
    assert Augmentation(**standard.config()) == standard
    assert Augmentation() != standard


@pytest.mark.parametrize(
    "arguments",
    [{"flip": "up"}, {"flip": True}, {"shift": -1}, {"contrast": 1.5}, {"erase": float("nan")}],
)
def test_senseless_settings_are_refused_by_name(arguments):
    (name,) = arguments
    with pytest.raises(ValueError, match=f"{name} is"):
        Augmentation(**arguments)


def test_an_unknown_name_is_refused():
    with pytest.raises(ValueError, match="'heavy'"):
        named_augmentation("heavy")


def test_brightness_counts_in_grey_levels_of_the_pixels_unit():
    levels = draw(Augmentation(brightness=20.0), centre=127.5).bias
    of_unit = draw(Augmentation(brightness=20.0), centre=0.5, grey_level=1 / 255).bias
    np.testing.assert_allclose(of_unit * 255, levels, rtol=1e-6)


def test_images_with_their_channels_first_are_refused():
    with pytest.raises(ValueError, match="move channels last"):
        Augmentation(flip="random").draw(np.random.default_rng(0), np.arange(2), (3, 48, 48))
