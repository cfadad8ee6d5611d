"""Made by ``csrc/make_stubs.py`` from the Cython modules and the list of kernels."""

from numpy.typing import NDArray

def sgd_update(
    params: NDArray,
    grads: NDArray,
    velocity: NDArray,
    learning_rate: float,
    momentum: float,
    weight_decay: float,
    n_decayed: int,
    nesterov: bool = False,
) -> float: ...
def adam_update(
    params: NDArray,
    grads: NDArray,
    first_moment: NDArray,
    second_moment: NDArray,
    step: int,
    learning_rate: float,
    beta_1: float,
    beta_2: float,
    epsilon: float,
    weight_decay: float,
    n_decayed: int,
) -> float: ...
def ema_update(average: NDArray, params: NDArray, decay: float) -> None: ...
def scale_inplace(x: NDArray, factor: float) -> None: ...
def mirror_mean(weight: NDArray, input_pairs: bool, output_pairs: bool) -> None: ...
def sum_of_squares(x: NDArray) -> float: ...
