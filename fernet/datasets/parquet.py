"""Loads faces from files of Parquet, as Hugging Face keeps data sets."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, overload

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import Bunch

from fernet._io.addresses import not_there, path_of
from fernet.datasets._boxes import (
    Box,
    BoxedFace,
    check_pixels,
    read_boxed_face,
    warn_of_other_box,
)
from fernet.datasets._given_labels import GivenLabels, labels_by_votes, labels_by_words
from fernet.datasets._labelled_images import LabelledImages
from fernet.datasets._parquet_files import ParquetFile, Picture, files_in
from fernet.datasets._splits import UnknownSplitError, rows_of, usages, warn_of_no_split
from fernet.datasets._vote_columns import TableVotes
from fernet.datasets.face_shapes import FaceShape, face_shape, in_words, n_pixels
from fernet.datasets.images import check_on_error, keep_readable, read_face, read_in_threads
from fernet.emotions import IMAGE_SHAPE

__all__ = ["load_parquet"]
__dir__ = __all__.copy

_DESCRIPTION = """\
Faces read from {path}, as images of {shape}.
"""


@overload
def load_parquet(
    path: str | os.PathLike[str],
    *,
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
def load_parquet(
    path: str | os.PathLike[str],
    *,
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
def load_parquet(
    path: str | os.PathLike[str],
    *,
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
    """Load the images, and their labels, of a data set in Parquet.

    It needs pyarrow: ``pip install "fernet-emotion[parquet]"``.

    Parameters
    ----------
    path : str or path-like
        A file of Parquet, or a folder with such, also in folders within, as Hugging Face hands on
        data sets of images. A row has a picture's file, as bytes, or as bytes and a name, and a
        label; where the bytes are null, the name is that of a file, sought from the table's
        folder. Columns are told by what they hold and by their names, such as ``label`` and
        ``emotion``.
    subset : str, default=None
        "Training", "PublicTest" or "PrivateTest", where the images have splits, or "all". None is
        all of them, but not with ``return_X_y`` if there are several splits.
    return_X_y : bool, default=False
        Whether to return ``(data, target)`` instead of a Bunch.
    on_error : {"raise", "skip"}, default="raise"
        What to do with an image that has no label or can not be read: stop, or leave it out and
        warn once with the number of such images. No label is one that is null or a number below
        0, as the -1 of Hugging Face's ``ClassLabel``, or that is written ``nan``, ``None``,
        ``null`` and the like.
    image_column, label_column, group_column : str, int or None, default=None
        The name of a column, or its place from 0, where it is not to be told otherwise.
    class_names : mapping of str to str or None, default=None
        The class that each label stands for, for instance ``{"anger": "angry", "7": None}``; None
        leaves its images out. What is named here is a label, also ``"-1"``. Others keep the names
        that the file's description has for them, else their own.
    boxes : bool, default=True
        Whether to cut a face out of its picture where all files have columns that tell its place,
        as of `load_image_list`.
    image_size : int, default=48
        Pixels a side that each image is brought to.
    color : bool, default=False
        Whether to keep red, green and blue in place of grey levels.
    n_jobs : int or None, default=-1
        Number of threads that decode images, as joblib counts.

    Returns
    -------
    faces : Bunch
        As of `load_image_folder`, with labels where that has folders, in the order of files and
        rows, and

        usage : ndarray of str, shape (n_samples,)
            "Training", "PublicTest" or "PrivateTest", where a column (``split`` or ``usage``), or
            else the name of each file (``train-00000-of-00001.parquet``), tells the split; else
            "unspecified".
        filenames : list of str
            The file and the row of each image, from 0, and its name, if it has one.
        label_words : list of str
            The labels as they are written there, each once.
        groups : ndarray of str, shape (n_samples,)
            Whose face each is, where all files have a column that tells, as of `load_image_list`.
        boxes : ndarray of float64, shape (n_samples, 4)
            Left, top, width and height of each face in its picture, if they were followed.
        votes, label_distribution, distribution_labels, left_out
            People's votes, their shares, the labels of these, and what was left out, as of
            `load_image_list`, where columns of numbers called after emotions have votes in place
            of labels.
    (data, target) : tuple of ndarray
        If ``return_X_y``.

    Raises
    ------
    FileNotFoundError
        If there is nothing at ``path``.
    ImportError
        If pyarrow is not installed.
    ValueError
        If a file can not be read, a column is not to be told, a row has no label, an image can not
        be read (`fernet.datasets.images.ImageError`), or ``image_size`` is beyond 1 to 1024.
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
    >>> from fernet.datasets import load_parquet
    >>> faces = load_parquet("train-00000-of-00001.parquet")  # doctest: +SKIP
    >>> faces.images.shape, faces.target_names  # doctest: +SKIP
    ((28709, 48, 48), ['angry', 'disgust', 'fear', 'happy', 'sad', 'surprise', 'neutral'])
    """
    source = path_of(path)
    if not source.exists():
        raise not_there(source)
    check_on_error(on_error)
    shape = face_shape(image_size, color=color)
    found = files_in(source)
    if not found:
        raise ValueError(f"{source}: a folder without files of Parquet")
    told = class_names if isinstance(class_names, Mapping) else ()
    explained = [str(name).lower() for name in told]
    columns = image_column, label_column, group_column
    files = [ParquetFile(file, *columns, explained) for file in found]
    if not any(map(len, files)):
        raise ValueError(f"{source}: no rows")
    usage = np.array(_usages(source, files))
    wanted = rows_of(usage, subset, source, mix=not return_X_y)
    labels = _labels_of(source, files, wanted, class_names, on_error)
    names, target = labels.names, labels.target
    rows = np.flatnonzero(wanted & (target >= 0))
    within = _boxes_of(files) if boxes else None
    check_pixels(source, within or ())
    data, filenames, faults = _decode(files, rows, shape, n_jobs, within)
    kept = keep_readable(faults, len(rows), on_error, stacklevel=3, unlabelled=labels.missing)
    faces = LabelledImages(source, names, shape, data, target[rows], usage[rows], filenames)
    description = _DESCRIPTION.format(path=source, shape=in_words(shape))
    others: dict[str, Any] = {"label_words": labels.words}
    if not return_X_y:
        others |= labels.of_votes(source, wanted, rows[kept])
    groups = [file.groups() for file in files]
    if None not in groups:
        of_rows = [word for of_file in groups for word in of_file or ()]
        others["groups"] = np.array(of_rows, np.str_)[rows][kept]
    if within is not None:
        others["boxes"] = np.array([within[row] for row in rows[kept]])
    return faces.of_readable(kept).hand_over(description, return_X_y=return_X_y, **others)


def _labels_of(
    source: Path,
    files: list[ParquetFile],
    wanted: NDArray[np.bool_],
    class_names: Mapping[str, str | None] | None,
    on_error: str,
) -> GivenLabels:
    votes = [file.votes() for file in files]
    voted = [found for found in votes if found is not None]
    if not voted:
        _check_names(files)
        labels = [label for file in files for label in file.labels(class_names)]
        return labels_by_words(source, labels, wanted, class_names, on_error)
    headers = voted[0].headers
    other = next((i for i, one in enumerate(votes) if one is None or one.headers != headers), None)
    if other is not None:
        raise ValueError(
            f"{files[other].path}: other columns of votes, or none, than the others, which have "
            f"{', '.join(headers)}"
        )
    counts = np.concatenate([one.votes for one in voted])
    return labels_by_votes(source, TableVotes(headers, counts), class_names)


def _check_names(files: list[ParquetFile]) -> None:
    """Refuse numbers without names beside a file whose description names them."""
    named = next((file for file in files if len(file) and file.class_names()), None)
    bare = next((file for file in files if len(file) and file.counts_classes()), None)
    if named is not None and bare is not None:
        raise ValueError(
            f"{bare.path}: its labels are numbers, which {named.path} has names for; expected the "
            "same description in each file, or load them one by one"
        )


def _boxes_of(files: list[ParquetFile]) -> list[Box | None] | None:
    """Return the box of each row, where all files have columns of that."""
    found = [file.boxes() for file in files]
    if None in found:
        warn_of_other_box(files[0].path, files[0].names)
    return None if None in found else [box for of_file in found for box in of_file or ()]


def _decode(
    files: list[ParquetFile],
    wanted: NDArray,
    shape: FaceShape,
    n_jobs: int | None,
    boxes: list[Box | None] | None,
) -> tuple[NDArray[np.uint8], list[str], dict[int, Exception]]:
    """Read the pictures of some rows of all files; return also their names, and what failed."""
    data = np.empty((len(wanted), n_pixels(shape)), np.uint8)
    names: list[str] = []
    faults: dict[int, Exception] = {}
    start = 0
    for file in files:
        rows = wanted[(wanted >= start) & (wanted < start + len(file))] - start
        start += len(file)
        for pictures in file.pictures(rows.tolist()):
            done = len(names)
            out = data[done : done + len(pictures)]
            if boxes is None:
                failed = read_in_threads(pictures, shape, out, read=_read, n_jobs=n_jobs)
            else:
                places = wanted[done : done + len(pictures)]
                within = [
                    BoxedFace(picture.open(), boxes[place])
                    for picture, place in zip(pictures, places, strict=True)
                ]
                failed = read_in_threads(within, shape, out, read=read_boxed_face, n_jobs=n_jobs)
            faults |= {done + i: fault for i, fault in failed.items()}
            names += [picture.name for picture in pictures]
    return data, names, faults


def _read(picture: Picture, shape: FaceShape) -> NDArray[np.uint8]:
    face: NDArray[np.uint8] = read_face(picture.open(), shape)
    return face


def _usages(source: Path, files: list[ParquetFile]) -> list[str]:
    """The split of each row of all files."""
    within = [file.splits() for file in files]
    warn_of_no_split(files[0].path, files[0].split_column, within[0])
    words = [
        word
        for file, split in zip(files, within, strict=True)
        for word in (split if split is not None else [""] * len(file))
    ]
    root = source if source.is_dir() else source.parent
    names = [
        name
        for file in files
        for name in [str(file.path.relative_to(root))] * len(file)
    ]  # fmt: skip
    try:
        return usages(words if any(split is not None for split in within) else None, names)
    except UnknownSplitError as error:
        raise ValueError(f"{source}: {error}") from None
