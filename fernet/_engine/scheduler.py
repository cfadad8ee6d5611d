"""From a graph and a batch size to a schedule: fusion, segments, forward, backward, memory."""

from __future__ import annotations

import numpy as np
from numpy.typing import DTypeLike

from fernet import _kernels
from fernet._engine.backward_schedule import schedule_backward
from fernet._engine.forward_schedule import schedule_forward
from fernet._engine.fusion import fuse
from fernet._engine.graph import Graph
from fernet._engine.memory_planner import MemoryPlanner
from fernet._engine.schedule import Schedule
from fernet._engine.segments import find_segments
from fernet._kernels.protocol import Kernels


def make_schedule(
    graph: Graph,
    batch_size: int,
    dtype: DTypeLike,
    *,
    training: bool,
    input_gradient: bool = False,
    fused_update: bool = False,
    kernels: Kernels = _kernels,
    share_memory: bool = True,
    prepared: bool = False,
) -> Schedule:
    """Plan a prediction or a training step.

    Parameters
    ----------
    graph : Graph
        What is computed.
    batch_size : int
        Rows to plan for; fewer fit as well.
    dtype : dtype
        Of all activations and gradients.
    training : bool
        Whether there are backward passes.
    input_gradient : bool, default=False
        Whether the gradient to the input is wanted.
    fused_update : bool, default=False
        Whether each node's gradients go to a sink as soon as they are known, instead of being
        kept until the step ends.
    kernels : module, default=fernet._kernels
        Which compute, and know what they can fuse.
    share_memory : bool, default=True
        False plans memory of its own for everything, to compare with.
    prepared : bool, default=False
        Whether the parameters come ready from a `fernet._engine.prediction_plan.PredictionPlan`.

    Returns
    -------
    Schedule

    Examples
    --------
    >>> from fernet._engine.graph import Graph
    >>> from fernet._engine.scheduler import make_schedule
    >>> from fernet.layers import Linear, ReLU
    >>> graph = Graph([Linear(16), ReLU()] * 8, (16,))
    >>> make_schedule(graph, 10, "float32", training=False).memory.size   # two arrays of 10 x 16
    1280
    """
    dtype = np.dtype(dtype)
    plans = fuse(graph, training=training, kernels=kernels)
    schedule = Schedule(
        graph=graph,
        batch_size=batch_size,
        dtype=dtype,
        training=training,
        fused_update=fused_update,
        nodes=plans,
        segments=find_segments(graph, plans, batch_size, dtype.itemsize),
        memory=MemoryPlanner(share_memory),
        prepared=prepared,
    )
    schedule_forward(schedule)
    # The loss reads the output, and who called for the step may do so until it is over.
    end = loss_time = len(graph.nodes) + 1
    if training:
        end = schedule_backward(schedule, loss_time, input_gradient=input_gradient)
    schedule.memory.read(schedule.tensors[-1], end)
    schedule.memory.place()
    return schedule
