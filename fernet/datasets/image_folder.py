"""Loads faces of one's own from folders named after their classes."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from sklearn.utils import Bunch

from fernet.datasets._bunch import make_bunch
from fernet.datasets._class_folders import class_folders, list_class
from fernet.datasets.images import list_images, read_images
from fernet.emotions import EMOTIONS, IMAGE_SHAPE

__all__ = ["load_image_folder"]
__dir__ = __all__.copy

_SPLITS = frozenset(
    (
        "train",
        "training",
        "val",
        "valid",
        "validation",
        "test",
        "testing",
        "publictest",
        "privatetest",
    )
)
_DESCRIPTION = """\
Faces read from {root}, one folder a class, as grey images of 48x48 pixels.
"""


def load_image_folder(
    path: str | os.PathLike[str],
    *,
    return_X_y: bool = False,
    on_error: str = "raise",
    n_jobs: int | None = -1,
) -> Bunch | tuple:
    """Load images of any size and kind from folders named after their classes.

    Parameters
    ----------
    path : str or path-like
        A folder with one folder for each class, which holds that class's images, also in
        folders within. Hidden files and files that are not images by their names are passed over.
    return_X_y : bool, default=False
        Whether to return ``(data, target)`` instead of a Bunch.
    on_error : {"raise", "skip"}, default="raise"
        What to do with an image that can not be read: stop, or leave it out and warn once with
        the number of such images.
    n_jobs : int or None, default=-1
        Number of threads that decode images, as joblib counts.

    Returns
    -------
    faces : Bunch
        data : ndarray of uint8, shape (n_samples, 2304)
            Pixels in rows from the top left, 0 black to 255 white. How an image becomes 48x48
            grey pixels is told at `fernet.datasets.images.read_face`.
        images : ndarray of uint8, shape (n_samples, 48, 48)
            A view of ``data``.
        target : ndarray of int64, shape (n_samples,)
            Labels: indices into ``target_names``.
        target_names : list of str
            Names of the folders, sorted. If each of them is one of FER2013's emotions, upper or
            lower case, this is ``list(EMOTIONS)`` and labels are FER2013's, also where some of
            the emotions have no folder, so that labels mean the same as those of a model
            trained on FER2013.
        usage : ndarray of str, shape (n_samples,)
            "unspecified" throughout: there are no splits.
        filenames : list of str
            Path of each image, in order of classes and paths.
        DESCR : str
            About the data, with counts.
    (data, target) : tuple of ndarray
        If ``return_X_y``.

    Raises
    ------
    FileNotFoundError
        If there is nothing at ``path``.
    ValueError
        If there are no folders of classes, one has no images, an image can not be read
        (`fernet.datasets.images.ImageError`, which names it), or none can.

    Examples
    --------
    >>> import os, tempfile
    >>> from PIL import Image
    >>> from fernet.datasets import load_image_folder
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name in ("smile", "frown"):
    ...         os.mkdir(os.path.join(folder, name))
    ...         Image.new("RGB", (200, 150)).save(os.path.join(folder, name, "me.png"))
    ...     faces = load_image_folder(folder)
    >>> faces.target_names, faces.images.shape
    (['frown', 'smile'], (2, 48, 48))
    """
    root = Path(path)
    folders = _classes_in(root)
    names, labels = _name_classes(folders)
    paths: list[Path] = []
    target: list[int] = []
    for folder, label in zip(folders, labels, strict=True):
        images = list_class(folder)
        paths += images
        target += [label] * len(images)
    data, kept = read_images(paths, IMAGE_SHAPE, n_jobs=n_jobs, on_error=on_error)
    if len(data) == 0:
        raise ValueError(f"{root}: none of {len(paths)} images can be read")
    y = np.array(target, np.int64)[kept]
    if return_X_y:
        return data, y
    return make_bunch(
        data,
        y,
        np.full(len(y), "unspecified"),
        shape=IMAGE_SHAPE,
        target_names=names,
        description=_DESCRIPTION.format(root=root),
        filenames=[str(path) for path, keep in zip(paths, kept, strict=True) if keep],
    )


def _classes_in(root: Path) -> list[Path]:
    """The folders of classes, or an error that says what is there instead."""
    if not root.exists():
        raise FileNotFoundError(f"{root}: no such file or folder")
    if not root.is_dir():
        raise ValueError(f"{root}: not a folder; expected one with a folder of images a class")
    folders = class_folders(root)
    if not folders:
        images = list_images(root)
        found = f"{len(images)} images but no folders of classes" if images else "no images"
        raise ValueError(f"{root}: a folder with {found}")
    if all(folder.name.lower() in _SPLITS for folder in folders):
        names = ", ".join(folder.name for folder in folders)
        raise ValueError(
            f"{root}: holds splits ({names}), not classes; load one of them at a "
            f"time, or FER2013 with load_fer2013"
        )
    return folders


def _name_classes(folders: list[Path]) -> tuple[list[str], list[int]]:
    """Names of the classes in label order, and the label of each folder."""
    names = [folder.name for folder in folders]
    lowered = [name.lower() for name in names]
    if set(lowered) <= set(EMOTIONS) and len(set(lowered)) == len(lowered):
        return list(EMOTIONS), [EMOTIONS.index(name) for name in lowered]
    return names, list(range(len(names)))
