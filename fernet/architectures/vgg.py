"""The report's convolutional network, in the manner of VGG."""

from __future__ import annotations

from collections.abc import Sequence

from fernet.layers import BatchNorm, Conv2D, Dropout, Flatten, Layer, Linear, MaxPool2D, ReLU

__all__ = ["GROUPS", "vgg"]
__dir__ = __all__.copy

GROUPS = ((32, 2), (64, 3), (128, 3), (256, 3))
"""Filters and number of the convolutions of each group in the report's network."""


def vgg(
    n_classes: int = 7,
    *,
    filters: Sequence[tuple[int, int]] = GROUPS,
    hidden_layer_sizes: Sequence[int] = (512, 128),
    dropout: float = 0.4,
    batch_norm: bool = False,
    conv_algorithm: str = "auto",
) -> list[Layer]:
    """List the layers of groups of 3x3 convolutions, each group followed by 2x2 max pooling.

    With the defaults this is the report's network: images of 48x48 become 3x3x256, 2304
    features (the report prints 2034).

    Parameters
    ----------
    n_classes : int, default=7
        Outputs.
    filters : sequence of pair of int
        Filters and number of each group's convolutions.
    hidden_layer_sizes : sequence of int, default=(512, 128)
        Units of the fully connected layers before the last one.
    dropout : float, default=0.4
        Probability of dropping an input of each fully connected layer; 0 leaves dropout out.
    batch_norm : bool, default=False
        Whether a batch normalisation stands between each convolution or hidden linear layer and
        its ReLU; a convolution then has no bias.
    conv_algorithm : {"auto", "direct", "winograd"}, default="auto"
        See `fernet.layers.Conv2D`.

    Returns
    -------
    list of Layer
        Ends in logits; the softmax belongs to the loss.

    References
    ----------
    The report, section 6; Simonyan and Zisserman, "Very deep convolutional networks for
    large-scale image recognition", 2014.

    Examples
    --------
    >>> from fernet.architectures import vgg
    >>> from fernet._engine.network import Network
    >>> network = Network(vgg(), (48, 48, 1))
    >>> network.n_parameters
    3192999
    """
    layers: list[Layer] = []
    for n_filters, count in filters:
        for _ in range(count):
            layers.append(Conv2D(n_filters, use_bias=not batch_norm, algorithm=conv_algorithm))
            layers += _activated(batch_norm)
        layers.append(MaxPool2D())
    layers.append(Flatten())
    for size in hidden_layer_sizes:
        layers += [*_dropped(dropout), Linear(size), *_activated(batch_norm)]
    return [*layers, *_dropped(dropout), Linear(n_classes, initializer="glorot_uniform")]


def _activated(batch_norm: bool) -> list[Layer]:
    return [BatchNorm(), ReLU()] if batch_norm else [ReLU()]


def _dropped(rate: float) -> list[Layer]:
    return [Dropout(rate)] if rate > 0 else []
