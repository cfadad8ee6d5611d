"""Reads CIFAR-10's batches, binary or pickled, from a folder or from the archive they come in."""

from __future__ import annotations

import lzma
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from fernet.datasets._restricted_pickle import UnsafePickleError, load_plain

IMAGE_SHAPE = (32, 32, 3)
N_PIXELS = 32 * 32 * 3
N_CLASSES = 10
# The originals are 31 MB; Python 3 writes the same under protocol 2 as 45 MB.
MAX_BATCH_BYTES = 128 << 20

_STEMS = {"train": tuple(f"data_batch_{i}" for i in range(1, 6)), "test": ("test_batch",)}


class Batch(NamedTuple):
    """Some images: uint8 (n, 3072), red, then green, then blue planes; labels int64 (n,)."""

    planes: np.ndarray
    labels: np.ndarray
    usage: str


def has_batches(folder: Path) -> bool:
    """Whether a folder holds batches, all or some, of either version."""
    return any(
        (folder / f"{stem}{suffix}").is_file()
        for stems in _STEMS.values()
        for stem in stems
        for suffix in (".bin", "")
    )


def read_batches(path: Path, wanted: tuple[str, ...]) -> list[Batch]:
    """Read the batches of the wanted splits, those of "train" first.

    Parameters
    ----------
    path : Path
        The folder of the batches, or the archive.
    wanted : tuple of {"train", "test"}
        The splits.

    Raises
    ------
    ValueError
        If a batch is missing or is not what it should be; the message names it.
    """
    usages: dict[str, str] = {
        stem: usage for usage in ("train", "test") if usage in wanted for stem in _STEMS[usage]
    }
    files = _files_in_folder(path, usages) if path.is_dir() else _files_in_archive(path, usages)
    batches: dict[str, Batch] = {}
    for stem, name, data in files:
        parse = _parse_binary if name.endswith(".bin") else _parse_pickle
        batches[stem] = Batch(*parse(data, name), usages[stem])
    missing = [stem for stem in usages if stem not in batches]
    if missing:
        raise ValueError(
            f"{path}: no {missing[0]} or {missing[0]}.bin; this version of CIFAR-10 is not complete"
        )
    return [batches[stem] for stem in usages]


def _files_in_folder(folder: Path, stems: dict[str, str]) -> Iterator[tuple[str, str, bytes]]:
    for stem in stems:
        for path in (folder / f"{stem}.bin", folder / stem):
            if path.is_file():
                _check_length(path.stat().st_size, str(path))
                yield stem, str(path), path.read_bytes()
                break


def _files_in_archive(path: Path, stems: dict[str, str]) -> Iterator[tuple[str, str, bytes]]:
    """Read the batches out of a tar archive, compressed or not, without unpacking it to disk."""
    try:
        with tarfile.open(path, "r|*") as archive:
            for member in archive:
                stem = member.name.rsplit("/", 1)[-1].removesuffix(".bin")
                if stem in stems and member.isfile():
                    name = f"{path}/{member.name}"
                    _check_length(member.size, name)
                    stream = archive.extractfile(member)
                    assert stream is not None
                    yield stem, name, stream.read()
    except (tarfile.TarError, EOFError, zlib.error, lzma.LZMAError) as error:
        raise ValueError(f"{path}: not an archive of CIFAR-10, or cut short ({error})") from error


def _check_length(n_bytes: int, name: str) -> None:
    if n_bytes > MAX_BATCH_BYTES:
        raise ValueError(f"{name}: {n_bytes} bytes; a batch has at most {MAX_BATCH_BYTES}")
    if n_bytes == 0:
        raise ValueError(f"{name}: the file is empty")


def _parse_binary(data: bytes, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Records of one byte of label and 3072 of pixels."""
    if len(data) % (N_PIXELS + 1):
        raise ValueError(
            f"{name}: {len(data)} bytes, which is no whole number of records of "
            f"{N_PIXELS + 1}; the file may be cut short"
        )
    records = np.frombuffer(data, np.uint8).reshape(-1, N_PIXELS + 1)
    return records[:, 1:], _check_labels(records[:, 0], name)


def _parse_pickle(data: bytes, name: str) -> tuple[np.ndarray, np.ndarray]:
    """A dict with the images under "data" and a list under "labels"."""
    try:
        batch = load_plain(data)
    except UnsafePickleError as error:
        raise ValueError(f"{name}: {error}") from error
    if not isinstance(batch, dict):
        raise ValueError(f"{name}: the pickle holds a {type(batch).__name__}; expected a dict")
    planes, labels = (batch.get(key.encode(), batch.get(key)) for key in ("data", "labels"))
    if (
        not isinstance(planes, np.ndarray)
        or planes.dtype != np.uint8
        or planes.ndim != 2
        or planes.shape[1] != N_PIXELS
        or len(planes) == 0
    ):
        raise ValueError(
            f"{name}: 'data' is {_described(planes)}; expected a uint8 array of "
            f"shape (n, {N_PIXELS})"
        )
    if isinstance(labels, list) and all(type(label) is int for label in labels):
        labels = np.array(labels, np.int64)
    if not isinstance(labels, np.ndarray) or labels.shape != (len(planes),):
        raise ValueError(
            f"{name}: 'labels' is {_described(labels)}; expected {len(planes)} "
            f"integers, one for each image"
        )
    return planes, _check_labels(labels, name)


def _described(value: object) -> str:
    if value is None:
        return "missing"
    if isinstance(value, np.ndarray):
        return f"a {value.dtype} array of shape {value.shape}"
    return f"a {type(value).__name__}" + (f" of {len(value)}" if isinstance(value, list) else "")


def _check_labels(labels: np.ndarray, name: str) -> np.ndarray:
    wrong = np.flatnonzero((labels < 0) | (labels >= N_CLASSES))
    if wrong.size:
        raise ValueError(
            f"{name}, image {wrong[0] + 1}: the label is {labels[wrong[0]]}; "
            f"expected 0 to {N_CLASSES - 1}"
        )
    return labels.astype(np.int64)
