"""Arrays of other libraries: tensors, and all that says that it can be an array."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["array_of", "says_array"]
__dir__ = __all__.copy

_PARTS = ("__array__", "__array_interface__", "__dlpack__", "__dataframe__")


def says_array(value: Any) -> bool:
    """Tell whether something says, by the protocols for that, that it can be an array.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet.estimators.other_arrays import says_array
    >>> says_array(np.zeros(2)), says_array([0, 0])
    (True, False)
    """
    return any(hasattr(value, part) for part in _PARTS)


def array_of(value: Any, name: str) -> Any:
    """Make a NumPy array of another library's, or of a tensor.

    Parameters
    ----------
    value : object
        What a user gave.
    name : str
        What to call it in an error.

    Returns
    -------
    object
        NumPy's own, masked ones too, and what has neither ``__array__`` nor ``__dlpack__``, come
        back as they are.

    Raises
    ------
    ValueError
        If a tensor can't be an array, as one on a GPU.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet.estimators.other_arrays import array_of
    >>> array_of(np.zeros(2), "X").shape, array_of("photo.jpg", "X")
    ((2,), 'photo.jpg')
    """
    if isinstance(value, np.ndarray):
        return value
    try:
        if hasattr(value, "__array__"):
            return np.asarray(value)
        if hasattr(value, "__dlpack__"):
            return np.from_dlpack(value)
    # What a tensor of another library raises says how to make an array of it.
    except (TypeError, RuntimeError, BufferError) as error:
        raise ValueError(f"{name} is of type {type(value).__name__}: {error}") from error
    return value
