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
# images, side, channels, filters: many tiles, few, tiles beyond the border, channels of no panel
CONVOLUTIONS = [
    (10, 24, 32, 32),
    (6, 12, 128, 128),
    (100, 6, 48, 64),
    (20, 6, 128, 144),
    (9, 7, 40, 24),
    (40, 14, 20, 50),
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


def convolve(n, side, channels, filters, *, masked):
    x = np.maximum(normal(n, side, side, channels), 0)
    weight, bias = normal(3, 3, channels, filters), normal(filters)
    dy = normal(n, side, side, filters)
    y, dx = np.empty_like(dy), np.empty_like(x)
    dweight, dbias = np.empty_like(weight), np.empty_like(bias)
    how = {"padding": (1, 1), "algorithm": "winograd"}

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


def test_a_product_of_few_columns_has_a_task_for_each_of_32_threads():
    x, weight, y = normal(100, 200), normal(200, 64), np.empty((100, 64), np.float32)
    _, n_tasks = cut_for(32, lambda: _kernels.linear_forward(x, weight, None, y))
    # rows are not cut to less than a tile of the multiplication
    assert n_tasks["multiply_block"] >= 16
