"""Plan data: segments cut a batch into groups of rows."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fernet._engine.plan import NodePlan, Segment


@given(st.integers(0, 200), st.integers(1, 30))
def test_groups_take_each_row_once_and_in_order(n_rows, group_size):
    groups = Segment(range(3), range(2), group_size).groups(n_rows)
    assert [row for group in groups for row in range(group.start, group.stop)] == list(
        range(n_rows)
    )
    assert all(1 <= len(group) <= group_size for group in groups)
    assert [group.number for group in groups] == list(range(len(groups)))


def test_only_a_recomputed_segment_keeps_some_tensors_for_a_group_alone():
    recomputed, kept = Segment(range(2, 5), range(2, 4), 10), Segment(range(2, 5), range(0), 10)
    assert recomputed.is_recomputed
    assert list(recomputed.inner_tensors) == [3, 4]  # its input 2 and its output 5 are whole
    assert not kept.is_recomputed
    assert list(kept.inner_tensors) == []


def test_nodes_share_no_lists():
    a, b = NodePlan(), NodePlan()
    a.dx.append(1)
    a.grads["weight"] = 1
    assert (b.dx, b.grads) == ([], {})
