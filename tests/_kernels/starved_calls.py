"""Calls the kernels that want work space when there is no memory, and again when there is.

Run as a program, with an instruction set's name, a number of threads and kernels' names. A line for
each: the name, what came of the call without memory ("MemoryError" or "done"), and whether the call
after it has the results of the plain NumPy version ("right").
"""

from __future__ import annotations

import ctypes
import os
import resource
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from fernet import _kernels
from fernet._kernels import reference

LIBC = ctypes.CDLL(None)
LIBC.malloc.argtypes, LIBC.malloc.restype = [ctypes.c_size_t], ctypes.c_void_p
LIBC.free.argtypes, LIBC.free.restype = [ctypes.c_void_p], None

RNG = np.random.default_rng(0)
ROWS, CHANNELS = 6000, 256
EPS = 1e-5


def drawn(*shape: int) -> np.ndarray:
    return RNG.standard_normal(shape, np.float32)


def empty(*shape: int) -> np.ndarray:
    return np.zeros(shape, np.float32)


def linear(name: str) -> tuple[list[Any], dict[str, Any]]:
    n, d, b = 700, 900, 800
    arguments = {
        "linear_forward": lambda: [drawn(n, d), drawn(d, b), drawn(b), empty(n, b)],
        "linear_backward_input": lambda: [drawn(n, b), drawn(d, b), empty(n, d)],
        "linear_backward_params": lambda: [drawn(n, d), drawn(n, b), empty(d, b), empty(b)],
    }
    return arguments[name](), {}


def linear_update(n_moments: int, *settings: float) -> tuple[list[Any], dict[str, Any]]:
    n, d, b = 700, 900, 800
    flat = [abs(drawn(d * b + b)) for _ in range(1 + n_moments)]
    return [drawn(n, d), drawn(n, b), *flat, 0, d * b, *settings], {}


def convolution(name: str, algorithm: str) -> tuple[list[Any], dict[str, Any]]:
    shape, filters = (4, 24, 24, 48), 64
    y_shape, w_shape = (*shape[:3], filters), (3, 3, shape[3], filters)
    pooled = (shape[0], 12, 12, filters)
    argmax = np.zeros(_kernels.argmax_size(int(np.prod(pooled))), np.uint8)
    arguments = {
        "conv2d_forward": lambda: [drawn(*shape), drawn(*w_shape), drawn(filters), empty(*y_shape)],
        "conv2d_pool_forward": lambda: [
            drawn(*shape), drawn(*w_shape), drawn(filters), empty(*pooled), argmax,
        ],
        "conv2d_backward_input": lambda: [drawn(*y_shape), drawn(*w_shape), empty(*shape)],
        "conv2d_backward_params": lambda: [
            drawn(*shape), drawn(*y_shape), empty(*w_shape), empty(filters),
        ],
        "conv2d_backward": lambda: [
            drawn(*shape), drawn(*y_shape), drawn(*w_shape), empty(*shape), empty(*w_shape),
            empty(filters),
        ],
    }  # fmt: skip
    return arguments[name](), {"padding": (1, 1), "algorithm": algorithm}


def normalisation(name: str) -> tuple[list[Any], dict[str, Any]]:
    x, y = drawn(ROWS, CHANNELS), empty(ROWS, CHANNELS)
    channels = [abs(drawn(CHANNELS)) for _ in range(4)]
    if name == "batch_norm_backward":
        return [drawn(ROWS, CHANNELS), x, *channels, y, empty(CHANNELS), empty(CHANNELS), EPS], {}
    return [x, *channels, y, EPS], {}


def degradation() -> tuple[list[Any], dict[str, Any]]:
    n, h, w, c = 4, 300, 300, 3
    strengths = [np.full(n, strength, np.float32) for strength in (1.2, 0.0, 2.0)]
    filters = np.zeros((n, 2), np.int32)
    mean = np.full((1, h, h), 1 / h, np.float32)
    x = 255 * abs(drawn(n, h, w, c)).clip(0, 1)
    return [x, mean, mean.copy(), filters, *strengths, 0.0, 1.0, 0, 0, None, None], {}


def figures() -> tuple[list[Any], dict[str, Any]]:
    return [abs(drawn(50)), drawn(50, 7), np.zeros(50, np.int32), np.zeros(2)], {}


CASES: dict[str, list[Callable[[], tuple[list[Any], dict[str, Any]]]]] = {
    **{name: [partial(linear, name)] for name in (
        "linear_forward", "linear_backward_input", "linear_backward_params",
    )},
    "linear_backward_sgd": [partial(linear_update, 1, 0.1, 0.9, 0.01)],
    "linear_backward_adam": [partial(linear_update, 2, 3, 0.01, 0.9, 0.99, 1e-6, 0.01)],
    **{name: [partial(convolution, name, way) for way in ("direct", "winograd")] for name in (
        "conv2d_forward", "conv2d_backward_input", "conv2d_backward_params", "conv2d_backward",
    )},
    "conv2d_pool_forward": [partial(convolution, "conv2d_pool_forward", "winograd")],
    **{name: [partial(normalisation, name)] for name in (
        "batch_norm_forward", "batch_norm_inference", "batch_norm_backward",
    )},
    "degrade_images": [degradation],
    "batch_figures": [figures],
}  # fmt: skip


def copied(arguments: list[Any]) -> list[Any]:
    return [a.copy() if isinstance(a, np.ndarray) else a for a in arguments]


def hoard() -> list[ctypes.c_void_p]:
    """Take what free memory the process holds, but for crumbs that Python needs.

    How much lies in the C library's heaps after the reference's calls is chance.
    """
    pieces = []
    for size in (1 << bits for bits in range(26, 14, -1)):
        while (piece := LIBC.malloc(size)) is not None:
            pieces.append(ctypes.c_void_p(piece))
    return pieces


def starved(call: Callable[[], Any]) -> str:
    """Make a call while the process may have no more memory than it has."""
    with open("/proc/self/statm") as file:
        held = int(file.read().split()[0]) * resource.getpagesize()
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (held, before[1]))
    hoarded = hoard()
    try:
        call()
    except MemoryError:
        return "MemoryError"
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)
        for piece in hoarded:
            LIBC.free(piece)
    return "done"


def answer(name: str, make: Callable[[], tuple[list[Any], dict[str, Any]]]) -> str:
    given, settings = make()
    kernel, oracle = getattr(_kernels, name), getattr(reference, name)
    expected = copied(given)
    oracle(*expected, **settings)
    once, again = copied(given), copied(given)
    outcome = starved(lambda: kernel(*once, **settings))
    kernel(*again, **settings)
    arrays = [(a, e) for a, e in zip(again, expected, strict=True) if isinstance(a, np.ndarray)]
    right = all(np.allclose(a, e, rtol=1e-3, atol=1e-2) for a, e in arrays)
    return f"{name} {outcome} {'right' if right else 'wrong'}"


def main(isa: str, threads: str, names: list[str]) -> None:
    _kernels.select_isa(isa)
    _kernels.set_num_threads(int(threads))
    for name in names:
        for make in CASES[name]:
            # In a process of its own: work space is kept for the next call.
            child = os.fork()
            if child == 0:
                print(answer(name, make), flush=True)
                os._exit(0)
            if os.waitpid(child, 0)[1] != 0:
                print(name, "ended by a signal or an error", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
