"""Faces made worse, as webcams, videos and phones do: each kind in five levels."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Integral
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_array

from fernet._training.input_range import InputRange
from fernet.estimators.images import as_rows, compact
from fernet.estimators.inputs import guess_image_shape
from fernet.estimators.not_images import check_unmasked
from fernet.estimators.other_arrays import array_of
from fernet.metrics import _distortions
from fernet.metrics._distortions import Distortion

__all__ = [
    "CORRUPTIONS",
    "LEVELS",
    "Corruption",
    "as_images",
    "check_faces",
    "corrupt",
    "nominal_range",
    "numbers_of_faces",
    "seed_of",
]
__dir__ = __all__.copy

LEVELS = (1, 2, 3, 4, 5)
"""From hardly to be seen to hardly to be recognised; 0 leaves faces as they are."""

_ROWS_AT_A_TIME = 2048


@dataclass(frozen=True, slots=True)
class Corruption:
    """A way in which faces are made worse.

    Parameters
    ----------
    name : str
        As `corrupt` takes it.
    amounts : tuple of float
        What levels 1 to 5 mean. Lengths are in pixels of a face of 48 by 48, and grow with it. What
        low resolution leaves does not: so many pixels along the shorter side of any face. Nor do
        the grain of noise and the blocks of JPEG, which spoil larger faces less.
    unit : str
        What the amounts are.
    reference_levels : tuple of int
        The levels that the reference mean of a report counts.

    Examples
    --------
    >>> from fernet.metrics import CORRUPTIONS
    >>> blur = CORRUPTIONS["gaussian_blur"]
    >>> blur.title, blur.amounts, blur.unit
    ('gaussian blur', (0.5, 1.0, 1.5, 2.0, 3.0), 'sigma, pixels')
    """

    name: str
    amounts: tuple[float, ...]
    unit: str
    reference_levels: tuple[int, ...]

    @property
    def title(self) -> str:
        """The name in words."""
        return "JPEG" if self.name == "jpeg" else self.name.replace("_", " ")


_KINDS: tuple[tuple[Distortion, tuple[float, ...], str, tuple[int, ...]], ...] = (
    (_distortions.gaussian_blur, (0.5, 1, 1.5, 2, 3), "sigma, pixels", (2, 3, 4)),
    (_distortions.motion_blur, (2, 3, 5, 7, 9), "pixels", (2, 3)),
    (_distortions.low_resolution, (32, 24, 18, 14, 10), "pixels left a side", (2, 3)),
    (_distortions.noise, (5, 10, 20, 30, 40), "deviation, grey levels of 255", (2, 3)),
    (_distortions.jpeg, (50, 30, 15, 8, 4), "quality of 100", (2, 3)),
    (_distortions.contrast, (0.7, 0.5, 0.35, 0.25, 0.15), "share left", (4,)),
    (_distortions.brightness, (-40, -70, -100, -130, -160), "grey levels of 255", (3,)),
    (_distortions.rotation, (10, 20, 30, 40, 50), "degrees", (2, 3)),
    (_distortions.margin, (0.1, 0.2, 0.3, 0.4, 0.5), "share smaller", (2, 3)),
    (_distortions.stretch, (0.9, 0.8, 0.7, 0.6, 0.5), "width by height", (3,)),
    (_distortions.erased_box, (8, 12, 16, 20, 24), "pixels a side", (3, 5)),
    (_distortions.sunglasses, (0.4, 0.6, 0.8, 0.9, 1), "opacity", (5,)),
    (_distortions.mouth_mask, (0.15, 0.2, 0.25, 0.3, 0.35), "share of the height", (3,)),
)
_DISTORTIONS: dict[str, Distortion] = {kind[0].__name__: kind[0] for kind in _KINDS}

CORRUPTIONS: Mapping[str, Corruption] = MappingProxyType(
    {
        distort.__name__: Corruption(
            distort.__name__, tuple(map(float, amounts)), unit, reference_levels
        )
        for distort, amounts, unit, reference_levels in _KINDS
    }
)
"""All kinds of corruption by name."""


def corrupt(
    X: ArrayLike,
    corruption: str,
    level: int = 3,
    *,
    random_state: Any = 0,
    pixel_range: tuple[float, float] | None = None,
) -> NDArray[Any]:
    """Make faces worse in one way.

    Faces are taken for pictures of 256 levels, as files hold them, and are so again when they are
    worse: the same face as bytes or divided by 255 is spoilt in the same way.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features), (n_samples, height, width) or \
(n_samples, height, width, channels)
        Faces, or rows that are square images in grey or in colour.
    corruption : str
        One of `CORRUPTIONS`.
    level : int, default=3
        0 to 5; 0 leaves the faces as they are.
    random_state : int, RandomState instance or None, default=0
        Of noise, of the place of boxes and of the way of turns. The same number gives the same
        faces; at another level the same draws.
    pixel_range : tuple of float (black, white), default=None
        By default 0 to 255 for whole numbers and for what goes beyond 1, 0 to 1 or -1 to 1 for
        what stays within; the lowest and the highest number for anything else.

    Returns
    -------
    ndarray of the shape and type of `X`
        New, also at level 0. Of lists, the array that they make.

    Raises
    ------
    ValueError
        If there is no such corruption or level, `X` is one image, holds no images or no finite
        numbers, or `pixel_range` is no two numbers.

    See Also
    --------
    robustness_report : How much accuracy a model loses by it.

    References
    ----------
    .. [1] D. Hendrycks and T. Dietterich, "Benchmarking neural network robustness to common
       corruptions and perturbations", ICLR 2019.

    Examples
    --------
    >>> from fernet.datasets import make_faces
    >>> from fernet.metrics import corrupt
    >>> faces = make_faces(4, random_state=0).images
    >>> blurred = corrupt(faces, "gaussian_blur", 4)
    >>> blurred.shape, blurred.dtype, bool(blurred.std() < faces.std())
    ((4, 48, 48), dtype('uint8'), True)
    """
    distort, amount = _asked_for(corruption, level)
    given = check_faces(X)
    images = as_images(given)
    # A table has columns, and is rows whatever its shape.
    if given.ndim == 2 and given.shape[0] == given.shape[1] and not hasattr(X, "columns"):
        raise ValueError(
            f"X is one image, of shape {given.shape}; give X[None] (or X.reshape{images.shape} "
            "where each row is an image)"
        )
    black, white = nominal_range(given) if pixel_range is None else _black_and_white(pixel_range)
    if level == 0:
        return given.copy()
    rng = np.random.default_rng([seed_of(random_state), zlib.crc32(corruption.encode())])
    worse = np.empty(images.shape, dtype=given.dtype)
    step, is_float = (white - black) / 255, given.dtype.kind == "f"
    for start in range(0, len(images), _ROWS_AT_A_TIME):
        part = images[start : start + _ROWS_AT_A_TIME].astype(np.float64)
        levels = np.clip(np.rint((part - black) / step), 0, 255).astype(np.float32)
        levels = np.clip(np.rint(distort(levels, amount, rng)), 0, 255)
        levels = levels * step + black
        worse[start : start + _ROWS_AT_A_TIME] = levels if is_float else np.rint(levels)
    return worse.reshape(given.shape)


def _black_and_white(pixel_range: Any) -> tuple[float, float]:
    try:
        black, white = map(float, pixel_range)
    except (TypeError, ValueError):
        raise ValueError(
            f"pixel_range is {pixel_range!r}; expected two numbers, those of black and white"
        ) from None
    if not (black < white and np.isfinite(white - black)):
        raise ValueError(f"pixel_range is {pixel_range}; expected black below white")
    return black, white


def nominal_range(X: ArrayLike) -> tuple[float, float]:
    """Return what black and white are in faces' numbers, as `corrupt` takes them.

    Parameters
    ----------
    X : array-like
        Faces; at least one.

    Returns
    -------
    black, white : float

    Examples
    --------
    >>> import numpy as np
    >>> from fernet.metrics.corruptions import nominal_range
    >>> nominal_range(np.array([[3, 200]])), nominal_range(np.array([[0.1, 0.9]]))
    ((0.0, 255.0), (0.0, 1.0))
    """
    values = np.asarray(X)
    if values.size == 0:
        return 0.0, 255.0
    found = InputRange.of(compact(values))
    if values.dtype.kind in "iu" and found.low >= 0 and found.high <= 255:
        return 0.0, 255.0
    unit = found.nominal
    return unit.low, max(unit.high, unit.low + 1)


def _asked_for(corruption: str, level: int) -> tuple[Distortion, float]:
    if corruption not in CORRUPTIONS:
        raise ValueError(f"corruption is {corruption!r}; expected one of {', '.join(CORRUPTIONS)}")
    if level not in (0, *LEVELS):
        raise ValueError(f"level is {level!r}; expected 0 to {LEVELS[-1]}")
    return _DISTORTIONS[corruption], CORRUPTIONS[corruption].amounts[int(level) - 1]


def check_faces(X: ArrayLike) -> NDArray[Any]:
    """Return faces as an array of numbers.

    Parameters
    ----------
    X : array-like
        Faces, as `corrupt` takes them.

    Returns
    -------
    ndarray
        As by `numbers_of_faces`.

    Raises
    ------
    TypeError
        If it is nothing that holds faces, such as None.
    ValueError
        If it holds anything but finite numbers, masked ones among them, is one image in colour, or
        its rows are no square images.
    """
    faces = numbers_of_faces(X)
    if not np.isfinite(faces).all():
        raise ValueError("X holds a number that is not finite")
    # Grey faces are wider than that.
    if faces.ndim == 3 and faces.shape[2] in (3, 4):
        raise ValueError(f"X is one image, of shape {faces.shape}; give X[None]")
    as_images(faces)
    return faces


def numbers_of_faces(X: ArrayLike) -> NDArray[Any]:
    """Return what holds faces as an array of numbers, of the shape that it has or should have.

    Parameters
    ----------
    X : array-like
        Faces as `fit` takes them, such as a data frame's column of images.

    Returns
    -------
    ndarray
        `X` itself if it is one. Numbers of types that are not NumPy's own, as in a nullable data
        frame, as float64.

    Raises
    ------
    TypeError
        If it is nothing that holds faces, such as None.
    ValueError
        If it holds no numbers, or masked ones.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from fernet.metrics.corruptions import numbers_of_faces
    >>> numbers_of_faces(pd.Series([np.zeros((48, 48)), np.ones((48, 48))])).shape
    (2, 48, 48)
    """
    check_unmasked(X, "X")
    faces = np.asarray(array_of(X, "X"))
    if faces.dtype.kind not in "biuf":
        rows, shape = as_rows(X)
        faces = check_array(rows, dtype="numeric", ensure_all_finite=False)
        if shape is not None:
            faces = faces.reshape(-1, *(shape if shape[2] > 1 else shape[:2]))
    return faces


def as_images(given: NDArray[Any]) -> NDArray[Any]:
    """Read an array as images.

    Parameters
    ----------
    given : ndarray
        As `check_faces` returns it.

    Returns
    -------
    ndarray of shape (n, height, width, channels)

    Raises
    ------
    ValueError
        If its rows are no square images.
    """
    rows, shape = as_rows(given)
    if shape is None and rows.ndim == 2:
        shape = guess_image_shape(rows.shape[1])
    if shape is None:
        raise ValueError(
            f"X has shape {given.shape}; expected faces (n_samples, height, width), or rows that "
            "are square images"
        )
    return rows.reshape(len(rows), *shape)


def seed_of(random_state: Any) -> int:
    """Return the number that `corrupt` draws by.

    Parameters
    ----------
    random_state : int, RandomState instance or None
        As scikit-learn takes it.

    Returns
    -------
    int
        A whole number is its own seed; others are asked for one.

    Raises
    ------
    ValueError
        If it is none of them.
    """
    from sklearn.utils import check_random_state

    state = check_random_state(random_state)
    is_number = isinstance(random_state, Integral)
    return int(random_state) if is_number else int(state.randint(np.iinfo(np.int32).max))
