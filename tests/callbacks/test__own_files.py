"""Trainings of a search do not write over each other's files."""

from __future__ import annotations

import csv
import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score

from fernet import FERMLPClassifier, load_model
from fernet.callbacks import BestEpochSaver, Callback, CSVLogger
from fernet.checkpoint import Checkpoint


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_each_training_of_a_search_has_a_log_of_its_own(features, tmp_path, n_jobs):
    X, y = features
    model = FERMLPClassifier(
        (4,), max_iter=3, random_state=0, callbacks=CSVLogger(tmp_path / "run.csv")
    )
    search = GridSearchCV(model, {"learning_rate_init": [0.1, 0.01]}, cv=2, n_jobs=n_jobs)
    best = search.fit(X, y).best_estimator_

    logs = sorted(tmp_path.iterdir())
    assert len(logs) == 2 * 2 + 1
    assert all(path.name.startswith("run-") and path.suffix == ".csv" for path in logs)
    losses = []
    for path in logs:
        with path.open(newline="") as file:
            losses.append([float(row["loss"]) for row in csv.DictReader(file)])
    assert all(len(column) == 3 for column in losses)
    assert best.history_.epochs["loss"] in losses
    assert len({tuple(column) for column in losses}) == 5


def test_the_same_training_comes_to_the_same_file(features, tmp_path):
    X, y = features
    model = FERMLPClassifier((4,), max_iter=1, random_state=0, callbacks=CSVLogger(tmp_path / "a"))
    for _ in range(2):
        clone(model).fit(X, y)
    assert len(list(tmp_path.iterdir())) == 1
    model.fit(X, y)
    assert "a" in {path.name for path in tmp_path.iterdir()}


def test_best_epochs_of_clones_are_saved_apart(features, tmp_path):
    X, y = features
    saver = BestEpochSaver(tmp_path / "best.safetensors", monitor="loss")
    model = FERMLPClassifier((4,), max_iter=2, random_state=0, callbacks=[saver])
    for rate in (0.1, 0.01):
        clone(model).set_params(learning_rate_init=rate).fit(X, y)
    files = list(tmp_path.iterdir())
    assert len(files) == 2
    a, b = (load_model(path).network_.values for path in files)
    assert (a != b).any()
    assert saver.path == tmp_path / "best.safetensors"


class NotedLog(CSVLogger):
    def __init__(self, path, note):
        super().__init__(path)
        self.note = note


class NotedSaver(BestEpochSaver):
    def __init__(self, note, path):
        super().__init__(path, monitor="loss")
        self.note = note


class NotedCheckpoint(Checkpoint):
    def __init__(self, path, *, note):
        super().__init__(path, every=2)
        self.note = note


WRITERS = {
    NotedLog: lambda path: {"callbacks": NotedLog(path, "a note")},
    NotedSaver: lambda path: {"callbacks": NotedSaver("a note", path)},
    NotedCheckpoint: lambda path: {"checkpoint": NotedCheckpoint(path, note="a note")},
}


@pytest.mark.parametrize("kind", WRITERS)
def test_writers_of_ones_own_have_a_file_for_each_training(features, tmp_path, kind):
    X, y = features
    model = FERMLPClassifier((4,), max_iter=1, random_state=0, **WRITERS[kind](tmp_path / "a"))
    cross_val_score(model, X, y, cv=2, error_score="raise")
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("kind", WRITERS)
def test_writers_of_ones_own_keep_what_they_have(features, tmp_path, monkeypatch, kind):
    met = []
    monkeypatch.setattr(kind, "on_train_end", lambda self, trainer: met.append(self))
    given = WRITERS[kind](tmp_path / "a")
    for writer in given.values():
        writer.later = "set later"
    clone(FERMLPClassifier((4,), max_iter=1, **given)).fit(*features)
    for writer in (*met, *pickle.loads(pickle.dumps(met))):
        assert (writer.note, writer.later, writer.path.name[:2]) == ("a note", "set later", "a-")
    assert len(met) == 1


def test_callbacks_of_ones_own_stay_the_same_object(features):
    class Count(Callback):
        epochs = 0

        def on_epoch_end(self, trainer):
            type(self).epochs += 1

    twin = clone(FERMLPClassifier((4,), max_iter=2, callbacks=Count()))
    twin.fit(*features)
    assert Count.epochs == 2


def test_partial_fit_of_a_clone_logs_to_the_file_that_is_named(features, tmp_path):
    X, y = features
    twin = clone(FERMLPClassifier((4,), callbacks=CSVLogger(tmp_path / "a.csv")))
    twin.partial_fit(X, y).partial_fit(X[:10], y[:10], classes=np.unique(y))
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]
    assert len((tmp_path / "a.csv").read_text().splitlines()) == 3
