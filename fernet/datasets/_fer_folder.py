"""Finds FER2013 in folders of images and tells each image's label and split."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from fernet.datasets._class_folders import class_folders, emotion_label, list_class
from fernet.datasets._fer_csv import USAGES, Rows
from fernet.datasets.images import read_images
from fernet.emotions import EMOTIONS, IMAGE_SHAPE

_VALIDATION_NAMES = ("validation", "valid", "val", "publictest")


def is_image_folder(root: Path) -> bool:
    """Whether a folder holds folders of emotions, or folders of splits that do."""
    folders = class_folders(root)
    return any(
        _is_class(folder) or any(_is_class(inner) for inner in class_folders(folder))
        for folder in folders
    )


def read_folder(root: Path, wanted: tuple[str, ...], n_jobs: int | None) -> tuple[Rows, list[str]]:
    """Read the images of the wanted splits, and their paths, in the order of the paths.

    Raises
    ------
    ValueError
        If a folder is named after no emotion or has no images, or an image can not be read.
    """
    paths, labels, usages = [], [], []
    for folder, usage in _split_folders(root):
        for inner in class_folders(folder):
            label = emotion_label(inner.name)
            if label is None:
                raise ValueError(
                    f"{inner}: a folder named after no emotion; expected "
                    f"{', '.join(EMOTIONS)}, or the labels 0 to 6"
                )
            images = list_class(inner)
            paths += images
            labels += [label] * len(images)
            usages += [_usage_in_name(image.name, usage) for image in images]
    keep = [i for i, usage in enumerate(usages) if usage in wanted]
    if not keep:
        raise ValueError(f"{root}: no {' or '.join(wanted)} images among {len(paths)}")
    paths = [paths[i] for i in keep]
    pixels, _ = read_images(paths, IMAGE_SHAPE, n_jobs=n_jobs)
    return Rows(
        pixels,
        np.array([labels[i] for i in keep], np.int64),
        np.array([USAGES.index(usages[i]) for i in keep], np.uint8),
    ), list(map(str, paths))


def _is_class(folder: Path) -> bool:
    return emotion_label(folder.name) is not None


def _split_folders(root: Path) -> list[tuple[Path, str]]:
    """Folders of splits, each with the split of images whose names do not tell theirs."""
    folders = class_folders(root)
    if any(_is_class(folder) for folder in folders):
        return [(root, _usage_of_folder(root.name, has_validation=False) or "Training")]
    has_validation = any(folder.name.lower() in _VALIDATION_NAMES for folder in folders)
    splits = []
    for folder in folders:
        usage = _usage_of_folder(folder.name, has_validation)
        if usage is None:
            raise ValueError(
                f"{folder}: a folder named after neither a split nor an emotion; "
                f"expected train, validation or test"
            )
        splits.append((folder, usage))
    return sorted(splits, key=lambda split: (USAGES.index(split[1]), split[0]))


def _usage_of_folder(name: str, has_validation: bool) -> str | None:
    """Split that a folder's name means; "test" is the last of two or three."""
    name = name.lower()
    if name in ("train", "training"):
        return "Training"
    if name in _VALIDATION_NAMES:
        return "PublicTest"
    if name == "privatetest":
        return "PrivateTest"
    if name in ("test", "testing"):
        return "PrivateTest" if has_validation else "PublicTest"
    return None


def _usage_in_name(name: str, otherwise: str) -> str:
    """Split that a file's name begins with, as Kaggle's folder has it."""
    for usage in USAGES:
        if name.startswith(usage + "_"):
            return usage
    return otherwise
