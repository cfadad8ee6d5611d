"""A small network that is quick to train and to ask."""

from __future__ import annotations

from fernet._checks import as_count
from fernet.architectures.groups import largest_of_each, normalised, pooled_pair
from fernet.layers import Conv2D, Layer

__all__ = ["compact"]
__dir__ = __all__.copy

_STEM_FILTERS = 32
_GROUPS = 3


def compact(
    n_classes: int = 7,
    *,
    width: int = 64,
    dropout: float = 0.4,
    conv_algorithm: str = "auto",
) -> list[Layer]:
    """List the layers of a network of 1.2 million parameters and 0.1 GFLOP a face of 48x48.

    A 4x4 convolution of stride 2 turns squares of pixels into 32 channels. Three groups follow,
    of `width` filters and then twice as many: a 3x3 convolution, 2x2 max pooling, and a second 3x3
    convolution. What is left of 48x48 is 3x3, of which the largest of each channel is taken. Each
    convolution is normalised, those before a pooling behind it, where there is a quarter to
    normalise.

    Parameters
    ----------
    n_classes : int, default=7
        Outputs.
    width : int, default=64
        Filters of the first group; 2 and 4 times as many in the others. The 32 channels stay.
    dropout : float, default=0.4
        Probability of dropping an input of the last layer; 0 leaves dropout out.
    conv_algorithm : {"auto", "direct", "winograd"}, default="auto"
        How the 3x3 convolutions are computed; see `fernet.layers.Conv2D`.

    Returns
    -------
    list of Layer

    Notes
    -----
    A quarter of the arithmetic of `vgg`. Strided first layers of small patches are those of
    Trockman and Kolter, "Patches are all you need?", 2022.

    Examples
    --------
    >>> from fernet.architectures import compact
    >>> from fernet._engine.network import Network
    >>> Network(compact(), (48, 48, 1)).n_parameters
    1165383
    """
    width = as_count(width, "width")
    stem = Conv2D(_STEM_FILTERS, 4, stride=2, padding=1, use_bias=False)
    layers = normalised(stem)
    for group in range(_GROUPS):
        layers += pooled_pair(width * 2**group, conv_algorithm)
    return layers + largest_of_each(n_classes, dropout)
