"""The kernels as a type, for those who are handed them.

Made by ``csrc/make_stubs.py`` from the Cython modules and the list of kernels.
"""

from __future__ import annotations

from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray


class Kernels(Protocol):
    """What has all kernels: :mod:`fernet._kernels`, or the reference of each."""

    def add_forward(self, a: NDArray, b: NDArray, y: NDArray, relu: bool = False) -> None: ...
    def batch_norm_forward(
        self,
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
        self,
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
        self,
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
    def gather_rows(
        self,
        X: NDArray,
        indices: NDArray[np.int64],
        offset: NDArray | None,
        scale: NDArray | None,
        out: NDArray,
    ) -> None: ...
    def gather_targets(self, target: NDArray, indices: NDArray, out: NDArray) -> None: ...
    def affine_gather(
        self,
        X: NDArray,
        indices: NDArray[np.int64],
        matrices: NDArray,
        gain: NDArray,
        bias: NDArray,
        boxes: NDArray[np.int32],
        fill: NDArray,
        offset: NDArray | None,
        scale: NDArray | None,
        low: float,
        high: float,
        out: NDArray,
    ) -> None: ...
    def degrade_images(
        self,
        x: NDArray,
        row_filters: NDArray,
        column_filters: NDArray,
        filters: NDArray,
        gamma: NDArray,
        noise: NDArray,
        coarseness: NDArray,
        black: float,
        grey_level: float,
        seed: int,
        step: int,
        offset: NDArray | None,
        scale: NDArray | None,
    ) -> None: ...
    def mix_pairs(self, x: NDArray, share: NDArray, boxes: NDArray[np.int32]) -> None: ...
    def checksum(self, x: NDArray) -> int: ...
    def conv2d_packed_size(
        self,
        x_shape: tuple[int, ...],
        weight_shape: tuple[int, ...],
        stride: tuple[int, int] = (1, 1),
        padding: tuple[int, int] = (0, 0),
        algorithm: Literal["auto", "direct", "winograd"] = "auto",
    ) -> int: ...
    def conv2d_pack(
        self,
        x_shape: tuple[int, ...],
        weight: NDArray,
        packed: NDArray,
        stride: tuple[int, int] = (1, 1),
        padding: tuple[int, int] = (0, 0),
        algorithm: Literal["auto", "direct", "winograd"] = "auto",
    ) -> None: ...
    def conv2d_forward(
        self,
        x: NDArray,
        weight: NDArray,
        bias: NDArray | None,
        y: NDArray,
        stride: tuple[int, int] = (1, 1),
        padding: tuple[int, int] = (0, 0),
        relu: bool = False,
        algorithm: Literal["auto", "direct", "winograd"] = "auto",
        training: bool = False,
        packed: NDArray | None = None,
    ) -> None: ...
    def conv2d_pools(
        self,
        x_shape: tuple[int, ...],
        weight_shape: tuple[int, ...],
        stride: tuple[int, int] = (1, 1),
        padding: tuple[int, int] = (0, 0),
        algorithm: Literal["auto", "direct", "winograd"] = "auto",
    ) -> bool: ...
    def conv2d_pool_forward(
        self,
        x: NDArray,
        weight: NDArray,
        bias: NDArray | None,
        y: NDArray,
        argmax: NDArray[np.uint8] | None,
        stride: tuple[int, int] = (1, 1),
        padding: tuple[int, int] = (0, 0),
        relu: bool = False,
        algorithm: Literal["auto", "direct", "winograd"] = "auto",
        training: bool = False,
        packed: NDArray | None = None,
    ) -> None: ...
    def conv2d_backward_input(
        self,
        dy: NDArray,
        weight: NDArray,
        dx: NDArray,
        stride: tuple[int, int] = (1, 1),
        padding: tuple[int, int] = (0, 0),
        relu_x: NDArray | None = None,
        algorithm: Literal["auto", "direct", "winograd"] = "auto",
    ) -> None: ...
    def conv2d_backward_params(
        self,
        x: NDArray,
        dy: NDArray,
        dweight: NDArray,
        dbias: NDArray | None,
        stride: tuple[int, int] = (1, 1),
        padding: tuple[int, int] = (0, 0),
        algorithm: Literal["auto", "direct", "winograd"] = "auto",
    ) -> None: ...
    def conv2d_backward(
        self,
        x: NDArray,
        dy: NDArray,
        weight: NDArray,
        dx: NDArray,
        dweight: NDArray,
        dbias: NDArray | None,
        stride: tuple[int, int] = (1, 1),
        padding: tuple[int, int] = (0, 0),
        relu_x: NDArray | None = None,
        algorithm: Literal["auto", "direct", "winograd"] = "auto",
    ) -> None: ...
    def dropout_forward(
        self,
        x: NDArray,
        y: NDArray,
        mask: NDArray[np.uint8],
        rate: float,
        seed: int,
        step: int,
        layer: int,
    ) -> None: ...
    def dropout_backward(
        self,
        dy: NDArray,
        dx: NDArray,
        mask: NDArray[np.uint8],
        rate: float,
        y: NDArray | None = None,
    ) -> None: ...
    def linear_forward(
        self,
        x: NDArray,
        weight: NDArray,
        bias: NDArray | None,
        y: NDArray,
        relu: bool = False,
    ) -> None: ...
    def linear_backward_input(self, dy: NDArray, weight: NDArray, dx: NDArray) -> None: ...
    def linear_backward_params(
        self,
        x: NDArray,
        dy: NDArray,
        dweight: NDArray,
        dbias: NDArray | None,
    ) -> None: ...
    def linear_backward_sgd(
        self,
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
        self,
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
    def argmax_size(self, y_size: int, size: tuple[int, int] = (2, 2)) -> int: ...
    def max_pool_forward(
        self,
        x: NDArray,
        y: NDArray,
        argmax: NDArray[np.uint8] | None,
        size: tuple[int, int] = (2, 2),
    ) -> None: ...
    def max_pool_backward(
        self,
        dy: NDArray,
        y: NDArray | None,
        argmax: NDArray[np.uint8],
        dx: NDArray,
        size: tuple[int, int] = (2, 2),
        relu: bool = False,
    ) -> None: ...
    def global_avg_pool_forward(self, x: NDArray, y: NDArray) -> None: ...
    def global_avg_pool_backward(self, dy: NDArray, dx: NDArray) -> None: ...
    def relu_forward(self, x: NDArray, y: NDArray) -> None: ...
    def relu_backward(self, dy: NDArray, y: NDArray, dx: NDArray) -> None: ...
    def softmax_forward(self, logits: NDArray, proba: NDArray) -> None: ...
    def log_softmax_forward(self, logits: NDArray, log_proba: NDArray) -> None: ...
    def softmax_cross_entropy(
        self,
        logits: NDArray,
        target: NDArray[np.int32],
        weight: NDArray | None,
        scale: float,
        label_smoothing: float,
        loss: NDArray,
        dlogits: NDArray,
    ) -> None: ...
    def soft_target_cross_entropy(
        self,
        logits: NDArray,
        target: NDArray,
        weight: NDArray | None,
        scale: float,
        label_smoothing: float,
        loss: NDArray,
        dlogits: NDArray,
    ) -> None: ...
    def count_right(self, logits: NDArray, target: NDArray[np.int32]) -> int: ...
    def batch_figures(
        self,
        loss: NDArray,
        logits: NDArray,
        target: NDArray[np.int32],
        figures: NDArray,
    ) -> None: ...
    def sgd_update(
        self,
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
        self,
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
    def ema_update(self, average: NDArray, params: NDArray, decay: float) -> None: ...
    def scale_inplace(self, x: NDArray, factor: float) -> None: ...
    def mirror_mean(self, weight: NDArray, input_pairs: bool, output_pairs: bool) -> None: ...
    def sum_of_squares(self, x: NDArray) -> float: ...
