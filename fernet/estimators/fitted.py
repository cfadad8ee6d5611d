"""Fitted attributes that are views of the network and the history."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from fernet._engine.network import Network
from fernet._training.history import History


class FittedViews:
    """Gives an estimator the attributes that scikit-learn's `MLPClassifier` has.

    They follow from `network_` and `history_`, so they cannot fall out of step with them.
    """

    history_: History

    @property
    def coefs_(self) -> list[NDArray]:
        """Weights of linear layers, (inputs, outputs), and of convolutions, as views."""
        return [v for k, v in self._fitted_network.named_parameters() if k.endswith(".weight")]

    @property
    def intercepts_(self) -> list[NDArray]:
        """Biases of these layers, as views."""
        return [v for k, v in self._fitted_network.named_parameters() if k.endswith(".bias")]

    @property
    def _fitted_network(self) -> Network:
        # AttributeError before fitting, so that hasattr tells.
        return self.__dict__["network_"] if "network_" in self.__dict__ else _missing("network_")

    @property
    def loss_curve_(self) -> list[float]:
        """Mean loss of each epoch, the L2 term included."""
        return self.history_.epochs["loss"]

    @property
    def validation_scores_(self) -> list[float] | None:
        """Validation accuracy after each epoch; None if there were no validation data."""
        scores = self.history_.epochs["validation_accuracy"]
        return None if all(score is None for score in scores) else scores

    @property
    def n_iter_(self) -> int:
        """Epochs run, those of earlier calls that were continued included."""
        return len(self.history_)

    @property
    def n_outputs_(self) -> int:
        """Outputs of the network: one for each class."""
        return self._fitted_network.output_shape[0]

    @property
    def n_layers_(self) -> int:
        """Layers with weights plus one for the input, as scikit-learn counts."""
        return len(self.coefs_) + 1

    @property
    def out_activation_(self) -> str:
        """Always ``"softmax"``."""
        self._fitted_network  # noqa: B018 - raises before fitting
        return "softmax"


def _missing(name: str) -> Any:
    raise AttributeError(f"{name} is there once the estimator is fitted")
