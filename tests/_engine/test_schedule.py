"""A schedule's arrays: how many bytes each is given."""

from __future__ import annotations

import numpy as np
import pytest

from fernet._engine.graph import Graph
from fernet._engine.memory_planner import MemoryPlanner
from fernet._engine.plan import NodePlan, Segment
from fernet._engine.schedule import Schedule
from fernet.layers import Linear

LINE = 64


@pytest.fixture
def schedule():
    """Four nodes of 16 elements a row, of which the second and third are recomputed by 3 rows."""
    graph = Graph([Linear(16)] * 4, (16,))
    return Schedule(
        graph=graph,
        batch_size=10,
        dtype=np.dtype(np.float32),
        training=True,
        fused_update=False,
        nodes=[NodePlan() for _ in graph.nodes],
        segments=[
            Segment(range(1), range(0), 10),
            Segment(range(1, 3), range(1, 2), 3),
            Segment(range(3, 4), range(0), 10),
        ],
        memory=MemoryPlanner(),
    )


@pytest.mark.parametrize(("tensor", "rows"), [(0, 10), (1, 10), (2, 3), (3, 10), (4, 10)])
def test_tensors_within_a_recomputed_segment_have_a_groups_rows(schedule, tensor, rows):
    value = schedule.add_tensor(tensor, 0)
    assert schedule.memory.n_bytes(value) == rows * LINE
    assert schedule.keeps_all_rows(tensor) == (rows == 10)


def test_an_alias_takes_no_memory(schedule):
    value = schedule.add_tensor(1, 0)
    alias = schedule.add_tensor(3, 1, alias_of=value)
    schedule.memory.place()
    assert schedule.memory.offset(alias) == schedule.memory.offset(value)
    assert schedule.memory.size == 10 * LINE


def test_an_array_may_have_a_dtype_of_its_own(schedule):
    values = [schedule.add_array((100,), 0, dtype) for dtype in (None, np.float64, np.uint8)]
    assert [schedule.memory.n_bytes(value) for value in values] == [7 * LINE, 13 * LINE, 2 * LINE]


def test_gradients_have_their_parameters_shapes(schedule):
    values = schedule.add_gradients(schedule.graph.nodes[0], 0)
    sizes = {name: schedule.memory.n_bytes(value) for name, value in values.items()}
    assert sizes == {"weight": 16 * LINE, "bias": LINE}


def test_each_node_is_in_its_segment(schedule):
    assert [schedule.segment_of(index).group_size for index in range(4)] == [10, 3, 3, 10]
