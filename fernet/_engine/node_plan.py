"""What a step plan says of one node."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class NodePlan:
    """What is planned for one node: its moments, its values' numbers and what it fuses.

    Parameters
    ----------
    forward, backward : int or None
        Moments of its passes; None for one that has nothing to do.
    dx : list of int or None
        For each input the value that holds its share of that tensor's gradient.
    dy : int or None
        The gradient to its output.
    scratch : dict of str to int
        Values of what the forward keeps for the backward; in a stretch, of all groups in a row.
    grads : dict of str to int
        Values of the parameters' gradients, where they are passed on.
    shares : dict of str to int
        Values of a group's share of these gradients, in a stretch.
    relu, fused, relu_before, fused_backward : bool
        See `fernet.layers.LayerContext`.
    norm : int or None
        The node whose batch normalisation is folded into this one's weights.
    folded : dict of str to int
        Values of the folded parameters.
    folded_away : bool
        Whether another node does this one's work.
    pool : int or None
        The node whose pooling this one's forward does as well.
    convolved_by : int or None
        For that node, this one.

    Examples
    --------
    >>> from fernet._engine.node_plan import NodePlan
    >>> NodePlan().relu
    False
    """

    forward: int | None = None
    backward: int | None = None
    dx: list[int | None] = field(default_factory=list)
    dy: int | None = None
    scratch: dict[str, int] = field(default_factory=dict)
    grads: dict[str, int] = field(default_factory=dict)
    shares: dict[str, int] = field(default_factory=dict)
    relu: bool = False
    fused: bool = False
    relu_before: bool = False
    fused_backward: bool = False
    norm: int | None = None
    folded: dict[str, int] = field(default_factory=dict)
    folded_away: bool = False
    pool: int | None = None
    convolved_by: int | None = None
