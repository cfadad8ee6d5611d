"""Reads pictures in threads, ahead of who takes what was read, and in order."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from itertools import islice
from threading import Event

from fernet._io.errors import naming_memory
from fernet._io.threads import count_processors
from fernet.faces.finding import Face
from fernet.faces.sources import Source

__all__ = ["Read", "read_ahead"]
__dir__ = __all__.copy

_AT_A_TIME = 16  # pictures that a thread reads before it hands them on
_WAITING = 2  # times as many for each thread, at most, wait in memory: they may be large

_Next = Source | Exception


@dataclass(slots=True)
class Read:
    """A picture that has been read and searched, or the error that ended it.

    Parameters
    ----------
    file : str
        Its name.
    status : str
        That of its record, where it has no face.
    faces : list of Face, default=[]
        What was found.
    error : Exception, default=None
        What is to be raised in its place.
    """

    file: str
    status: str
    faces: list[Face] = field(default_factory=list)
    error: Exception | None = None


def read_ahead(
    sources: Iterable[Source], read: Callable[[Source], Read], batch_size: int
) -> Iterator[list[Read]]:
    """Give what pictures hold, some at a time, while the next are read in threads.

    Parameters
    ----------
    sources : iterable of Source
        The pictures.
    read : callable
        Reads one.
    batch_size : int
        How many are given at a time.

    Yields
    ------
    list of Read
        In order. An error of `sources` or `read` is raised in the place of its picture: what was
        read before is given first.
    """
    pool, ending = ThreadPoolExecutor(count_processors()), Event()

    def read_all(part: list[_Next]) -> list[Read]:
        found: list[Read] = []
        for source in part:
            if ending.is_set():
                break
            found.append(_attempt(read, source))
            if found[-1].error is not None:
                break
        return found

    ahead: deque[list[Future[list[Read]]]] = deque()
    try:
        for futures in _submitted(pool, read_all, sources, batch_size):
            ahead.append(futures)
            if len(ahead) == 2:
                yield from _up_to_an_error(ahead.popleft())
        while ahead:
            yield from _up_to_an_error(ahead.popleft())
    finally:
        ending.set()
        pool.shutdown(cancel_futures=True)


def _attempt(read: Callable[[Source], Read], source: _Next) -> Read:
    if isinstance(source, Exception):
        return Read("", "", error=source)
    try:
        with naming_memory(source.file):
            return read(source)
    except Exception as error:
        return Read(source.file, "", error=error)


def _submitted(
    pool: ThreadPoolExecutor,
    read_all: Callable[[list[_Next]], list[Read]],
    sources: Iterable[Source],
    batch_size: int,
) -> Iterator[list[Future[list[Read]]]]:
    """Give by what each batch's pictures are read."""
    pictures = _to_the_end(sources)
    waiting: deque[Future[list[Read]]] = deque()
    while True:
        futures = []
        for part in _chunks(islice(pictures, batch_size), _AT_A_TIME):
            in_memory = any(map(_is_in_memory, part))
            if in_memory and len(waiting) == _WAITING * count_processors():
                wait([waiting.popleft()])
            futures.append(pool.submit(read_all, part))
            if in_memory:
                waiting.append(futures[-1])
        if not futures:
            return
        yield futures


def _is_in_memory(source: _Next) -> bool:
    """Tell whether a picture is more than a file's name."""
    return isinstance(source, Source) and not isinstance(source.picture, str | os.PathLike)


def _to_the_end(sources: Iterable[Source]) -> Iterator[_Next]:
    """Give the sources, and the error that ends them, if one does."""
    try:
        yield from sources
    except Exception as error:
        yield error


def _up_to_an_error(futures: Iterable[Future[list[Read]]]) -> Iterator[list[Read]]:
    found: list[Read] = []
    for picture in (picture for future in futures for picture in future.result()):
        if picture.error is not None:
            yield found
            raise picture.error
        found.append(picture)
    yield found


def _chunks(items: Iterable[_Next], size: int) -> Iterator[list[_Next]]:
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk
