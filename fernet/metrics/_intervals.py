"""Between which shares the truth lies, as far as a count tells."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["share_interval", "share_interval_over_groups"]
__dir__ = __all__.copy

_LEVEL = 0.95
_Z = 1.959963984540054
"""The normal distribution's quantile at half of what `_LEVEL` leaves."""


def share_interval(n_hits: float, n_samples: float) -> tuple[float, float]:
    """Return the 95 % interval of a share that was counted on independent samples.

    Parameters
    ----------
    n_hits, n_samples : float
        How many of how many, or their weights.

    Returns
    -------
    low, high : float
        Between 0 and 1, by the formula of Wilson (1927), which holds for few samples and for
        shares near 0 and 1 too; 0 and 1 without a sample.

    Examples
    --------
    >>> from fernet.metrics._intervals import share_interval
    >>> tuple(round(end, 3) for end in share_interval(47, 60))
    (0.664, 0.869)
    """
    if n_samples == 0:
        return 0.0, 1.0
    # Sums of weights are rounded, and so may be more than all.
    share = min(n_hits / n_samples, 1)
    size = n_samples + _Z**2
    centre = (share * n_samples + _Z**2 / 2) / size
    reach = _Z * (share * (1 - share) * n_samples + _Z**2 / 4) ** 0.5 / size
    return float(max(centre - reach, 0)), float(min(centre + reach, 1))


def share_interval_over_groups(
    n_hits: NDArray[np.int64], n_samples: NDArray[np.int64]
) -> tuple[float, float]:
    """Return the 95 % interval of a share where samples of one group hang together.

    Parameters
    ----------
    n_hits, n_samples : ndarray of int64, shape (n_groups,)
        How many of how many in each group; two groups or more, each with a sample.

    Returns
    -------
    low, high : float
        Between 0 and 1: the share of all samples, and what it would be with other groups of the
        same kind, by its variance as a ratio estimator (Cochran, Sampling Techniques, 1977,
        section 6.4) and Student's t.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet.metrics._intervals import share_interval_over_groups
    >>> ends = share_interval_over_groups(np.array([5, 9, 10, 2]), np.array([10, 10, 10, 10]))
    >>> tuple(round(end, 3) for end in ends)
    (0.062, 1.0)
    """
    from scipy.stats import t

    n_groups, total = len(n_hits), n_samples.sum()
    share = n_hits.sum() / total
    residuals = n_hits - share * n_samples
    error = np.sqrt(n_groups / (n_groups - 1) * (residuals @ residuals)) / total
    reach = t.ppf((1 + _LEVEL) / 2, n_groups - 1) * error
    return float(max(share - reach, 0)), float(min(share + reach, 1))
