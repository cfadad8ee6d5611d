"""The training loop with TensorFlow computing the steps."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fernet._engine.network import Network
from fernet._training.batches import Batches
from fernet._training.losses import SoftmaxCrossEntropy
from fernet._training.optimizers import Optimizer
from fernet._training.trainer import Settings, Trainer
from fernet._training.transfer import HeadTrainer
from fernet.tensorflow_backend import weights
from fernet.tensorflow_backend.imports import import_tensorflow
from fernet.tensorflow_backend.steps import Steps

__all__ = ["KerasHeadTrainer", "KerasTrainer"]
__dir__ = __all__.copy

_EVALUATION_BATCH = 256


class KerasTrainer(Trainer):
    """A `Trainer` whose steps run in Keras, on TensorFlow's devices.

    Order of the rows, augmentation, schedules, loss, optimizer, early stopping, callbacks and
    history are the same, and so is a step without dropout, to float32's precision. Dropout draws
    from TensorFlow's own generator, so a resumed training drops others.

    Parameters
    ----------
    network : Network
        As for `Trainer`: it holds the weights after each epoch and at the end.
    optimizer : SGD or Adam
        Its settings count; Keras's optimizer of the same name works.
    training, validation, settings, **options
        As for `Trainer`.
    strategy : tf.distribute.Strategy, default=None
        Splits each batch among its devices or machines. None takes the one in whose scope this is
        made, else one device: the GPU where there is one. Running statistics of a batch
        normalisation are the mean of the devices'.

    Raises
    ------
    ImportError
        If TensorFlow is not installed.
    """

    def __init__(
        self,
        network: Network,
        optimizer: Optimizer,
        training: Batches,
        validation: Batches | None = None,
        *,
        settings: Settings | None = None,
        strategy: Any = None,
        **options: Any,
    ) -> None:
        tf = import_tensorflow()
        self._strategy = tf.distribute.get_strategy() if strategy is None else strategy
        super().__init__(network, optimizer, training, validation, settings=settings, **options)

    def _allocate(self) -> None:
        self._loss = SoftmaxCrossEntropy(kernels=self.network.kernels)
        self._x = np.empty((self.batch_size, *self.network.input_shape), dtype=np.float32)
        self.optimizer.start(self.network.params)
        self._steps = Steps(self.network, self.optimizer, self.settings, self._strategy)
        # Whether `network` lags behind what Keras has learnt.
        self._ahead = False

    def run_step(self, indices: NDArray) -> int:
        data, n = self.training, len(indices)
        x = self._x[:n]
        data.gather_augmented(indices, x.reshape(n, -1), self.settings.seed, self.epoch, self.step)
        scale = np.ones(n, np.float32) if data.weight is None else data.weight[indices]
        total = float(scale.sum())
        scale = scale / total if total > 0 else scale
        loss, l2_term, n_right = self._steps.train(
            x, data.target[indices], scale.astype(np.float32), self.learning_rate
        )
        self._ahead = True
        self.last_loss = loss
        if not math.isfinite(loss):
            self._report_divergence()
        self.last_loss += l2_term
        self.step += 1
        self.optimizer.n_steps += 1
        if self._kept.average is not None:
            self._pull()
            self._kept.follow(self.step)
        self.history.add_iteration(self.last_loss)
        return n_right

    def _pull(self) -> None:
        """Bring the network up to what Keras has learnt."""
        if self._ahead:
            weights.pull(self._steps.model, self.network)
            self._ahead = False

    def evaluate(self) -> tuple[float | None, float | None]:
        self._pull()
        figures = super().evaluate()
        if self._kept.average is not None:
            weights.push(self.network, self._steps.model)
        return figures

    def _evaluate(self, batches: Batches) -> tuple[float, float]:
        if self._kept.average is not None:
            # The network holds the averaged weights now; `evaluate` puts the raw ones back.
            weights.push(self.network, self._steps.model)
        logits = np.empty((len(batches), *self.network.output_shape), dtype=np.float32)
        for start in range(0, len(batches), _EVALUATION_BATCH):
            indices = batches.rows[start : start + _EVALUATION_BATCH]
            x = np.empty((len(indices), *self.network.input_shape), dtype=np.float32)
            batches.gather(indices, x.reshape(len(x), -1))
            logits[start : start + len(x)] = self._steps.predict(x)
        target = batches.target[batches.rows]
        weight = None if batches.weight is None else batches.weight[batches.rows]
        losses, dlogits = np.empty(len(logits), np.float32), np.empty_like(logits)
        loss = self._loss(logits, target, weight, losses, dlogits)
        right = logits.argmax(axis=1) == target
        return loss, float(np.average(right, weights=weight))

    def finish(self) -> None:
        self._pull()
        super().finish()

    def kept_network(self) -> Network:
        self._pull()
        return super().kept_network()

    def _check_weights(self) -> None:
        self._pull()
        super()._check_weights()

    def state(self) -> tuple[dict[str, NDArray], dict[str, Any]]:
        self._pull()
        self._steps.pull_optimizer(self.network, self.optimizer)
        return super().state()

    def restore(self, arrays: Mapping[str, NDArray], meta: Mapping[str, Any]) -> None:
        super().restore(arrays, meta)
        weights.push(self.network, self._steps.model)
        self._steps.push_optimizer(self.network, self.optimizer)
        self._ahead = False


class KerasHeadTrainer(HeadTrainer, KerasTrainer):
    """A `HeadTrainer` whose steps run in Keras; the backbone's features are computed here."""
