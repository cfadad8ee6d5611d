"""Puts what a loader has read into scikit-learn's Bunch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from sklearn.utils import Bunch

from fernet._io.frames import import_pandas

if TYPE_CHECKING:
    import pandas as pd


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


def as_frames(
    data: np.ndarray, target: np.ndarray, shape: tuple[int, ...]
) -> tuple[pd.DataFrame, pd.Series]:
    """Return flattened images as a data frame, and their labels as a series.

    Parameters
    ----------
    data : ndarray of shape (n_samples, n_features)
        Flattened images; the frame is a view of it where pandas allows.
    target : ndarray of shape (n_samples,)
        Labels.
    shape : tuple of int
        Shape of one image.

    Returns
    -------
    frame : pandas.DataFrame
        With a column for each pixel, ``"pixel_<row>_<column>"`` counted from 0.
    labels : pandas.Series
        Named ``"target"``.

    Raises
    ------
    ImportError
        If pandas is not installed.
    """
    pandas = import_pandas("as_frame=True")
    names = ["_".join(map(str, ("pixel", *place))) for place in np.ndindex(shape)]
    return pandas.DataFrame(data, columns=names), pandas.Series(target, name="target")


def with_frames(bunch: Bunch) -> Bunch:
    """Return what `make_bunch` built with frames, as scikit-learn's loaders have them.

    Parameters
    ----------
    bunch : Bunch
        From `make_bunch`.

    Returns
    -------
    Bunch
        Its ``data`` and ``target`` are those of `as_frames`, ``frame`` is both in one, and
        ``feature_names`` has the names of the pixels.
    """
    pandas = import_pandas("as_frame=True")
    data, target = as_frames(bunch.data, bunch.target, bunch.images.shape[1:])
    frame = pandas.concat([data, target], axis="columns")
    names = data.columns.tolist()
    return Bunch(
        **{**bunch, "data": data, "target": target, "frame": frame, "feature_names": names}
    )
