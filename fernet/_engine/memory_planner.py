"""Which bytes of one arena hold which array of a computation whose order is known beforehand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fernet._engine.buffers import ALIGNMENT


@dataclass(slots=True)
class _Value:
    n_bytes: int
    time: int
    last: int
    may_overwrite: tuple[int, ...]
    alias_of: int | None


class MemoryPlanner:
    """Gives arrays whose live ranges are known a place each in one arena.

    Each array is a *value*: written at one time, and live until it is read for the last time. A
    value may be an alias of an older one, or may overwrite one that nobody reads any more; such
    values make a *block*, which has one place. Two blocks may have bytes in common if their live
    ranges do not meet.

    First add all values and note all reads, then call `place`.

    Parameters
    ----------
    share : bool, default=True
        False gives every value but an alias memory of its own, for comparison.

    Attributes
    ----------
    size : int
        Bytes of the arena, after `place`.
    block_of : list of int
        For each value its block, after `place`.
    sizes, offsets : ndarray of shape (n_blocks,)
        Each block's bytes and its start in the arena, after `place`.
    firsts, lasts : ndarray of shape (n_blocks,)
        Each block's live range: the first and the last time, both included; after `place`.

    Examples
    --------
    >>> from fernet._engine.memory_planner import MemoryPlanner
    >>> planner = MemoryPlanner()
    >>> a = planner.add(640, time=0)
    >>> planner.read(a, time=1)
    >>> b = planner.add(640, time=1)
    >>> planner.read(b, time=2)
    >>> c = planner.add(640, time=2)       # nobody reads a any more
    >>> planner.place()
    >>> planner.size, planner.offset(c) == planner.offset(a)
    (1280, True)
    """

    def __init__(self, share: bool = True) -> None:
        self._share = share
        self._values: list[_Value] = []
        self.size = 0
        self.block_of: list[int] = []
        self.sizes = self.offsets = self.firsts = self.lasts = np.zeros(0, np.int64)

    def add(
        self,
        n_bytes: int,
        time: int,
        *,
        may_overwrite: Sequence[int] = (),
        alias_of: int | None = None,
    ) -> int:
        """Add a value.

        Parameters
        ----------
        n_bytes : int
            Its size.
        time : int
            When it is written; never before the time of a value added earlier.
        may_overwrite : sequence of int, default=()
            Values whose memory it may take if they are of its size and not read later, the
            preferred first.
        alias_of : int, default=None
            The value that it is, under another name.

        Returns
        -------
        int
            Its number.
        """
        if alias_of is not None:
            self.read(alias_of, time)
        n_bytes = -(-n_bytes // ALIGNMENT) * ALIGNMENT
        self._values.append(_Value(n_bytes, time, time, tuple(may_overwrite), alias_of))
        return len(self._values) - 1

    def read(self, value: int, time: int) -> None:
        """Note that a value is read at a time."""
        self._values[value].last = max(self._values[value].last, time)

    def place(self) -> None:
        """Choose each value's memory; call it once, after all values and reads are known."""
        blocks: list[list[_Value]] = []
        for value in self._values:
            block = self._find_block(value, blocks)
            if block is None:
                block = len(blocks)
                blocks.append([])
            blocks[block].append(value)
            self.block_of.append(block)
        self.sizes = np.array([max(value.n_bytes for value in block) for block in blocks])
        self.firsts = np.array([block[0].time for block in blocks])
        self.lasts = np.array([max(value.last for value in block) for block in blocks])
        if not self._share:
            self.firsts[:], self.lasts[:] = 0, max(value.last for value in self._values)
        self.offsets = arrange(self.sizes, self.firsts, self.lasts)
        self.size = int((self.offsets + self.sizes).max())

    def _find_block(self, value: _Value, blocks: Sequence[Sequence[_Value]]) -> int | None:
        """Return the block that a value joins: its original's, or one that it may overwrite."""
        if value.alias_of is not None:
            return self.block_of[value.alias_of]
        for other in value.may_overwrite if self._share else ():
            block = blocks[self.block_of[other]]
            if block[0].n_bytes == value.n_bytes and all(v.last <= value.time for v in block):
                return self.block_of[other]
        return None

    def n_bytes(self, value: int) -> int:
        """Return a value's size, rounded up to whole cache lines."""
        return self._values[value].n_bytes

    def offset(self, value: int) -> int:
        """Return where a value starts in the arena."""
        return int(self.offsets[self.block_of[value]])


def arrange(sizes: NDArray, firsts: NDArray, lasts: NDArray) -> NDArray:
    """Find places for blocks of memory, so that those whose live ranges meet do not overlap.

    Finding the smallest arena is hard in general. No arena can be smaller than the blocks that
    are live at the fullest time. So three orders are tried until one needs no more than that:
    the largest blocks first; the longest-lived first; and in order of time, placed at the two
    ends of an arena of that size in turn. The last always succeeds if each block meets only the
    one before it and the one after it, as in predicting with layers in a row.

    Parameters
    ----------
    sizes, firsts, lasts : ndarray of shape (n_blocks,)
        Bytes, and the first and the last time of the live range, both included.

    Returns
    -------
    ndarray of shape (n_blocks,), int64
        Offsets.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet._engine.memory_planner import arrange
    >>> arrange(np.array([2, 5, 3]), np.array([0, 1, 2]), np.array([1, 2, 3])).tolist()
    [5, 0, 5]
    """
    needed = fullest(sizes, firsts, lasts)
    found: list[NDArray] = []
    for order in (np.argsort(-sizes, kind="stable"), np.argsort(firsts - lasts, kind="stable")):
        offsets = _arrange_in_order(order, sizes, firsts, lasts, None)
        if offsets is not None:
            found.append(offsets)
            if (offsets + sizes).max(initial=0) <= needed:
                return offsets
    order = np.argsort(firsts, kind="stable")
    offsets = _arrange_in_order(order, sizes, firsts, lasts, needed)
    if offsets is not None:
        return offsets
    return min(found, key=lambda offsets: int((offsets + sizes).max()))


def fullest(sizes: NDArray, firsts: NDArray, lasts: NDArray) -> int:
    """Return the most bytes that are live at one time: no arena can be smaller.

    Parameters
    ----------
    sizes, firsts, lasts : ndarray of shape (n_blocks,)
        As for `arrange`.

    Returns
    -------
    int

    Examples
    --------
    >>> import numpy as np
    >>> from fernet._engine.memory_planner import fullest
    >>> fullest(np.array([2, 5, 3]), np.array([0, 1, 2]), np.array([1, 2, 3]))
    8
    """
    live = np.zeros(int(lasts.max(initial=0)) + 2, dtype=np.int64)
    np.add.at(live, firsts, sizes)
    np.subtract.at(live, lasts + 1, sizes)
    return int(np.cumsum(live).max())


def _arrange_in_order(
    order: NDArray, sizes: NDArray, firsts: NDArray, lasts: NDArray, total: int | None
) -> NDArray | None:
    """Place blocks one by one at the lowest offset that is free while they live.

    With a `total`, the arena's size, every second one goes to the highest free offset instead;
    the result is None if they do not fit.
    """
    offsets = np.zeros(len(sizes), dtype=np.int64)
    placed = np.zeros(len(sizes), dtype=bool)
    for turn, block in enumerate(order):
        meet = placed & (firsts <= lasts[block]) & (lasts >= firsts[block])
        taken = sorted(zip(offsets[meet].tolist(), sizes[meet].tolist(), strict=True))
        size = int(sizes[block])
        if total is None:
            offset = _lowest_gap(taken, size)
        elif turn % 2 == 0:
            offset = _lowest_gap(taken, size)
            if offset + size > total:
                return None
        else:
            from_above = sorted((total - start - n, n) for start, n in taken)
            offset = total - size - _lowest_gap(from_above, size)
            if offset < 0:
                return None
        offsets[block], placed[block] = offset, True
    return offsets


def _lowest_gap(taken: list[tuple[int, int]], size: int) -> int:
    offset = 0
    for start, n_bytes in taken:
        if start - offset >= size:
            break
        offset = max(offset, start + n_bytes)
    return offset
