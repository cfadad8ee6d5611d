"""Puts what a loader has read into scikit-learn's Bunch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sklearn.utils import Bunch


def make_bunch(
    data: np.ndarray,
    target: np.ndarray,
    usage: np.ndarray,
    *,
    shape: tuple[int, ...],
    target_names: Sequence[str],
    description: str,
    **others: object,
) -> Bunch:
    """Build a data set.

    Parameters
    ----------
    data : ndarray of uint8, shape (n_samples, n_features)
        Flattened images.
    target : ndarray of int64, shape (n_samples,)
        Indices into ``target_names``; -1 for images without a label.
    usage : ndarray of str, shape (n_samples,)
        Name of the split that each image belongs to.
    shape : tuple of int
        Shape of one image.
    target_names : sequence of str
        Names of the classes in label order.
    description : str
        The text for ``DESCR``; the counts are added to it.
    **others
        Further fields.

    Returns
    -------
    bunch : Bunch
        With ``data``, ``images`` (a view of ``data``), ``target``, ``target_names``, ``usage``,
        ``DESCR`` and the further fields.
    """
    counts = np.bincount(target[target >= 0], minlength=len(target_names))
    lines = [f"  {name:<12}{count:>8}" for name, count in zip(target_names, counts, strict=True)]
    remark = [f"{others['left_out']}.", ""] if others.get("left_out") else []
    counted = "\n".join(["", f"{len(target)} images:", "", *lines, "", *remark])
    return Bunch(
        data=data,
        images=data.reshape(-1, *shape),
        target=target,
        target_names=list(target_names),
        usage=usage,
        DESCR=description.rstrip() + "\n" + counted,
        **others,
    )
