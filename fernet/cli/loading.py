"""Reads what ``--data`` names with the loader that it is for."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fernet.cli.errors import InputError
from fernet.cli.labels import Labels
from fernet.emotions import IMAGE_SHAPE

if TYPE_CHECKING:
    from fernet.datasets._class_folders import FolderNamesError
    from fernet.datasets.face_shapes import FaceShape

__all__ = ["folder_names", "is_fer2013_file", "load_bunch", "of_one_size"]
__dir__ = __all__.copy


def load_bunch(
    path: Path,
    labels: Labels | Path | None = None,
    shape: FaceShape = IMAGE_SHAPE,
    groups: str | None = None,
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
    groups : str, default=None
        The header of a table's column that tells whose face each is. If it is none, what a column
        tells by itself does not count.

    Raises
    ------
    InputError
        If folders are not named after emotions, with the option that tells which is which.
    """
    from fernet.datasets import (
        _parquet_files,
        _picture_table,
        load_cifar10,
        load_fer2013,
        load_image_folder,
        load_image_list,
        load_parquet,
    )
    from fernet.datasets._class_folders import FolderNamesError
    from fernet.datasets._columns import ColumnError
    from fernet.datasets._missing_labels import MissingLabelError

    if isinstance(labels, Path):
        if _kind(path) != "FER2013":
            raise InputError(f"--labels {labels}: votes are on FER2013's faces; {path} has others")
        return load_fer2013(path, "all", labels=labels)
    form: Any = {"image_size": shape[0], "color": len(shape) == 3}
    kind = _kind(path, labels, groups)
    if labels and (kind == "CIFAR-10" or (kind == "FER2013" and not path.is_dir())):
        raise InputError(f"--labels is for folders and lists of images; {path} is {_article(kind)}")
    try:
        if kind == "FER2013":
            return load_fer2013(path, "all", class_names=labels, **form)
        if kind == "CIFAR-10":
            return load_cifar10(path, "all")
        with warnings.catch_warnings():
            # Of a class that is not enough, a number or votes without a share it says so itself.
            warnings.filterwarnings("ignore", ".* left out of the shares")
            warnings.filterwarnings("ignore", ".* images are of one class")
            warnings.filterwarnings("ignore", ".* are taken for FER2013's")
            warnings.filterwarnings("ignore", ".* differ in how they are written alone")
            if kind in ("Parquet", "list of images"):
                is_list = kind == "list of images"
                load = load_image_list if is_list else load_parquet
                has_column = _picture_table.has_column if is_list else _parquet_files.has_column
                column = groups if groups and has_column(path, groups) else None
                bunch = load(path, class_names=labels, group_column=column, **form)
                if groups and column is None:
                    bunch.pop("groups", None)
                return bunch
            return load_image_folder(path, class_names=labels, **form)
    except FolderNamesError as error:
        raise InputError(_for_the_command_line(error)) from None
    except ColumnError as error:
        raise InputError(error.fault) from None
    except MissingLabelError as error:
        word = error.label.written
        cure = f'--labels "{word}=" leaves such images out' if word else "give it one, or remove it"
        raise InputError(f"{error.label}; {cure}") from None
    except ValueError as error:
        raise InputError(str(error).replace("class_names", "--labels")) from None


def of_one_size(path: Path, labels: Labels | Path | None) -> str | None:
    """Name what a data set has whose images can't be brought to another size, if it is such."""
    from fernet.datasets._csv_source import CSV_NAMES, TRAIN_CSV

    if isinstance(labels, Path):
        return f"the votes of {labels} are on 48x48 grey pixels"
    kind = _kind(path, labels)
    if kind == "CIFAR-10":
        return f"{path} holds CIFAR-10"
    if kind in ("list of images", "Parquet"):
        return None
    tables = [path, *(path / name for name in (*CSV_NAMES, TRAIN_CSV))]
    table = next((table for table in tables if table.is_file()), None)
    return None if table is None else f"{table} has 48x48 grey pixels"


def has_columns(path: Path, labels: Labels | Path | None = None) -> bool:
    """Tell whether a data set is a table, of which a column may tell whose the faces are."""
    return not isinstance(labels, Path) and _kind(path, labels) in ("list of images", "Parquet")


def is_fer2013_file(path: Path) -> bool:
    """Tell whether a path is a file in FER2013's form, whose numbers of emotions are known.

    Examples
    --------
    >>> from pathlib import Path
    >>> from fernet.cli.loading import is_fer2013_file
    >>> is_fer2013_file(Path("faces"))
    False
    """
    return path.is_file() and _kind(path) == "FER2013"


def folder_names(path: Path) -> list[str]:
    """Return the names of the folders of classes, of all splits."""
    from fernet.datasets._class_folders import class_folders, is_split

    folders = class_folders(path) if path.is_dir() else []
    if not all(is_split(folder.name) for folder in folders):
        return [folder.name for folder in folders]
    return list(dict.fromkeys(inner.name for split in folders for inner in class_folders(split)))


def _article(kind: str) -> str:
    return "CIFAR-10" if kind == "CIFAR-10" else "a file"


def _for_the_command_line(error: FolderNamesError) -> str:
    fault = error.fault.replace(", or FER2013 with load_fer2013", "")
    if not error.suggested:
        return fault
    pairs = ",".join(f"{name}={meant}" for name, meant in error.suggested.items())
    note = " (an emotion for each ?, or nothing to leave the folder out)" if "?" in pairs else ""
    return f'{fault}; or say which folder is which emotion: --labels "{pairs}"{note}'


def _kind(path: Path, labels: Labels | None = None, groups: str | None = None) -> str:
    """Tell which loader a path is for: a folder's by names alone, a file's by its first lines.

    The loader then says what is wrong. Pixels in a table are FER2013's by its own loader unless
    they can't be, or labels or groups are told of, which that does not know.
    """
    from fernet.datasets._class_folders import class_folders, is_split
    from fernet.datasets._csv_source import CSV_NAMES, TRAIN_CSV
    from fernet.datasets._emotion_words import emotion_label
    from fernet.datasets._fer_csv import is_other_form
    from fernet.datasets._parquet_files import is_parquet
    from fernet.datasets._picture_table import is_table
    from fernet.datasets._pixel_rows import first_rows, holds_pixels
    from fernet.datasets._spelling import as_compared

    if is_parquet(path):
        return "Parquet"
    if not path.is_dir():
        if "cifar" in path.name.lower():
            return "CIFAR-10"
        if is_table(path):
            return "list of images"
        rows = first_rows(path)
        is_told = bool(labels) or groups is not None
        is_list = holds_pixels(rows) and (is_told or is_other_form(rows))
        return "list of images" if is_list else "FER2013"
    if (path / "fer2013").is_dir() or any((path / name).is_file() for name in CSV_NAMES):
        return "FER2013"
    if (path / TRAIN_CSV).is_file() and not class_folders(path):
        return "FER2013"
    if any(path.glob("data_batch_1*")) or any(path.glob("cifar*10*")):
        return "CIFAR-10"
    names = folder_names(path)
    if "airplane" in names and all(is_split(folder.name) for folder in class_folders(path)):
        return "CIFAR-10"
    given = {as_compared(name): meant for name, meant in (labels or {}).items()}
    meant = [given.get(as_compared(name), name) for name in names]
    known = [emotion_label(name) is not None for name in meant if name is not None]
    return "FER2013" if known and all(known) else "class folders"
