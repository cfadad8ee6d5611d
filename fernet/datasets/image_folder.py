"""Loads faces of one's own from folders named after their classes."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal, NoReturn, overload

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import Bunch

from fernet._io.addresses import not_there, path_of
from fernet.datasets._class_folders import (
    NO_SPLIT,
    TRAINING_NAMES,
    VALIDATION_NAMES,
    FolderNamesError,
    class_folders,
    count_stray,
    csv_within,
    data_within,
    doubtful,
    folder_of_folders,
    holds_data,
    is_split,
    iter_class,
    split_word,
    usage_in_name,
    usage_of_split,
)
from fernet.datasets._emotion_words import means_emotion, other_words
from fernet.datasets._labelled_images import ClassNames, LabelledImages, name_classes
from fernet.datasets._left_out import LeftOut
from fernet.datasets._picture_table import table_hint
from fernet.datasets._splits import rows_of
from fernet.datasets.face_shapes import face_shape, in_words
from fernet.datasets.images import iter_images, read_images
from fernet.emotions import IMAGE_SHAPE

__all__ = ["list_classes", "load_image_folder"]
__dir__ = __all__.copy

_PICTURES = {"images", "image", "img", "imgs", "cohn-kanade-images", "extended-cohn-kanade-images"}
_ANNOTATIONS = {
    *("annotations", "annotation", "labels", "label"),
    *("emotion", "emotion_labels", "facs", "facs_labels", "landmarks"),
}
_TESTS = ("PublicTest", "PrivateTest")
_DESCRIPTION = """\
Faces read from {root}, one folder a class, as images of {shape}.
"""


@overload
def load_image_folder(
    path: str | os.PathLike[str],
    *,
    subset: str | None = ...,
    return_X_y: Literal[False] = ...,
    on_error: Literal["raise", "skip"] = ...,
    class_names: Mapping[str, str | None] | None = ...,
    image_size: int = ...,
    color: bool = ...,
    n_jobs: int | None = ...,
) -> Bunch: ...
@overload
def load_image_folder(
    path: str | os.PathLike[str],
    *,
    subset: str | None = ...,
    return_X_y: Literal[True],
    on_error: Literal["raise", "skip"] = ...,
    class_names: Mapping[str, str | None] | None = ...,
    image_size: int = ...,
    color: bool = ...,
    n_jobs: int | None = ...,
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]: ...
def load_image_folder(
    path: str | os.PathLike[str],
    *,
    subset: str | None = None,
    return_X_y: bool = False,
    on_error: Literal["raise", "skip"] = "raise",
    class_names: Mapping[str, str | None] | None = None,
    image_size: int = IMAGE_SHAPE[0],
    color: bool = False,
    n_jobs: int | None = -1,
) -> Bunch | tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Load images of any size and kind from folders named after their classes.

    They become images of one shape, by default FER2013's.

    Parameters
    ----------
    path : str or path-like
        A folder with one folder for each class, which holds that class's images, also in
        folders within; or with folders of splits, such as train and test, that hold such. Hidden
        files are passed over; other files that are no images, by name or by content, are left out
        and counted.
    subset : str, default=None
        "Training", "PublicTest" or "PrivateTest", where the images have splits, or "all". None is
        all of them, but not with ``return_X_y`` if there are several splits.
    return_X_y : bool, default=False
        Whether to return ``(data, target)`` instead of a Bunch.
    on_error : {"raise", "skip"}, default="raise"
        What to do with an image that can not be read: stop, or leave it out and warn once with
        the number of such images.
    class_names : mapping of str to str or None, default=None
        The class that each folder stands for, where its name does not tell, for instance
        ``{"anger": "angry", "me": None}``; None leaves a folder out, and folders of the same
        class are one. Others keep their names.
    image_size : int, default=48
        Pixels a side that each image is brought to.
    color : bool, default=False
        Whether to keep red, green and blue in place of grey levels.
    n_jobs : int or None, default=-1
        Number of threads that decode images, as joblib counts.

    Returns
    -------
    faces : Bunch
        data : ndarray of uint8, shape (n_samples, n_pixels)
            Pixels in rows from the top left, 0 black to 255 white: 2304 of 48x48 grey ones. How
            an image becomes such is told at `fernet.datasets.images.read_face`.
        images : ndarray of uint8, shape (n_samples, image_size, image_size)
            A view of ``data``; in colours of shape (n_samples, image_size, image_size, 3).
        target : ndarray of int64, shape (n_samples,)
            Labels: indices into ``target_names``.
        target_names : list of str
            Names of the folders, sorted. If each of them is one of FER2013's emotions, upper or
            lower case, or the number of one, or both (``0_angry``), this is
            ``list(EMOTIONS)`` and labels are FER2013's, also where some of
            the emotions have no folder, so that labels mean the same as those of a model
            trained on FER2013.
        usage : ndarray of str, shape (n_samples,)
            "Training", "PublicTest" or "PrivateTest" where there are folders of splits, as
            `load_fer2013` has it; else "unspecified".
        filenames : list of str
            Path of each image, in order of classes and paths.
        left_out : str
            A remark on files that are no pictures and pictures that lie in no folder of a class,
            how many and of which kinds; "" if there are none.
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
        (`fernet.datasets.images.ImageError`, which names it), none can, or ``image_size`` is
        beyond 1 to 1024.
    TypeError
        If ``image_size`` is no whole number.

    Warns
    -----
    UserWarning
        If all images are of one class, or some were skipped; if folders are named by
        FER2013's numbers, and ``class_names`` does not say what each is; if the names of two
        differ in how they are written alone.

    See Also
    --------
    FolderImages : The same without ever holding all images in memory.

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
    root = path_of(path)
    shape = face_shape(image_size, color=color)
    left_out = LeftOut()
    parts = _splits_in(root, class_names) or [(root, NO_SPLIT)]
    names, classes = _classes_of(parts, class_names, left_out)
    paths: list[Path] = []
    target: list[int] = []
    usages: list[str] = []
    # Kaggle's folder of tests has both of the competition's, which names alone tell.
    tests = {usage for _, usage in parts} & {*_TESTS}
    for label, usage, images in classes:
        paths += images
        target += [label] * (len(paths) - len(target))
        in_names = _TESTS if tests == {usage} else ()
        usages += [usage_in_name(path.name, in_names, usage) for path in paths[len(usages) :]]
    usage_of = np.array(usages)
    rows = np.flatnonzero(rows_of(usage_of, subset, root, mix=not return_X_y))
    paths = [paths[row] for row in rows]
    data, kept = read_images(paths, shape, n_jobs=n_jobs, on_error=on_error)
    y, filenames = np.array(target, np.int64)[rows], list(map(str, paths))
    faces = LabelledImages(root, names, shape, data, y, usage_of[rows], filenames)
    description = _DESCRIPTION.format(root=root, shape=in_words(shape))
    return faces.of_readable(kept).hand_over(
        description, return_X_y=return_X_y, left_out=left_out.remark()
    )


def list_classes(
    root: Path, class_names: Mapping[str, str | None] | None
) -> tuple[list[str], Iterator[tuple[int, Iterator[Path]]], LeftOut]:
    """Find the folders of classes and, one after the other, their images.

    Parameters
    ----------
    root : Path
        As `load_image_folder` takes it.
    class_names : mapping of str to str or None, or None
        As `load_image_folder` takes it.

    Returns
    -------
    names : list of str
        Of the classes, in label order.
    classes : iterator of (int, iterator of Path)
        For each folder its label and its images, to be gone through before the next folder's.
    left_out : LeftOut
        What was left out; complete once all images have been gone through.

    Raises
    ------
    FileNotFoundError, ValueError
        As `load_image_folder` does; of a folder with no images only when it has been gone through.
    """
    left_out = LeftOut()
    names, classes = _classes_of([(root, NO_SPLIT)], class_names, left_out)
    return names, ((label, images) for label, _, images in classes), left_out


def _classes_of(
    parts: Sequence[tuple[Path, str]], class_names: ClassNames, left_out: LeftOut
) -> tuple[list[str], Iterator[tuple[int, str, Iterator[Path]]]]:
    """Names of the classes, and for each folder of one its label, its split and its images."""
    found = [
        (folder, usage)
        for root, usage in parts
        for folder in _classes_in(root, trusted=class_names is not None)
    ]
    given = list(dict.fromkeys(folder.name for folder, _ in found))
    names, labels = name_classes(given, class_names)
    label_of = dict(zip(given, labels, strict=True))
    for root, _ in parts:
        count_stray(root, left_out)
    return names, (
        (label, usage, iter_class(folder, left_out))
        for folder, usage in found
        if (label := label_of[folder.name]) is not None
    )


def _splits_in(root: Path, class_names: ClassNames) -> list[tuple[Path, str]]:
    """Folders of splits that hold folders of classes, and the split of each.

    None, where there is anything else, or where the classes' names want to be explained first.
    """
    folders = class_folders(root) if root.is_dir() else []
    if not all(is_split(folder.name) and class_folders(folder) for folder in folders):
        return []
    if class_names is None and _wanting_words(folders):
        return []
    has_validation = any(split_word(folder.name) in VALIDATION_NAMES for folder in folders)
    usages = [usage_of_split(folder.name, has_validation=has_validation) for folder in folders]
    found = zip(folders, usages, strict=True)
    return sorted((folder, usage) for folder, usage in found if usage is not None)


def _wanting_words(splits: Sequence[Path]) -> list[str]:
    """Names of classes that seem to mean emotions by numbers of another order, or other words."""
    unknown = doubtful(inner.name for split in splits for inner in class_folders(split))
    return [name for name in unknown if name.isdecimal() or other_words([name])]


def _classes_in(root: Path, *, trusted: bool) -> list[Path]:
    """The folders of classes, or an error that says what is there instead."""
    if not root.exists():
        raise not_there(root)
    if not root.is_dir():
        raise ValueError(f"{root}: not a folder; expected one with a folder of images a class")
    folders = class_folders(root)
    if not folders:
        left_out = LeftOut()
        n_images = sum(1 for _ in iter_images(root, left_out=left_out.add))
        found = f"{n_images} images but no folders of classes" if n_images else "no images"
        others = f" ({left_out.remark()})" if left_out.count else ""
        cure = ""
        if n_images:
            cure = "; expected a folder for each class, such as angry and happy" + table_hint(root)
        elif table := csv_within(root):
            cure = f"; if {table.name} is a CSV of faces, give it itself: {table}"
        raise ValueError(f"{root}: a folder with {found}{others}{cure}")
    if not trusted:
        _refuse_annotations(folders)
    splits = [folder for folder in folders if is_split(folder.name)]
    if len(splits) == len(folders) or any(class_folders(split) for split in splits):
        _refuse_splits(root, splits)
    if not trusted:
        _refuse_data_within(root, folders)
    return folders


def _refuse_annotations(folders: Sequence[Path]) -> None:
    """Refuse pictures in one folder and what they show in others: YOLO's, AffectNet's, CK+'s."""
    # A class's folder may hold very many files; only splits are looked into.
    for root in [folders[0].parent, *(folder for folder in folders if is_split(folder.name))]:
        inner = {folder.name.lower(): folder for folder in class_folders(root)}
        pictures = inner.keys() & _PICTURES
        others = inner.keys() - pictures
        if pictures and others and others <= _ANNOTATIONS:
            raise ValueError(
                f"{root}: pictures in {inner[min(pictures)].name} and what they show in files of "
                "another folder; expected a folder for each class, or a table with a row for each "
                "picture, which a few lines write: see the guide's page on pixels"
            )


def _refuse_splits(root: Path, splits: list[Path]) -> NoReturn:
    names = ", ".join(folder.name for folder in splits)
    training = [folder for folder in splits if split_word(folder.name) in TRAINING_NAMES]
    classes = [inner.name for split in splits for inner in class_folders(split)]
    one = training[0] if training else splits[-1]
    raise FolderNamesError(
        f"{root}: holds splits ({names}), not classes; load one of them at a time, such as {one}, "
        f"or FER2013 with load_fer2013{'' if classes else table_hint(one)}",
        doubtful(classes),
    )


def _refuse_data_within(root: Path, folders: list[Path]) -> None:
    """Refuse a path that is a level or more too high: its folders are no classes."""
    if sum(means_emotion(folder.name) for folder in folders) > 1:
        return
    found = [folder for folder in folders if holds_data(folder)]
    within = found[0] if found else None
    if within is None and len(folders) == 1:
        within = data_within(root) or folder_of_folders(root)
    if within is None:
        return
    held = ", ".join(folder.name for folder in class_folders(within)[:8]) or "a CSV of FER2013"
    raise ValueError(
        f"{root}: not a folder of classes, but of data sets ({within.relative_to(root)} holds "
        f"{held}); give {within}{_cure_for_several(within)}{table_hint(root)}"
    )


def _cure_for_several(within: Path) -> str:
    """Say how to load what lies in several folders such as one; "" where it is the only one."""
    if sum(map(holds_data, class_folders(within.parent))) < 2:
        return ""
    return (
        ", or, for those beside it too, as of other people, a table with a row for each picture, "
        "which a few lines write: see the guide's page on pixels"
    )
