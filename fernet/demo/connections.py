"""Connections that do not last for ever, and a server that ends without waiting for them."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

__all__ = ["CONNECTION_SECONDS", "MAX_CONNECTIONS", "make_protocol", "make_server"]
__dir__ = __all__.copy

MAX_CONNECTIONS = 64
"""How many there may be at once; further ones are answered that the server is busy."""
CONNECTION_SECONDS = 60.0
"""How old a connection becomes that no request is being answered on."""


def make_protocol() -> type[asyncio.Protocol]:
    """Make the class of uvicorn's connections.

    Uvicorn's own wait without end for a request to come, and for an answer to be read.

    Returns
    -------
    type
        What uvicorn takes as ``http``.
    """
    from uvicorn.protocols.http.h11_impl import H11Protocol

    class Protocol(H11Protocol):
        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            self._watch()

        def connection_lost(self, exc: Exception | None) -> None:
            self._watching.cancel()
            super().connection_lost(exc)

        def _watch(self) -> None:
            self._watching = self.loop.call_later(CONNECTION_SECONDS, self._end_if_idle)

        def _end_if_idle(self) -> None:
            if self.cycle is None or self.cycle.response_complete:
                self.transport.abort()
            else:
                self._watch()

    return Protocol


def make_server(config: Any) -> Any:
    """Make the server.

    Uvicorn's own lets those who wait for an answer wait, and tells of each that it gives up.

    Parameters
    ----------
    config : uvicorn.Config
        Its settings.

    Returns
    -------
    uvicorn.Server
        One whose end cancels what is being answered: the application has the last word.
    """
    import uvicorn

    class Server(uvicorn.Server):
        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            for task in list(self.server_state.tasks):
                task.cancel()
            await super().shutdown(sockets)

    return Server(config)
