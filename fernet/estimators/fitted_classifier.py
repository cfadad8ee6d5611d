"""A classifier that has learnt: what becomes of its classes, and of it in files and in Keras."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from fernet.emotions import plain_labels
from fernet.estimators import class_editing, setup
from fernet.estimators.calibration import fit_temperature, warn_of_no_temperature
from fernet.estimators.checked_images import check_images
from fernet.estimators.fitted_state import FittedState
from fernet.estimators.inputs import check_weights, encode_labels
from fernet.estimators.keras_exchange import with_keras_weights
from fernet.estimators.labels import comparable_labels, of_one_kind, read_labels
from fernet.estimators.predictions import Predictions
from fernet.estimators.serialization import deserialize, params_from_document, serialize
from fernet.tensorflow_backend import to_keras

__all__ = ["FittedClassifier"]
__dir__ = __all__.copy


class FittedClassifier(ClassifierMixin, Predictions):
    """What a classifier is once it is fitted; a subclass fits it.

    All that it has learnt is one `FittedState`, which is replaced as a whole.
    """

    def __getstate__(self) -> dict[str, Any]:
        # A strategy belongs to a process and its devices, and does not pickle.
        state: dict[str, Any] = dict(super().__getstate__())
        return state | {"strategy": None} if "strategy" in state else state

    def _with(self, fitted: FittedState) -> Self:
        """Return an estimator of these very parameters, with another fitted state."""
        twin = type(self).__new__(type(self))
        twin.__dict__.update(self.__dict__, _fitted=fitted)
        # What `set_output` and `set_fit_request` note, which `clone` copies as well.
        for noted in ("_sklearn_output_config", "_metadata_request"):
            if noted in twin.__dict__:
                setattr(twin, noted, copy.deepcopy(getattr(self, noted)))
        return twin

    def _check_parameters(self) -> None:
        self._validate_params()
        setup.check_combinations(self)

    def score(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """Compute the accuracy of `predict`.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_samples, height, width)
            Images, as for `predict`.
        y : array-like of shape (n_samples,)
            Their labels, of any type that `fit` takes. Numbers of emotions are compared with
            classes of their names, and names with numbers.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights, 0 or more.

        Returns
        -------
        float
            Share of the images whose label is predicted, from 0 to 1.

        Raises
        ------
        ValueError
            If ``y`` is of words and the classes are numbers, or the other way round, and they are
            not both emotions; if a weight is negative, masked or no finite number.
        """
        labels = read_labels(y)
        if np.ndim(labels) > 0:
            sample_weight = check_weights(labels, sample_weight)
        fitted = self._check_fitted()
        if np.size(labels) == 0 or of_one_kind(np.asarray(labels), fitted.classes):
            return float(super().score(X, labels, sample_weight))
        from sklearn.metrics import accuracy_score

        alike, classes = comparable_labels(labels, fitted.classes, "y", "classes_")
        predicted = classes[self._class_numbers(fitted, X)]
        return float(accuracy_score(alike, predicted, sample_weight=sample_weight))

    def calibrate(
        self, X_val: ArrayLike, y_val: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Fit a temperature, so that of answers given with 70 % about 70 % are right.

        Networks that learn for long grow too sure. The logarithms of the probabilities are divided
        by one number, for which the labels of images that the network has not learnt from are most
        probable. What is predicted stays the same, and accuracy with it. Files keep the
        temperature; the next `fit` or `partial_fit` takes it away.

        Parameters
        ----------
        X_val : array-like of shape (n_samples, n_features) or (n_samples, height, width)
            Images that no training has seen; some hundreds or more.
        y_val : array-like of shape (n_samples,)
            Their labels.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights, 0 or more.

        Returns
        -------
        estimator
            Itself, with `temperature_` set anew, whatever it was before: from 0.01 to 100.

        Raises
        ------
        ValueError
            If the images are not what is expected, or a label is no class.

        Warns
        -----
        UserWarning
            If the images tell no temperature: all of them are recognised, as few may be or those
            of the training, or no more of them than by chance.

        See Also
        --------
        fernet.metrics.expected_calibration_error : How far probabilities are off.

        References
        ----------
        .. [1] C. Guo, G. Pleiss, Y. Sun and K. Q. Weinberger, "On calibration of modern neural
           networks", ICML 2017.

        Examples
        --------
        >>> from fernet import FERMLPClassifier
        >>> from fernet.datasets import make_faces
        >>> X, y = make_faces(600, random_state=0, return_X_y=True)
        >>> model = FERMLPClassifier((64,), max_iter=30, random_state=0).fit(X[:300], y[:300])
        >>> before = model.predict_proba(X[300:])
        >>> model.calibrate(X[300:], y[300:]).temperature_ > 1
        True
        >>> bool(model.predict_proba(X[300:]).max() < before.max())
        True
        """
        fitted = self._check_fitted()
        rows, labels = check_images(self, X_val, fitted, "X_val", y=y_val)
        target = encode_labels(plain_labels(labels), fitted.classes, "y_val")
        weight = check_weights(rows, sample_weight)
        log_proba = self._log_proba(fitted, X_val)
        temperature = fit_temperature(log_proba, target, weight)
        warn_of_no_temperature(temperature, log_proba, target, weight)
        self._fitted = replace(fitted, temperature=temperature)
        return self

    def add_classes(self, classes: ArrayLike) -> Self:
        """Add classes to a fitted estimator, to be learnt by the next `fit` or `partial_fit`.

        A new class starts as the mean of the present ones: its logit is the mean of theirs. So
        until it is trained it never exceeds the most probable one, and predictions stay. With
        `average_flips` or `average_views` that holds for each view, and for nearly all images.

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
            theirs. A group of one is a class renamed; groups of all classes may have labels of
            another type, such as words in place of numbers.

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
        >>> model.merge_classes({"good": [3, 5], "other": [0, 1, 2, 4, 6]}).classes_.tolist()
        ['good', 'other']
        """
        return self._with(class_editing.merge_classes(self._check_fitted(), groups))

    def drop_classes(self, classes: ArrayLike) -> Self:
        """Forget classes; the probabilities of the others keep their ratios exactly.

        With `average_flips` or `average_views` they do in each view, and in the mean of these
        about: a view that had been sure of what is forgotten counts as much as the others now. To
        keep the mean's ratios take the columns of the others from `predict_proba` instead, and
        divide each row by its sum.

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

    def with_classes(self, classes: ArrayLike) -> Self:
        """Take these classes in place of the present ones, to go on with faces of other labels.

        A class that the estimator has, by name, keeps what was learnt of it. FER2013's numbers
        and their emotions are the same names, so 3 and ``"happy"`` stand for each other. Any
        other class starts as the mean of all present ones, and classes that are not named are
        forgotten.

        Parameters
        ----------
        classes : sequence of labels
            Two or more, of any type, such as ``numpy.unique(y)``.

        Returns
        -------
        estimator
            A new one of the same parameters; this one stays as it is. Its next `fit` goes on
            from the present weights, as with ``warm_start=True`` and without the old momentum;
            with ``freeze="backbone"`` only the last layers learn.

        Raises
        ------
        ValueError
            If a class is named twice, or fewer than two are.

        Examples
        --------
        >>> from fernet import FERMLPClassifier
        >>> from fernet.datasets import make_faces
        >>> X, y = make_faces(200, random_state=0, return_X_y=True)
        >>> model = FERMLPClassifier((16,), max_iter=2, random_state=0).fit(X, y)
        >>> own = model.with_classes(["happy", "sad", "bored"])
        >>> own.classes_.tolist(), own.predict_proba(X).shape
        (['bored', 'happy', 'sad'], (200, 3))
        """
        return self._with(class_editing.with_classes(self._check_fitted(), classes))

    def to_keras(self) -> Any:
        """Build the Keras model that predicts as this estimator does.

        Returns
        -------
        keras.Model
            From images, channels-last and in the units that `fit` was given, or from rows if it
            is a perceptron, to what `predict_proba` returns, without `average_flips` and
            `average_views`. Its layers are named as those of `network_`, and none of their weights
            is transposed.

        Raises
        ------
        ImportError
            If TensorFlow is not installed.

        Warns
        -----
        UserWarning
            If this estimator averages over mirror images or views.

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
            it begins with a Rescaling, that becomes the scaling of the pixels; else the estimator's
            own stays, so let a model that takes pixels as they are begin with ``Rescaling(1.0)``.
            Its temperature is that of a Rescaling right before a last softmax, or 1.

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
            If its layers compute something else than those of `network_`, or it holds numbers that
            are not finite. The estimator is left as it was.

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
