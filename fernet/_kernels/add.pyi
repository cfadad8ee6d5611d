"""Made by ``csrc/make_stubs.py`` from the Cython modules and the list of kernels."""

from numpy.typing import NDArray

def add_forward(a: NDArray, b: NDArray, y: NDArray, relu: bool = False) -> None: ...
