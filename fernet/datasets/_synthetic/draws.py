"""Random numbers for the faces: one fixed-length stretch of a Philox stream for each face."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from fernet.emotions import IMAGE_SHAPE

PARAMETERS_PER_FACE = 224
"""Words set aside for the parameters of a face, used or not."""

_PIXELS = IMAGE_SHAPE[0] * IMAGE_SHAPE[1]
_WORDS_PER_FACE = PARAMETERS_PER_FACE + _PIXELS // 2


class Draws:
    """Hands out the random parameters of a batch of faces, one column at a time.

    Every face uses its own row, and asks in the same order, so a face does not depend on the
    faces beside it. What is handed out has the shape ``(n_faces, 1, 1)``, to meet images of the
    shape ``(n_faces, height, width)``.

    Parameters
    ----------
    words : ndarray of shape (n_faces, n_parameters), dtype uint64
        Raw random words; the top 24 bits of each become one number in [0, 1).
    """

    def __init__(self, words: np.ndarray) -> None:
        uniform = (words >> np.uint64(40)).astype(np.float32) * np.float32(2.0**-24)
        self._columns: Iterator[np.ndarray] = iter(np.ascontiguousarray(uniform.T))
        self.n_faces = len(words)

    def _next(self) -> np.ndarray:
        return next(self._columns).reshape(-1, 1, 1)

    def uniform(self, low: float, high: float) -> np.ndarray:
        """Numbers from the uniform distribution between `low` and `high`."""
        return self._next() * (high - low) + low

    def around(self, middle: float, spread: float) -> np.ndarray:
        """Numbers from the triangle that peaks at `middle` and ends `spread` away from it."""
        return (self._next() - self._next()) * spread + middle

    def happens(self, probability: float | np.ndarray) -> np.ndarray:
        """1.0 with the given probability, else 0.0."""
        return (self._next() < probability).astype(np.float32)


class FaceStream:
    """An endless row of faces' random numbers; a seed always gives the same row.

    Philox counts, so face ``i`` owns the words from ``i`` times a constant on: the first faces
    are the same however many are asked for, and in whatever batches.

    Parameters
    ----------
    seed : numpy.random.SeedSequence
        Where the stream's key comes from.
    """

    def __init__(self, seed: np.random.SeedSequence) -> None:
        self._bits = np.random.Philox(seed)

    def take(self, n_faces: int) -> tuple[Draws, np.ndarray]:
        """Take the next faces' parameters and pixel noise.

        Parameters
        ----------
        n_faces : int
            How many faces to move on by.

        Returns
        -------
        draws : Draws
            The parameters.
        noise : ndarray of shape (n_faces, 48, 48), dtype float32
            Nearly normal, mean 0, standard deviation 1: sums of four random bytes.
        """
        words = self._bits.random_raw(n_faces * _WORDS_PER_FACE)
        words = words.reshape(n_faces, _WORDS_PER_FACE)
        draws = Draws(words[:, :PARAMETERS_PER_FACE])
        return draws, _bell_shaped(words[:, PARAMETERS_PER_FACE:])


def _bell_shaped(words: np.ndarray) -> np.ndarray:
    """Two numbers from each 64-bit word: four bytes apiece, summed, centred and scaled."""
    # Pairs of bytes are added within the word, in lanes of 16 bits that cannot overflow.
    lanes = np.uint64(0x00FF00FF00FF00FF)
    pairs = (words & lanes) + ((words >> np.uint64(8)) & lanes)
    sums = pairs + (pairs >> np.uint64(16))
    halves = np.empty((len(words), words.shape[1], 2), np.float32)
    halves[..., 0] = sums & np.uint64(0xFFFF)
    halves[..., 1] = (sums >> np.uint64(32)) & np.uint64(0xFFFF)
    # A byte has mean 127.5 and variance (256**2 - 1) / 12; four of them have four times that.
    halves -= np.float32(510.0)
    halves *= np.float32(0.0067659)
    return halves.reshape(len(words), *IMAGE_SHAPE)
