"""Arrays of pixels as users have them: of other libraries, as lists, one picture or several."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fernet.emotions import IMAGE_SHAPE
from fernet.estimators.other_arrays import array_of, holds_tensors

__all__ = ["as_array", "image_of", "is_stack", "of_arrow"]
__dir__ = __all__.copy

_CHANNELS = (1, 3, 4)
_N_PIXELS = IMAGE_SHAPE[0] * IMAGE_SHAPE[1]
_BYTE = 255
_DEEPEST = 2**16 - 1
_BITS = (10, 12, 14)  # of levels that are less deep than their type


def as_array(value: Any) -> Any:
    """Make a NumPy array of another library's, of a tensor, and of nested lists of numbers.

    Parameters
    ----------
    value : object
        What a user gave as a picture, or as pictures.

    Returns
    -------
    object
        What is nothing of the kind comes back as it is, and so do uneven lists.

    Raises
    ------
    ValueError
        If a tensor can't be an array, as one on a GPU.

    Examples
    --------
    >>> from fernet.faces._arrays import as_array
    >>> as_array([[0, 255], [255, 0]]).shape, as_array(["photo.jpg"])
    ((2, 2), ['photo.jpg'])
    """
    value = of_arrow(value)
    if isinstance(value, (list, tuple)):
        return _from_lists(value)
    return array_of(value, "image") if _has_shape(value) else value


def _has_shape(value: Any) -> bool:
    # NumPy's texts and bytes have a shape, but are names and files as Python's are.
    is_text = isinstance(value, (str, bytes))
    return (getattr(value, "shape", None) is not None and not is_text) or holds_tensors(value)


def of_arrow(value: Any) -> Any:
    """Return what one of Arrow's scalars holds; anything else as it is.

    Examples
    --------
    >>> from fernet.faces._arrays import of_arrow
    >>> of_arrow("photo.jpg")
    'photo.jpg'
    """
    return value.as_py() if hasattr(value, "as_py") else value


def _from_lists(value: list[Any] | tuple[Any, ...]) -> Any:
    first: Any = value
    while isinstance(first, (list, tuple)) and len(first):
        first = first[0]
    if not isinstance(first, (int, float, np.number)):
        return value
    try:
        array = np.asarray(value)
    except ValueError:
        return value
    return array if array.dtype.kind in "biuf" else value


def is_stack(array: NDArray[Any]) -> bool:
    """Tell whether an array is one of names or objects, or of images along its first axis.

    Parameters
    ----------
    array : ndarray

    Returns
    -------
    bool
        False for one image, also with its channels first, as three or four grey images may be.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet.faces._arrays import is_stack
    >>> is_stack(np.zeros((5, 48, 48))), is_stack(np.zeros((48, 48, 3)))
    (True, False)
    """
    if array.dtype.kind in "OUT":
        return array.ndim == 1
    # Channels first are no stack of so many grey images, nor are grey levels with transparency
    # one of narrow images; as one image they are refused.
    is_grey_stack = (
        array.ndim == 3 and array.shape[0] not in (3, 4) and array.shape[2] not in (1, 2, 3, 4)
    )
    return is_grey_stack or array.ndim == 4


def image_of(array: NDArray[Any]) -> Image.Image:
    """Make a Pillow image of an array of pixels.

    Parameters
    ----------
    array : ndarray of uint8, shape (height, width) or (height, width, 1, 3 or 4)
        Or of other integers from 0 to 255. A single channel may also come first.

    Returns
    -------
    PIL.Image.Image

    Raises
    ------
    ValueError
        If it is of another shape or type, where the message says how to mend that, or parts of it
        are masked.
    """
    if array.ndim == 3 and array.shape[0] == 1 and array.shape[2] not in _CHANNELS:
        array = array[0]
    if n_masked := np.ma.count_masked(array):
        raise ValueError(f"image is an array of which {n_masked} numbers are masked; expected none")
    array = _in_bytes(array)
    shape = array.shape
    channels = shape[2:] or (1,)
    is_image = array.ndim in (2, 3) and channels[0] in _CHANNELS and array.size > 0
    if array.dtype != np.uint8 or not is_image or _are_rows(array):
        raise ValueError(
            f"image is an array of {array.dtype}, shape {shape}; expected uint8, "
            f"(height, width) or (height, width, 3){_cure(array)}"
        )
    return Image.fromarray(array[:, :, 0] if channels == (1,) and array.ndim == 3 else array)


def _in_bytes(array: NDArray[Any]) -> NDArray[Any]:
    if array.dtype.kind in "iu" and array.size and array.min() >= 0 and array.max() <= _BYTE:
        return array.astype(np.uint8, copy=False)
    return array


def _are_rows(array: NDArray[Any]) -> bool:
    """Tell whether an array is one of faces as classifiers take them, a row for each.

    A grey picture that is as wide is refused as well: nothing but its looks would tell.
    """
    return array.ndim in (1, 2) and array.shape[-1] == _N_PIXELS


def _cure(array: NDArray[Any]) -> str:
    """Say how to make a picture of an array that is none; "" where that is not known."""
    shape = array.shape
    if array.ndim == 1 and shape[0] == _N_PIXELS:
        return "; a row of pixels: image.reshape(48, 48)"
    if _are_rows(array):
        wide = f"; one picture {_N_PIXELS} pixels wide: image[:, :, None]"
        return f"; rows of pixels: images.reshape(-1, 48, 48){wide if shape[0] > 1 else ''}"
    if array.ndim == 3 and shape[0] in _CHANNELS and shape[2] not in _CHANNELS:
        several = f"; {shape[0]} grey images: list(images)"
        return f"; move channels last: image.transpose(1, 2, 0){several}"
    return _cure_of_levels(array)


def _cure_of_levels(array: NDArray[Any]) -> str:
    kind = array.dtype.kind
    if array.size == 0 or array.dtype == np.uint8 or kind not in "biuf":
        return ""
    if kind == "b":
        return "; of yes and no: (255 * image).astype('uint8')"
    low, high = float(array.min()), float(array.max())
    if not (np.isfinite(low) and np.isfinite(high)):
        return "; with levels that are no finite numbers"
    if kind == "f" and -1 <= low < 0 and high <= 1:
        return "; of levels from -1 to 1: (127.5 * (image + 1)).astype('uint8')"
    if low < 0 or high > _DEEPEST:
        return f"; of levels from {low:g} to {high:g}: bring them to 0 to 255"
    if kind == "f" and high <= 1:
        return "; of levels from 0 to 1: (255 * image).astype('uint8')"
    if high <= _BYTE:
        return "; of levels from 0 to 255: image.astype('uint8')"
    bits = next((bits for bits in _BITS if high < 2**bits), 16)
    return f"; of {bits} bits: (image // {2 ** (bits - 8)}).astype('uint8')"
