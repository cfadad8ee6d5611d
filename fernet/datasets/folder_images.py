"""Images in folders of classes that are read a batch at a time, however many there are."""

from __future__ import annotations

import itertools
import os
import warnings
from array import array
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Literal, Self, overload

import numpy as np
from numpy.typing import NDArray

from fernet._io.addresses import path_of
from fernet._io.threads import count_threads
from fernet.datasets._labelled_images import warn_of_one_class
from fernet.datasets.face_shapes import face_shape, n_pixels
from fernet.datasets.image_folder import list_classes
from fernet.datasets.images import read_batch
from fernet.emotions import IMAGE_SHAPE

__all__ = ["FolderImages"]
__dir__ = __all__.copy

_BATCH = 1024
_LEAST_FOR_A_THREAD = 16


class FolderImages:
    """Images in folders of classes that are read when they are needed, a batch at a time.

    `fit`, `predict`, `score` and the like take it in place of an array and come to the same bits;
    while a batch trains the next one is read. In memory are the names of the files, the labels,
    and two batches. It has ``shape``, ``dtype``, a length, and images by their indices, but no
    ``__array__``, which would be all of it at once.

    Parameters
    ----------
    path : str or path-like
        A folder with one folder for each class, as `load_image_folder` takes it; of several splits,
        such as ``train`` and ``test``, the folder of one.
    class_names : mapping of str to str or None, default=None
        The class that each folder stands for; None leaves a folder out.
    on_error : {"raise", "skip"}, default="raise"
        What to do with an image that can not be read: raise an error that names it once it is
        asked for, or read all images once now, leave such out, and warn with their number.
    image_size : int, default=48
        Pixels a side that each image is brought to.
    color : bool, default=False
        Whether to keep red, green and blue in place of grey levels.
    n_jobs : int or None, default=-1
        Number of threads that decode images, as joblib counts.

    Attributes
    ----------
    shape : tuple (n_samples, image_size, image_size)
        In colours with a fourth number, 3. How an image becomes such is told at
        `fernet.datasets.images.read_face`.
    dtype : dtype
        uint8.
    target : ndarray of int64, shape (n_samples,)
        Labels: indices into ``target_names``.
    target_names : list of str
        Names of the classes, FER2013's if the folders are named after its emotions.
    filenames : sequence of str
        Path of each image.
    left_out : str
        A remark on files that are no pictures and pictures that lie in no folder of a class.

    Raises
    ------
    FileNotFoundError
        If there is nothing at ``path``.
    ValueError
        If there are no folders of classes, one has no images, none can be read, or
        ``image_size`` is beyond 1 to 1024. Images are read later: then it is
        `fernet.datasets.images.ImageError`, which names the file.
    TypeError
        If ``image_size`` is no whole number.

    Warns
    -----
    UserWarning
        If all images are of one class, or some were skipped; if folders are named by some of
        FER2013's numbers, and ``class_names`` does not say what they are.

    See Also
    --------
    load_image_folder : Reads all images at once.

    Examples
    --------
    >>> import os, tempfile
    >>> from PIL import Image
    >>> from fernet import FERMLPClassifier
    >>> from fernet.datasets import FolderImages
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name, level in (("smile", 200), ("frown", 90)):
    ...         os.mkdir(os.path.join(folder, name))
    ...         Image.new("L", (48, 48), level).save(os.path.join(folder, name, "me.png"))
    ...     faces = FolderImages(folder)
    ...     model = FERMLPClassifier((8,), max_iter=20, random_state=0)
    ...     accuracy = model.fit(faces, faces.target).score(faces, faces.target)
    >>> faces.target_names, faces.shape, accuracy
    (['frown', 'smile'], (2, 48, 48), 1.0)
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        class_names: Mapping[str, str | None] | None = None,
        on_error: Literal["raise", "skip"] = "raise",
        image_size: int = IMAGE_SHAPE[0],
        color: bool = False,
        n_jobs: int | None = -1,
    ) -> None:
        if on_error not in ("raise", "skip"):
            raise ValueError(f"on_error is {on_error!r}; expected 'raise' or 'skip'")
        root = path_of(path)
        self._face = face_shape(image_size, color=color)
        self.target_names, classes, left_out = list_classes(root, class_names)
        self._n_jobs = n_jobs
        self.filenames = _Names(())
        labels = array("q")
        for label, images in classes:
            self.filenames.extend(map(str, images))
            labels.extend(itertools.repeat(label, len(self.filenames) - len(labels)))
        self.left_out = left_out.remark()
        self.target: NDArray[np.int64] = np.array(labels, np.int64)
        if on_error == "skip":
            self._skip_unreadable(root)
        warn_of_one_class(root, self.target_names, self.target)

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of images, height, width and, in colours, 3."""
        return (len(self.filenames), *self._face)

    @property
    def dtype(self) -> np.dtype:
        """Of the pixels: uint8."""
        return np.dtype(np.uint8)

    def __len__(self) -> int:
        return len(self.filenames)

    def __repr__(self) -> str:
        return f"<FolderImages: {len(self)} images of {len(self.target_names)} classes>"

    def __getitem__(self, index: Any) -> NDArray[np.uint8]:
        """Read one image, or those at some indices, as an array.

        Parameters
        ----------
        index : int, slice, or array-like of int or bool
            Which images.

        Returns
        -------
        ndarray of uint8, shape (n, height, width), or (height, width) for one
            In colours with a last axis of 3.

        Raises
        ------
        ImageError
            At the first of them that can not be read.
        """
        places = self._places(index)
        pixels, faults = self._read(np.atleast_1d(places))
        if faults:
            raise faults[min(faults)]
        return pixels.reshape(*places.shape, *self._face)

    def _places(self, index: Any) -> NDArray:
        # scikit-learn's splits ask for rows[indices, ...].
        if isinstance(index, tuple) and len(index) == 2 and index[1] is Ellipsis:
            index = index[0]
        if isinstance(index, slice):
            return np.arange(*index.indices(len(self)))
        places = np.asarray(index)
        if places.dtype == bool:
            if places.shape != (len(self),):
                raise IndexError(
                    f"there are {len(self)} images; expected a truth value for each, got an array "
                    f"of shape {places.shape}"
                )
            places = np.flatnonzero(places)
        elif places.size and places.dtype.kind not in "iu":
            raise IndexError(f"indices are {places.dtype}; expected whole numbers")
        places = places.astype(np.int64)
        places = np.where(places < 0, places + len(self), places)
        if places.size and not 0 <= places.min() <= places.max() < len(self):
            raise IndexError(f"there are {len(self)} images; expected indices below that")
        return places

    def take(self, indices: Any) -> Self:
        """Return some of the images, still to be read.

        Parameters
        ----------
        indices : slice, or array-like of int or bool
            Which.

        Returns
        -------
        FolderImages

        Examples
        --------
        >>> from fernet.datasets import FolderImages
        >>> faces = FolderImages("photos")  # doctest: +SKIP
        >>> train, test = train_test_split(range(len(faces)))  # doctest: +SKIP
        >>> model.fit(faces.take(train), faces.target[train])  # doctest: +SKIP
        """
        places = np.atleast_1d(self._places(indices))
        part = type(self).__new__(type(self))
        part.__dict__.update(self.__dict__)
        part.target = self.target[places]
        part.filenames = _Names(self.filenames[int(place)] for place in places)
        return part

    def _skip_unreadable(self, root: Path) -> None:
        faults: dict[int, Exception] = {}
        for start in range(0, len(self), _BATCH):
            places = np.arange(start, min(start + _BATCH, len(self)))
            faults |= {start + i: fault for i, fault in self._read(places)[1].items()}
        if not faults:
            return
        if len(faults) == len(self):
            raise ValueError(f"{root}: none of {len(self)} images can be read")
        warnings.warn(
            f"{len(faults)} of {len(self)} images left out as unreadable, the first: "
            f"{faults[min(faults)]}",
            UserWarning,
            stacklevel=3,
        )
        kept = np.ones(len(self), bool)
        kept[list(faults)] = False
        readable = self.take(kept)
        self.target, self.filenames = readable.target, readable.filenames

    def _read(self, places: NDArray) -> tuple[NDArray[np.uint8], dict[int, Exception]]:
        """Read some images in threads; return them, and the errors of those that failed."""
        paths = [Path(self.filenames[int(place)]) for place in places]
        pixels = np.empty((len(paths), n_pixels(self._face)), np.uint8)
        n_threads = min(count_threads(self._n_jobs), len(paths) // _LEAST_FOR_A_THREAD)
        if n_threads < 2:
            return pixels, read_batch(paths, self._face, pixels)
        bounds = np.linspace(0, len(paths), n_threads + 1).astype(int).tolist()
        faults: dict[int, Exception] = {}
        with ThreadPoolExecutor(n_threads) as threads:
            parts = [
                threads.submit(read_batch, paths[start:end], self._face, pixels[start:end])
                for start, end in itertools.pairwise(bounds)
            ]
            for start, part in zip(bounds, parts, strict=False):
                faults |= {start + i: fault for i, fault in part.result().items()}
        return pixels, faults


class _Names(Sequence[str]):
    """Names of files in one block of bytes: a million of them as objects would take far more."""

    def __init__(self, names: Iterable[str]) -> None:
        self._bytes = bytearray()
        self._ends = array("q", [0])
        self.extend(names)

    def extend(self, names: Iterable[str]) -> None:
        """Add names at the end."""
        for name in names:
            self._bytes += os.fsencode(name)
            self._ends.append(len(self._bytes))

    def __len__(self) -> int:
        return len(self._ends) - 1

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(len(self)))]
        place = index + len(self) if index < 0 else index
        if not 0 <= place < len(self):
            raise IndexError(f"image {index} of {len(self)}")
        return os.fsdecode(bytes(self._bytes[self._ends[place] : self._ends[place + 1]]))
