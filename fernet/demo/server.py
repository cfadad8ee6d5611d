"""The demonstration's server: this machine alone, one port, nothing kept."""

from __future__ import annotations

import socket
from typing import Any

import numpy as np

from fernet._io.extras import import_extra
from fernet.demo.worker import Worker
from fernet.faces.detection import FaceDetector
from fernet.faces.recognizer import EmotionRecognizer

__all__ = ["DemoServer"]
__dir__ = __all__.copy

_ADDRESS = "127.0.0.1"  # and no setting for another: the page is for who sits here


class DemoServer:
    """Serves the page on this machine alone.

    Parameters
    ----------
    recognizer : EmotionRecognizer
        What looks at the photos.
    port : int, default=0
        Port on 127.0.0.1; 0 takes any that is free.

    Attributes
    ----------
    url : str
        Where the page is.

    Raises
    ------
    ImportError
        If the packages of the extra ``demo``, or those that find faces, are not installed.
    OSError
        If the port is taken.

    Examples
    --------
    >>> from fernet import EmotionRecognizer
    >>> from fernet.demo import DemoServer
    >>> server = DemoServer(EmotionRecognizer())  # doctest: +SKIP
    >>> server.url  # doctest: +SKIP
    'http://127.0.0.1:41233/'
    >>> server.run()  # doctest: +SKIP
    """

    def __init__(self, recognizer: EmotionRecognizer, port: int = 0) -> None:
        import_extra("starlette", "the page", "a server, Starlette", "demo")
        uvicorn = import_extra("uvicorn", "the page", "a server, uvicorn", "demo")
        _require_detector(recognizer)
        from fernet.demo.app import create_app
        from fernet.demo.connections import MAX_CONNECTIONS, make_protocol, make_server

        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._socket.bind((_ADDRESS, port))
            self._socket.listen()  # so that who knows the address already waits for an answer
        except OSError as error:
            self._socket.close()
            raise OSError(f"port {port} of {_ADDRESS}: {(error.strerror or '').lower()}") from None
        host = f"{_ADDRESS}:{self._socket.getsockname()[1]}"
        self.url = f"http://{host}/"
        self._worker = Worker()
        app: Any = create_app(recognizer, host, self._worker)
        config = uvicorn.Config(
            app,
            log_level="error",
            access_log=False,
            lifespan="off",
            server_header=False,
            ws="none",
            http=make_protocol(),
            limit_concurrency=MAX_CONNECTIONS,
            timeout_graceful_shutdown=3,
        )
        self._server = make_server(config)

    def run(self) -> None:
        """Serve until `stop` or Ctrl-C."""
        try:
            self._server.run(sockets=[self._socket])
        finally:
            self._socket.close()
            self._worker.close()

    def stop(self) -> None:
        """End `run`, from another thread."""
        self._server.should_exit = True


def _require_detector(recognizer: EmotionRecognizer) -> None:
    """Ask for what finds faces before there is a page, not when the first photo comes."""
    if isinstance(recognizer.detector, FaceDetector):
        recognizer.detector.detect(np.zeros((0, 0, 3), np.uint8))
