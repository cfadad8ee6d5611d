"""The order of an image's axes: height, width, channels."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["check_channels_last"]
__dir__ = __all__.copy

_MOST_CHANNELS, _LEAST_WIDTH = 4, 8
"""An axis as short as the first counts channels where the last one is as long as the second."""


def check_channels_last(image_shape: Sequence[int], name: str = "X") -> None:
    """Refuse images whose channels stand before their height and width.

    Such images, as PyTorch has them, have as many numbers as others and would be read as very low
    ones with very many channels.

    Parameters
    ----------
    image_shape : sequence of int
        Height, width and channels of one image, as they would be read.
    name : str, default="X"
        What to call the images in an error.

    Raises
    ------
    ValueError
        If the first of three axes is 1 to 4 long and the last is 8 or longer.

    Examples
    --------
    >>> from fernet.layers.axes import check_channels_last
    >>> check_channels_last((48, 48, 3))
    >>> check_channels_last((3, 48, 48))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ValueError: X holds images of shape (3, 48, 48), channels before height and width, ...
    """
    if (
        len(image_shape) == 3
        and image_shape[0] <= _MOST_CHANNELS
        and image_shape[2] >= _LEAST_WIDTH
    ):
        shape = tuple(int(size) for size in image_shape)
        raise ValueError(
            f"{name} holds images of shape {shape}, channels before height and width, as it seems; "
            "expected (height, width, channels): move channels last: "
            f"np.asarray({name}).transpose(0, 2, 3, 1)"
        )
