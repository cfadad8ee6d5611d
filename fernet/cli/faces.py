"""Labelled images, as commands train on them and judge by them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

__all__ = ["Faces"]
__dir__ = __all__.copy


@dataclass(slots=True)
class Faces:
    """Labelled images.

    Parameters
    ----------
    name, split : str
        Where they come from, and which part of it they are.
    data : ndarray of uint8, shape (n_samples, n_features)
        Pixels.
    target : ndarray of int64, shape (n_samples,)
        Indices into `target_names`.
    target_names : list of str
        Names of the classes.
    image_shape : tuple of int
        How a row reads as an image: height, width and, in colour, channels.
    weight : ndarray of shape (n_samples,), default=None
        How much each counts in training.
    distribution : ndarray of float32, shape (n_samples, n_classes), default=None
        Shares of people's votes for `target_names`.
    words : sequence of str, default=()
        What the classes are called by the folders, or the table, that they come from.
    groups : ndarray of str, shape (n_samples,), default=None
        Whose face each is.
    by : ndarray of str, shape (n_samples,), default=None
        What they are to be judged apart by.
    notes : sequence of str, default=()
        What the user should know of them.
    """

    name: str
    split: str
    data: np.ndarray
    target: np.ndarray
    target_names: list[str]
    image_shape: tuple[int, ...]
    weight: np.ndarray | None = None
    distribution: np.ndarray | None = None
    words: Sequence[str] = ()
    groups: np.ndarray | None = None
    by: np.ndarray | None = None
    notes: Sequence[str] = ()

    @property
    def present(self) -> list[str]:
        """Names of the classes that have images."""
        import numpy as np

        return [self.target_names[label] for label in np.unique(self.target)]

    @property
    def with_one_image(self) -> list[str]:
        """Names of the classes that have a single image."""
        import numpy as np

        labels, counts = np.unique(self.target, return_counts=True)
        return [self.target_names[label] for label in labels[counts == 1]]

    def how_to_leave_out(self, name: str) -> str:
        """Say which option leaves a class out, where one does."""
        word = self.word_for(name)
        return "" if word is None else f'; --labels "{word}=" leaves it out'

    def word_for(self, name: str) -> str | None:
        """Return what a class is called where the images come from."""
        from fernet.datasets._spelling import composed
        from fernet.emotions import class_names

        for word in self.words:
            known = composed(word)
            if name in (known, known.lower(), *class_names([known])):
                return word
        return None

    @property
    def images(self) -> np.ndarray:
        """The data as images, which rows in colour would not tell a network."""
        return self.data.reshape(len(self.data), *self.image_shape)

    def take(self, rows: np.ndarray | slice, split: str) -> Faces:
        """Return some of the faces as a split of their own."""
        names = ("weight", "distribution", "groups", "by")
        optional: dict[str, Any] = {name: getattr(self, name) for name in names}
        return replace(
            self,
            split=split,
            data=self.data[rows],
            target=self.target[rows],
            **{name: part[rows] for name, part in optional.items() if part is not None},
        )

    def labels(self) -> np.ndarray:
        """Return what a model is to learn: FER2013's numbers for emotions, else names."""
        import numpy as np

        from fernet.emotions import EMOTIONS

        if self.target_names == list(EMOTIONS):
            return self.target
        return np.array(self.target_names)[self.target]

    def checksum(self) -> int:
        """Return a number that other images, labels, weights or votes hardly have."""
        import json
        import zlib

        import numpy as np

        total = zlib.crc32(json.dumps([self.target_names, self.image_shape]).encode())
        for part in (self.data, self.target, self.weight, self.distribution):
            raw = b"" if part is None else np.ascontiguousarray(part).data
            total = zlib.crc32(raw, zlib.crc32(b"," if part is None else b";", total))
        return total

    def description(self) -> dict[str, Any]:
        """Return name, split and count, fit for a model file."""
        return {"name": self.name, "split": self.split, "n_samples": len(self.target)}
