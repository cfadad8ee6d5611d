"""The demonstration's pages, and the answer to a photo."""

from __future__ import annotations

import asyncio
import importlib.resources
import io
from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any

from fernet.datasets.photos import ImageError, read_with
from fernet.demo.answer import answer_for
from fernet.faces.recognizer import EmotionRecognizer

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

__all__ = ["MAX_BYTES", "create_app"]
__dir__ = __all__.copy

MAX_BYTES = 20_000_000
"""The largest upload that is taken."""
_MAX_PIXELS = 40_000_000
_TYPES = ("image/bmp", "image/gif", "image/jpeg", "image/png", "image/webp")
"""What photos may be sent as: what browsers can show as well."""

_PAGES = {"/": ("page.html", "text/html"), "/page.css": ("page.css", "text/css")}
_PAGES["/page.js"] = ("page.js", "text/javascript")
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}

_Scope = MutableMapping[str, Any]
_App = Callable[[_Scope, Any, Any], Awaitable[None]]


class _RefusedError(Exception):
    """A request that is not answered, and the sentence and status that say why."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


def create_app(recognizer: EmotionRecognizer, host: str) -> _App:
    """Make the application.

    Parameters
    ----------
    recognizer : EmotionRecognizer
        What looks at the photos.
    host : str
        Address and port that the page is served at; requests that name another, or come from
        another page, are refused.

    Returns
    -------
    callable
        An ASGI application.
    """
    from starlette.applications import Starlette
    from starlette.concurrency import run_in_threadpool
    from starlette.responses import JSONResponse, Response
    from starlette.routing import Route

    folder = importlib.resources.files("fernet.demo") / "page"
    # The models' buffers are for one prediction at a time, and so are two cores.
    at_work = asyncio.Lock()

    def page(name: str, kind: str) -> Callable[[Request], Response]:
        content = (folder / name).read_bytes()
        return lambda request: Response(content, media_type=kind)

    async def recognize(request: Request) -> Response:
        try:
            raw = await _photo(request)
            async with at_work:
                answer = await run_in_threadpool(_look, recognizer, raw)
        except _RefusedError as refusal:
            return JSONResponse({"error": str(refusal)}, refusal.status)
        return JSONResponse(answer)

    routes = [Route(path, page(*entry)) for path, entry in _PAGES.items()]
    routes.append(Route("/favicon.ico", lambda request: Response(status_code=204)))
    routes.append(Route("/recognize", recognize, methods=["POST"]))
    return _guarded(Starlette(routes=routes), host)


def _guarded(app: _App, host: str) -> _App:
    """Refuse what another page sends, or what came here by another name than the page's."""
    from starlette.responses import JSONResponse

    async def guard(scope: _Scope, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        headers = dict(scope["headers"])
        found = headers.get(b"host", b"").decode("latin-1")
        origin = headers.get(b"origin", b"").decode("latin-1")
        site = headers.get(b"sec-fetch-site", b"none").decode("latin-1")
        reason = None
        if found != host:
            reason = f"this page is served at {host} alone, not at {found or 'no name'}"
        elif (origin or scope["method"] == "POST") and origin != f"http://{host}":
            reason = f"photos are taken from this page alone, not from {origin or 'elsewhere'}"
        # A link to the page may be followed from anywhere, but nothing may be embedded or called.
        elif site not in ("none", "same-origin") and scope["path"] != "/":
            reason = "this page's parts are for itself alone"

        async def send_with_headers(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                more = [(k.lower().encode(), v.encode()) for k, v in _HEADERS.items()]
                message["headers"] = [*message["headers"], *more]
            await send(message)

        target: Any = app if reason is None else JSONResponse({"error": reason}, 403)
        await target(scope, receive, send_with_headers)

    return guard


async def _photo(request: Request) -> bytes:
    """Take an upload, no further than it is wanted."""
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind not in _TYPES:
        names = ", ".join(name.removeprefix("image/").upper() for name in _TYPES)
        raise _RefusedError(
            415, f"not a photo of a known kind ({kind or 'unnamed'}); expected {names}"
        )
    too_large = _RefusedError(
        413, f"the file is too large: at most {MAX_BYTES // 10**6} MB are taken"
    )
    length = request.headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > MAX_BYTES:
        raise too_large
    raw = bytearray()
    async for part in request.stream():
        raw += part
        if len(raw) > MAX_BYTES:
            raise too_large
    return bytes(raw)


def _look(recognizer: EmotionRecognizer, raw: bytes) -> dict[str, Any]:
    """Answer for a photo."""
    try:
        width, height = read_with(io.BytesIO(raw), lambda image: image.size)
        if width * height > _MAX_PIXELS:
            raise _RefusedError(
                413,
                f"the photo is too large: {width} x {height} pixels; "
                f"at most {_MAX_PIXELS // 10**6} million are taken",
            )
        return answer_for(recognizer, io.BytesIO(raw))
    except ImageError as error:
        sentence = str(error).removeprefix("image: ")
        status = 413 if sentence.startswith("too large") else 400
        raise _RefusedError(status, sentence) from None
    except ImportError as error:
        raise _RefusedError(500, str(error)) from None
