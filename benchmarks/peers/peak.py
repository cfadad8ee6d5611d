"""What the machine can do at most: multiply-adds in registers, the GEMM in cache, copies in memory.

The loop of multiply-adds is C, compiled here for the instruction set that fernet runs on; without
a C compiler there is no such figure, and the GEMM's stands in for it.
"""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

N_CHAINS = 12  # independent sums: enough to hide the latency, few enough for AVX2's 16 registers
SOURCE = """
#if defined(__AVX512F__)
#define BYTES 64
#elif defined(__AVX__)
#define BYTES 32
#else
#define BYTES 16
#endif
typedef float vec __attribute__((vector_size(BYTES)));
int lanes(void) { return BYTES / 4; }
float multiply_add(long n, float factor, float term) {
    vec sum[12], a = factor - (vec){0}, b = term - (vec){0};
    for (int j = 0; j < 12; j++) sum[j] = b * (float)j;
    for (long i = 0; i < n; i++) {
#pragma GCC unroll 12
        for (int j = 0; j < 12; j++) sum[j] = sum[j] * a + b;
    }
    for (int j = 1; j < 12; j++) sum[0] += sum[j];
    return sum[0][0];
}
"""
FLAGS = {
    "avx512": ["-march=native", "-mprefer-vector-width=512"],
    "avx2": ["-mavx2", "-mfma"],
    "neon": [],
}


@dataclass
class Peaks:
    """Of all threads together."""

    multiply_adds: float | None
    gemm: float
    copy: float

    @property
    def gflops(self) -> float:
        return self.gemm if self.multiply_adds is None else self.multiply_adds

    def __str__(self) -> str:
        loop = (
            "no C compiler" if self.multiply_adds is None else f"{self.multiply_adds:.0f} GFLOP/s"
        )
        return (
            f"a loop of multiply-adds alone: {loop}; the GEMM, 960x960x960: {self.gemm:.0f} "
            f"GFLOP/s; copies beyond the caches: {self.copy:.0f} GB/s (read plus written)"
        )


def measure(threads: int) -> Peaks:
    """Measure all three; takes a few seconds."""
    from fernet import _kernels

    loop = _multiply_adds(_kernels.selected_isa(), threads)
    return Peaks(loop, _gemm(_kernels, threads), _copy(threads))


def _multiply_adds(isa: str, threads: int) -> float | None:
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        source, library = Path(folder) / "peak.c", Path(folder) / "peak.so"
        source.write_text(SOURCE, encoding="ascii")
        options = ["-O3", "-ffp-contract=fast", "-shared", "-fPIC", *FLAGS.get(isa, [])]
        run = subprocess.run([compiler, *options, str(source), "-o", str(library)])
        if run.returncode != 0:
            return None
        code = ctypes.CDLL(str(library))  # calls release Python's lock
    code.multiply_add.argtypes = [ctypes.c_long, ctypes.c_float, ctypes.c_float]
    code.multiply_add.restype = ctypes.c_float
    n = 10_000_000
    flops = 2.0 * n * N_CHAINS * code.lanes()
    return flops * threads / _best(lambda _: code.multiply_add(n, 0.999, 0.001), threads) / 1e9


def _gemm(kernels, threads: int) -> float:
    size = 960
    x, weight = np.random.default_rng(0).standard_normal((2, size, size), dtype=np.float32)
    y = np.empty_like(x)
    before = kernels.get_num_threads()
    kernels.set_num_threads(threads)
    seconds = _best(lambda _: kernels.linear_forward(x, weight, None, y), 1, repeat=30)
    kernels.set_num_threads(before)
    return 2.0 * size**3 / seconds / 1e9


def _copy(threads: int) -> float:
    arrays = [np.ones((2, 1 << 24), np.float32) for _ in range(threads)]
    seconds = _best(lambda i: np.copyto(arrays[i][0], arrays[i][1]), threads)
    return sum(array.nbytes for array in arrays) / seconds / 1e9


def _best(work: Callable[[int], object], threads: int, repeat: int = 7) -> float:
    """Time ``work(i)`` for all threads `i` at once, in seconds."""
    times = []
    with ThreadPoolExecutor(threads) as pool:
        for _ in range(repeat):
            start = time.perf_counter()
            list(pool.map(work, range(threads)))
            times.append(time.perf_counter() - start)
    return min(times)
