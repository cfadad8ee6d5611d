"""The forward schedule: when nodes run, and whose memory they write to."""

from __future__ import annotations

import numpy as np
import pytest

from fernet._engine.graph import Graph
from fernet._engine.scheduler import make_schedule
from fernet.layers import (
    BatchNorm,
    Conv2D,
    Dropout,
    Flatten,
    Linear,
    MaxPool2D,
    ReLU,
    Residual,
)

WIDTH = 5


def schedule_of(layers, input_shape=(WIDTH,), *, batch_size=16, training=True):
    graph = Graph(layers, input_shape)
    return make_schedule(graph, batch_size, np.float32, training=training)


def share_memory(schedule, *tensors):
    return len({schedule.memory.block_of[schedule.tensors[tensor]] for tensor in tensors}) == 1


def forward_times(schedule):
    return [node.forward_time for node in schedule.nodes]


def test_nodes_run_in_order_and_those_that_do_nothing_not_at_all():
    layers = [Linear(WIDTH), ReLU(), Dropout(0.0), Linear(WIDTH), ReLU(), ReLU()]
    assert forward_times(schedule_of(layers)) == [1, None, None, 4, None, 6]


def test_a_normalisation_that_is_folded_away_does_not_run():
    schedule = schedule_of([Linear(WIDTH), BatchNorm()], training=False)
    assert forward_times(schedule) == [1, None]
    assert schedule.nodes[0].folded.keys() == {"weight", "bias"}


POOLED = [Conv2D(16), ReLU(), Conv2D(16), ReLU(), MaxPool2D(), Conv2D(16), Flatten(), Linear(3)]
"""At 24x24 pixels the second convolution can pool as it writes."""


def test_a_convolution_that_pools_runs_in_its_poolings_place():
    schedule = schedule_of(POOLED, (24, 24, 1), batch_size=2)
    assert forward_times(schedule)[:5] == [1, None, 5, None, None]
    assert schedule.memory.n_bytes(schedule.tensors[3]) == 0
    assert schedule.nodes[4].scratch.keys() == {"argmax"}


@pytest.mark.parametrize("training", [True, False])
def test_nodes_of_a_recomputed_segment_share_a_time(training):
    schedule = schedule_of(
        [Conv2D(32), ReLU(), Conv2D(8), ReLU()], (48, 48, 1), batch_size=100, training=training
    )
    assert forward_times(schedule) == [3, None, 3, None]


def test_a_relu_that_others_read_past_has_memory_of_its_own():
    schedule = schedule_of([Linear(WIDTH), Residual([ReLU(), Linear(WIDTH)])])
    assert not share_memory(schedule, 1, 2)


def test_dropout_overwrites_what_only_a_mask_is_read_of():
    schedule = schedule_of([Linear(WIDTH), ReLU(), Dropout(0.5), Linear(WIDTH)])
    assert share_memory(schedule, 1, 2, 3)


def test_predictions_keep_nothing_for_a_backward():
    schedule = schedule_of([Linear(WIDTH), Dropout(0.5)], training=False)
    assert schedule.nodes[1].scratch == {}
    assert schedule_of([Linear(WIDTH), Dropout(0.5)]).nodes[1].scratch.keys() == {"mask"}
