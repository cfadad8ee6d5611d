"""DataLoader: the right rows, scaled, varied and shuffled, of data that stay as they are."""

from __future__ import annotations

import numpy as np
import pytest

from fernet._training.data_loader import DataLoader
from fernet._training.input_range import InputRange
from fernet._training.scaling import PixelScaling
from fernet.augmentation import Augmentation

X = np.random.default_rng(0).integers(0, 256, (40, 36)).astype(np.uint8)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
def test_rows_come_scaled_whatever_their_dtype(dtype):
    scaling = PixelScaling().fit(X)
    indices, out = np.array([5, 0, 5]), np.empty((3, 36), np.float32)
    DataLoader(X.astype(dtype), scaling=scaling).gather(indices, out)
    expected = (X[indices].astype(np.float32) - scaling.offset_) * scaling.scale_
    np.testing.assert_allclose(out, expected, rtol=1e-6, atol=1e-6)


def test_read_only_data_are_served_and_stay_as_they_are():
    frozen = X.copy()
    frozen.setflags(write=False)
    out = np.empty((40, 36), np.float32)
    batches = DataLoader(frozen)
    batches.gather(batches.indices, out)
    np.testing.assert_array_equal(out, X)


def test_an_epoch_holds_every_row_once_in_an_order_of_its_own():
    batches = DataLoader(X, indices=np.arange(3, 30))
    first, again, second = (batches.order(0, epoch, shuffle=True) for epoch in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert (first != second).any()
    assert sorted(first) == sorted(second) == list(range(3, 30))


def test_without_shuffling_rows_keep_their_order():
    batches = DataLoader(X, indices=np.array([4, 2, 9]))
    assert batches.order(0, 5, shuffle=False).tolist() == [4, 2, 9]


def augmented(step, augmentation, epoch=0, data=X):
    out = np.empty((40, 36), np.float32)
    batches = DataLoader(data, augmentation=augmentation, image_shape=(6, 6, 1))
    batches.gather_augmented(batches.indices, out, 7, epoch, step)
    return out


def test_augmented_rows_are_a_function_of_the_step():
    augmentation = Augmentation(flip="random", shift=1)
    np.testing.assert_array_equal(augmented(3, augmentation), augmented(3, augmentation))
    assert (augmented(3, augmentation) != augmented(4, augmentation)).any()


def test_an_alternating_flip_changes_sides_with_the_epoch():
    augmentation = Augmentation(flip="alternating")
    a, b = (augmented(0, augmentation, epoch).reshape(40, 6, 6) for epoch in (0, 1))
    np.testing.assert_array_equal(a, b[:, :, ::-1])


def test_an_erased_box_reads_as_the_average_grey():
    scaling = PixelScaling().fit(X)
    out = np.empty((40, 36), np.float32)
    batches = DataLoader(
        X, scaling=scaling, augmentation=Augmentation(erase=1.0), image_shape=(6, 6, 1)
    )
    batches.gather_augmented(batches.indices, out, 0, 0, 0)
    grey = (scaling.offset_.mean() - scaling.offset_) * scaling.scale_
    assert np.isclose(out, grey, atol=1e-5).any(axis=1).all()


@pytest.mark.parametrize(("low", "high", "grey"), [(0, 255, 127.5), (0, 1, 0.5), (-3, 8, 0)])
def test_where_pixels_are_not_scaled_it_is_the_middle_grey_and_of_other_numbers_0(low, high, grey):
    data, out = np.full((4, 36), high, np.float32), np.empty((4, 36), np.float32)
    batches = DataLoader(
        data,
        augmentation=Augmentation(erase=1.0),
        image_shape=(6, 6, 1),
        input_range=InputRange(low, high),
    )
    batches.gather_augmented(batches.indices, out, 0, 0, 0)
    assert set(np.unique(out)) == {high, grey}


def test_without_augmentation_rows_come_as_they_are():
    np.testing.assert_array_equal(augmented(0, None), X)


@pytest.mark.parametrize("augmentation", [None, Augmentation(flip="random", rotation=20)])
def test_a_batch_may_be_of_images(augmentation):
    rows = augmented(2, augmentation)
    images = np.empty((40, 6, 6, 1), np.float32)
    batches = DataLoader(X, augmentation=augmentation, image_shape=(6, 6, 1))
    batches.gather_augmented(batches.indices, images, 7, 0, 2)
    np.testing.assert_array_equal(images.reshape(40, 36), rows)


def test_the_channels_of_an_image_are_varied_alike():
    augmentation = Augmentation(
        flip="random", shift=1, rotation=20, scale=0.2, brightness=9, contrast=0.2
    )
    colour = X[:, :27].reshape(40, 3, 3, 3)
    channels = [np.ascontiguousarray(colour[..., c]).reshape(40, 9) for c in range(3)]

    def vary(data, image_shape):
        out = np.empty((40, *image_shape), np.float32)
        batches = DataLoader(data, augmentation=augmentation, image_shape=image_shape)
        batches.gather_augmented(batches.indices, out, 7, 0, 2)
        return out

    together = vary(np.ascontiguousarray(colour).reshape(40, 27), (3, 3, 3))
    for c, channel in enumerate(channels):
        np.testing.assert_allclose(
            together[..., c], vary(channel, (3, 3, 1))[..., 0], rtol=1e-5, atol=1e-4
        )


def test_colour_images_are_mirrored_left_to_right():
    colour = X.reshape(40, 2, 6, 3)
    out = np.empty((40, 2, 6, 3), np.float32)
    batches = DataLoader(X, image_shape=(2, 6, 3))
    batches.gather(batches.indices, out, mirrored=True)
    np.testing.assert_array_equal(out, colour[:, :, ::-1])


@pytest.mark.parametrize(("factor", "black"), [(1.0, 0.0), (1 / 255, 0.0), (2 / 255, -1.0)])
def test_light_varies_alike_in_any_unit_of_the_pixels_and_ends_at_black_and_white(factor, black):
    light = Augmentation(brightness=100, contrast=0.5)
    whole, scaled = np.empty((40, 36), np.float32), np.empty((40, 36), np.float32)
    for pixels, out in ((X, whole), ((X * factor + black).astype(np.float32), scaled)):
        batches = DataLoader(
            pixels, augmentation=light, image_shape=(6, 6, 1), input_range=InputRange.of(pixels)
        )
        batches.gather_augmented(batches.indices, out, seed=0, epoch=0, step=0)
    assert whole.min() == 0
    assert whole.max() == 255
    np.testing.assert_allclose(scaled, whole * factor + black, atol=1e-4)


def test_samples_weigh_beside_the_mean_of_those_that_belong():
    weight = np.float32([1, 2, 3, 100])
    batches = DataLoader(X[:4], weight=weight, indices=np.arange(3))
    assert batches.mean_weight == 2
    assert batches.weight_of(np.array([2, 2])) == 1.5
    assert DataLoader(X[:4]).weight_of(np.array([2])) == 1


def test_light_has_no_end_where_numbers_are_no_pixels():
    numbers = (X * 10.0).astype(np.float32)
    batches = DataLoader(
        numbers,
        augmentation=Augmentation(brightness=100, contrast=0.5),
        image_shape=(6, 6, 1),
        input_range=InputRange.of(numbers),
    )
    out = np.empty((40, 36), np.float32)
    batches.gather_augmented(batches.indices, out, seed=0, epoch=0, step=0)
    assert out.min() < 0
    assert out.max() > numbers.max()


@pytest.mark.parametrize("factor", [1.0, 1 / 255])
def test_faults_of_a_camera_are_alike_in_any_unit_of_the_pixels(factor):
    faults = Augmentation(gamma=0.5, blur=1.5, noise=15.0, jpeg=30.0)
    pixels = X if factor == 1.0 else (X * factor).astype(np.float32)
    scaling = PixelScaling().fit(pixels)
    bytes_, scaled = np.empty((40, 36), np.float32), np.empty((40, 36), np.float32)
    for data, its_scaling, out in ((X, PixelScaling().fit(X), bytes_), (pixels, scaling, scaled)):
        batches = DataLoader(
            data, scaling=its_scaling, augmentation=faults, image_shape=(6, 6, 1),
            input_range=InputRange.of(data),
        )  # fmt: skip
        batches.gather_augmented(batches.indices, out, seed=0, epoch=0, step=0)
    # A coefficient half-way between two steps may round either way.
    assert np.isclose(scaled, bytes_, atol=1e-3).mean() > 0.95
    sharp = np.empty((40, 36), np.float32)
    batches.gather(batches.indices, sharp)
    assert np.std(scaled) < np.std(sharp)


def test_targets_are_mixed_as_the_images_are():
    mixtures = Augmentation(mixup=1.0, cutmix=1.0)
    shades = np.repeat(np.arange(0, 200, 5, dtype=np.uint8)[:, None], 36, axis=1)
    target = np.arange(40, dtype=np.int32)
    batches = DataLoader(shades, target, augmentation=mixtures, image_shape=(6, 6, 1))
    assert batches.has_soft_targets
    out, soft = np.empty((40, 36), np.float32), np.empty((40, 40), np.float32)
    mixing = batches.gather_augmented(batches.indices, out, seed=3, epoch=0, step=0)
    batches.soft_targets(batches.indices, mixing, soft)
    np.testing.assert_allclose(soft @ np.arange(0, 200, 5), out.mean(axis=1), rtol=1e-4)
    assert (soft.max(axis=1) < 1).any()


def test_targets_are_classes_unless_distributions_are_given_or_mixed():
    target = np.array([1, 0], np.int32)
    given = np.array([[0.25, 0.75], [1, 0]], np.float32)
    assert not DataLoader(X[:2], target).has_soft_targets
    batches = DataLoader(X[:2], target, distribution=given)
    out = np.empty((2, 2), np.float32)
    batches.soft_targets(np.array([1, 0]), None, out)
    np.testing.assert_array_equal(out, given[::-1])
    DataLoader(X[:2], target).soft_targets(np.array([0, 1]), None, out)
    np.testing.assert_array_equal(out, [[0, 1], [1, 0]])
