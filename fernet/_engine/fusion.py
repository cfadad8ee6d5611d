"""Which nodes do a neighbour's work along with their own.

A layer that writes an element can rectify it, or take the largest of four, before it leaves the
processor's registers; a separate layer would have to load it from memory again. Each pass below
goes over the graph and notes in the nodes' plans who does whose work.
"""

from __future__ import annotations

from collections.abc import Sequence

from fernet import _kernels
from fernet._engine.folding import is_foldable
from fernet._engine.graph import Graph
from fernet._engine.plan import NodePlan
from fernet._kernels.protocol import Kernels
from fernet.layers.relu import ReLU
from fernet.layers.traits import trait


def fuse(graph: Graph, *, training: bool, kernels: Kernels = _kernels) -> list[NodePlan]:
    """Run all fusion passes.

    Parameters
    ----------
    graph : Graph
    training : bool
        Whether there are backward passes. In predictions batch normalisations go into the
        weights before them.
    kernels : module, default=fernet._kernels
        Which compute, and know what they can fuse.

    Returns
    -------
    list of NodePlan
        One a node, with the fields that concern fusion filled in.

    Examples
    --------
    >>> from fernet._engine.fusion import fuse
    >>> from fernet._engine.graph import Graph
    >>> from fernet.layers import Linear, ReLU
    >>> plans = fuse(Graph([Linear(4), ReLU()], (3,)), training=False)
    >>> plans[0].relu, plans[1].fused
    (True, True)
    """
    plans = [
        NodePlan(passes_through=trait(node.layer, "passes_through")(training))
        for node in graph.nodes
    ]
    if not training:
        fold_norms(graph, plans)
    fuse_relus(graph, plans)
    fuse_pools(graph, plans, kernels)
    if training:
        fuse_relu_masks(graph, plans)
    return plans


def fold_norms(graph: Graph, plans: Sequence[NodePlan]) -> None:
    """Fold batch normalisations into the weights of the layers before them."""
    for node, planned in zip(graph.nodes, plans, strict=True):
        behind = graph.sole_consumer(node.output)
        if behind is not None and is_foldable(node.layer, behind.layer):
            planned.norm = behind.index
            plans[behind.index].folded_away = plans[behind.index].passes_through = True


def fuse_relus(graph: Graph, plans: Sequence[NodePlan]) -> None:
    """Let the layer before a ReLU rectify as it writes, if nobody else reads what it writes.

    Nodes that pass their input through may stand between the two.
    """
    for node, planned in zip(graph.nodes, plans, strict=True):
        if type(node.layer) is not ReLU:
            continue
        tensor = node.inputs[0]
        writer = graph.producer(tensor)
        while graph.sole_consumer(tensor) and writer and plans[writer.index].passes_through:
            tensor = writer.inputs[0]
            writer = graph.producer(tensor)
        if writer is None or graph.sole_consumer(tensor) is None:
            continue
        if trait(writer.layer, "fuses_relu"):
            plans[writer.index].relu = planned.fused = True
            planned.fused_backward = trait(writer.layer, "fuses_relu_backward")


def fuse_pools(graph: Graph, plans: Sequence[NodePlan], kernels: Kernels) -> None:
    """Let a layer pool as it writes, if a pooling alone reads what it writes.

    A ReLU that the layer does as well, or a folded normalisation, may stand between the two.
    """
    for node, planned in zip(graph.nodes, plans, strict=True):
        tensor = node.output
        while (behind := graph.sole_consumer(tensor)) is not None:
            between = plans[behind.index]
            if not (between.fused or between.folded_away):
                break
            tensor = behind.output
        shape_in = graph.shapes[node.inputs[0]]
        if behind is not None and trait(node.layer, "pools")(behind.layer, shape_in, kernels):
            planned.pool = behind.index
            plans[behind.index].convolved_by = node.index


def fuse_relu_masks(graph: Graph, plans: Sequence[NodePlan]) -> None:
    """Let the layer behind a ReLU do that ReLU's backward, unless the layer before it does.

    The layer reads the ReLU's output anyway, or keeps its mask, and the sign is all that the ReLU's
    backward needs.
    """
    for node, planned in zip(graph.nodes, plans, strict=True):
        before = graph.producer(node.inputs[0])
        if not trait(node.layer, "masks_relu") or planned.passes_through:
            continue
        if before is None or type(before.layer) is not ReLU:
            continue
        relu = plans[before.index]
        if graph.sole_consumer(before.output) and not relu.fused_backward:
            planned.relu_before = relu.fused_backward = True
