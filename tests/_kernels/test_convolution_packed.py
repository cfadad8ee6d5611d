"""Weights laid out for predictions: the bits of those that are not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fernet import _kernels
from fernet._kernels import reference

pytestmark = pytest.mark.usefixtures("isa")

seeds = st.integers(0, 2**32 - 1)
some = settings(max_examples=40, deadline=None)
planes = st.integers(3, 13)
channels = st.sampled_from([1, 3, 16, 17, 33, 64, 65, 130])


def arrays(n, plane, c, oc, kernel, seed):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, *plane, c), np.float32)
    weight = rng.standard_normal((kernel, kernel, c, oc), np.float32)
    return x, weight, rng.standard_normal(oc, np.float32)


def pack(x, weight, stride, padding, algorithm="auto"):
    how = {"stride": stride, "padding": padding, "algorithm": algorithm}
    packed = np.full(_kernels.conv2d_packed_size(x.shape, weight.shape, **how), 7, np.float32)
    _kernels.conv2d_pack(x.shape, weight, packed, **how)
    return packed


def out_size(size, kernel, stride, padding):
    return (size + 2 * padding - kernel) // stride + 1


def forward(x, weight, bias, stride, padding, packed=None, algorithm="auto"):
    kernel = weight.shape[0]
    sizes = [out_size(size, kernel, stride[0], padding[0]) for size in x.shape[1:3]]
    y = np.full((len(x), *sizes, weight.shape[3]), np.nan, np.float32)
    _kernels.conv2d_forward(
        x, weight, bias, y, stride, padding, True, algorithm=algorithm, packed=packed
    )
    return y


@some
@given(
    st.sampled_from([1, 2, 5, 30]),
    st.tuples(planes, planes),
    channels,
    channels,
    st.sampled_from([(3, 1, 1), (3, 1, 0), (3, 2, 1), (1, 1, 0), (1, 2, 0), (5, 1, 2)]),
    st.sampled_from([1, 2, 3]),
    seeds,
)
# the report's: transformed; transformed and few tiles; packed, of one image and of many
@example(1, (48, 48), 32, 32, (3, 1, 1), 2, 0)
@example(3, (24, 24), 64, 64, (3, 1, 1), 2, 0)
@example(1, (12, 12), 128, 128, (3, 1, 1), 2, 0)
@example(2, (6, 6), 256, 256, (3, 1, 1), 2, 0)
@example(90, (6, 6), 256, 256, (3, 1, 1), 2, 0)
@example(70, (12, 12), 80, 200, (3, 1, 1), 2, 0)
# of a single tile, of 3x3, of 4x4 and of 6x6
@example(1, (3, 3), 200, 99, (3, 1, 1), 2, 0)
@example(1, (4, 4), 129, 130, (3, 1, 1), 3, 0)
@example(1, (6, 6), 200, 130, (3, 1, 1), 3, 0)
@example(1, (5, 6), 160, 99, (3, 1, 1), 1, 0)
# of as many as are multiplied by weights in registers, and of one more
@example(2, (3, 3), 200, 99, (3, 1, 1), 2, 0)
@example(3, (4, 4), 129, 130, (3, 1, 1), 3, 0)
@example(4, (3, 3), 200, 99, (3, 1, 1), 1, 0)
@example(5, (6, 6), 200, 130, (3, 1, 1), 2, 0)
@example(6, (6, 6), 200, 130, (3, 1, 1), 2, 0)
@example(1, (12, 12), 133, 99, (3, 1, 1), 3, 0)
@example(1, (8, 7), 160, 131, (3, 1, 1), 2, 0)
# of stride 2: transformed; packed, of one tile, of two and three, of as many as are multiplied by
# weights in registers, of one more, of many
@example(1, (24, 24), 64, 64, (3, 2, 1), 2, 0)
@example(30, (24, 23), 64, 64, (3, 2, 1), 2, 0)
@example(1, (6, 6), 200, 99, (3, 2, 1), 2, 0)
@example(2, (6, 5), 200, 130, (3, 2, 1), 1, 0)
@example(3, (6, 6), 129, 130, (3, 2, 1), 3, 0)
@example(1, (12, 12), 133, 131, (3, 2, 1), 3, 0)
@example(5, (6, 6), 200, 130, (3, 2, 1), 2, 0)
@example(6, (5, 6), 200, 130, (3, 2, 1), 2, 0)
@example(90, (6, 6), 200, 256, (3, 2, 1), 2, 0)
@example(70, (12, 12), 80, 200, (3, 2, 1), 2, 0)
def test_bits_are_those_of_the_weights_themselves(
    same_bits, threads, n, plane, c, oc, how, n_threads, seed
):
    kernel, stride, padding = how
    x, weight, bias = arrays(n, plane, c, oc, kernel, seed)
    strides, paddings = (stride, stride), (padding, padding)
    with threads(n_threads):
        expected = forward(x, weight, bias, strides, paddings)
        packed = pack(x, weight, strides, paddings)
        if packed.size:
            weight = np.full_like(weight, np.nan)
        same_bits(forward(x, weight, bias, strides, paddings, packed), expected)


@some
@given(st.sampled_from([1, 4, 40]), st.sampled_from([12, 24, 48]), channels, seeds)
def test_so_are_pooled_ones(same_bits, n, size, c, seed):
    x, weight, bias = arrays(n, (size, size), max(c, 16), 48, 3, seed)
    packed = pack(x, weight, (1, 1), (1, 1))
    results = []
    for given_weight, given_packed in ((weight, None), (np.full_like(weight, np.nan), packed)):
        y = np.full((n, size // 2, size // 2, 48), np.nan, np.float32)
        _kernels.conv2d_pool_forward(
            x, given_weight, bias, y, None, (1, 1), (1, 1), True, packed=given_packed
        )
        results.append(y)
    same_bits(results[1], results[0])


@pytest.mark.parametrize("stride", [(1, 1), (2, 2)])
@pytest.mark.parametrize("algorithm", ["direct", "winograd"])
def test_each_algorithm_has_a_layout(same_bits, algorithm, stride):
    x, weight, bias = arrays(3, (7, 7), 5, 40, 3, 0)
    packed = pack(x, weight, stride, (1, 1), algorithm)
    expected = forward(x, weight, bias, stride, (1, 1), algorithm=algorithm)
    same_bits(forward(x, weight * 0, bias, stride, (1, 1), packed, algorithm), expected)


def test_the_layout_is_for_any_number_of_images():
    sizes = {_kernels.conv2d_packed_size((n, 12, 12, 64), (3, 3, 64, 64)) for n in (0, 1, 7, 900)}
    assert len(sizes) == 1


@pytest.mark.parametrize(
    ("plane", "weight"),
    [(48, (3, 3, 32, 32)), (24, (3, 3, 64, 64)), (12, (3, 3, 128, 128)), (6, (3, 3, 256, 256))],
)
def test_it_takes_little_more_memory_than_the_weights(plane, weight):
    size = _kernels.conv2d_packed_size((1, plane, plane, weight[2]), weight, padding=(1, 1))
    assert np.prod(weight) <= size <= np.prod(weight) + 1.25 * 2**20 / 4


def test_the_oracle_lays_nothing_out():
    assert reference.conv2d_packed_size((1, 6, 6, 64), (3, 3, 64, 64)) == 0
    reference.conv2d_pack((1, 6, 6, 64), np.zeros((3, 3, 64, 64)), np.empty(0))


def test_packed_weights_of_another_size_are_refused():
    x, weight, bias = arrays(1, (6, 6), 16, 16, 3, 0)
    packed = pack(x, weight, (1, 1), (1, 1))
    with pytest.raises(ValueError, match="packed has 3 elements, expected"):
        forward(x, weight, bias, (1, 1), (1, 1), packed[:3])
    with pytest.raises(ValueError, match="packed has length 3 along axis 0, expected"):
        _kernels.conv2d_pack(x.shape, weight, packed[:3], padding=(1, 1))
    with pytest.raises(ValueError, match="weight has length 16 along axis 2, expected 5"):
        _kernels.conv2d_pack((1, 6, 6, 5), weight, packed)


def test_they_are_not_for_training():
    x, weight, bias = arrays(1, (6, 6), 16, 16, 3, 0)
    packed, y = pack(x, weight, (1, 1), (1, 1)), np.empty((1, 6, 6, 16), np.float32)
    with pytest.raises(ValueError, match="packed weights are for predictions, but training is"):
        _kernels.conv2d_forward(x, weight, bias, y, padding=(1, 1), training=True, packed=packed)
    with pytest.raises(ValueError, match="packed weights are for predictions, but training is"):
        y = np.empty((1, 3, 3, 16), np.float32)
        _kernels.conv2d_pool_forward(
            x, weight, bias, y, None, padding=(1, 1), training=True, packed=packed
        )
