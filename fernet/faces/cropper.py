"""A scikit-learn transformer from photos to faces."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin

from fernet._checks import as_truth
from fernet._io.errors import noting
from fernet._io.threads import count_threads, in_threads
from fernet.datasets.face_shapes import FaceShape, face_shape, n_pixels
from fernet.datasets.photos import ImageError, Photo
from fernet.emotions import IMAGE_SHAPE
from fernet.estimators.documentation import DocumentationLink
from fernet.faces._arrays import as_array
from fernet.faces._checks import check_detector
from fernet.faces.detection import FaceDetector
from fernet.faces.detections import Detector
from fernet.faces.finding import Face, find_faces, read_side, take_photo
from fernet.faces.records import NO_FACE
from fernet.faces.sources import copy_of, is_single

__all__ = ["FaceCropper"]
__dir__ = __all__.copy

_MOST_CHANNELS = 4


class FaceCropper(TransformerMixin, DocumentationLink, BaseEstimator):
    """Turns photos into faces, one from each, so that a pipeline can start with photos.

    Pictures of 48x48 grey pixels, or of just the size and colours asked for, are faces already:
    they are not searched. There is nothing to fit; ``fit`` is there for pipelines.

    Parameters
    ----------
    detect : bool, default=True
        Whether to look for the face, which needs OpenCV. If not, the middle square is taken.
    no_face : {"raise", "center"}, default="raise"
        What to do with a photo where none is found: raise a ValueError that names it, or take
        the middle square.
    several : {"most_certain", "largest", "raise"}, default="most_certain"
        What to do with a photo of several faces: take the one that the detector is most certain
        of, take the largest, or raise a ValueError.
    detector : Detector, default=None
        What finds faces: a callable as `fernet.faces.Detector` says; by default a `FaceDetector`
        as it is without parameters.
    upright : bool, default=True
        Whether faces that are turned by 10 degrees or more are turned back.
    image_size : int, default=48
        Pixels a side of the faces.
    color : bool, default=False
        Whether they keep red, green and blue in place of grey levels.
    n_jobs : int, default=-1
        Number of threads, as joblib counts: -1 is one for each processor.

    See Also
    --------
    fernet.EmotionRecognizer : All faces of each photo, and what each shows.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.pipeline import make_pipeline
    >>> from fernet import FERMLPClassifier
    >>> from fernet.datasets import make_faces
    >>> from fernet.faces import FaceCropper
    >>> faces = make_faces(70, random_state=0)
    >>> pipeline = make_pipeline(FaceCropper(), FERMLPClassifier((8,), max_iter=1))
    >>> pipeline.fit(list(faces.images), faces.target).predict([faces.images[0]]).shape
    (1,)
    """

    def __init__(
        self,
        *,
        detect: bool = True,
        no_face: str = "raise",
        several: str = "most_certain",
        detector: Detector | None = None,
        upright: bool = True,
        image_size: int = IMAGE_SHAPE[0],
        color: bool = False,
        n_jobs: int | None = -1,
    ) -> None:
        self.detect = detect
        self.no_face = no_face
        self.several = several
        self.detector = detector
        self.upright = upright
        self.image_size = image_size
        self.color = color
        self.n_jobs = n_jobs

    def fit(self, X: Any, y: Any = None) -> FaceCropper:
        """Check the parameters; there is nothing to learn.

        Parameters
        ----------
        X : sequence
            Ignored.
        y : array-like, default=None
            Ignored.

        Returns
        -------
        FaceCropper
            Itself.

        Raises
        ------
        TypeError, ValueError
            If a parameter is none of what it can be.
        """
        self._check()
        return self

    def transform(self, X: Iterable[Any]) -> NDArray[np.uint8]:
        """Cut the face out of each photo.

        Parameters
        ----------
        X : sequence or iterator of length n
            Photos: paths, Pillow images, or uint8 arrays of shape (height, width) or
            (height, width, 3 or 4), red first.

        Returns
        -------
        ndarray of uint8, shape (n, n_pixels)
            Grey levels, or red, green and blue, of the pixels in order: 2304 of 48x48 grey ones.

        Raises
        ------
        ValueError
            If a parameter is none of what it can be, if there is no face in a photo or if there
            are several, where that is to raise; `ImageError`, a ValueError, if a file is no
            image. The message names the photo. Also if a detector's answer is none.
        TypeError
            If the detector can't be called.
        OSError
            If a file can't be opened.
        ImportError
            If OpenCV is needed and not installed.
        """
        self._check()
        if isinstance(X, (str, os.PathLike)):
            raise ValueError(f"X is {X!r}; expected a sequence of photos, such as [{X!r}]")
        if hasattr(X, "columns"):
            raise ValueError(
                f"X is a {type(X).__name__}; expected a sequence of photos, such as one of its "
                "columns"
            )
        X = as_array(X)
        if _is_one(X):
            shape = f", of shape {X.shape}" if isinstance(X, np.ndarray) else ""
            raise ValueError(f"X is one photo{shape}; expected a sequence of photos, such as [X]")
        detector = (self.detector or FaceDetector()) if self.detect else None

        def crop(numbered: tuple[int, Any]) -> NDArray[np.uint8]:
            return self._crop(*numbered, detector)

        photos = enumerate(X) if isinstance(X, Collection) else self._taken(X, detector)
        faces = list(in_threads(crop, photos, count_threads(self.n_jobs)))
        return np.array(faces, np.uint8).reshape(-1, n_pixels(self._shape()))

    def _taken(
        self, pictures: Iterable[Any], detector: Detector | None
    ) -> Iterator[tuple[int, Any]]:
        """Number the pictures of an iterator, which may use an array or image for the next, too."""
        for number, picture in enumerate(pictures):
            with _naming(_name_of(number, picture)):
                kept = copy_of(picture, partial(self._take, detector=detector))
            yield number, kept

    def _take(self, source: Any, detector: Detector | None) -> Photo:
        colors = self.color or detector is not None
        return take_photo(source, read_side(detector), colors=colors)

    def _crop(self, number: int, source: Any, detector: Detector | None) -> NDArray[np.uint8]:
        name = _name_of(number, source)
        with _naming(name):
            photo = source if isinstance(source, Photo) else self._take(source, detector)
        shape = self._shape()
        with noting(f"while faces were looked for in {name}"):
            faces = find_faces(photo, detector, upright=self.upright, shape=shape)
        if not faces and self.no_face == "center":
            faces = find_faces(photo, None, shape=shape)
        if not faces:
            raise ValueError(f"{name}: {NO_FACE}; no_face='center' takes the middle square")
        if len(faces) > 1 and self.several == "raise":
            raise ValueError(f"{name}: {len(faces)} faces found, expected one")
        face = max(faces, key=_area) if self.several == "largest" else faces[0]
        return face.pixels.ravel()

    def _shape(self) -> FaceShape:
        return face_shape(self.image_size, color=self.color)

    def _check(self) -> None:
        self._shape()
        check_detector(self.detector)
        for name in ("detect", "upright"):
            as_truth(getattr(self, name), name)
        if self.detector is not None and not self.detect:
            raise ValueError("detect is False and detector is given; expected one of the two")
        for name, values in (
            ("no_face", ("raise", "center")),
            ("several", ("most_certain", "largest", "raise")),
        ):
            if getattr(self, name) not in values:
                raise ValueError(
                    f"{name} is {getattr(self, name)!r}; expected one of: {', '.join(values)}"
                )

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Name the pixels.

        Parameters
        ----------
        input_features : array-like, default=None
            Ignored.

        Returns
        -------
        ndarray of object, shape (n_pixels,)
            ``"pixel0"`` to ``"pixel2303"`` for 48x48 grey ones, row by row.
        """
        return np.array([f"pixel{i}" for i in range(n_pixels(self._shape()))], object)

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.no_validation = True
        tags.input_tags.two_d_array = False
        tags.input_tags.string = True
        return tags


def _name_of(number: int, source: Any) -> str:
    return os.fspath(source) if isinstance(source, (str, os.PathLike)) else f"X[{number}]"


@contextmanager
def _naming(name: str) -> Iterator[None]:
    """Let errors of a photo that can't be read begin with its name."""
    try:
        yield
    except ValueError as error:
        raise ImageError(f"{name}: {str(error).removeprefix(f'{name}: ')}") from error


def _is_one(X: Any) -> bool:
    """Tell one photo from several, of which an array's may be three or four grey ones."""
    if isinstance(X, np.ndarray):
        return X.ndim == 3 and X.shape[2] <= _MOST_CHANNELS
    return is_single(X)


def _area(face: Face) -> int:
    return face.box.width * face.box.height
