"""The training loop, in a few verbs: start, run_epoch, run_step, evaluate, stop_early, finish."""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fernet._engine.executable import Executable
from fernet._engine.network import Network
from fernet._engine.session import Session
from fernet._training.batches import Batches
from fernet._training.evaluation import evaluate
from fernet._training.history import History
from fernet._training.kept_weights import KeptWeights
from fernet._training.losses import SoftmaxCrossEntropy
from fernet._training.node_updates import NodeUpdates
from fernet._training.optimizers import Optimizer
from fernet.callbacks import Callback
from fernet.layers.base import PassContext
from fernet.schedules import ConstantSchedule, Schedule


@dataclass(slots=True)
class Settings:
    """How a `Trainer` is to train.

    Parameters
    ----------
    learning_rate : float, default=0.01
        Initial rate, above 0; `schedule` multiplies it.
    schedule : Schedule
        Factor on the rate; constant by default.
    batch_size : int, default=100
        Rows of a step; the last batch of an epoch may be smaller.
    n_epochs : int, default=50
        Epochs to run at most.
    patience : int or None, default=None
        Stop when this many epochs in a row have not raised the validation accuracy, and keep
        the weights of the best epoch. None runs all epochs and keeps the last weights.
    label_smoothing : float, default=0.0
        See `fernet._training.losses.SoftmaxCrossEntropy`.
    clip_norm : float or None, default=None
        Longest gradient, as the Euclidean norm over all parameters; a longer one is shortened.
    ema_decay : float or None, default=None
        Decay of a running mean of the weights, below 1. Where given, that mean is what is
        evaluated and kept.
    shuffle : bool, default=True
        Whether each epoch takes the rows in a new order.
    seed : int, default=0
        Key of everything random.

    Examples
    --------
    >>> from fernet._training.trainer import Settings
    >>> Settings(n_epochs=3).batch_size
    100
    """

    learning_rate: float = 0.01
    schedule: Schedule = field(default_factory=ConstantSchedule)
    batch_size: int = 100
    n_epochs: int = 50
    patience: int | None = None
    label_smoothing: float = 0.0
    clip_norm: float | None = None
    ema_decay: float | None = None
    shuffle: bool = True
    seed: int = 0


class Trainer:
    """Train a network on batches.

    Parameters
    ----------
    network : Network
        Initialised; its parameters are changed.
    optimizer : Optimizer
        Its `weight_decay` also enters the reported loss.
    training : Batches
        With targets.
    validation : Batches or None, default=None
        Evaluated after each epoch.
    settings : Settings, default=None
        None takes the defaults.
    callbacks : sequence of Callback, default=()
        Called in order.
    history : History, default=None
        Continued if given: epochs are counted from its end.

    Attributes
    ----------
    epoch, step : int
        Epochs and steps done, those of a continued history included.
    history : History
        Figures so far.
    best_score : float or None
        Highest validation accuracy so far; None without validation data.
    stop : bool
        Whether the training is to end after the epoch under way; callbacks may set it.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet._training.batches import Batches
    >>> from fernet.layers import Linear
    >>> from fernet._engine.network import Network
    >>> from fernet._training.optimizers import SGD
    >>> from fernet._training.trainer import Settings, Trainer
    >>> x = np.eye(4, dtype=np.float32)
    >>> network = Network([Linear(4)], (4,))
    >>> batches = Batches(x, np.arange(4, dtype=np.int32))
    >>> trainer = Trainer(network, SGD(), batches, settings=Settings(0.5, n_epochs=20))
    >>> trainer.train()
    >>> trainer.history.epochs["accuracy"][-1]
    1.0
    """

    def __init__(
        self,
        network: Network,
        optimizer: Optimizer,
        training: Batches,
        validation: Batches | None = None,
        *,
        settings: Settings | None = None,
        callbacks: Sequence[Callback] = (),
        history: History | None = None,
    ) -> None:
        settings = Settings() if settings is None else settings
        if settings.patience is not None and validation is None:
            raise ValueError("patience needs validation data; expected validation=Batches(...)")
        self.network = network
        self.optimizer = optimizer
        self.training = training
        self.validation = validation
        self.settings = settings
        self.callbacks = list(callbacks)
        self.history = History() if history is None else history.copy()
        self.first_epoch = self.epoch = len(self.history)
        self.step = len(self.history.iterations["loss"])
        self.batch_size = max(1, min(settings.batch_size, len(training)))
        self.steps_per_epoch = -(-len(training) // self.batch_size)
        self.stop = False
        self.best_score: float | None = None
        self.epochs_without_gain = 0
        self.last_loss = math.nan
        self.learning_rate = settings.learning_rate
        self._session = Session(network)
        self._kept = KeptWeights(network, settings.ema_decay)
        self._allocate()

    @property
    def whole_network(self) -> Network:
        """The network that is being fitted: `network`, unless that is only its head."""
        return self.network

    @property
    def n_epochs(self) -> int:
        """Epochs to run at most."""
        return self.settings.n_epochs

    def _allocate(self) -> None:
        n, dtype = self.batch_size, self.network.dtype
        kernels = self.network.kernels
        # to clip the norm of all gradients, all of them are needed
        self._fused_update = self.settings.clip_norm is None
        self._workspace = self._session.workspace(n, fused_update=self._fused_update)
        self._node_updates = NodeUpdates(self.network, self.optimizer)
        self._pass_ctx = PassContext(
            kernels,
            training=True,
            seed=self.settings.seed,
            gradient_sink=self._node_updates,
        )
        self._loss = SoftmaxCrossEntropy(self.settings.label_smoothing, kernels=kernels)
        self._target = np.empty(n, dtype=np.int32)
        self._weight = None if self.training.weight is None else np.empty(n, dtype=dtype)
        self._losses = np.empty(n, dtype=dtype)
        self._predicted = np.empty(n, dtype=np.intp)
        self.optimizer.start(self.network.params)

    def train(self, n_epochs: int | None = None) -> None:
        """Run epochs until the last one, early stopping, a callback or Ctrl-C ends it.

        Parameters
        ----------
        n_epochs : int, default=None
            Epochs to run now; None runs what is left of the planned ones.

        Raises
        ------
        ValueError
            If loss or weights stop being finite.
        """
        last = self.first_epoch + self.n_epochs if n_epochs is None else self.epoch + n_epochs
        try:
            self.start()
            while not self.stop and self.epoch < last:
                self.run_epoch()
        except KeyboardInterrupt:
            warnings.warn(
                f"training interrupted in epoch {self.epoch + 1}; the model keeps the weights so "
                "far",
                UserWarning,
                stacklevel=2,
            )
        finally:
            self._call("on_train_end")
        self._check_weights()

    def start(self) -> None:
        """Tell the callbacks that training begins."""
        self._call("on_train_begin")

    def run_epoch(self) -> None:
        """Go through the training rows once, evaluate, and note the figures."""
        started = time.perf_counter()
        self._call("on_epoch_begin")
        order = self.training.order(self.settings.seed, self.epoch, shuffle=self.settings.shuffle)
        total, n_right = 0.0, 0
        for position, start in enumerate(range(0, len(order), self.batch_size)):
            indices = order[start : start + self.batch_size]
            done = self.epoch - self.first_epoch + (position + 0.5) / self.steps_per_epoch
            factor = self.settings.schedule.factor(done, self.n_epochs)
            self.learning_rate = self.settings.learning_rate * factor
            n_right += self.run_step(indices)
            total += self.last_loss * len(indices)
            for callback in self.callbacks:
                callback.on_step_end(self)
        self.epoch += 1
        validation_loss, validation_accuracy = self.evaluate()
        self.history.add_epoch(
            epoch=self.epoch,
            loss=total / len(order),
            accuracy=n_right / len(order),
            validation_loss=validation_loss,
            validation_accuracy=validation_accuracy,
            learning_rate=self.learning_rate,
            seconds=time.perf_counter() - started,
        )
        self.stop_early(validation_accuracy)
        self._call("on_epoch_end")

    def run_step(self, indices: NDArray) -> int:
        """Train on one batch.

        Parameters
        ----------
        indices : ndarray of shape (N,), int64
            Rows of the training data set, at most `batch_size`.

        Returns
        -------
        int
            How many of them the network had right before it learnt from them.
        """
        n, data, pass_ctx = len(indices), self.training, self._pass_ctx
        batch = self._workspace.executable(n)
        pass_ctx.step = self.step
        data.gather_augmented(indices, batch.x, pass_ctx.seed, self.epoch, self.step)
        target, weight = self._target[:n], None
        np.take(data.target, indices, out=target, mode="clip")
        if self._weight is not None and data.weight is not None:
            weight = self._weight[:n]
            np.take(data.weight, indices, out=weight, mode="clip")
        logits = batch.forward(pass_ctx)
        self.last_loss = self._loss(logits, target, weight, self._losses[:n], batch.dy)
        if not math.isfinite(self.last_loss):
            self._report_divergence()
        n_right = self._count_right(logits, target)
        self.last_loss += self._learn(batch)
        self.step += 1
        self._kept.follow(self.step)
        self.history.add_iteration(self.last_loss)
        return n_right

    def _count_right(self, logits: NDArray, target: NDArray) -> int:
        predicted = self._predicted[: len(target)]
        logits.argmax(axis=1, out=predicted)
        return int(np.count_nonzero(predicted == target))

    def _learn(self, batch: Executable) -> float:
        """Compute the gradients, update the parameters, and return the L2 term of the loss."""
        network = self.network
        if self._fused_update:
            self._node_updates.begin_step(self.learning_rate)
            batch.backward(self._pass_ctx)
            return self._node_updates.end_step()
        batch.backward(self._pass_ctx)
        self._clip()
        return self.optimizer.update(
            network.params, network.grads, self.learning_rate, network.n_decayed
        )

    def _clip(self) -> None:
        if self.settings.clip_norm is None:
            return
        kernels, grads = self.network.kernels, self.network.grads
        norm = math.sqrt(kernels.sum_of_squares(grads))
        if norm > self.settings.clip_norm:
            kernels.scale_inplace(grads, self.settings.clip_norm / norm)

    def _report_divergence(self) -> None:
        raise ValueError(
            f"training diverged at step {self.step + 1} (loss {self.last_loss}) with a learning "
            f"rate of {self.settings.learning_rate}; expected finite loss and weights: try a "
            "smaller learning_rate_init, clip_norm, or input scaled to about -1 to 1"
        )

    def evaluate(self) -> tuple[float | None, float | None]:
        """Compute loss and accuracy on the validation rows, with the weights that would be kept.

        Returns
        -------
        loss, accuracy : float or None
            Both weighted by the rows' weights; None without validation data.
        """
        if self.validation is None:
            return None, None
        if self._kept.average is None:
            return self._evaluate(self.validation)
        raw = self.network.values.copy()
        self.network.values[...] = self._kept.average
        try:
            return self._evaluate(self.validation)
        finally:
            self.network.values[...] = raw

    def _evaluate(self, batches: Batches) -> tuple[float, float]:
        return evaluate(self._session, batches)

    def stop_early(self, score: float | None) -> None:
        """Remember the weights if the score is the best so far, and stop after enough without."""
        if score is None:
            return
        if self.best_score is None or score > self.best_score:
            self.best_score, self.epochs_without_gain = score, 0
            if self.settings.patience is not None:
                self._kept.remember_best()
            return
        self.epochs_without_gain += 1
        if self.settings.patience is not None:
            self.stop = self.stop or self.epochs_without_gain >= self.settings.patience

    def finish(self) -> None:
        """Leave in the network the weights to keep, and give up the training's buffers.

        These are the best epoch's with `patience`, else the averaged ones with `ema_decay`, else
        the last.
        """
        kept = self._kept.to_keep()
        if kept is not self.network.values:
            self.network.values[...] = kept
        self._session.release()

    def kept_network(self) -> Network:
        """Return a copy of the network with the weights that `finish` would leave now."""
        network = self.network.copy()
        network.values[...] = self._kept.to_keep()
        return network

    def _check_weights(self) -> None:
        if not math.isfinite(self.network.kernels.sum_of_squares(self.network.values)):
            self._report_divergence()

    def _call(self, hook: str) -> None:
        for callback in self.callbacks:
            getattr(callback, hook)(self)

    def state(self) -> tuple[dict[str, NDArray], dict[str, Any]]:
        """Return everything needed to go on from here with the same bits.

        Returns
        -------
        arrays : dict of str to ndarray
            Views, not copies: the training goes on changing them.
        meta : dict
            Counters and history, fit for JSON.
        """
        arrays = {"params": self.network.params, "state": self.network.state}
        for name in self.optimizer.state_names:
            arrays[f"optimizer.{name}"] = getattr(self.optimizer, name)
        arrays |= self._kept.arrays()
        meta = {
            "epoch": self.epoch,
            "step": self.step,
            "first_epoch": self.first_epoch,
            "optimizer_steps": self.optimizer.n_steps,
            "best_score": self.best_score,
            "epochs_without_gain": self.epochs_without_gain,
            "stop": self.stop,
            "seed": self.settings.seed,
            "history": self.history.to_dict(),
        }
        return arrays, meta

    def restore(self, arrays: Mapping[str, NDArray], meta: Mapping[str, Any]) -> None:
        """Take over what `state` of a trainer with the same settings returned.

        Parameters
        ----------
        arrays, meta : mapping
            As `state` returned them; copied.

        Raises
        ------
        ValueError
            If an array is missing or of another size; nothing is changed then.
        """
        own = {name: array for name, array in self.state()[0].items() if name != "best"}
        for name, array in own.items():
            if name not in arrays or arrays[name].shape != array.shape:
                raise ValueError(
                    f"training state: array {name!r} is missing or not of shape {array.shape}"
                )
        for name, array in own.items():
            array[...] = arrays[name]
        self._kept.restore(arrays)
        self.epoch, self.step = meta["epoch"], meta["step"]
        self.first_epoch = meta["first_epoch"]
        self.optimizer.n_steps = meta["optimizer_steps"]
        self.best_score = meta["best_score"]
        self.epochs_without_gain = meta["epochs_without_gain"]
        self.stop = meta["stop"]
        self.history = History.from_dict(meta["history"])
