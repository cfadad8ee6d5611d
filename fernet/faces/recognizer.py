"""From pictures to emotions: find the faces, cut them out, and say what each shows."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np
from numpy.typing import NDArray

from fernet._checks import as_truth
from fernet._io.errors import noting
from fernet.datasets.photos import Photo
from fernet.emotions import IMAGE_SHAPE, class_names, remark_on_numbers
from fernet.faces._checks import check_model, check_parts
from fernet.faces._model_answers import answers_of
from fernet.faces._reading_ahead import Read, read_ahead
from fernet.faces.detection import FaceDetector
from fernet.faces.detections import Detector
from fernet.faces.finding import Face, find_faces, read_side, take_photo
from fernet.faces.frames import to_frame
from fernet.faces.limits import Limits
from fernet.faces.model_shapes import shape_for
from fernet.faces.records import NO_FACE, OK, TOO_SMALL, FaceRecord, Unreadable
from fernet.faces.sources import Source, checked_sources, is_single, numbered, status_of
from fernet.pretrained import is_content, load_model

if TYPE_CHECKING:
    import pandas as pd

    from fernet.faces.video import VideoFaces

__all__ = ["EmotionRecognizer", "FaceRecord"]
__dir__ = __all__.copy

_FOLLOW_SCORE = 0.4  # of a face in a video that was found before


class EmotionRecognizer:
    """Finds the faces in pictures and tells the emotion of each.

    Parameters
    ----------
    model : str, path-like, model's content or fitted classifier, default="cnn-ferplus"
        What `fernet.load_model` takes: the name of a network that comes with fernet, a model file
        or a training's folder, a file's bytes or the open file; or a classifier with
        ``predict_proba`` for rows of 2304 grey pixels, or of what `image_size` and `color` say.
    detect : bool, default=True
        Whether to look for faces, which needs OpenCV. If not, the middle square of each picture
        is taken for one. Pictures of 48x48 grey pixels, or as the model's own, are faces in
        either case.
    detector : Detector, default=None
        What finds faces: a callable as `fernet.faces.Detector` says, such as one of another
        library; by default a `FaceDetector` as it is without parameters.
    upright : bool, default=True
        Whether faces that are turned by 10 degrees or more, as their eyes and mouth say, are
        turned back before they are judged.
    min_score, min_size, min_quality : float, default=0
        Faces below one of them are not judged: least score of the detector, 0 to 1, least longer
        side of the box in pixels of the file, and least value of the face's quality, 0 to 1, see
        `fernet.faces.quality.Quality`. Their records say so. Less than 0.7 finds no more: that is
        the `FaceDetector`'s own, as of ``detector=FaceDetector(min_score=0.5)``.
    batch_size : int, default=256
        How many pictures are read before the network sees their faces; at most three times as
        many are in memory. It changes no result.
    image_size : int, default=None
        Pixels a side of the faces that the model takes. By default as fernet's classifiers have
        learnt them, a `FERMLPClassifier` from levels of 0 to 255; 48 of other models.
    color : bool, default=False
        Whether it takes them in colours; fernet's classifiers tell by themselves, as above.

    Attributes
    ----------
    model_ : classifier
        The network.
    face_shape_ : tuple of int
        Height and width of the faces that it sees, in colours with a third number, 3.
    emotions_ : list of str
        Names of what it tells apart, as it is fitted now.

    Raises
    ------
    ValueError
        If there is no model of that name, the model takes rows or images of another size, or photos
        as a pipeline that begins with a `fernet.faces.FaceCropper`, it has a threshold of its own,
        which probabilities don't tell, a detector is given that ``detect=False`` would not ask, or
        another parameter is none of what it can be;
        `ModelFileError`, a ValueError, if a file holds none, `NotFittedError`, a ValueError, if
        it is not fitted.
    TypeError
        If the model is no classifier with probabilities, the detector can't be called, or a limit
        is no number.
    FileNotFoundError
        If there is no such file.

    Warns
    -----
    UserWarning
        If the model's classes are some of FER2013's numbers, which may number something else.

    See Also
    --------
    fernet.faces.FaceCropper : One face of each photo, for pipelines.

    Examples
    --------
    >>> from fernet import EmotionRecognizer, FERMLPClassifier
    >>> from fernet.datasets import make_faces
    >>> faces = make_faces(140, random_state=0)
    >>> model = FERMLPClassifier((32,), max_iter=5, random_state=0).fit(faces.data, faces.target)
    >>> recognizer = EmotionRecognizer(model)
    >>> record = recognizer.predict(faces.images[0])[0]
    >>> record.status, record.box, len(record.probabilities)
    ('ok', Box(x=0, y=0, width=48, height=48), 7)
    """

    def __init__(
        self,
        model: Any = "cnn-ferplus",
        *,
        detect: bool = True,
        detector: Detector | None = None,
        upright: bool = True,
        min_score: float = 0.0,
        min_size: int = 0,
        min_quality: float = 0.0,
        batch_size: int = 256,
        image_size: int | None = None,
        color: bool = False,
    ) -> None:
        check_parts(batch_size, detector)
        for name, value in (("detect", detect), ("upright", upright), ("color", color)):
            as_truth(value, name)
        is_named = isinstance(model, (str, os.PathLike))
        self.model_ = load_model(model) if is_named or is_content(model) else model
        name = os.fspath(model) if is_named else "model"
        check_model(self.model_, name)
        self.face_shape_ = shape_for(self.model_, name, image_size, color=color)
        if remark := remark_on_numbers(self.model_.classes_):
            warnings.warn(remark, UserWarning, stacklevel=2)
        if detector is not None and not detect:
            raise ValueError("detect is False and detector is given; expected one of the two")
        self.detector = (detector or FaceDetector()) if detect else None
        self.upright = upright
        self.limits = Limits(min_score, min_size, min_quality)
        self.batch_size = batch_size
        self._name = repr(os.fspath(model)) if is_named else f"<{type(model).__name__}>"

    @property
    def emotions_(self) -> list[str]:
        """Names of what the model tells apart, as it is fitted now."""
        return class_names(self.model_.classes_)

    def __repr__(self) -> str:
        """Show it as it is made; a model that was given as an object stands by its type."""
        detector = "" if self.detector is None else f", detector={self.detector!r}"
        limits = "".join(
            f"{name}={value}, " for name, value in asdict(self.limits).items() if value
        )
        side, color = self.face_shape_[0], len(self.face_shape_) == 3
        size = f", image_size={side}" if side != IMAGE_SHAPE[0] else ""
        return (
            f"{type(self).__name__}({self._name}, detect={self.detector is not None}{detector}, "
            f"upright={self.upright}, {limits}batch_size={self.batch_size}"
            f"{size}{', color=True' if color else ''})"
        )

    @overload
    def predict(self, images: Any, *, as_frame: Literal[False] = False) -> list[FaceRecord]: ...

    @overload
    def predict(self, images: Any, *, as_frame: Literal[True]) -> pd.DataFrame: ...

    def predict(self, images: Any, *, as_frame: bool = False) -> list[FaceRecord] | pd.DataFrame:
        """Find the faces of pictures and tell their emotions.

        Parameters
        ----------
        images : picture, or iterable of pictures
            A picture is a file or a folder of files (str or path-like), the bytes of a file, a
            file opened in binary mode, a Pillow image, or an array of uint8, of shape (height,
            width), (height, width, 3) or, with transparency, (height, width, 4). Colours are red,
            green and blue, in this order: an ``image`` of OpenCV's is to be given as
            ``image[..., ::-1]``. Folders are searched with their subfolders. An array of shape
            (n, height, width), (n, height, width, 3) or (n, height, width, 4) is n pictures; but
            of three or four grey ones give ``list(images)``, as their array might be one picture
            with its channels first. Tensors and nested lists count as arrays.
        as_frame : bool, default=False
            Whether to return a pandas DataFrame.

        Returns
        -------
        list of FaceRecord, or pandas.DataFrame
            A record for each face, picture by picture; a picture that can't be read, has no face
            or is none at all has one record that says so. The frame's columns are file, face, x,
            y, width, height, score, angle, quality, emotion, each emotion's probability, and
            status.

        Raises
        ------
        TypeError
            If `images` is neither a picture nor an iterable.
        ValueError
            If the detector's answer or the model's is none.
        ImportError
            If OpenCV is needed and not installed, or pandas where a frame is asked for.
        MemoryError
            If there is no memory to read a picture, which the message names: it may be sound.
        """
        records = list(self.stream(images))
        return to_frame(records, self.emotions_) if as_frame else records

    def stream(self, images: Any) -> Iterator[FaceRecord]:
        """Give the records of `predict` one by one, in order, in memory that does not grow.

        Parameters
        ----------
        images : picture, or iterable of pictures
            As for `predict`. While the network is at work on some, the next are read in threads. A
            generator, or another iterator, may give one array, image or open file again and again,
            or close it: what it holds is taken when it is given.

        Yields
        ------
        FaceRecord

        Raises
        ------
        TypeError
            If `images` is neither a picture nor an iterable.
        ValueError, ImportError, MemoryError
            As `predict` does. The records of all pictures before the one that an error is about
            come first; so does an error of the detector's own, or of what gives the pictures.
        """
        images = checked_sources(images)
        return self._stream(numbered([images] if is_single(images) else images, self.photo))

    def _stream(self, sources: Iterable[Source]) -> Iterator[FaceRecord]:
        for pictures in read_ahead(sources, self._read, self.batch_size):
            yield from self._judged(pictures)

    def video(self, source: str | os.PathLike[str] | int, **options: Any) -> VideoFaces:
        """Give the faces of a video or a camera, frame by frame.

        Parameters
        ----------
        source : str, path-like or int
            A video's file, or a camera's number.
        **options
            As for `fernet.faces.video.VideoFaces`: ``every``, ``smooth`` and ``start_score``, which
            is by default what a `FaceDetector` of the kind "yunet" has for its `min_score`: faces
            that were found once are followed where its score is as low as 0.4.

        Returns
        -------
        VideoFaces
            An iterator over `FaceRecord`; it also counts the frames.

        Raises
        ------
        ImportError
            If OpenCV is not installed.
        OSError
            If the file or the camera can't be opened.
        TypeError, ValueError
            If `source` is neither a path nor a camera's number, or an option out of its range.
        """
        from fernet.faces.video import VideoFaces

        looking = self
        # The cascades give each face that they find, whatever its score.
        if isinstance(self.detector, FaceDetector) and self.detector.kind == "yunet":
            options.setdefault("start_score", self.detector.min_score)
            looking = copy(self)
            looking.detector = weaker = copy(self.detector)
            weaker.min_score = min(_FOLLOW_SCORE, weaker.min_score)
            if weaker.quarter_turns == "auto":  # frames without a face are frequent
                weaker.quarter_turns = False
        return VideoFaces(looking.faces_of, source, **options)

    def faces_of(self, image: Any) -> list[FaceRecord]:
        """Return the records of one picture's faces.

        Parameters
        ----------
        image : str, path-like, bytes, binary file object, PIL.Image.Image or ndarray of uint8
            The picture.

        Returns
        -------
        list of FaceRecord
            The most certain first; none where there is no face.

        Raises
        ------
        ValueError, OSError
            If the picture can't be read; `ImageError`, a ValueError, if a file is no image.
        ImportError
            If OpenCV is needed and not installed.
        """
        return self.judge(self.find(image))

    def judge(self, faces: list[Face], file: str = "image 0") -> list[FaceRecord]:
        """Return the records of one picture's faces, as `find` gives them.

        Parameters
        ----------
        faces : list of Face
            The faces.
        file : str, default="image 0"
            The picture's name.

        Returns
        -------
        list of FaceRecord
            One for each.
        """
        return list(self._judged([Read(file, OK, faces)])) if faces else []

    def find(self, source: Any) -> list[Face]:
        """Find the faces of one picture and cut them out, as `faces_of` does.

        Parameters
        ----------
        source : str, path-like, binary file object, PIL.Image.Image or ndarray of uint8
            The picture.

        Returns
        -------
        list of Face
            The most certain first.

        Raises
        ------
        ImageError, OSError, ImportError
            As `faces_of` does.
        """
        photo = self.photo(source)
        if not isinstance(source, (str, os.PathLike)):
            return self.faces_in(photo)
        with noting(f"while faces were looked for in {os.fspath(source)}"):
            return self.faces_in(photo)

    def photo(self, source: Any) -> Photo:
        """Read a picture as its faces are looked for, and with the colours that the model takes.

        Parameters
        ----------
        source : str, path-like, bytes, binary file object, PIL.Image.Image or ndarray of uint8
            The picture.

        Returns
        -------
        Photo

        Raises
        ------
        ImageError, OSError
            As `faces_of` does.
        """
        colors = self.detector is not None or len(self.face_shape_) == 3
        return take_photo(source, read_side(self.detector), colors=colors)

    def faces_in(self, photo: Photo) -> list[Face]:
        """Find the faces of a picture that has been read and cut them out.

        Parameters
        ----------
        photo : Photo
            As `photo` reads it.

        Returns
        -------
        list of Face
            The most certain first.

        Raises
        ------
        ImportError
            If OpenCV is needed and not installed.
        """
        return find_faces(photo, self.detector, upright=self.upright, shape=self.face_shape_)

    def probabilities(self, faces: Sequence[NDArray[np.uint8]]) -> list[dict[str, float]]:
        """Return the probability of each emotion for each of some faces.

        Parameters
        ----------
        faces : sequence of ndarray of uint8, shape ``face_shape_``
            Faces that are cut out.

        Returns
        -------
        list of dict of str to float
            One for each face.

        Raises
        ------
        ValueError
            If the model answers with anything but probabilities.
        """
        if not len(faces):
            return []
        return answers_of(self.model_, faces)

    def _read(self, source: Source) -> Read:
        file, picture = source.file, source.picture
        if isinstance(picture, Unreadable):
            return Read(file, picture.status)
        try:
            photo = picture if isinstance(picture, Photo) else self.photo(picture)
        except (OSError, ValueError) as error:
            return Read(file, status_of(error, file))
        with noting(f"while faces were looked for in {file}"):
            faces = self.faces_in(photo)
        return Read(file, OK if faces else NO_FACE, faces)

    def _judged(self, pictures: Sequence[Read]) -> Iterator[FaceRecord]:
        """Give the records of pictures, whose faces the network sees all at once."""
        reasons = [[self.limits.reason(face) for face in picture.faces] for picture in pictures]
        to_judge = [
            face.pixels
            for picture, whys in zip(pictures, reasons, strict=True)
            for face, why in zip(picture.faces, whys, strict=True)
            if why is None
        ]
        chances = iter(self.probabilities(to_judge))
        for picture, whys in zip(pictures, reasons, strict=True):
            if not picture.faces:
                yield FaceRecord(picture.file, picture.status)
            for number, (face, why) in enumerate(zip(picture.faces, whys, strict=True), 1):
                answer = next(chances) if why is None else None
                yield _record(picture.file, number, face, answer, why)


def _record(
    file: str, number: int, face: Face, chances: dict[str, float] | None, why: str | None
) -> FaceRecord:
    is_small = face.quality is not None and face.quality.is_too_small
    return FaceRecord(
        file,
        why or (TOO_SMALL if is_small else OK),
        number,
        face.box,
        None if chances is None else max(chances, key=chances.__getitem__),
        chances,
        score=face.score,
        angle=face.angle,
        quality=face.quality,
    )
