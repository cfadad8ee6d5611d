"""Drawn faces: the data set that needs no download."""

from __future__ import annotations

import numbers
from typing import TYPE_CHECKING, Literal, overload

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import Bunch, check_random_state

from fernet.datasets._bunch import as_frames, make_bunch, with_frames
from fernet.datasets._synthetic.draws import FaceStream
from fernet.datasets._synthetic.portrait import draw_portraits
from fernet.emotions import EMOTIONS, IMAGE_SHAPE

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["FACES_IN_A_BLOCK", "make_faces"]
__dir__ = __all__.copy

FACES_IN_A_BLOCK = {
    "angry": 7,
    "disgust": 3,
    "fear": 7,
    "happy": 11,
    "sad": 8,
    "surprise": 6,
    "neutral": 8,
}
"""How often each emotion stands among every 50 faces: FER2013's shares, but for disgust's, which
is raised from 1.5 to 6 % so that small sets hold enough of it."""

_BATCH = 64
_USAGE = "Synthetic"

_DESCRIPTION = """Drawn faces

Faces drawn by fernet, 48 x 48 pixels, 256 levels of grey, one of seven emotions each. No person
sat for them: brows, eyes, nose and mouth move as the action units of the Facial Action Coding
System do (Ekman and Friesen, 1978) in the combinations that EMFACS lists for an emotion, each with
its own strength, in faces, poses, lights and noise drawn at random. Many expressions are weak and
some lack a part, so no classifier gets them all right; a quarter of the pictures are negatives.
"""

_RandomState = int | np.random.RandomState | np.random.Generator | None


@overload
def make_faces(
    n_samples: int = ...,
    *,
    random_state: _RandomState = ...,
    return_X_y: Literal[False] = ...,
    as_frame: bool = ...,
) -> Bunch: ...
@overload
def make_faces(
    n_samples: int = ...,
    *,
    random_state: _RandomState = ...,
    return_X_y: Literal[True],
    as_frame: Literal[False] = ...,
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]: ...
@overload
def make_faces(
    n_samples: int = ...,
    *,
    random_state: _RandomState = ...,
    return_X_y: Literal[True],
    as_frame: Literal[True],
) -> tuple[pd.DataFrame, pd.Series]: ...
def make_faces(
    n_samples: int = 1000,
    *,
    random_state: _RandomState = None,
    return_X_y: bool = False,
    as_frame: bool = False,
) -> Bunch | tuple[NDArray[np.uint8], NDArray[np.int64]] | tuple[pd.DataFrame, pd.Series]:
    """Draw grey 48x48 faces that show the seven emotions of FER2013.

    Each emotion is drawn as the set of facial action units that stands for it in EMFACS, the
    emotion dictionary of the Facial Action Coding System [1]_ [2]_:

    ========  ==============================================================================
    angry     4 brows lowered, 5 upper lids raised, 7 lids tightened, 23 lips tightened
    disgust   9 nose wrinkled, 15 lip corners lowered, 16 lower lip lowered
    fear      1+2 brows raised, 4, 5, 7, 20 lips stretched, 26 jaw dropped
    happy     6 cheeks raised, 12 lip corners pulled up
    sad       1 inner brows raised, 4, 15
    surprise  1+2, 5 slightly, 26
    neutral   none
    ========  ==============================================================================

    How strongly each acts is random: weak expressions are common, an action unit may be missing,
    the two halves of a face differ, and any face may show a movement that is not part of its
    emotion, such as lips parted in speech. The faces also vary in shape, skin, hair, beard and
    glasses; in tilt, turn, size and place; in light, contrast, sharpness, noise and background;
    and a quarter of the pictures are negatives, which a linear model cannot follow. Trained on
    4,000 faces, logistic regression gets about 53 % of new ones right and a multi-layer perceptron
    (512, 256) about 75 %.

    Nothing is read, downloaded or left behind.

    Parameters
    ----------
    n_samples : int, default=1000
        Number of faces, 1 or more.
    random_state : int, RandomState instance, Generator instance or None, default=None
        An integer, 0 or more, gives the same bytes on every call and every machine. A generator,
        or NumPy's global one for None, gives other faces on every call. With the same integer a
        smaller set is the beginning of a larger one:
        ``make_faces(100, random_state=0).data[:50]`` is ``make_faces(50, random_state=0).data``.
    return_X_y : bool, default=False
        Return ``(data, target)`` rather than a Bunch.
    as_frame : bool, default=False
        Whether ``data`` is a pandas DataFrame with a column for each pixel, ``pixel_0_0`` to
        ``pixel_47_47`` (row, column), and ``target`` a Series. The Bunch has both as ``frame``
        too, and the columns as ``feature_names``.

    Returns
    -------
    faces : Bunch
        With the fields

        data : ndarray of shape (n_samples, 2304), dtype uint8
            Pixels, 0 (black) to 255, row by row.
        images : ndarray of shape (n_samples, 48, 48), dtype uint8
            The same memory as ``data``.
        target : ndarray of shape (n_samples,), dtype int64
            Labels, 0 to 6. The first seven faces show one emotion each. Of every 50 faces in a
            row, counted from the start, 7 are angry, 3 disgusted, 7 afraid, 11 happy, 8 sad,
            6 surprised and 8 neutral: FER2013's shares, with more disgust.
        target_names : list of str
            ``fernet.datasets.EMOTIONS``: the name of each label.
        usage : ndarray of shape (n_samples,), dtype str
            ``"Synthetic"`` throughout; split with
            :func:`sklearn.model_selection.train_test_split`.
        DESCR : str
            What the faces are, and how many there are of each emotion.
    (data, target) : tuple of ndarray, or of DataFrame and Series
        If `return_X_y` is true.

    Raises
    ------
    ImportError
        If `as_frame` is true and pandas is not installed.
    TypeError
        If `n_samples` is not an integer, or `random_state` none of the above.
    ValueError
        If `n_samples` is below 1, or `random_state` is a negative integer.

    See Also
    --------
    load_fer2013 : Load photographs of real faces.

    References
    ----------
    .. [1] P. Ekman and W. V. Friesen. Facial Action Coding System. Consulting Psychologists
       Press, 1978.
    .. [2] W. V. Friesen and P. Ekman. EMFACS-7: Emotional Facial Action Coding System.
       University of California at San Francisco, 1983.

    Examples
    --------
    >>> from fernet.datasets import make_faces
    >>> faces = make_faces(50, random_state=0)
    >>> faces.images.shape, faces.images.dtype
    ((50, 48, 48), dtype('uint8'))
    >>> [faces.target_names[label] for label in sorted(faces.target[:7])]
    ['angry', 'disgust', 'fear', 'happy', 'sad', 'surprise', 'neutral']
    >>> make_faces(50, random_state=0, as_frame=True).frame.columns[-2:].tolist()
    ['pixel_47_47', 'target']
    >>> X, y = make_faces(100, random_state=0, return_X_y=True)
    >>> bool((X[:50] == faces.data).all())
    True
    """
    n_samples = _checked_count(n_samples)
    label_seed, face_seed = _seed_sequence(random_state).spawn(2)
    target = _draw_labels(n_samples, label_seed)
    data = _draw_images(target, face_seed).reshape(n_samples, -1)
    if return_X_y:
        return as_frames(data, target, IMAGE_SHAPE) if as_frame else (data, target)
    faces = make_bunch(
        data,
        target,
        np.full(n_samples, _USAGE),
        shape=IMAGE_SHAPE,
        target_names=EMOTIONS,
        description=_DESCRIPTION,
    )
    return with_frames(faces) if as_frame else faces


def _checked_count(n_samples: int) -> int:
    if isinstance(n_samples, bool) or not isinstance(n_samples, numbers.Integral):
        raise TypeError(
            f"n_samples must be an integer, the number of faces; got {n_samples!r} of type "
            f"{type(n_samples).__name__}"
        )
    if n_samples < 1:
        raise ValueError(f"n_samples must be 1 or more; got {n_samples}")
    return int(n_samples)


def _seed_sequence(random_state: _RandomState) -> np.random.SeedSequence:
    """Turn any accepted `random_state` into a seed; generators move on, as a draw moves them."""
    if random_state is None or isinstance(random_state, np.random.RandomState):
        state = check_random_state(random_state)
        return np.random.SeedSequence(state.randint(0, 2**32, 4, np.uint32).tolist())
    if isinstance(random_state, np.random.Generator):
        return np.random.SeedSequence(random_state.integers(0, 2**32, 4, np.uint32).tolist())
    if isinstance(random_state, bool) or not isinstance(random_state, numbers.Integral):
        raise TypeError(
            "random_state must be an integer, None, a numpy RandomState or a numpy Generator; "
            f"got {random_state!r} of type {type(random_state).__name__}"
        )
    if random_state < 0:
        raise ValueError(f"random_state must be 0 or more; got {random_state}")
    return np.random.SeedSequence(int(random_state))


def _draw_labels(n_samples: int, seed: np.random.SeedSequence) -> np.ndarray:
    """Shuffle the labels within blocks of 50; the first seven faces of all are one of each."""
    counts = [FACES_IN_A_BLOCK[name] for name in EMOTIONS]
    block = np.repeat(np.arange(len(EMOTIONS)), counts)
    n_blocks = -(-n_samples // len(block))
    keys = np.random.Philox(seed).random_raw(n_blocks * len(block)).reshape(n_blocks, -1)
    target = block[np.argsort(keys, axis=1, kind="stable")].astype(np.int64)
    _, firsts = np.unique(target[0], return_index=True)
    firsts.sort()
    rest = np.setdiff1d(np.arange(len(block)), firsts)
    target[0] = target[0][np.concatenate([firsts, rest])]
    return target.reshape(-1)[:n_samples].copy()


def _draw_images(target: np.ndarray, seed: np.random.SeedSequence) -> np.ndarray:
    """Draw the faces a batch at a time, which keeps memory small and the work in cache."""
    stream = FaceStream(seed)
    images = np.empty((len(target), *IMAGE_SHAPE), np.uint8)
    for start in range(0, len(target), _BATCH):
        batch = slice(start, start + _BATCH)
        draws, noise = stream.take(len(target[batch]))
        images[batch] = draw_portraits(target[batch], draws, noise)
    return images
