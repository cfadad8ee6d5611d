"""What ``--data`` may name, as faces to learn from and faces to judge by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from fernet.cli.class_remarks import remark_on_classes, remark_on_numbers, remark_on_spelling
from fernet.cli.errors import InputError
from fernet.cli.faces import Faces
from fernet.cli.groups import find_groups, remark_on_groups, remark_on_names, split_by_group
from fernet.cli.labels import Labels, read_weights
from fernet.cli.loading import (
    folder_names,
    has_columns,
    is_fer2013_file,
    load_bunch,
    of_one_size,
)
from fernet.cli.near_copies import remark_on_near_copies
from fernet.cli.paths import real_path
from fernet.cli.uncropped import remark_on_photos
from fernet.emotions import IMAGE_SHAPE

if TYPE_CHECKING:
    import numpy as np

    from fernet.datasets.face_shapes import FaceShape

__all__ = [
    "DataPlan",
    "check_test",
    "load_for_evaluation",
    "load_for_training",
    "numbers_of",
]
__dir__ = __all__.copy

_N_DRAWN_TRAINING, _N_DRAWN_TEST = 6000, 1500
_DRAWN_SEED = 0
_TEST_FRACTION = 0.2
_HELD_OUT = "held out"
_FORM = "--image-size and --color"


class DataPlan(Protocol):
    """What a command's options say of the images to learn from."""

    data: Path | None
    labels: Labels | Path | None
    image_size: int | None
    color: bool | None
    groups: str | None
    seed: int


def load_for_training(
    path: Path | None,
    seed: int,
    labels: Labels | Path | None = None,
    weights: Path | None = None,
    shape: FaceShape | None = None,
    learnt: FaceShape | None = None,
    groups: str | None = None,
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
    groups : str, default=None
        What tells whose face each is, see `fernet.cli.groups.find_groups`: whom a data set without
        splits holds out for the test, nothing is learnt of.

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
        if groups is not None:
            raise InputError("--groups is about the images of --data, which is not given")
        return _drawn_faces()
    _check_name(path)
    found = of_one_size(path, labels)
    if shape is not None and found:
        raise InputError(f"{_FORM} are for folders and lists of images; {found}")
    faces, usage = _load(path, labels, weights, shape or (None if found else learnt), groups)
    training, test = _split(path, faces, usage, seed)
    note = remark_on_groups(training, test)
    if faces.groups is None:
        note = remark_on_near_copies(training, test, by_chance=test.split == _HELD_OUT)
    if note:
        training.notes = [*training.notes, note]
    return training, test


def _split(path: Path, faces: Faces, usage: np.ndarray, seed: int) -> tuple[Faces, Faces]:
    """Go by the data set's own split, if it has one."""
    for training, test in (("Training", "PublicTest"), ("train", "test")):
        if (usage == training).any() and (usage == test).any():
            to_learn = _check_classes(path, faces.take(usage == training, training))
            notes = [_remark_on_one_image(name, faces) for name in to_learn.with_one_image]
            to_learn.notes = [*to_learn.notes, *notes]
            return to_learn, faces.take(usage == test, test)
    if (usage == "Training").any():
        faces = faces.take(usage == "Training", "Training")
    return _hold_out(_check_classes(path, faces), seed)


def _remark_on_one_image(name: str, faces: Faces) -> str:
    return (
        f"the class {name!r} has a single image to learn from, perhaps by a slip of the pen"
        f"{faces.how_to_leave_out(name)}"
    )


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

    try:
        check_storable_text([real_path(path).name], "--data")
    except ValueError as error:
        raise InputError(f"{error}; give the file or folder another name") from None


def _check_classes(path: Path, faces: Faces) -> Faces:
    """Refuse what there is nothing to learn from, and what no report could tell."""
    from fernet.datasets._picture_table import table_hint
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
    by: str | None = None,
) -> Faces:
    """Return the split asked for; by default the test split, or all where there is none.

    Images in folders are brought to the shape that a model has learnt, if that is known. They know
    what ``--by`` tells of them beside whose they are.
    """
    from fernet.datasets._class_folders import NO_SPLIT

    shape = None if of_one_size(path, labels) else learnt
    faces, usage = _load(path, labels, shape=shape, groups=by, option="--by")
    if by is not None:
        faces.by = faces.groups
        # A table knows of another column whose they are, and has to be read by it.
        is_table = has_columns(path, labels)
        faces.groups = _load(path, labels, shape=shape)[0].groups if is_table else None
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
    groups: str | None = None,
    option: str = "--groups",
) -> tuple[Faces, np.ndarray]:
    """Load whatever data set a path holds, all of it, and the split of each image."""
    bunch = load_bunch(path, labels, shape or IMAGE_SHAPE, groups)
    if len(bunch.target) and bunch.target.min() < 0:
        raise InputError(
            f"{path}: no column 'emotion': faces without labels, as in the competition's test.csv; "
            "expected a file with labels"
        )
    faces = _faces(real_path(path).name, bunch)
    faces.distribution = _distribution(bunch)
    if labels is not None or not is_fer2013_file(path):
        faces.words = bunch.get("label_words") or folder_names(path)
    in_words = isinstance(labels, dict) or not _are_numbers(faces.words)
    faces = _of_emotions_present(faces, in_words=in_words)
    faces.groups = find_groups(path, bunch, groups, option)
    notes = (
        bunch.get("left_out", ""),
        f"{faces.name}: faces cut out at their boxes" if "boxes" in bunch else "",
        remark_on_numbers(numbers_of(faces, labels)),
        "" if isinstance(labels, Mapping) else remark_on_classes(faces.present),
        remark_on_spelling(faces.target_names),
        "" if faces.groups is None else remark_on_names(faces.groups),
        "" if "boxes" in bunch else remark_on_photos(bunch.get("filenames", ())),
    )
    faces.notes = [note for note in notes if note]
    if weights is not None:
        dropped = len(bunch.get("left_out_rows", ()))
        weight = read_weights(weights, len(bunch.target) + dropped)
        faces.weight = weight[bunch.rows] if dropped else weight
    return faces, bunch.usage


def _distribution(bunch: Any) -> np.ndarray | None:
    """Shares of the votes for each of the names of classes, if there are votes."""
    import numpy as np

    shares = bunch.get("label_distribution")
    n_classes = len(bunch.target_names)
    if shares is None or shares.shape[1] == n_classes:
        return shares
    of_all = np.zeros((len(shares), n_classes), np.float32)
    of_all[:, bunch.distribution_labels] = shares
    return of_all


def numbers_of(faces: Faces, labels: Labels | Path | None) -> dict[str, str]:
    """Tell which numbers of the data are taken for emotions, while nothing says that they are.

    Parameters
    ----------
    faces : Faces
        As they were loaded.
    labels : mapping of str to str or None, or Path, or None
        What the user says of folders and labels.

    Returns
    -------
    dict of str to str
        The emotion that each is taken for.
    """
    from fernet.datasets._labelled_images import numbers_taken
    from fernet.emotions import EMOTIONS

    if not set(faces.target_names) <= set(EMOTIONS):
        return {}
    return numbers_taken(faces.words, labels if isinstance(labels, Mapping) else None)


def _are_numbers(words: Sequence[str]) -> bool:
    from fernet.emotions import label_numbers

    return not words or label_numbers(words) is not None


def _of_emotions_present(faces: Faces, *, in_words: bool) -> Faces:
    """Leave FER2013's emotions that have no faces out, where words tell which are which.

    What is learnt has their names then: some of FER2013's numbers might be anything.
    """
    import numpy as np

    from fernet.emotions import EMOTIONS

    present, target = np.unique(faces.target, return_inverse=True)
    if not in_words or faces.target_names != list(EMOTIONS) or len(present) == len(EMOTIONS):
        return faces
    faces.target, faces.target_names = target.astype(np.int64), faces.present
    if faces.distribution is not None:
        faces.distribution = faces.distribution[:, present]
    return faces


def _faces(name: str, bunch: Any) -> Faces:
    names, image_shape = list(bunch.target_names), bunch.images.shape[1:]
    return Faces(name, "all", bunch.data, bunch.target, names, image_shape)


def _hold_out(faces: Faces, seed: int) -> tuple[Faces, Faces]:
    """Set aside a fifth of each class for the test, of whole groups if there are any."""
    import numpy as np

    if single := faces.with_one_image:
        raise InputError(
            f"{faces.name}: class {single[0]!r} has a single image; each needs 2 or more, "
            f"to learn from one and test on another{faces.how_to_leave_out(single[0])}"
        )
    if faces.groups is not None:
        rows, held_out = split_by_group(faces, _TEST_FRACTION, seed)
        return faces.take(rows, "training"), faces.take(held_out, _HELD_OUT)
    from sklearn.model_selection import train_test_split

    n_classes = len(faces.present)
    n_test = max(round(_TEST_FRACTION * len(faces.target)), n_classes)
    rows = np.arange(len(faces.target))
    try:
        training, test = train_test_split(
            rows, test_size=n_test, stratify=faces.target, random_state=seed
        )
    except ValueError as error:
        raise InputError(f"{faces.name}: too few images to hold out a test: {error}") from None
    return faces.take(np.sort(training), "training"), faces.take(np.sort(test), _HELD_OUT)
