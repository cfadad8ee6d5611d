"""What the images of an audit are called."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from fernet._io.names import printable

_MOST_WRITTEN = 5


class AuditedImages(NamedTuple):
    """Class, file and line of each image, as far as the data set tells them.

    Attributes
    ----------
    target : ndarray of shape (n_samples,)
        Labels; below 0 where there is none.
    target_names : sequence of str or None
        Names of the classes that labels are numbers of.
    filenames : sequence of str or None
        The file of each.
    lines : sequence of int or None
        Where each stands in a table, from 1.
    """

    target: np.ndarray
    target_names: Sequence[str] | None
    filenames: Sequence[str] | None
    lines: Sequence[int] | None

    @classmethod
    def of(cls, dataset: Mapping[str, Any], target: np.ndarray) -> AuditedImages:
        """Take them out of a data set.

        Raises
        ------
        ValueError
            If there is not one for each image.
        """
        fields = [dataset.get(name) for name in ("target_names", "filenames", "lines")]
        for name, values in zip(("filenames", "lines"), fields[1:], strict=True):
            if values is not None and len(values) != len(target):
                raise ValueError(
                    f"dataset.{name} must have {len(target)} as data has rows, got {len(values)}"
                )
        return cls(target, *fields)

    def class_counts(self) -> dict[str, int]:
        """Return the number of images of each class that has some, in the order of labels."""
        labels, counts = np.unique(self.target, return_counts=True)
        names = map(self._class_of, labels)
        return {
            name: int(count) for name, count in zip(names, counts, strict=True) if name is not None
        }

    def records(self, indices: Iterable[int]) -> list[dict[str, Any]]:
        """Return file, line and class of some images, as far as they are known, fit for JSON."""
        records = []
        for index in map(int, indices):
            record: dict[str, Any] = {}
            if self.filenames is not None:
                record["file"] = str(self.filenames[index])
            if self.lines is not None:
                record["line"] = int(self.lines[index])
            records.append({**record, "class": self._class_of(self.target[index])})
        return records

    def written(self, indices: np.ndarray, joint: str) -> str:
        """Return some images on a line: the file of each, with its line and its class."""
        parts = []
        for record in self.records(indices[:_MOST_WRITTEN]):
            line = f"line {record['line']}: " if "line" in record else ""
            parts.append(f"{printable(record['file'])} ({line}{record['class']})")
        if len(indices) > _MOST_WRITTEN:
            parts.append(f"{len(indices) - _MOST_WRITTEN} more")
        return joint.join(parts)

    def _class_of(self, label: Any) -> str | None:
        if self.target_names is None:
            return str(label)
        return None if label < 0 else str(self.target_names[int(label)])
