"""What a step through a graph computes, moment by moment, and where in memory it puts it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from types import ModuleType

import numpy as np
from numpy.typing import DTypeLike

from fernet import _kernels
from fernet._engine.folding import is_foldable
from fernet._engine.graph import Graph, Node
from fernet._engine.memory_plan import MemoryPlan
from fernet._engine.node_plan import NodePlan
from fernet._engine.segments import Stretch, all_parts, find_stretches
from fernet.layers.base import Shape


class StepPlan:
    """The order of a prediction's or a training step's operations, and the memory of each value.

    Moments count from 0: the input is written, then the nodes' forward passes in order, then
    the loss reads the output and writes its gradient, then the backward passes in reverse, each
    followed by the sums of gradients that meet. A stretch, which goes through its nodes group by
    group, is one moment.

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
        Whether each node's gradients are handed over as soon as they are known, and gone then.
    kernels : module, default=fernet._kernels
        Which compute, and know what they can fuse.
    share_memory : bool, default=True
        False plans memory of its own for everything, to compare with.

    Attributes
    ----------
    nodes : list of NodePlan
    training, fused_update : bool
        As given.
    stretches : list of Stretch
        Nodes that run a few rows at a time.
    parts : list of Stretch
        These, and what is between them.
    rows : dict of int to int
        For tensors within a stretch the rows that there is memory for.
    tensors : list of int
        For each tensor of the graph its value's number; one of no bytes for a tensor that is
        never written, because what makes it pools it at once.
    again : dict of int to int
        For tensors within a stretch the value that the backward pass computes anew.
    sums : list of tuple (moment, tensor, first, second, sum)
        Where two gradients to one tensor meet; the last three are values.
    memory : MemoryPlan
        Where the values are.
    dx : int or None
        Value of the gradient to the input.

    Examples
    --------
    >>> from fernet._engine.graph import Graph
    >>> from fernet.layers import Linear, ReLU
    >>> from fernet._engine.step_plan import StepPlan
    >>> plan = StepPlan(Graph([Linear(4), ReLU()], (3,)), 10, "float32", training=False)
    >>> plan.nodes[0].relu, plan.nodes[1].fused
    (True, True)
    """

    def __init__(
        self,
        graph: Graph,
        batch_size: int,
        dtype: DTypeLike,
        *,
        training: bool,
        input_gradient: bool = False,
        fused_update: bool = False,
        kernels: ModuleType = _kernels,
        share_memory: bool = True,
    ) -> None:
        self._graph = graph
        self._n = batch_size
        self._itemsize = np.dtype(dtype).itemsize
        self.training = training
        self.fused_update = fused_update
        self.memory = MemoryPlan(share_memory)
        self.nodes = [NodePlan() for _ in graph.nodes]
        self.sums: list[tuple[int, int, int, int, int]] = []
        self.dx: int | None = None
        if not training:
            self._fold_norms()
        self._fuse_forward()
        self._fuse_pools(kernels)
        self.stretches = find_stretches(graph, self.nodes, batch_size, self._itemsize)
        self._stretch_of = {index: stretch for stretch in self.stretches for index in stretch.nodes}
        self.parts = all_parts(self.stretches, len(graph.nodes), batch_size)
        self.rows = {t: stretch.rows for stretch in self.stretches for t in stretch.inner_tensors}
        self.again: dict[int, int] = {}
        self.tensors = [self._make(0, moment=0)]
        for index, node in enumerate(graph.nodes):
            stretch = self._stretch_of.get(index)
            moment = index + 1 if stretch is None else stretch.nodes.stop
            self._plan_forward(node, self.nodes[index], moment)
        self._moment = len(graph.nodes) + 1
        self.memory.read(self.tensors[-1], self._moment)
        if training:
            self._plan_backward(input_gradient)
            self.memory.read(self.tensors[-1], self._moment)
        self.memory.place()

    def _make(
        self, tensor: int, moment: int, over: Sequence[int] = (), view_of: int | None = None
    ) -> int:
        if view_of is not None:
            return self.memory.make(self.memory.n_bytes(view_of), moment, view_of=view_of)
        rows = self.rows.get(tensor, self._n)
        n_bytes = rows * math.prod(self._graph.shapes[tensor]) * self._itemsize
        return self.memory.make(n_bytes, moment, over=over)

    def _make_shape(self, shape: Shape, moment: int, dtype: DTypeLike | None = None) -> int:
        itemsize = self._itemsize if dtype is None else np.dtype(dtype).itemsize
        return self.memory.make(math.prod(shape) * itemsize, moment)

    def _passes_through(self, node: Node) -> bool:
        planned = self.nodes[node.output - 1]
        return planned.folded_away or node.layer.passes_through(self.training)

    def _fold_norms(self) -> None:
        for node, planned in zip(self._graph.nodes, self.nodes, strict=True):
            behind = self._graph.sole_consumer(node.output)
            if behind is not None and is_foldable(node.layer, behind.layer):
                planned.norm = behind.output - 1
                self.nodes[planned.norm].folded_away = True

    def _fuse_forward(self) -> None:
        """Let layers rectify as they write where a ReLU alone reads what they wrote."""
        for node, planned in zip(self._graph.nodes, self.nodes, strict=True):
            if node.layer.kind != "relu":
                continue
            tensor = node.inputs[0]
            writer = self._graph.producer(tensor)
            while self._graph.sole_consumer(tensor) and writer and self._passes_through(writer):
                tensor = writer.inputs[0]
                writer = self._graph.producer(tensor)
            if writer is None or self._graph.sole_consumer(tensor) is None:
                continue
            if writer.layer.fuses_relu:
                self.nodes[writer.output - 1].relu = planned.fused = True
                planned.fused_backward = writer.layer.fuses_relu_backward

    def _fuse_pools(self, kernels: ModuleType) -> None:
        """Let layers pool as they write where a pooling alone reads what they, rectified, wrote."""
        for node, planned in zip(self._graph.nodes, self.nodes, strict=True):
            tensor = node.output
            while (behind := self._graph.sole_consumer(tensor)) is not None:
                between = self.nodes[behind.output - 1]
                if not (between.fused or between.folded_away):
                    break
                tensor = behind.output
            shape_in = self._graph.shapes[node.inputs[0]]
            if behind is not None and node.layer.pools(behind.layer, shape_in, kernels):
                planned.pool = behind.output - 1
                self.nodes[planned.pool].convolved_by = node.output - 1

    def _plan_forward(self, node: Node, planned: NodePlan, moment: int) -> None:
        if planned.pool is not None:
            # It runs when its pooling is due, and writes that one's output.
            self.tensors.append(self.memory.make(0, moment))
            return
        fused = planned.convolved_by
        source = node if fused is None else self._graph.nodes[fused]
        inputs = [self.tensors[tensor] for tensor in source.inputs]
        for value in inputs:
            self.memory.read(value, moment)
        if self._passes_through(node) or planned.fused:
            self.tensors.append(self._make(node.output, moment, view_of=inputs[0]))
            return
        over = inputs if node.layer.in_place else ()
        self.tensors.append(self._make(node.output, moment, over))
        self.nodes[source.output - 1].forward = moment
        for each in sorted({node.output, source.output}):
            self._plan_extras(self._graph.nodes[each - 1], self.nodes[each - 1], moment)

    def _plan_extras(self, node: Node, planned: NodePlan, moment: int) -> None:
        """Plan what a forward keeps for the backward, and the folded weights it needs."""
        shape_in = self._graph.shapes[node.inputs[0]]
        if self.training:
            stretch = self._stretch_of.get(node.output - 1)
            rows, n_groups = self._n, 1
            if stretch is not None:
                rows, n_groups = stretch.rows, len(stretch.groups(self._n))
            for name, (shape, dtype) in node.layer.scratch_shapes(rows, shape_in).items():
                planned.scratch[name] = self._make_shape((n_groups, *shape), moment, dtype)
        if planned.norm is not None:
            weight = node.layer.decayed_shapes(shape_in)["weight"]
            planned.folded["weight"] = self._make_shape(weight, moment)
            planned.folded["bias"] = self._make_shape(weight[-1:], moment)

    def _plan_backward(self, input_gradient: bool) -> None:
        graph = self._graph
        wanted = [input_gradient]
        for node in graph.nodes:
            learns = bool(self._parameter_shapes(node))
            wanted.append(learns or any(wanted[tensor] for tensor in node.inputs))
        gradients: dict[int, int] = {len(graph.nodes): self._make(len(graph.nodes), self._moment)}
        self.nodes[-1].dy = gradients[len(graph.nodes)]
        for node, planned in reversed(list(zip(graph.nodes, self.nodes, strict=True))):
            stretch = self._stretch_of.get(node.output - 1)
            if wanted[node.output]:
                if stretch is None or node.output == stretch.nodes.stop:
                    self._moment += 1
                    self._plan_again(stretch)
                planned.dy = gradients[node.output]
                self._plan_node_backward(node, planned, wanted, gradients)
        self._moment += 1
        self.dx = gradients.get(0)
        if self.dx is not None:
            self.memory.read(self.dx, self._moment)

    def _plan_again(self, stretch: Stretch | None) -> None:
        """Plan what a stretch computes anew, and the shares of gradients that it adds up."""
        if stretch is None:
            return
        for index in stretch.again:
            node, planned = self._graph.nodes[index], self.nodes[index]
            view_of = self.again[node.inputs[0]] if planned.fused else None
            self.again[node.output] = self._make(node.output, self._moment, view_of=view_of)
        if len(stretch.groups(self._n)) > 1:
            for index in stretch.nodes:
                self.nodes[index].shares = self._make_gradients(self._graph.nodes[index])

    def _parameter_shapes(self, node: Node) -> dict[str, Shape]:
        shape_in = self._graph.shapes[node.inputs[0]]
        return node.layer.decayed_shapes(shape_in) | node.layer.undecayed_shapes(shape_in)

    def _make_gradients(self, node: Node) -> dict[str, int]:
        shapes = self._parameter_shapes(node)
        return {name: self._make_shape(shape, self._moment) for name, shape in shapes.items()}

    def _plan_node_backward(
        self, node: Node, planned: NodePlan, wanted: Sequence[bool], gradients: dict[int, int]
    ) -> None:
        dy, moment = gradients[node.output], self._moment
        self.memory.read(dy, moment)
        self._mask_in_backward(node, planned)
        is_handed_on = self._passes_through(node) or planned.fused_backward or len(node.inputs) > 1
        if not is_handed_on:
            planned.backward = moment
            self._read_activations(node, planned, moment)
            if self.fused_update and not node.layer.is_linear:
                planned.grads = self._make_gradients(node)
        over = [dy] if node.layer.backward_in_place else []
        for tensor in node.inputs:
            share = None
            if wanted[tensor]:
                share = self._make(tensor, moment, over=over, view_of=dy if is_handed_on else None)
            planned.dx.append(share)
        for tensor, share in zip(node.inputs, planned.dx, strict=True):
            if share is None:
                continue
            gradients[tensor] = self._add(gradients.get(tensor), share, tensor)

    def _mask_in_backward(self, node: Node, planned: NodePlan) -> None:
        """Let a layer apply the mask of the ReLU before it, unless another one does."""
        before = self._graph.producer(node.inputs[0])
        if not node.layer.masks_relu or before is None or before.layer.kind != "relu":
            return
        relu = self.nodes[before.output - 1]
        if self._graph.sole_consumer(before.output) and not relu.fused_backward:
            planned.relu_before = relu.fused_backward = True

    def _read_activations(self, node: Node, planned: NodePlan, moment: int) -> None:
        if "x" in node.layer.backward_reads:
            for tensor in node.inputs:
                self.memory.read(self.again.get(tensor, self.tensors[tensor]), moment)
        if "y" in node.layer.backward_reads:
            mask = self._mask_of(node.output)
            self.memory.read(self.again.get(mask, self.tensors[mask]), moment)
        for value in planned.scratch.values():
            self.memory.read(value, moment)

    def _mask_of(self, tensor: int) -> int:
        """Find the last tensor, written over this one perhaps, that is as good for a mask."""
        behind = self._graph.sole_consumer(tensor)
        while behind is not None and behind.layer.keeps_mask:
            tensor = behind.output
            behind = self._graph.sole_consumer(tensor)
        return tensor

    def _add(self, old: int | None, share: int, tensor: int) -> int:
        if old is None:
            return share
        self._moment += 1
        self.memory.read(old, self._moment)
        self.memory.read(share, self._moment)
        total = self._make(tensor, self._moment, over=[old, share])
        self.sums.append((self._moment, tensor, old, share, total))
        return total
