"""Searches on a real cluster of two worker processes, by the README's recipe."""

from __future__ import annotations

import os
import signal
import threading
import time

import joblib
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from fernet import FERMLPClassifier, _kernels
from fernet.datasets import make_faces
from fernet.model_selection import CoordinateSearchCV, join_validation

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

FACES = make_faces(300, random_state=0)
X, Y, CV = join_validation(
    FACES.data[:200], FACES.target[:200], FACES.data[200:], FACES.target[200:]
)
MODEL = FERMLPClassifier((16,), max_iter=3, random_state=0)
GRIDS = {"learning_rate_init": [0.001, 0.01], "dropout": [0.0, 0.1], "weight_decay": [0.0, 0.01]}
SEARCHES = {
    "coordinate": CoordinateSearchCV(MODEL, GRIDS, cv=CV),
    "grid": GridSearchCV(MODEL, GRIDS, cv=CV),
}


@pytest.fixture
def client(cluster):
    with cluster.get_client() as client:
        yield client


@pytest.fixture
def sent(client, monkeypatch):
    """Notes whether the images were sent to all workers, each time that they are sent."""
    sent = []
    scatter = type(client).scatter

    def note(self, data, *args, **kwargs):
        arrays = data if isinstance(data, list) else [data]
        large = [array for array in arrays if getattr(array, "nbytes", 0) >= X.nbytes]
        sent.extend(kwargs.get("broadcast", False) for _ in large)
        return scatter(self, data, *args, **kwargs)

    monkeypatch.setattr(type(client), "scatter", note)
    return sent


def assert_same(got, expected):
    np.testing.assert_array_equal(
        got.cv_results_["mean_test_score"], expected.cv_results_["mean_test_score"]
    )
    np.testing.assert_array_equal(
        got.best_estimator_.network_.params, expected.best_estimator_.network_.params
    )


@pytest.mark.parametrize("name", list(SEARCHES))
def test_the_results_are_those_of_one_process_and_images_are_sent_once(name, client, sent):
    with joblib.parallel_config(backend="dask", scatter=[X, Y]):
        got = clone(SEARCHES[name]).fit(X, Y)
    assert sent == [True]
    assert_same(got, clone(SEARCHES[name]).fit(X, Y))


def test_a_coordinate_search_sends_the_images_once_by_itself(client, sent):
    with joblib.parallel_config(backend="dask"):
        got = clone(SEARCHES["coordinate"]).fit(X, Y)
    assert sent == [True]
    assert_same(got, clone(SEARCHES["coordinate"]).fit(X, Y))


def test_workers_divide_the_cores_among_them(client):
    assert set(client.run(_kernels.get_num_threads).values()) == {1}


@pytest.mark.parametrize("name", list(SEARCHES))
def test_a_worker_killed_in_the_middle_loses_nothing(name, client):
    search = clone(SEARCHES[name]).set_params(estimator__max_iter=60)
    victim = next(iter(client.run(os.getpid).values()))
    done = threading.Event()
    killed = []

    def kill():
        while not done.is_set() and not any(client.processing().values()):
            time.sleep(0.01)
        if not done.is_set():
            os.kill(victim, signal.SIGKILL)
            killed.append(victim)

    killer = threading.Thread(target=kill)
    with joblib.parallel_config(backend="dask", scatter=[X, Y]):
        killer.start()
        got = search.fit(X, Y)
        done.set()
        killer.join()
    assert killed == [victim]
    assert_same(got, clone(search).fit(X, Y))
