"""What ``--data`` may name, as faces to learn from and faces to judge by."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fernet.cli.errors import InputError

if TYPE_CHECKING:
    import numpy as np

__all__ = ["Faces", "load_bunch", "load_for_evaluation", "load_for_training"]
__dir__ = __all__.copy

_N_DRAWN_TRAINING, _N_DRAWN_TEST = 6000, 1500
_DRAWN_SEED = 0
_TEST_FRACTION = 0.2
_TRAINING_FOLDERS = ("train", "training", "val", "valid", "validation")
_TEST_FOLDERS = ("test", "testing", "publictest", "privatetest")
_SPLIT_FOLDERS = frozenset((*_TRAINING_FOLDERS, *_TEST_FOLDERS))


@dataclass(slots=True)
class Faces:
    """Labelled images.

    Parameters
    ----------
    name, split : str
        Where they come from, and which part of it they are.
    data : ndarray of uint8, shape (n_samples, n_features)
        Pixels.
    target : ndarray of int64, shape (n_samples,)
        Indices into `target_names`.
    target_names : list of str
        Names of the classes.
    image_shape : tuple of int
        How a row reads as an image: height, width and, in colour, channels.
    """

    name: str
    split: str
    data: np.ndarray
    target: np.ndarray
    target_names: list[str]
    image_shape: tuple[int, ...]

    @property
    def images(self) -> np.ndarray:
        """The data as images, which rows in colour would not tell a network."""
        return self.data.reshape(len(self.data), *self.image_shape)

    def take(self, rows: np.ndarray | slice, split: str) -> Faces:
        """Return some of the faces as a split of their own."""
        return replace(self, split=split, data=self.data[rows], target=self.target[rows])

    def labels(self) -> np.ndarray:
        """Return what a model is to learn: FER2013's numbers for emotions, else names."""
        import numpy as np

        from fernet.emotions import EMOTIONS

        if self.target_names == list(EMOTIONS):
            return self.target
        return np.array(self.target_names)[self.target]

    def description(self) -> dict[str, Any]:
        """Return name, split and count, fit for a model file."""
        return {"name": self.name, "split": self.split, "n_samples": len(self.target)}


def load_for_training(path: Path | None, seed: int) -> tuple[Faces, Faces]:
    """Return faces to train on and faces to test on.

    Parameters
    ----------
    path : Path or None
        None draws faces; else a file or folder that `fernet.datasets` can load.
    seed : int
        Decides which images are held out where the data set has no split of its own.

    Returns
    -------
    training, test : Faces
        FER2013's Training and PublicTest; CIFAR-10's train and test; a fifth of each class
        held out of other folders.
    """
    if path is None:
        return _drawn_faces()
    faces, usage = _load(path)
    for training, test in (("Training", "PublicTest"), ("train", "test")):
        if (usage == training).any() and (usage == test).any():
            return faces.take(usage == training, training), faces.take(usage == test, test)
    if (usage == "Training").any():
        faces = faces.take(usage == "Training", "Training")
    return _hold_out(faces, seed)


def load_for_evaluation(path: Path, subset: str | None) -> Faces:
    """Return the split asked for; by default the test split, or all where there is none."""
    faces, usage = _load(path)
    present = sorted(set(usage.tolist()))
    if subset == "all":
        return faces
    if subset is not None:
        if subset not in present:
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


def _load(path: Path) -> tuple[Faces, np.ndarray]:
    """Load whatever data set a path holds, all of it, and the split of each image."""
    bunch = load_bunch(path)
    return _faces(path.resolve().name, bunch), bunch.usage


def _faces(name: str, bunch: Any) -> Faces:
    names, image_shape = list(bunch.target_names), bunch.images.shape[1:]
    return Faces(name, "all", bunch.data, bunch.target, names, image_shape)


def load_bunch(path: Path) -> Any:
    """Load all splits of the data set at a path with the loader of `fernet.datasets` for it."""
    from fernet.datasets import load_cifar10, load_fer2013, load_image_folder

    kind = _kind(path)
    if kind == "FER2013":
        return load_fer2013(path, "all")
    return load_cifar10(path, "all") if kind == "CIFAR-10" else load_image_folder(path)


def _kind(path: Path) -> str:
    """Tell by names alone which loader a path is for; the loader then says what is wrong."""
    from fernet.datasets._class_folders import class_folders, emotion_label
    from fernet.datasets._csv_source import CSV_NAMES

    if not path.is_dir():
        return "CIFAR-10" if "cifar" in path.name.lower() else "FER2013"
    if (path / "fer2013").is_dir() or any((path / name).is_file() for name in CSV_NAMES):
        return "FER2013"
    if any(path.glob("data_batch_1*")) or any(path.glob("cifar*10*")):
        return "CIFAR-10"
    folders = class_folders(path)
    names = [folder.name for folder in folders]
    if set(map(str.lower, names)) <= _SPLIT_FOLDERS:
        names = [inner.name for folder in folders for inner in class_folders(folder)]
        if "airplane" in names:
            return "CIFAR-10"
    emotions = bool(names) and all(emotion_label(name) is not None for name in names)
    return "FER2013" if emotions else "class folders"


def _hold_out(faces: Faces, seed: int) -> tuple[Faces, Faces]:
    """Set aside a fifth of each class for the test."""
    import numpy as np
    from sklearn.model_selection import train_test_split

    counts = np.bincount(faces.target, minlength=len(faces.target_names))
    for name, count in zip(faces.target_names, counts, strict=True):
        if count == 1:
            raise InputError(
                f"{faces.name}: class {name!r} has a single image; each needs 2 or more, "
                "to learn from one and test on another"
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
