"""Calls every kernel with arrays that lie against memory that may not be touched.

Run as a program, with an instruction set's name: a read or write past an array's edge ends it by
SIGSEGV, and the last line that it wrote names the call. ``test_guard_pages.py`` does that.
"""

from __future__ import annotations

import ctypes
import mmap
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from fernet import _kernels as kernels

LENGTHS = range(71)
PAGE = mmap.PAGESIZE
_PROT_NONE = 0
_LIBC = ctypes.CDLL(None, use_errno=True)


class Guarded:
    """Makes arrays with a page that may not be touched on both sides, and next to one of them."""

    def __init__(self, *, at_end: bool) -> None:
        self.at_end = at_end
        self.rng = np.random.default_rng(0)

    def __call__(self, *shape: int, dtype: Any = np.float32) -> np.ndarray:
        """Numbers about 1; zeros if they are whole."""
        dtype = np.dtype(dtype)
        count = int(np.prod(shape))
        size = count * dtype.itemsize
        inner = max(1, -(-size // PAGE)) * PAGE
        memory = mmap.mmap(-1, inner + 2 * PAGE)
        start = ctypes.addressof(ctypes.c_char.from_buffer(memory))
        for guard in (start, start + PAGE + inner):
            if _LIBC.mprotect(ctypes.c_void_p(guard), PAGE, _PROT_NONE):
                raise OSError(ctypes.get_errno(), "mprotect")
        offset = PAGE + (inner - size if self.at_end else 0)
        array = np.frombuffer(memory, dtype, count, offset).reshape(shape)
        if dtype.kind == "f":
            array[...] = self.rng.uniform(0.5, 1.5, shape)
        return array


Make = Callable[..., np.ndarray]


def add_forward(a: Make, n: int) -> None:
    kernels.add_forward(a(n), a(n), a(n), bool(n % 2))


def _rows_and_channels(n: int) -> Iterator[tuple[int, int]]:
    yield from ((3, n), (n, 3)) if n else ()


def batch_norm_forward(a: Make, n: int) -> None:
    for m, c in _rows_and_channels(n):
        kernels.batch_norm_forward(a(m, c), *(a(c) for _ in range(4)), a(m, c), 1e-5, bool(n % 2))


def batch_norm_inference(a: Make, n: int) -> None:
    for m, c in _rows_and_channels(n):
        kernels.batch_norm_inference(a(m, c), *(a(c) for _ in range(4)), a(m, c), 1e-5, bool(n % 2))


def batch_norm_backward(a: Make, n: int) -> None:
    for m, c in _rows_and_channels(n):
        channels = [a(c) for _ in range(4)]
        kernels.batch_norm_backward(
            a(m, c), a(m, c), *channels, a(m, c), a(c), a(c), 1e-5, bool(n % 2)
        )


def gather_targets(a: Make, n: int) -> None:
    indices = a(n, dtype=np.int64)
    indices[:] = n - 1 - np.arange(n)
    kernels.gather_targets(a(n, dtype=np.int32), indices, a(n, dtype=np.int32))


def gather_rows(a: Make, n: int) -> None:
    for rows, d in ((3, n), (n, 3)):
        for dtype in (np.uint8, np.float32, np.float64):
            indices = a(rows, dtype=np.int64)
            indices[:] = np.arange(rows) % 2
            for scaling in ((a(d), a(d)), (None, None)):
                kernels.gather_rows(a(2, d, dtype=dtype), indices, *scaling, a(rows, d))


def affine_gather(a: Make, n: int) -> None:
    if n == 0:
        return
    for (h, w, c), angle in (((4, n, 1), 0.0), ((n, 4, 1), 0.4), ((5, 4, n), 0.2)):
        matrices, boxes = a(2, 2, 3), a(2, 4, dtype=np.int32)
        indices = a(2, dtype=np.int64)
        cos, sin = np.cos(angle), np.sin(angle)
        matrices[:] = [[[cos, -sin, 1.5], [sin, cos, -1.5]], [[1, 0, 0], [0, 1, 0]]]
        boxes[0] = (0, 0, min(2, h), min(2, w))
        for dtype in (np.uint8, np.float32):
            for scaling in ((a(h * w * c), a(h * w * c)), (None, None)):
                kernels.affine_gather(
                    a(2, h, w, c, dtype=dtype), indices, matrices, a(2), a(2), boxes, a(2),
                    *scaling, 0.0, 255.0, a(2, h, w, c),
                )  # fmt: skip


def degrade_images(a: Make, n: int) -> None:
    if n == 0:
        return
    for b, h, w, c in ((2, 4, n, 1), (2, n, 5, 2), (1, 3, 9, n)):
        filters = a(b, 2, dtype=np.int32)
        for scaling in ((a(h * w * c), a(h * w * c)), (None, None)):
            kernels.degrade_images(
                a(b, h, w, c), a(1, h, h), a(1, w, w), filters, a(b), a(b), a(b), 0.0, 1.0, 1, 2,
                *scaling,
            )  # fmt: skip


def mix_pairs(a: Make, n: int) -> None:
    if n == 0:
        return
    for b, h, w, c in ((4, 3, n, 1), (3, n, 2, 2), (2, 3, 4, n)):
        boxes = a(b // 2, 4, dtype=np.int32)
        boxes[:] = (0, h, w // 2, w)
        kernels.mix_pairs(a(b, h, w, c), a(b // 2), boxes)


class Convolution:
    """The arrays of a convolution, and its settings."""

    def __init__(self, a: Make, x: tuple[int, ...], filters: int, **settings: Any) -> None:
        n, h, w, c = x
        kernel = settings.pop("kernel", 3)
        (sh, sw), (ph, pw) = settings["stride"], settings["padding"]
        self.y_shape = (
            n,
            (h + 2 * ph - kernel) // sh + 1,
            (w + 2 * pw - kernel) // sw + 1,
            filters,
        )
        self.x, self.dx, self.relu_x = a(*x), a(*x), a(*x)
        self.weight, self.dweight = (a(kernel, kernel, c, filters) for _ in range(2))
        self.bias, self.dbias = a(filters), a(filters)
        self.y = a(*self.y_shape)
        self.settings = settings


def _convolutions(a: Make, n: int) -> Iterator[Convolution]:
    if n == 0:
        return
    shapes = [((2, 5, 6, n), 3), ((2, 6, 5, 2), n), ((1, 4, n, 3), 4), ((1, n, 4, 1), 5)]
    for shape, filters in shapes:
        for algorithm in ("direct", "winograd"):
            yield Convolution(a, shape, filters, stride=(1, 1), padding=(1, 1), algorithm=algorithm)
            yield Convolution(a, shape, filters, stride=(2, 2), padding=(1, 1), algorithm=algorithm)
        yield Convolution(a, shape, filters, stride=(2, 1), padding=(1, 2), algorithm="auto")
        yield Convolution(
            a, shape, filters, kernel=1, stride=(2, 2), padding=(0, 0), algorithm="auto"
        )


def conv2d_forward(a: Make, n: int) -> None:
    for c in _convolutions(a, n):
        for training in (False, True):
            kernels.conv2d_forward(
                c.x, c.weight, c.bias, c.y, relu=bool(n % 2), training=training, **c.settings
            )


def conv2d_pools(a: Make, n: int) -> None:
    for c in _convolutions(a, n):
        kernels.conv2d_pools(c.x.shape, c.weight.shape, **c.settings)


def conv2d_pool_forward(a: Make, n: int) -> None:
    for c in _convolutions(a, n):
        if kernels.conv2d_pools(c.x.shape, c.weight.shape, **c.settings):
            rows, height, width, filters = c.y_shape
            y = a(rows, height // 2, width // 2, filters)
            for argmax in (None, a(kernels.argmax_size(y.size), dtype=np.uint8)):
                kernels.conv2d_pool_forward(
                    c.x, c.weight, c.bias, y, argmax, relu=bool(n % 2), **c.settings
                )


def conv2d_packed_size(a: Make, n: int) -> None:
    for c in _convolutions(a, n):
        kernels.conv2d_packed_size(c.x.shape, c.weight.shape, **c.settings)


def conv2d_pack(a: Make, n: int) -> None:
    """Pack weights, and read them again."""
    for c in _convolutions(a, n):
        packed = a(kernels.conv2d_packed_size(c.x.shape, c.weight.shape, **c.settings))
        kernels.conv2d_pack(c.x.shape, c.weight, packed, **c.settings)
        kernels.conv2d_forward(c.x, c.weight, c.bias, c.y, packed=packed, **c.settings)


def conv2d_backward_input(a: Make, n: int) -> None:
    for c in _convolutions(a, n):
        for relu_x in (None, c.relu_x):
            kernels.conv2d_backward_input(c.y, c.weight, c.dx, relu_x=relu_x, **c.settings)


def conv2d_backward_params(a: Make, n: int) -> None:
    for c in _convolutions(a, n):
        for dbias in (None, c.dbias):
            kernels.conv2d_backward_params(c.x, c.y, c.dweight, dbias, **c.settings)


def conv2d_backward(a: Make, n: int) -> None:
    for c in _convolutions(a, n):
        kernels.conv2d_backward(
            c.x, c.y, c.weight, c.dx, c.dweight, c.dbias, relu_x=c.relu_x, **c.settings
        )


def dropout_forward(a: Make, n: int) -> None:
    kernels.dropout_forward(a(n), a(n), a(-(-n // 8), dtype=np.uint8), 0.5, 1, 2, 3)


def dropout_backward(a: Make, n: int) -> None:
    for y in (None, a(n)):
        kernels.dropout_backward(a(n), a(n), a(-(-n // 8), dtype=np.uint8), 0.5, y)


def _products(n: int) -> Iterator[tuple[int, int, int]]:
    yield from ((n, 3, 5), (3, n, 5), (5, 3, n), (33, n, 17), (n, 9, 40))


def linear_forward(a: Make, n: int) -> None:
    for rows, d, b in _products(n):
        for bias in (None, a(b)):
            kernels.linear_forward(a(rows, d), a(d, b), bias, a(rows, b), bool(n % 2))


def linear_backward_input(a: Make, n: int) -> None:
    for rows, d, b in _products(n):
        kernels.linear_backward_input(a(rows, b), a(d, b), a(rows, d))


def linear_backward_params(a: Make, n: int) -> None:
    for rows, d, b in _products(n):
        for dbias in (None, a(b)):
            kernels.linear_backward_params(a(rows, d), a(rows, b), a(d, b), dbias)


def linear_backward_sgd(a: Make, n: int) -> None:
    for rows, d, b in _products(n) if n else ():
        size = d * b + b
        flat = [a(size) for _ in range(2)]
        kernels.linear_backward_sgd(a(rows, d), a(rows, b), *flat, 0, d * b, 0.1, 0.9, 0.01)


def linear_backward_adam(a: Make, n: int) -> None:
    for rows, d, b in _products(n) if n else ():
        size = d * b + b
        flat = [a(size) for _ in range(3)]
        kernels.linear_backward_adam(
            a(rows, d), a(rows, b), *flat, 0, d * b, 3, 0.01, 0.9, 0.99, 1e-6, 0.01
        )


def argmax_size(a: Make, n: int) -> None:
    kernels.argmax_size(n)


def _poolings(a: Make, n: int) -> Iterator[tuple[tuple[int, int], np.ndarray, np.ndarray, Any]]:
    for size in ((2, 2), (3, 2)):
        for y_shape in ((2, 2, 3, n), (1, 2, n, 3), (n, 1, 2, 5)):
            rows, height, width, c = y_shape
            y = a(*y_shape)
            argmax = a(kernels.argmax_size(y.size, size), dtype=np.uint8)
            yield size, a(rows, height * size[0], width * size[1], c), y, argmax


def max_pool_forward(a: Make, n: int) -> None:
    for size, x, y, argmax in _poolings(a, n):
        for places in (None, argmax):
            kernels.max_pool_forward(x, y, places, size)


def max_pool_backward(a: Make, n: int) -> None:
    for size, x, y, argmax in _poolings(a, n):
        kernels.max_pool_backward(a(*y.shape), y, argmax, x, size, True)
        kernels.max_pool_backward(a(*y.shape), None, argmax, x, size)


def global_avg_pool_forward(a: Make, n: int) -> None:
    for height, c in ((3, n), (n, 3)) if n else ():
        kernels.global_avg_pool_forward(a(2, height, 2, c), a(2, c))


def global_avg_pool_backward(a: Make, n: int) -> None:
    for height, c in ((3, n), (n, 3)) if n else ():
        kernels.global_avg_pool_backward(a(2, c), a(2, height, 2, c))


def relu_forward(a: Make, n: int) -> None:
    kernels.relu_forward(a(n), a(n))


def relu_backward(a: Make, n: int) -> None:
    kernels.relu_backward(a(n), a(n), a(n))


def softmax_forward(a: Make, n: int) -> None:
    for m, c in _rows_and_channels(n):
        kernels.softmax_forward(a(m, c), a(m, c))


def log_softmax_forward(a: Make, n: int) -> None:
    for m, c in _rows_and_channels(n):
        kernels.log_softmax_forward(a(m, c), a(m, c))


def softmax_cross_entropy(a: Make, n: int) -> None:
    for m, c in _rows_and_channels(n):
        for weight in (None, a(m)):
            target = a(m, dtype=np.int32)
            kernels.softmax_cross_entropy(a(m, c), target, weight, 1.0, 0.1, a(m), a(m, c))


def soft_target_cross_entropy(a: Make, n: int) -> None:
    for m, c in _rows_and_channels(n):
        for weight in (None, a(m)):
            kernels.soft_target_cross_entropy(a(m, c), a(m, c), weight, 1.0, 0.1, a(m), a(m, c))


def count_right(a: Make, n: int) -> None:
    for m, c in _rows_and_channels(n):
        kernels.count_right(a(m, c), a(m, dtype=np.int32))


def batch_figures(a: Make, n: int) -> None:
    for m, c in _rows_and_channels(n):
        target = a(m, dtype=np.int32)
        kernels.batch_figures(a(m), a(m, c), target, a(2, dtype=np.float64))


def sgd_update(a: Make, n: int) -> None:
    for n_decayed in (0, n // 2, n):
        kernels.sgd_update(a(n), a(n), a(n), 0.1, 0.9, 0.01, n_decayed, bool(n % 2))


def adam_update(a: Make, n: int) -> None:
    for n_decayed in (0, n // 2, n):
        kernels.adam_update(*(a(n) for _ in range(4)), 3, 0.01, 0.9, 0.99, 1e-6, 0.01, n_decayed)


def ema_update(a: Make, n: int) -> None:
    kernels.ema_update(a(n), a(n), 0.9)


def scale_inplace(a: Make, n: int) -> None:
    kernels.scale_inplace(a(n), 2.0)


def mirror_mean(a: Make, n: int) -> None:
    kernels.mirror_mean(a(3, 3, 2, 2 * n), True, True)
    kernels.mirror_mean(a(1, 1, 2 * n, 3), True, False)


def checksum(a: Make, n: int) -> None:
    kernels.checksum(a(n))


def sum_of_squares(a: Make, n: int) -> None:
    kernels.sum_of_squares(a(n))


def overrun(a: Make, n: int) -> None:
    """Touch the byte past an array's edge, for the test of the test."""
    array = a(n)
    edge = array.ctypes.data + (array.nbytes if a.at_end else -1)
    ctypes.string_at(edge, 1)


def main(isa: str, names: list[str]) -> None:
    kernels.select_isa(isa)
    for name in names:
        for at_end in (True, False):
            for n in LENGTHS:
                print(name, n, "end" if at_end else "start", flush=True)
                globals()[name](Guarded(at_end=at_end), n)
    print("done")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
