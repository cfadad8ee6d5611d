"""What a fitted network says of images: classes, their probabilities, features."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from fernet import _kernels
from fernet.estimators.checked_images import check_images
from fernet.estimators.data import loader
from fernet.estimators.embeddings import embed, last_hidden_layer, last_hidden_size
from fernet.estimators.fitted_attributes import FittedAttributes
from fernet.estimators.fitted_state import FittedState
from fernet.estimators.overflow import OutputOverflowError
from fernet.estimators.views import AS_IT_IS, View, find_views, gather_view

__all__ = ["Predictions"]
__dir__ = __all__.copy


class Predictions(ClassNamePrefixFeaturesOutMixin, TransformerMixin, FittedAttributes):
    """Predicts with what is fitted.

    A call takes the fitted state once, so that its answer is of one training also where another
    thread fits meanwhile.
    """

    def _check_fitted(self) -> FittedState:
        """Return what is fitted, or raise scikit-learn's NotFittedError."""
        # scikit-learn's check asks for all tags first.
        if self._fitted is None:
            check_is_fitted(self)
        return self._state("the fitted state")

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
        fitted = self._check_fitted()
        return fitted.classes[self._class_numbers(fitted, X)]

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
            At the temperature that `calibrate` has found, if it was called.
        """
        fitted = self._check_fitted()
        if fitted.temperature != 1:
            proba = self._log_proba(fitted, X) / np.float32(fitted.temperature)
            _kernels.softmax_forward(proba, proba)
            return np.maximum(proba, np.finfo(np.float32).tiny, out=proba)
        proba, n_ways = self._logits(fitted, X)
        _kernels.softmax_forward(proba, proba)
        np.maximum(proba, np.finfo(np.float32).tiny, out=proba)
        return proba if n_ways == 1 else np.mean(_by_way(proba, n_ways), axis=0)

    def predict_log_proba(self, X: ArrayLike) -> NDArray:
        """Compute the logarithm of the classes' probabilities, exact where they vanish.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_samples, height, width)
            Images, as for `predict`.

        Returns
        -------
        ndarray of shape (n_samples, n_classes), float32
            At the temperature that `calibrate` has found, if it was called.
        """
        fitted = self._check_fitted()
        scores = self._log_proba(fitted, X)
        if fitted.temperature != 1:
            scores /= np.float32(fitted.temperature)
            _kernels.log_softmax_forward(scores, scores)
        return scores

    def _class_numbers(self, fitted: FittedState, X: ArrayLike) -> NDArray:
        return self._log_proba(fitted, X).argmax(axis=1)

    def _log_proba(self, fitted: FittedState, X: ArrayLike) -> NDArray:
        """Return the logarithms of the probabilities as they are without a temperature.

        What is most probable does not depend on it, nor on its rounding.
        """
        scores, n_ways = self._logits(fitted, X)
        _kernels.log_softmax_forward(scores, scores)
        if n_ways == 1:
            return scores
        together: NDArray = np.logaddexp.reduce(_by_way(scores, n_ways))
        return together - np.log(np.float32(n_ways))

    def decision_function(self, X: ArrayLike) -> NDArray:
        """Score the classes: the higher, the more probable.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_samples, height, width)
            Images, as for `predict`.

        Returns
        -------
        ndarray of shape (n_samples, n_classes) or (n_samples,), float32
            The logarithms of the probabilities, in the order of `classes_`; of two classes the
            logarithm of their ratio, above 0 where the second is the more probable one.

        Examples
        --------
        >>> from fernet import FERMLPClassifier
        >>> from fernet.datasets import make_faces
        >>> X, y = make_faces(100, random_state=0, return_X_y=True)
        >>> model = FERMLPClassifier((8,), max_iter=1, random_state=0).fit(X, y)
        >>> model.decision_function(X).shape
        (100, 7)
        """
        scores = self.predict_log_proba(X)
        return scores[:, 1] - scores[:, 0] if scores.shape[1] == 2 else scores

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
            After the layer's activation; of the images alone, also with `average_flips`
            and `average_views`.

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
        features = self._outputs(self._check_fitted(), X)
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
            If there is no such layer; the message names those that there are. Also if the outputs
            are not finite, as of numbers of enormous size.

        Examples
        --------
        >>> from fernet import FERMLPClassifier
        >>> from fernet.datasets import make_faces
        >>> X, y = make_faces(100, random_state=0, return_X_y=True)
        >>> model = FERMLPClassifier((32, 8), max_iter=1, random_state=0).fit(X, y)
        >>> model.embed(X, "relu_1").shape, model.embed(X, "linear_3").shape
        ((100, 32), (100, 7))
        """
        return self._outputs(self._check_fitted(), X, layer)

    def _outputs(self, fitted: FittedState, X: ArrayLike, layer: str | None = None) -> NDArray:
        rows = check_images(self, X, fitted)
        name = last_hidden_layer(fitted.network) if layer is None else layer
        features = embed(fitted, rows, name)
        _check_finite(features.reshape(len(features), -1), rows)
        return features

    @property
    def _n_features_out(self) -> int:
        # For get_feature_names_out.
        return last_hidden_size(self._check_fitted().network)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = []  # features are float32, as all that is computed
        return tags

    def _logits(self, fitted: FittedState, X: ArrayLike) -> tuple[NDArray, int]:
        """Return the logits of all images in each way that they are looked at, and how many ways.

        Those of the first way come first: as they are, and with `average_flips` mirrored, of each
        of `average_views`. Ways share batches, since a few images wait for the weights most of all.
        """
        rows = check_images(self, X, fitted)
        images = loader(fitted, rows)
        image_shape = fitted.features.image_shape
        if self.average_views is not None and image_shape is None:
            raise ValueError(
                f"rows of {rows.shape[1]} features are no square images; only images have views to "
                "average over (average_views)"
            )
        flips = (False, True)[: 1 + self.average_flips]
        ways = [(view, flip) for view in find_views(self.average_views) for flip in flips]

        def gather(view: View, first: int, out: NDArray, *, mirrored: bool) -> None:
            chosen = images.indices[first : first + len(out)]
            if view == AS_IT_IS or image_shape is None:
                images.gather(chosen, out, mirrored=mirrored)
            else:
                scaling = fitted.scaling
                gather_view(rows, chosen, view, image_shape, scaling, out, mirrored=mirrored)

        def fill(start: int, stop: int, out: NDArray) -> None:
            left = out.reshape(stop - start, -1)
            while len(left):
                way, first = divmod(stop - len(left), len(rows))
                view, mirrored = ways[way]
                n_rows = min(len(left), len(rows) - first)
                gather(view, first, left[:n_rows], mirrored=mirrored)
                left = left[n_rows:]

        logits = fitted.session.predict_batches(len(ways) * len(rows), fill)
        for of_way in _by_way(logits, len(ways)):
            _check_finite(of_way, rows)
        return logits, len(ways)


def _by_way(outputs: NDArray, n_ways: int) -> NDArray:
    return outputs.reshape(n_ways, -1, outputs.shape[-1])


def _check_finite(logits: NDArray, rows: NDArray) -> None:
    """Refuse to tell classes, or features, from what has overflowed."""
    if np.isfinite(logits).all():
        return
    bad = np.flatnonzero(~np.isfinite(logits).all(axis=1))
    raise OutputOverflowError(
        f"X[{bad[0]}] is more than the network can compute in float32: its outputs are not "
        f"finite, from numbers of size up to {np.abs(rows[bad[0]]).max():g}; expected smaller "
        "ones, or a network with smaller weights"
    )
