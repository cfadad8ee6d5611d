"""Opens a CSV as a stream of bytes, whether plain, gzipped, zipped or in a tar archive."""

from __future__ import annotations

import contextlib
import gzip
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

CSV_NAMES = ("fer2013.csv", "icml_face_data.csv")

_ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")
_TAR_MAGIC = b"ustar"
_TAR_MAGIC_AT = 257
_DAMAGE = (
    EOFError,
    zlib.error,
    lzma.LZMAError,
    gzip.BadGzipFile,
    zipfile.BadZipFile,
    tarfile.TarError,
    NotImplementedError,
)


class CsvSource:
    """A CSV being read, and its name for messages.

    Parameters
    ----------
    stream : binary file
        Gives the bytes of the CSV.
    name : str
        The file, and the place within it if it is an archive.
    """

    def __init__(self, stream: io.RawIOBase | io.BufferedIOBase | IO[bytes], name: str) -> None:
        self.name = name
        self._stream = stream

    def readinto(self, buffer: memoryview) -> int:
        """Fill the start of a buffer; 0 means that the file has ended."""
        with _damage_named(self.name):
            return self._stream.readinto(buffer) or 0  # type: ignore[union-attr]


@contextlib.contextmanager
def open_csv(path: Path) -> Iterator[CsvSource]:
    """Open the CSV that a file is or holds.

    The kind is told from the first bytes, not from the name.

    Raises
    ------
    ValueError
        If an archive is damaged or does not hold exactly one CSV to read.
    """
    with contextlib.ExitStack() as stack:
        stream = stack.enter_context(open(path, "rb", buffering=0))
        start = stream.read(_TAR_MAGIC_AT + len(_TAR_MAGIC))
        stream.seek(0)
        if start.startswith(_ZIP_MAGIC):
            yield _open_zip(path, stack)
        elif start.startswith(b"\x1f\x8b"):
            yield _open_gzip(path, stack)
        elif start[_TAR_MAGIC_AT:] == _TAR_MAGIC:
            yield _open_tar(path, stack)
        else:
            yield CsvSource(stream, str(path))


def _open_gzip(path: Path, stack: contextlib.ExitStack) -> CsvSource:
    stream = stack.enter_context(gzip.open(path, "rb"))
    with _damage_named(str(path)):
        start = stream.read(_TAR_MAGIC_AT + len(_TAR_MAGIC))
        stream.seek(0)
    if start[_TAR_MAGIC_AT:] == _TAR_MAGIC:
        return _open_tar(path, stack)
    return CsvSource(stream, str(path))


def _open_zip(path: Path, stack: contextlib.ExitStack) -> CsvSource:
    with _damage_named(str(path)):
        archive = stack.enter_context(zipfile.ZipFile(path))
        names = [info.filename for info in archive.infolist() if not info.is_dir()]
        member = _only_csv(names, path)
        try:
            stream = stack.enter_context(archive.open(member))
        except RuntimeError:
            raise ValueError(f"{path}: {member} is encrypted; unpack it first") from None
    return CsvSource(stream, f"{path}/{member}")


def _open_tar(path: Path, stack: contextlib.ExitStack) -> CsvSource:
    with _damage_named(str(path)):
        archive = stack.enter_context(tarfile.open(path))
        files = {info.name: info for info in archive if info.isfile()}
        member = _only_csv(list(files), path)
        stream = archive.extractfile(files[member])
    if stream is None:
        raise ValueError(f"{path}: {member} can not be read from the archive")
    return CsvSource(stack.enter_context(stream), f"{path}/{member}")


def _only_csv(names: list[str], path: Path) -> str:
    """Choose the CSV of an archive: one of FER2013's names, or else the only one."""
    csvs = [
        name for name in names if name.lower().endswith(".csv") and not name.startswith("__MACOSX/")
    ]
    chosen = [name for name in csvs if name.lower().rsplit("/", 1)[-1] in CSV_NAMES] or csvs
    if not chosen:
        raise ValueError(
            f"{path}: no CSV in this archive; if it holds images, unpack it and give the folder"
        )
    if len(chosen) > 1:
        raise ValueError(
            f"{path}: more than one CSV in this archive ({', '.join(chosen[:5])}); "
            f"unpack it and give the one to read"
        )
    return chosen[0]


@contextlib.contextmanager
def _damage_named(name: str) -> Iterator[None]:
    """Turn what the decompressors raise into one ValueError with the file's name."""
    try:
        yield
    except _DAMAGE as error:
        raise ValueError(f"{name}: compressed data cut short or damaged ({error})") from error
