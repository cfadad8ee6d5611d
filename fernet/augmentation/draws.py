"""What an augmentation drew for a batch, in the form that the kernels take."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["AugmentationDraw", "Degradation", "Mixing"]
__dir__ = __all__.copy


@dataclass(slots=True)
class Degradation:
    """How `kernels.degrade_images` makes the images of a batch worse.

    Parameters
    ----------
    row_filters, column_filters : ndarray of shape (K, H, H) and (K, W, W), float32
        Filters along the rows and along the columns.
    filters : ndarray of shape (N, 2), int32
        Which of them an image takes; -1 for none.
    gamma : ndarray of shape (N,), float32
        Exponent of light; 1 for none.
    noise : ndarray of shape (N,), float32
        Standard deviation of the noise in grey levels.
    coarseness : ndarray of shape (N,), float32
        Factor on the steps of JPEG's table; 0 for none.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet.augmentation import Augmentation
    >>> draw = Augmentation(noise=10.0).draw(np.random.default_rng(0), np.arange(4), (48, 48))
    >>> bool(draw.degradation.noise.max() <= 10)
    True
    """

    row_filters: NDArray
    column_filters: NDArray
    filters: NDArray
    gamma: NDArray
    noise: NDArray
    coarseness: NDArray


@dataclass(slots=True)
class Mixing:
    """How `kernels.mix_pairs` mixes the images of a batch, and how their targets are mixed.

    Images ``p`` and ``N - 1 - p`` are a pair; the one in the middle has no partner.

    Parameters
    ----------
    share : ndarray of shape (N // 2,), float32
        What each takes of the other.
    boxes : ndarray of shape (N // 2, 4), int32
        Rows and columns that they exchange: ``(r0, r1, c0, c1)``, the ends not included.
    target_share : ndarray of shape (N // 2,), float32
        Share of the other's target in each one's.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet.augmentation.draws import Mixing
    >>> mixing = Mixing(np.float32([0.25]), np.zeros((1, 4), np.int32), np.float32([0.25]))
    >>> target = np.eye(2, dtype=np.float32)
    >>> mixing.mix_targets(target)
    >>> target.tolist()
    [[0.75, 0.25], [0.25, 0.75]]
    """

    share: NDArray
    boxes: NDArray
    target_share: NDArray

    def mix_targets(self, target: NDArray, weight: NDArray | None = None) -> None:
        """Mix distributions over classes in place.

        Parameters
        ----------
        target : ndarray of shape (N, n_classes), float32
            Rows that sum to 1; they still do.
        weight : ndarray of shape (N,), default=None
            The samples' weights, mixed in place too: what a sample gives to its partner counts
            there with its own weight.
        """
        half = len(self.target_share)
        first, last = target[:half], target[::-1][:half]
        difference = last - first
        if weight is None:
            moved = self.target_share[:, None] * difference
            first += moved
            last -= moved
            return
        of_first, of_last = weight[:half], weight[::-1][:half]
        to_first, to_last = self.target_share * of_last, self.target_share * of_first
        of_first += to_first - to_last
        of_last += to_last - to_first
        first += _part(to_first, of_first)[:, None] * difference
        last -= _part(to_last, of_last)[:, None] * difference


def _part(some: NDArray, whole: NDArray) -> NDArray:
    return np.divide(some, whole, out=np.zeros_like(some), where=whole > 0)


@dataclass(slots=True)
class AugmentationDraw:
    """What the kernels need to vary one batch.

    Parameters
    ----------
    matrices : ndarray of shape (N, 2, 3), float32
        From output pixel to input position, about the image's centre: rows (row, column).
    gain, bias : ndarray of shape (N,), float32
        ``gain * pixel + bias``.
    boxes : ndarray of shape (N, 4), int32
        Erased rows and columns: ``(r0, r1, c0, c1)``, the ends not included.
    fill : ndarray of shape (N,), float32, or None
        What the boxes are filled with; None for the data's average grey, or else the middle one.
    degradation : Degradation or None
        What comes next; None for nothing.
    mixing : Mixing or None
        What comes last; None for nothing.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet.augmentation import Augmentation
    >>> draw = Augmentation().draw(np.random.default_rng(0), np.arange(4), (48, 48))
    >>> draw.matrices.shape, draw.gain.tolist()
    ((4, 2, 3), [1.0, 1.0, 1.0, 1.0])
    """

    matrices: NDArray
    gain: NDArray
    bias: NDArray
    boxes: NDArray
    fill: NDArray | None = None
    degradation: Degradation | None = None
    mixing: Mixing | None = None
