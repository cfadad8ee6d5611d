"""Looks at photos: one at a time, for as long as somebody waits for the answer."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from starlette.requests import Request

__all__ = ["Worker"]
__dir__ = __all__.copy

_T = TypeVar("_T")


class Worker:
    """A thread for what takes long; a model's buffers are for one prediction at a time."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="fernet-demo")

    async def run(self, request: Request, work: Callable[[Callable[[], bool]], _T]) -> _T:
        """Do some work when its turn comes, unless the client leaves.

        Parameters
        ----------
        request : starlette.requests.Request
            Whose answer it is; its body has been read.
        work : callable
            Called in the thread, with a function that tells whether the answer is wanted still.

        Returns
        -------
        object
            What ``work`` returned.

        Raises
        ------
        starlette.requests.ClientDisconnect
            If the client leaves. Work that has not begun then never does.
        """
        from starlette.requests import ClientDisconnect

        left = threading.Event()
        answer = asyncio.wrap_future(self._thread.submit(work, lambda: not left.is_set()))
        leaving = asyncio.ensure_future(_leaving(request))
        try:
            either: set[asyncio.Future[Any]] = {answer, leaving}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if not answer.done():
                raise ClientDisconnect
            return answer.result()
        finally:
            left.set()
            answer.cancel()
            leaving.cancel()

    def close(self) -> None:
        """Take no more work; what is being done comes to its end."""
        self._thread.shutdown(wait=False, cancel_futures=True)


async def _leaving(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
