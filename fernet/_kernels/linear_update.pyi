"""Made by ``csrc/make_stubs.py`` from the Cython modules and the list of kernels."""

from numpy.typing import NDArray

def linear_backward_sgd(
    x: NDArray,
    dy: NDArray,
    params: NDArray,
    velocity: NDArray,
    weight_start: int,
    bias_start: int,
    learning_rate: float,
    momentum: float,
    weight_decay: float,
    nesterov: bool = False,
) -> float: ...
def linear_backward_adam(
    x: NDArray,
    dy: NDArray,
    params: NDArray,
    first_moment: NDArray,
    second_moment: NDArray,
    weight_start: int,
    bias_start: int,
    step: int,
    learning_rate: float,
    beta_1: float,
    beta_2: float,
    epsilon: float,
    weight_decay: float,
) -> float: ...
