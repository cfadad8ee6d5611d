"""When the nodes' backward passes run, what they read, and the gradients that they write."""

from __future__ import annotations

from fernet._engine.graph import Graph, Node
from fernet._engine.plan import GradientSum, NodePlan, Segment
from fernet._engine.schedule import Schedule
from fernet.layers.traits import trait


def schedule_backward(schedule: Schedule, loss_time: int, *, input_gradient: bool) -> int:
    """Give each backward pass a time, and each gradient a value.

    Parameters
    ----------
    schedule : Schedule
        Whose forward is scheduled. Filled in: `recomputed`, `sums`, `dx`, and of each node's plan
        all that concerns its backward.
    loss_time : int
        When the loss writes the gradient to the network's output.
    input_gradient : bool
        Whether the gradient to the network's input is wanted.

    Returns
    -------
    int
        The time at which the step is over.
    """
    return _BackwardScheduler(schedule, loss_time, input_gradient).run()


def needed_gradients(graph: Graph, *, input_gradient: bool) -> list[bool]:
    """Return for each tensor whether its gradient is needed by anything that is trained.

    Parameters
    ----------
    graph : Graph
    input_gradient : bool
        Whether that of tensor 0, the input, is wanted.

    Returns
    -------
    list of bool

    Examples
    --------
    >>> from fernet._engine.backward_schedule import needed_gradients
    >>> from fernet._engine.graph import Graph
    >>> from fernet.layers import Dropout, Linear, ReLU
    >>> graph = Graph([Dropout(0.5), Linear(4), ReLU()], (3,))
    >>> needed_gradients(graph, input_gradient=False)
    [False, False, True, True]
    """
    needed = [input_gradient]
    for node in graph.nodes:
        shape_in = graph.shapes[node.inputs[0]]
        learns = node.layer.decayed_shapes(shape_in) or node.layer.undecayed_shapes(shape_in)
        needed.append(bool(learns) or any(needed[tensor] for tensor in node.inputs))
    return needed


class _BackwardScheduler:
    """Goes through the nodes in reverse and keeps track of time and of the gradients so far."""

    def __init__(self, schedule: Schedule, loss_time: int, input_gradient: bool) -> None:
        self._schedule = schedule
        self._graph = schedule.graph
        self._memory = schedule.memory
        self._time = loss_time
        self._needed = needed_gradients(schedule.graph, input_gradient=input_gradient)
        # For each tensor the value of the gradient to it, summed over the nodes seen so far.
        self._gradients: dict[int, int] = {}

    def run(self) -> int:
        schedule, output = self._schedule, len(self._graph.nodes)
        self._gradients[output] = schedule.add_tensor(output, self._time)
        schedule.nodes[-1].dy = self._gradients[output]
        for node in reversed(self._graph.nodes):
            if not self._needed[node.output]:
                continue
            segment = schedule.segment_of(node.index)
            if not segment.is_recomputed:
                self._time += 1
            elif node.index == segment.nodes[-1]:
                self._time += 1
                self._schedule_recomputation(segment)
            planned = schedule.nodes[node.index]
            planned.dy = self._gradients[node.output]
            self._schedule_node(node, planned)
        self._time += 1
        schedule.dx = self._gradients.get(0)
        if schedule.dx is not None:
            self._memory.read(schedule.dx, self._time)
        return self._time

    def _schedule_recomputation(self, segment: Segment) -> None:
        """Add values for what a segment computes again, and for its groups' partial gradients."""
        schedule, recomputed = self._schedule, self._schedule.recomputed
        for index in segment.recomputed:
            node, alias_of = self._graph.nodes[index], None
            if schedule.nodes[index].fused:
                alias_of = recomputed[node.inputs[0]]
            value = schedule.add_tensor(node.output, self._time, alias_of=alias_of)
            recomputed[node.output] = value
        if len(segment.groups(schedule.batch_size)) > 1:
            for index in segment.nodes:
                node, planned = self._graph.nodes[index], schedule.nodes[index]
                planned.partial_grads = schedule.add_gradients(node, self._time)

    def _schedule_node(self, node: Node, planned: NodePlan) -> None:
        schedule, dy = self._schedule, self._gradients[node.output]
        self._memory.read(dy, self._time)
        # The gradient to the inputs is the one to the output: of a sum, or where another node
        # does this one's work.
        is_identity = planned.passes_through or planned.fused_backward or node.layer.kind == "add"
        if not is_identity:
            planned.backward_time = self._time
            self._read_activations(node, planned)
            if schedule.fused_update and not trait(node.layer, "is_linear"):
                planned.grads = schedule.add_gradients(node, self._time)
        for tensor in node.inputs:
            dx = None
            if self._needed[tensor]:
                dx = schedule.add_tensor(
                    tensor,
                    self._time,
                    may_overwrite=[dy] if trait(node.layer, "backward_in_place") else [],
                    alias_of=dy if is_identity else None,
                )
            planned.dx.append(dx)
        for tensor, dx in zip(node.inputs, planned.dx, strict=True):
            if dx is not None:
                self._gradients[tensor] = self._add(self._gradients.get(tensor), dx, tensor)

    def _read_activations(self, node: Node, planned: NodePlan) -> None:
        """Keep what the backward reads of the forward pass until then."""
        reads = trait(node.layer, "backward_reads")
        if "x" in reads:
            for tensor in node.inputs:
                self._read_tensor(tensor)
        keeps_mask = planned.relu_before and trait(node.layer, "keeps_mask")
        if "y" in reads and not node.layer.comes_with_fernet():
            self._read_tensor(node.output)  # its values, where layers of fernet's read signs
        elif "y" in reads or keeps_mask:
            self._read_tensor(self._mask_of(node.output))
        for value in planned.scratch.values():
            self._memory.read(value, self._time)

    def _read_tensor(self, tensor: int) -> None:
        schedule = self._schedule
        value = schedule.recomputed.get(tensor, schedule.tensors[tensor])
        self._memory.read(value, self._time)

    def _mask_of(self, tensor: int) -> int:
        """Return the tensor, this one or one made from it, that is kept as a ReLU's mask.

        It may have been written over this one, and serves as well: see `Layer.keeps_mask`.
        """
        behind = self._graph.sole_consumer(tensor)
        while behind is not None and trait(behind.layer, "keeps_mask"):
            tensor = behind.output
            behind = self._graph.sole_consumer(tensor)
        return tensor

    def _add(self, sum_so_far: int | None, dx: int, tensor: int) -> int:
        """Return the value of a tensor's gradient with that from one more node added."""
        if sum_so_far is None:
            return dx
        self._time += 1
        self._memory.read(sum_so_far, self._time)
        self._memory.read(dx, self._time)
        total = self._schedule.add_tensor(tensor, self._time, may_overwrite=[sum_so_far, dx])
        self._schedule.sums.append(GradientSum(self._time, tensor, sum_so_far, dx, total))
        return total
