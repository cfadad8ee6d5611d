"""Images that are held out by chance, a share of each class."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fernet.cli.errors import InputError

if TYPE_CHECKING:
    import numpy as np

__all__ = ["hold_out_by_chance"]
__dir__ = __all__.copy


def hold_out_by_chance(
    labels: np.ndarray, fraction: float, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Hold a share of each class out for validation.

    Parameters
    ----------
    labels : ndarray of shape (n_samples,)
        Numbers or words.
    fraction : float
        Above 0 and below 1.
    seed : int
        Decides which.

    Returns
    -------
    rows, held_out : ndarray of int64
        Every class is among the first; where there are too few images for that, not each is among
        the second.

    Raises
    ------
    InputError
        If no image could be held out.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet.cli.held_out import hold_out_by_chance
    >>> rows, held_out = hold_out_by_chance(np.array(["sad"] * 10 + ["happy"]), 0.1, seed=0)
    >>> len(rows), len(held_out)
    (10, 1)
    """
    import numpy as np
    from sklearn.model_selection import train_test_split

    from fernet.estimators.splits import stratified_indices

    rows = np.arange(len(labels))
    try:
        parts = train_test_split(rows, test_size=fraction, stratify=labels, random_state=seed)
        return parts[0], parts[1]
    except ValueError:
        # Too few for a share of each class on both sides; fit's own split takes what there is.
        numbers = np.unique(labels, return_inverse=True)[1]
    try:
        return stratified_indices(numbers, rows, fraction, seed)
    except ValueError:
        raise InputError(
            f"--validation-fraction {fraction:g} of {len(labels)} images leaves none to judge by; "
            "expected more images, or a larger fraction"
        ) from None
