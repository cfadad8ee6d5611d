"""FER+: people's votes on FER2013's faces, read and joined to the faces row by row."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from fernet._io.addresses import not_there
from fernet.datasets._fer_csv import CONTEMPT, USAGES, Rows
from fernet.datasets._fer_identity import find_rows
from fernet.emotions import EMOTIONS

VOTED = (*EMOTIONS, CONTEMPT)
"""What is voted for: FER2013's labels in their order, and contempt."""

NO_EMOTION = ("unknown", "not a face")
"""What else people could say."""

# The file's own word for each of these, in the same order.
_COLUMNS = (
    "anger",
    "disgust",
    "fear",
    "happiness",
    "sadness",
    "surprise",
    "neutral",
    "contempt",
    "unknown",
    "nf",
)
_LEAST_AGREEMENT = 0.5
_BLOCK = 500
# In the competition's order 250 faces never agree with less than 0.57 of their own votes.
_SHORT_BLOCK, _LEAST_OF_A_SHORT_BLOCK = 250, 0.4
_COUNT = re.compile(r"[0-9]{1,6}")
_ADVICE = (
    "The votes are joined row by row where the faces stand in the order of the competition's "
    "fer2013.csv (or icml_face_data.csv), and else by what the images look like, which tells those "
    "of Training and PublicTest; less than half of these faces are among them: load that file"
)


class Votes(NamedTuple):
    """Votes on faces, int64: of shape (n, 8), in the order of `VOTED`, and (n, 2), `NO_EMOTION`."""

    emotions: np.ndarray
    others: np.ndarray


class Joined(NamedTuple):
    """Votes on faces, zeros for those whose votes are not known, and which are.

    `lacking` are faces whose row is known, but not in the file.
    """

    votes: Votes
    known: np.ndarray
    lacking: np.ndarray


class Majority(NamedTuple):
    """What the votes come to.

    `label` is the majority's, an index into ``VOTED + NO_EMOTION``, -1 where there is none;
    `distribution`, float32 of shape (n, 8), the emotions' shares, 0 where none has two votes.
    """

    label: np.ndarray
    distribution: np.ndarray


def count_votes(votes: Votes) -> Majority:
    """Find what each face's majority says, as Barsoum et al. 2016 count.

    A single vote for something is an outlier and is left out. Of the rest more than half have to
    agree.
    """
    counted = np.concatenate(votes, axis=1)
    counted[counted == 1] = 0
    has_majority = 2 * counted.max(axis=1, initial=0) > counted.sum(axis=1)
    label = np.where(has_majority, counted.argmax(axis=1), -1)
    emotions = counted[:, : len(VOTED)]
    total = np.maximum(emotions.sum(axis=1, keepdims=True), 1)
    return Majority(label, (emotions / total).astype(np.float32))


_UNKNOWN, _LACKING = "not of Training or PublicTest", "without votes in the file"
_REASONS = (*(f"mostly {word}" for word in NO_EMOTION), _UNKNOWN, _LACKING, "no majority")


def by_votes(
    path: Path, rows: Rows, faces: Path, *, in_order: bool = True
) -> tuple[Rows, dict[str, object]]:
    """Keep the faces of which a majority sees an emotion, with that as their label.

    Parameters
    ----------
    path, rows, faces, in_order
        As for `read_votes`.

    Returns
    -------
    rows : Rows
        Those kept, in order.
    others : dict
        The further fields of `fernet.datasets.load_fer2013`'s Bunch.

    Raises
    ------
    ValueError
        As by `read_votes`; or if no face is left.
    """
    votes, known, lacking = read_votes(path, rows, faces, in_order=in_order)
    label, distribution = count_votes(votes)
    label[~known] = len(VOTED) + _REASONS.index(_UNKNOWN)
    label[lacking] = len(VOTED) + _REASONS.index(_LACKING)
    keeps = (label >= 0) & (label < len(VOTED))
    if not keeps.any():
        raise ValueError(f"{path}: no majority for an emotion on any of {len(label)} faces")
    kept, dropped = np.flatnonzero(keeps), np.flatnonzero(~keeps)
    # -1, without a majority, is the last of the reasons too.
    of_reason = np.where(label[dropped] < 0, -1, label[dropped] - len(VOTED))
    return Rows(rows.pixels[kept], label[kept], rows.usages[kept], has_contempt=True), {
        "votes": votes.emotions[kept],
        "other_votes": votes.others[kept],
        "label_distribution": distribution[kept],
        "fer2013_target": rows.labels[kept],
        "rows": kept,
        "left_out_rows": dropped,
        "left_out_reasons": np.array(_REASONS)[of_reason],
        "left_out": _remark(of_reason),
    }


def _remark(of_reason: np.ndarray) -> str:
    if not len(of_reason):
        return ""
    words = (_REASONS[-1], *_REASONS[:-1])
    counts = [np.count_nonzero(of_reason == reason) for reason in range(-1, len(words) - 1)]
    said = ", ".join(f"{count} {word}" for count, word in zip(counts, words, strict=True) if count)
    return f"{len(of_reason)} faces left out for their votes: {said}"


def read_votes(path: Path, rows: Rows, faces: Path, *, in_order: bool = True) -> Joined:
    """Read the votes on faces.

    The first face of a split has the first votes of that split, and so on. Where that can't be, the
    faces are known by what they look like.

    Parameters
    ----------
    path : Path
        ``fer2013new.csv``.
    rows : Rows
        All faces of one or more splits.
    faces : Path
        Where they come from, for messages.
    in_order : bool, default=True
        Whether they may stand in the competition's order; images in folders do not.

    Raises
    ------
    ValueError
        If the file is not such a CSV; or if the faces are neither in its order, by their number
        or as the votes go so ill with their labels, nor, half of them, known by their looks.
    """
    usages, votes = _read_file(path)
    fault: ValueError | None = None
    if in_order:
        try:
            found = _in_order(usages, votes, rows, path, faces)
            _check_agreement(_split_columns(found), rows, path, faces)
            known = np.ones(len(found), dtype=bool)
            return Joined(_split_columns(found), known, ~known)
        except ValueError as error:
            fault = error
    split, row = find_rows(rows.pixels)
    found, known = _at(split, row, usages, votes)
    if 2 * np.count_nonzero(known) < max(len(known), 1):
        raise fault or ValueError(f"{faces}: images in another order than {path}. {_ADVICE}.")
    labelled = Rows(rows.pixels[known], rows.labels[known], rows.usages[known])
    # All at once: folders are in the order of their emotions, of which some agree less.
    _check_agreement(_split_columns(found[known]), labelled, path, faces, block=len(found))
    in_order_of_votes = np.lexsort((row[known], split[known]))
    _check_gaps(found[known][in_order_of_votes], labelled.labels[in_order_of_votes], path, faces)
    return Joined(_split_columns(found), known, (split >= 0) & ~known)


def _split_columns(found: np.ndarray) -> Votes:
    return Votes(found[:, : len(VOTED)], found[:, len(VOTED) :])


def _at(
    split: np.ndarray, row: np.ndarray, usages: np.ndarray, votes: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the votes in rows of the competition's splits, and whether the file has them."""
    found = np.zeros((len(row), len(_COLUMNS)), np.int64)
    known = np.zeros(len(found), dtype=bool)
    for usage in np.unique(split[split >= 0]):
        of_votes = np.flatnonzero(usages == usage)
        here = (split == usage) & (row < len(of_votes))
        found[here] = votes[of_votes[row[here]]]
        known |= here
    return found, known


def _in_order(
    usages: np.ndarray, votes: np.ndarray, rows: Rows, path: Path, faces: Path
) -> np.ndarray:
    """Return the votes of each face, the first face of a split having the first ones."""
    found = np.empty((len(rows.labels), len(_COLUMNS)), np.int64)
    for usage in np.unique(rows.usages):
        of_faces, of_votes = rows.usages == usage, usages == usage
        n_faces, n_votes = np.count_nonzero(of_faces), np.count_nonzero(of_votes)
        if n_faces != n_votes:
            raise ValueError(
                f"{path}: {n_votes} {USAGES[usage]} rows of votes for the {n_faces} faces in "
                f"{faces}; expected one for each. {_ADVICE}."
            )
        found[of_faces] = votes[of_votes]
    return found


def _check_agreement(
    votes: Votes, rows: Rows, path: Path, faces: Path, block: int = _BLOCK
) -> None:
    """Refuse a wrong join: right ones agree with two labels in three, others with one in six.

    Blocks are looked at as well, as part of the rows may have moved.
    """
    if len(rows.labels) and rows.labels[0] < 0:
        raise ValueError(
            f"{faces}: no labels, so nothing tells whether the votes of {path} are those of these "
            f"faces. {_ADVICE}."
        )
    label = count_votes(votes).label
    counts = np.flatnonzero((label >= 0) & (label < len(EMOTIONS)))
    agrees = label[counts] == rows.labels[counts]
    for part in np.array_split(np.arange(len(counts)), max(len(counts) // block, 1)):
        if len(part) and agrees[part].mean() < _LEAST_AGREEMENT:
            first, last = counts[part[0]] + 1, counts[part[-1]] + 1
            raise ValueError(
                f"{path}: these can't be the votes on the faces in {faces}: of faces {first} to "
                f"{last} their majority agrees with {agrees[part].mean():.0%} of the labels; "
                f"expected 50 % or more (about 68 % if right, 18 % by chance). {_ADVICE}."
            )


def _check_gaps(found: np.ndarray, labels: np.ndarray, path: Path, faces: Path) -> None:
    """Refuse votes of which some have moved: behind a row that the file lacks all are another's."""
    label = count_votes(_split_columns(found)).label
    counts = np.flatnonzero((label >= 0) & (label < len(EMOTIONS)))
    agrees = label[counts] == labels[counts]
    for part in np.array_split(agrees, max(len(counts) // _SHORT_BLOCK, 1)):
        if len(part) >= _SHORT_BLOCK and part.mean() < _LEAST_OF_A_SHORT_BLOCK:
            raise ValueError(
                f"{path}: it lacks rows of votes, or has some twice: of {len(part)} faces in "
                f"{faces} that follow each other in the competition's order the votes' majority "
                f"agrees with {part.mean():.0%} of the labels; expected about 68 %. Give FER+'s "
                "fer2013new.csv as it was published."
            )


def _read_file(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return the split and the votes of each row, the columns in the order of `_COLUMNS`."""
    usages, votes = [], []
    if not path.exists():
        raise not_there(path)
    if path.is_dir():
        raise ValueError(f"{path}: a folder; expected FER+'s fer2013new.csv")
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            for usage, counts in _parse(csv.reader(file), path):
                usages.append(usage)
                votes.append(counts)
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{path}: not a CSV file ({error})") from None
    return np.array(usages, np.uint8), np.array(votes, np.int64).reshape(-1, len(_COLUMNS))


def _parse(lines: Iterator[list[str]], path: Path) -> Iterator[tuple[int, list[int]]]:
    header = [name.strip().lower() for name in next(lines, [])]
    if missing := [name for name in ("usage", *_COLUMNS) if header.count(name) != 1]:
        raise ValueError(
            f"{path}: no column, or more than one, {', '.join(map(repr, missing))}; expected "
            "FER+'s fer2013new.csv"
        )
    usage_at, places = header.index("usage"), [header.index(name) for name in _COLUMNS]
    for number, line in enumerate(lines, 2):
        if not line:
            continue
        if len(line) != len(header):
            raise ValueError(
                f"{path}, line {number}: {len(line)} fields; expected {len(header)} as in the "
                "header"
            )
        if line[usage_at] not in USAGES:
            raise ValueError(
                f"{path}, line {number}: the usage is {line[usage_at]!r}; expected "
                f"{', '.join(USAGES)}"
            )
        counts = [line[place].strip() for place in places]
        if wrong := [text for text in counts if not _COUNT.fullmatch(text)]:
            raise ValueError(
                f"{path}, line {number}: {wrong[0][:20]!r} votes; expected a whole number"
            )
        yield USAGES.index(line[usage_at]), [int(text) for text in counts]
