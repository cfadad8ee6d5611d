from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fernet.datasets._synthetic.draws import PARAMETERS_PER_FACE, Draws, FaceStream

words = np.random.Philox(1).random_raw(20000).reshape(-1, 4)


@settings(max_examples=20, deadline=None)
@given(parts=st.lists(st.integers(0, 9), min_size=1, max_size=5))
def test_faces_do_not_depend_on_how_they_are_batched(parts):
    seed = np.random.SeedSequence(4)
    _, whole = FaceStream(seed).take(sum(parts))
    stream = FaceStream(seed)
    pieces = [stream.take(n)[1] for n in parts]
    np.testing.assert_array_equal(np.concatenate(pieces), whole)


def test_noise_is_standardised_and_bounded():
    _, noise = FaceStream(np.random.SeedSequence(0)).take(50)
    assert noise.dtype == np.float32
    assert noise.shape == (50, 48, 48)
    assert abs(noise.mean()) < 0.02
    assert abs(noise.std() - 1.0) < 0.02
    assert np.abs(noise).max() <= 510 * 0.00677


def test_numbers_have_the_distribution_asked_for():
    draws = Draws(words)
    uniform, around = draws.uniform(2.0, 5.0), draws.around(1.0, 0.5)
    assert uniform.shape == (len(words), 1, 1)
    assert uniform.dtype == around.dtype == np.float32
    assert 2.0 <= uniform.min() < 2.01
    assert 4.99 < uniform.max() <= 5.0
    assert abs(around.mean() - 1.0) < 0.01
    assert np.abs(around - 1.0).max() <= 0.5


@given(probability=st.floats(0, 1))
def test_an_event_happens_as_often_as_asked(probability):
    happened = Draws(words).happens(probability)
    assert set(happened.ravel().tolist()) <= {0.0, 1.0}
    assert abs(happened.mean() - probability) < 0.03


def test_words_set_aside_are_enough_and_run_out_loudly():
    draws, _ = FaceStream(np.random.SeedSequence(0)).take(1)
    for _ in range(PARAMETERS_PER_FACE):
        draws.uniform(0.0, 1.0)
    with pytest.raises(StopIteration):
        draws.uniform(0.0, 1.0)
