"""Images with a label each: names their classes, and hands them over as loaders do."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import Bunch

from fernet._io.callers import levels_to_caller
from fernet._io.names import as_utf8, is_misread, is_utf8, with_marks
from fernet.datasets._bunch import make_bunch
from fernet.datasets._class_folders import meanings
from fernet.datasets._emotion_words import emotion_label
from fernet.datasets._picture_table import table_hint
from fernet.datasets._spelling import written_alike
from fernet.datasets.face_shapes import FaceShape
from fernet.emotions import EMOTIONS, label_numbers, taken_for_emotions

ClassNames = Mapping[str, str | None] | None
"""What names in the data stand for; None for what is left out."""


class LabelledImages(NamedTuple):
    """Images that a loader has found.

    Attributes
    ----------
    source : Path
        Where, for messages.
    names : list of str
        Of the classes, in label order.
    shape : tuple of int
        Of each image.
    data : ndarray of uint8, shape (n_images, n_pixels)
    target : ndarray of int64, shape (n_images,)
        Labels.
    usage : ndarray of str, shape (n_images,)
        The split of each.
    filenames : list of str
        What to call each.
    are_files : bool, default=True
        Whether these are paths that the user is told; pixels in a table have none.
    """

    source: Path
    names: list[str]
    shape: FaceShape
    data: NDArray[np.uint8]
    target: NDArray[np.int64]
    usage: NDArray[np.str_]
    filenames: list[str]
    are_files: bool = True

    def of_readable(self, kept: NDArray[np.bool_]) -> LabelledImages:
        """Return those that could be read.

        Parameters
        ----------
        kept : ndarray of bool
            Which of `target`, `usage` and `filenames` they are. `data` has them alone, or all.

        Raises
        ------
        ValueError
            If there are none.
        """
        if not kept.any():
            raise ValueError(f"{self.source}: none of {len(kept)} images can be read")
        return self._replace(
            data=self.data if len(self.data) == kept.sum() else self.data[kept],
            target=self.target[kept],
            usage=self.usage[kept],
            filenames=[name for name, keep in zip(self.filenames, kept, strict=True) if keep],
        )

    def hand_over(
        self, description: str, *, return_X_y: bool, left_out: str = "", **others: object
    ) -> Bunch | tuple[NDArray[np.uint8], NDArray[np.int64]]:
        """Return them as the user asks for them.

        Parameters
        ----------
        description : str
            The text about them.
        return_X_y : bool
            Whether as two arrays, in place of a Bunch.
        left_out : str, default=""
            A remark on what was left out.
        **others
            Further fields of the Bunch.

        Warns
        -----
        UserWarning
            If all are of one class.
        """
        warn_of_one_class(self.source, self.names, self.target)
        if return_X_y:
            return self.data, self.target
        if self.are_files:
            others["filenames"] = self.filenames
        return make_bunch(
            self.data,
            self.target,
            self.usage,
            shape=self.shape,
            target_names=self.names,
            description=description,
            left_out=left_out,
            **others,
        )


def warn_of_one_class(source: Path, names: list[str], target: NDArray) -> None:
    """Say that there is nothing to tell apart, as where a folder of one class was given.

    Warns
    -----
    UserWarning
        If all images are of one class.
    """
    present = np.unique(target)
    if len(present) == 1:
        warnings.warn(
            f"{source}: all {len(target)} images are of one class, {names[present[0]]!r}; expected "
            f"two or more to learn to tell them apart{table_hint(source)}",
            UserWarning,
            stacklevel=levels_to_caller(),
        )


def number_classes(
    words: Sequence[str], class_names: ClassNames
) -> tuple[list[str], NDArray[np.int64]]:
    """Give images that are labelled by words their labels.

    Parameters
    ----------
    words : sequence of str
        One for each image.
    class_names : mapping of str to str or None, or None
        As `load_image_list` takes it.

    Returns
    -------
    names : list of str
        Of the classes, in label order: the emotions, if each is one.
    target : ndarray of int64, shape (n_images,)
        Labels; -1 for an image that is left out.

    Raises
    ------
    ValueError
        If all are left out, or the user names one that is not there.
    """
    known = sorted(set(words))
    names, labels = name_classes(known, class_names, "labels")
    label_of = dict(zip(known, labels, strict=True))
    target = [-1 if (label := label_of[word]) is None else label for word in words]
    return names, np.array(target, np.int64)


def numbers_taken(given: Sequence[str], class_names: ClassNames) -> dict[str, str]:
    """Tell which names are numbers that are taken for emotions, and that nobody has explained.

    Parameters
    ----------
    given : sequence of str
        Names of classes as the data have them.
    class_names : mapping of str to str or None, or None
        What the user says of some.

    Returns
    -------
    dict of str to str
        The emotion that each is taken for.

    Examples
    --------
    >>> from fernet.datasets._labelled_images import numbers_taken
    >>> numbers_taken(["0", "1", "7"], {"7": None}), numbers_taken(["0", "1", "7"], None)
    ({'0': 'angry', '1': 'disgust'}, {})
    >>> numbers_taken(["0", "happy"], None)
    {'0': 'angry'}
    """
    explained = {str(name).lower() for name in class_names or ()}
    unexplained = [
        name for name in given if name.lower() not in explained and label_numbers([name])
    ]
    return taken_for_emotions(unexplained, all_seven=True)


def name_classes(
    given: Sequence[str],
    class_names: ClassNames,
    called: str = "folders",
) -> tuple[list[str], list[int | None]]:
    """Give classes that have names their labels.

    Parameters
    ----------
    given : sequence of str
        Names as the data have them.
    class_names : mapping of str to str or None, or None
        As `load_image_folder` takes it.
    called : str, default="folders"
        What is named, for messages.

    Returns
    -------
    names : list of str
        Of the classes, in label order: the emotions, if each is one.
    labels : list of int or None
        Of each of those given; None for one that is left out.

    Raises
    ------
    ValueError
        If all are left out, the user names one that is not there, or a class's name could not
        be written.

    Warns
    -----
    UserWarning
        If names that the user says nothing of are FER2013's numbers, which may be numbers of
        something else, or two differ in how they are written alone.
    """
    meant = list(meanings(given, class_names, called).values())
    names = sorted({name for name in meant if name is not None})
    if not names:
        raise ValueError(f"class_names leaves all {called} out")
    if unwritten := [name for name in names if not is_utf8(name)]:
        shown = repr(with_marks(unwritten[0]))
        if is_misread(unwritten[0]):
            raise ValueError(f"the {called} have names such as {shown}: {as_utf8()}")
        raise ValueError(
            f"the {called} have names that are no UTF-8, such as {shown}; "
            "rename them, or say by class_names what they stand for"
        )
    emotions = {name: emotion_label(name) for name in names}
    alike = written_alike(names)
    if None not in emotions.values() and len(set(emotions.values())) == len(names) - len(alike):
        if taken := numbers_taken(given, class_names):
            warnings.warn(
                f"the {called} {', '.join(taken)} are taken for FER2013's "
                f"{', '.join(taken.values())}; class_names={dict.fromkeys(taken, '?')} says what "
                "they are",
                UserWarning,
                stacklevel=levels_to_caller(),
            )
        return list(EMOTIONS), [None if name is None else emotions[name] for name in meant]
    if alike:
        name, other = next(iter(alike.items()))
        warnings.warn(
            f"the {called} {name!r} and {other!r} differ in how they are written alone, and are "
            f"classes apart; class_names={alike} makes one of them",
            UserWarning,
            stacklevel=levels_to_caller(),
        )
    return names, [None if name is None else names.index(name) for name in meant]
