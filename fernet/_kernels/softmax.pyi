"""Made by ``csrc/make_stubs.py`` from the Cython modules and the list of kernels."""

import numpy as np
from numpy.typing import NDArray

def softmax_forward(logits: NDArray, proba: NDArray) -> None: ...
def log_softmax_forward(logits: NDArray, log_proba: NDArray) -> None: ...
def softmax_cross_entropy(
    logits: NDArray,
    target: NDArray[np.int32],
    weight: NDArray | None,
    scale: float,
    label_smoothing: float,
    loss: NDArray,
    dlogits: NDArray,
) -> None: ...
def soft_target_cross_entropy(
    logits: NDArray,
    target: NDArray,
    weight: NDArray | None,
    scale: float,
    label_smoothing: float,
    loss: NDArray,
    dlogits: NDArray,
) -> None: ...
def count_right(logits: NDArray, target: NDArray[np.int32]) -> int: ...
def batch_figures(
    loss: NDArray,
    logits: NDArray,
    target: NDArray[np.int32],
    figures: NDArray,
) -> None: ...
