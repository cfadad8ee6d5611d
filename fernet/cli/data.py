"""What ``--data`` may name, as faces to learn from and faces to judge by."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from fernet.cli.errors import InputError
from fernet.cli.faces import Faces
from fernet.cli.labels import Labels, read_weights
from fernet.cli.paths import real_path
from fernet.emotions import IMAGE_SHAPE

if TYPE_CHECKING:
    import numpy as np

    from fernet.datasets._class_folders import FolderNamesError
    from fernet.datasets.face_shapes import FaceShape

__all__ = [
    "DataPlan",
    "check_test",
    "load_bunch",
    "load_for_evaluation",
    "load_for_training",
]
__dir__ = __all__.copy

_N_DRAWN_TRAINING, _N_DRAWN_TEST = 6000, 1500
_DRAWN_SEED = 0
_TEST_FRACTION = 0.2
_FORM = "--image-size and --color"


class DataPlan(Protocol):
    """What a command's options say of the images to learn from."""

    data: Path | None
    labels: Labels | Path | None
    image_size: int | None
    color: bool | None
    seed: int


def load_for_training(
    path: Path | None,
    seed: int,
    labels: Labels | Path | None = None,
    weights: Path | None = None,
    shape: FaceShape | None = None,
    learnt: FaceShape | None = None,
) -> tuple[Faces, Faces]:
    """Return faces to train on and faces to test on.

    Parameters
    ----------
    path : Path or None
        None draws faces; else a file or folder that `fernet.datasets` can load.
    seed : int
        Decides which images are held out where the data set has no split of its own.
    labels : mapping of str to str or None, or Path, default=None
        What folders stand for, or a file of votes.
    weights : Path, default=None
        A file with a weight for each image, see `fernet.cli.labels.read_weights`.
    shape : tuple of int, default=None
        What images in folders are to be brought to.
    learnt : tuple of int, default=None
        What a model to go on from takes, in place of `shape`; by default 48x48 grey pixels.

    Returns
    -------
    training, test : Faces
        FER2013's Training and PublicTest; CIFAR-10's train and test; a fifth of each class
        held out of other folders.
    """
    if path is None:
        if labels is not None or weights is not None:
            option = "--labels" if weights is None else "--sample-weight"
            raise InputError(f"{option} is about the images of --data, which is not given")
        if shape is not None:
            raise InputError(f"{_FORM} are about the images of --data, which is not given")
        return _drawn_faces()
    _check_name(path)
    found = _of_one_size(path, labels)
    if shape is not None and found:
        raise InputError(f"{_FORM} are for folders and lists of images; {found}")
    faces, usage = _load(path, labels, weights, shape or (None if found else learnt))
    for training, test in (("Training", "PublicTest"), ("train", "test")):
        if (usage == training).any() and (usage == test).any():
            to_learn = _check_classes(path, faces.take(usage == training, training))
            return to_learn, faces.take(usage == test, test)
    if (usage == "Training").any():
        faces = faces.take(usage == "Training", "Training")
    return _hold_out(_check_classes(path, faces), seed)


def check_test(test: Faces, known: Sequence[str]) -> None:
    """Refuse, before the training, to test on a class that nothing is learnt of.

    Parameters
    ----------
    test : Faces
        To test on.
    known : sequence of str
        Names of the classes that will be learnt.

    Raises
    ------
    InputError
        Naming the class.
    """
    if unknown := [name for name in test.present if name not in known]:
        raise InputError(
            f"{test.name}: class {unknown[0]!r} has images to test on ({test.split}) but none to "
            f"learn from{test.how_to_leave_out(unknown[0])}"
        )


def _check_name(path: Path) -> None:
    """Refuse a name that the model's file could not tell, before the training."""
    from fernet.estimators.labels import check_storable_text

    check_storable_text([real_path(path).name], "--data")


def _check_classes(path: Path, faces: Faces) -> Faces:
    """Refuse what there is nothing to learn from, and what no report could tell."""
    from fernet.datasets._labelled_images import table_hint
    from fernet.metrics._labels import RESERVED_NAMES

    present = faces.present
    if taken := [name for name in present if name in RESERVED_NAMES]:
        raise InputError(
            f"{path}: {taken[0]!r} is a row of the report and can't be a class; "
            f'--labels "{taken[0]}=..." gives it another name'
        )
    if len(present) < 2:
        raise InputError(
            f"{path}: all images are of one class, {present[0]!r}; expected two or more to learn "
            f"to tell them apart{table_hint(path)}"
        )
    return faces


def load_for_evaluation(
    path: Path,
    subset: str | None,
    labels: Labels | Path | None = None,
    learnt: FaceShape | None = None,
) -> Faces:
    """Return the split asked for; by default the test split, or all where there is none.

    Images in folders are brought to the shape that a model has learnt, if that is known.
    """
    from fernet.datasets._class_folders import NO_SPLIT

    faces, usage = _load(path, labels, shape=None if _of_one_size(path, labels) else learnt)
    present = sorted(set(usage.tolist()))
    if subset == "all":
        return faces
    if subset is not None:
        if subset not in present:
            if present == [NO_SPLIT]:
                raise InputError(f"{path}: no splits, so no {subset}; leave --subset out")
            raise InputError(f"{path}: no {subset} images; it has {', '.join(present)}")
        return faces.take(usage == subset, subset)
    for test in ("PublicTest", "test"):
        if test in present:
            return faces.take(usage == test, test)
    return faces


def _drawn_faces() -> tuple[Faces, Faces]:
    from fernet.datasets import make_faces

    bunch = make_faces(_N_DRAWN_TRAINING + _N_DRAWN_TEST, random_state=_DRAWN_SEED)
    faces = _faces("drawn faces", bunch)
    first = slice(_N_DRAWN_TRAINING)
    rest = slice(_N_DRAWN_TRAINING, None)
    return faces.take(first, "training"), faces.take(rest, "test")


def _load(
    path: Path,
    labels: Labels | Path | None,
    weights: Path | None = None,
    shape: FaceShape | None = None,
) -> tuple[Faces, np.ndarray]:
    """Load whatever data set a path holds, all of it, and the split of each image."""
    bunch = load_bunch(path, labels, shape or IMAGE_SHAPE)
    if len(bunch.target) and bunch.target.min() < 0:
        raise InputError(
            f"{path}: no column 'emotion': faces without labels, as in the competition's test.csv; "
            "expected a file with labels"
        )
    faces = _faces(real_path(path).name, bunch)
    faces.distribution = bunch.get("label_distribution")
    faces.words = _class_words(path)
    faces.numbers = "" if labels else _remark_on_numbers(faces.words)
    if weights is not None:
        dropped = len(bunch.get("left_out_rows", ()))
        weight = read_weights(weights, len(bunch.target) + dropped)
        faces.weight = weight[bunch.rows] if dropped else weight
    return faces, bunch.usage


def _folder_names(path: Path) -> list[str]:
    """Return the names of the folders of classes, of all splits."""
    from fernet.datasets._class_folders import class_folders, is_split

    folders = class_folders(path) if path.is_dir() else []
    if not all(is_split(folder.name) for folder in folders):
        return [folder.name for folder in folders]
    return list(dict.fromkeys(inner.name for split in folders for inner in class_folders(split)))


def _class_words(path: Path) -> list[str]:
    """Return what classes are called by folders, or by a table of images."""
    from fernet.datasets._parquet_files import ParquetFile, files_in
    from fernet.datasets._picture_table import read_table

    kind = _kind(path)
    if kind == "list of images":
        return sorted(set(read_table(path).labels))
    if kind == "Parquet":
        return sorted({word for file in files_in(path) for word in ParquetFile(file).labels()})
    return _folder_names(path)


def _remark_on_numbers(words: Sequence[str]) -> str:
    from fernet.emotions import taken_for_emotions

    taken = taken_for_emotions(words)
    if not taken:
        return ""
    pairs = ",".join(f"{name}=?" for name in taken)
    return (
        f"the classes {', '.join(taken)} are taken for FER2013's {', '.join(taken.values())}; "
        f'--labels "{pairs}" says what they are'
    )


def _faces(name: str, bunch: Any) -> Faces:
    names, image_shape = list(bunch.target_names), bunch.images.shape[1:]
    left_out = bunch.get("left_out", "")
    return Faces(name, "all", bunch.data, bunch.target, names, image_shape, left_out)


def load_bunch(
    path: Path, labels: Labels | Path | None = None, shape: FaceShape = IMAGE_SHAPE
) -> Any:
    """Load all splits of the data set at a path with the loader of `fernet.datasets` for it.

    Parameters
    ----------
    path : Path
        A file or folder.
    labels : mapping of str to str or None, or Path, default=None
        What folders stand for, or a file of votes on FER2013's faces.
    shape : tuple of int, default=(48, 48)
        What images in folders are brought to.

    Raises
    ------
    InputError
        If folders are not named after emotions, with the option that tells which is which.
    """
    from fernet.datasets import (
        load_cifar10,
        load_fer2013,
        load_image_folder,
        load_image_list,
        load_parquet,
    )
    from fernet.datasets._class_folders import FolderNamesError
    from fernet.datasets._columns import ColumnError

    if isinstance(labels, Path):
        if _kind(path) != "FER2013":
            raise InputError(f"--labels {labels}: votes are on FER2013's faces; {path} has others")
        return load_fer2013(path, "all", labels=labels)
    form: Any = {"image_size": shape[0], "color": len(shape) == 3}
    kind = _kind(path, labels)
    if labels and (kind == "CIFAR-10" or (kind == "FER2013" and not path.is_dir())):
        raise InputError(f"--labels is for folders and lists of images; {path} is {_article(kind)}")
    try:
        if kind == "FER2013":
            return load_fer2013(path, "all", class_names=labels, **form)
        if kind == "CIFAR-10":
            return load_cifar10(path, "all")
        with warnings.catch_warnings():
            # Where a class is not enough, or a number, the command says so itself.
            warnings.filterwarnings("ignore", ".* images are of one class")
            warnings.filterwarnings("ignore", ".* are taken for FER2013's")
            if kind == "Parquet":
                return load_parquet(path, class_names=labels, **form)
            if kind == "list of images":
                return load_image_list(path, class_names=labels, **form)
            return load_image_folder(path, class_names=labels, **form)
    except FolderNamesError as error:
        raise InputError(_for_the_command_line(error)) from None
    except ColumnError as error:
        raise InputError(error.fault) from None
    except ValueError as error:
        raise InputError(str(error).replace("class_names", "--labels")) from None


def _of_one_size(path: Path, labels: Labels | Path | None) -> str | None:
    """Name what a data set has whose images can't be brought to another size, if it is such."""
    from fernet.datasets._csv_source import CSV_NAMES, TRAIN_CSV

    if isinstance(labels, Path):
        return f"the votes of {labels} are on 48x48 grey pixels"
    kind = _kind(path)
    if kind == "CIFAR-10":
        return f"{path} holds CIFAR-10"
    if kind in ("list of images", "Parquet"):
        return None
    tables = [path, *(path / name for name in (*CSV_NAMES, TRAIN_CSV))]
    table = next((table for table in tables if table.is_file()), None)
    return None if table is None else f"{table} has 48x48 grey pixels"


def _article(kind: str) -> str:
    return "CIFAR-10" if kind == "CIFAR-10" else "a file"


def _for_the_command_line(error: FolderNamesError) -> str:
    fault = error.fault.replace(", or FER2013 with load_fer2013", "")
    if not error.suggested:
        return fault
    pairs = ",".join(f"{name}={meant}" for name, meant in error.suggested.items())
    note = " (an emotion for each ?, or nothing to leave the folder out)" if "?" in pairs else ""
    return f'{fault}; or say which folder is which emotion: --labels "{pairs}"{note}'


def _kind(path: Path, labels: Labels | None = None) -> str:
    """Tell which loader a path is for: a folder's by names alone, a file's by its first lines.

    The loader then says what is wrong.
    """
    from fernet.datasets._class_folders import class_folders, emotion_label, is_split
    from fernet.datasets._csv_source import CSV_NAMES, TRAIN_CSV
    from fernet.datasets._parquet_files import is_parquet
    from fernet.datasets._picture_table import is_table

    if is_parquet(path):
        return "Parquet"
    if not path.is_dir():
        if "cifar" in path.name.lower():
            return "CIFAR-10"
        return "list of images" if is_table(path) else "FER2013"
    if (path / "fer2013").is_dir() or any((path / name).is_file() for name in CSV_NAMES):
        return "FER2013"
    if (path / TRAIN_CSV).is_file() and not class_folders(path):
        return "FER2013"
    if any(path.glob("data_batch_1*")) or any(path.glob("cifar*10*")):
        return "CIFAR-10"
    names = _folder_names(path)
    if all(is_split(folder.name) for folder in class_folders(path)):
        if "airplane" in names:
            return "CIFAR-10"
        if labels and names:
            return "FER2013"
    given = {name.lower(): meant for name, meant in (labels or {}).items()}
    meant = [given.get(name.lower(), name) for name in names]
    known = [emotion_label(name) is not None for name in meant if name is not None]
    return "FER2013" if known and all(known) else "class folders"


def _hold_out(faces: Faces, seed: int) -> tuple[Faces, Faces]:
    """Set aside a fifth of each class for the test."""
    import numpy as np
    from sklearn.model_selection import train_test_split

    counts = np.bincount(faces.target, minlength=len(faces.target_names))
    for name, count in zip(faces.target_names, counts, strict=True):
        if count == 1:
            raise InputError(
                f"{faces.name}: class {name!r} has a single image; each needs 2 or more, "
                f"to learn from one and test on another{faces.how_to_leave_out(name)}"
            )
    n_classes = np.count_nonzero(counts)
    n_test = max(round(_TEST_FRACTION * len(faces.target)), n_classes)
    rows = np.arange(len(faces.target))
    try:
        training, test = train_test_split(
            rows, test_size=n_test, stratify=faces.target, random_state=seed
        )
    except ValueError as error:
        raise InputError(f"{faces.name}: too few images to hold out a test: {error}") from None
    return faces.take(np.sort(training), "training"), faces.take(np.sort(test), "held out")
