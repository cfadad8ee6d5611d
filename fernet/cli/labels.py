"""What ``--labels`` and ``--sample-weight`` say of images, beside the images themselves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import click

from fernet.cli.errors import InputError
from fernet.cli.paths import from_home

if TYPE_CHECKING:
    import numpy as np

__all__ = ["Labels", "labels_option", "parse_labels", "read_weights"]
__dir__ = __all__.copy

Labels: TypeAlias = Mapping[str, str | None]
"""For names of folders, or labels, the emotions that they mean; None for one that is left out."""


class _LabelsOption(click.ParamType):
    """What a folder or label means, such as "anger=angry,1=surprise,contempt=", or a file."""

    name = "folder=emotion,...|votes.csv"

    def convert(self, value: Any, param: Any, ctx: Any) -> Labels | Path:
        if isinstance(value, Mapping | Path):
            return value
        try:
            return parse_labels(value, Path())
        except ValueError as error:
            self.fail(str(error), param, ctx)


def labels_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--labels`` to a command."""
    return click.option(
        "--labels",
        type=_LabelsOption(),
        help="Which folder or label of the data is which emotion, where their names do not tell: "
        '"anger=angry,1=surprise"; "contempt=" leaves one out. Or FER+\'s fer2013new.csv, '
        "people's votes on the faces of fer2013.csv, of which the majority counts.",
    )(command)


def parse_labels(text: str, folder: Path) -> Labels | Path:
    """Read a list of folders and emotions, or take the text as the path of a file of votes.

    Parameters
    ----------
    text : str
        As on the command line.
    folder : Path
        Where relative paths begin.

    Returns
    -------
    mapping of str to str or None, or Path

    Raises
    ------
    ValueError
        If it is neither a list nor an existing file.

    Examples
    --------
    >>> from pathlib import Path
    >>> from fernet.cli.labels import parse_labels
    >>> parse_labels("anger=angry,contempt=", Path())
    {'anger': 'angry', 'contempt': None}
    """
    path = folder / from_home(text, folder)
    if path.is_file():
        return path
    pairs = [pair.partition("=") for pair in text.split(",") if pair.strip()]
    if not pairs or not all(sign and name.strip() for name, sign, _ in pairs):
        raise ValueError(
            f"{text!r} is no list such as anger=angry,disgusted=disgust, and no file of votes"
        )
    if "?" in (meant.strip() for *_, meant in pairs):
        raise ValueError(f"{text!r}: put an emotion in the place of each question mark")
    labels: dict[str, str | None] = {}
    for name, meant in ((name.strip(), meant.strip() or None) for name, _, meant in pairs):
        if labels.setdefault(name, meant) != meant:
            both = " and ".join(each or "left out" for each in (labels[name], meant))
            raise ValueError(f"{text!r}: {name} is both {both}; expected each name once")
    return labels


def read_weights(path: Path, n_samples: int) -> np.ndarray:
    """Read a weight for each image.

    Parameters
    ----------
    path : Path
        A number a line; empty lines are passed over.
    n_samples : int
        How many images there are that have a class.

    Returns
    -------
    ndarray of shape (n_samples,), float64
        0 or more.

    Raises
    ------
    InputError
        If it holds anything else, with the line, or another number of weights.
    """
    import numpy as np

    weights = []
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"{path}: not a text file; expected a weight a line") from None
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        weight = _number(line)
        if weight is None:
            raise InputError(
                f"{path}, line {number}: {line.strip()[:20]!r}; expected a weight, 0 or more"
            )
        weights.append(weight)
    if len(weights) != n_samples:
        raise InputError(
            f"{path}: {len(weights)} weights for {n_samples} images; expected one for each image "
            "of --data that has a class, in its order"
        )
    return np.array(weights)


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 <= value < float("inf") else None
