"""The memory of a network's passes, planned once for each batch size."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fernet._engine.buffers import aligned_zeros
from fernet._engine.executable import Executable, make_executable
from fernet._engine.network import Network
from fernet._engine.prediction_plan import PredictionPlan
from fernet._engine.scheduler import make_schedule


class Workspace:
    """Memory for batches of up to `batch_size` rows of one network.

    Activations, gradients and what layers keep for their backward are in one arena. Each array
    owns its bytes only from when it is written to when it is last read, see
    `fernet._engine.schedule.Schedule`; so an arena is much smaller than all of them together.

    Parameters
    ----------
    network : Network
        Whose parameters the passes use.
    batch_size : int
        Most rows of a batch, 1 or more.
    training : bool, default=True
        Whether backward passes are to run.
    input_gradient : bool, default=False
        Whether the backward also computes the gradient to the network's input.
    fused_update : bool, default=False
        Whether the backward hands each node's gradients to ``PassContext.gradient_sink`` as soon
        as it knows them, instead of writing them into the network's.
    share_memory : bool, default=True
        False gives everything memory of its own, to compare with.
    plan : PredictionPlan, default=None
        Whose prepared parameters predictions use.
    arena : ndarray of uint8, default=None
        Another workspace's, taken if it is large enough; the two must not be used at one time.

    Attributes
    ----------
    arena_bytes : int
        Size that the schedule needs.
    arena : ndarray of uint8
        The memory, of that size or more.
    schedule : Schedule
        What happens when, and where.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet import _kernels
    >>> from fernet.layers import Linear, PassContext
    >>> from fernet._engine.network import Network
    >>> from fernet._engine.workspace import Workspace
    >>> executable = Workspace(Network([Linear(2)], (3,)), 10).executable(4)
    >>> executable.x[...] = 1
    >>> executable.forward(PassContext(_kernels)).shape
    (4, 2)
    """

    def __init__(
        self,
        network: Network,
        batch_size: int,
        *,
        training: bool = True,
        input_gradient: bool = False,
        fused_update: bool = False,
        share_memory: bool = True,
        plan: PredictionPlan | None = None,
        arena: NDArray | None = None,
    ) -> None:
        if batch_size < 1:
            raise ValueError(f"batch_size is {batch_size}; expected 1 or more")
        self.batch_size = batch_size
        self.training = training
        self._network = network
        self._plan = plan
        self.schedule = make_schedule(
            network.graph,
            batch_size,
            network.dtype,
            training=training,
            input_gradient=input_gradient,
            fused_update=fused_update,
            kernels=network.kernels,
            share_memory=share_memory,
            prepared=plan is not None,
        )
        self.arena_bytes = self.schedule.memory.size
        if arena is None or len(arena) < self.arena_bytes:
            arena = aligned_zeros(self.arena_bytes, np.uint8)
        self.arena = arena
        self._executables: dict[int, Executable] = {}

    def executable(self, n_rows: int) -> Executable:
        """Return the passes over the first `n_rows` rows of the buffers.

        Parameters
        ----------
        n_rows : int
            1 to `batch_size`.

        Returns
        -------
        Executable
        """
        if n_rows not in self._executables:
            if not 1 <= n_rows <= self.batch_size:
                raise ValueError(f"n_rows is {n_rows}; expected 1 to {self.batch_size}")
            self._executables[n_rows] = make_executable(
                self._network, self.schedule, self.arena, n_rows, self._plan
            )
        return self._executables[n_rows]
