"""An estimator as a Keras model, and back."""

from __future__ import annotations

from typing import Any, Self

from sklearn.utils.validation import check_is_fitted

from fernet._engine.network import Network
from fernet._training.scaling import PixelScaling
from fernet.tensorflow_backend import to_keras
from fernet.tensorflow_backend.exchange import read


class KerasMixin:
    """Gives an estimator `to_keras` and `load_keras_weights`."""

    network_: Network
    scaling_: PixelScaling

    def __getstate__(self) -> dict[str, Any]:
        # A strategy belongs to a process and its devices, and does not pickle.
        state: dict[str, Any] = super().__getstate__()  # type: ignore[assignment]
        return state | {"strategy": None} if "strategy" in state else state

    def to_keras(self) -> Any:
        """Build the Keras model that predicts as this estimator does.

        Returns
        -------
        keras.Model
            From images, channels-last and in the units that `fit` was given, to what
            `predict_proba` returns, without `average_flips`. Its layers are named as those of
            `network_`, and none of their weights is transposed.

        Raises
        ------
        ImportError
            If TensorFlow is not installed.

        Examples
        --------
        >>> from fernet import FERMLPClassifier
        >>> from fernet.datasets import make_faces
        >>> X, y = make_faces(100, random_state=0, return_X_y=True)
        >>> model = FERMLPClassifier((8,), max_iter=1, random_state=0).fit(X, y)
        >>> model.to_keras().save("model.keras")  # doctest: +SKIP
        """
        check_is_fitted(self)
        return to_keras(self)

    def load_keras_weights(self, keras_model: Any) -> Self:
        """Take over the weights of a Keras model of this estimator's architecture.

        Parameters
        ----------
        keras_model : keras.Model
            What `to_keras` returned, trained on; or another of the same layers, see
            `fernet.tensorflow_backend.from_keras`. Only arrays and settings are read from it. If
            it begins with a Rescaling, that becomes the scaling of the pixels.

        Returns
        -------
        estimator
            Itself. Its next `fit` goes on from these weights.

        Raises
        ------
        ImportError
            If TensorFlow is not installed.
        ValueError
            If its layers are not those of `network_`. The estimator is left as it was.

        Examples
        --------
        >>> from fernet import FERMLPClassifier
        >>> from fernet.datasets import make_faces
        >>> X, y = make_faces(100, random_state=0, return_X_y=True)
        >>> model = FERMLPClassifier((8,), max_iter=1, random_state=0).fit(X, y)
        >>> model.load_keras_weights(model.to_keras()).classes_  # doctest: +SKIP
        array([0, 1, 2, 3, 4, 5, 6])
        """
        check_is_fitted(self)
        read_network, scaling = read(keras_model)
        found, own = _parts(read_network), _parts(self.network_)
        if found != own:
            name = next(
                name for name in dict.fromkeys([*own, *found]) if found.get(name) != own.get(name)
            )
            raise ValueError(
                f"the Keras model has {name} of shape {found.get(name)}; expected {own.get(name)}, "
                "as in network_"
            )
        network = self.network_.copy()
        network.load_parameters(dict(read_network.named_parameters() + read_network.named_state()))
        vars(self).update(
            network_=network,
            scaling_=self.scaling_ if scaling.is_identity else scaling,
            best_validation_score_=None,
            _training_state=None,
            _goes_on=True,
        )
        vars(self).pop("model_info_", None)
        return self


def _parts(network: Network) -> dict[str, tuple[int, ...]]:
    return {name: view.shape for name, view in network.named_parameters() + network.named_state()}
