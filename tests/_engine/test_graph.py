"""Graph: layers taken apart into nodes."""

from __future__ import annotations

import pytest

from fernet._engine.graph import Graph
from fernet.architectures import mlp
from fernet.layers import Add, Flatten, Linear, ReLU, Residual


class Nameless(ReLU):
    """Would be taken for a ReLU."""


class Halving(Residual):
    """Overrides what no network calls."""

    kind = "halving"

    def forward(self, ctx, pass_ctx):
        ctx.y *= 0.5


def wiring(layers, input_shape):
    return [(node.name, node.inputs, node.output) for node in Graph(layers, input_shape).nodes]


def test_layers_in_a_row_make_a_chain_named_by_kind_and_count():
    assert wiring([Linear(3), ReLU(), Linear(2)], (4,)) == [
        ("linear_1", (0,), 1),
        ("relu_1", (1,), 2),
        ("linear_2", (2,), 3),
    ]


def test_a_residual_runs_its_branch_then_its_shortcut_then_a_sum():
    block = Residual([Linear(3), ReLU()], shortcut=[Linear(3)])
    assert wiring([Flatten(), block, ReLU()], (4,)) == [
        ("flatten_1", (0,), 1),
        ("linear_1", (1,), 2),
        ("relu_1", (2,), 3),
        ("linear_2", (1,), 4),
        ("add_1", (3, 4), 5),
        ("relu_2", (5,), 6),
    ]


def test_residuals_may_hold_residuals():
    block = Residual([Residual([ReLU()])])
    assert wiring([block], (4,)) == [
        ("relu_1", (0,), 1),
        ("add_1", (1, 0), 2),
        ("add_2", (2, 0), 3),
    ]


def test_tensors_know_who_makes_and_who_reads_them():
    graph = Graph([Linear(4), Residual([ReLU()])], (4,))
    assert graph.consumers == [[0], [1, 2], [2], []]
    assert graph.sole_consumer(1) is None
    assert graph.sole_consumer(2) is graph.nodes[2]
    assert graph.producer(2) is graph.nodes[1]
    assert graph.producer(0) is None


def test_nodes_know_their_number():
    graph = Graph([Linear(4), Residual([ReLU(), Linear(4)])], (3,))
    assert [node.index for node in graph.nodes] == [0, 1, 2, 3]


def test_shapes_are_those_of_the_tensors():
    assert Graph([Flatten(), *mlp((5,), 2)], (3, 4)).shapes == [(3, 4), (12,), (5,), (5,), (2,)]


def test_a_sum_among_the_layers_is_refused():
    with pytest.raises(ValueError, match="expected Residual"):
        Graph([Linear(4), Add()], (4,))


def test_branches_of_different_shapes_are_refused():
    with pytest.raises(ValueError, match="the branch makes rows of shape"):
        Graph([Residual([Linear(3)])], (4,))


@pytest.mark.parametrize("layers", [[Nameless()], [Residual([Residual([ReLU()], [Nameless()])])]])
def test_a_layer_without_a_kind_of_its_own_is_refused(layers):
    with pytest.raises(ValueError, match="Nameless, a class of layers, has no kind of its own"):
        Graph(layers, (4,))


def test_a_residual_with_passes_is_refused():
    with pytest.raises(ValueError, match="Halving overrides forward of Residual, which nobody ca"):
        Graph([Halving([ReLU()])], (4,))
