"""Fixtures of the kernels' tests: each runs once per instruction set that the machine has."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import numpy as np
import pytest

from fernet import _kernels


@pytest.fixture(scope="module", params=_kernels.available_isas())
def isa(request: pytest.FixtureRequest) -> Iterator[str]:
    """Serve the kernels with one instruction set after the other."""
    before = _kernels.selected_isa()
    _kernels.select_isa(request.param)
    yield request.param
    _kernels.select_isa(before)


@contextmanager
def _threads(n: int) -> Iterator[None]:
    before = _kernels.get_num_threads()
    _kernels.set_num_threads(n)
    try:
        yield
    finally:
        _kernels.set_num_threads(before)


@pytest.fixture(scope="session")
def threads() -> Callable[[int], AbstractContextManager[None]]:
    """``with threads(3):`` lets the kernels use three threads."""
    return _threads


@pytest.fixture(scope="session")
def same_bits() -> Callable[[np.ndarray, np.ndarray], None]:
    """Assert that two arrays hold the same bytes: tells -0 from 0, and NaN equals itself."""

    def check(actual: np.ndarray, expected: np.ndarray) -> None:
        assert actual.dtype == expected.dtype
        assert actual.shape == expected.shape
        np.testing.assert_array_equal(actual.view(np.uint8), expected.view(np.uint8))

    return check


@pytest.fixture(scope="session")
def aligned() -> Callable[[tuple[int, ...]], np.ndarray]:
    """Float32 arrays that begin on a cache line, as a network's do: large ones are streamed."""

    def empty(shape: tuple[int, ...]) -> np.ndarray:
        size = int(np.prod(shape))
        memory = np.empty(size + 16, np.float32)
        begin = -memory.ctypes.data % 64 // 4
        return memory[begin : begin + size].reshape(shape)

    return empty


@pytest.fixture(scope="session")
def assert_gradient() -> Callable[[np.ndarray, Callable[[np.ndarray], float], np.ndarray], None]:
    """Compare a float64 gradient with central differences of the function at x.

    They err by about ``h ** 2`` of the third derivative and ``1e-16 / h`` of rounding.
    """

    def check(gradient: np.ndarray, function: Callable[[np.ndarray], float], x: np.ndarray) -> None:
        h, expected = 1e-5, np.empty_like(x)
        for i in np.ndindex(x.shape):
            kept = x[i]
            x[i] = kept + h
            above = function(x)
            x[i] = kept - h
            expected[i] = (above - function(x)) / (2 * h)
            x[i] = kept
        np.testing.assert_allclose(gradient, expected, rtol=1e-7, atol=1e-7)

    return check


@pytest.fixture(scope="session")
def environment() -> dict[str, str]:
    """Variables for an interpreter that imports the same fernet and runs it by its defaults."""
    place = str(Path(_kernels.__file__).parents[2])
    path = os.pathsep.join(filter(None, [place, os.environ.get("PYTHONPATH")]))
    kept = {k: v for k, v in os.environ.items() if k not in ("FERNET_ISA", "OMP_NUM_THREADS")}
    return kept | {"PYTHONPATH": path}


@pytest.fixture
def run_python(
    tmp_path: Path, environment: dict[str, str]
) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a script in an interpreter of its own, with some environment variables set."""

    def run(script: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", script],
            env=environment | variables,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run
