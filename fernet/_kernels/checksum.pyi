"""Made by ``csrc/make_stubs.py`` from the Cython modules and the list of kernels."""

from numpy.typing import NDArray

def checksum(x: NDArray) -> int: ...
