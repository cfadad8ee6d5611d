"""What people's votes on images, a column for each class, come to."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fernet.datasets._labelled_images import ClassNames, name_classes
from fernet.datasets._vote_columns import TableVotes

_TIED, _UNSEEN = "with a tie", "without a vote"


class Uncounted(NamedTuple):
    """Votes for classes that are no image's label.

    Attributes
    ----------
    names : list of str
        Of the classes.
    part : float
        Of all votes.
    """

    names: list[str]
    part: float

    def remark(self) -> str:
        """Say which they are, and how many of all; "" for none."""
        if not self.names:
            return ""
        named, part = ", ".join(self.names), f"{100 * self.part:.3g} % of all"
        return f"votes for {named}, {part}, left out of the shares: no image has such a label"


class CountedVotes(NamedTuple):
    """What people's votes come to.

    Attributes
    ----------
    names : list of str
        Of the classes, in label order.
    votes : ndarray of float64, shape (n_images, n_classes)
        As they are written.
    target : ndarray of int64, shape (n_images,)
        The class with the most; -1 where two have as many, or there are none.
    """

    names: list[str]
    votes: NDArray[np.float64]
    target: NDArray[np.int64]

    @property
    def labels(self) -> NDArray[np.int64]:
        """The classes that an image of the table has for its label, whatever its split."""
        return np.unique(self.target[self.target >= 0])

    def shares(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Each label's share of some images' votes.

        Parameters
        ----------
        rows : ndarray of int64
            Images that have a label.

        Returns
        -------
        ndarray of float32, shape (n_rows, n_labels)
            A column for each of `labels`, so that all splits have the same ones; votes for others
            do not count.
        """
        votes = self.votes[rows][:, self.labels]
        return (votes / votes.sum(axis=1, keepdims=True)).astype(np.float32)

    def uncounted(self, rows: NDArray[np.int64]) -> Uncounted:
        """Find the votes on some images that have no column in their `shares`."""
        by_class = self.votes[rows].sum(axis=0)
        total = by_class.sum()
        by_class[self.labels] = 0
        names = [self.names[label] for label in np.flatnonzero(by_class)]
        return Uncounted(names, float(by_class.sum() / total) if names else 0.0)

    def left_out(self, wanted: NDArray[np.bool_]) -> str:
        """Say how many of the images that are wanted have no class, and why; "" for none."""
        undecided = self.votes[wanted & (self.target < 0)]
        n_seen = np.count_nonzero(undecided.any(axis=1))
        counts = {_TIED: n_seen, _UNSEEN: len(undecided) - n_seen}
        said = ", ".join(f"{count} {reason}" for reason, count in counts.items() if count)
        return f"{len(undecided)} images left out for their votes: {said}" if said else ""


def count_votes(source: Path, given: TableVotes, class_names: ClassNames) -> CountedVotes:
    """Add up votes for the same class, and find each image's class.

    Parameters
    ----------
    source : Path
        The table, for messages.
    given : TableVotes
    class_names : mapping of str to str or None, or None
        The class that each header stands for; None for one whose votes do not count.

    Raises
    ------
    ValueError
        If no image has a class with the most votes, or as by `name_classes`.
    """
    names, labels = name_classes(given.headers, class_names, "columns of votes")
    votes = np.zeros((len(given.votes), len(names)))
    for column, label in zip(given.votes.T, labels, strict=True):
        if label is not None:
            votes[:, label] += column
    most = votes.max(axis=1, keepdims=True)
    is_decided = (most[:, 0] > 0) & (np.count_nonzero(votes == most, axis=1) == 1)
    if not is_decided.any():
        raise ValueError(f"{source}: none of {len(votes)} images has a class with the most votes")
    return CountedVotes(names, votes, np.where(is_decided, votes.argmax(axis=1), -1))
