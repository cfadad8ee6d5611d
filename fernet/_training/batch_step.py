"""Steps on batches of a fixed number of rows, each made in one go."""

from __future__ import annotations

import math
import weakref

import numpy as np
from numpy.typing import NDArray

from fernet._engine.executable import Executable
from fernet._training.data_loader import DataLoader
from fernet._training.losses import SoftmaxCrossEntropy
from fernet.layers.base import PassContext, repeatable


class BatchStep:
    """Forward, loss and backward over batches of a fixed number of rows, as one program.

    The loss stands among the layers' calls, so that nothing is left to do between the passes. Where
    it is not finite the program ends with it, before anything is updated.

    Parameters
    ----------
    batch : Executable
        Of a training, for that number of rows.
    data : DataLoader
        Where samples, targets and weights come from.
    loss : SoftmaxCrossEntropy
        What the gradients are of.

    Attributes
    ----------
    figures : memoryview of 2 doubles
        After `run`, the sum of the rows' losses, and how many rows were right.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet import _kernels
    >>> from fernet._engine.network import Network
    >>> from fernet._engine.workspace import Workspace
    >>> from fernet._training.batch_step import BatchStep
    >>> from fernet._training.data_loader import DataLoader
    >>> from fernet._training.losses import SoftmaxCrossEntropy
    >>> from fernet.layers import Linear, PassContext
    >>> data = DataLoader(np.ones((4, 3), np.float32), np.array([0, 0, 0, 1], np.int32))
    >>> batch = Workspace(Network([Linear(2)], (3,)), 4).executable(4)
    >>> step, pass_ctx = BatchStep(batch, data, SoftmaxCrossEntropy()), PassContext(_kernels)
    >>> step.load(data.indices, pass_ctx, epoch=0)
    >>> round(step.run(pass_ctx), 4), step.n_right     # log(2): all weights are 0
    (0.6931, 3)
    """

    def __init__(self, batch: Executable, data: DataLoader, loss: SoftmaxCrossEntropy) -> None:
        n_rows, dtype = len(batch.y), batch.y.dtype
        self._data = data
        self._loss = loss
        self._rows = batch.x.reshape(n_rows, -1)
        self._logits, self._dlogits = batch.y, batch.dy
        self._target = np.empty(n_rows, np.int32)
        self._soft = np.empty_like(batch.y) if data.has_soft_targets else None
        self._weight = None if data.weight is None else np.empty(n_rows, dtype)
        # Not by the batch's own sum of weights: all batches would have the same say, and nothing
        # would be left of a single sample's weight.
        self._scale = loss.scale(n_rows * data.mean_weight)
        self._places = np.empty(n_rows, np.int64)
        self._fetches = data.is_steady
        self._losses = np.empty(n_rows, dtype)
        self._figures = np.zeros(2)
        # Python reads a number sooner from this than from the array.
        self.figures = self._figures.data
        # The program's calls are to this step, which has the program: a circle would keep the arena
        # until Python looks for circles, many trainings later.
        own = weakref.proxy(self)
        self._program = batch.step_program(_compute_loss, own, _fetch if self._fetches else None)

    @property
    def n_right(self) -> int:
        """How many rows were right."""
        return int(self.figures[1])

    def load(self, indices: NDArray, pass_ctx: PassContext, epoch: int) -> None:
        """Fetch a batch, varied if the data are to be; as it is, `run` does so.

        Parameters
        ----------
        indices : ndarray of shape (N,), int64
            The samples.
        pass_ctx : PassContext
            Its seed and step, with `epoch`, are the key of what is random.
        epoch : int
        """
        data = self._data
        data.targets(indices, self._target)  # first: it refuses indices that are none
        mixing = None
        if self._fetches:
            self._places[...] = indices
        else:
            mixing = data.gather_augmented(indices, self._rows, pass_ctx.seed, epoch, pass_ctx.step)
        if self._weight is not None and data.weight is not None:
            np.take(data.weight, indices, out=self._weight, mode="clip")
        if self._soft is not None:
            data.soft_targets(indices, mixing, self._soft, self._weight)

    def run(self, pass_ctx: PassContext) -> float:
        """Go forward and backward.

        Returns
        -------
        float
            The sum of the rows' weighted losses, by their number and the mean weight of all the
            data's samples: over an epoch, these come to the weighted mean. Of one that is not
            finite there are no gradients.
        """
        try:
            self._program.run(pass_ctx)
        except FloatingPointError:
            if math.isfinite(self.figures[0]):
                raise
        return self.figures[0] * self._scale

    def fetch(self, pass_ctx: PassContext) -> None:
        """Write the samples that were asked for last."""
        self._data.gather_steadily(self._places, self._rows, pass_ctx.kernels)

    def compute_loss(self, pass_ctx: PassContext) -> None:
        """Write the gradient to the logits, and the figures."""
        wanted = self._target if self._soft is None else self._soft
        self._loss.write(
            self._logits, wanted, self._weight, self._scale, self._losses, self._dlogits
        )
        pass_ctx.kernels.batch_figures(self._losses, self._logits, self._target, self._figures)


@repeatable
def _fetch(step: BatchStep, pass_ctx: PassContext) -> None:
    step.fetch(pass_ctx)


@repeatable
def _compute_loss(step: BatchStep, pass_ctx: PassContext) -> None:
    step.compute_loss(pass_ctx)
