"""Work cut for more threads than the machine has cores: enough tasks, and not a bit changed.

A record of jobs has one thread run all tasks, however many they are cut for.
"""

from __future__ import annotations

import numpy as np
import pytest

from fernet import _kernels
from fernet._kernels import runtime

pytestmark = pytest.mark.usefixtures("isa")

N_THREADS = [3, 5, 8, 13, 32, 64]
# images, side, channels, filters: many tiles, few, tiles beyond the border, channels of no panel;
# more blocks of tiles than threads share at a time; kernel and stride
CONVOLUTIONS = [
    (10, 24, 32, 32),
    (6, 12, 128, 128),
    (100, 6, 48, 64),
    (20, 6, 128, 144),
    (9, 7, 40, 24),
    (40, 14, 20, 50),
    (50, 24, 32, 32),
    (10, 24, 32, 48, 3, 2),
    (20, 6, 128, 144, 3, 2),
    (9, 7, 40, 24, 3, 2),
    (60, 12, 20, 50, 3, 2),
]
# images, side, channels, filters, kernel, stride: many short patches, few long ones whose partial
# sums are large, pixels that are patches, one image, one image of many filters
DIRECT_CONVOLUTIONS = [
    (10, 24, 1, 32, 3, 1),
    (10, 24, 3, 20, 5, 2),
    (12, 12, 128, 136, 3, 2),
    (20, 12, 40, 50, 1, 1),
    (1, 9, 2, 7, 3, 1),
    (1, 6, 24, 200, 3, 2),
]
PRODUCTS = [(100, 300, 64), (100, 70, 7), (13, 50, 33), (192, 40, 24), (25, 700, 96), (1, 9, 40)]


def normal(*shape):
    return np.random.default_rng(len(shape) + shape[-1]).standard_normal(shape, dtype=np.float32)


def cut_for(n, work):
    """Run `work` in tasks for `n` threads; return its results and how many tasks each job had."""
    before = _kernels.get_num_threads()
    _kernels.set_num_threads(n)
    runtime.start_recording()
    try:
        results = work()
    finally:
        jobs = runtime.end_recording()
        _kernels.set_num_threads(before)
    return results, {name: len(tasks) for name, _, _, tasks in jobs}


def convolve(n, side, channels, filters, kernel=3, stride=1, *, masked, algorithm="winograd"):
    x = np.maximum(normal(n, side, side, channels), 0)
    weight, bias = normal(kernel, kernel, channels, filters), normal(filters)
    outputs = (side - 1) // stride + 1
    dy = normal(n, outputs, outputs, filters)
    y, dx = np.empty_like(dy), np.empty_like(x)
    dweight, dbias = np.empty_like(weight), np.empty_like(bias)
    zeros = kernel // 2
    how = {"padding": (zeros, zeros), "stride": (stride, stride), "algorithm": algorithm}

    def work():
        for array in (y, dx, dweight, dbias):
            array.fill(np.nan)
        _kernels.conv2d_forward(x, weight, bias, y, relu=True, training=True, **how)
        relu_x = x if masked else None
        _kernels.conv2d_backward(x, dy, weight, dx, dweight, dbias, relu_x=relu_x, **how)
        return [array.copy() for array in (y, dx, dweight, dbias)]

    return work


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("shape", CONVOLUTIONS)
def test_a_convolution_has_the_bits_of_one_thread(same_bits, shape, masked):
    work = convolve(*shape, masked=masked)
    alone, _ = cut_for(1, work)
    for n in N_THREADS:
        for actual, expected in zip(cut_for(n, work)[0], alone, strict=True):
            same_bits(actual, expected)


@pytest.mark.parametrize("shape", DIRECT_CONVOLUTIONS)
def test_a_direct_convolution_has_the_bits_of_one_thread(same_bits, shape):
    work = convolve(*shape, masked=True, algorithm="direct")
    alone, _ = cut_for(1, work)
    for n in N_THREADS:
        for actual, expected in zip(cut_for(n, work)[0], alone, strict=True):
            same_bits(actual, expected)


@pytest.mark.parametrize("zeros", [0, 1])
def test_a_kernel_of_one_column_and_no_border_is_cut_into_rows(same_bits, zeros):
    x, dy = normal(6, 8, 9, 5), normal(6, 6 + 2 * zeros, 9, 4)
    dweight, dbias = np.empty((3, 1, 5, 4), np.float32), np.empty(4, np.float32)

    def work():
        _kernels.conv2d_backward_params(x, dy, dweight, dbias, padding=(zeros, 0))
        return [dweight.copy(), dbias.copy()]

    alone, _ = cut_for(1, work)
    results, n_tasks = cut_for(32, work)
    for actual, expected in zip(results, alone, strict=True):
        same_bits(actual, expected)
    assert n_tasks["backward_params_piece"] == 8 * 3


@pytest.mark.parametrize(("n", "d", "b"), PRODUCTS)
def test_a_product_has_the_bits_of_one_thread(same_bits, n, d, b):
    x, weight, bias, dy = normal(n, d), normal(d, b), normal(b), normal(n, b)
    y, dx, dweight = np.empty_like(dy), np.empty_like(x), np.empty_like(weight)

    def work():
        for array in (y, dx, dweight):
            array.fill(np.nan)
        _kernels.linear_forward(x, weight, bias, y, relu=True)
        _kernels.linear_backward_input(dy, weight, dx)
        _kernels.linear_backward_params(x, dy, dweight, None)
        return [array.copy() for array in (y, dx, dweight)]

    alone, _ = cut_for(1, work)
    for n_threads in N_THREADS:
        for actual, expected in zip(cut_for(n_threads, work)[0], alone, strict=True):
            same_bits(actual, expected)


@pytest.mark.parametrize("shape", [(100, 12, 128, 128), (100, 6, 256, 256), (100, 24, 64, 64)])
def test_products_of_a_convolution_have_a_task_for_each_of_32_threads(shape):
    _, n_tasks = cut_for(32, convolve(*shape, masked=True))
    products = ("multiply", "sum_few", "block_task", "weight_gradient_task")
    counts = [n for name, n in n_tasks.items() if name.startswith(products)]
    assert counts
    assert min(counts) >= 32


@pytest.mark.parametrize("shape", [(100, 12, 128, 128), (100, 24, 64, 64)])
def test_tiles_for_the_gradient_to_the_weights_are_loaded_in_tasks_enough_for_32_threads(shape):
    _, n_tasks = cut_for(32, convolve(*shape, masked=True))
    assert n_tasks["load_task"] >= 32


@pytest.mark.parametrize("shape", [(10, 48, 1, 32, 3, 1), (100, 24, 64, 128, 3, 2)])
def test_a_direct_gradient_to_the_weights_has_a_task_for_each_of_16_threads(shape):
    _, n_tasks = cut_for(16, convolve(*shape, masked=True, algorithm="direct"))
    assert n_tasks["backward_params_piece"] >= 16


def test_weights_of_a_direct_convolution_are_packed_in_tasks():
    _, n_tasks = cut_for(32, convolve(4, 12, 64, 128, 3, 2, masked=True, algorithm="direct"))
    assert n_tasks["pack_task"] >= 32


def test_one_image_of_few_pixels_is_cut_by_its_output_channels():
    # whole panels for each of 16 threads, whatever a set's panels are
    filters = 16 * 96
    x, weight, y = normal(1, 6, 6, 3), normal(3, 3, 3, filters), normal(1, 3, 3, filters)
    how = {"stride": (2, 2), "padding": (1, 1)}
    _, n_tasks = cut_for(16, lambda: _kernels.conv2d_forward(x, weight, None, y, **how))
    assert n_tasks["forward_task"] >= 16


def test_a_product_of_few_columns_has_a_task_for_each_of_32_threads():
    x, weight, y = normal(100, 200), normal(200, 64), np.empty((100, 64), np.float32)
    _, n_tasks = cut_for(32, lambda: _kernels.linear_forward(x, weight, None, y))
    # rows are not cut to less than a tile of the multiplication
    assert n_tasks["multiply_block"] >= 16


def update_linear(n, d, b, weight_decay=0.01):
    x, dy, velocity = normal(n, d), normal(n, b), normal(d * b + b)

    def work():
        params, moments = normal(d * b + b), velocity.copy()
        squares = _kernels.linear_backward_sgd(
            x, dy, params, moments, 0, d * b, 0.1, 0.9, weight_decay
        )
        return [params, moments, np.array([squares])]

    return work


# one block of weights; several, of which the last ones are narrow; no whole panel
@pytest.mark.parametrize("weight_decay", [0.01, 0.0])
@pytest.mark.parametrize(("n", "d", "b"), [(20, 24, 512), (7, 100, 590), (9, 60, 1030), (3, 50, 7)])
def test_an_update_of_a_linear_layer_has_the_bits_of_one_thread(same_bits, n, d, b, weight_decay):
    work = update_linear(n, d, b, weight_decay)
    alone, _ = cut_for(1, work)
    for n_threads in N_THREADS:
        for actual, expected in zip(cut_for(n_threads, work)[0], alone, strict=True):
            same_bits(actual, expected)


def test_an_update_of_a_linear_layer_has_tasks_enough_for_32_threads():
    _, n_tasks = cut_for(32, update_linear(100, 512, 256))
    assert n_tasks["block"] >= 64


def test_dropout_and_losses_of_a_batch_have_tasks_enough_for_8_threads():
    x, mask = normal(100, 256), np.empty(3200, np.uint8)
    logits, target = normal(100, 7), np.zeros(100, np.int32)
    loss = np.empty(100, np.float32)

    def work():
        _kernels.dropout_forward(x, x, mask, 0.5, 1, 2, 3)
        _kernels.softmax_cross_entropy(logits, target, None, 0.01, 0.1, loss, logits)

    _, n_tasks = cut_for(8, work)
    assert n_tasks["forward_chunk"] >= 16
    assert n_tasks["some_rows"] >= 8
