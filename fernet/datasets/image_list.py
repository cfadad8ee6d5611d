"""Loads faces of one's own from a table that says what each picture shows."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple, overload

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import Bunch

from fernet._io.addresses import not_there, path_of
from fernet._io.names import is_utf8
from fernet.datasets._boxes import (
    Box,
    BoxedFace,
    check_pixels,
    read_boxed_face,
    warn_of_other_box,
)
from fernet.datasets._given_labels import GivenLabels, labels_by_votes, labels_by_words
from fernet.datasets._labelled_images import LabelledImages
from fernet.datasets._missing_labels import label_of
from fernet.datasets._picture_places import PicturePlaces, pictures_of
from fernet.datasets._picture_table import NO_UTF8, PictureTable, read_table
from fernet.datasets._splits import UnknownSplitError, rows_of, usages, warn_of_no_split
from fernet.datasets.face_shapes import face_shape, in_words, n_pixels
from fernet.datasets.images import (
    ImageError,
    Reader,
    check_on_error,
    keep_readable,
    read_face,
    read_in_threads,
    to_face,
)
from fernet.emotions import IMAGE_SHAPE

__all__ = ["load_image_list"]
__dir__ = __all__.copy

_DESCRIPTION = """\
Faces named by {path}, as images of {shape}.
"""


@overload
def load_image_list(
    path: str | os.PathLike[str],
    *,
    root: str | os.PathLike[str] | None = ...,
    subset: str | None = ...,
    return_X_y: Literal[False] = ...,
    on_error: Literal["raise", "skip"] = ...,
    image_column: str | int | None = ...,
    label_column: str | int | None = ...,
    group_column: str | int | None = ...,
    class_names: Mapping[str, str | None] | None = ...,
    boxes: bool = ...,
    image_size: int = ...,
    color: bool = ...,
    n_jobs: int | None = ...,
) -> Bunch: ...
@overload
def load_image_list(
    path: str | os.PathLike[str],
    *,
    root: str | os.PathLike[str] | None = ...,
    subset: str | None = ...,
    return_X_y: Literal[True],
    on_error: Literal["raise", "skip"] = ...,
    image_column: str | int | None = ...,
    label_column: str | int | None = ...,
    group_column: str | int | None = ...,
    class_names: Mapping[str, str | None] | None = ...,
    boxes: bool = ...,
    image_size: int = ...,
    color: bool = ...,
    n_jobs: int | None = ...,
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]: ...
def load_image_list(
    path: str | os.PathLike[str],
    *,
    root: str | os.PathLike[str] | None = None,
    subset: str | None = None,
    return_X_y: bool = False,
    on_error: Literal["raise", "skip"] = "raise",
    image_column: str | int | None = None,
    label_column: str | int | None = None,
    group_column: str | int | None = None,
    class_names: Mapping[str, str | None] | None = None,
    boxes: bool = True,
    image_size: int = IMAGE_SHAPE[0],
    color: bool = False,
    n_jobs: int | None = -1,
) -> Bunch | tuple[NDArray[np.uint8], NDArray[np.int64]]:
    r"""Load the images that a table names, with the label that it has for each.

    Such are a ``labels.csv`` of one's own, AffectNet's tables, RAF-DB's list, and the
    ``metadata.csv`` of Hugging Face's folders of images. Tables of FER2013's form that have the
    images' pixels themselves are read as well, with classes of any name and squares of any size.

    Parameters
    ----------
    path : str or path-like
        A text file, perhaps compressed, with a row for each image: its file and its label. Values
        stand between commas, semicolons, tabs, bars or blanks. Columns are told by their headers,
        such as ``image`` or ``path``, and ``label``, ``emotion`` or ``class``; the file's also by
        its values, and the label's by being the only other one. In its place each class may have
        a column of 0 and 1, or of how many people saw it, or their share: columns of numbers
        called after emotions, or named in ``class_names``, are votes, and the class with the most
        is the label. First lines that begin with ``#`` are remarks. In the place of a file an image
        may have its pixels, whole numbers from 0 to 255 in rows from the top left, grey or in
        three colours: in one column between blanks or commas, or in one each (``pixel0``,
        ``pixel_0_0``, ``1x1`` or ``0`` and so on). Such a table has headers.
    root : str or path-like, default=None
        The folder that holds the images; by default the table's own, or the one above if there are
        no pictures in that. Where a file's path does not lead to one, as it was written elsewhere,
        its first folders are left out, and then all: the name is looked for in all folders, at
        last with ``_aligned`` behind it, as RAF-DB's. Two that name other folders are not given
        one picture.
    subset : str, default=None
        "Training", "PublicTest" or "PrivateTest", where the images have splits, or "all". None is
        all of them, but not with ``return_X_y`` if there are several splits.
    return_X_y : bool, default=False
        Whether to return ``(data, target)`` instead of a Bunch.
    on_error : {"raise", "skip"}, default="raise"
        What to do with an image that is not there, can not be read or has no label: stop, or leave
        it out and warn once with the number of such images. No label is an empty one, a number
        below 0, or what pandas writes for none: ``nan``, ``None`` and the like. A table's own
        pixels have to be whole in each row.
    image_column, label_column, group_column : str, int or None, default=None
        The header of a column, or its place from 0, where it is not to be told otherwise.
    class_names : mapping of str to str or None, default=None
        The class that each label stands for, for instance ``{"1": "surprise", "7": None}``; None
        leaves its images out. What is named here is a label, also ``"-1"`` or ``"None"``. Others
        keep their names.
    boxes : bool, default=True
        Whether to cut a face out of its picture where the table has columns that tell its place,
        as AffectNet's ``face_x``, ``face_y``, ``face_width`` and ``face_height`` do, or
        ``xmin``, ``ymin``, ``xmax`` and ``ymax``, in pixels; ExpW's list without headers is known
        as well, and what its numbers mean. The face is the square about its box, moved to lie
        within the picture.
    image_size : int, default=48
        Pixels a side that each image is brought to.
    color : bool, default=False
        Whether to keep red, green and blue in place of grey levels.
    n_jobs : int or None, default=-1
        Number of threads that decode images, as joblib counts.

    Returns
    -------
    faces : Bunch
        As of `load_image_folder`, with labels where that has folders, in the order of the table,
        and

        usage : ndarray of str, shape (n_samples,)
            "Training", "PublicTest" or "PrivateTest", where a column (``split`` or ``usage``), or
            else each file's path or the start of its name (``train_``), tells the split of all
            images; else "unspecified".
        label_words : list of str
            The labels as they are written there, each once.
        lines : ndarray of int64, shape (n_samples,)
            Where each image stands in the table, from 1.
        groups : ndarray of str, shape (n_samples,)
            Whose face each is, where a column (``subject``, ``person``, ``actor`` and the like)
            tells: for scikit-learn's `StratifiedGroupKFold`, so that nobody is learnt and judged.
        votes : ndarray of float64, shape (n_samples, n_classes)
            How many people saw each class, where the table has votes.
        label_distribution : ndarray of float32, shape (n_samples, n_labels)
            Shares of the votes for the classes that are the label of an image somewhere in the
            table, whatever ``subset``, where it has votes. `fit` takes them as they are beside a
            ``target`` that has all these labels.
        distribution_labels : ndarray of int64, shape (n_labels,)
            The label of each column of ``label_distribution``.
        left_out, left_out_lines : str and ndarray of int64
            How many images were left out for want of votes, or for a tie, and votes for which
            classes have no share; and where these images stand in the table, where it has votes.
        boxes : ndarray of float64, shape (n_samples, 4)
            Left, top, width and height of each face in its picture, if they were followed.
        filenames : list of str
            Path of each image; not of a table that holds their pixels.
    (data, target) : tuple of ndarray
        If ``return_X_y``.

    Raises
    ------
    FileNotFoundError
        If there is nothing at ``path``.
    ValueError
        If it is no such table, a column is not to be told, a row has no label, an image is not
        there, not to be told from others, or can not be read
        (`fernet.datasets.images.ImageError`), or ``image_size`` is beyond 1 to 1024.
    TypeError
        If ``image_size`` is no whole number.

    Warns
    -----
    UserWarning
        If all images are of one class, or some were skipped; if labels are FER2013's
        numbers, and ``class_names`` does not say what each is; if two
        labels differ in how they are written alone, as ``Calm`` and ``calm``; if a column called
        ``split`` has no words for splits, or one called ``bbox`` or the like is not followed; if
        more than one vote in a hundred is for classes that are no image's label, unless
        ``return_X_y``.

    See Also
    --------
    load_image_folder : The same of folders named after their classes.

    Examples
    --------
    >>> import os, tempfile
    >>> from PIL import Image
    >>> from fernet.datasets import load_image_list
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name in ("a.png", "b.png"):
    ...         Image.new("RGB", (200, 150)).save(os.path.join(folder, name))
    ...     table = os.path.join(folder, "labels.csv")
    ...     with open(table, "w") as file:
    ...         _ = file.write("image,label\na.png,happy\nb.png,sad\n")
    ...     faces = load_image_list(table)
    >>> [faces.target_names[label] for label in faces.target], faces.images.shape
    (['happy', 'sad'], (2, 48, 48))
    """
    source = path_of(path)
    if not source.exists():
        raise not_there(source)
    if source.is_dir():
        raise ValueError(f"{source}: a folder; expected a table of images, or load_image_folder")
    if root is not None and not path_of(root).is_dir():
        raise not_there(path_of(root))
    check_on_error(on_error)
    shape = face_shape(image_size, color=color)
    explained = (
        [str(name).lower() for name in class_names] if isinstance(class_names, Mapping) else []
    )
    table = read_table(source, image_column, label_column, group_column, explained)
    usage = np.array(_usages(source, table))
    wanted = rows_of(usage, subset, source, mix=not return_X_y)
    labels = _labels_of(source, table, wanted, class_names, on_error)
    names, target = labels.names, labels.target
    rows = np.flatnonzero(wanted & (target >= 0))
    pictures = _pictures(source, table, rows, root, on_error, boxes=boxes)
    data = np.empty((len(rows), n_pixels(shape)), np.uint8)
    faults = read_in_threads(pictures.sources, shape, data, read=pictures.read, n_jobs=n_jobs)
    kept = keep_readable(faults, len(rows), on_error, stacklevel=3, unlabelled=labels.missing)
    are_files = table.pixels is None
    called = pictures.names
    faces = LabelledImages(source, names, shape, data, target[rows], usage[rows], called, are_files)
    description = _DESCRIPTION.format(path=source, shape=in_words(shape))
    others: dict[str, Any] = {
        "label_words": labels.words,
        "lines": np.array(table.lines)[rows][kept],
    }
    if table.groups is not None:
        others["groups"] = np.array(table.groups, np.str_)[rows][kept]
    if labels.voted is not None and not return_X_y:
        others |= labels.of_votes(source, wanted, rows[kept])
        others["left_out_lines"] = np.array(table.lines)[wanted & (target < 0)]
    if pictures.boxes is not None:
        within = zip(pictures.boxes, kept, strict=True)
        others["boxes"] = np.array([box for box, keep in within if keep])
    return faces.of_readable(kept).hand_over(description, return_X_y=return_X_y, **others)


def _labels_of(
    source: Path,
    table: PictureTable,
    wanted: NDArray[np.bool_],
    class_names: Mapping[str, str | None] | None,
    on_error: str,
) -> GivenLabels:
    if table.votes is not None:
        return labels_by_votes(source, table.votes, class_names)
    labels = [
        label_of(word, f"{source}, line {line}", class_names)
        for word, line in zip(table.labels, table.lines, strict=True)
    ]
    return labels_by_words(source, labels, wanted, class_names, on_error)


class _Pictures(NamedTuple):
    """The pictures of some rows: what to call each, what reads which, and their faces' boxes."""

    names: list[str]
    sources: Sequence[Any]
    read: Reader
    boxes: list[Box | None] | None = None


def _pictures(
    source: Path,
    table: PictureTable,
    rows: NDArray,
    root: str | os.PathLike[str] | None,
    on_error: str,
    *,
    boxes: bool,
) -> _Pictures:
    if table.pixels is not None:
        names = [table.names[row] for row in rows]
        return _Pictures(names, _squares(source, table.pixels)[rows], to_face)
    folder = pictures_of(source, table.names[0]) if root is None else path_of(root)
    paths = _find(source, table, rows, folder, on_error)
    names = list(map(str, paths))
    if boxes and not table.boxes:
        warn_of_other_box(source, table.heads)
    if not boxes or not table.boxes:
        return _Pictures(names, paths, read_face)
    check_pixels(source, table.boxes)
    within = [table.boxes[row] for row in rows]
    return _Pictures(names, list(map(BoxedFace, paths, within)), read_boxed_face, within)


def _squares(source: Path, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Rows of pixels as square pictures, grey or of three colours."""
    from fernet.estimators.inputs import guess_image_shape

    shape = guess_image_shape(pixels.shape[1])
    if shape is None:
        raise ValueError(
            f"{source}: {pixels.shape[1]} pixels in a row; expected those of a square picture, "
            "grey or in three colours"
        )
    return pixels.reshape(-1, *(shape if shape[2] > 1 else shape[:2]))


def _find(
    source: Path, table: PictureTable, rows: NDArray, folder: Path, on_error: str
) -> list[Path]:
    """The files of some rows; one not found that is to be skipped stands as it is named."""
    names = [table.names[row] for row in rows]
    found = PicturePlaces(folder).find_all(names)
    for row, path in zip(rows, found, strict=True):
        if not isinstance(path, Path) and on_error != "skip":
            cause = "" if is_utf8(table.names[row]) else NO_UTF8
            raise ImageError(f"{source}, line {table.lines[row]}: {path()}{cause}")
    return [
        path if isinstance(path, Path) else folder / name
        for name, path in zip(names, found, strict=True)
    ]


def _usages(source: Path, table: PictureTable) -> list[str]:
    warn_of_no_split(source, table.split_column, table.splits)
    try:
        return usages(table.splits, table.names)
    except UnknownSplitError as error:
        raise ValueError(f"{source}, line {table.lines[error.place]}: {error}") from None
