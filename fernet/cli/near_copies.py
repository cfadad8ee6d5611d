"""Images to test on that look nearly like one that is learnt."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fernet.cli.faces import Faces

__all__ = ["remark_on_near_copies"]
__dir__ = __all__.copy

# As `fernet.datasets.audit` has it: above it pairs are nearly always one photograph, or one film.
_SIMILARITY = 0.92
_WORTH_SAYING = 0.05
# The search grows with the square: this many take some seconds.
_MOST_IMAGES = 30_000


def remark_on_near_copies(training: Faces, test: Faces, *, by_chance: bool = True) -> str:
    """Say so where many images of the test are nearly copies of what is learnt.

    So it is where one person, or one film, has several images and chance put them on both sides;
    and where a data set's own splits share images.

    Parameters
    ----------
    training, test : Faces
    by_chance : bool, default=True
        Whether it was chance that held the test out.

    Returns
    -------
    str
        "" where they are few, or too many images to look.
    """
    import numpy as np

    from fernet.datasets._duplicates import find_near

    if len(training.target) + len(test.target) > _MOST_IMAGES:
        return ""
    images = np.concatenate([training.images, test.images])
    flat = images.reshape(len(images), -1)
    rows = np.flatnonzero(flat.min(axis=1) != flat.max(axis=1))
    pairs = rows[find_near(images[rows], _SIMILARITY, mirrored=False).indices]
    n_training = len(training.target)
    across = (pairs[:, 0] < n_training) & (pairs[:, 1] >= n_training)
    count = len(np.unique(pairs[across, 1]))
    if count < _WORTH_SAYING * len(test.target):
        return ""
    if not by_chance:
        return (
            f"{count} of the {len(test.target)} images to test on ({test.split}) look nearly like "
            "one that is learnt, so the data set's own test says less of strangers; fernet audit "
            "shows which are alike"
        )
    return (
        f"{count} of the {len(test.target)} images held out for the test look nearly like one that "
        "is learnt, so it says less of strangers; fernet audit shows which are alike, and --groups "
        "keeps each person's, or film's, images together where the names of files tell them"
    )
