"""Training steps computed by Keras, on TensorFlow's devices."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fernet._engine.network import Network
from fernet._training.backend import BatchFigures
from fernet._training.data_loader import DataLoader
from fernet._training.losses import SoftmaxCrossEntropy
from fernet._training.optimizers import Optimizer
from fernet._training.settings import Settings
from fernet.tensorflow_backend import weights
from fernet.tensorflow_backend.imports import import_tensorflow
from fernet.tensorflow_backend.steps import Steps

__all__ = ["KerasBackend"]
__dir__ = __all__.copy

_EVALUATION_BATCH = 256


class KerasBackend:
    """Computes a trainer's steps with Keras's copy of its network and its optimizer.

    Order of the samples, augmentation, schedules, early stopping, callbacks and history are the
    trainer's, and a step without dropout is the native one to float32's precision. Dropout draws
    from TensorFlow's own generator, so a resumed training drops others.

    Parameters
    ----------
    network : Network
        It holds the weights after each epoch and at the end.
    optimizer : SGD or Adam
        Its settings count; Keras's optimizer of the same name works.
    training, settings, batch_size
        As for `fernet._training.backend.MakeBackend`.
    strategy : tf.distribute.Strategy, default=None
        Splits each batch among its devices or machines. None takes the one in whose scope this is
        made, else one device: the GPU where there is one. Running statistics of a batch
        normalisation are the mean of the devices', each of which leaves them alone where its
        share of a batch has a single value for each channel.

    Raises
    ------
    ImportError
        If TensorFlow is not installed.
    ValueError
        If `strategy` is something else, or Keras has no such optimizer.
    """

    def __init__(
        self,
        network: Network,
        optimizer: Optimizer,
        training: DataLoader,
        settings: Settings,
        batch_size: int,
        *,
        strategy: Any = None,
    ) -> None:
        tf = import_tensorflow()
        if not (strategy is None or isinstance(strategy, tf.distribute.Strategy)):
            raise ValueError(f"strategy is {strategy!r}; expected a tf.distribute.Strategy or None")
        strategy = tf.distribute.get_strategy() if strategy is None else strategy
        self._network = network
        self._optimizer = optimizer
        self._training = training
        self._seed = settings.seed
        self._loss = SoftmaxCrossEntropy(kernels=network.kernels)
        self._x = np.empty((batch_size, *network.input_shape), dtype=np.float32)
        self._steps = Steps(network, optimizer, settings, strategy, soft=training.has_soft_targets)
        # Whether `network` lags behind what Keras has learnt.
        self._ahead = False

    def train_batch(
        self, indices: NDArray, *, epoch: int, step: int, learning_rate: float
    ) -> BatchFigures:
        data, n = self._training, len(indices)
        x = self._x[:n]
        mixing = data.gather_augmented(indices, x.reshape(n, -1), self._seed, epoch, step)
        weight = None if data.weight is None else data.weight[indices]
        soft = None
        if data.has_soft_targets:
            soft = np.empty((n, *self._network.output_shape), dtype=np.float32)
            data.soft_targets(indices, mixing, soft, weight)
        scale = self._loss.scale(n * data.mean_weight)
        weight = np.full(n, scale) if weight is None else weight * scale
        figures = self._steps.train(
            x, data.target[indices], weight.astype(np.float32), learning_rate, soft
        )
        self._ahead = True
        self._optimizer.n_steps += 1
        return BatchFigures(*figures)

    def evaluate(self, data: DataLoader) -> tuple[float, float]:
        network = self._network
        logits = np.empty((len(data), *network.output_shape), dtype=np.float32)
        for start in range(0, len(data), _EVALUATION_BATCH):
            indices = data.indices[start : start + _EVALUATION_BATCH]
            x = np.empty((len(indices), *network.input_shape), dtype=np.float32)
            data.gather(indices, x.reshape(len(x), -1))
            logits[start : start + len(x)] = self._steps.predict(x)
        target = data.target[data.indices]
        weight = None if data.weight is None else data.weight[data.indices]
        losses, dlogits = np.empty(len(logits), np.float32), np.empty_like(logits)
        loss = self._loss(logits, data.loss_target[data.indices], weight, losses, dlogits)
        right = logits.argmax(axis=1) == target
        return loss, float(np.average(right, weights=weight))

    def pull_weights(self) -> None:
        if self._ahead:
            weights.pull(self._steps.model, self._network)
            self._ahead = False

    def push_weights(self) -> None:
        weights.push(self._network, self._steps.model)
        self._ahead = False

    def pull_optimizer(self) -> None:
        self._steps.pull_optimizer(self._network, self._optimizer)

    def push_optimizer(self) -> None:
        self._steps.push_optimizer(self._network, self._optimizer)

    def close(self) -> None:
        """Do nothing: Keras frees its memory with the model."""
