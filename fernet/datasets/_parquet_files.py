"""Reads files of Parquet that hold pictures, as Hugging Face keeps data sets."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from fernet._io.errors import naming_memory, one_line
from fernet._io.extras import import_extra
from fernet.datasets._boxes import Box, find_box_columns, read_boxes
from fernet.datasets._columns import Column, Columns, Heads, find_columns, is_label
from fernet.datasets._kinds import is_hidden
from fernet.datasets._missing_labels import Label, is_missing, label_of
from fernet.datasets._vote_columns import TableVotes, VoteColumns, find_vote_columns, read_votes

SUFFIX = ".parquet"

_BATCH = 1024
_MAGIC = b"PAR1"
_BYTES = "bytes"
_NAME = "path"
_PIXELS = "pixels"


class Picture(NamedTuple):
    """A picture's file, as bytes, and what to call it in messages."""

    content: bytes
    name: str

    def open(self) -> io.BytesIO:
        """Return it as an open file."""
        file = io.BytesIO(self.content)
        file.name = self.name
        return file


def is_parquet(path: Path) -> bool:
    """Tell whether a file is one of Parquet, or a folder holds such, and no pictures."""
    if path.is_dir():
        places = [*path.iterdir(), *_iterated(path / "data")]
        return any(each.suffix.lower() == SUFFIX and not is_hidden(each.name) for each in places)
    try:
        with path.open("rb") as file:
            return file.read(len(_MAGIC)) == _MAGIC
    except OSError:
        return False


def files_in(path: Path) -> list[Path]:
    """Return the file, or those of a folder and the folders within that are not hidden, sorted."""
    if not path.is_dir():
        return [path]
    return sorted(
        file
        for file in path.rglob("*")
        if file.suffix.lower() == SUFFIX and not any(map(is_hidden, file.relative_to(path).parts))
    )


def _iterated(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []


def has_column(path: Path, name: str) -> bool:
    """Tell whether a file of Parquet, or one of a folder, has a column of a name."""
    parquet = import_extra("pyarrow.parquet", "reading Parquet", "pyarrow", "parquet")
    for file in files_in(path):
        with contextlib.suppress(ValueError, OSError):
            names = map(str.lower, parquet.read_schema(file).names)
            if name.strip().lower() in names:
                return True
    return False


class ParquetFile:
    """A file of Parquet with a column of pictures and one of labels.

    Parameters
    ----------
    path : Path
        The file.
    image_column, label_column, group_column : str, int or None, default=None
        Name of a column, or its place from 0, where it is not found by itself.
    explained : collection of str, default=()
        Names, in lower case, of columns of votes of which the user says what they stand for.

    Raises
    ------
    ImportError
        If pyarrow is not installed.
    ColumnError
        If a column is not to be told.
    ValueError
        If it can not be read, or the pictures are not in it.
    """

    def __init__(
        self,
        path: Path,
        image_column: Column = None,
        label_column: Column = None,
        group_column: Column = None,
        explained: Collection[str] = (),
    ) -> None:
        self.path = path
        with self._open() as file:
            schema = file.schema_arrow
            self._n_rows = int(file.metadata.num_rows)
        self._names = list(schema.names)
        self._metadata = schema.metadata or {}
        types = list(schema.types)
        self._boxes = find_box_columns(self._names)
        self._votes: VoteColumns | None = None
        if label_column is None and not any(map(is_label, self._names)):
            self._votes = self._find_votes(types, explained)
        given = image_column, label_column, group_column
        self._columns = self._find_columns(types, *given)
        is_column = self._columns.label < len(types)
        self._label_type = types[self._columns.label] if is_column else None

    def __len__(self) -> int:
        return self._n_rows

    @property
    def names(self) -> list[str]:
        """Of the columns."""
        return list(self._names)

    @property
    def split_column(self) -> str:
        """Name of the column of splits; "" for none."""
        return "" if self._columns.split is None else self._names[self._columns.split]

    def _find_columns(
        self, types: list[Any], image: Column, label: Column, group: Column
    ) -> Columns:
        pictures = [i for i, kind in enumerate(types) if _holds_files(kind)]
        if not pictures and _PIXELS in map(str.lower, self._names):
            raise ValueError(
                f"{self.path}: FER2013's pixels as text, not pictures; write them as CSV, which "
                "load_fer2013 reads: pandas.read_parquet(...).to_csv('fer2013.csv', index=False)"
            )
        # Votes stand in the place of a column of labels.
        names = self._names if self._votes is None else [*self._names, "label"]
        heads = Heads(self.path, names, True, "its columns")
        columns = find_columns(heads, pictures, image, label, group)
        if columns.image not in pictures:
            raise ValueError(
                f"{self.path}: column {self._names[columns.image]!r} is of {types[columns.image]}; "
                "expected files of pictures, as bytes"
            )
        return columns

    def _find_votes(self, types: list[Any], explained: Collection[str]) -> VoteColumns | None:
        """Tell which columns hold votes: numbers, called after emotions."""
        arrow = import_extra("pyarrow.types", "reading Parquet", "pyarrow", "parquet")
        places = self._boxes.places if self._boxes else ()
        shown = ["0" if arrow.is_integer(kind) or arrow.is_floating(kind) else "" for kind in types]
        besides = [i for i, word in enumerate(shown) if not word or i in places]
        return find_vote_columns(self.path, self._names, shown, besides, explained)

    @contextlib.contextmanager
    def _open(self) -> Iterator[Any]:
        parquet = import_extra("pyarrow.parquet", "reading Parquet", "pyarrow", "parquet")
        try:
            with naming_memory(str(self.path)), parquet.ParquetFile(self.path) as file:
                yield file
        except FileNotFoundError:
            raise
        except (ValueError, OSError) as error:
            raise ValueError(
                f"{self.path}: not a file of Parquet, or damaged ({one_line(error)})"
            ) from error

    def labels(self, class_names: Mapping[str, str | None] | None = None) -> list[Label]:
        """Return the word for each row's label, as the file's own description has it.

        Parameters
        ----------
        class_names : mapping of str to str or None, default=None
            Words that are labels though they look as if there was none.

        Raises
        ------
        ValueError
            If one is a list of several, or has parts; naming the row.
        """
        names = self.class_names()

        def label(row: int, value: Any) -> Label:
            where = f"{self.path}, row {row}"
            if isinstance(value, list) and len(value) == 1:
                value = value[0]
            if isinstance(value, list | dict):
                raise ValueError(
                    f"{where}: the label is {str(value)[:40]!r}; expected a word or a number"
                )
            if isinstance(value, bytes):
                value = _decoded(value, where)
            number = _whole(value)
            if number is not None and 0 <= number < len(names):
                return names[number]
            return label_of("" if value is None else str(value).strip(), where, class_names)

        return [label(row, value) for row, value in enumerate(self._values(self._columns.label))]

    def votes(self) -> TableVotes | None:
        """Return how many people saw each class, if there are columns of that and none of labels.

        Raises
        ------
        ValueError
            If one is below 0, or not finite; naming the row and the column.
        """
        columns = self._votes
        if columns is None:
            return None
        values = [list(self._values(place)) for place in columns.places]
        fields = [
            ["" if each is None else str(each) for each in row] for row in zip(*values, strict=True)
        ]
        in_order = columns._replace(places=list(range(len(values))))
        return read_votes(self.path, in_order, list(enumerate(fields)), "row")

    def splits(self) -> list[str] | None:
        """Return the words of a column of splits, if there is one."""
        column = self._columns.split
        if column is None:
            return None
        return self._words(column)

    def groups(self) -> list[str] | None:
        """Return whose face each row has, by a column that there may be; "" where it tells none."""
        column = self._columns.group
        if column is None:
            return None
        return ["" if is_missing(word) else word for word in self._words(column)]

    def _words(self, column: int) -> list[str]:
        """Return a column as text, whole numbers in one way; "" where there is nothing."""
        words = []
        for row, value in enumerate(self._values(column)):
            if isinstance(value, bytes):
                value = _decoded(value, f"{self.path}, row {row}")
            number = _whole(value) if isinstance(value, float) else None
            words.append("" if value is None else str(value if number is None else number).strip())
        return words

    def boxes(self) -> list[Box | None] | None:
        """Return where each row's face is in its picture, if there are columns of that."""
        if self._boxes is None:
            return None
        places = self._boxes.places
        try:
            return read_boxes(self._boxes, [list(self._values(place)) for place in places])
        except ValueError as error:
            raise ValueError(f"{self.path}: {error}") from None

    def pictures(self, rows: Sequence[int]) -> Iterator[list[Picture]]:
        """Give the pictures of some rows, ascending, some at a time."""
        wanted = iter(rows)
        row = next(wanted, -1)
        start = 0
        for values in self._batches(self._columns.image):
            found = []
            while start <= row < start + len(values):
                found.append(self._picture(values[row - start].as_py(), row))
                row = next(wanted, -1)
            start += len(values)
            if found:
                yield found

    def _picture(self, value: Any, row: int) -> Picture:
        content, name = (value, None) if not isinstance(value, dict) else (
            value.get(_BYTES), value.get(_NAME)
        )  # fmt: skip
        where = f"{self.path}, row {row}"
        if content is None and name:
            content = self._content_beside(name)
            name += "" if content else ": a name without bytes, and no such file"
        return Picture(content or b"", where + (f" ({name})" if name else ""))

    def _content_beside(self, name: str) -> bytes | None:
        """Read the file that a row names and does not hold; None if it is not there."""
        path = self.path.parent / name
        try:
            return path.read_bytes() if path.is_file() else None
        except (OSError, ValueError):
            return None

    def _values(self, column: int) -> Iterator[Any]:
        for values in self._batches(column):
            yield from values.to_pylist()

    def _batches(self, column: int) -> Iterator[Any]:
        with self._open() as file:
            for batch in file.iter_batches(batch_size=_BATCH, columns=[self._names[column]]):
                yield batch.column(0)

    def counts_classes(self) -> bool:
        """Tell whether labels are whole numbers that the file has no names for."""
        arrow = import_extra("pyarrow.types", "reading Parquet", "pyarrow", "parquet")
        is_number = self._label_type is not None and bool(arrow.is_integer(self._label_type))
        return is_number and not self.class_names()

    def class_names(self) -> list[str]:
        """What Hugging Face's description calls the labels 0, 1 and so on; none where it is not."""
        try:
            told = json.loads(self._metadata.get(b"huggingface", b"{}"))
            feature = told["info"]["features"][self._names[self._columns.label]]
            # Of a list of labels the description is that of what is in it.
            feature = feature[0] if isinstance(feature, list) else feature.get("feature", feature)
            names = feature["names"]
        except (ValueError, LookupError, TypeError, AttributeError):
            return []
        return list(map(str, names)) if isinstance(names, list) else []


def _decoded(value: bytes, where: str) -> str:
    """Return bytes as the text that they are."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise ValueError(f"{where}: {value[:40]!r} is no text; expected UTF-8") from None


def _whole(value: Any) -> int | None:
    """Return a whole number, however it is kept; None for anything else."""
    if isinstance(value, str):
        return int(value) if value.isascii() and value.strip().isdigit() else None
    is_whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    return int(value) if is_whole else None


def _holds_files(kind: Any) -> bool:
    """Tell whether a column's type is bytes, or holds bytes beside a name."""
    arrow = import_extra("pyarrow.types", "reading Parquet", "pyarrow", "parquet")
    if arrow.is_struct(kind):
        return any(field.name == _BYTES and _is_bytes(arrow, field.type) for field in kind)
    return _is_bytes(arrow, kind)


def _is_bytes(arrow: Any, kind: Any) -> bool:
    return bool(arrow.is_binary(kind) or arrow.is_large_binary(kind))
