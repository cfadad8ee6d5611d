"""scikit-learn's callback protocol."""

from __future__ import annotations

import importlib
import sys

import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV

import fernet.estimators.sklearn_callbacks as module
from fernet import FERMLPClassifier

callback = pytest.importorskip("sklearn.callback", reason="scikit-learn before 1.9 has none")

RNG = np.random.default_rng(0)
Y = RNG.integers(3, size=120)
X = (RNG.integers(0, 60, (120, 36)) + 60 * Y[:, None]).astype(np.uint8)


def make(**kwargs):
    return FERMLPClassifier((8,), max_iter=4, random_state=0, **kwargs)


class Recorder:
    def __init__(self, stop_after=None, fail=False):
        self.calls, self.scores = [], []
        self.stop_after, self.fail = stop_after, fail

    def setup(self, estimator, context):
        self.calls.append("setup")

    def teardown(self, estimator, context):
        self.calls.append("teardown")

    def on_fit_task_begin(self, estimator, context, *, X=None, y=None):
        self.calls.append(f"begin {context.task_name}")
        assert X is not None
        assert y is not None

    def on_fit_task_end(self, estimator, context, *, X=None, y=None, fitted_estimator=None):
        self.calls.append(f"end {context.task_name}")
        if self.fail:
            raise RuntimeError("the callback failed")
        self.scores.append(fitted_estimator.score(X, y))
        return len(self.scores) == self.stop_after


def test_every_epoch_is_a_task_within_fit():
    recorder = Recorder()
    make().set_callbacks(recorder).fit(X, Y)
    epochs = ["begin epoch", "end epoch"] * 4
    assert recorder.calls == ["setup", "begin fit", *epochs, "end fit", "teardown"]


def test_the_estimator_they_are_shown_is_the_one_of_that_epoch():
    recorder = Recorder()
    model = make().set_callbacks(recorder).fit(X, Y)
    earlier = make().set_params(max_iter=2).fit(X, Y)
    assert recorder.scores[1] == earlier.score(X, Y)
    assert recorder.scores[-1] == model.score(X, Y)


def test_a_callback_may_stop_the_training():
    assert make().set_callbacks(Recorder(stop_after=2)).fit(X, Y).n_iter_ == 2


def test_a_failing_callback_is_torn_down_and_leaves_no_half_fitted_model():
    recorder = Recorder(fail=True)
    model = make().set_callbacks(recorder)
    with pytest.raises(RuntimeError, match="failed"):
        model.fit(X, Y)
    assert recorder.calls[-1] == "teardown"
    assert not hasattr(model, "network_")
    assert not hasattr(model, "_callback_fit_ctx")


def test_scikit_learns_scoring_monitor_follows_the_epochs():
    monitor = callback.ScoringMonitor(scoring="accuracy")
    model = make().set_callbacks(monitor).fit(X, Y)
    scores = [row["accuracy"] for row in monitor.get_logs().data if row["task_name"] == "epoch"]
    assert len(scores) == 4
    assert scores[-1] == model.score(X, Y)


@pytest.mark.filterwarnings("ignore:Rich is not installed")
def test_scikit_learns_progress_bar_follows_a_search(capsys):
    search = GridSearchCV(make(), {"learning_rate_init": [0.001, 0.01]}, cv=2)
    search.set_callbacks(callback.ProgressBar(max_propagation_depth=2)).fit(X, Y)
    assert "FERMLPClassifier" in capsys.readouterr().out


def test_it_works_without_the_protocol(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.callback", None)
    older = importlib.util.module_from_spec(module.__spec__)
    module.__spec__.loader.exec_module(older)
    assert older.CallbackSupportMixin()._init_callback_context(max_subtasks=3) is None
    assert older.with_callbacks(make) is make
    task = older.FitTask(older.CallbackSupportMixin(), 3, {})
    task.begin()
    older.EpochTasks(task, dict).on_epoch_begin(None)
    older.EpochTasks(task, dict).on_epoch_end(None)
    task.end({})
