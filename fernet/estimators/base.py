"""What all fernet classifiers share: learning, with scikit-learn's conventions."""

from __future__ import annotations

from functools import partial
from typing import Any, Self

from numpy.typing import ArrayLike, NDArray

from fernet._training.history import History
from fernet._training.scaling import PixelScaling
from fernet._training.trainer import Trainer
from fernet.estimators import data as data_of
from fernet.estimators import setup
from fernet.estimators.continuation import network_to_train
from fernet.estimators.data import TrainingData
from fernet.estimators.fitted_classifier import FittedClassifier
from fernet.estimators.fitted_state import FittedState, PausedTraining
from fernet.estimators.images import sample_shape
from fernet.estimators.monitors import find_scorer, score_of
from fernet.estimators.sklearn_callbacks import (
    CallbackSupportMixin,
    EpochTasks,
    FitTask,
    with_callbacks,
)
from fernet.estimators.validation_data import ValidationData, split_indices, validation_loader

__all__ = ["BaseFERClassifier"]
__dir__ = __all__.copy


class BaseFERClassifier(CallbackSupportMixin, FittedClassifier):
    """Base of the classifiers; a subclass gives parameters and `_layers`."""

    # Whether this is one of many fits, as searches make them: each has files of its own.
    _is_clone = False

    def __sklearn_clone__(self) -> Self:
        twin = super().__sklearn_clone__()
        if twin.checkpoint is not None or twin.callbacks is not None:
            twin._is_clone = True
        return twin

    @with_callbacks
    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        X_val: ArrayLike | None = None,
        y_val: ArrayLike | None = None,
        label_distribution: ArrayLike | None = None,
        sample_weight_val: ArrayLike | None = None,
        label_distribution_val: ArrayLike | None = None,
    ) -> Self:
        """Train on images and their labels.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_samples, height, width)
            Images, or a list of them. Pixels are scaled as `scaling` says, by means and standard
            deviations learnt here, a batch at a time: uint8 stays uint8 in memory. Pixels are whole
            numbers of any type, and floats from -255 to 510 of which some are above 127, or that
            span more, as pixels do that were resized or are less their mean. Other floats, such as
            pixels divided by 255, are taken as given unless ``scaling="standard"``.
            Predictions want the same unit.
        y : array-like of shape (n_samples,)
            Labels: text, whole numbers or booleans, of which none is missing.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights, 0 or more, of which the ratios count, in batches of any size. A sample of
            weight 0, or of what is 0 in float32 beside the largest, is as good as absent, but its
            label is a class.
        X_val : array-like of shape (n_validation, n_features), default=None
            Images to evaluate after each epoch. With ``early_stopping=True`` they stand in for
            the split that would be made otherwise. In a pipeline they are transformed only if it
            is made with ``transform_input=["X_val"]``, and `set_fit_request` has asked for them.
        y_val : array-like of shape (n_validation,), default=None
            Their labels.
        label_distribution : array-like of shape (n_samples, n_classes), default=None
            Soft targets, such as shares of votes or a teacher's `predict_proba`: for each image a
            distribution over the classes, of 0 or more and summing to 1, which the loss takes in
            place of `y`. Columns are in the order of `classes_`, the sorted labels of `y`; those of
            a data frame are named by labels, in any order, and may be more than `y` holds; but
            `cross_val_predict` and ensembles that number the labels want one of each in `y`.

            It stands beside `y` and not in its place: `y` gives the classes their names and is
            what accuracy, early stopping and stratified splits count by, so scorers and
            cross-validation work as ever, and metadata routing (`set_fit_request`) hands it on
            as it does `sample_weight`. `label_smoothing` acts on top. A class's weight acts on
            the class's share, and the part that early stopping holds out has its loss by these.
        sample_weight_val : array-like of shape (n_validation,), default=None
            Weights of `X_val`, as `sample_weight` are of `X`. What early stopping holds out of `X`
            keeps those of `sample_weight`.
        label_distribution_val : array-like of shape (n_validation, n_classes), default=None
            Distributions of `X_val`, as `label_distribution` are of `X`, which its loss is taken
            by; accuracy and scorers count by `y_val`. Columns are in the order of `classes_`, or
            named. What early stopping holds out of `X` keeps those of `label_distribution`.

        Returns
        -------
        estimator
            Itself.

        Raises
        ------
        ValueError
            If a parameter or the data are not what is expected, or training diverges. The
            estimator is left as it was.

        Warns
        -----
        UserWarning
            If Ctrl-C ends the training: the estimator is fitted, with the weights so far, or the
            best epoch's with ``early_stopping=True``. If the columns of `label_distribution`, in
            another order, would fit `y` far better, or those of `label_distribution_val` `y_val`.
            If the training goes on from weights that learnt with another `scaling` or
            `scaled_std`: theirs stays. If ``batch_size=1`` and there is a `BatchNorm` behind a
            linear layer or of planes of one pixel, which learns from several images. If numbers
            that are scaled differ by too little for their size to be told apart in float32.

        Examples
        --------
        One person in three sees surprise in the first image, where the others see fear:

        >>> import numpy as np
        >>> from fernet import FERMLPClassifier
        >>> X, y = np.eye(3, 9), ["fear", "happy", "surprise"]
        >>> shares = [[2 / 3, 0, 1 / 3], [0, 1, 0], [0, 0, 1]]
        >>> model = FERMLPClassifier((), max_iter=200, learning_rate_init=0.5, random_state=0)
        >>> proba = model.fit(X, y, label_distribution=shares).predict_proba(X[:1])
        >>> [f"{share:.1f}" for share in proba[0]]
        ['0.7', '0.0', '0.3']
        """
        self._check_parameters()
        known = self._fitted if setup.fit_continues(self, self._fitted) else None
        data = data_of.read_training_data(
            self, X, y, sample_weight, known=known, label_distribution=label_distribution
        )
        seed = setup.find_seed(self)
        own = ValidationData(X_val, y_val, sample_weight_val, label_distribution_val)
        indices, held_out = split_indices(self, data, own, seed)
        before = self._first_state(data, indices, seed) if known is None else known
        network = before.network if known is None else network_to_train(self, known)
        before = before.given(data.input_range)
        validation = validation_loader(self._with(before), before, data, held_out, own)
        given = {"sample_weight": sample_weight, "label_distribution": label_distribution}
        metadata = {name: value for name, value in given.items() if value is not None} or None
        task = FitTask(self, self.max_iter, {"X": X, "y": y, "metadata": metadata})

        def fitted_so_far(trainer: Trainer) -> dict[str, Any]:
            return {"_fitted": before.after(trainer, network=trainer.kept_network())}

        trainer = setup.make_trainer(
            self,
            network,
            data_of.training_loader(self, before, data, indices),
            validation,
            seed=seed,
            history=before.history,
            extra_callbacks=[EpochTasks(task, fitted_so_far)],
        )
        trainer.make_model = partial(self._now, before)
        scorer = find_scorer(self.monitor)
        if scorer is not None and validation is not None:
            shape = sample_shape(X if X_val is None else X_val)
            trainer.scorer = lambda now: score_of(
                scorer, self._now(before.without_names(), now), validation, self.monitor, shape
            )
        task.begin()
        trainer.train()
        trainer.finish()
        # A copy, as callbacks have met the trainer's network and may have kept it.
        fitted = before.after(trainer, network=trainer.whole_network.copy())
        task.end({"_fitted": fitted})
        self._fitted = fitted
        return self

    def partial_fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        classes: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        label_distribution: ArrayLike | None = None,
    ) -> Self:
        """Train for one epoch on these samples, going on from where the last call ended.

        There is no validation and no early stopping. The scaling of pixels is learnt from the
        first call's samples, so let them be many and mixed. Schedules that plan for `max_iter`
        epochs are at their end after as many calls, and ``class_weight="balanced"`` counts the
        samples of the call alone.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_samples, height, width)
            Images.
        y : array-like of shape (n_samples,)
            Labels.
        classes : array-like of shape (n_classes,), default=None
            All labels that will ever come; needed at the first call, if `y` does not hold all.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights, 0 or more, of which the ratios within this call count, as they do of
            `class_weight`: a call with one image, or one class, leaves nothing of them.
        label_distribution : array-like of shape (n_samples, n_classes), default=None
            Soft targets, as for `fit`.

        Returns
        -------
        estimator
            Itself.

        Raises
        ------
        ValueError
            If the data are not what is expected, or `y` holds a label that is no class.
        KeyboardInterrupt
            After Ctrl-C, so that a loop of calls ends. The estimator is left as it was.

        Warns
        -----
        UserWarning
            If nothing was learnt, as the schedule has come to a learning rate of 0, or if the
            columns of `label_distribution`, in another order, would fit `y` far better. If it goes
            on from weights that learnt with another `scaling` or `scaled_std`: theirs stays. If
            there is one image and a `BatchNorm` behind a linear layer or of planes of one pixel,
            which learns from several.
            If numbers that are scaled differ by too little for their size to be told apart in
            float32.
        """
        self._check_parameters()
        known = self._fitted
        setup.check_freeze(self, known)
        data = data_of.read_training_data(
            self,
            X,
            y,
            sample_weight,
            known=known,
            classes=classes,
            label_distribution=label_distribution,
        )
        before = known
        if before is None:
            before = self._first_state(data, data.indices, setup.find_seed(self))
        network = network_to_train(self, before)
        before = before.given(data.input_range)
        trainer = setup.make_trainer(
            self,
            network,
            data_of.training_loader(self, before, data, data.indices),
            None,
            seed=before.seed,
            history=before.history,
            one_epoch=True,
        )
        trainer.make_model = partial(self._now, before)
        paused = before.paused_training
        if paused is not None and paused.freeze == self.freeze:
            first, _ = trainer.snapshot(with_history=False)
            trainer.restore(*paused.where_to_go_on(first, self.solver))
        trainer.train(n_epochs=1, keep_interrupted=False)
        setup.warn_of_no_rate(self, trainer)
        # finish() may put averaged weights in the network; the raw ones go on training.
        paused = PausedTraining.of(trainer, self.freeze, self.solver)
        trainer.finish()
        # Callbacks have met the trainer's network and may have kept it.
        network = trainer.whole_network.copy() if trainer.callbacks else trainer.whole_network
        self._fitted = before.after(trainer, network=network, paused_training=paused)
        return self

    def _now(self, before: FittedState, trainer: Trainer) -> Self:
        """Return the estimator that the weights of this moment make."""
        return self._with(before.after(trainer, network=trainer.current_network()))

    def _first_state(self, data: TrainingData, indices: NDArray, seed: int) -> FittedState:
        """Learn the scaling and draw first weights."""
        scaling = data.learn_scaling(PixelScaling(self.scaling, self.scaled_std), indices)
        network = self._make_network(len(data.classes), data.features)
        network.initialize(seed)
        if any(getattr(layer, "mirrored", None) == "image" for layer in network.layers):
            scaling.mirror(network.input_shape)
        return FittedState(
            classes=data.classes,
            features=data.features,
            network=network,
            scaling=scaling,
            history=History(),
            best_validation_score=None,
            seed=seed,
        )
