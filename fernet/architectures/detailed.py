"""A network that looks at each pixel."""

from __future__ import annotations

from fernet._checks import as_count
from fernet.architectures.groups import largest_of_each, normalised, pooled_pair
from fernet.layers import Conv2D, Layer

__all__ = ["detailed"]
__dir__ = __all__.copy

_STEM_FILTERS = 32
_MULTIPLES = (1, 2, 4, 4)


def detailed(
    n_classes: int = 7,
    *,
    width: int = 64,
    dropout: float = 0.4,
    conv_algorithm: str = "auto",
    mirrored: bool = False,
) -> list[Layer]:
    """List the layers of a network of 2.3 million parameters and 0.4 GFLOP a face of 48x48.

    It is as `compact`, but its first convolution is a 3x3 one of stride 1 and leaves the image's
    size: the lines of a mouth or of a brow are a pixel or two wide. Four groups follow, of
    `width` filters, twice and twice four times as many: a 3x3 convolution, 2x2 max pooling, and a
    second 3x3 convolution. What is left of 48x48 is 3x3, of which the largest of each channel is
    taken. Each convolution is normalised.

    Parameters
    ----------
    n_classes : int, default=7
        Outputs.
    width : int, default=64
        Filters of the first group; the first convolution has 32 whatever the width. At a width of
        32 the arithmetic is that of `compact` of 64, with half the parameters.
    dropout : float, default=0.4
        Probability of dropping an input of the last layer; 0 leaves dropout out.
    conv_algorithm : {"auto", "direct", "winograd"}, default="auto"
        See `fernet.layers.Conv2D`.
    mirrored : bool, default=False
        Whether each channel has its mirror image beside it, so that a face and its mirror image
        have the same answer: the architecture ``"symmetric"``. It takes an even `width`.

    Returns
    -------
    list of Layer

    Notes
    -----
    Batch-normalised networks of 3x3 convolutions that double their filters where they halve the
    image are those of Simonyan and Zisserman, 2015, and of Ioffe and Szegedy, 2015; of channels
    that are mirror images those of Cohen and Welling, 2016 (see `fernet.layers.Conv2D`).

    Examples
    --------
    >>> from fernet.architectures import detailed
    >>> from fernet._engine.network import Network
    >>> Network(detailed(), (48, 48, 1)).n_parameters
    2345831
    """
    width = as_count(width, "width")
    image = "image" if mirrored else None
    stem = Conv2D(_STEM_FILTERS, use_bias=False, algorithm=conv_algorithm, mirrored=image)
    layers = normalised(stem)
    for multiple in _MULTIPLES:
        layers += pooled_pair(multiple * width, conv_algorithm, mirrored=mirrored)
    return layers + largest_of_each(n_classes, dropout, mirrored=mirrored)
