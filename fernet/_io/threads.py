"""Work shared among threads that are over when the work is."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from numbers import Integral
from typing import TypeVar

import joblib

__all__ = ["count_processors", "count_threads", "in_threads"]

_T = TypeVar("_T")
_R = TypeVar("_R")

_AHEAD = 2  # items that wait for each thread: enough to have work, few to be kept in memory


def count_processors() -> int:
    """Return how many processors this process may use.

    Returns
    -------
    int
        As joblib counts; those of the machine where the system does not let a process ask, as
        behind a filter of system calls.

    Examples
    --------
    >>> from fernet._io.threads import count_processors
    >>> count_processors() >= 1
    True
    """
    try:
        return int(joblib.cpu_count())
    except OSError:
        return os.cpu_count() or 1


def count_threads(n_jobs: int | None) -> int:
    """Return how many threads of this process a number of jobs stands for.

    Parameters
    ----------
    n_jobs : int or None
        As joblib counts: -1 is one for each processor, None what ``joblib.parallel_config`` says, 1
        where that says nothing.

    Returns
    -------
    int
        No more than the processors here, where joblib counts those of a cluster, but for a number
        that is given.

    Raises
    ------
    ValueError
        If it is 0, or no whole number.

    Examples
    --------
    >>> from fernet._io.threads import count_threads
    >>> count_threads(3), count_threads(None)
    (3, 1)
    """
    if n_jobs is not None and not (isinstance(n_jobs, Integral) and n_jobs):
        raise ValueError(f"n_jobs is {n_jobs!r}; expected None or a whole number other than 0")
    processors = count_processors()
    try:
        n_threads = int(joblib.effective_n_jobs(n_jobs))
    except OSError:
        # Of those that joblib can't count; None may stand for all of them.
        n_threads = max(processors + 1 + min(n_jobs or -1, -1), 1)
    return min(n_threads, max(n_jobs or 1, processors))


def in_threads(
    function: Callable[[_T], _R], items: Iterable[_T], n_threads: int
) -> Generator[_R, None, None]:
    """Call a function with each item, some of them at a time.

    Not joblib's, which takes processes under ``joblib.parallel_config(backend="loky")``, so that
    what is written into an array of this one is lost; and which does not wait for its threads after
    an error: one that is in a library's C++ while Python goes down aborts the program.

    Parameters
    ----------
    function : callable
        Of one argument.
    items : iterable
        Taken as they are needed, in the caller's thread.
    n_threads : int
        1 or more; 1 works in the caller's.

    Yields
    ------
    object
        What it returned, in the order of the items. However this ends, no thread is left: an error
        comes once those under way are done, and what has not begun is not.

    Examples
    --------
    >>> from fernet._io.threads import in_threads
    >>> list(in_threads(abs, [-1, 2, -3], 2))
    [1, 2, 3]
    """
    if n_threads == 1:
        yield from map(function, items)
        return
    waiting: deque[Future[_R]] = deque()
    with ThreadPoolExecutor(n_threads, thread_name_prefix="fernet") as threads:
        try:
            for item in items:
                waiting.append(threads.submit(function, item))
                if len(waiting) >= _AHEAD * n_threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
