"""What a step through a network computes, in which order, and which arrays it needs for that."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import DTypeLike

from fernet._engine.graph import Graph, Node
from fernet._engine.memory_planner import MemoryPlanner
from fernet._engine.plan import GradientSum, NodePlan, Segment
from fernet.layers.base import Shape


@dataclass(slots=True)
class Schedule:
    """The order of all operations of a prediction or a training step, and their arrays.

    Operations happen at *times*, counted from 0: first the input is written, then come the nodes'
    forward passes, then the loss reads the output and writes its gradient, then the backward
    passes in reverse order, each followed by the sums of gradients that meet at its inputs. All
    passes through a recomputed segment, which are interleaved group by group, share one time.

    Arrays are *values*, numbered by the memory planner. `fernet._engine.scheduler` fills a
    schedule in; the two ``add`` methods are for it.

    Parameters
    ----------
    graph : Graph
        What is computed.
    batch_size : int
        Most rows of a batch.
    dtype : dtype
        Of activations and gradients.
    training : bool
        Whether there are backward passes.
    fused_update : bool
        Whether each node's gradients go to a sink as soon as they are known, instead of being
        kept in the network until the step ends.
    nodes : list of NodePlan
        One a node.
    segments : list of Segment
        In order; each node is in one.
    memory : MemoryPlanner
        Where in the arena the values are.
    tensors : list of int
        For each tensor of the graph its value; one of no bytes if the tensor is never written,
        because the layer that makes it writes the pooled one instead.
    recomputed : dict of int to int
        For tensors that the backward pass computes again, the value it writes them to.
    sums : list of GradientSum
        Where two gradients to one tensor meet.
    dx : int or None
        Value of the gradient to the network's input, if wanted.
    prepared : bool
        Whether the parameters come ready from a `fernet._engine.prediction_plan.PredictionPlan`;
        else batch normalisations are folded into them anew in each prediction.

    Examples
    --------
    >>> from fernet._engine.graph import Graph
    >>> from fernet._engine.scheduler import make_schedule
    >>> from fernet.layers import Linear, ReLU
    >>> graph = Graph([Linear(4), ReLU(), Linear(2)], (3,))
    >>> schedule = make_schedule(graph, 10, "float32", training=True)
    >>> [node.forward_time for node in schedule.nodes]
    [1, None, 3]
    >>> [node.backward_time for node in schedule.nodes]
    [7, 6, 5]
    """

    graph: Graph
    batch_size: int
    dtype: np.dtype
    training: bool
    fused_update: bool
    nodes: list[NodePlan]
    segments: list[Segment]
    memory: MemoryPlanner
    tensors: list[int] = field(default_factory=list)
    recomputed: dict[int, int] = field(default_factory=dict)
    sums: list[GradientSum] = field(default_factory=list)
    dx: int | None = None
    prepared: bool = False

    def segment_of(self, index: int) -> Segment:
        """Return the segment that node `index` is in."""
        return next(segment for segment in self.segments if index in segment.nodes)

    def keeps_all_rows(self, tensor: int) -> bool:
        """Return whether a tensor has memory for the whole batch, not for one group of rows."""
        return not any(tensor in segment.inner_tensors for segment in self.segments)

    def parameter_shapes(self, node: Node) -> dict[str, Shape]:
        """Return names and shapes of all of a node's parameters."""
        shape_in = self.graph.shapes[node.inputs[0]]
        return node.layer.decayed_shapes(shape_in) | node.layer.undecayed_shapes(shape_in)

    def add_tensor(
        self,
        tensor: int,
        time: int,
        *,
        may_overwrite: Sequence[int] = (),
        alias_of: int | None = None,
    ) -> int:
        """Add a value that holds a tensor, or its gradient, from a time on.

        Parameters
        ----------
        tensor : int
            Of the graph.
        time : int
            When it is written.
        may_overwrite : sequence of int, default=()
            Values whose memory it may take, if they are not read later.
        alias_of : int, default=None
            The value that already holds it.

        Returns
        -------
        int
        """
        if alias_of is not None:
            return self.memory.add(self.memory.n_bytes(alias_of), time, alias_of=alias_of)
        rows = self.batch_size
        if not self.keeps_all_rows(tensor):
            rows = self.segment_of(tensor - 1).group_size
        n_bytes = rows * math.prod(self.graph.shapes[tensor]) * self.dtype.itemsize
        return self.memory.add(n_bytes, time, may_overwrite=may_overwrite)

    def add_array(self, shape: Shape, time: int, dtype: DTypeLike | None = None) -> int:
        """Add a value of a shape of its own, by default of the schedule's dtype."""
        itemsize = (self.dtype if dtype is None else np.dtype(dtype)).itemsize
        return self.memory.add(math.prod(shape) * itemsize, time)

    def add_gradients(self, node: Node, time: int) -> dict[str, int]:
        """Add values for the gradients of a node's parameters."""
        shapes = self.parameter_shapes(node)
        return {name: self.add_array(shape, time) for name, shape in shapes.items()}
