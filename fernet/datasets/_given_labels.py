"""The labels of a table's rows, from words or from people's votes."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fernet._io.callers import levels_to_caller
from fernet.datasets._counted_votes import CountedVotes, Uncounted, count_votes
from fernet.datasets._labelled_images import number_classes
from fernet.datasets._missing_labels import Label, missing_among, with_missing, words_of
from fernet.datasets._vote_columns import TableVotes

_ClassNames = Mapping[str, str | None] | None
_PART_TO_WARN_OF = 0.01


class GivenLabels(NamedTuple):
    """What a table says that its pictures show.

    Attributes
    ----------
    names : list of str
        Of the classes.
    target : ndarray of int64
        A label a row; -1 for none.
    words : list of str
        What stands for the classes there, each once.
    missing : list of str
        Which of the rows that are wanted lack a label.
    voted : CountedVotes or None
        Where the labels come from, if the table has votes.
    """

    names: list[str]
    target: NDArray[np.int64]
    words: list[str]
    missing: list[str]
    voted: CountedVotes | None = None

    def of_votes(
        self, source: Path, wanted: NDArray[np.bool_], rows: NDArray[np.int64]
    ) -> dict[str, Any]:
        """Return what a Bunch says of votes, if there are any.

        Parameters
        ----------
        source : Path
            The table, for messages.
        wanted : ndarray of bool
            Which rows the user asks for.
        rows : ndarray of int64
            Those of them that have a label, and a picture that could be read.

        Warns
        -----
        UserWarning
            If more than one vote in a hundred is for classes that have no share.
        """
        if self.voted is None:
            return {}
        uncounted = self.voted.uncounted(rows)
        if uncounted.part > _PART_TO_WARN_OF:
            _warn_of(uncounted, source)
        remarks = self.voted.left_out(wanted), uncounted.remark()
        return {
            "votes": self.voted.votes[rows],
            "label_distribution": self.voted.shares(rows),
            "distribution_labels": self.voted.labels,
            "left_out": "; ".join(filter(None, remarks)),
        }


def _warn_of(uncounted: Uncounted, source: Path) -> None:
    warnings.warn(
        f"{source}: {uncounted.remark()}. None for it in class_names has such votes count for "
        "nothing; for all to count, give fit a data frame of the shares of `votes`, a column for "
        "each class",
        UserWarning,
        stacklevel=levels_to_caller(),
    )


def labels_by_votes(source: Path, votes: TableVotes, class_names: _ClassNames) -> GivenLabels:
    """Take the class with the most votes; those that raise are as of `count_votes`."""
    voted = count_votes(source, votes, class_names)
    return GivenLabels(voted.names, voted.target, sorted(votes.headers), [], voted)


def labels_by_words(
    source: Path,
    labels: Sequence[Label],
    wanted: NDArray[np.bool_],
    class_names: _ClassNames,
    on_error: str,
) -> GivenLabels:
    """Take the words of a column.

    Parameters
    ----------
    source : Path
        The table, for messages.
    labels : sequence of Label
        A row's each.
    wanted : ndarray of bool
        Which rows the user asks for.
    class_names : mapping of str to str or None, or None
        As `load_image_list` takes it.
    on_error : str
        What becomes of rows without a label.

    Raises
    ------
    MissingLabelError
        If one has none, and that is an error.
    """
    missing = missing_among(labels, wanted, source, on_error)
    words = words_of(labels)
    names, numbers = number_classes(words, class_names)
    return GivenLabels(names, with_missing(labels, numbers), sorted(set(words)), missing)
