"""Stretches of a graph that run a few rows at a time and keep nothing of what is between them.

What two convolutions pass to each other is often a network's largest tensor, and cheap to compute
again. A stretch keeps it for a few rows at a time only, while it is in the cache, and computes it
anew in the backward pass: less memory, and less waiting for memory than the computation costs.
Chen et al., "Training deep nets with sublinear memory cost", 2016, do so for whole batches.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from fernet._engine.graph import Graph, Node
from fernet._engine.node_plan import NodePlan
from fernet.layers.base import Shape

MOST_TERMS = 9 * 64
"""Terms of a sum, for each output of a convolution, that are cheap enough to be added again."""

GROUP_PIXELS = 10 * 48 * 48
"""Pixels of a group's images: fewer leave the threads too little work and the gradient to the
weights too many partial sums, more leave the caches. It does not depend on the batch, so neither
do the bits of a row."""

LEAST_BYTES, MOST_BYTES = 2 << 20, 8 << 20
"""Of what a group's rows pass on; less is not worth it."""


@dataclass(frozen=True, slots=True)
class Group:
    """Rows that go through a stretch together.

    Parameters
    ----------
    number : int
        Counted from 0.
    start, stop : int
        The batch's rows.

    Examples
    --------
    >>> from fernet._engine.segments import Group
    >>> len(Group(1, 10, 14))
    4
    """

    number: int
    start: int
    stop: int

    def __len__(self) -> int:
        return self.stop - self.start


@dataclass(frozen=True, slots=True)
class Stretch:
    """Nodes in a row; of what passes between them there is memory for a group of rows.

    Small images make one group; then nothing but the memory tells that it is a stretch.

    Parameters
    ----------
    nodes : range
        Their numbers.
    again : range
        Those that the backward pass runs again first.
    rows : int
        Of a group.

    Examples
    --------
    >>> from fernet._engine.segments import Stretch
    >>> [(group.start, group.stop) for group in Stretch(range(0, 3), range(0, 1), 10).groups(24)]
    [(0, 10), (10, 20), (20, 24)]
    """

    nodes: range
    again: range
    rows: int

    def groups(self, n_rows: int) -> list[Group]:
        """Cut a batch's rows into groups."""
        starts = range(0, n_rows, self.rows)
        return [Group(i, start, min(start + self.rows, n_rows)) for i, start in enumerate(starts)]

    @property
    def inner_tensors(self) -> range:
        """Tensors that its nodes pass to each other."""
        return range(self.nodes.start + 1, self.nodes.stop)


def find_stretches(
    graph: Graph, plans: Sequence[NodePlan], batch_size: int, itemsize: int
) -> list[Stretch]:
    """Find pairs of convolutions, the first of them cheap, its outputs rectified in between.

    A pooling that the second does as it writes belongs to the stretch.

    Parameters
    ----------
    graph : Graph
    plans : sequence of NodePlan
        What the nodes fuse.
    batch_size : int
        Of few rows, what a stretch passes on is too little to be worth it.
    itemsize : int
        Bytes of an element.

    Returns
    -------
    list of Stretch
        In order; no node is in two.

    Examples
    --------
    >>> from fernet._engine.graph import Graph
    >>> from fernet.layers import Conv2D, ReLU
    >>> from fernet._engine.step_plan import StepPlan
    >>> graph = Graph([Conv2D(32), ReLU(), Conv2D(32)], (48, 48, 1))
    >>> StepPlan(graph, 100, "float32", training=True).stretches
    [Stretch(nodes=range(0, 3), again=range(0, 2), rows=10)]
    """
    stretches: list[Stretch] = []
    done = 0
    for index, node in enumerate(graph.nodes):
        second = _next_convolution(graph, plans, node)
        if index < done or second is None:
            continue
        pool = plans[second].pool
        nodes = range(index, 1 + (second if pool is None else pool))
        rows = min(batch_size, _rows(graph, nodes, itemsize))
        passed_on = rows * math.prod(graph.shapes[node.output]) * itemsize
        if passed_on >= LEAST_BYTES:
            stretches.append(Stretch(nodes, range(index, second), rows))
            done = nodes.stop
    return stretches


def all_parts(stretches: Sequence[Stretch], n_nodes: int, batch_size: int) -> list[Stretch]:
    """Return the stretches, and between them the other nodes, which take all rows at once.

    Parameters
    ----------
    stretches : sequence of Stretch
        In order.
    n_nodes, batch_size : int
        The graph's, and the batch's.

    Returns
    -------
    list of Stretch
        Each node is in one.

    Examples
    --------
    >>> from fernet._engine.segments import Stretch, all_parts
    >>> parts = all_parts([Stretch(range(1, 4), range(1, 3), 10)], 5, 100)
    >>> [(part.nodes, part.rows) for part in parts]
    [(range(0, 1), 100), (range(1, 4), 10), (range(4, 5), 100)]
    """
    parts: list[Stretch] = []
    done = 0
    for stretch in stretches:
        parts += [Stretch(range(done, stretch.nodes.start), range(0), batch_size), stretch]
        done = stretch.nodes.stop
    parts.append(Stretch(range(done, n_nodes), range(0), batch_size))
    return [part for part in parts if part.nodes]


def _next_convolution(graph: Graph, plans: Sequence[NodePlan], node: Node) -> int | None:
    planned, relu = plans[node.output - 1], graph.sole_consumer(node.output)
    if not (_is_plain(node, planned) and planned.relu and planned.pool is None):
        return None
    if _n_terms(node, graph.shapes[node.inputs[0]]) > MOST_TERMS or relu is None:
        return None
    behind = graph.sole_consumer(relu.output)
    if not plans[relu.output - 1].fused or behind is None:
        return None
    return behind.output - 1 if _is_plain(behind, plans[behind.output - 1]) else None


def _is_plain(node: Node, planned: NodePlan) -> bool:
    return node.layer.kind == "conv2d" and planned.norm is None


def _n_terms(node: Node, input_shape: Shape) -> int:
    return math.prod(node.layer.decayed_shapes(input_shape)["weight"][:-1])


def _rows(graph: Graph, nodes: range, itemsize: int) -> int:
    shapes = [graph.shapes[index + 1] for index in nodes[:-1]]
    largest = max(math.prod(shape) for shape in shapes) * itemsize
    n_pixels = math.prod(shapes[0][:2])
    return max(1, min(-(-GROUP_PIXELS // n_pixels), MOST_BYTES // largest))
