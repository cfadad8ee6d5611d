from __future__ import annotations

import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler
from sklearn.utils import check_random_state

from fernet.datasets.synthetic import FACES_IN_A_BLOCK, make_faces
from fernet.emotions import EMOTIONS

seeds = st.integers(0, 2**64)
sizes = st.integers(1, 120)

DIGEST = "e7a53f8196245917341e95a7cc8a561f68b766ce3b628a3ce3412b951f7580cb"


@pytest.fixture(scope="module")
def faces():
    return make_faces(1500, random_state=7)


@pytest.fixture(scope="module")
def positives(faces):
    """The same faces in the same light, negatives turned back."""
    even = faces.images - faces.images.mean(axis=(1, 2), keepdims=True)
    even /= even.std(axis=(1, 2), keepdims=True)
    likeness = (even * even.mean(axis=0)).sum(axis=(1, 2), keepdims=True)
    return even * np.sign(likeness)


def difference_in_standard_errors(images, target, one, other):
    """How far two emotions' mean images lie apart, pixel by pixel."""
    first, second = (images[target == EMOTIONS.index(name)] for name in (one, other))
    errors = first.var(axis=0) / len(first) + second.var(axis=0) / len(second)
    return np.abs(first.mean(axis=0) - second.mean(axis=0)) / np.sqrt(errors)


@settings(max_examples=25, deadline=None)
@given(n_samples=sizes, seed=seeds)
def test_a_set_has_the_form_that_every_loader_gives(n_samples, seed):
    faces = make_faces(n_samples, random_state=seed)
    assert faces.data.dtype == np.uint8
    assert faces.data.shape == (n_samples, 2304)
    assert faces.data.flags.c_contiguous
    assert faces.images.shape == (n_samples, 48, 48)
    assert np.shares_memory(faces.images, faces.data)
    assert faces.target.dtype == np.int64
    assert faces.target.shape == (n_samples,)
    assert faces.target_names == list(EMOTIONS)
    assert faces.usage.tolist() == ["Synthetic"] * n_samples
    assert f"{n_samples} images" in faces.DESCR


@settings(max_examples=15, deadline=None)
@given(n_samples=sizes, more=sizes, seed=seeds)
def test_a_smaller_set_is_the_beginning_of_a_larger_one(n_samples, more, seed):
    small = make_faces(n_samples, random_state=seed)
    large = make_faces(n_samples + more, random_state=seed)
    np.testing.assert_array_equal(large.data[:n_samples], small.data)
    np.testing.assert_array_equal(large.target[:n_samples], small.target)


def test_a_seed_gives_the_same_bytes_everywhere():
    faces = make_faces(100, random_state=0)
    content = faces.data.tobytes() + faces.target.astype("<i8").tobytes()
    assert hashlib.sha256(content).hexdigest() == DIGEST


@settings(max_examples=15, deadline=None)
@given(seed=seeds)
def test_seeds_give_different_faces(seed):
    first = make_faces(7, random_state=seed)
    second = make_faces(7, random_state=seed + 1)
    assert (first.data != second.data).any(axis=1).all()


@pytest.mark.parametrize("kind", [np.random.RandomState, np.random.default_rng])
def test_a_generator_moves_on_and_can_be_repeated(kind):
    generator = kind(3)
    first, second = (make_faces(7, random_state=generator).data for _ in range(2))
    assert (first != second).any(axis=1).all()
    np.testing.assert_array_equal(make_faces(7, random_state=kind(3)).data, first)


def test_no_random_state_means_numpy_s_global_one():
    state = check_random_state(None)
    before = state.get_state()
    first, second = make_faces(7).data, make_faces(7).data
    state.set_state(before)
    np.testing.assert_array_equal(make_faces(7).data, first)
    assert (first != second).any(axis=1).all()


@settings(max_examples=15, deadline=None)
@given(seed=seeds)
def test_the_first_seven_faces_show_every_emotion(seed):
    assert sorted(make_faces(7, random_state=seed).target) == list(range(7))


def test_every_block_of_fifty_holds_the_same_emotions(faces):
    for block in faces.target.reshape(-1, 50):
        counts = np.bincount(block, minlength=7)
        assert dict(zip(EMOTIONS, counts, strict=True)) == FACES_IN_A_BLOCK


def test_labels_do_not_follow_an_order(faces):
    blocks = faces.target.reshape(-1, 50)
    assert len(np.unique(blocks, axis=0)) == len(blocks)
    # A face's label says little about its neighbour's.
    assert (np.diff(faces.target) == 0).mean() < 0.3


def test_no_image_is_blank_and_no_two_are_alike(faces):
    assert faces.data.std(axis=1).min() > 5.0
    assert len(np.unique(faces.data, axis=0)) == len(faces.data)


def test_pixels_use_the_whole_range_without_crowding_its_ends(faces):
    assert faces.data.min() == 0
    assert faces.data.max() == 255
    clipped = (faces.data == 0) | (faces.data == 255)
    assert clipped.mean() < 0.1


MOUTH = slice(30, 46), slice(12, 36)
BROWS = slice(4, 20), slice(6, 42)


@pytest.mark.parametrize(
    ("one", "other", "part"),
    [
        ("happy", "sad", MOUTH),
        ("surprise", "neutral", MOUTH),
        ("angry", "surprise", BROWS),
        ("sad", "disgust", BROWS),
        ("fear", "neutral", BROWS),
        ("disgust", "happy", MOUTH),
    ],
)
def test_expressions_differ_where_their_action_units_act(faces, positives, one, other, part):
    difference = difference_in_standard_errors(positives, faces.target, one, other)
    assert difference[part].max() > 6.0
    # Walls differ by chance alone.
    assert difference[:4, :4].max() < 4.5


def test_return_x_y_gives_data_and_target():
    X, y = make_faces(20, random_state=1, return_X_y=True)
    faces = make_faces(20, random_state=1)
    np.testing.assert_array_equal(X, faces.data)
    np.testing.assert_array_equal(y, faces.target)


@pytest.mark.parametrize("n_samples", [0, -1, np.int64(-5)])
def test_a_count_below_one_is_refused(n_samples):
    with pytest.raises(ValueError, match=r"n_samples must be 1 or more; got"):
        make_faces(n_samples)


@pytest.mark.parametrize("n_samples", [10.0, "10", None, True])
def test_a_count_that_is_no_integer_is_refused(n_samples):
    with pytest.raises(TypeError, match=r"n_samples must be an integer.*got .* of type"):
        make_faces(n_samples)


@pytest.mark.parametrize("random_state", [1.5, "0", True, [1]])
def test_a_random_state_of_another_kind_is_refused(random_state):
    with pytest.raises(TypeError, match="random_state must be an integer, None"):
        make_faces(5, random_state=random_state)


def test_a_negative_seed_is_refused():
    with pytest.raises(ValueError, match="random_state must be 0 or more; got -1"):
        make_faces(5, random_state=-1)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_linear_model_stays_well_below_a_network_which_stays_below_perfection():
    X, y = make_faces(5000, random_state=0, return_X_y=True)
    X = X.astype(np.float32)
    scale = StandardScaler().fit(X[:4000])
    train, test = scale.transform(X[:4000]), scale.transform(X[4000:])
    linear = LogisticRegression(C=0.01, max_iter=60).fit(train, y[:4000])
    network = MLPClassifier(
        (512, 256), alpha=0.1, learning_rate_init=3e-4, batch_size=100, max_iter=12, random_state=0
    ).fit(train, y[:4000])
    below, above = linear.score(test, y[4000:]), network.score(test, y[4000:])
    assert 0.4 < below < 0.62
    assert above > below + 0.1
    assert above < 0.9
