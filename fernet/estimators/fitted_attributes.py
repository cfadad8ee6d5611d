"""The attributes that a fitted estimator has."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from fernet._engine.network import Network
from fernet._training.history import History
from fernet._training.scaling import PixelScaling
from fernet.estimators.fitted_state import FittedState
from fernet.estimators.images import ImageShape
from fernet.estimators.parameters import NetworkParameters

__all__ = ["FittedAttributes"]
__dir__ = __all__.copy


class FittedAttributes(NetworkParameters):
    """Gives an estimator its fitted attributes, all read from one `FittedState`.

    So they are all of the same training, and there before none and after any.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Labels, sorted.
    n_features_in_ : int
        Features of a sample; 2304 for 48x48 images.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names, if `X` was a data frame with names.
    network_ : Network
        The trained network. Its weights, and those of `coefs_` and `intercepts_`, may be written
        to: predictions notice. So once one of the three has been asked for, each prediction looks
        through all weights first, half a millisecond for the report's network.
    scaling_ : PixelScaling
        Learnt from pixels, or from any numbers with ``scaling="standard"``; else of None.
    input_range_ : tuple (lowest, highest) of float, or None
        Of the numbers that it has learnt from; 0 to 255, or 0 to 1 where none is above, of bytes
        that were read as they were needed; None if a file of an earlier version doesn't say.
    temperature_ : float
        What `calibrate` found; 1 before.
    history_ : History
        Loss of each iteration; losses, accuracies, learning rate and seconds of each epoch. The
        training accuracy counts each sample once, whatever its weight; a held-out part's accuracy
        goes by `sample_weight`.
    loss_curve_ : list of float
        Loss of each epoch.
    loss_ : float
        The last of them.
    best_loss_ : float or None
        The lowest of them; None if the training was one with ``early_stopping=True``, as in
        scikit-learn.
    validation_scores_ : list of float or None
        Validation accuracy after each epoch.
    best_validation_score_ : float or None
        The highest of those of the last call of `fit`, which may have gone on from an earlier one.
    n_iter_ : int
        Epochs run.
    coefs_, intercepts_ : list of ndarray
        Weights, (inputs, outputs) each, (height, width, channels, filters) for convolutions, and
        biases; views of the network's parameters. ``coefs_[i] = W`` writes there, too.
    n_layers_, n_outputs_, out_activation_ : int, int, str
        As in `sklearn.neural_network.MLPClassifier`; a softmax for two classes as well.
    """

    _fitted: FittedState | None = None

    def __sklearn_is_fitted__(self) -> bool:
        return self._fitted is not None

    def _state(self, attribute: str) -> FittedState:
        # AttributeError before fitting, so that hasattr tells.
        if self._fitted is None:
            raise AttributeError(f"{attribute} is there once the estimator is fitted")
        return self._fitted

    @property
    def classes_(self) -> NDArray:
        """Labels, sorted."""
        return self._state("classes_").classes

    @property
    def n_features_in_(self) -> int:
        """Features of a sample."""
        return self._state("n_features_in_").features.n_features

    @property
    def feature_names_in_(self) -> NDArray:
        """Names of the features; missing if `X` had none."""
        names = self._state("feature_names_in_").features.names
        if names is None:
            raise AttributeError("feature_names_in_ is there if X was a data frame with names")
        return names

    @property
    def image_shape_(self) -> ImageShape | None:
        """Height, width and channels as which a row reads; None where it is no image."""
        return self._state("image_shape_").features.image_shape

    @property
    def network_(self) -> Network:
        """The trained network."""
        return self._state("network_").shared_network()

    @property
    def scaling_(self) -> PixelScaling:
        """Scaling of the pixels."""
        return self._state("scaling_").scaling

    @property
    def input_range_(self) -> tuple[float, float] | None:
        """Lowest and highest number that it has learnt from."""
        known = self._state("input_range_").input_range
        return None if known is None else (known.low, known.high)

    @property
    def temperature_(self) -> float:
        """What the logarithms of the probabilities are divided by."""
        return self._state("temperature_").temperature

    @property
    def history_(self) -> History:
        """Figures of the training."""
        return self._state("history_").history

    @property
    def best_validation_score_(self) -> float | None:
        """Highest validation accuracy of the last `fit`; None without validation data."""
        return self._state("best_validation_score_").best_validation_score

    @property
    def coefs_(self) -> list[NDArray]:
        """Weights of linear layers, (inputs, outputs), and of convolutions, as views."""
        return self._state("coefs_").coefs

    @property
    def intercepts_(self) -> list[NDArray]:
        """Biases of these layers, as views."""
        return self._state("intercepts_").intercepts

    @property
    def loss_curve_(self) -> list[float]:
        """Mean loss of each epoch, the L2 term included."""
        return self.history_.epochs["loss"]

    @property
    def loss_(self) -> float | None:
        """Loss of the last epoch, the L2 term included; None if there was no training."""
        return self.loss_curve_[-1] if self.loss_curve_ else None

    @property
    def best_loss_(self) -> float | None:
        """Lowest loss of an epoch; None with early stopping, as in scikit-learn."""
        stopped_early = self._state("best_loss_").early_stopping
        return None if stopped_early else min(self.loss_curve_, default=None)

    @property
    def validation_scores_(self) -> list[float] | None:
        """Validation accuracy after each epoch; None if there were no validation data."""
        return self._state("validation_scores_").validation_scores

    @property
    def n_iter_(self) -> int:
        """Epochs run, those of earlier calls that were continued included."""
        return len(self.history_)

    @property
    def n_outputs_(self) -> int:
        """Outputs of the network: one for each class."""
        return self._state("n_outputs_").network.output_shape[0]

    @property
    def n_layers_(self) -> int:
        """Layers with weights plus one for the input, as scikit-learn counts."""
        names = [name for name, _ in self._state("n_layers_").network.named_parameters()]
        return sum(name.endswith(".weight") for name in names) + 1

    @property
    def out_activation_(self) -> str:
        """Always ``"softmax"``."""
        self._state("out_activation_")
        return "softmax"

    @property
    def model_info_(self) -> dict[str, Any]:
        """The document of the model file that this was loaded from, until it learns anew."""
        document = self._state("model_info_").model_info
        if document is None:
            raise AttributeError("model_info_ is there if the estimator comes from a model file")
        return document
