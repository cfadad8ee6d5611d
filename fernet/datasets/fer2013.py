"""Loads FER2013, the faces of the 2013 challenge, from any of the forms it is handed on in."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal, overload

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import Bunch

from fernet._io.addresses import not_there, path_of
from fernet.datasets._bunch import as_frames, make_bunch, with_frames
from fernet.datasets._class_folders import (
    FolderNamesError,
    class_folders,
    csv_within,
    data_within,
    is_split,
)
from fernet.datasets._csv_source import CSV_NAMES, TRAIN_CSV
from fernet.datasets._fer_csv import CONTEMPT, USAGES, Rows, read_csv
from fernet.datasets._fer_folder import ClassNames, is_image_folder, read_folder
from fernet.datasets._votes import by_votes
from fernet.datasets.face_shapes import FaceShape, face_shape, in_words
from fernet.datasets.images import iter_images
from fernet.emotions import EMOTIONS, IMAGE_SHAPE

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["load_fer2013"]
__dir__ = __all__.copy

_NO_FORM = "image_size and color are for folders of images"
_Subset = Literal["Training", "PublicTest", "PrivateTest", "all"]
_DESCRIPTION = """\
FER2013: grey faces of 48x48 pixels, each labelled with one of seven expressions.

The images were found by a web search for emotion words, cropped by a face detector and checked
by people (Goodfellow et al., "Challenges in Representation Learning: A report on three machine
learning contests", 2013). The whole set has 28709 Training, 3589 PublicTest and 3589 PrivateTest
images. About one label in three is disputed between people; some images are duplicates, also
across splits, and a few are blank: see fernet.datasets.audit.
"""


@overload
def load_fer2013(
    path: str | os.PathLike[str],
    subset: _Subset = ...,
    *,
    labels: str | os.PathLike[str] | None = ...,
    return_X_y: Literal[False] = ...,
    as_frame: bool = ...,
    class_names: Mapping[str, str | int | None] | None = ...,
    image_size: int = ...,
    color: bool = ...,
    n_jobs: int | None = ...,
) -> Bunch: ...
@overload
def load_fer2013(
    path: str | os.PathLike[str],
    subset: _Subset = ...,
    *,
    labels: str | os.PathLike[str] | None = ...,
    return_X_y: Literal[True],
    as_frame: Literal[False] = ...,
    class_names: Mapping[str, str | int | None] | None = ...,
    image_size: int = ...,
    color: bool = ...,
    n_jobs: int | None = ...,
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]: ...
@overload
def load_fer2013(
    path: str | os.PathLike[str],
    subset: _Subset = ...,
    *,
    labels: str | os.PathLike[str] | None = ...,
    return_X_y: Literal[True],
    as_frame: Literal[True],
    class_names: Mapping[str, str | int | None] | None = ...,
    image_size: int = ...,
    color: bool = ...,
    n_jobs: int | None = ...,
) -> tuple[pd.DataFrame, pd.Series]: ...
def load_fer2013(
    path: str | os.PathLike[str],
    subset: _Subset = "Training",
    *,
    labels: str | os.PathLike[str] | None = None,
    return_X_y: bool = False,
    as_frame: bool = False,
    class_names: Mapping[str, str | int | None] | None = None,
    image_size: int = IMAGE_SHAPE[0],
    color: bool = False,
    n_jobs: int | None = -1,
) -> Bunch | tuple[NDArray[np.uint8], NDArray[np.int64]] | tuple[pd.DataFrame, pd.Series]:
    r"""Load FER2013 from a CSV or from folders of images.

    Parameters
    ----------
    path : str or path-like
        One of

        - the competition's CSV, with the columns ``emotion``, ``pixels`` and ``Usage``, or
          ``icml_face_data.csv``, which has them in another order and with spaces in their
          names. Columns are found by name, upper or lower case; others are ignored. Emotions are
          the labels 0 to 6, or the words of ``EMOTIONS``. Copies of it may call the columns
          ``label`` and ``split``, and the splits ``train``, ``validation`` and ``test``, which
          count as for folders below. Pixels may have a column each (``pixel0`` or ``pixel_0`` and
          so on), commas may be semicolons or tabs, and text may be UTF-8 or UTF-16;
        - the competition's ``train.csv``, whose rows all count as Training for want of a
          ``Usage``, or its ``test.csv``, which has no labels either: they are -1 then;
        - such a file compressed (gzip, bzip2, xz), zipped or in a tar archive;
        - Kaggle's folder: ``train/<emotion>/`` and ``test/<emotion>/``, where the names of the
          files tell the split (``PublicTest_*``, ``PrivateTest_*``);
        - a folder of this form with other file names. Then ``train`` is Training and ``test``
          is PublicTest; or, where there is also a ``validation`` (or ``val``, ``valid``), that
          is PublicTest and ``test`` is PrivateTest. The folder counts for more than what a file's
          name says, as images that were split anew keep their names;
        - a folder of emotions alone, which is Training unless it or the files are named otherwise;
        - a folder that holds ``fer2013.csv``, ``icml_face_data.csv``, the folder ``fer2013`` or
          ``train.csv``.

        Folders of emotions may also be named by label, ``0`` to ``6``, or by both, as in
        ``0_angry``; for other names see ``class_names``. Images that are not of
        48x48 grey pixels are converted as by `fernet.datasets.images.read_face`.
    subset : {"Training", "PublicTest", "PrivateTest", "all"}, default="Training"
        Which split to return. All rows of a CSV are checked in any case.
    labels : str or path-like, default=None
        FER+'s ``fer2013new.csv``: ten people's votes on each face, for the same emotions and
        contempt. The majority takes the place of FER2013's labels, of which people dispute one in
        three; faces without one are left out. Votes and faces are joined by their rows where
        `path` is the competition's ``fer2013.csv``, or ``icml_face_data.csv``, in its order, as
        the file's own names of images do not fit. Kaggle's folders, and CSVs that were written
        anew, are in others; there each image is known by a fingerprint, so that it may also have
        been saved as JPEG. Images of PrivateTest have none and are left out. In either case the
        votes are held against the labels.
    return_X_y : bool, default=False
        Whether to return ``(data, target)`` instead of a Bunch.
    as_frame : bool, default=False
        Whether ``data`` is a pandas DataFrame with a column for each pixel, ``pixel_0_0`` to
        ``pixel_47_47`` (row, column), and ``target`` a Series. The Bunch has both as ``frame``
        too, and the columns as ``feature_names``.
    class_names : mapping of str to str, int or None, default=None
        The emotion that each folder of another name holds, for instance ``{"anger": "angry",
        "1": "surprise", "contempt": None}``; None leaves a folder out. For folders alone.
    image_size : int, default=48
        Pixels a side that each image is brought to. For folders alone, such as those of other data
        sets: FER2013's own have no more. Not with `labels`.
    color : bool, default=False
        Whether to keep red, green and blue in place of grey levels; as `image_size`.
    n_jobs : int or None, default=-1
        Number of threads that decode images, as joblib counts. A CSV takes one.

    Returns
    -------
    faces : Bunch
        data : ndarray of uint8, shape (n_samples, 2304)
            Pixels in rows from the top left, 0 black to 255 white; of other sizes as many.
        images : ndarray of uint8, shape (n_samples, 48, 48)
            A view of ``data``; in colours with a last axis of 3.
        target : ndarray of int64, shape (n_samples,)
            Labels: indices into ``target_names``.
        target_names : list of str
            The emotions in label order, which is not alphabetical: angry, disgust, fear, happy,
            sad, surprise, neutral; and contempt, if a CSV has the label 7, as that of CK+.
        usage : ndarray of str, shape (n_samples,)
            The split of each image.
        filenames : list of str
            Path of each image; only if they were read from folders. Images are in the order
            of their splits and paths, rows of a CSV in the file's.
        left_out : str
            A remark on files in the folders that are no pictures, how many and of which kinds;
            "" if there are none. With ``filenames``; with `labels`, how many faces were left out,
            and why.
        votes : ndarray of int64, shape (n_samples, 8)
            With `labels`: how many people saw each of ``target_names``. This and what follows only
            then; ``target`` is the majority's emotion.
        other_votes : ndarray of int64, shape (n_samples, 2)
            How many answered "unknown", and "not a face".
        label_distribution : ndarray of float32, shape (n_samples, 8)
            Shares of the emotions in the votes, single votes left out: what `fit` takes as
            ``label_distribution``. ``target`` has the largest.
        fer2013_target : ndarray of int64, shape (n_samples,)
            FER2013's own labels.
        rows : ndarray of int64, shape (n_samples,)
            Which of the faces these are that are returned without `labels`.
        left_out_rows, left_out_reasons : ndarray of int64 and of str
            The others, each with "no majority", "mostly unknown" or "mostly not a face"; where
            faces are known by their looks, "not of Training or PublicTest" or "without votes in
            the file", too.
        DESCR : str
            About the data, with counts.
    (data, target) : tuple of ndarray, or of DataFrame and Series
        If ``return_X_y``.

    Raises
    ------
    ImportError
        If `as_frame` is true and pandas is not installed.
    FileNotFoundError
        If there is nothing at ``path``.
    ValueError
        If the data is not as described. The message names the file, and the line or image. With
        ``return_X_y`` also if there are no labels. If `class_names`, `image_size` or `color` is
        given for a CSV. With
        `labels` if the votes are not those of the faces: less than half of the images are known
        where their order tells nothing, or of 500 faces in a row, or fewer in a small file, less
        than half have the majority's label (about 68 % do, 18 % by chance).

    Warns
    -----
    UserWarning
        If a CSV has the label 7 and none is 0: its labels may be counted from 1.

    Notes
    -----
    Votes are counted as by Barsoum et al., "Training deep networks for facial expression
    recognition with crowd-sourced label distribution", 2016, for their majority: an answer that
    one person alone gave is left out, and more than half of the rest have to agree. The
    distributions are of the faces that this leaves.

    Examples
    --------
    >>> import os, tempfile
    >>> from fernet.datasets import load_fer2013
    >>> row = "3," + " ".join(["127"] * 2304) + ",Training"
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = os.path.join(folder, "fer2013.csv")
    ...     with open(file, "w") as f:
    ...         print("emotion,pixels,Usage", row, sep="\n", file=f)
    ...     faces = load_fer2013(file)
    >>> faces.images.shape, faces.target_names[faces.target[0]]
    ((1, 48, 48), 'happy')
    """
    if subset not in (*USAGES, "all"):
        raise ValueError(f"subset must be one of {', '.join(USAGES)} or all, got {str(subset)!r}")
    wanted = USAGES if subset == "all" else (subset,)
    root = path_of(path)
    shape = face_shape(image_size, color=color)
    if labels is not None and shape != IMAGE_SHAPE:
        raise ValueError(f"labels are votes on faces of {in_words(IMAGE_SHAPE)}; {_NO_FORM}")
    rows, others = _read(root, wanted, n_jobs, class_names, shape)
    if rows.may_count_from_one:
        warnings.warn(
            f"{path}: the label {len(EMOTIONS)} is taken for contempt, and none is 0, for "
            f"{EMOTIONS[0]}: if labels are counted from 1, take 1 off each",
            stacklevel=2,
        )
    if labels is not None:
        in_folders = "filenames" in others
        files = np.array(others.get("filenames", []))
        rows, others = by_votes(path_of(labels, "labels"), rows, root, in_order=not in_folders)
        if in_folders:
            others["filenames"] = files[np.asarray(others["rows"])].tolist()
    if return_X_y:
        if len(rows.labels) and rows.labels[0] < 0:
            raise ValueError(
                f"{path}: no column 'emotion', so no target to return; without return_X_y=True "
                "the faces come alone"
            )
        if as_frame:
            return as_frames(rows.pixels, rows.labels, shape)
        return rows.pixels, rows.labels
    faces = make_bunch(
        rows.pixels,
        rows.labels,
        np.array(USAGES)[rows.usages],
        shape=shape,
        target_names=(*EMOTIONS, CONTEMPT) if rows.has_contempt else EMOTIONS,
        description=_DESCRIPTION + f"\nRead as images of {in_words(shape)}.\n",
        **others,
    )
    return with_frames(faces) if as_frame else faces


def _read(
    path: Path,
    wanted: tuple[str, ...],
    n_jobs: int | None,
    class_names: ClassNames,
    shape: FaceShape,
) -> tuple[Rows, dict]:
    """Read a file or folder, and the paths of the images if these were files."""
    if not path.exists():
        raise not_there(path)
    if path.is_file():
        return _read_csv(path, wanted, class_names, shape)
    if not path.is_dir():
        raise ValueError(
            f"{path}: neither a file nor a folder; expected one of the two, of a pipe what "
            "comes out of it, saved in a file"
        )
    for name in CSV_NAMES:
        if (path / name).is_file():
            return _read_csv(path / name, wanted, class_names, shape)
    for root in (path, path / "fer2013"):
        if root.is_dir() and is_image_folder(root, class_names):
            return read_folder(root, wanted, n_jobs, class_names, shape)
    if (path / TRAIN_CSV).is_file():
        return _read_csv(path / TRAIN_CSV, wanted, class_names, shape)
    raise _nothing_here(path)


def _read_csv(
    path: Path, wanted: tuple[str, ...], class_names: ClassNames, shape: FaceShape
) -> tuple[Rows, dict]:
    if class_names:
        raise ValueError(f"class_names is for folders of images; {path} is a CSV")
    if shape != IMAGE_SHAPE:
        raise ValueError(f"{path}: a CSV of {in_words(IMAGE_SHAPE)}; {_NO_FORM}")
    return read_csv(path, wanted), {}


def _nothing_here(path: Path) -> ValueError:
    """Say what was expected, and where something like it lies."""
    fault = f"{path}: no images and no CSV of FER2013 in this folder"
    if within := data_within(path):
        return ValueError(f"{fault}, but in a folder within; give {within}")
    if table := csv_within(path):
        return ValueError(f"{fault} by its name; if {table.name} is one, give {table}")
    folders = class_folders(path)
    names = sorted({i.name for f in folders if is_split(f.name) for i in class_folders(f)})
    if names:
        return FolderNamesError(
            f"{fault}: its splits hold {', '.join(names)}; expected {', '.join(EMOTIONS)}", names
        )
    others = [f.name for f in folders if not is_split(f.name) and next(iter_images(f), None)]
    if others:
        return FolderNamesError(
            f"{fault}: its folders' names tell no emotion; expected {', '.join(EMOTIONS)}, or "
            "load_image_folder for classes of any name",
            others,
        )
    return ValueError(f"{fault}; expected train/<emotion>/, <emotion>/, {' or '.join(CSV_NAMES)}")
