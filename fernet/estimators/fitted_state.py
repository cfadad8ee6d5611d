"""What an estimator has learnt, as one object."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from fernet._engine.network import Network
from fernet._engine.session import Session
from fernet._training.history import History
from fernet._training.input_range import InputRange
from fernet._training.scaling import PixelScaling
from fernet._training.trainer import Trainer
from fernet.estimators.inputs import Features

__all__ = ["FittedState", "ParameterViews", "PausedTraining"]
__dir__ = __all__.copy


@dataclass(frozen=True, eq=False, slots=True)
class PausedTraining:
    """Where `partial_fit` goes on: optimizer, raw weights, counters.

    Parameters
    ----------
    arrays, counters : dict
        As `Trainer.snapshot` returned them, and nobody else's. Without a running mean the weights
        that are fitted are the raw ones, which then are not here a second time.
    freeze : str or None
        The estimator's `freeze` then: with another one, other parameters learn.
    solver : str
        The estimator's `solver` then: what another one keeps under the same name means something
        else.
    """

    arrays: Mapping[str, NDArray]
    counters: Mapping[str, Any]
    freeze: str | None
    solver: str

    @classmethod
    def of(cls, trainer: Trainer, freeze: str | None, solver: str) -> Self:
        """Keep of a trainer, which does nothing more, what `partial_fit` needs to go on.

        Callbacks have met its arrays and may have kept them; without, they need no copies.
        """
        arrays, counters = trainer.snapshot()
        if "average" not in arrays:
            arrays = {name: array for name, array in arrays.items() if _is_of_solver(name)}
        if trainer.callbacks or "average" in arrays:
            arrays = {name: array.copy() for name, array in arrays.items()}
        return cls(arrays, counters, freeze, solver)

    def where_to_go_on(
        self, first: Mapping[str, NDArray], solver: str
    ) -> tuple[Mapping[str, NDArray], Mapping[str, Any]]:
        """Return the arrays and counters to restore in a trainer, which may have another solver.

        Parameters
        ----------
        first : mapping of str to ndarray
            The arrays that the trainer begins with. Of these it keeps the ones that the training
            had no use for until now: the state of a new solver, or a running mean of the weights;
            and the weights, where somebody has written to them since.
        solver : str
            The trainer's.

        Returns
        -------
        arrays, counters : dict
            Whoever asks for a further epoch gets it, though a callback has asked to stop before.
        """
        kept, counters = dict(self.arrays), {**self.counters, "stop": False}
        if solver != self.solver:
            kept = {name: array for name, array in kept.items() if not _is_of_solver(name)}
            counters["optimizer_steps"] = 0
        if not self._left(first):
            kept = {name: array for name, array in kept.items() if _is_of_solver(name)}
        return {name: kept.get(name, array) for name, array in first.items()}, counters

    def _left(self, first: Mapping[str, NDArray]) -> bool:
        """Tell whether these weights are those that the training has left: with a mean, that."""
        if "params" not in self.arrays:
            return True
        weights = np.concatenate([self.arrays["params"], self.arrays["state"]])
        left = self.arrays.get("average", weights)
        return np.array_equal(left, np.concatenate([first["params"], first["state"]]))


def _is_of_solver(name: str) -> bool:
    return name.startswith("optimizer.")


@dataclass(frozen=True, eq=False)
class FittedState:
    """All that an estimator has learnt; its fitted attributes are read from here.

    It is replaced as a whole, never changed: whatever fails on the way to a new one leaves the
    old one in its place.

    Parameters
    ----------
    classes : ndarray of shape (n_classes,)
        Labels, sorted.
    features : Features
        What a row of `X` holds.
    network : Network
        With one output a class.
    scaling : PixelScaling
        Of the pixels.
    history : History
        Of the training.
    best_validation_score : float or None
        The highest accuracy of the last training; None without validation data.
    seed : int
        Key of everything random in the training.
    input_range : InputRange, default=None
        Of the numbers that it has learnt from; None where that is not known.
    temperature : float, default=1.0
        What logarithms of probabilities are divided by.
    paused_training : PausedTraining, default=None
        Where `partial_fit` goes on; None makes it start with a new optimizer.
    early_stopping : bool, default=False
        Whether the last training went by a validation figure.
    fit_continues : bool, default=False
        Whether the next `fit` goes on from these weights even without ``warm_start=True``.
    model_info : dict, default=None
        The document of the model file that this was loaded from.
    """

    classes: NDArray
    features: Features
    network: Network
    scaling: PixelScaling
    history: History
    best_validation_score: float | None
    seed: int
    input_range: InputRange | None = None
    temperature: float = 1.0
    paused_training: PausedTraining | None = None
    early_stopping: bool = False
    fit_continues: bool = False
    model_info: dict[str, Any] | None = None

    def given(self, input_range: InputRange) -> FittedState:
        """Return this as it is once it learns from further data, of their range."""
        known = self.input_range
        return replace(self, input_range=input_range if known is None else known | input_range)

    def without_names(self) -> FittedState:
        """Return this as if it had learnt from an array, not from columns with names."""
        return replace(self, features=replace(self.features, names=None))

    def after(
        self, trainer: Trainer, *, network: Network, paused_training: PausedTraining | None = None
    ) -> FittedState:
        """Return what is fitted once a training has come this far.

        Parameters
        ----------
        trainer : Trainer
            Whose figures count.
        network : Network
            With the weights to keep.
        paused_training : PausedTraining, default=None
            For `partial_fit` to go on.

        Returns
        -------
        FittedState
            The next `fit` starts anew from it, no file knows it, and it is not calibrated.
        """
        return replace(
            self,
            network=network,
            history=trainer.history.copy(),
            best_validation_score=_highest_accuracy(trainer),
            seed=trainer.settings.seed,
            temperature=1.0,
            paused_training=paused_training,
            early_stopping=trainer.settings.patience is not None,
            fit_continues=False,
            model_info=None,
        )

    def edited(self, **changes: Any) -> FittedState:
        """Return this with other weights that no training has led to, for the next to go on from.

        Parameters
        ----------
        **changes
            Fields that are no longer the same.

        Returns
        -------
        FittedState
            The next `fit` continues. Scores, the optimizer's momentum and a file's document are
            of other weights, so it has none.
        """
        return replace(
            self,
            best_validation_score=None,
            paused_training=None,
            fit_continues=True,
            model_info=None,
            **changes,
        )

    @functools.cached_property
    def session(self) -> Session:
        """What predicts with the network: buffers and prepared weights, made at first use."""
        return Session(self.network, keeps_plan=True)

    def __getstate__(self) -> dict[str, Any]:
        # Buffers and prepared weights are made again wherever they are wanted. From a copy, as
        # another thread may be making the session.
        state = vars(self).copy()
        state.pop("session", None)
        return state

    def shared_network(self) -> Network:
        """Return the network for someone who may keep it, and write to its weights at any time."""
        self.network.is_shared = True
        return self.network

    @property
    def coefs(self) -> list[NDArray]:
        """Weights of linear and convolutional layers, as views to keep."""
        return self._parameters("weight")

    @property
    def intercepts(self) -> list[NDArray]:
        """Biases of these layers, as views to keep."""
        return self._parameters("bias")

    def _parameters(self, part: str) -> list[NDArray]:
        named = self.shared_network().named_parameters()
        return ParameterViews(view for name, view in named if name.endswith(f".{part}"))

    @property
    def validation_scores(self) -> list[float] | None:
        """Validation accuracy after each epoch; None if there were no validation data."""
        scores = self.history.epochs["validation_accuracy"]
        return None if all(score is None for score in scores) else scores


class ParameterViews(list[NDArray]):
    """A network's parameters as a list of views; to set an item is to write its values there.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet.estimators.fitted_state import ParameterViews
    >>> weight = np.ones(3, np.float32)
    >>> ParameterViews([weight])[0] = [1, 2, 3]
    >>> weight.tolist()
    [1.0, 2.0, 3.0]
    """

    def __setitem__(self, index: Any, value: Any) -> None:
        views = self[index] if isinstance(index, slice) else [self[index]]
        values = list(value) if isinstance(index, slice) else [value]
        if len(values) != len(views):
            raise ValueError(f"got {len(values)} arrays for {len(views)} of a network's parameters")
        arrays = [_as_parameter(one, view) for one, view in zip(values, views, strict=True)]
        for view, array in zip(views, arrays, strict=True):
            view[...] = array


def _as_parameter(value: Any, view: NDArray) -> NDArray:
    array = np.asarray(value)
    if array.shape != view.shape or array.dtype.kind not in "biuf":
        raise ValueError(
            f"got an array of shape {array.shape} and type {array.dtype} for a network's "
            f"parameters; expected numbers of shape {view.shape}"
        )
    return array


def _highest_accuracy(trainer: Trainer) -> float | None:
    """Return the highest validation accuracy of this training, whatever it went by."""
    scores = trainer.history.epochs["validation_accuracy"][trainer.first_epoch :]
    return max((score for score in scores if score is not None), default=None)
