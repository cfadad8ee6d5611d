"""Computing with a network: the memory that its passes need, and predictions."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fernet._engine.network import Network
from fernet._engine.prediction_plan import PredictionPlan
from fernet._engine.workspace import Workspace
from fernet.layers.base import PassContext

PREDICTION_BATCH = 256
"""Most rows of a prediction batch: enough to fill the cores."""

PREDICTION_BYTES = 80 << 20
"""Most memory of a prediction's input and output of one layer, if more than one row needs it."""


class _Prepared(NamedTuple):
    """A plan, and each thread's workspaces that use it."""

    plan: PredictionPlan
    own: threading.local


class Session:
    """Keeps, from call to call, what computing with one network needs besides the network.

    A network is layers and parameters alone, so that it can be copied, saved and sent to other
    processes. What is needed only while it computes is made here, at first use, and is never
    saved: the buffers, and the plan that prepares the network for many predictions. Several
    threads may use one session at once; each has buffers of its own, and all share the plan.

    Parameters
    ----------
    network : Network
        Its parameters may change between calls.
    keeps_plan : bool, default=False
        Whether predictions prepare the weights once, see
        `fernet._engine.prediction_plan.PredictionPlan`, for as long as they stay what they are.
        Then they change only where ``network.is_shared`` says so, or a new session is made. Else
        they are read anew in every pass.

    Attributes
    ----------
    network : Network
        As given.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet.layers import Linear, ReLU
    >>> from fernet._engine.network import Network
    >>> from fernet._engine.session import Session
    >>> session = Session(Network([Linear(32), ReLU(), Linear(7)], (2304,)))
    >>> session.predict(np.zeros((3, 2304), dtype=np.float32)).shape
    (3, 7)
    """

    def __init__(self, network: Network, *, keeps_plan: bool = False) -> None:
        self.network = network
        self._keeps_plan = keeps_plan
        self._lock = threading.Lock()
        self._own = threading.local()
        self._prepared: _Prepared | None = None

    def workspace(
        self, batch_size: int, *, training: bool = True, fused_update: bool = False
    ) -> Workspace:
        """Return the buffers for batches of up to `batch_size` rows, planned at first use.

        All workspaces that a thread gets from a session share their memory, so that evaluations
        during a training need no more: what a pass leaves there is gone once another is used.

        Parameters
        ----------
        batch_size : int
            1 or more.
        training : bool, default=True
            Whether gradients are to be computed.
        fused_update : bool, default=False
            Whether they are handed over as soon as they are known, see
            `fernet._engine.workspace.Workspace`, instead of being kept in ``network.grads``.

        Returns
        -------
        Workspace
        """
        return self._planned(self._own, batch_size, training, fused_update)

    def _planned(
        self,
        own: threading.local,
        batch_size: int,
        training: bool,
        fused_update: bool = False,
        plan: PredictionPlan | None = None,
    ) -> Workspace:
        workspaces = own.__dict__
        key = f"{batch_size} {training} {fused_update}"
        if key not in workspaces:
            arena = max((w.arena for w in workspaces.values()), key=len, default=None)
            workspaces[key] = Workspace(
                self.network,
                batch_size,
                training=training,
                fused_update=fused_update,
                plan=plan,
                arena=arena,
            )
        return workspaces[key]

    def _prediction_workspace(self, batch_size: int) -> Workspace:
        """Return the thread's buffers for predictions, on a plan of the weights as they are."""
        if not self._keeps_plan:
            return self.workspace(batch_size, training=False)
        prepared = self._prepared
        if prepared is None or not prepared.plan.is_current():
            with self._lock:
                if self._prepared is prepared or self._prepared is None:
                    self._prepared = _Prepared(PredictionPlan(self.network), threading.local())
                prepared = self._prepared
        return self._planned(prepared.own, batch_size, False, plan=prepared.plan)

    @cached_property
    def prediction_batch(self) -> int:
        """Rows to predict at a time: a power of two, fewer for large images."""
        network = self.network
        sizes = [math.prod(shape) * network.dtype.itemsize for shape in network.shapes]
        row = max(sizes[node.inputs[0]] + sizes[node.output] for node in network.nodes)
        rows = PREDICTION_BATCH
        while rows > 1 and rows * row > PREDICTION_BYTES:
            rows //= 2
        return rows

    def predict(self, x: NDArray) -> NDArray:
        """Compute the outputs for rows already in the network's dtype.

        Parameters
        ----------
        x : ndarray of shape (n_samples, *input_shape)
            Input rows.

        Returns
        -------
        ndarray of shape (n_samples, *output_shape)
        """

        def fill(start: int, stop: int, out: NDArray) -> None:
            out[...] = x[start:stop]

        return self.predict_batches(len(x), fill)

    def predict_batches(self, n_rows: int, fill: Callable[[int, int, NDArray], None]) -> NDArray:
        """Compute the outputs for rows that come a batch at a time.

        Parameters
        ----------
        n_rows : int
            How many rows there are.
        fill : callable
            ``fill(start, stop, out)`` writes rows `start` to `stop` into `out`, an array of
            shape (stop - start, *input_shape).

        Returns
        -------
        ndarray of shape (n_rows, *output_shape)
            A row's output does not depend on the other rows.
        """
        network = self.network
        out = np.empty((n_rows, *network.output_shape), dtype=network.dtype)
        # A power of two, so that many small calls share few workspaces.
        size = min(self.prediction_batch, 1 << max(n_rows - 1, 0).bit_length())
        workspace, pass_ctx = self._prediction_workspace(size), PassContext(network.kernels)
        for start in range(0, n_rows, size):
            stop = min(start + size, n_rows)
            executable = workspace.executable(stop - start)
            fill(start, stop, executable.x)
            out[start:stop] = executable.forward(pass_ctx)
        return out

    def release(self) -> None:
        """Give up buffers, plan and the network's gradients; they come back on demand."""
        self.network.release_gradients()
        with self._lock:
            self._own = threading.local()
            self._prepared = None
