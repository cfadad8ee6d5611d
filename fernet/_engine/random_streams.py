"""Independent streams of random numbers, each named by a seed, a purpose and counters.

Nothing random is drawn from a generator that lives on through a training: every draw is a
function of its own key. So a training resumed at epoch 17 shuffles as one that never stopped.
"""

from __future__ import annotations

import numpy as np

INITIAL_WEIGHTS, VALIDATION_SPLIT, SHUFFLE, AUGMENTATION = range(4)
"""Purposes: numbers that keep the streams of one seed apart."""


def generator(seed: int, purpose: int, *counters: int) -> np.random.Generator:
    """Make the generator that belongs to a seed, a purpose and some counters.

    Parameters
    ----------
    seed : int
        Seed of the whole training, 0 or more.
    purpose : int
        One of this module's constants.
    *counters : int
        For instance the epoch and the step, 0 or more.

    Returns
    -------
    numpy.random.Generator
        On the Philox bit generator.

    Examples
    --------
    >>> from fernet._engine.random_streams import SHUFFLE, generator
    >>> a, b = (generator(0, SHUFFLE, 3).integers(1000) for _ in range(2))
    >>> bool(a == b)
    True
    """
    return np.random.Generator(np.random.Philox(np.random.SeedSequence((seed, purpose, *counters))))
