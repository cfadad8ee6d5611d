"""Which parts of a network take a batch a few rows at a time, and recompute what they do not keep.

What two convolutions pass to each other is often a network's largest tensor, and cheap to compute
again. So it is kept for a few rows at a time only, while these are in the cache, and is computed
once more in the backward pass: less memory, and less waiting for memory than the additional
arithmetic costs. Gradient checkpointing (Chen et al., "Training deep nets with sublinear memory
cost", 2016) does so for whole batches.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from fernet._engine.graph import Graph, Node
from fernet._engine.plan import NodePlan, Segment
from fernet.layers.base import Shape

MOST_TERMS = 9 * 64
"""A convolution is cheap enough to be recomputed if each output is a sum of at most so many
products: a 3x3 kernel over 64 channels."""

GROUP_PIXELS = 10 * 48 * 48
"""Pixels of a group's images, about. Fewer leave the threads too little work and the weights'
gradients too many partial sums, more do not stay in the cache. It does not depend on the batch
size, so neither do a row's results."""

LEAST_BYTES, MOST_BYTES = 2 << 20, 8 << 20
"""Of the tensors in between, for a group's rows. A smaller one stays in the cache anyway."""


def find_segments(
    graph: Graph, plans: Sequence[NodePlan], batch_size: int, itemsize: int
) -> list[Segment]:
    """Cut a graph into segments, and choose those that are worth recomputing.

    Chosen are two convolutions with a ReLU in between, the first of them cheap, if the tensor
    between them is large. A pooling that the second does as it writes belongs to them.

    Parameters
    ----------
    graph : Graph
    plans : sequence of NodePlan
        Who does whose work.
    batch_size : int
        Rows to plan for; with few, the tensor in between is not large.
    itemsize : int
        Bytes of an element.

    Returns
    -------
    list of Segment
        In order; each node is in one.

    Examples
    --------
    >>> from fernet._engine.fusion import fuse
    >>> from fernet._engine.graph import Graph
    >>> from fernet._engine.segments import find_segments
    >>> from fernet.layers import Conv2D, ReLU
    >>> graph = Graph([Conv2D(32), ReLU(), Conv2D(32), ReLU()], (48, 48, 1))
    >>> for segment in find_segments(graph, fuse(graph, training=True), 100, itemsize=4):
    ...     print(segment)
    Segment(nodes=range(0, 3), recomputed=range(0, 2), group_size=10)
    Segment(nodes=range(3, 4), recomputed=range(0, 0), group_size=100)
    """
    recomputed: list[Segment] = []
    for index, node in enumerate(graph.nodes):
        second = _next_convolution(graph, plans, node)
        is_taken = bool(recomputed) and index in recomputed[-1].nodes
        if is_taken or second is None:
            continue
        pool = plans[second].pool
        nodes = range(index, 1 + (second if pool is None else pool))
        rows = min(batch_size, _group_size(graph, nodes, itemsize))
        in_between = rows * math.prod(graph.shapes[node.output]) * itemsize
        if in_between >= LEAST_BYTES:
            recomputed.append(Segment(nodes, range(index, second), rows))
    return fill_gaps(recomputed, len(graph.nodes), batch_size)


def fill_gaps(recomputed: Sequence[Segment], n_nodes: int, batch_size: int) -> list[Segment]:
    """Put the other nodes, which take all rows at once, into segments too.

    Parameters
    ----------
    recomputed : sequence of Segment
        In order.
    n_nodes, batch_size : int
        The graph's, and the batch's.

    Returns
    -------
    list of Segment
        The given ones and those between them; each node is in one.

    Examples
    --------
    >>> from fernet._engine.plan import Segment
    >>> from fernet._engine.segments import fill_gaps
    >>> segments = fill_gaps([Segment(range(1, 4), range(1, 3), 10)], 5, 100)
    >>> [(segment.nodes, segment.group_size) for segment in segments]
    [(range(0, 1), 100), (range(1, 4), 10), (range(4, 5), 100)]
    """
    segments: list[Segment] = []
    done = 0
    for segment in recomputed:
        segments += [Segment(range(done, segment.nodes.start), range(0), batch_size), segment]
        done = segment.nodes.stop
    segments.append(Segment(range(done, n_nodes), range(0), batch_size))
    return [segment for segment in segments if segment.nodes]


def _next_convolution(graph: Graph, plans: Sequence[NodePlan], node: Node) -> int | None:
    """Return the convolution that reads a cheap, rectified one alone; None if there is none."""
    planned, relu = plans[node.index], graph.sole_consumer(node.output)
    if not (_is_plain(node, planned) and planned.relu and planned.pool is None):
        return None
    if _n_terms(node, graph.shapes[node.inputs[0]]) > MOST_TERMS or relu is None:
        return None
    behind = graph.sole_consumer(relu.output)
    if not plans[relu.index].fused or behind is None:
        return None
    return behind.index if _is_plain(behind, plans[behind.index]) else None


def _is_plain(node: Node, planned: NodePlan) -> bool:
    return node.layer.kind == "conv2d" and planned.norm is None


def _n_terms(node: Node, input_shape: Shape) -> int:
    return math.prod(node.layer.decayed_shapes(input_shape)["weight"][:-1])


def _group_size(graph: Graph, nodes: range, itemsize: int) -> int:
    shapes = [graph.shapes[index + 1] for index in nodes[:-1]]
    largest = max(math.prod(shape) for shape in shapes) * itemsize
    n_pixels = math.prod(shapes[0][:2])
    return max(1, min(-(-GROUP_PIXELS // n_pixels), MOST_BYTES // largest))
