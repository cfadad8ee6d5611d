"""The memory planner: nothing overlaps that lives at one time, and little is wasted."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fernet._engine.memory_planner import MemoryPlanner, arrange, fullest

BLOCKS = st.lists(
    st.tuples(st.integers(1, 50), st.integers(0, 20), st.integers(0, 8)), min_size=1, max_size=30
)


def arrays(blocks):
    sizes, firsts, durations = (np.array(column) for column in zip(*blocks, strict=True))
    return sizes, firsts, firsts + durations


@given(BLOCKS)
def test_blocks_that_live_at_one_time_share_no_byte(blocks):
    sizes, firsts, lasts = arrays(blocks)
    offsets = arrange(sizes, firsts, lasts)
    assert (offsets >= 0).all()
    for i in range(len(blocks)):
        for j in range(i):
            if firsts[i] <= lasts[j] and firsts[j] <= lasts[i]:
                assert offsets[i] + sizes[i] <= offsets[j] or offsets[j] + sizes[j] <= offsets[i]


@given(BLOCKS)
def test_the_arena_is_no_larger_than_all_blocks_together(blocks):
    sizes, firsts, lasts = arrays(blocks)
    end = (arrange(sizes, firsts, lasts) + sizes).max()
    assert fullest(sizes, firsts, lasts) <= end <= sizes.sum()


@given(st.lists(st.integers(1, 99), min_size=1, max_size=30))
def test_a_chain_takes_what_its_largest_link_needs(sizes):
    sizes = np.array(sizes)
    firsts = np.arange(len(sizes))
    end = (arrange(sizes, firsts, firsts + 1) + sizes).max()
    assert end == max([sizes[0], *(sizes[1:] + sizes[:-1])])


@st.composite
def programs(draw):
    """List steps that each read some values and make one: new, a view, or over one it reads."""
    sizes = [64 * draw(st.integers(1, 3))]
    steps = []
    for _ in range(draw(st.integers(1, 12))):
        reads = draw(st.lists(st.integers(0, len(steps)), min_size=1, max_size=3))
        how = draw(st.sampled_from(["new", "alias", "over"]))
        sizes.append(64 * draw(st.integers(1, 3)) if how == "new" else sizes[reads[0]])
        steps.append((reads, how))
    return sizes, steps


@given(programs())
def test_what_is_read_is_what_was_written(program):
    sizes, steps = program
    planner = MemoryPlanner()
    planner.add(sizes[0], 0)
    for time, (reads, how) in enumerate(steps, start=1):
        for value in reads:
            planner.read(value, time)
        may_overwrite, alias_of = (
            (reads if how == "over" else ()),
            (reads[0] if how == "alias" else None),
        )
        planner.add(sizes[time], time, may_overwrite=may_overwrite, alias_of=alias_of)
    planner.place()
    arena = np.zeros(planner.size)

    def memory(value):
        return arena[planner.offset(value) : planner.offset(value) + sizes[value]]

    content = [1]
    memory(0)[...] = 1
    for value, (reads, how) in enumerate(steps, start=1):
        for read in reads:
            assert (memory(read) == content[read]).all()
        content.append(content[reads[0]] if how == "alias" else value + 1)
        memory(value)[...] = content[value]


def test_values_start_on_cache_lines():
    planner = MemoryPlanner()
    values = [planner.add(n, 0) for n in (1, 65, 7)]
    planner.place()
    assert [planner.offset(value) % 64 for value in values] == [0, 0, 0]
    assert planner.size == 4 * 64


@pytest.mark.parametrize(("read_later", "shared"), [(False, True), (True, False)])
def test_a_value_is_written_over_only_where_nobody_reads_it_later(read_later, shared):
    planner = MemoryPlanner()
    x = planner.add(64, 0)
    planner.read(x, 1)
    y = planner.add(64, 1, may_overwrite=[x])
    if read_later:
        planner.read(x, 2)
    planner.place()
    assert (planner.offset(x) == planner.offset(y)) == shared


def test_without_sharing_only_aliases_share_memory():
    planner = MemoryPlanner(share=False)
    x = planner.add(64, 0)
    y = planner.add(64, 1, may_overwrite=[x])
    z = planner.add(64, 5, alias_of=y)
    planner.place()
    assert planner.size == 128
    assert planner.offset(z) == planner.offset(y)
