"""From an estimator's parameters to the parts of a training."""

from __future__ import annotations

import functools
import math
import os
import warnings
from collections.abc import Sequence

import numpy as np
from sklearn.utils import check_random_state

from fernet._engine.network import Network
from fernet._io.callers import levels_to_caller
from fernet._training.backend import MakeBackend
from fernet._training.data_loader import DataLoader
from fernet._training.frozen_backbone import freeze_backbone
from fernet._training.history import History
from fernet._training.muon import Muon
from fernet._training.native_backend import NativeBackend
from fernet._training.optimizers import SGD, Adam, Optimizer
from fernet._training.settings import Settings
from fernet._training.trained_part import WholeNetwork
from fernet._training.trainer import Trainer
from fernet.augmentation import Augmentation, named_augmentation
from fernet.callbacks import Callback, ProgressBar
from fernet.checkpoint import Checkpoint
from fernet.estimators.fitted_state import FittedState
from fernet.estimators.labels import plain
from fernet.estimators.monitors import find_scorer, monitor_name
from fernet.estimators.parameters import NetworkParameters, given_layers
from fernet.estimators.views import find_views
from fernet.layers import BatchNorm
from fernet.schedules import SCHEDULES, ExponentialSchedule, Schedule
from fernet.tensorflow_backend import KerasBackend

__all__ = [
    "check_combinations",
    "check_freeze",
    "find_augmentation",
    "find_callbacks",
    "find_checkpoint",
    "find_schedule",
    "find_seed",
    "fit_continues",
    "make_optimizer",
    "make_trainer",
    "warn_of_no_rate",
]
__dir__ = __all__.copy


def check_combinations(estimator: NetworkParameters) -> None:
    """Check what `_parameter_constraints` cannot say."""
    find_augmentation(estimator)
    find_views(estimator.average_views)
    find_callbacks(estimator)
    find_scorer(estimator.monitor)
    find_checkpoint(estimator)
    if estimator.strategy is not None and estimator.backend != "tensorflow":
        raise ValueError(
            f"strategy is {plain(estimator.strategy)!r} with backend={estimator.backend!r}; "
            "expected backend='tensorflow', or strategy=None"
        )


def check_freeze(estimator: NetworkParameters, fitted: FittedState | None) -> None:
    """Refuse to freeze what has never been trained."""
    if estimator.freeze is not None and fitted is None:
        raise ValueError(
            f"freeze is {estimator.freeze!r}, but the estimator is not fitted; expected "
            "freeze=None for the first fit, as there is nothing to keep yet"
        )


def fit_continues(estimator: NetworkParameters, fitted: FittedState | None) -> bool:
    """Tell whether `fit` goes on from the present weights: on request, or as they were edited."""
    check_freeze(estimator, fitted)
    if fitted is None:
        return False
    return bool(estimator.warm_start or estimator.freeze is not None or fitted.fit_continues)


def find_schedule(estimator: NetworkParameters) -> Schedule:
    """Return the schedule that `schedule` and `learning_rate_decay` ask for."""
    if isinstance(estimator.schedule, Schedule):
        return estimator.schedule
    if estimator.schedule == "exponential":
        return ExponentialSchedule(estimator.learning_rate_decay)
    return SCHEDULES[estimator.schedule]()


def find_augmentation(estimator: NetworkParameters) -> Augmentation | None:
    """Return the augmentation that `augmentation` names, describes or is."""
    value = estimator.augmentation
    if value is None or isinstance(value, Augmentation):
        return value
    if isinstance(value, str):
        return named_augmentation(value)
    try:
        return Augmentation(**value)
    except TypeError as error:
        raise ValueError(f"augmentation {plain(value)} is not understood: {error}") from None


def find_callbacks(estimator: NetworkParameters) -> list[Callback]:
    """Return the user's callbacks as a list."""
    value = estimator.callbacks
    if value is None:
        return []
    found = list(value) if isinstance(value, Sequence) else [value]
    for callback in found:
        if isinstance(callback, Checkpoint):
            raise ValueError(
                f"callbacks holds {callback!r}; expected it as checkpoint, from which fit goes on"
            )
        if not isinstance(callback, Callback):
            raise ValueError(
                f"callbacks holds {callback!r}; expected fernet.callbacks.Callback objects "
                "(scikit-learn's own go to set_callbacks)"
            )
    return found


def find_checkpoint(estimator: NetworkParameters) -> Checkpoint | None:
    """Return the checkpoint that `checkpoint` is or names."""
    value = estimator.checkpoint
    if value is None or isinstance(value, Checkpoint):
        return value
    return Checkpoint(os.fspath(value))


def find_seed(estimator: NetworkParameters) -> int:
    """Return the training's seed: from `random_state`, or from the checkpoint it goes on from."""
    checkpoint = find_checkpoint(estimator)
    # A clone has a file of its own, which is named after its seed.
    is_clone = getattr(estimator, "_is_clone", False)
    if estimator.random_state is None and checkpoint is not None and not is_clone:
        saved = checkpoint.saved_seed()
        if saved is not None:
            return saved
    return int(check_random_state(estimator.random_state).randint(np.iinfo(np.int32).max))


def make_optimizer(estimator: NetworkParameters) -> Optimizer:
    """Return the optimizer that `solver` and its parameters ask for."""
    if estimator.solver == "adam":
        return Adam(
            estimator.beta_1,
            estimator.beta_2,
            epsilon=estimator.epsilon,
            weight_decay=estimator.weight_decay,
        )
    make = Muon if estimator.solver == "muon" else SGD
    return make(
        estimator.momentum, nesterov=estimator.nesterov, weight_decay=estimator.weight_decay
    )


def make_trainer(
    estimator: NetworkParameters,
    network: Network,
    training: DataLoader,
    validation: DataLoader | None,
    *,
    seed: int,
    history: History | None = None,
    one_epoch: bool = False,
    extra_callbacks: Sequence[Callback] = (),
) -> Trainer:
    """Put a training together.

    Parameters
    ----------
    estimator : NetworkParameters
        Whose parameters count.
    network : Network
        To train.
    training, validation : DataLoader
        Data; None for no validation.
    seed : int
        Key of everything random.
    history : History, default=None
        To continue.
    one_epoch : bool, default=False
        Run one epoch of the planned `max_iter`, without stopping early or saving checkpoints.
    extra_callbacks : sequence of Callback, default=()
        Called after the user's.

    Returns
    -------
    Trainer
        Resumed from the checkpoint, if there is one.
    """
    settings = Settings(
        learning_rate=estimator.learning_rate_init,
        schedule=find_schedule(estimator),
        batch_size=estimator.batch_size,
        n_epochs=estimator.max_iter,
        patience=estimator.n_iter_no_change if estimator.early_stopping and not one_epoch else None,
        monitor=_monitored(estimator),
        label_smoothing=estimator.label_smoothing,
        clip_norm=estimator.clip_norm,
        ema_decay=estimator.ema_decay,
        shuffle=estimator.shuffle,
        seed=seed,
    )
    progress = [ProgressBar(estimator.verbose)] if estimator.verbose else []
    callbacks = [*progress, *find_callbacks(estimator), *extra_callbacks]
    trainer = Trainer(
        network,
        make_optimizer(estimator),
        training,
        validation,
        settings=settings,
        callbacks=callbacks,
        history=history,
        part=WholeNetwork if estimator.freeze is None else freeze_backbone,
        backend=_make_backend(estimator),
    )
    if trainer.batch_size == 1 and (one_epoch or len(training) > 1):
        _warn_of_lone_values(trainer.network)
    checkpoint = None if one_epoch else find_checkpoint(estimator)
    if getattr(estimator, "_is_clone", False) and not one_epoch:
        settings_text = _settings_text(estimator)
        own = [
            callback.beside(trainer, settings_text) if isinstance(callback, Callback) else callback
            for callback in trainer.callbacks
        ]
        trainer.callbacks = own
        checkpoint = None if checkpoint is None else checkpoint.beside(trainer, settings_text)
    if checkpoint is not None:
        # Last, so that it sees whether another callback has asked to stop.
        trainer.callbacks.append(checkpoint)
        checkpoint.resume(trainer)
    return trainer


def _warn_of_lone_values(network: Network) -> None:
    graph = network.graph
    lone = [
        node.name
        for node in graph.nodes
        if isinstance(node.layer, BatchNorm) and math.prod(graph.shapes[node.inputs[0]][:-1]) == 1
    ]
    if lone:
        warnings.warn(
            "batches are of one image, which has a single value for each channel of "
            f"{', '.join(lone)}: no mean and variance can be learnt for predictions; expected a "
            "batch_size of 2 or more, and as many images, or no batch normalisation behind linear "
            "layers and of planes of one pixel",
            UserWarning,
            stacklevel=levels_to_caller(),
        )


def warn_of_no_rate(estimator: NetworkParameters, trainer: Trainer) -> None:
    """Say that a schedule has left no learning rate to learn anything with.

    Parameters
    ----------
    estimator : NetworkParameters
        Whose parameters count.
    trainer : Trainer
        After an epoch.

    Warns
    -----
    UserWarning
        If the rate was 0, more epochs than planned being done.
    """
    n_done = trainer.epoch - trainer.first_epoch
    if trainer.learning_rate > 0 or n_done <= estimator.max_iter:
        return
    warnings.warn(
        f"the learning rate was 0, so nothing was learnt: schedule is {estimator.schedule!r}, "
        f"which ends after max_iter={estimator.max_iter} epochs, and this is number {n_done}; "
        "expected a larger max_iter, or schedule='constant'",
        UserWarning,
        stacklevel=levels_to_caller(),
    )


def _monitored(estimator: NetworkParameters) -> str:
    """Name what early stopping goes by; a scorer's word depends on how the estimator predicts."""
    name = monitor_name(estimator.monitor)
    if find_scorer(estimator.monitor) is None:
        return name
    given = {part: getattr(estimator, part) for part in ("average_flips", "average_views")}
    return ", ".join(
        [name, *(f"{part}={plain(value)!r}" for part, value in given.items() if value)]
    )


def _settings_text(estimator: NetworkParameters) -> str:
    """Return all parameters that a training depends on, to tell it from others."""
    params = estimator.get_params(deep=False)
    # They tell nothing apart unless they have a configuration.
    find_schedule(estimator).config()
    architecture = params.get("architecture", "")
    for layer in [] if isinstance(architecture, str) else given_layers(architecture):
        layer.config()
    # The seed that comes of a random_state is told apart with the training itself.
    for name in ("checkpoint", "callbacks", "strategy", "verbose", "random_state"):
        del params[name]
    params["monitor"] = monitor_name(estimator.monitor)
    return repr(sorted(plain(params).items()))


def _make_backend(estimator: NetworkParameters) -> MakeBackend:
    if estimator.backend == "native":
        return NativeBackend
    return functools.partial(KerasBackend, strategy=estimator.strategy)
