"""What all fernet classifiers share: fitting, predicting, and scikit-learn's conventions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from fernet import _kernels
from fernet._engine.network import Network
from fernet._engine.session import Session
from fernet._training.history import History
from fernet._training.scaling import PixelScaling
from fernet._training.trainer import Trainer
from fernet.estimators import inputs, setup
from fernet.estimators.classes import ClassEditingMixin
from fernet.estimators.data import Data, DataMixin
from fernet.estimators.fitted import FittedViews
from fernet.estimators.keras import KerasMixin
from fernet.estimators.rollback import unchanged_on_error
from fernet.estimators.sklearn_callbacks import (
    CallbackSupportMixin,
    EpochTasks,
    FitTask,
    with_callbacks,
)
from fernet.estimators.state import fill_from_state, params_from_state, to_state
from fernet.layers import Layer

_SESSIONS: WeakKeyDictionary[Any, Session] = WeakKeyDictionary()
"""Estimators' prediction buffers. They are no part of an estimator: predicting leaves its
attributes as they were, and nothing of this is copied or pickled with it."""


class BaseFERClassifier(
    FittedViews,
    DataMixin,
    ClassEditingMixin,
    KerasMixin,
    ClassifierMixin,
    CallbackSupportMixin,
    BaseEstimator,
):
    """Base of the classifiers; a subclass gives parameters and `_layers`."""

    classes_: NDArray
    network_: Network
    scaling_: PixelScaling
    history_: History
    best_validation_score_: float | None
    n_features_in_: int
    scaling: str
    scaled_std: float
    freeze: str | None
    backend: str
    strategy: Any
    _training_state: tuple[dict[str, NDArray], dict[str, Any]] | None

    def _layers(self, n_classes: int) -> list[Layer]:
        raise NotImplementedError

    @with_callbacks
    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        X_val: ArrayLike | None = None,
        y_val: ArrayLike | None = None,
    ) -> Self:
        """Train on images and their labels.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_samples, height, width)
            Images. Whole numbers, such as uint8 pixels, are scaled as `scaling` says, by means
            and standard deviations learnt here, a batch at a time: uint8 stays uint8 in memory.
            Floats are taken as given.
        y : array-like of shape (n_samples,)
            Labels, of any type.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights, 0 or more. A sample of weight 0 is as good as absent.
        X_val : array-like of shape (n_validation, n_features), default=None
            Images to evaluate after each epoch. With ``early_stopping=True`` they stand in for
            the split that would be made otherwise.
        y_val : array-like of shape (n_validation,), default=None
            Their labels.

        Returns
        -------
        estimator
            Itself.

        Raises
        ------
        ValueError
            If a parameter or the data are not what is expected, or training diverges. The
            estimator is left as it was.
        """
        with unchanged_on_error(self):
            self._check_parameters()
            continues = setup.fit_continues(self)
            data = self._check_data(X, y, sample_weight, classes=None, first=not continues)
            seed = setup.find_seed(self)
            training_rows, held_out = self._validation(data, X_val, y_val, seed)
            if not continues:
                self._start_anew(X, data, training_rows, seed)
            validation = None if held_out is None else self._batches(*held_out)
            metadata = None if sample_weight is None else {"sample_weight": sample_weight}
            task = FitTask(self, self.max_iter, {"X": X, "y": y, "metadata": metadata})
            trainer = setup.make_trainer(
                self,
                # A copy, so that a training that diverges leaves the fitted network alone.
                self.network_.copy() if continues else self.network_,
                self._training_batches(data, training_rows),
                validation,
                seed=seed,
                history=self.history_ if continues else None,
                extra_callbacks=[EpochTasks(task, self._attributes_from)],
            )
            task.begin()
            trainer.train()
            trainer.finish()
            self.__dict__.update(self._attributes_from(trainer, final=True))
            _SESSIONS.pop(self, None)
            self._training_state = None
            self.__dict__.pop("_goes_on", None)
            task.end()
        return self

    def partial_fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        classes: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Self:
        """Train for one epoch on these samples, going on from where the last call ended.

        There is no validation and no early stopping. The scaling of pixels is learnt from the
        first call's samples, so let them be many and mixed.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_samples, height, width)
            Images.
        y : array-like of shape (n_samples,)
            Labels.
        classes : array-like of shape (n_classes,), default=None
            All labels that will ever come; needed at the first call, if `y` does not hold all.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights, 0 or more.

        Returns
        -------
        estimator
            Itself.

        Raises
        ------
        ValueError
            If the data are not what is expected, or `y` holds a label that is no class.
        """
        with unchanged_on_error(self):
            self._check_parameters()
            first = not hasattr(self, "network_")
            setup.check_freeze(self)
            data = self._check_data(X, y, sample_weight, classes=classes, first=first)
            if first:
                self._start_anew(X, data, data.rows, setup.find_seed(self))
            trainer = setup.make_trainer(
                self,
                self.network_.copy(),
                self._training_batches(data, data.rows),
                None,
                seed=self._seed,
                history=self.history_,
                one_epoch=True,
            )
            if (
                self._training_state is not None
                and self._training_state[1]["freeze"] == self.freeze
            ):
                trainer.restore(*self._training_state)
            trainer.train(n_epochs=1)
            # finish() may put averaged weights in the network; the raw ones go on training.
            arrays, counters = trainer.state()
            counters["freeze"] = self.freeze
            self._training_state = ({k: v.copy() for k, v in arrays.items()}, counters)
            trainer.finish()
            self.__dict__.update(self._attributes_from(trainer, final=True))
            _SESSIONS.pop(self, None)
        return self

    def predict(self, X: ArrayLike) -> NDArray:
        """Name the most probable class of each image.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_samples, height, width)
            Images, in the units that `fit` was given: if it learnt a scaling from whole numbers,
            the scaling applies here whatever the dtype.

        Returns
        -------
        ndarray of shape (n_samples,)
            Labels.
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

    def _logits(self, X: ArrayLike) -> list[NDArray]:
        """Return the logits of the images and, with `average_flips`, of their mirror images."""
        check_is_fitted(self)
        rows = self._check_images(X, reset=False)
        batches, session = self._batches(rows), _session_of(self)

        def outputs(*, mirrored: bool) -> NDArray:
            def fill(start: int, stop: int, out: NDArray) -> None:
                chosen = batches.rows[start:stop]
                batches.gather(chosen, out.reshape(stop - start, -1), mirrored=mirrored)

            return session.predict_batches(len(rows), fill)

        return [outputs(mirrored=mirrored) for mirrored in (False, True)[: 1 + self.average_flips]]

    def _to_state(self) -> tuple[dict[str, NDArray], dict[str, Any]]:
        """Return the fitted estimator as arrays and plain data, for a model file."""
        check_is_fitted(self)
        return to_state(self)

    @classmethod
    def _from_state(cls, arrays: Mapping[str, NDArray], meta: Mapping[str, Any]) -> Self:
        """Build the fitted estimator that `_to_state` described, or raise ValueError."""
        model = cls(**params_from_state(meta, cls._get_param_names()))
        model._check_parameters()
        fill_from_state(model, arrays, meta)
        return model

    def _check_parameters(self) -> None:
        self._validate_params()
        setup.check_combinations(self)

    def _start_anew(self, X: Any, data: Data, rows: NDArray, seed: int) -> None:
        """Learn the scaling and draw first weights."""
        self._seed = seed
        self._training_state = None
        self.scaling_ = PixelScaling(self.scaling, self.scaled_std)
        if inputs.holds_whole_numbers(X):
            self.scaling_.fit(data.X, rows)
        self.history_ = History()
        self.best_validation_score_ = None
        self.network_ = self._make_network()
        self.network_.initialize(seed)

    def _make_network(self) -> Network:
        return Network(self._layers(len(self.classes_)), self._input_shape())

    def _attributes_from(self, trainer: Trainer, final: bool = False) -> dict[str, Any]:
        """Return the fitted attributes as a trainer has them, at its end or under way."""
        return {
            "network_": trainer.whole_network if final else trainer.kept_network(),
            "history_": trainer.history if final else trainer.history.copy(),
            "best_validation_score_": trainer.best_score,
            "_seed": trainer.settings.seed,
            **{
                name: getattr(self, name)
                for name in ("classes_", "scaling_", "n_features_in_", "_image_shape")
            },
        }


def _session_of(estimator: BaseFERClassifier) -> Session:
    """Return the session that predicts with an estimator's network as it is now."""
    session = _SESSIONS.get(estimator)
    if session is None or session.network is not estimator.network_:
        session = _SESSIONS[estimator] = Session(estimator.network_)
    return session
