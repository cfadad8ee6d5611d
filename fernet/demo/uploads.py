"""Takes photos in: each by its size and its time, and all together by their sum."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, BinaryIO

from fernet.demo.refusals import RefusedError

if TYPE_CHECKING:
    from starlette.requests import Request

__all__ = ["MAX_BYTES", "MAX_SUM_BYTES", "UPLOAD_SECONDS", "Uploads"]
__dir__ = __all__.copy

MAX_BYTES = 20_000_000
"""The largest upload that is taken."""
MAX_SUM_BYTES = 3 * MAX_BYTES
"""The most that all uploads hold together, from their first byte until they are answered."""
UPLOAD_SECONDS = 30.0
"""How long a photo may take to arrive."""

_TYPES = ("image/bmp", "image/gif", "image/jpeg", "image/png", "image/webp")
"""What photos may be sent as: what browsers can show as well."""


class Uploads:
    """The photos that are in memory."""

    def __init__(self) -> None:
        self._held = 0

    @asynccontextmanager
    async def photo(self, request: Request) -> AsyncIterator[BinaryIO]:
        """Take the photo of a request, no further than it is wanted, and forget it at the end.

        Parameters
        ----------
        request : starlette.requests.Request
            Its body is the photo.

        Yields
        ------
        binary file object
            In memory.

        Raises
        ------
        RefusedError
            If it is of another kind, too large, too slow, or one too many.
        starlette.requests.ClientDisconnect
            If the client leaves before all of it is there.
        """
        _check_head(request)
        file = io.BytesIO()
        try:
            try:
                async with asyncio.timeout(UPLOAD_SECONDS):
                    async for part in request.stream():
                        self._take(file, part)
            except TimeoutError:
                raise RefusedError(
                    408, f"the photo did not arrive within {UPLOAD_SECONDS:g} seconds"
                ) from None
            yield file
        finally:
            self._held -= file.getbuffer().nbytes

    def _take(self, file: io.BytesIO, part: bytes) -> None:
        if file.tell() + len(part) > MAX_BYTES:
            raise _too_large()
        if self._held + len(part) > MAX_SUM_BYTES:
            raise RefusedError(503, "too many photos are being sent at once; try again in a minute")
        file.write(part)
        self._held += len(part)


def _check_head(request: Request) -> None:
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind not in _TYPES:
        names = ", ".join(name.removeprefix("image/").upper() for name in _TYPES)
        raise RefusedError(
            415,
            f"not a photo of a known kind ({kind or 'unnamed'}); expected {names}: save it as JPEG",
        )
    length = request.headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > MAX_BYTES:
        raise _too_large()


def _too_large() -> RefusedError:
    return RefusedError(413, f"the file is too large: at most {MAX_BYTES // 10**6} MB are taken")
