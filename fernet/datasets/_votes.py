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
_KNOWN_BLOCK = 200
_LEAST_OF_ALL = 0.6  # of what agrees of all faces: right blocks have 0.85 or more, moved ones 0.3
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
    """Votes on faces, zeros for those whose votes are not known; which are, and which faces."""

    votes: Votes
    known: np.ndarray
    faces_known: np.ndarray


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


_UNKNOWN = "not of Training or PublicTest"
_NO_VOTES = "without votes in the file"
_REASONS = (*(f"mostly {word}" for word in NO_EMOTION), _UNKNOWN, _NO_VOTES, "no majority")


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
    votes, known, faces_known = read_votes(path, rows, faces, in_order=in_order)
    label, distribution = count_votes(votes)
    missing = np.where(faces_known, _REASONS.index(_NO_VOTES), _REASONS.index(_UNKNOWN))
    label = np.where(known, label, len(VOTED) + missing)
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
    counts = [np.count_nonzero(of_reason == reason) for reason in range(-1, len(_REASONS) - 1)]
    words = (_REASONS[-1], *_REASONS[:-1])
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
            return Joined(_split_columns(found), *np.ones((2, len(found)), dtype=bool))
        except ValueError as error:
            fault = error
    split, row = find_rows(rows.pixels)
    found, known = _by_looks(usages, votes, split, row)
    if 2 * np.count_nonzero(known) < max(len(known), 1):
        raise fault or ValueError(f"{faces}: images in another order than {path}. {_ADVICE}.")
    labelled = Rows(rows.pixels[known], rows.labels[known], rows.usages[known])
    # All at once: folders are in the order of their emotions, of which some agree less.
    _check_agreement(_split_columns(found[known]), labelled, path, faces, block=len(found))
    order = np.lexsort((row, split))
    order = order[known[order]]
    _check_gaps(found[order], rows.labels[order], split[order], row[order], path)
    return Joined(_split_columns(found), known, split >= 0)


def _split_columns(found: np.ndarray) -> Votes:
    return Votes(found[:, : len(VOTED)], found[:, len(VOTED) :])


def _by_looks(
    usages: np.ndarray, votes: np.ndarray, split: np.ndarray, row: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the votes on each face that is known by its looks, and which have some."""
    found = np.zeros((len(split), len(_COLUMNS)), np.int64)
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
    counts, agrees = _agreeing(votes, rows.labels)
    for part in _blocks(counts, block):
        if agrees[part].mean() < _LEAST_AGREEMENT:
            first, last = counts[part[0]] + 1, counts[part[-1]] + 1
            raise ValueError(
                f"{path}: these can't be the votes on the faces in {faces}: of faces {first} to "
                f"{last} their majority agrees with {agrees[part].mean():.0%} of the labels; "
                f"expected 50 % or more (about 68 % if right, 18 % by chance). {_ADVICE}."
            )


def _check_gaps(
    votes: np.ndarray, labels: np.ndarray, split: np.ndarray, row: np.ndarray, path: Path
) -> None:
    """Refuse votes of which rows are missing or moved: those behind go to other faces.

    The faces are in the competition's order. Of some labels fewer agree than of others, so a block
    is held against what all faces of its labels come to.
    """
    counts, agrees = _agreeing(_split_columns(votes), labels)
    given = labels[counts]
    sums = np.bincount(given, agrees, len(EMOTIONS))
    expected = (sums / np.maximum(np.bincount(given, minlength=len(EMOTIONS)), 1))[given]
    for part in _blocks(counts, _KNOWN_BLOCK):
        share, of_all = agrees[part].mean(), expected[part].mean()
        if share < _LEAST_OF_ALL * of_all:
            first, last = (f"{USAGES[split[i]]} {row[i] + 1}" for i in counts[part[[0, -1]]])
            raise ValueError(
                f"{path}: rows of votes are missing or have moved: on the faces {first} to {last} "
                f"in the competition's order their majority agrees with {share:.0%} of the labels; "
                f"expected about {of_all:.0%} as on the others. Give FER+'s fer2013new.csv with "
                "all rows of a split, or its first ones."
            )


def _agreeing(votes: Votes, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return which faces have an emotion by their votes, and whether each has it as its label."""
    label = count_votes(votes).label
    counts = np.flatnonzero((label >= 0) & (label < len(EMOTIONS)))
    return counts, label[counts] == labels[counts]


def _blocks(counts: np.ndarray, block: int) -> list[np.ndarray]:
    parts = np.array_split(np.arange(len(counts)), max(len(counts) // block, 1))
    return [part for part in parts if len(part)]


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
