"""The figures of each epoch, and the settings, for MLflow."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from fernet._io.extras import import_extra
from fernet.callbacks._clients import ClientLogger, name_run

if TYPE_CHECKING:
    from fernet._training.trainer import Trainer

__all__ = ["MLflowLogger"]
__dir__ = __all__.copy

_LONGEST_VALUE = 500
_NO_SETTINGS = ("callbacks", "checkpoint", "strategy", "verbose")


class MLflowLogger(ClientLogger):
    """Record a training as a run of MLflow: the settings, and the figures of each epoch.

    Parameters that differ from None are the estimator's; metrics are the columns of
    ``history_.epochs``, the step is the epoch. Each `fit` makes a run of its own, so the trainings
    of a search are told apart; nothing of MLflow's own state in this process is changed.

    Parameters
    ----------
    experiment : str, default="fernet"
        Name of the experiment; made if it is not there.
    run : str, default=None
        Name of the run. None makes one of the time and random letters.
    tracking_uri : str, default=None
        Where MLflow keeps its records, such as ``"http://localhost:5000"`` or
        ``"file:///home/me/mlruns"``. None takes what ``MLFLOW_TRACKING_URI`` says, or MLflow's own
        place.
    tags : mapping of str to str, default=None
        Further tags of the run.

    Raises
    ------
    ImportError
        If MLflow is not installed: ``pip install "fernet-emotion[mlflow]"``.
    Exception
        From `fit`, before anything is learnt: what MLflow raises if it can't make the run.

    Examples
    --------
    >>> from fernet import FERMLPClassifier
    >>> from fernet.callbacks import MLflowLogger
    >>> logger = MLflowLogger("faces", "first", tracking_uri="file:mlruns")  # doctest: +SKIP
    >>> model = FERMLPClassifier((8,), callbacks=logger)  # doctest: +SKIP
    """

    def __init__(
        self,
        experiment: str = "fernet",
        run: str | None = None,
        *,
        tracking_uri: str | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        import_extra("mlflow", "MLflowLogger", "MLflow", "mlflow")
        self.experiment = experiment
        self.run = run
        self.tracking_uri = tracking_uri
        self.tags = tags

    def _open(self, trainer: Trainer) -> Any:
        mlflow = import_extra("mlflow", "MLflowLogger", "MLflow", "mlflow")
        client = mlflow.MlflowClient(self.tracking_uri or os.environ.get("MLFLOW_TRACKING_URI"))
        experiment = client.get_experiment_by_name(self.experiment)
        number = (
            client.create_experiment(self.experiment)
            if experiment is None
            else experiment.experiment_id
        )
        run = client.create_run(number, run_name=name_run(self.run), tags=dict(self.tags or {}))
        for name, value in _settings(trainer).items():
            client.log_param(run.info.run_id, name, value)
        # The caller may be handling an exception, which is none of the training's.
        return client, run.info.run_id, sys.exception()

    def _log(self, client: Any, epoch: int, values: dict[str, float]) -> None:
        for name, value in values.items():
            client[0].log_metric(client[1], name, value, step=epoch)

    def _close(self, client: Any) -> None:
        status = "FINISHED" if sys.exception() is client[2] else "FAILED"
        client[0].set_terminated(client[1], status=status)


def _settings(trainer: Trainer) -> dict[str, str]:
    """Return the estimator's parameters as text."""
    if trainer.current_model is None:
        return {}
    values = trainer.current_model().get_params(deep=False)
    return {
        name: str(value)[:_LONGEST_VALUE]
        for name, value in values.items()
        if value is not None and name not in _NO_SETTINGS
    }
