"""SciPy's BLAS: the layer in float64."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fernet import _kernels
from fernet._kernels import blas, reference

sizes = st.integers(0, 40)
seeds = st.integers(0, 2**32 - 1)
some = settings(max_examples=30, deadline=None)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@some
@given(sizes, sizes, sizes, st.booleans(), st.booleans(), seeds)
@example(3, 0, 5, True, False, 0)
@example(0, 3, 5, False, True, 0)
def test_products_of_whole_numbers_are_exact(dtype, m, k, n, transpose_a, transpose_b, seed):
    rng = np.random.default_rng(seed)
    a = rng.integers(-9, 10, (k, m) if transpose_a else (m, k)).astype(dtype)
    b = rng.integers(-9, 10, (n, k) if transpose_b else (k, n)).astype(dtype)
    out = np.full((m, n), np.nan, dtype)
    blas.matmul(a, b, out, transpose_a, transpose_b)
    expected = (a.T if transpose_a else a) @ (b.T if transpose_b else b)
    np.testing.assert_array_equal(out, expected)


@some
@given(sizes, sizes, sizes, st.booleans(), st.booleans(), seeds)
def test_the_layer_in_float64_equals_the_oracle(n, d, b, with_bias, relu, seed):
    rng = np.random.default_rng(seed)
    x, weight, dy = (rng.standard_normal(s) for s in [(n, d), (d, b), (n, b)])
    bias = rng.standard_normal(b) if with_bias else None
    results = {}
    for kernels in (_kernels, reference):
        y, dx, dweight = (np.full(s, np.nan) for s in [(n, b), (n, d), (d, b)])
        dbias = np.full(b, np.nan) if with_bias else None
        kernels.linear_forward(x, weight, bias, y, relu)
        kernels.linear_backward_input(dy, weight, dx)
        kernels.linear_backward_params(x, dy, dweight, dbias)
        results[kernels] = [y, dx, dweight, *([dbias] if with_bias else [])]
    for actual, expected in zip(*results.values(), strict=True):
        np.testing.assert_allclose(actual, expected, rtol=1e-12, atol=1e-12)


def float64_arguments(kernel):
    shapes = {
        "linear_forward": {"x": (5, 3), "weight": (3, 7), "bias": (7,), "y": (5, 7)},
        "linear_backward_input": {"dy": (5, 7), "weight": (3, 7), "dx": (5, 3)},
        "linear_backward_params": {"x": (5, 3), "dy": (5, 7), "dweight": (3, 7), "dbias": (7,)},
    }
    return {argument: np.full(shape, 0.5) for argument, shape in shapes[kernel].items()}


ARGUMENTS = [
    (kernel, argument)
    for kernel in ("linear_forward", "linear_backward_input", "linear_backward_params")
    for argument in float64_arguments(kernel)
]


@pytest.mark.parametrize(("kernel", "argument"), ARGUMENTS)
@pytest.mark.parametrize(
    ("error", "spoil"),
    [
        (TypeError, lambda array: array.astype(np.int64)),
        (ValueError, lambda array: np.repeat(array, 2, axis=-1)[..., ::2]),
        (ValueError, lambda array: np.concatenate([array, array[..., :1]], axis=-1)),
    ],
    ids=["another dtype", "gaps", "one element too many"],
)
def test_float64_arrays_that_do_not_fit_are_refused_by_their_name(kernel, argument, error, spoil):
    arguments = float64_arguments(kernel)
    arguments[argument] = spoil(arguments[argument])
    before = {name: array.copy() for name, array in arguments.items()}
    with pytest.raises(error, match=rf"^({'|'.join(arguments)}) (has|is) "):
        getattr(_kernels, kernel)(**arguments)
    for name, array in arguments.items():
        np.testing.assert_array_equal(array, before[name])


@pytest.mark.parametrize(
    ("kernel", "output"),
    [
        ("linear_forward", "y"),
        ("linear_backward_input", "dx"),
        ("linear_backward_params", "dweight"),
        ("linear_backward_params", "dbias"),
    ],
)
def test_a_read_only_output_in_float64_is_refused_before_anything_is_written(kernel, output):
    arguments = float64_arguments(kernel)
    arguments[output].flags.writeable = False
    before = {name: array.copy() for name, array in arguments.items()}
    with pytest.raises(ValueError, match=f"^{output} is read-only, but is written to"):
        getattr(_kernels, kernel)(**arguments)
    for name, array in arguments.items():
        np.testing.assert_array_equal(array, before[name])


@pytest.mark.parametrize(("kernel", "argument"), ARGUMENTS)
def test_float64_does_not_mix_with_float32(kernel, argument):
    arguments = float64_arguments(kernel)
    arguments[argument] = arguments[argument].astype(np.float32)
    with pytest.raises(TypeError, match=rf"^({'|'.join(arguments)}) has dtype float"):
        getattr(_kernels, kernel)(**arguments)


def test_matrices_of_another_dtype_or_none_are_refused():
    a = np.zeros((2, 2))
    with pytest.raises(TypeError, match="a has dtype int64, expected float32 or float64"):
        blas.matmul(a.astype(np.int64), a, a.copy())
    with pytest.raises(TypeError, match="b has dtype float32, expected float64"):
        blas.matmul(a, a.astype(np.float32), a.copy())
    with pytest.raises(TypeError, match="a is None"):
        blas.matmul(None, a, a.copy())


@pytest.mark.skipif(sys.platform == "win32", reason="a file takes all of its bytes there")
def test_a_matrix_longer_than_blas_can_count_is_refused(tmp_path):
    row = np.memmap(tmp_path / "row", np.float32, "w+", shape=(1, 2**31))
    out = np.ones((1, 1), np.float32)
    message = r"has length 2147483648 along axis 1, expected at most 2147483647"
    with pytest.raises(ValueError, match=f"a {message}"):
        blas.matmul(row, row.reshape(-1, 1), out)
    with pytest.raises(ValueError, match=f"b {message}"):
        blas.matmul(out, row, row)
    assert out == 1
