"""Opens a CSV as a stream of bytes in UTF-8, whether plain, compressed or in an archive."""

from __future__ import annotations

import bz2
import codecs
import contextlib
import gzip
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

CSV_NAMES = ("fer2013.csv", "icml_face_data.csv")
TRAIN_CSV = "train.csv"

_ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")
_TAR_MAGIC = b"ustar"
_TAR_MAGIC_AT = 257
# What compressed files begin with, and what opens them.
_COMPRESSED: dict[bytes, Callable[..., Any]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\0": lzma.open,
}
_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_CHUNK = 1 << 16
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
        self._decoder: codecs.IncrementalDecoder | None = None
        self._decoded = b""
        self._started = False

    def readinto(self, buffer: memoryview) -> int:
        """Fill the start of a buffer; 0 means that the file has ended."""
        with _damage_named(self.name):
            if not self._started:
                self._start()
            if self._decoder is None and not self._decoded:
                return self._stream.readinto(buffer) or 0  # type: ignore[union-attr]
            return self._read_decoded(buffer)

    def _start(self) -> None:
        """Look whether the text is in UTF-16; Excel calls it Unicode text."""
        self._started = True
        self._decoded = self._stream.read(2) or b""
        if self._decoded in _UTF16_MARKS:
            self._decoder = codecs.getincrementaldecoder("utf-16")()
            self._decoder.decode(self._decoded)
            self._decoded = b""

    def _read_decoded(self, buffer: memoryview) -> int:
        while self._decoder is not None and not self._decoded:
            raw = self._stream.read(_CHUNK)
            try:
                text = self._decoder.decode(raw or b"", final=not raw)
                self._decoded = text.encode("utf-8")
            except UnicodeError as error:
                raise ValueError(f"{self.name}: text that is not UTF-16 ({error})") from None
            if not raw:
                break
        n_read = min(len(buffer), len(self._decoded))
        buffer[:n_read] = self._decoded[:n_read]
        self._decoded = self._decoded[n_read:]
        return n_read


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
        elif opener := _decompressor(start):
            yield _open_compressed(path, opener, stack)
        elif start[_TAR_MAGIC_AT:] == _TAR_MAGIC:
            yield _open_tar(path, stack)
        else:
            yield CsvSource(stream, str(path))


def _decompressor(start: bytes) -> Callable[..., Any] | None:
    found = (opener for magic, opener in _COMPRESSED.items() if start.startswith(magic))
    return next(found, None)


def _open_compressed(
    path: Path, opener: Callable[..., Any], stack: contextlib.ExitStack
) -> CsvSource:
    stream = stack.enter_context(opener(path, "rb"))
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
        raise ValueError(f"{path}: {_without_csv(names)}")
    if len(chosen) > 1:
        raise ValueError(
            f"{path}: more than one CSV in this archive ({', '.join(chosen[:5])}); "
            f"unpack it and give the one to read"
        )
    return chosen[0]


def _without_csv(names: list[str]) -> str:
    """Say what an archive is that holds no CSV, and what helps."""
    if "xl/workbook.xml" in names:
        return "an Excel workbook; save its table as CSV"
    if names and all(name.endswith(".npy") for name in names):
        return "arrays; numpy.load reads them, and classifiers take them"
    return "no CSV in this archive; if it holds images, unpack it and give the folder"


@contextlib.contextmanager
def _damage_named(name: str) -> Iterator[None]:
    """Turn what the decompressors raise into one ValueError with the file's name."""
    try:
        yield
    except (OSError, *_DAMAGE) as error:
        # The system's own errors have a number, bzip2's complaints about its data have none.
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise ValueError(f"{name}: compressed data cut short or damaged ({error})") from error
