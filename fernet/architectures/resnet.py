"""Residual networks for faces of 48x48."""

from __future__ import annotations

from fernet._checks import as_count
from fernet.layers import (
    BatchNorm,
    Conv2D,
    Dropout,
    GlobalAvgPool2D,
    Layer,
    Linear,
    ReLU,
    Residual,
)

__all__ = ["DEPTHS", "resnet"]
__dir__ = __all__.copy

DEPTHS = {
    18: (2, 2, 2, 2),
    34: (3, 4, 6, 3),
    50: (3, 4, 6, 3),
    101: (3, 4, 23, 3),
    152: (3, 8, 36, 3),
}
"""Blocks of each of the four stages; basic ones up to 34 layers, then bottlenecks."""

_EXPANSION = 4
"""Channels that leave a bottleneck for each of its 3x3 convolution's."""


def resnet(
    depth: int,
    n_classes: int = 7,
    *,
    preactivation: bool = False,
    width: int = 64,
    dropout: float = 0.0,
    conv_algorithm: str = "auto",
) -> list[Layer]:
    """List the layers of a residual network.

    The stem is one 3x3 convolution of stride 2, so that the four stages see planes of 24, 12, 6
    and 3 pixels. ImageNet's, a 7x7 convolution of stride 2 and a pooling, was made for images of
    224 pixels: of a face of 48 it would leave 12, and only 2 for the last stage.

    Parameters
    ----------
    depth : {18, 34, 50, 101, 152}
        Layers with weights, shortcuts' not counted.
    n_classes : int, default=7
        Outputs.
    preactivation : bool, default=False
        Whether normalisation and ReLU come before each convolution (He et al., 2016) instead of
        behind it (2015).
    width : int, default=64
        Channels of the stem and of the first stage's 3x3 convolutions; each stage doubles them.
    dropout : float, default=0.0
        Probability of dropping an input of the last layer.
    conv_algorithm : {"auto", "direct", "winograd"}, default="auto"
        See `fernet.layers.Conv2D`.

    Returns
    -------
    list of Layer
        Ends in logits; the softmax belongs to the loss.

    Raises
    ------
    ValueError
        If the depth is another.

    Notes
    -----
    A bottleneck that halves the image does so in its 3x3 convolution, as in most implementations
    today (version 1.5): the first 1x1 one would not look at three pixels of four. Convolutions
    before a normalisation have no bias. The last normalisation of a block starts with a scale of
    1 like the others, as in Keras.

    With pre-activation, a block whose shortcut is a convolution takes that from behind its first
    normalisation and ReLU, as the paper's code does; the stem is the bare convolution, and a
    normalisation and ReLU stand before the pooling.

    References
    ----------
    He, Zhang, Ren, Sun: "Deep residual learning for image recognition", 2015, table 1, with the
    stride of a bottleneck in its 3x3 convolution; "Identity mappings in deep residual networks",
    2016.

    Examples
    --------
    >>> from fernet.architectures import resnet
    >>> from fernet._engine.network import Network
    >>> Network(resnet(18), (48, 48, 1)).output_shape
    (7,)
    """
    if depth not in DEPTHS:
        known = ", ".join(map(str, DEPTHS))
        raise ValueError(f"depth is {depth!r}; expected one of: {known}")
    width = as_count(width, "width")
    make = _Blocks(bottleneck=depth >= 50, preactivation=preactivation, algorithm=conv_algorithm)
    layers: list[Layer] = [make.convolution(width, 3, 2)]
    layers += [] if preactivation else [BatchNorm(), ReLU()]
    channels = width
    for stage, count in enumerate(DEPTHS[depth]):
        inner = width * 2**stage
        for block in range(count):
            stride = 2 if stage > 0 and block == 0 else 1
            layers += make.block(channels, inner, stride)
            channels = make.channels_after(inner)
    layers += [BatchNorm(), ReLU()] if preactivation else []
    layers.append(GlobalAvgPool2D())
    layers += [Dropout(dropout)] if dropout > 0 else []
    return [*layers, Linear(n_classes, initializer="glorot_uniform")]


class _Blocks:
    """Makes the blocks of one network."""

    def __init__(self, *, bottleneck: bool, preactivation: bool, algorithm: str) -> None:
        self._bottleneck = bottleneck
        self._preactivation = preactivation
        self._algorithm = algorithm

    def convolution(self, filters: int, size: int, stride: int = 1) -> Conv2D:
        algorithm = self._algorithm if size == 3 else "auto"
        return Conv2D(filters, size, stride, use_bias=False, algorithm=algorithm)

    def channels_after(self, inner: int) -> int:
        return inner * (_EXPANSION if self._bottleneck else 1)

    def block(self, channels: int, inner: int, stride: int) -> list[Layer]:
        """List the layers of one block, whose 3x3 convolutions have `inner` filters."""
        out = self.channels_after(inner)
        projected = stride != 1 or channels != out
        shortcut: list[Layer] = [self.convolution(out, 1, stride)] if projected else []
        convolutions = self._convolutions(inner, stride)
        if self._preactivation:
            return self._preactivated(convolutions, shortcut)
        branch: list[Layer] = []
        for convolution in convolutions:
            branch += [convolution, BatchNorm(), ReLU()]
        shortcut += [BatchNorm()] if projected else []
        return [Residual(branch[:-1], shortcut), ReLU()]

    def _convolutions(self, inner: int, stride: int) -> list[Conv2D]:
        if not self._bottleneck:
            return [self.convolution(inner, 3, stride), self.convolution(inner, 3)]
        return [
            self.convolution(inner, 1),
            self.convolution(inner, 3, stride),
            self.convolution(inner * _EXPANSION, 1),
        ]

    def _preactivated(self, convolutions: list[Conv2D], shortcut: list[Layer]) -> list[Layer]:
        branch: list[Layer] = []
        for convolution in convolutions:
            branch += [BatchNorm(), ReLU(), convolution]
        if not shortcut:
            return [Residual(branch)]
        # A projection takes what the first normalisation and ReLU made, as the branch does.
        return [*branch[:2], Residual(branch[2:], shortcut)]
