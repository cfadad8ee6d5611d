"""Training steps computed by fernet's own kernels."""

from __future__ import annotations

import math

from numpy.typing import NDArray

from fernet._engine.network import Network
from fernet._engine.session import Session
from fernet._training.backend import BatchFigures
from fernet._training.batch_step import BatchStep
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
        norm of all gradients, all of them are needed first, and some optimizers want them.
    """

    def __init__(
        self,
        network: Network,
        optimizer: Optimizer,
        training: DataLoader,
        settings: Settings,
        batch_size: int,
    ) -> None:
        kernels = network.kernels
        self._network = network
        self._optimizer = optimizer
        self._training = training
        self._clip_norm = settings.clip_norm
        self.fused_update = settings.clip_norm is None and not optimizer.wants_all_gradients
        self._session = Session(network)
        self._workspace = self._session.workspace(batch_size, fused_update=self.fused_update)
        self._fused_updates = FusedUpdates(network, optimizer)
        self._pass_ctx = PassContext(
            kernels, training=True, seed=settings.seed, gradient_sink=self._fused_updates
        )
        self._loss = SoftmaxCrossEntropy(settings.label_smoothing, kernels=kernels)
        self._steps: dict[int, BatchStep] = {}

    def _step_of(self, n_rows: int) -> BatchStep:
        if n_rows not in self._steps:
            batch = self._workspace.executable(n_rows)
            self._steps[n_rows] = BatchStep(batch, self._training, self._loss)
        return self._steps[n_rows]

    def train_batch(
        self, indices: NDArray, *, epoch: int, step: int, learning_rate: float
    ) -> BatchFigures:
        batch, pass_ctx = self._step_of(len(indices)), self._pass_ctx
        pass_ctx.step = step
        batch.load(indices, pass_ctx, epoch)
        if self.fused_update:
            return self._run_updating(batch, learning_rate)
        loss = batch.run(pass_ctx)
        if not math.isfinite(loss):
            return BatchFigures(loss, 0.0, 0)
        self._clip()
        network = self._network
        l2_term = self._optimizer.update(
            network.params, network.grads, learning_rate, network.n_decayed
        )
        return BatchFigures(loss, l2_term, batch.n_right)

    def _run_updating(self, batch: BatchStep, learning_rate: float) -> BatchFigures:
        """Run a step that updates each parameter as soon as its gradient is known."""
        self._fused_updates.begin_step(learning_rate)
        loss = batch.run(self._pass_ctx)
        if not math.isfinite(loss):
            self._fused_updates.take_back_step()
            return BatchFigures(loss, 0.0, 0)
        return BatchFigures(loss, self._fused_updates.end_step(), batch.n_right)

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
