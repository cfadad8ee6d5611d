"""Python threads that fit, predict, save and load at once: the bits of one after another."""

from __future__ import annotations

import pickle
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from sklearn.base import clone

from fernet import FERCNNClassifier, FERMLPClassifier, load_model, save_model
from fernet.datasets import make_faces

X, Y = make_faces(160, random_state=0, return_X_y=True)
ESTIMATORS = {
    "mlp": FERMLPClassifier((32, 16), dropout=0.3, max_iter=3, random_state=0),
    "early stopping": FERMLPClassifier((24,), early_stopping=True, max_iter=3, random_state=1),
    "augmented": FERMLPClassifier((16,), augmentation="robust", max_iter=2, random_state=2),
    "cnn": FERCNNClassifier(
        filters=[(8, 1), (16, 1)],
        hidden_layer_sizes=(16,),
        batch_norm=True,
        max_iter=2,
        random_state=3,
    ),
    "compact": FERCNNClassifier("compact", width=8, max_iter=1, random_state=4),
}
N_THREADS = 4


@pytest.fixture(autouse=True)
def _frequent_switches():
    """Where threads take turns, let the turns be short."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


def at_once(*calls):
    """Call each in a thread of its own, all beginning together, and return what they return."""
    together = threading.Barrier(len(calls))

    def start(call):
        together.wait(60)
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(start, calls))


def learnt(model):
    """All that a fit decides, as bytes: weights, running statistics, figures."""
    network = model.network_
    return [network.values.tobytes(), model.loss_curve_, model.validation_scores_]


def fit(model):
    return learnt(clone(model).fit(X, Y))


def test_different_estimators_that_learn_at_once():
    expected = [fit(model) for model in ESTIMATORS.values()]
    for _ in range(2):
        calls = [lambda model=model: fit(model) for model in ESTIMATORS.values()]
        assert at_once(*calls) == expected


@pytest.mark.parametrize("name", ["mlp", "cnn"])
def test_twins_that_learn_at_once(name):
    expected = fit(ESTIMATORS[name])
    calls = [lambda: fit(ESTIMATORS[name])] * N_THREADS
    assert at_once(*calls) == [expected] * N_THREADS


def answers(model, rows):
    return [
        model.predict_proba(rows).tobytes(),
        model.predict(rows).tobytes(),
        model.transform(rows).tobytes(),
        model.score(rows, Y[: len(rows)]),
    ]


@pytest.mark.parametrize("has_views", [False, True], ids=["alone", "weights shared"])
@pytest.mark.parametrize("name", ["mlp", "cnn"])
def test_one_estimator_asked_by_several_threads(name, has_views):
    fitted = pickle.dumps(clone(ESTIMATORS[name]).fit(X, Y))
    sizes = (1, 2, 40, 160)
    expected = [answers(pickle.loads(fitted), X[:n]) for n in sizes]
    for _ in range(2):
        model = pickle.loads(fitted)  # which has prepared nothing yet
        views = model.coefs_ if has_views else []
        calls = [lambda n=n, model=model: answers(model, X[:n]) for n in sizes]
        assert at_once(*calls) == expected
        assert all(np.isfinite(view).all() for view in views)


def test_an_estimator_is_pickled_while_others_ask_it_for_the_first_time():
    fitted = pickle.dumps(clone(ESTIMATORS["mlp"]).fit(X, Y))
    expected = answers(pickle.loads(fitted), X[:3])
    for _ in range(20):
        model = pickle.loads(fitted)
        calls = [lambda model=model: answers(model, X[:3]), lambda model=model: pickle.dumps(model)]
        first, second, copied = at_once(calls[0], *calls)
        assert first == second == expected
        assert answers(pickle.loads(copied), X[:3]) == expected


def test_learning_predicting_saving_and_loading_at_once(tmp_path):
    asked = clone(ESTIMATORS["cnn"]).fit(X, Y)
    path = tmp_path / "asked.safetensors"
    save_model(asked, path)
    learns = [ESTIMATORS[name] for name in ("mlp", "cnn")]
    expected = [fit(model) for model in learns] + [answers(asked, X)] * 2

    def save_and_load():
        own = tmp_path / f"{threading.get_ident()}.safetensors"
        save_model(asked, own)
        return answers(load_model(own), X)

    calls = [lambda model=model: fit(model) for model in learns]
    calls += [save_and_load, lambda: answers(load_model(path), X)]
    for _ in range(2):
        assert at_once(*calls) == expected
