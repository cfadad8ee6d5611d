"""Records as a data frame."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from fernet._io.frames import import_pandas
from fernet.faces.cropping import Box
from fernet.faces.records import FaceRecord

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["probability_columns", "to_frame"]
__dir__ = __all__.copy

_MEASURES = ("score", "angle", "quality")
_OTHERS = frozenset(
    ("file", "frame", "seconds", "face", *Box._fields, *_MEASURES, "emotion", "status")
)


def probability_columns(emotions: Sequence[str]) -> list[str]:
    """Return what the columns of probabilities are called, in a frame and in a table.

    Parameters
    ----------
    emotions : sequence of str
        Names of a model's classes.

    Returns
    -------
    list of str
        The same, but for those that another column has for its own.

    Examples
    --------
    >>> from fernet.faces.frames import probability_columns
    >>> probability_columns(["face", "hand"])
    ['face (probability)', 'hand']
    """
    return [f"{name} (probability)" if name in _OTHERS else name for name in emotions]


def to_frame(records: Sequence[FaceRecord], emotions: Sequence[str]) -> pd.DataFrame:
    """Return a data frame with a row for each record.

    Parameters
    ----------
    records : sequence of FaceRecord
        What was found.
    emotions : sequence of str
        The names of the emotions, each a column, see `probability_columns`.

    Returns
    -------
    pandas.DataFrame
        Columns file, face, x, y, width, height, score, angle, quality, emotion, the emotions and
        status.

    Raises
    ------
    ImportError
        If pandas is not installed.
    """
    pandas = import_pandas("as_frame=True")
    rows = [
        [
            record.file,
            record.face,
            *(record.box or [None] * 4),
            record.score,
            None if record.face is None else record.angle,
            None if record.quality is None else record.quality.value,
            record.emotion,
            *((record.probabilities or {}).get(name) for name in emotions),
            record.status,
        ]
        for record in records
    ]
    chances = probability_columns(emotions)
    columns = ["file", "face", *Box._fields, *_MEASURES, "emotion", *chances, "status"]
    frame: pd.DataFrame = pandas.DataFrame(rows, columns=columns)
    whole = dict.fromkeys(["face", *Box._fields], "Int64")
    return frame.astype(whole | dict.fromkeys([*_MEASURES, *chances], "float64"))
