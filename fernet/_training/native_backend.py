"""Training steps computed by fernet's own kernels."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from fernet._engine.executable import Executable
from fernet._engine.network import Network
from fernet._engine.session import Session
from fernet._training.backend import BatchFigures
from fernet._training.data_loader import DataLoader
from fernet._training.evaluation import evaluate
from fernet._training.fused_updates import FusedUpdates
from fernet._training.losses import SoftmaxCrossEntropy
from fernet._training.optimizers import Optimizer
from fernet._training.settings import Settings
from fernet.layers.base import PassContext


class NativeBackend:
    """Computes steps in place: the trainer's network and optimizer are always up to date.

    Parameters
    ----------
    network, optimizer, training, settings, batch_size
        As for `fernet._training.backend.MakeBackend`.

    Attributes
    ----------
    fused_update : bool
        Whether each layer's parameters are updated as soon as their gradient is known. To clip the
        norm of all gradients, all of them are needed first.
    """

    def __init__(
        self,
        network: Network,
        optimizer: Optimizer,
        training: DataLoader,
        settings: Settings,
        batch_size: int,
    ) -> None:
        kernels, dtype = network.kernels, network.dtype
        self._network = network
        self._optimizer = optimizer
        self._training = training
        self._clip_norm = settings.clip_norm
        self.fused_update = settings.clip_norm is None
        self._session = Session(network)
        self._workspace = self._session.workspace(batch_size, fused_update=self.fused_update)
        self._fused_updates = FusedUpdates(network, optimizer)
        self._pass_ctx = PassContext(
            kernels, training=True, seed=settings.seed, gradient_sink=self._fused_updates
        )
        self._loss = SoftmaxCrossEntropy(settings.label_smoothing, kernels=kernels)
        self._target = np.empty(batch_size, dtype=np.int32)
        soft = training.has_soft_targets
        self._soft = np.empty((batch_size, *network.output_shape), dtype) if soft else None
        self._weight = None if training.weight is None else np.empty(batch_size, dtype=dtype)
        self._losses = np.empty(batch_size, dtype=dtype)

    def train_batch(
        self, indices: NDArray, *, epoch: int, step: int, learning_rate: float
    ) -> BatchFigures:
        n, data, pass_ctx = len(indices), self._training, self._pass_ctx
        batch = self._workspace.executable(n)
        pass_ctx.step = step
        mixing = data.gather_augmented(indices, batch.x, pass_ctx.seed, epoch, step)
        target, weight = self._target[:n], None
        np.take(data.target, indices, out=target, mode="clip")
        if self._weight is not None and data.weight is not None:
            weight = self._weight[:n]
            np.take(data.weight, indices, out=weight, mode="clip")
        logits = batch.forward(pass_ctx)
        wanted = target
        if self._soft is not None:
            wanted = self._soft[:n]
            data.soft_targets(indices, mixing, wanted)
        loss = self._loss(logits, wanted, weight, self._losses[:n], batch.dy)
        if not math.isfinite(loss):
            return BatchFigures(loss, 0.0, 0)
        n_right = self._network.kernels.count_right(logits, target)
        return BatchFigures(loss, self._learn(batch, learning_rate), n_right)

    def _learn(self, batch: Executable, learning_rate: float) -> float:
        """Compute the gradients, update the parameters, and return the L2 term of the loss."""
        if self.fused_update:
            self._fused_updates.begin_step(learning_rate)
            batch.backward(self._pass_ctx)
            return self._fused_updates.end_step()
        batch.backward(self._pass_ctx)
        self._clip()
        network = self._network
        return self._optimizer.update(
            network.params, network.grads, learning_rate, network.n_decayed
        )

    def _clip(self) -> None:
        if self._clip_norm is None:
            return
        kernels, grads = self._network.kernels, self._network.grads
        norm = math.sqrt(kernels.sum_of_squares(grads))
        if norm > self._clip_norm:
            kernels.scale_inplace(grads, self._clip_norm / norm)

    def evaluate(self, data: DataLoader) -> tuple[float, float]:
        return evaluate(self._session, data)

    def pull_weights(self) -> None:
        """Do nothing: there are no copies."""

    push_weights = pull_optimizer = push_optimizer = pull_weights

    def close(self) -> None:
        self._session.release()
