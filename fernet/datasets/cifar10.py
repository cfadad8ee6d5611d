"""Loads CIFAR-10, small colour photographs of ten kinds of things."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal, overload

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import Bunch

from fernet._io.addresses import not_there, path_of
from fernet.datasets._bunch import make_bunch
from fernet.datasets._cifar10_batches import IMAGE_SHAPE, N_PIXELS, has_batches, read_batches
from fernet.datasets._class_folders import class_folders, iter_class
from fernet.datasets._left_out import LeftOut
from fernet.datasets.images import read_color, read_images

__all__ = ["load_cifar10"]
__dir__ = __all__.copy

_Subset = Literal["train", "test", "all"]
_CLASSES = (
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
)
_USAGES = ("train", "test")
_PLACES = ("cifar-10-batches-bin", "cifar-10-batches-py", "cifar10")
_DESCRIPTION = """\
CIFAR-10: colour photographs of 32x32 pixels, each showing one of ten kinds of things.

Collected by Krizhevsky ("Learning Multiple Layers of Features from Tiny Images", 2009): 50000
images to train on and 10000 to test on, the same number of each class. Pixels are kept with the
three colours side by side, unlike in the original files, which have one colour after the other.
"""


@overload
def load_cifar10(
    path: str | os.PathLike[str],
    subset: _Subset = ...,
    *,
    return_X_y: Literal[False] = ...,
    n_jobs: int | None = ...,
) -> Bunch: ...
@overload
def load_cifar10(
    path: str | os.PathLike[str],
    subset: _Subset = ...,
    *,
    return_X_y: Literal[True],
    n_jobs: int | None = ...,
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]: ...
def load_cifar10(
    path: str | os.PathLike[str],
    subset: _Subset = "train",
    *,
    return_X_y: bool = False,
    n_jobs: int | None = -1,
) -> Bunch | tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Load CIFAR-10 from its binary or Python version or from folders of images.

    Parameters
    ----------
    path : str or path-like
        One of

        - the folder of the binary version (``data_batch_1.bin`` and so on);
        - the folder of the Python version (``data_batch_1`` and so on). These are pickles; they
          are read by an unpickler that admits arrays, bytes, text, integers, lists and dicts and
          can not be made to run anything;
        - the ``tar.gz`` archive of either, which is not unpacked to disk;
        - folders of images, ``train/<class>/`` and ``test/<class>/``;
        - a folder that holds one of these as ``cifar-10-batches-bin``, ``cifar-10-batches-py``
          or ``cifar10``; the first found is taken.
    subset : {"train", "test", "all"}, default="train"
        Which split to return; "all" has the training images first.
    return_X_y : bool, default=False
        Whether to return ``(data, target)`` instead of a Bunch.
    n_jobs : int or None, default=-1
        Number of threads that decode images in folders, as joblib counts.

    Returns
    -------
    images : Bunch
        data : ndarray of uint8, shape (n_samples, 3072)
            Pixels in rows from the top left, red, green and blue of each together.
        images : ndarray of uint8, shape (n_samples, 32, 32, 3)
            A view of ``data``.
        target : ndarray of int64, shape (n_samples,)
            Labels: indices into ``target_names``.
        target_names : list of str
            The ten classes in label order, which is alphabetical.
        usage : ndarray of str, shape (n_samples,)
            "train" or "test".
        DESCR : str
            About the data, with counts.
    (data, target) : tuple of ndarray
        If ``return_X_y``.

    Raises
    ------
    FileNotFoundError
        If there is nothing at ``path``.
    ValueError
        If files are missing or are not what they should be; the message names the file.

    Notes
    -----
    The versions differ in the order of the images, which within folders is that of the paths.

    Examples
    --------
    >>> import os, tempfile
    >>> from fernet.datasets import load_cifar10
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with open(os.path.join(folder, "test_batch.bin"), "wb") as f:
    ...         n_written = f.write(bytes([3]) + bytes(3072))
    ...     images = load_cifar10(folder, subset="test")
    >>> images.images.shape, images.target_names[images.target[0]]
    ((1, 32, 32, 3), 'cat')
    """
    if subset not in (*_USAGES, "all"):
        raise ValueError(f"subset must be train, test or all, got {str(subset)!r}")
    wanted = _USAGES if subset == "all" else (subset,)
    root = _find(path_of(path))
    if root.is_file() or has_batches(root):
        data, target, usage = _gather(root, wanted)
    else:
        data, target, usage = _read_folders(root, wanted, n_jobs)
    if return_X_y:
        return data, target
    return make_bunch(
        data, target, usage, shape=IMAGE_SHAPE, target_names=_CLASSES, description=_DESCRIPTION
    )


def _find(path: Path) -> Path:
    """The file or folder that holds the data: the one given or one within it."""
    if not path.exists():
        raise not_there(path)
    if path.is_file():
        return path
    for folder in (path, *(path / name for name in _PLACES)):
        if folder.is_dir() and (has_batches(folder) or _has_splits(folder)):
            return folder
    raise ValueError(
        f"{path}: no version of CIFAR-10 in this folder; expected data_batch_1.bin, "
        f"data_batch_1, train/ and test/, or one of {', '.join(_PLACES)}"
    )


def _has_splits(folder: Path) -> bool:
    return any((folder / usage / name).is_dir() for usage in _USAGES for name in _CLASSES)


def _gather(root: Path, wanted: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Put batches together, with the colours of a pixel side by side."""
    batches = read_batches(root, wanted)
    n_samples = sum(len(batch.labels) for batch in batches)
    data = np.empty((n_samples, N_PIXELS), np.uint8)
    start = 0
    for batch in batches:
        stop = start + len(batch.labels)
        planes = batch.planes.reshape(-1, 3, N_PIXELS // 3)
        data[start:stop].reshape(-1, N_PIXELS // 3, 3)[...] = planes.transpose(0, 2, 1)
        start = stop
    target = np.concatenate([batch.labels for batch in batches])
    usage = np.repeat([batch.usage for batch in batches], [len(b.labels) for b in batches])
    return data, target, usage


def _read_folders(
    root: Path, wanted: tuple[str, ...], n_jobs: int | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Read images of 32x32 pixels from folders named after the classes."""
    paths, labels, usages = [], [], []
    for usage in wanted:
        if not (root / usage).is_dir():
            raise ValueError(f"{root}: no folder {usage} here")
        for folder in class_folders(root / usage):
            if folder.name not in _CLASSES:
                raise ValueError(
                    f"{folder}: a folder named after no class of CIFAR-10; expected "
                    f"{', '.join(_CLASSES)}"
                )
            images = list(iter_class(folder, LeftOut()))
            paths += images
            labels += [_CLASSES.index(folder.name)] * len(images)
            usages += [usage] * len(images)
    if not paths:
        raise ValueError(f"{root}: no images")
    data, _ = read_images(paths, IMAGE_SHAPE, read=read_color, n_jobs=n_jobs)
    return data, np.array(labels, np.int64), np.array(usages)
