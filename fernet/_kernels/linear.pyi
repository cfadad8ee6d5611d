"""Made by ``csrc/make_stubs.py`` from the Cython modules and the list of kernels."""

from numpy.typing import NDArray

def linear_forward(
    x: NDArray,
    weight: NDArray,
    bias: NDArray | None,
    y: NDArray,
    relu: bool = False,
) -> None: ...
def linear_backward_input(dy: NDArray, weight: NDArray, dx: NDArray) -> None: ...
def linear_backward_params(
    x: NDArray,
    dy: NDArray,
    dweight: NDArray,
    dbias: NDArray | None,
) -> None: ...
