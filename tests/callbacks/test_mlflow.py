"""Trainings as MLflow's runs, in a folder."""

from __future__ import annotations

import contextlib
import sys
from types import SimpleNamespace
from typing import ClassVar

import pytest

from fernet.callbacks import Callback, MLflowLogger


def test_without_mlflow_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "mlflow", None)
    with pytest.raises(ImportError, match=r'pip install "fernet-emotion\[mlflow\]"'):
        MLflowLogger()


@pytest.fixture
def client(tmp_path, monkeypatch):
    mlflow = pytest.importorskip("mlflow", reason='MLflow is not installed: "[mlflow]"')
    # Folders are what MLflow calls old; they need no database.
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    return mlflow.MlflowClient((tmp_path / "runs").as_uri())


@pytest.fixture
def logger(client, tmp_path):
    return MLflowLogger(
        "faces", "first", tracking_uri=(tmp_path / "runs").as_uri(), tags={"a": "b"}
    )


pytestmark = pytest.mark.filterwarnings("ignore:.*:FutureWarning", "ignore::DeprecationWarning")


def runs(client):
    experiment = client.get_experiment_by_name("faces")
    return client.search_runs([experiment.experiment_id], order_by=["attributes.start_time"])


def test_a_run_has_settings_and_history(fit, client, logger):
    model = fit(logger)
    (run,) = runs(client)
    assert (run.info.run_name, run.info.status, run.data.tags["a"]) == ("first", "FINISHED", "b")
    assert run.data.params["batch_size"] == str(model.batch_size)
    assert run.data.params["hidden_layer_sizes"] == str(model.hidden_layer_sizes)
    assert not {"callbacks", "clip_norm"} & set(run.data.params)
    for name in ("loss", "validation_accuracy", "learning_rate"):
        history = client.get_metric_history(run.info.run_id, name)
        assert [(entry.step, entry.value) for entry in history] == list(
            enumerate(model.history_.epochs[name], 1)
        )


def test_each_training_is_a_run(fit, client, logger):
    for _ in range(2):
        fit(logger, max_iter=1, validation=False)
    assert len(runs(client)) == 2
    assert "validation_loss" not in runs(client)[0].data.metrics


def test_a_training_that_fails_is_recorded_as_such(fit, client, logger):
    class Fails(Callback):
        def on_epoch_end(self, trainer):
            raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        fit([logger, Fails()])
    assert runs(client)[0].info.status == "FAILED"


class _Client:
    """What `MLflowLogger` asks of MLflow's client; it keeps how runs end."""

    ends: ClassVar[list[str]] = []

    def __init__(self, uri):
        pass

    def get_experiment_by_name(self, name):
        return SimpleNamespace(experiment_id="1")

    def create_run(self, experiment, **kwargs):
        return SimpleNamespace(info=SimpleNamespace(run_id="run"))

    def log_param(self, *args):
        pass

    def log_metric(self, *args, **kwargs):
        pass

    def set_terminated(self, run, status):
        self.ends.append(status)


@pytest.mark.parametrize(("rate", "end"), [(0.1, "FINISHED"), (1e30, "FAILED")])
@pytest.mark.parametrize("handles_another", [False, True])
def test_a_run_ends_as_its_training_does(fit, monkeypatch, rate, end, handles_another):
    monkeypatch.setitem(sys.modules, "mlflow", SimpleNamespace(MlflowClient=_Client))
    monkeypatch.setattr(_Client, "ends", [])

    def train():
        with contextlib.suppress(ValueError):  # of a training that diverges
            fit(MLflowLogger(), learning_rate_init=rate)

    try:
        if handles_another:
            raise RuntimeError("the caller's")
        train()
    except RuntimeError:
        train()
    assert _Client.ends == [end]


def test_a_training_outlives_its_log(fit, client, logger, monkeypatch):
    def fails(self, *args, **kwargs):
        raise ConnectionError("the server is gone")

    monkeypatch.setattr(type(client), "log_metric", fails)
    with pytest.warns(UserWarning, match="log of MLflowLogger ends here .*the server is gone"):
        model = fit(logger)
    assert model.n_iter_ == 4
