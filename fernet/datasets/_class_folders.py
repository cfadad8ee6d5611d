"""Lists the images of folders that are named after classes."""

from __future__ import annotations

from pathlib import Path

from fernet.datasets.images import is_hidden, list_images
from fernet.emotions import EMOTIONS


def class_folders(root: Path) -> list[Path]:
    """Folders directly in a folder, sorted by name, without the hidden ones."""
    return sorted(entry for entry in root.iterdir() if entry.is_dir() and not is_hidden(entry.name))


def emotion_label(name: str) -> int | None:
    """Label of the emotion that a folder is named after, by name or by number, or None."""
    name = name.lower()
    if name in EMOTIONS:
        return EMOTIONS.index(name)
    if name in map(str, range(len(EMOTIONS))):
        return int(name)
    return None


def list_class(folder: Path) -> list[Path]:
    """Images of one class; it is an error if there are none."""
    images = list_images(folder)
    if not images:
        raise ValueError(f"{folder}: a folder with no images")
    return images
