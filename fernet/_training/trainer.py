"""The training loop, in a few verbs: start, run_epoch, run_step, evaluate, stop_early, finish."""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Protocol

from numpy.typing import NDArray

from fernet._engine.network import Network
from fernet._io.callers import levels_to_caller
from fernet._training.backend import MakeBackend
from fernet._training.best_weights import BestWeights
from fernet._training.data_loader import DataLoader
from fernet._training.divergence import DivergenceError
from fernet._training.history import History
from fernet._training.interruption import InterruptionWarning
from fernet._training.learning_rate import learning_rate_at
from fernet._training.native_backend import NativeBackend
from fernet._training.optimizers import Matrix, Optimizer
from fernet._training.settings import Settings
from fernet._training.snapshots import check_arrays
from fernet._training.trained_part import TrainedPart, WholeNetwork


class Hooks(Protocol):
    """What a trainer calls as it goes; `fernet.callbacks.Callback` is a class of them."""

    def on_train_begin(self, trainer: Trainer) -> None:
        """Called once, before the first epoch."""

    def on_epoch_begin(self, trainer: Trainer) -> None:
        """Called before each epoch."""

    def on_step_end(self, trainer: Trainer) -> None:
        """Called after each batch."""

    def on_epoch_end(self, trainer: Trainer) -> None:
        """Called after each epoch."""

    def on_train_end(self, trainer: Trainer) -> None:
        """Called once at the end, also after an error or an interruption."""


class Trainer:
    """Train a network, or a part of it, on batches.

    Parameters
    ----------
    network : Network
        Initialised; its parameters are changed.
    optimizer : Optimizer
        Its `weight_decay` also enters the reported loss.
    training : DataLoader
        With targets.
    validation : DataLoader or None, default=None
        Evaluated after each epoch.
    settings : Settings, default=None
        None takes the defaults.
    callbacks : sequence of Hooks, default=()
        Called in order.
    history : History, default=None
        Continued if given: epochs are counted from its end.
    part : callable, default=WholeNetwork
        Given the network, returns the `TrainedPart` of it that learns; see
        `fernet._training.frozen_backbone.freeze_backbone`.
    backend : callable, default=NativeBackend
        Makes the `Backend` that computes the steps.

    Attributes
    ----------
    network : Network
        The layers that learn: all, or those of the part.
    epoch, step : int
        Epochs and steps done, those of a continued history included. An epoch is done once its
        validation is, and has its row in the history then.
    is_between_epochs : bool
        Whether the weights are those after `epoch` epochs: no step of another has begun.
    history : History
        Figures so far.
    best_score : float or None
        Highest validation accuracy so far, or what the settings' `monitor` says in its place, a
        loss negated; None without validation data.
    scorer : callable or None
        Given the trainer between two epochs, returns the score to monitor, where that is neither
        the accuracy nor the loss; higher is better.
    last_loss, last_weight : float
        The loss of the last batch, and what its samples weigh beside the mean of all, by which the
        loss of weighted samples is the greater.
    learning_rate_factor : float
        What the learning rate is multiplied by beside the schedule's factor; callbacks may set it.
    factors_of_callbacks : dict of callback to float
        What further factors callbacks set for themselves alone: all are multiplied.
    make_model : callable or None
        Given the trainer between two epochs, returns the model that its weights make. As `scorer`
        it must not hold the trainer: the two would keep each other in memory.
    stop : bool
        Whether the training is to end after the epoch under way; callbacks may set it. It is over
        then: one that goes on from a checkpoint of it does nothing.
    pause : bool
        Whether it is to end then for now alone; callbacks may set it. From a checkpoint it goes on.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet._training.data_loader import DataLoader
    >>> from fernet.layers import Linear
    >>> from fernet._engine.network import Network
    >>> from fernet._training.optimizers import SGD
    >>> from fernet._training.settings import Settings
    >>> from fernet._training.trainer import Trainer
    >>> x = np.eye(4, dtype=np.float32)
    >>> network = Network([Linear(4)], (4,))
    >>> data = DataLoader(x, np.arange(4, dtype=np.int32))
    >>> trainer = Trainer(network, SGD(), data, settings=Settings(0.5, n_epochs=20))
    >>> trainer.train()
    >>> trainer.history.epochs["accuracy"][-1]
    1.0
    """

    def __init__(
        self,
        network: Network,
        optimizer: Optimizer,
        training: DataLoader,
        validation: DataLoader | None = None,
        *,
        settings: Settings | None = None,
        callbacks: Sequence[Hooks] = (),
        history: History | None = None,
        part: Callable[[Network], TrainedPart] = WholeNetwork,
        backend: MakeBackend = NativeBackend,
    ) -> None:
        settings = Settings() if settings is None else settings
        if settings.patience is not None and validation is None:
            raise ValueError("patience needs validation data; expected validation=DataLoader(...)")
        self._part = part(network)
        self.network = self._part.network
        self.optimizer = optimizer
        self.training = self._part.inputs(training)
        self.validation = None if validation is None else self._part.inputs(validation)
        self.settings = settings
        self.callbacks = list(callbacks)
        self.history = History() if history is None else history.copy()
        self.first_epoch = self.epoch = len(self.history)
        self.step = len(self.history.iterations["loss"])
        self.is_between_epochs = True
        self._step_at_epoch = self.step
        self.batch_size = max(1, min(settings.batch_size, len(training)))
        self.steps_per_epoch = -(-len(training) // self.batch_size)
        self.stop = self.pause = False
        self.best_score: float | None = None
        self.epochs_without_gain = 0
        self.last_loss, self.last_weight = math.nan, 1.0
        self.learning_rate = settings.learning_rate
        self.learning_rate_factor = 1.0
        self.factors_of_callbacks: dict[Hooks, float] = {}
        self.make_model: Callable[[Trainer], Any] | None = None
        self.scorer: Callable[[Trainer], float] | None = None
        self._weights = BestWeights(self.network, settings.ema_decay)
        optimizer.start(self.network.params, _matrices_of(self.network))
        self.backend = backend(self.network, optimizer, self.training, settings, self.batch_size)

    @property
    def whole_network(self) -> Network:
        """The network that is being fitted: `network`, and what is frozen before it."""
        return self._part.whole

    @property
    def current_model(self) -> Callable[[], Any] | None:
        """What returns, between two epochs, the model of these weights; None if nobody said how."""
        return None if self.make_model is None else partial(self.make_model, self)

    @property
    def n_epochs(self) -> int:
        """Epochs to run at most."""
        return self.settings.n_epochs

    def train(self, n_epochs: int | None = None, *, keep_interrupted: bool = True) -> None:
        """Run epochs until the last one, early stopping, a callback or Ctrl-C ends it.

        Parameters
        ----------
        n_epochs : int, default=None
            Epochs to run now; None runs what is left of the planned ones.
        keep_interrupted : bool, default=True
            Whether Ctrl-C ends the training with a warning; else with the KeyboardInterrupt.

        Raises
        ------
        ValueError
            If loss or weights stop being finite.
        """
        last = self.first_epoch + self.n_epochs if n_epochs is None else self.epoch + n_epochs
        try:
            self.start()
            while not (self.stop or self.pause) and self.epoch < last:
                self.run_epoch()
        except KeyboardInterrupt:
            if not keep_interrupted:
                raise
            warnings.warn(
                f"training interrupted {self._where_it_stands()}; the model keeps the weights "
                f"{self._which_weights_are_kept()}",
                InterruptionWarning,
                stacklevel=levels_to_caller(),
            )
        finally:
            self._end(self.callbacks)
        self._check_weights()

    def _where_it_stands(self) -> str:
        if self.is_between_epochs:
            return f"after epoch {self.epoch}" if self.epoch else "before epoch 1"
        if self.step - self._step_at_epoch == self.steps_per_epoch:
            return f"in epoch {self.epoch + 1}, after all its steps"
        return f"in epoch {self.epoch + 1}"

    def _which_weights_are_kept(self) -> str:
        if self._weights.best is None:
            return "so far"
        return f"of epoch {self.epoch - self.epochs_without_gain}, the best so far"

    def start(self) -> None:
        """Tell the callbacks that training begins."""
        self._call("on_train_begin")

    def run_epoch(self) -> None:
        """Go through the training samples once, evaluate, and note the figures."""
        started = time.perf_counter()
        self._call("on_epoch_begin")
        order = self.training.order(self.settings.seed, self.epoch, shuffle=self.settings.shuffle)
        total, n_right = 0.0, 0
        self.is_between_epochs = False
        for position, start in enumerate(range(0, len(order), self.batch_size)):
            indices = order[start : start + self.batch_size]
            done = self.epoch - self.first_epoch + (position + 0.5) / self.steps_per_epoch
            self.learning_rate = learning_rate_at(
                done,
                self.n_epochs,
                self.settings,
                self.learning_rate_factor,
                self.factors_of_callbacks.values(),
            )
            n_right += self.run_step(indices)
            total += self.last_loss * len(indices)
            self._call("on_step_end")
        # Before callbacks: numbers that overflowed shall not replace what these have kept.
        self._check_weights()
        validation_loss, validation_accuracy = self.evaluate()
        score = None if self.scorer is None or self.validation is None else self.scorer(self)
        row = {
            "epoch": self.epoch + 1,
            "last_iteration": self.step,
            "loss": total / len(order),
            "accuracy": n_right / len(order),
            "validation_loss": validation_loss,
            "validation_accuracy": validation_accuracy,
            "validation_score": score,
            "learning_rate": self.learning_rate,
            "seconds": time.perf_counter() - started,
        }
        if self.settings.monitor == "loss" and validation_loss is not None:
            score = -validation_loss
        try:
            self._end_epoch(row, validation_accuracy if score is None else score)
        except KeyboardInterrupt:
            self._tell_of_epoch(self.callbacks)
            raise
        self._tell_of_epoch(self.callbacks)

    def _end_epoch(self, row: dict[str, Any], score: float | None) -> None:
        """Count the epoch, with all that is noted of it: an interruption finds all or nothing."""
        before = (self.best_score, self.epochs_without_gain, self.stop)
        try:
            self._note_epoch(row, score)
        except KeyboardInterrupt:
            self.best_score, self.epochs_without_gain, self.stop = before
            self._note_epoch(row, score)
            raise

    def _note_epoch(self, row: dict[str, Any], score: float | None) -> None:
        self.history.cut(row["epoch"] - 1)
        self.history.add_epoch(**row)
        self.stop_early(score)
        self.epoch = row["epoch"]
        self._step_at_epoch = self.step
        self.is_between_epochs = True

    def _tell_of_epoch(self, callbacks: Sequence[Hooks]) -> None:
        """Call the hooks of an epoch that counts: who goes on from there won't call them again."""
        for place, callback in enumerate(callbacks):
            try:
                callback.on_epoch_end(self)
            except KeyboardInterrupt:
                self._tell_of_epoch(callbacks[place + 1 :])
                raise

    def run_step(self, indices: NDArray) -> int:
        """Train on one batch.

        Parameters
        ----------
        indices : ndarray of shape (N,), int64
            Samples of the training data set, at most `batch_size`.

        Returns
        -------
        int
            How many of them the network had right before it learnt from them.
        """
        figures = self.backend.train_batch(
            indices, epoch=self.epoch, step=self.step, learning_rate=self.learning_rate
        )
        self.last_loss = figures.loss
        if not math.isfinite(self.last_loss):
            self._report_divergence()
        self.last_loss += figures.l2_term
        self.last_weight = self.training.weight_of(indices)
        self.step += 1
        if self._weights.average is not None:
            self.backend.pull_weights()
            self._weights.follow(self.step)
        self.history.add_iteration(self.last_loss)
        return figures.n_right

    def _report_divergence(self) -> None:
        raise DivergenceError(
            f"training diverged at step {self.step + 1} (loss {self.last_loss}) with a learning "
            f"rate of {self.settings.learning_rate}; expected finite loss and weights: try a "
            "smaller learning_rate_init, clip_norm, or scaling='standard'"
        )

    def evaluate(self) -> tuple[float | None, float | None]:
        """Compute loss and accuracy on the validation samples, with the weights that would be kept.

        Returns
        -------
        loss, accuracy : float or None
            Both weighted by the samples' weights; None without validation data.
        """
        self.backend.pull_weights()
        if self.validation is None:
            return None, None
        if self._weights.average is None:
            return self.backend.evaluate(self.validation)
        raw = self.network.values.copy()
        self._set_weights(self._weights.average)
        try:
            return self.backend.evaluate(self.validation)
        finally:
            self._set_weights(raw)

    def _set_weights(self, values: NDArray) -> None:
        self.network.values[...] = values
        self.backend.push_weights()

    def stop_early(self, score: float | None) -> None:
        """Remember the weights if the score is the best so far, and stop after enough without."""
        if score is None:
            return
        if self.best_score is None or score > self.best_score:
            self.best_score, self.epochs_without_gain = score, 0
            if self.settings.patience is not None:
                self._weights.remember_best()
            return
        self.epochs_without_gain += 1
        if self.settings.patience is not None:
            self.stop = self.stop or self.epochs_without_gain >= self.settings.patience

    def finish(self) -> None:
        """Leave in the whole network the weights to keep, and give up the training's buffers.

        These are the best epoch's with `patience`, else the averaged ones with `ema_decay`, else
        the last.
        """
        self.backend.pull_weights()
        kept = self._weights.to_keep()
        if kept is not self.network.values:
            self.network.values[...] = kept
        self._part.put_back()
        self.backend.close()

    def kept_network(self) -> Network:
        """Return a copy of the whole network with the weights that `finish` would leave now."""
        return self._network_with(self._weights.to_keep)

    def current_network(self) -> Network:
        """Return a copy of the whole network with the weights that were evaluated last."""
        return self._network_with(self._weights.current)

    def _network_with(self, values: Callable[[], NDArray]) -> Network:
        self.backend.pull_weights()
        network = self.network.copy()
        network.values[...] = values()
        return self._part.join(network)

    def _check_weights(self) -> None:
        self.backend.pull_weights()
        if not math.isfinite(self.network.kernels.sum_of_squares(self.network.values)):
            self._report_divergence()

    def _call(self, hook: str) -> None:
        for callback in self.callbacks:
            getattr(callback, hook)(self)

    def _end(self, callbacks: Sequence[Hooks]) -> None:
        """Call the last hook of each in order, whatever the others' raise."""
        if callbacks:
            try:
                callbacks[0].on_train_end(self)
            finally:
                self._end(callbacks[1:])

    def snapshot(self, *, with_history: bool = True) -> tuple[dict[str, NDArray], dict[str, Any]]:
        """Return everything needed to go on from here with the same bits.

        Parameters
        ----------
        with_history : bool, default=True
            Whether `meta` has the history; who knows it otherwise spares its copy.

        Returns
        -------
        arrays : dict of str to ndarray
            Views, not copies: the training goes on changing them.
        meta : dict
            Counters and history, fit for JSON.
        """
        self.backend.pull_weights()
        self.backend.pull_optimizer()
        arrays = {"params": self.network.params, "state": self.network.state}
        for name in self.optimizer.state_names:
            arrays[f"optimizer.{name}"] = getattr(self.optimizer, name)
        arrays |= self._weights.arrays()
        meta = {
            "epoch": self.epoch,
            "step": self.step,
            "first_epoch": self.first_epoch,
            "optimizer_steps": self.optimizer.n_steps,
            "best_score": self.best_score,
            "epochs_without_gain": self.epochs_without_gain,
            "stop": self.stop,
            "seed": self.settings.seed,
        }
        return arrays, meta | ({"history": self.history.to_dict()} if with_history else {})

    def restore(self, arrays: Mapping[str, NDArray], meta: Mapping[str, Any]) -> None:
        """Take over what `snapshot` of a trainer with the same settings returned.

        Parameters
        ----------
        arrays, meta : mapping
            As `snapshot` returned them; copied.

        Raises
        ------
        ValueError
            If an array is missing, unknown, or of another shape or type, or the history's columns
            are not as they should be; nothing is changed then.
        """
        history = History.from_dict(meta["history"])
        own = {name: array for name, array in self.snapshot()[0].items() if name != "best"}
        has_best = self.settings.patience is not None and meta["best_score"] is not None
        check_arrays(arrays, own | ({"best": self.network.values} if has_best else {}))
        for name, array in own.items():
            if array is not arrays[name]:
                array[...] = arrays[name]
        self._weights.restore(arrays)
        self.epoch, self.step = meta["epoch"], meta["step"]
        self.first_epoch = meta["first_epoch"]
        self.optimizer.n_steps = meta["optimizer_steps"]
        self.best_score = meta["best_score"]
        self.epochs_without_gain = meta["epochs_without_gain"]
        self.stop = meta["stop"]
        self.history = history
        self.is_between_epochs = True
        self._step_at_epoch = self.step
        self.backend.push_weights()
        self.backend.push_optimizer()


def _matrices_of(network: Network) -> list[Matrix]:
    """Return the weights of a network that are matrices, or stacks of them as convolutions' are."""
    return [
        Matrix(part, math.prod(view.shape[:-1]), view.shape[-1])
        for parts, views in zip(network.node_parts, network.node_params, strict=True)
        for part, view in zip(parts.values(), views.values(), strict=True)
        if view.ndim > 1
    ]
