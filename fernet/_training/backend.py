"""What computes the steps of a training, as a trainer sees it."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from numpy.typing import NDArray

from fernet._engine.network import Network
from fernet._training.data_loader import DataLoader
from fernet._training.optimizers import Optimizer
from fernet._training.settings import Settings


class BatchFigures(NamedTuple):
    """How a network did on a batch before it learnt from it.

    Parameters
    ----------
    loss : float
        Without the L2 term.
    l2_term : float
        What weight decay adds.
    n_right : int
        Samples that it had right.
    """

    loss: float
    l2_term: float
    n_right: int


class Backend(Protocol):
    """Computes a training's steps, with weights and optimizer state in memory of its own or not.

    The trainer's network and optimizer are the ones that are kept, saved and copied. A backend
    that has copies of them brings them up to date when told to pull, and takes them over when told
    to push.
    """

    def train_batch(
        self, indices: NDArray, *, epoch: int, step: int, learning_rate: float
    ) -> BatchFigures:
        """Learn from some samples of the training data.

        Parameters
        ----------
        indices : ndarray of shape (N,), int64
            The samples, as many as a batch holds or fewer.
        epoch, step : int
            Epochs and steps done: keys of what is random.
        learning_rate : float
            Of this step.

        Returns
        -------
        BatchFigures
            Of a loss that is not finite nothing need have been learnt.
        """

    def evaluate(self, data: DataLoader) -> tuple[float, float]:
        """Return loss and accuracy of the network as it is, without L2 term or smoothing."""

    def pull_weights(self) -> None:
        """Bring the trainer's network up to date."""

    def push_weights(self) -> None:
        """Take over the trainer's network."""

    def pull_optimizer(self) -> None:
        """Bring the trainer's optimizer up to date."""

    def push_optimizer(self) -> None:
        """Take over the trainer's optimizer."""

    def close(self) -> None:
        """Give up the memory that only a training needs."""


class MakeBackend(Protocol):
    """A backend's class, or a function that makes one."""

    def __call__(
        self,
        network: Network,
        optimizer: Optimizer,
        training: DataLoader,
        settings: Settings,
        batch_size: int,
    ) -> Backend:
        """Make a backend.

        Parameters
        ----------
        network : Network
            Which learns.
        optimizer : Optimizer
            Started with the network's parameters.
        training : DataLoader
            What it learns from.
        settings : Settings
            Label smoothing, clipping and seed count.
        batch_size : int
            Samples of a batch, at most.
        """
