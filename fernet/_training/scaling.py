"""Scaling of a network's input, learnt on the training rows and kept with the model."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fernet._training.lazy_rows import LazyRows

_ROWS_AT_A_TIME = 1024
_LEAST_FLOAT32 = 1e-30
_LEAST_STD = 0.5  # of one pixel, as part of all pixels'


class PixelScaling:
    """Subtract each pixel's mean over the training images and divide by a standard deviation.

    ``scaled = (pixel - offset_) * scale_``. A batch at a time is scaled; the images stay as they
    are.

    Parameters
    ----------
    scaling : {"pixels", "per_pixel", "standard"} or None, default="pixels"
        ``"pixels"`` divides all by one standard deviation, the root mean square of all pixels'
        differences from their means. ``"per_pixel"`` divides each by its own, but by no less than
        half of that one, lest a single speck on a plain border outweigh the face. ``"standard"``
        divides each by its own whatever it is, as `sklearn.preprocessing.StandardScaler` does; what
        does not vary is only centred.
    scaled_std : float, default=1.0
        Standard deviation of the scaled pixels, above 0.

    Attributes
    ----------
    offset_ : ndarray of shape (n_features,), float32, or None
        Mean of each pixel. None: pixels are taken as given.
    scale_ : ndarray of shape (n_features,), float32, or None
        `scaled_std` over the standard deviation; with ``"pixels"`` the same for each pixel.

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

    def __init__(self, scaling: str | None = "pixels", scaled_std: float = 1.0) -> None:
        self.scaling = scaling
        self.scaled_std = scaled_std
        self.offset_: NDArray | None = None
        self.scale_: NDArray | None = None

    def __repr__(self) -> str:
        learnt = "not learnt" if self.is_identity else "learnt"
        return f"<PixelScaling({self.scaling!r}, {self.scaled_std!r}), {learnt}>"

    @property
    def is_identity(self) -> bool:
        """Whether pixels are taken as given."""
        return self.offset_ is None

    def fit(self, X: NDArray | LazyRows, indices: NDArray | None = None) -> PixelScaling:
        """Learn offset and scale.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_features)
            Pixels. The sums over uint8 are exact, so the order of the samples does not matter.
        indices : ndarray of int of shape (n_indices,), default=None
            Which samples to learn from; None takes all.

        Returns
        -------
        PixelScaling
            Itself.
        """
        indices = np.arange(len(X)) if indices is None else indices
        # Sums about the first row: the squares of numbers that are large and alike would lose what
        # they differ by. Those of bytes are exact as they are.
        origin = np.zeros(X.shape[1]) if X.dtype == np.uint8 else X[indices[0]].astype(np.float64)
        total, squares = _sums(X, indices, origin)
        mean = total / len(indices)
        variance = np.maximum(squares / len(indices) - mean**2, 0.0)
        self.offset_ = (origin + mean).astype(np.float32)
        self.scale_ = (self.scaled_std / self._std(variance, origin + mean)).astype(np.float32)
        return self

    def mirror(self, image_shape: tuple[int, ...]) -> None:
        """Average offset and scale with their mirror images, if they are learnt.

        Parameters
        ----------
        image_shape : tuple (height, width, channels)
            Of the images that rows are.
        """
        for name, array in self.to_arrays().items():
            image = array.reshape(image_shape)
            setattr(self, f"{name}_", (0.5 * (image + image[:, ::-1])).reshape(-1))

    def _std(self, variance: NDArray, mean: NDArray) -> NDArray:
        """Return what each pixel is divided by."""
        own = np.sqrt(variance)
        if self.scaling == "standard":
            # Less is lost when rows become float32, or too small to divide by.
            least = np.maximum(np.finfo(np.float32).eps * np.abs(mean), _LEAST_FLOAT32)
            return np.where(own > least, own, 1.0)
        common = np.sqrt(variance.mean()) or 1.0
        if self.scaling == "per_pixel":
            return np.maximum(own, _LEAST_STD * common)
        return np.full_like(own, common)

    def to_arrays(self) -> dict[str, NDArray]:
        """Return ``{"offset": ..., "scale": ...}``, empty where pixels are taken as given."""
        if self.offset_ is None or self.scale_ is None:
            return {}
        return {"offset": self.offset_, "scale": self.scale_}

    @classmethod
    def from_arrays(
        cls, arrays: dict[str, NDArray], scaling: str | None = "pixels", scaled_std: float = 1.0
    ) -> PixelScaling:
        """Build the scaling that `to_arrays` described.

        Parameters
        ----------
        arrays : dict of str to ndarray
            As `to_arrays` returned them.
        scaling, scaled_std
            What it was learnt with.

        Raises
        ------
        ValueError
            If one of the two arrays is missing.
        """
        if sorted(arrays) not in ([], ["offset", "scale"]):
            raise ValueError(f"scaling has {sorted(arrays)}; expected offset and scale, or neither")
        learnt = cls(scaling, scaled_std)
        if arrays:
            learnt.offset_ = np.ascontiguousarray(arrays["offset"], dtype=np.float32)
            learnt.scale_ = np.ascontiguousarray(arrays["scale"], dtype=np.float32)
        return learnt


def _sums(X: NDArray | LazyRows, indices: NDArray, origin: NDArray) -> tuple[NDArray, NDArray]:
    """Sum each pixel's distance from an origin, and its square, a few samples at a time."""
    total = np.zeros(X.shape[1], dtype=np.float64)
    squares = np.zeros(X.shape[1], dtype=np.float64)
    exact = X.dtype == np.uint8
    for start in range(0, len(indices), _ROWS_AT_A_TIME):
        chunk = X[indices[start : start + _ROWS_AT_A_TIME]]
        if exact:
            # 255^2 fits uint16, and 1024 such squares fit uint32.
            square = np.multiply(chunk, chunk, dtype=np.uint16)
            total += chunk.sum(axis=0, dtype=np.uint32)
            squares += square.sum(axis=0, dtype=np.uint32)
        else:
            chunk = chunk.astype(np.float64) - origin
            total += chunk.sum(axis=0)
            squares += np.square(chunk).sum(axis=0)
    return total, squares
