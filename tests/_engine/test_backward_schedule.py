"""The backward schedule: which gradients are computed, when, and in whose memory."""

from __future__ import annotations

import numpy as np

from fernet._engine.graph import Graph
from fernet._engine.scheduler import make_schedule
from fernet.layers import Conv2D, Dropout, Linear, ReLU, Residual

WIDTH = 5


def schedule_of(layers, input_shape=(WIDTH,), *, batch_size=16, **options):
    graph = Graph(layers, input_shape)
    return make_schedule(graph, batch_size, np.float32, training=True, **options)


def test_nodes_run_in_reverse_after_the_loss():
    schedule = schedule_of([Linear(WIDTH), ReLU(), Linear(WIDTH)])
    assert [node.backward_time for node in schedule.nodes] == [7, 6, 5]


def test_a_sum_hands_its_gradient_to_both_inputs_without_a_copy():
    schedule = schedule_of([Linear(WIDTH), Residual([Linear(WIDTH)])])
    add, memory = schedule.nodes[2], schedule.memory
    assert add.backward_time is None
    blocks = {memory.block_of[value] for value in (*add.dx, add.dy)}
    assert len(blocks) == 1


def test_gradients_to_a_tensor_that_two_nodes_read_are_added_in_between():
    schedule = schedule_of([Linear(WIDTH), Residual([Linear(WIDTH)])])
    (total,) = schedule.sums
    assert total.tensor == 1
    assert total.total == schedule.nodes[0].dy
    assert {total.first, total.second} == {schedule.nodes[1].dx[0], schedule.nodes[2].dx[1]}
    assert schedule.nodes[1].backward_time < total.time < schedule.nodes[0].backward_time


def test_gradients_that_nobody_needs_are_not_scheduled():
    layers = [Dropout(0.5), Linear(WIDTH), ReLU(), Linear(WIDTH)]
    schedule = schedule_of(layers)
    assert schedule.nodes[0].dy is None
    assert schedule.nodes[0].backward_time is None
    assert schedule.nodes[1].dx == [None]
    assert schedule.dx is None
    assert schedule_of(layers, input_gradient=True).dx is not None


def test_a_relu_whose_backward_another_does_has_none():
    schedule = schedule_of([Conv2D(2), ReLU(), Conv2D(2)], (4, 4, 1))
    assert schedule.nodes[1].fused_backward
    assert schedule.nodes[1].backward_time is None


PAIR = [Conv2D(32), ReLU(), Conv2D(8)]
"""Recomputed at 48x48 pixels, ten rows at a time."""


def test_a_recomputed_segment_goes_backward_at_one_time_with_partial_gradients():
    schedule = schedule_of(PAIR, (48, 48, 1), batch_size=100)
    assert [node.backward_time for node in schedule.nodes] == [5, None, 5]
    assert schedule.recomputed.keys() == {1, 2}
    assert schedule.nodes[0].partial_grads.keys() == {"weight", "bias"}


def test_one_group_has_no_partial_gradients():
    schedule = schedule_of(PAIR, (48, 48, 1), batch_size=10)
    assert schedule.recomputed.keys() == {1, 2}
    assert schedule.nodes[0].partial_grads == {}


def test_gradients_for_a_sink_live_until_it_has_them_and_linear_ones_are_not_stored():
    layers = [Conv2D(2), Conv2D(3)]
    schedule = schedule_of(layers, (4, 4, 1), fused_update=True)
    memory = schedule.memory
    for node in schedule.nodes:
        block = memory.block_of[node.grads["weight"]]
        assert memory.firsts[block] == memory.lasts[block] == node.backward_time
    assert schedule_of([Linear(3)], fused_update=True).nodes[0].grads == {}
    assert schedule_of(layers, (4, 4, 1)).nodes[0].grads == {}
