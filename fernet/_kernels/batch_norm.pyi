"""Made by ``csrc/make_stubs.py`` from the Cython modules and the list of kernels."""

from numpy.typing import NDArray

def batch_norm_forward(
    x: NDArray,
    gamma: NDArray,
    beta: NDArray,
    mean: NDArray,
    var: NDArray,
    y: NDArray,
    eps: float,
    relu: bool = False,
) -> None: ...
def batch_norm_inference(
    x: NDArray,
    gamma: NDArray,
    beta: NDArray,
    mean: NDArray,
    var: NDArray,
    y: NDArray,
    eps: float,
    relu: bool = False,
) -> None: ...
def batch_norm_backward(
    dy: NDArray,
    x: NDArray,
    gamma: NDArray,
    beta: NDArray,
    mean: NDArray,
    var: NDArray,
    dx: NDArray,
    dgamma: NDArray,
    dbeta: NDArray,
    eps: float,
    relu: bool = False,
) -> None: ...
