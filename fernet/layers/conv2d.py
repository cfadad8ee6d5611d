"""Convolution of channels-last images."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fernet._checks import as_count, as_truth
from fernet._kernels.protocol import Kernels
from fernet.layers.base import Layer, LayerContext, PassContext, Shape, repeatable
from fernet.layers.initializers import INITIALIZERS
from fernet.layers.max_pool2d import MaxPool2D
from fernet.layers.mirrored import (
    as_input,
    check_pairs,
    mirror_second_half,
    pairs_of,
)
from fernet.layers.pairs import as_pair, image_axes

__all__ = ["ALGORITHMS", "Conv2D"]
__dir__ = __all__.copy

ALGORITHMS = ("auto", "direct", "winograd")
"""How a convolution may be computed; the result differs by rounding only."""


class Conv2D(Layer):
    """Slide filters over images: ``y[i, j] = sum(x[window of i, j] * weight) + bias``.

    As usual in neural networks the filters are not rotated. Around the image there are zeros, as
    many on each side as on the opposite one. The weight is of shape (KH, KW, C, OC), and its
    initializer's `fan_in` is ``KH * KW * C``.

    Parameters
    ----------
    n_filters : int
        Channels of the output, 1 or more.
    kernel_size : int or pair of int, default=3
        Rows and columns of the filters.
    stride : int or pair of int, default=1
        Pixels from one window to the next.
    padding : {"same", "valid"} or int or pair of int, default="same"
        Zeros on each side, fewer than the kernel has rows or columns. ``"same"`` is
        ``(kernel_size - 1) // 2``, which keeps the image's size if the stride is 1; it needs odd
        kernels. ``"valid"`` is none.
    initializer : {"he_normal", "he_uniform", "glorot_uniform"}, default="he_normal"
        First values of the weight, see `fernet.layers.initializers`; biases start at 0.
    use_bias : bool, default=True
        Whether a bias is added; none is needed where a `BatchNorm` follows.
    algorithm : {"auto", "direct", "winograd"}, default="auto"
        How it is computed. ``"auto"`` takes what is fastest for the shape; ``"winograd"`` needs
        3x3 kernels of stride 1 or 2. Gradients of stride 2 are direct all the same.
    mirrored : {"image", "pairs"} or None, default=None
        Whether filters come in pairs: the second half are the mirror images of the first, left for
        right, and stay so in training. Then the mirror image of the input makes that of the output
        with its halves in each other's place. The input is an ``"image"``, whose channels stay in
        their places when it is mirrored, or has channels in ``"pairs"`` itself. It needs an even
        `n_filters`, and columns of stride 1.

    Attributes
    ----------
    zeros : tuple (int, int)
        Rows and columns of zeros on each side: `padding` in numbers.

    Raises
    ------
    ValueError
        If one of these is not as described.

    References
    ----------
    The report, section 6. Lavin and Gray, "Fast algorithms for convolutional neural networks",
    2015. Yepez and Ko, "Stride 2 1-D, 2-D, and 3-D Winograd for convolutional neural networks",
    2020. Cohen and Welling, "Group equivariant convolutional networks", 2016, for mirrored filters.

    Examples
    --------
    >>> from fernet.layers import Conv2D
    >>> layer = Conv2D(32)
    >>> layer.output_shape((48, 48, 1)), layer.decayed_shapes((48, 48, 1))
    ((48, 48, 32), {'weight': (3, 3, 1, 32)})
    >>> Conv2D(64, stride=2).output_shape((48, 48, 1))
    (24, 24, 64)
    """

    kind = "conv2d"
    _told_if_set = ("mirrored",)
    backward_reads = frozenset({"x"})
    fuses_relu = True
    masks_relu = True
    folds_scale = True

    def __init__(
        self,
        n_filters: int,
        kernel_size: int | tuple[int, int] = 3,
        stride: int | tuple[int, int] = 1,
        padding: str | int | tuple[int, int] = "same",
        initializer: str = "he_normal",
        use_bias: bool = True,
        algorithm: str = "auto",
        mirrored: str | None = None,
    ) -> None:
        if initializer not in INITIALIZERS:
            known = ", ".join(INITIALIZERS)
            raise ValueError(f"initializer {initializer!r} is unknown; expected one of: {known}")
        self.n_filters = as_count(n_filters, "n_filters")
        self.kernel_size = as_pair(kernel_size, "kernel_size")
        self.stride = as_pair(stride, "stride")
        self.zeros = _zeros_each_side(padding, self.kernel_size)
        self.padding = padding if isinstance(padding, str) else self.zeros
        self.initializer = initializer
        self.use_bias = as_truth(use_bias, "use_bias")
        self.algorithm = _checked_algorithm(algorithm, self.kernel_size, self.stride)
        self.mirrored = as_input(mirrored)
        if self.mirrored is not None:
            check_pairs(self.n_filters, "Conv2D", "filters")
            if self.stride[1] != 1:
                raise ValueError(
                    f"Conv2D is mirrored and has a stride of {self.stride}; expected columns of "
                    "stride 1, as others begin at one side"
                )

    def output_shape(self, input_shape: Shape) -> Shape:
        *plane, channels = image_axes(input_shape, "Conv2D")
        if self.mirrored == "pairs":
            check_pairs(channels, "Conv2D", "channels before it")
        spare = [
            size + 2 * zeros - kernel
            for size, zeros, kernel in zip(plane, self.zeros, self.kernel_size, strict=True)
        ]
        if min(spare) < 0:
            raise ValueError(
                f"Conv2D got images of {plane[0]} x {plane[1]} pixels and adds {self.zeros} on "
                f"each side; expected at least the kernel's {self.kernel_size} in all"
            )
        height, width = (n // stride + 1 for n, stride in zip(spare, self.stride, strict=True))
        return (height, width, self.n_filters)

    def decayed_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        return {"weight": (*self.kernel_size, input_shape[2], self.n_filters)}

    def undecayed_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        return {"bias": (self.n_filters,)} if self.use_bias else {}

    def initialize(self, params: Mapping[str, NDArray], rng: np.random.Generator) -> None:
        weight = params["weight"]
        kh, kw, channels, filters = weight.shape
        INITIALIZERS[self.initializer](weight, kh * kw * channels, kh * kw * filters, rng)
        if self.mirrored is not None:
            mirror_second_half(weight, input_pairs=self.mirrored == "pairs")
        if self.use_bias:
            params["bias"][...] = 0

    def pools(self, pool: Layer, input_shape: Shape, kernels: Kernels) -> bool:
        weight = self.decayed_shapes(input_shape)["weight"]
        return (
            type(pool) is MaxPool2D
            and pool.size == (2, 2)
            and bool(kernels.conv2d_pools((1, *input_shape), weight, **self._settings()))
        )

    def packed_size(self, input_shape: Shape, kernels: Kernels) -> int:
        weight = self.decayed_shapes(input_shape)["weight"]
        return kernels.conv2d_packed_size((1, *input_shape), weight, **self._settings())

    def pack(self, weight: NDArray, input_shape: Shape, kernels: Kernels, packed: NDArray) -> None:
        kernels.conv2d_pack((1, *input_shape), weight, packed, **self._settings())

    def _settings(self) -> dict[str, Any]:
        return {"stride": self.stride, "padding": self.zeros, "algorithm": self.algorithm}

    @repeatable
    def forward(self, ctx: LayerContext, pass_ctx: PassContext) -> None:
        weight, bias, settings = ctx.params["weight"], ctx.params.get("bias"), self._settings()
        packed = ctx.params.get("packed")
        if ctx.pool is None:
            pass_ctx.kernels.conv2d_forward(
                ctx.x,
                weight,
                bias,
                ctx.y,
                relu=ctx.relu,
                training=pass_ctx.training,
                packed=packed,
                **settings,
            )
        else:
            argmax = ctx.pool.scratch.get("argmax")
            pass_ctx.kernels.conv2d_pool_forward(
                ctx.x,
                weight,
                bias,
                ctx.pool.y,
                argmax,
                relu=ctx.relu,
                training=pass_ctx.training,
                packed=packed,
                **settings,
            )

    @repeatable
    def backward(self, ctx: LayerContext, pass_ctx: PassContext) -> None:
        settings, dweight, dbias = self._settings(), ctx.grads["weight"], ctx.grads.get("bias")
        dy = ctx.require_dy()
        if ctx.dx is None:
            pass_ctx.kernels.conv2d_backward_params(ctx.x, dy, dweight, dbias, **settings)
        else:
            relu_x = ctx.x if ctx.relu_before else None
            pass_ctx.kernels.conv2d_backward(
                ctx.x, dy, ctx.params["weight"], ctx.dx, dweight, dbias, relu_x=relu_x, **settings
            )
        if self.mirrored is not None:
            pass_ctx.kernels.mirror_mean(dweight, self.mirrored == "pairs", True)
            if dbias is not None:
                pass_ctx.kernels.mirror_mean(pairs_of(dbias), False, True)


def _zeros_each_side(padding: Any, kernel_size: tuple[int, int]) -> tuple[int, int]:
    if padding == "valid":
        return (0, 0)
    if padding == "same":
        if any(size % 2 == 0 for size in kernel_size):
            raise ValueError(
                f'kernel_size is {kernel_size}; expected odd numbers with padding="same", which '
                "adds the same number of zeros on opposite sides"
            )
        height, width = kernel_size
        return ((height - 1) // 2, (width - 1) // 2)
    if isinstance(padding, str):
        raise ValueError(f'padding is {padding!r}; expected "same", "valid" or whole numbers')
    zeros = as_pair(padding, "padding", least=0)
    if any(count >= size for count, size in zip(zeros, kernel_size, strict=True)):
        height, width = kernel_size
        raise ValueError(
            f"padding is {padding!r}; expected less than the kernel's {height} x {width}, as "
            "windows of zeros alone say nothing"
        )
    return zeros


def _checked_algorithm(
    algorithm: str, kernel_size: tuple[int, int], stride: tuple[int, int]
) -> str:
    if algorithm not in ALGORITHMS:
        raise ValueError(f"algorithm is {algorithm!r}; expected one of: {', '.join(ALGORITHMS)}")
    suits_winograd = kernel_size == (3, 3) and stride in ((1, 1), (2, 2))
    if algorithm == "winograd" and not suits_winograd:
        raise ValueError(
            f'algorithm="winograd" needs a kernel_size of (3, 3) and a stride of (1, 1) or (2, 2); '
            f"found {kernel_size} and {stride}"
        )
    return algorithm
