"""A local page to try a model on: drop a photo, see the faces, their emotions and why.

Needs ``pip install "fernet-emotion[demo]"``. The server is Starlette on uvicorn: an upload
arrives piece by piece and stays in memory, where servers of the WSGI kind keep large ones in
temporary files.
"""

from fernet.demo.server import DemoServer

__all__ = ["DemoServer"]
__dir__ = __all__.copy
