"""Images made worse, and mixed in pairs, as the oracle does it and as their descriptions say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import ndimage
from scipy.fft import dctn

from fernet import _kernels
from fernet._kernels import reference
from fernet.augmentation import filters

pytestmark = pytest.mark.usefixtures("isa")

seeds = st.integers(0, 2**32 - 1)
some = settings(max_examples=30, deadline=None)
shapes = st.tuples(
    st.integers(0, 4), st.integers(1, 19), st.integers(1, 19), st.integers(1, 3)
)  # fmt: skip


def blur(size, sigma):
    """Return a bank of one filter, as the kernel takes it."""
    return filters.blur_matrix(size, sigma)[None].astype(np.float32)


def levels(shape, seed=0):
    return np.random.default_rng(seed).uniform(0, 255, shape).astype(np.float32)


def degrade(
    x, filters=-1, gamma=1.0, noise=0.0, coarseness=0.0, *, row_filters=None, column_filters=None,
    black=0.0, grey_level=1.0, seed=0, step=0, offset=None, scale=None, kernels=_kernels,
):  # fmt: skip
    x = x.copy()
    n, height, width, _ = x.shape
    rows = np.empty((0, height, height), np.float32) if row_filters is None else row_filters
    columns = np.empty((0, width, width), np.float32) if column_filters is None else column_filters
    kernels.degrade_images(
        x,
        rows,
        columns,
        np.ascontiguousarray(np.broadcast_to(filters, (n, 2)), np.int32),
        *(
            np.ascontiguousarray(np.broadcast_to(strength, (n,)), np.float32)
            for strength in (gamma, noise, coarseness)
        ),
        black,
        grey_level,
        seed,
        step,
        offset,
        scale,
    )
    return x


@some
@given(shapes, st.booleans(), seeds)
@example((2, 48, 48, 1), True, 0)
def test_all_at_once_equals_the_oracle(shape, standardised, seed):
    rng = np.random.default_rng(seed)
    n, height, width, channels = shape
    n_pixels = height * width * channels
    arguments = {
        "filters": rng.integers(-1, 2, (n, 2)),
        "gamma": rng.uniform(0.5, 2, n),
        "noise": rng.uniform(0, 20, n) * rng.integers(0, 2, n),
        "row_filters": rng.dirichlet(np.ones(height), (2, height)).astype(np.float32),
        "column_filters": rng.dirichlet(np.ones(width), (2, width)).astype(np.float32),
        "black": -1.0,
        "grey_level": 2 / 255,
        "seed": seed,
        "step": seed // 3,
        "offset": rng.standard_normal(n_pixels, np.float32) if standardised else None,
        "scale": rng.standard_normal(n_pixels, np.float32) if standardised else None,
    }
    x = levels(shape, seed) * np.float32(2 / 255) - np.float32(1)
    expected = degrade(x, **arguments, kernels=reference)
    np.testing.assert_allclose(degrade(x, **arguments), expected, rtol=1e-4, atol=2e-5)


@some
@given(shapes, st.floats(0.02, 50), seeds)
@example((2, 48, 48, 1), 1.0, 0)
def test_compression_equals_the_oracle_but_where_a_rounding_falls_the_other_way(
    shape, coarseness, seed
):
    x = levels(shape, seed)
    actual, expected = (
        degrade(x, coarseness=coarseness, kernels=kernels) for kernels in (_kernels, reference)
    )
    differing = np.abs(actual - expected) > 0.01
    assert differing.sum() <= 64 * (1 + x.size // 2000)


def test_compressed_blocks_have_whole_steps_of_the_table():
    x = levels((1, 8, 8, 1))
    compressed = degrade(x * 0.2 + 100, coarseness=1.0)[0, :, :, 0]
    coefficients = dctn(compressed.astype(np.float64) - 128, norm="ortho")
    steps = coefficients / reference.batches._JPEG_STEPS
    np.testing.assert_allclose(steps, np.rint(steps), atol=1e-3)
    assert np.count_nonzero(np.rint(steps)) > 3


def test_noise_has_the_deviation_asked_for_and_no_pattern():
    grey = np.full((200, 48, 48, 1), 128, np.float32)
    noise = degrade(grey, noise=10.0, seed=3, step=8) - 128
    assert abs(noise.mean()) < 0.05
    assert 9.95 < noise.std() < 10.05
    assert abs(np.mean(noise[:, 1:] * noise[:, :-1])) < 0.5
    assert abs(np.mean(noise[1:] * noise[:-1])) < 0.5


def test_noise_is_a_function_of_seed_step_and_place_in_the_batch(same_bits):
    grey = np.full((3, 5, 7, 1), 128, np.float32)
    noisy = degrade(grey, noise=[10, 0, 10], seed=1, step=2)
    same_bits(degrade(grey, noise=10.0, seed=1, step=2)[[0, 2]], noisy[[0, 2]])
    np.testing.assert_array_equal(noisy[1], grey[1])
    for key in ({"seed": 2, "step": 2}, {"seed": 1, "step": 3}):
        assert (degrade(grey, noise=10.0, **key)[0] != noisy[0]).any()
    assert (noisy[0] != noisy[2]).any()


@some
@given(st.floats(0.4, 2.5))
def test_gamma_is_a_power_of_light(gamma):
    x = np.linspace(20, 255, 48 * 48, dtype=np.float32).reshape(1, 48, 48, 1)
    exact = 255 * (x / 255) ** np.float32(gamma)
    np.testing.assert_allclose(degrade(x, gamma=gamma), exact, atol=0.5)


def test_filters_along_both_axes_blur_as_scipy_does():
    x = levels((1, 20, 31, 2))
    blurred = degrade(x, 0, row_filters=blur(20, 1.5), column_filters=blur(31, 1.5))
    expected = ndimage.gaussian_filter(x, (0, 1.5, 1.5, 0), mode="mirror", radius=(0, 5, 5, 0))
    np.testing.assert_allclose(blurred, expected, atol=1e-3)


def test_nothing_asked_for_only_clips_and_scales():
    x = levels((2, 9, 6, 2)) * 1.5 - 50
    offset, scale = levels(108, 1), levels(108, 2)
    expected = (x.clip(0, 255) - offset.reshape(9, 6, 2)) * scale.reshape(9, 6, 2)
    np.testing.assert_array_equal(degrade(x, offset=offset, scale=scale), expected)


def test_the_same_bits_for_any_threads(threads, same_bits):
    x = levels((20, 48, 48, 1))
    arguments = {
        "filters": 0, "gamma": 1.3, "noise": 7.0, "coarseness": 2.0, "seed": 4,
        "row_filters": blur(48, 1.0), "column_filters": blur(48, 1.0),
    }  # fmt: skip
    with threads(1):
        alone = degrade(x, **arguments)
    for n in (2, 3, 5):
        with threads(n):
            same_bits(degrade(x, **arguments), alone)


@pytest.mark.parametrize("filters", [-2, 1, 2**31 - 1])
def test_a_filter_that_does_not_exist_is_refused_and_nothing_is_changed(filters):
    x = levels((2, 4, 4, 1))
    before = x.copy()
    bank = np.eye(4, dtype=np.float32)[None]
    ones, zeros = np.ones(2, np.float32), np.zeros(2, np.float32)
    chosen = np.array([[0, -1], [0, filters]], np.int32)
    with pytest.raises(IndexError, match=rf"filters.flat\[3\] is {filters}, expected -1 to 0"):
        _kernels.degrade_images(
            x, bank, bank, chosen, ones, zeros, zeros, 0.0, 1.0, 0, 0, None, None
        )
    np.testing.assert_array_equal(x, before)


# -- mixtures --------------------------------------------------------------------------------


def mix(x, share, boxes, kernels=_kernels):
    x = x.copy()
    pairs = len(x) // 2
    kernels.mix_pairs(
        x,
        np.ascontiguousarray(np.broadcast_to(share, (pairs,)), np.float32),
        np.ascontiguousarray(np.broadcast_to(boxes, (pairs, 4)), np.int32),
    )
    return x


@some
@given(st.tuples(st.integers(0, 7), st.integers(1, 9), st.integers(1, 9), st.integers(1, 3)), seeds)
def test_mixtures_equal_the_oracle(same_bits, shape, seed):
    rng = np.random.default_rng(seed)
    pairs = shape[0] // 2
    share = rng.uniform(0, 1, pairs) * rng.integers(0, 2, pairs)
    boxes = rng.integers(-3, 12, (pairs, 4))  # may be empty, and may reach beyond the image
    x = levels(shape, seed)
    same_bits(mix(x, share, boxes), mix(x, share, boxes, reference))


def test_a_blend_takes_the_share_of_the_partner_from_the_other_end():
    x = levels((5, 6, 4, 1))
    mixed = mix(x, 0.25, (0, 0, 0, 0))
    np.testing.assert_allclose(mixed[0], 0.75 * x[0] + 0.25 * x[4], rtol=1e-5)
    np.testing.assert_allclose(mixed[3], 0.75 * x[3] + 0.25 * x[1], rtol=1e-5)
    np.testing.assert_array_equal(mixed[2], x[2])


def test_boxes_are_exchanged():
    x = levels((2, 6, 4, 2))
    mixed = mix(x, 0.0, (1, 3, 2, 4))
    expected = x.copy()
    expected[:, 1:3, 2:4] = x[::-1, 1:3, 2:4]
    np.testing.assert_array_equal(mixed, expected)
