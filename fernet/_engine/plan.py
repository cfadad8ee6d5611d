"""What is decided about a network's nodes before anything runs, as plain data.

The modules above fill it in: `fusion` who does whose work, `segments` what is recomputed,
`forward_schedule` and `backward_schedule` what happens when and where its results are kept.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Group:
    """Consecutive rows of a batch that go through a segment together: a micro-batch.

    Parameters
    ----------
    number : int
        Counted from 0.
    start, stop : int
        The first of the batch's rows, and the one after the last.

    Examples
    --------
    >>> from fernet._engine.plan import Group
    >>> len(Group(1, 10, 14))
    4
    """

    number: int
    start: int
    stop: int

    def __len__(self) -> int:
        return self.stop - self.start


@dataclass(frozen=True, slots=True)
class Segment:
    """Consecutive nodes that a batch goes through group by group.

    Most segments take the whole batch as one group and keep every tensor for the backward pass.
    One with `recomputed` nodes takes a few rows at a time, and its tensors have memory for these
    rows only, each group overwriting the last. So the backward pass, which needs the tensors
    again, runs the `recomputed` nodes' forward once more for each group.

    Parameters
    ----------
    nodes : range
        Indices of its nodes.
    recomputed : range
        Those whose forward the backward pass repeats.
    group_size : int
        Rows of a group; the last one may have fewer.

    Examples
    --------
    >>> from fernet._engine.plan import Segment
    >>> [(group.start, group.stop) for group in Segment(range(0, 3), range(0, 1), 10).groups(24)]
    [(0, 10), (10, 20), (20, 24)]
    """

    nodes: range
    recomputed: range
    group_size: int

    @property
    def is_recomputed(self) -> bool:
        """Whether it keeps a group's tensors only, and recomputes them in the backward pass."""
        return len(self.recomputed) > 0

    @property
    def inner_tensors(self) -> range:
        """Tensors that have memory for one group of rows; none unless it is recomputed."""
        return range(self.nodes.start + 1, self.nodes.stop) if self.is_recomputed else range(0)

    def groups(self, n_rows: int) -> list[Group]:
        """Cut a batch of `n_rows` rows into groups."""
        starts = range(0, n_rows, self.group_size)
        return [
            Group(number, start, min(start + self.group_size, n_rows))
            for number, start in enumerate(starts)
        ]


class GradientSum(NamedTuple):
    """The addition of two gradients to one tensor, which two nodes read.

    Parameters
    ----------
    time : int
        When.
    tensor : int
        Which tensor's gradient it is.
    first, second, total : int
        The values that are added, and the one that is written.

    Examples
    --------
    >>> from fernet._engine.plan import GradientSum
    >>> GradientSum(time=9, tensor=2, first=5, second=6, total=7).total
    7
    """

    time: int
    tensor: int
    first: int
    second: int
    total: int


@dataclass(slots=True)
class NodePlan:
    """What is decided about one node.

    A *value* is an array that the memory planner has numbered; a *time* is a position in the
    schedule (see `fernet._engine.schedule.Schedule`).

    Parameters
    ----------
    passes_through : bool
        The node does nothing: its output is its input, under another name.
    relu, fused, relu_before, fused_backward : bool
        Work of a ReLU that a neighbour does, see `fernet.layers.LayerContext`.
    norm : int or None
        The node behind, a batch normalisation whose scale and shift are folded into this node's
        weight and bias.
    folded_away : bool
        Whether this is such a batch normalisation; it then passes through.
    pool : int or None
        The pooling behind, if this node's forward writes the pooled output as well.
    convolved_by : int or None
        The same from the other side: for the pooling, the node that does its forward.
    forward_time, backward_time : int or None
        When the node's passes run; None if it has nothing to do.
    dx : list of int or None
        For each input the value of the gradient that flows to it from this node; None if nobody
        needs it. Where other nodes read that input too, a `GradientSum` adds theirs.
    dy : int or None
        Value of the gradient of its output.
    scratch : dict of str to int
        Values of what the forward keeps for the backward, for all groups of rows side by side.
    folded : dict of str to int
        Values of the weight and bias into which `norm` is folded.
    grads : dict of str to int
        Values of the parameters' gradients, if they are handed to a sink rather than kept in the
        network.
    partial_grads : dict of str to int
        Values of the partial gradients of one group of rows, which are added to those of the
        groups before; empty if all rows make one group.

    Examples
    --------
    >>> from fernet._engine.plan import NodePlan
    >>> NodePlan().relu
    False
    """

    passes_through: bool = False
    relu: bool = False
    fused: bool = False
    relu_before: bool = False
    fused_backward: bool = False
    norm: int | None = None
    folded_away: bool = False
    pool: int | None = None
    convolved_by: int | None = None
    forward_time: int | None = None
    backward_time: int | None = None
    dx: list[int | None] = field(default_factory=list)
    dy: int | None = None
    scratch: dict[str, int] = field(default_factory=dict)
    folded: dict[str, int] = field(default_factory=dict)
    grads: dict[str, int] = field(default_factory=dict)
    partial_grads: dict[str, int] = field(default_factory=dict)
