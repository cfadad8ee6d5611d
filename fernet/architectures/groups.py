"""Layers that several networks repeat."""

from __future__ import annotations

from fernet.layers import BatchNorm, Conv2D, Dropout, Flatten, Layer, Linear, MaxPool2D, ReLU

__all__ = ["largest_of_each", "normalised", "pooled_pair"]
__dir__ = __all__.copy


def normalised(convolution: Conv2D) -> list[Layer]:
    """List a convolution, its batch normalisation and ReLU.

    Parameters
    ----------
    convolution : Conv2D
        Without a bias, which the normalisation would take away again.

    Returns
    -------
    list of Layer

    Examples
    --------
    >>> from fernet.architectures.groups import normalised
    >>> from fernet.layers import Conv2D
    >>> [type(layer).__name__ for layer in normalised(Conv2D(8, use_bias=False))]
    ['Conv2D', 'BatchNorm', 'ReLU']
    """
    return [convolution, BatchNorm(mirrored=convolution.mirrored is not None), ReLU()]


def pooled_pair(filters: int, algorithm: str, *, mirrored: bool = False) -> list[Layer]:
    """List two 3x3 convolutions, with 2x2 max pooling behind the first.

    Both are normalised, the first behind its pooling, where there is a quarter to normalise.

    Parameters
    ----------
    filters : int
        Of each convolution.
    algorithm : {"auto", "direct", "winograd"}
        See `fernet.layers.Conv2D`.
    mirrored : bool, default=False
        Whether channels, those of the input among them, come in pairs of mirror images.

    Returns
    -------
    list of Layer

    Examples
    --------
    >>> from fernet.architectures.groups import pooled_pair
    >>> shape = (24, 24, 32)
    >>> for layer in pooled_pair(64, "auto"):
    ...     shape = layer.output_shape(shape)
    >>> shape
    (12, 12, 64)
    """
    pairs = "pairs" if mirrored else None
    first, second = (
        Conv2D(filters, use_bias=False, algorithm=algorithm, mirrored=pairs) for _ in range(2)
    )
    return [first, MaxPool2D(), BatchNorm(mirrored=mirrored), ReLU(), *normalised(second)]


def largest_of_each(n_classes: int, dropout: float, *, mirrored: bool = False) -> list[Layer]:
    """List what makes classes of 3x3 pixels: the largest of each channel, and a linear layer.

    Parameters
    ----------
    n_classes : int
        Outputs.
    dropout : float
        Probability of dropping an input of the linear layer; 0 leaves dropout out.
    mirrored : bool, default=False
        As for `pooled_pair`.

    Returns
    -------
    list of Layer

    Examples
    --------
    >>> from fernet.architectures.groups import largest_of_each
    >>> shape = (3, 3, 256)
    >>> for layer in largest_of_each(7, dropout=0.4):
    ...     shape = layer.output_shape(shape)
    >>> shape
    (7,)
    """
    dropped: list[Layer] = [Dropout(dropout)] if dropout > 0 else []
    last = Linear(n_classes, initializer="glorot_uniform", mirrored=mirrored)
    return [MaxPool2D(3), Flatten(), *dropped, last]
