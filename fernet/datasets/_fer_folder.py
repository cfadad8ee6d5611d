"""Finds FER2013 in folders of images and tells each image's label and split."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from fernet.datasets._class_folders import (
    VALIDATION_NAMES,
    FolderNamesError,
    class_folders,
    count_stray,
    doubtful,
    iter_class,
    meanings,
    split_word,
    usage_in_name,
    usage_of_split,
)
from fernet.datasets._emotion_words import emotion_label
from fernet.datasets._fer_csv import USAGES, Rows
from fernet.datasets._left_out import LeftOut
from fernet.datasets._spelling import as_compared
from fernet.datasets.face_shapes import FaceShape
from fernet.datasets.images import read_images
from fernet.emotions import EMOTIONS, IMAGE_SHAPE

ClassNames = Mapping[str, str | int | None] | None


def is_image_folder(root: Path, class_names: ClassNames = None) -> bool:
    """Whether a folder holds folders of emotions, or folders of splits that do."""
    folders = class_folders(root)
    return any(
        _is_class(folder, class_names)
        or any(_is_class(inner, class_names) for inner in class_folders(folder))
        for folder in folders
    )


def read_folder(
    root: Path,
    wanted: tuple[str, ...],
    n_jobs: int | None,
    class_names: ClassNames = None,
    shape: FaceShape = IMAGE_SHAPE,
) -> tuple[Rows, dict[str, object]]:
    """Read the images of the wanted splits, in the order of the paths.

    Returns
    -------
    rows : Rows
    others : dict
        ``filenames``, the paths, and ``left_out``, a remark on files that are no pictures.

    Raises
    ------
    ValueError
        If a folder is named after no emotion or has no images, or an image can not be read.
    """
    paths, labels, usages = [], [], []
    left_out = LeftOut()
    splits = _split_folders(root, class_names)
    label_of = _labels(
        [inner for folder, *_ in splits for inner in class_folders(folder)], class_names
    )
    for folder, usage, in_names in splits:
        count_stray(folder, left_out)
        for inner in class_folders(folder):
            label = label_of[inner.name]
            if label is None:
                continue
            images = list(iter_class(inner, left_out))
            paths += images
            labels += [label] * len(images)
            usages += [usage_in_name(image.name, in_names, usage) for image in images]
    keep = [i for i, usage in enumerate(usages) if usage in wanted]
    if not keep:
        raise ValueError(f"{root}: no {' or '.join(wanted)} images among {len(paths)}")
    paths = [paths[i] for i in keep]
    pixels, _ = read_images(paths, shape, n_jobs=n_jobs)
    return Rows(
        pixels,
        np.array([labels[i] for i in keep], np.int64),
        np.array([USAGES.index(usages[i]) for i in keep], np.uint8),
    ), {"filenames": list(map(str, paths)), "left_out": left_out.remark()}


def _labels(folders: list[Path], class_names: ClassNames) -> dict[str, int | None]:
    """Label of each folder's name; None for those that the user leaves out."""
    names = [folder.name for folder in folders]
    meant = meanings(names, class_names)
    labels = {name: None if word is None else emotion_label(word) for name, word in meant.items()}
    unknown = [
        folder
        for folder in folders
        if meant[folder.name] is not None and labels[folder.name] is None
    ]
    if unknown:
        word = meant[unknown[0].name]
        named = "" if word == unknown[0].name else f" ({word!r})"
        raise FolderNamesError(
            f"{unknown[0]}: a folder named after no emotion{named}; expected "
            f"{', '.join(EMOTIONS)}, or the labels 0 to 6",
            doubtful(names),
        )
    return labels


def _is_class(folder: Path, class_names: ClassNames) -> bool:
    given = {as_compared(str(name)) for name in class_names or ()}
    return emotion_label(folder.name) is not None or as_compared(folder.name) in given


def _split_folders(root: Path, class_names: ClassNames) -> list[tuple[Path, str, tuple[str, ...]]]:
    """Folders of splits, each with its split, and with those that images' names may tell instead.

    A folder counts for more than a name, as FER2013's images are also split anew under their old
    names; but Kaggle's ``test`` holds both of the competition's tests, which names alone tell.
    """
    folders = class_folders(root)
    if any(_is_class(folder, class_names) for folder in folders):
        usage = usage_of_split(root.name, has_validation=False)
        return [(root, usage or "Training", USAGES if usage is None else _in_names(usage))]
    has_validation = any(split_word(folder.name) in VALIDATION_NAMES for folder in folders)
    splits = []
    for folder in folders:
        usage = usage_of_split(folder.name, has_validation=has_validation)
        if usage is None:
            raise ValueError(
                f"{folder}: a folder named after neither a split nor an emotion; "
                f"expected train, validation or test"
            )
        splits.append((folder, usage, () if has_validation else _in_names(usage)))
    return sorted(splits, key=lambda split: (USAGES.index(split[1]), split[0]))


def _in_names(usage: str) -> tuple[str, ...]:
    return () if usage == "Training" else USAGES[1:]
