"""When the nodes' forward passes run, and the arrays that they write."""

from __future__ import annotations

from fernet._engine.graph import Node
from fernet._engine.plan import NodePlan
from fernet._engine.schedule import Schedule
from fernet.layers.traits import trait


def schedule_forward(schedule: Schedule) -> None:
    """Give each node that computes something a time, and each tensor a value.

    Parameters
    ----------
    schedule : Schedule
        Its nodes are fused and in segments. Filled in: `tensors`, and of each node's plan the
        forward time, the scratch and the folded parameters.
    """
    schedule.tensors.append(schedule.add_tensor(0, time=0))
    for index, node in enumerate(schedule.graph.nodes):
        segment = schedule.segment_of(index)
        time = segment.nodes.stop if segment.is_recomputed else index + 1
        _schedule_node(schedule, node, time)


def _schedule_node(schedule: Schedule, node: Node, time: int) -> None:
    planned, tensors = schedule.nodes[node.index], schedule.tensors
    if planned.pool is not None:
        # Its forward runs at the pooling's time and writes the pooling's output.
        tensors.append(schedule.memory.add(0, time))
        return
    # The node whose inputs are read: for a pooling done by a convolution, the convolution.
    reader = node
    if planned.convolved_by is not None:
        reader = schedule.graph.nodes[planned.convolved_by]
    inputs = [tensors[tensor] for tensor in reader.inputs]
    for value in inputs:
        schedule.memory.read(value, time)
    if planned.passes_through or planned.fused:
        tensors.append(schedule.add_tensor(node.output, time, alias_of=inputs[0]))
        return
    may_overwrite = inputs if trait(node.layer, "in_place") else ()
    tensors.append(schedule.add_tensor(node.output, time, may_overwrite=may_overwrite))
    schedule.nodes[reader.index].forward_time = time
    for index in sorted({node.index, reader.index}):
        each = schedule.graph.nodes[index]
        _add_scratch(schedule, each, schedule.nodes[index], time)
        _add_folded(schedule, each, schedule.nodes[index], time)


def _add_scratch(schedule: Schedule, node: Node, planned: NodePlan, time: int) -> None:
    """Add values for what the forward keeps for the backward, one part a group of rows."""
    if not schedule.training:
        return
    segment = schedule.segment_of(node.index)
    n_groups = len(segment.groups(schedule.batch_size))
    shape_in = schedule.graph.shapes[node.inputs[0]]
    shapes = node.layer.scratch_shapes(segment.group_size, shape_in)
    for name, (shape, dtype) in shapes.items():
        planned.scratch[name] = schedule.add_array((n_groups, *shape), time, dtype)


def _add_folded(schedule: Schedule, node: Node, planned: NodePlan, time: int) -> None:
    """Add values for the weight and bias that a normalisation is folded into."""
    if planned.norm is None or schedule.prepared:
        return
    weight = schedule.parameter_shapes(node)["weight"]
    planned.folded["weight"] = schedule.add_array(weight, time)
    planned.folded["bias"] = schedule.add_array(weight[-1:], time)
