"""A classifier that has learnt: its attributes, predictions, and what becomes of its classes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import ClassifierMixin, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from fernet import _kernels
from fernet.estimators import class_editing, setup
from fernet.estimators.data import check_images, loader
from fernet.estimators.embeddings import embed, last_hidden_layer, last_hidden_size
from fernet.estimators.fitted_attributes import FittedAttributes
from fernet.estimators.fitted_state import FittedState
from fernet.estimators.keras_exchange import with_keras_weights
from fernet.estimators.serialization import deserialize, params_from_document, serialize
from fernet.tensorflow_backend import to_keras

__all__ = ["FittedClassifier"]
__dir__ = __all__.copy


class FittedClassifier(
    ClassNamePrefixFeaturesOutMixin, ClassifierMixin, TransformerMixin, FittedAttributes
):
    """What a classifier is once it is fitted; a subclass fits it.

    All that it has learnt is one `FittedState`, which is replaced as a whole.
    """

    def __getstate__(self) -> dict[str, Any]:
        # A strategy belongs to a process and its devices, and does not pickle.
        state: dict[str, Any] = dict(super().__getstate__())
        return state | {"strategy": None} if "strategy" in state else state

    def _check_fitted(self) -> FittedState:
        """Return what is fitted, or raise scikit-learn's NotFittedError."""
        check_is_fitted(self)
        return self._state("the fitted state")

    def _with(self, fitted: FittedState) -> Self:
        """Return an estimator of these very parameters, with another fitted state."""
        twin = type(self).__new__(type(self))
        twin.__dict__.update(self.__dict__, _fitted=fitted)
        return twin

    def _check_parameters(self) -> None:
        self._validate_params()
        setup.check_combinations(self)

    def predict(self, X: ArrayLike) -> NDArray:
        """Name the most probable class of each image.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_samples, height, width)
            Images, in the unit that `fit` was given: if it learnt a scaling from pixels, the
            scaling applies here whatever the dtype. Numbers in another unit, such as 0 to 1 where
            `fit` was given 0 to 255, are warned of.

        Returns
        -------
        ndarray of shape (n_samples,)
            Labels.

        Raises
        ------
        ValueError
            If the images are not what is expected, or numbers or weights are so large that the
            network's outputs are not finite.
        """
        numbers = self.predict_log_proba(X).argmax(axis=1)
        return self.classes_[numbers]

    def predict_proba(self, X: ArrayLike) -> NDArray:
        """Estimate the probability of each class.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_samples, height, width)
            Images, as for `predict`.

        Returns
        -------
        ndarray of shape (n_samples, n_classes), float32
            In the order of `classes_`; a row sums to 1, and does not depend on the others. None
            is 0, so all have logarithms: what vanishes in float32 is its smallest number, 1e-38.
        """
        logits = self._logits(X)
        for array in logits:
            _kernels.softmax_forward(array, array)
            np.maximum(array, np.finfo(np.float32).tiny, out=array)
        return logits[0] if len(logits) == 1 else np.mean(logits, axis=0)

    def predict_log_proba(self, X: ArrayLike) -> NDArray:
        """Compute the logarithm of the classes' probabilities, exact where they vanish.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_samples, height, width)
            Images, as for `predict`.

        Returns
        -------
        ndarray of shape (n_samples, n_classes), float32
        """
        logits = self._logits(X)
        for array in logits:
            _kernels.log_softmax_forward(array, array)
        return logits[0] if len(logits) == 1 else np.logaddexp(*logits) - np.log(np.float32(2))

    def transform(self, X: ArrayLike) -> NDArray:
        """Compute features of images: the outputs of the last hidden layer.

        Faces that are near each other there look alike to the network, so the features serve
        for clustering, for search and for other models on top. `set_output` makes them a data
        frame, whose columns `get_feature_names_out` names.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_samples, height, width)
            Images, as for `predict`.

        Returns
        -------
        ndarray of shape (n_samples, n_units), float32
            After the layer's activation; of the images alone, also with `average_flips`.

        Raises
        ------
        ValueError
            If there is no hidden layer.

        Examples
        --------
        >>> from fernet import FERMLPClassifier
        >>> from fernet.datasets import make_faces
        >>> X, y = make_faces(200, random_state=0, return_X_y=True)
        >>> model = FERMLPClassifier((32, 8), max_iter=5, random_state=0).fit(X, y)
        >>> model.transform(X).shape
        (200, 8)
        >>> model.set_output(transform="pandas").transform(X).columns[0]
        'fermlpclassifier0'
        """
        layer = last_hidden_layer(self._check_fitted().network)
        features = self.embed(X, layer)
        return features.reshape(len(features), -1)

    def embed(self, X: ArrayLike, layer: str | None = None) -> NDArray:
        """Compute the outputs of any layer.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_samples, height, width)
            Images, as for `predict`.
        layer : str, default=None
            Its name, as in ``network_.names``: ``"relu_1"`` is the first hidden layer of a
            perceptron, after its activation, and a residual block goes by its last part. None takes
            the last hidden layer, as `transform` does.

        Returns
        -------
        ndarray of shape (n_samples, n_units) or (n_samples, height, width, n_channels), float32
            A row does not depend on the others.

        Raises
        ------
        ValueError
            If there is no such layer; the message names those that there are.

        Examples
        --------
        >>> from fernet import FERMLPClassifier
        >>> from fernet.datasets import make_faces
        >>> X, y = make_faces(100, random_state=0, return_X_y=True)
        >>> model = FERMLPClassifier((32, 8), max_iter=1, random_state=0).fit(X, y)
        >>> model.embed(X, "relu_1").shape, model.embed(X, "linear_3").shape
        ((100, 32), (100, 7))
        """
        fitted = self._check_fitted()
        rows = check_images(self, X, fitted)
        name = last_hidden_layer(fitted.network) if layer is None else layer
        return embed(fitted, rows, name)

    @property
    def _n_features_out(self) -> int:
        # For get_feature_names_out.
        return last_hidden_size(self._check_fitted().network)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = []  # features are float32, as all that is computed
        return tags

    def _logits(self, X: ArrayLike) -> list[NDArray]:
        """Return the logits of the images and, with `average_flips`, of their mirror images."""
        fitted = self._check_fitted()
        rows = check_images(self, X, fitted)
        images = loader(fitted, rows)

        def outputs(*, mirrored: bool) -> NDArray:
            def fill(start: int, stop: int, out: NDArray) -> None:
                chosen = images.indices[start:stop]
                images.gather(chosen, out.reshape(stop - start, -1), mirrored=mirrored)

            return fitted.session.predict_batches(len(rows), fill)

        logits = [outputs(mirrored=flip) for flip in (False, True)[: 1 + self.average_flips]]
        for array in logits:
            _check_finite(array, rows)
        return logits

    def add_classes(self, classes: ArrayLike) -> Self:
        """Add classes to a fitted estimator, to be learnt by the next `fit` or `partial_fit`.

        A new class starts as the mean of the present ones: its logit is the mean of theirs. So
        until it is trained it never exceeds the most probable one, and predictions stay.

        Parameters
        ----------
        classes : sequence of labels
            New ones, of the type of `classes_`.

        Returns
        -------
        estimator
            A new one of the same parameters; this one stays as it is. Its next `fit` goes on
            from the present weights, as with ``warm_start=True`` and without the old momentum;
            with ``freeze="backbone"`` only the last layers learn.

        Raises
        ------
        ValueError
            If a label is a class already, or of another type.

        References
        ----------
        The report, section 7.2.

        Examples
        --------
        >>> from fernet import FERMLPClassifier
        >>> from fernet.datasets import make_faces
        >>> X, y = make_faces(200, random_state=0, return_X_y=True)
        >>> known = y != 6
        >>> model = FERMLPClassifier((16,), max_iter=2, random_state=0).fit(X[known], y[known])
        >>> seven = model.add_classes([6])
        >>> seven.classes_.tolist()
        [0, 1, 2, 3, 4, 5, 6]
        >>> seven.set_params(freeze="backbone").fit(X, y).n_iter_
        4
        """
        return self._with(class_editing.add_classes(self._check_fitted(), classes))

    def merge_classes(self, groups: Mapping[Any, ArrayLike]) -> Self:
        """Make one class of several, for those who want fewer emotions.

        The weights of the new class are the mean of the old classes', its bias is the mean of
        theirs plus ``log(k)``, k being their count. So its probability is exact, their sum, where
        the old classes are equally probable, and too low where they differ: no weights are exact
        everywhere, the logarithm of a sum of exponentials being no linear function. Likely
        confusions merge well; train afterwards to mend the rest.

        Parameters
        ----------
        groups : mapping of label to sequence of labels
            For each new class the old ones that it takes the place of. The name may be one of
            theirs. A group of one is a class renamed.

        Returns
        -------
        estimator
            A new one of the same parameters; this one stays as it is. Its next `fit` goes on
            from the present weights, as with ``warm_start=True`` and without the old momentum;
            with ``freeze="backbone"`` only the last layers learn.

        Raises
        ------
        ValueError
            If a label is no class or in two groups, a new name is that of a class that remains,
            or fewer than two classes would remain.

        Examples
        --------
        >>> from fernet import FERMLPClassifier
        >>> from fernet.datasets import make_faces
        >>> X, y = make_faces(200, random_state=0, return_X_y=True)
        >>> model = FERMLPClassifier((16,), max_iter=2, random_state=0).fit(X, y)
        >>> model.merge_classes({2: [2, 5]}).classes_.tolist()
        [0, 1, 2, 3, 4, 6]
        """
        return self._with(class_editing.merge_classes(self._check_fitted(), groups))

    def drop_classes(self, classes: ArrayLike) -> Self:
        """Forget classes; the probabilities of the others keep their ratios exactly.

        Parameters
        ----------
        classes : sequence of labels
            Present ones.

        Returns
        -------
        estimator
            A new one of the same parameters; this one stays as it is. Its next `fit` goes on
            from the present weights, as with ``warm_start=True`` and without the old momentum;
            with ``freeze="backbone"`` only the last layers learn.

        Raises
        ------
        ValueError
            If a label is no class, or fewer than two would remain.

        Examples
        --------
        >>> from fernet import FERMLPClassifier
        >>> from fernet.datasets import make_faces
        >>> X, y = make_faces(200, random_state=0, return_X_y=True)
        >>> model = FERMLPClassifier((16,), max_iter=2, random_state=0).fit(X, y)
        >>> model.drop_classes([1]).predict_proba(X).shape
        (200, 6)
        """
        return self._with(class_editing.drop_classes(self._check_fitted(), classes))

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
            Itself, changed as by `fit`, since it is the same classifier trained elsewhere. Its
            next `fit` goes on from these weights.

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
        self._fitted = with_keras_weights(self._check_fitted(), keras_model)
        return self

    def _serialize(self) -> tuple[dict[str, NDArray], dict[str, Any]]:
        """Return the fitted estimator as arrays and plain data, for a model file."""
        return serialize(self, self._check_fitted())

    @classmethod
    def _deserialize(
        cls,
        arrays: Mapping[str, NDArray],
        document: Mapping[str, Any],
        model_info: dict[str, Any] | None = None,
    ) -> Self:
        """Build the fitted estimator that `_serialize` described, or raise ValueError.

        `model_info` is what the file says besides.
        """
        model = cls(**params_from_document(document, cls._get_param_names()))
        model._check_parameters()
        model._fitted = deserialize(model, arrays, document, model_info)
        return model


def _check_finite(logits: NDArray, rows: NDArray) -> None:
    """Refuse to tell classes from what has overflowed."""
    bad = np.flatnonzero(~np.isfinite(logits).all(axis=1))
    if len(bad):
        raise ValueError(
            f"X[{bad[0]}] is more than the network can compute in float32: its outputs are not "
            f"finite, from numbers of size up to {np.abs(rows[bad[0]]).max():g}; expected smaller "
            "ones, or a network with smaller weights"
        )
