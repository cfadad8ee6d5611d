"""Scaling of pixels, learnt on the training rows and kept with the model."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_ROWS_AT_A_TIME = 1024
_LEAST_SPREAD = 0.5  # of one pixel, as part of all pixels'


class PixelScaling:
    """Subtract each pixel's mean over the training images and divide by a spread.

    ``scaled = (pixel - offset_) * scale_``. The spread is the root mean square of the
    differences from the means. A batch at a time is scaled; the images stay as they are.

    Parameters
    ----------
    spread : float, default=1.0
        Spread of the scaled pixels, above 0.
    spread_of : {"all", "each"}, default="all"
        Whether all pixels together are to have that spread, and keep theirs relative to each
        other, or each of them. One that varies less than half of all together is scaled as if it
        did vary half, lest a single speck on a plain border outweigh the face.

    Attributes
    ----------
    offset_ : ndarray of shape (n_features,), float32, or None
        Mean of each pixel. None: pixels are taken as given.
    scale_ : ndarray of shape (n_features,), float32, or None
        `spread` over the spread of the pixels; the same for each pixel with ``"all"``.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet._training.scaling import PixelScaling
    >>> pixels = np.array([[0, 255], [20, 255]], dtype=np.uint8)
    >>> scaling = PixelScaling().fit(pixels)
    >>> scaling.offset_.tolist(), (1 / scaling.scale_).round().tolist()
    ([10.0, 255.0], [7.0, 7.0])
    >>> PixelScaling().offset_ is None
    True
    """

    def __init__(self, spread: float = 1.0, spread_of: str = "all") -> None:
        self.spread = spread
        self.spread_of = spread_of
        self.offset_: NDArray | None = None
        self.scale_: NDArray | None = None

    @property
    def is_identity(self) -> bool:
        """Whether pixels are taken as given."""
        return self.offset_ is None

    def fit(self, X: NDArray, rows: NDArray | None = None) -> PixelScaling:
        """Learn offset and scale.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_features)
            Pixels. The sums over uint8 are exact, so the order of the rows does not matter.
        rows : ndarray of int of shape (n_rows,), default=None
            Which rows to learn from; None takes all.

        Returns
        -------
        PixelScaling
            Itself.
        """
        rows = np.arange(len(X)) if rows is None else rows
        total, squares = _sums(X, rows)
        mean = total / len(rows)
        variance = np.maximum(squares / len(rows) - mean**2, 0.0)
        spread = np.sqrt(variance.mean()) or 1.0
        spreads = np.full(X.shape[1], spread)
        if self.spread_of == "each":
            spreads = np.maximum(np.sqrt(variance), _LEAST_SPREAD * spread)
        self.offset_ = mean.astype(np.float32)
        self.scale_ = (self.spread / spreads).astype(np.float32)
        return self

    def to_arrays(self) -> dict[str, NDArray]:
        """Return ``{"offset": ..., "scale": ...}``, empty where pixels are taken as given."""
        if self.offset_ is None or self.scale_ is None:
            return {}
        return {"offset": self.offset_, "scale": self.scale_}

    @classmethod
    def from_arrays(cls, arrays: dict[str, NDArray]) -> PixelScaling:
        """Build the scaling that `to_arrays` described.

        Raises
        ------
        ValueError
            If one of the two arrays is missing.
        """
        if sorted(arrays) not in ([], ["offset", "scale"]):
            raise ValueError(f"scaling has {sorted(arrays)}; expected offset and scale, or neither")
        scaling = cls()
        if arrays:
            scaling.offset_ = np.ascontiguousarray(arrays["offset"], dtype=np.float32)
            scaling.scale_ = np.ascontiguousarray(arrays["scale"], dtype=np.float32)
        return scaling


def _sums(X: NDArray, rows: NDArray) -> tuple[NDArray, NDArray]:
    """Sum each pixel and its square over some rows, a few rows at a time."""
    total = np.zeros(X.shape[1], dtype=np.float64)
    squares = np.zeros(X.shape[1], dtype=np.float64)
    exact = X.dtype == np.uint8
    for start in range(0, len(rows), _ROWS_AT_A_TIME):
        chunk = X[rows[start : start + _ROWS_AT_A_TIME]]
        if exact:
            # 255^2 fits uint16, and 1024 such squares fit uint32.
            square = np.multiply(chunk, chunk, dtype=np.uint16)
            total += chunk.sum(axis=0, dtype=np.uint32)
            squares += square.sum(axis=0, dtype=np.uint32)
        else:
            chunk = chunk.astype(np.float64, copy=False)
            total += chunk.sum(axis=0)
            squares += np.square(chunk).sum(axis=0)
    return total, squares
