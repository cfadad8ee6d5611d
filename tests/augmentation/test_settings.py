"""Augmentation: draws within their limits, repeatable, and meaning what they say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fernet import _kernels
from fernet.augmentation import Augmentation, named_augmentation

ROWS = np.arange(200)
seeds = st.integers(0, 2**32 - 1)


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
        0.0,
        255.0,
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


@given(st.integers(0, 10_000))
def test_a_cameras_faults_stay_within_their_limits(seed):
    augmentation = Augmentation(
        gamma=0.5, blur=2.0, coarsening=2.0, motion=5.0, noise=20.0, jpeg=20.0, degrade=0.5
    )
    faults = draw(augmentation, seed).degradation
    assert faults.gamma.min() >= 1 / 1.5 - 1e-6
    assert faults.gamma.max() <= 1.5 + 1e-6
    assert faults.noise.min() == 0
    assert faults.noise.max() <= 20
    assert faults.coarseness.min() == 0
    assert faults.coarseness.max() <= 2.5
    for there in (faults.noise > 0, faults.coarseness > 0, (faults.filters >= 0).any(axis=1)):
        assert 0.3 < there.mean() < 0.7
    assert faults.filters.max() < len(faults.row_filters) == len(faults.column_filters)
    rows, columns = faults.filters.T
    along_one = (rows >= 0) != (columns >= 0)
    np.testing.assert_array_equal(rows[~along_one], columns[~along_one])
    np.testing.assert_array_equal(along_one, faults.filters.max(axis=1) >= 32)  # motions alone


def test_what_is_not_asked_for_is_not_drawn():
    plain = draw(named_augmentation("standard"))
    assert (plain.fill, plain.degradation, plain.mixing) == (None, None, None)


@pytest.mark.parametrize(
    "more", [{"stretch": 0.3}, {"noise": 9.0}, {"mixup": 0.4}, {"cutmix": 1.0}, {"blur": 2.0}]
)
def test_more_variation_leaves_the_other_draws_as_they_are(more):
    plain = {"flip": "random", "shift": 3.0, "contrast": 0.2, "erase": 0.5}
    before, after = draw(Augmentation(**plain)), draw(Augmentation(**plain, **more))
    np.testing.assert_array_equal(before.gain, after.gain)
    np.testing.assert_array_equal(before.boxes, after.boxes)
    np.testing.assert_array_equal(before.matrices[:, :, 2], after.matrices[:, :, 2])


def test_a_stretch_changes_the_width_alone():
    drawn = draw(Augmentation(stretch=0.3))
    width, height = drawn.matrices[:, 1, 1], drawn.matrices[:, 0, 0]
    np.testing.assert_array_equal(height, 1)
    assert 1 / 1.3 - 1e-6 <= width.min() < 0.8
    assert 1.25 < width.max() <= 1.3 + 1e-6


def test_boxes_are_filled_with_any_grey_of_the_pixels_unit():
    drawn = draw(Augmentation(erase=1.0, erase_fill="random"), centre=0.0, grey_level=2 / 255)
    assert -1 <= drawn.fill.min() < -0.9
    assert 0.9 < drawn.fill.max() <= 1


@given(st.sampled_from([(0.4, 0.0), (0.0, 1.0), (0.4, 1.0)]), st.floats(0, 1), seeds)
def test_targets_are_mixed_by_the_share_of_pixels_that_came_from_the_partner(kinds, mix, seed):
    mixup, cutmix = kinds
    augmentation = Augmentation(mixup=mixup, cutmix=cutmix, mix=mix)
    mixing = draw(augmentation, seed, np.arange(41)).mixing
    if mixing is None:
        assert mix == 0
        return
    images = np.repeat([0.0, 1.0], [20, 21]).astype(np.float32)[:, None, None, None]
    images = np.ascontiguousarray(np.broadcast_to(images, (41, 48, 48, 1)))
    _kernels.mix_pairs(images, mixing.share, mixing.boxes)
    target = np.repeat(np.eye(2, dtype=np.float32), [20, 21], axis=0)
    mixing.mix_targets(target)
    np.testing.assert_allclose(target[:, 1], images.mean(axis=(1, 2, 3)), atol=1e-5)
    np.testing.assert_allclose(target.sum(axis=1), 1, rtol=1e-6)


@given(st.sampled_from([(0.4, 0.0), (0.0, 1.0), (0.4, 1.0)]), seeds)
def test_each_image_keeps_its_weight_in_a_mixture(kinds, seed):
    rng = np.random.default_rng(seed)
    mixup, cutmix = kinds
    mixing = draw(Augmentation(mixup=mixup, cutmix=cutmix, mix=0.8), seed, np.arange(41)).mixing
    weight = rng.exponential(size=41).astype(np.float32) * rng.integers(0, 3, 41)
    before, weight_before = np.eye(41, dtype=np.float32), weight.copy()
    target = before.copy()
    mixing.mix_targets(target, weight)
    np.testing.assert_allclose(weight @ target, weight_before, rtol=1e-4, atol=1e-5)
    # Of images of equal weight, the mixtures are those without.
    alike, plain = before.copy(), before.copy()
    mixing.mix_targets(alike, np.full(41, 3, np.float32))
    mixing.mix_targets(plain)
    np.testing.assert_allclose(alike, plain, atol=1e-6)


def test_probabilities_rise_over_the_ramp():
    augmentation = Augmentation(erase=0.8, noise=10.0, degrade=0.8, mixup=1.0, mix=0.8, ramp=4)
    rows = np.arange(2000)
    for epoch, expected in enumerate([0.2, 0.4, 0.6, 0.8, 0.8]):
        drawn = draw(augmentation, epoch, rows, epoch=epoch)
        shares = (drawn.boxes[:, 1] > 0, drawn.degradation.noise > 0, drawn.mixing.share > 0)
        for share in shares:
            assert abs(share.mean() - expected) < 0.06


def test_settings_come_back_from_their_configuration():
    standard = named_augmentation("standard")
    assert Augmentation(**standard.config()) == standard
    assert Augmentation() != standard


@pytest.mark.parametrize(
    "arguments",
    [
        {"flip": "up"},
        {"flip": True},
        {"shift": -1},
        {"contrast": 1.5},
        {"erase": float("nan")},
        {"erase_fill": "black"},
        {"stretch": -0.1},
        {"coarsening": 0.5},
        {"jpeg": 0},
        {"jpeg": 101},
        {"mixup": -1},
        {"degrade": 1.1},
        {"shift": None},
        {"noise": "5"},
        {"shift": float("inf")},
        {"mixup": float("inf")},
        {"blur": 1e9},
    ],
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


def test_numpys_coarse_numbers_draw_as_pythons():
    numbers = {"rotation": 10.25, "scale": 0.125, "brightness": 20.5, "gamma": 0.25}
    expected = draw(Augmentation(**numbers))
    found = draw(Augmentation(**{name: np.float16(value) for name, value in numbers.items()}))
    for name in ("matrices", "gain", "bias"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))
