"""Which bytes of one arena hold which value of a computation whose order is known beforehand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fernet._engine.buffers import ALIGNMENT


class MemoryPlan:
    """Values with their moments of birth and of use, and a place in an arena for each.

    A value may be a view of an older one, or be written over it if nobody reads that any more.
    Values that share memory so make a block. Two blocks share bytes only if one is read for
    the last time before the other is made.

    Parameters
    ----------
    share : bool, default=True
        False gives every value but a view memory of its own, for comparison.

    Attributes
    ----------
    size : int
        Bytes of the arena, after `place`.
    block_of : list of int
        For each value its block, after `place`.
    sizes, offsets, firsts, lasts : ndarray of shape (n_blocks,)
        Each block's bytes, its start in the arena, and the moments between which it holds
        something, both included; after `place`.

    Examples
    --------
    >>> from fernet._engine.memory_plan import MemoryPlan
    >>> plan = MemoryPlan()
    >>> a = plan.make(640, moment=0)
    >>> plan.read(a, moment=1)
    >>> b = plan.make(640, moment=1)
    >>> plan.read(b, moment=2)
    >>> c = plan.make(640, moment=2)       # a is gone by now
    >>> plan.place()
    >>> plan.size, plan.offset(c) == plan.offset(a)
    (1280, True)
    """

    def __init__(self, share: bool = True) -> None:
        self._share = share
        self._values: list[tuple[int, int, tuple[int, ...], int | None]] = []
        self._last: list[int] = []
        self.size = 0
        self.block_of: list[int] = []
        self.sizes = self.offsets = self.firsts = self.lasts = np.zeros(0, np.int64)

    def make(
        self, n_bytes: int, moment: int, *, over: Sequence[int] = (), view_of: int | None = None
    ) -> int:
        """Add a value.

        Parameters
        ----------
        n_bytes : int
            Its size.
        moment : int
            When it is written; never before that of a value added earlier.
        over : sequence of int
            Values that it may be written over, the preferred first.
        view_of : int, default=None
            The value that it is, under another name.

        Returns
        -------
        int
            Its number.
        """
        if view_of is not None:
            self.read(view_of, moment)
        self._values.append((-(-n_bytes // ALIGNMENT) * ALIGNMENT, moment, tuple(over), view_of))
        self._last.append(moment)
        return len(self._values) - 1

    def read(self, value: int, moment: int) -> None:
        """Note that a value is read at a moment."""
        self._last[value] = max(self._last[value], moment)

    def place(self) -> None:
        """Choose each value's memory; call it once, after all values and reads are known."""
        members: list[list[int]] = []
        for value, (n_bytes, moment, over, view_of) in enumerate(self._values):
            block = len(members)
            if view_of is not None:
                block = self.block_of[view_of]
            elif self._share:
                for old in over:
                    others = members[self.block_of[old]]
                    fits = self._values[others[0]][0] == n_bytes
                    if fits and all(self._last[other] <= moment for other in others):
                        block = self.block_of[old]
                        break
            if block == len(members):
                members.append([])
            members[block].append(value)
            self.block_of.append(block)
        self.sizes = np.array([max(self._values[v][0] for v in block) for block in members])
        self.firsts = np.array([self._values[block[0]][1] for block in members])
        self.lasts = np.array([max(self._last[v] for v in block) for block in members])
        if not self._share:
            self.firsts[:], self.lasts[:] = 0, max(self._last)
        self.offsets = arrange(self.sizes, self.firsts, self.lasts)
        self.size = int((self.offsets + self.sizes).max())

    def n_bytes(self, value: int) -> int:
        """Return a value's size, rounded up to whole cache lines."""
        return self._values[value][0]

    def offset(self, value: int) -> int:
        """Return where a value starts in the arena."""
        return int(self.offsets[self.block_of[value]])


def arrange(sizes: NDArray, firsts: NDArray, lasts: NDArray) -> NDArray:
    """Find places for blocks of memory, those that live at one time side by side.

    Finding the smallest arena is hard in general. Tried are the largest blocks first, the
    longest-lived first, and, where those miss what the fullest moment needs, the two ends of
    an arena of that size in turn, which always succeeds if each block meets only the one before
    it and the one behind it.

    Parameters
    ----------
    sizes, firsts, lasts : ndarray of shape (n_blocks,)
        Bytes, and first and last moment, both included.

    Returns
    -------
    ndarray of shape (n_blocks,), int64
        Offsets.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet._engine.memory_plan import arrange
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
    """Return the most bytes that live at one moment: no arena can be smaller.

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
    >>> from fernet._engine.memory_plan import fullest
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

    With a `total`, every second one goes to the highest instead; None if they do not fit it.
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
