"""The demonstration's pages, and the answer to a photo."""

from __future__ import annotations

import asyncio
import importlib.resources
from collections.abc import Awaitable, Callable, MutableMapping
from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO

from fernet.datasets.photos import ImageError
from fernet.demo.answer import answer_for
from fernet.demo.decoding import MAX_PIXELS, check_decoded_size
from fernet.demo.refusals import RefusedError
from fernet.demo.uploads import Uploads
from fernet.demo.worker import Worker
from fernet.faces.finding import read_side
from fernet.faces.recognizer import EmotionRecognizer

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

__all__ = ["create_app"]
__dir__ = __all__.copy

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


def create_app(recognizer: EmotionRecognizer, host: str, worker: Worker) -> _App:
    """Make the application.

    Parameters
    ----------
    recognizer : EmotionRecognizer
        What looks at the photos.
    host : str
        Address and port that the page is served at; requests that name another, or come from
        another page, are refused.
    worker : Worker
        Where they are looked at.

    Returns
    -------
    callable
        An ASGI application.
    """
    from starlette.applications import Starlette
    from starlette.requests import ClientDisconnect
    from starlette.responses import JSONResponse, Response
    from starlette.routing import Route

    folder = importlib.resources.files("fernet.demo") / "page"
    uploads = Uploads()

    def page(name: str, kind: str) -> Callable[[Request], Response]:
        content = (folder / name).read_bytes()
        return lambda request: Response(content, media_type=kind)

    async def recognize(request: Request) -> Response:
        try:
            async with uploads.photo(request) as file:
                answer = await worker.run(request, partial(_look, recognizer, file))
        except RefusedError as refusal:
            return JSONResponse({"error": str(refusal)}, refusal.status)
        except ClientDisconnect:
            return Response(status_code=400)  # for nobody
        return JSONResponse(answer)

    routes = [Route(path, page(*entry)) for path, entry in _PAGES.items()]
    routes.append(Route("/favicon.ico", lambda request: Response(status_code=204)))
    routes.append(Route("/recognize", recognize, methods=["POST"]))
    return _guarded(Starlette(routes=routes), host)


def _guarded(app: _App, host: str) -> _App:
    """Refuse what another page sends, or what came here by another name than the page's."""
    from starlette.responses import JSONResponse, RedirectResponse

    by_name = f"localhost:{host.rpartition(':')[2]}"

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
        # What people write by hand, and editors that forward ports; no other site can have it.
        if found == by_name and scope["path"] == "/" and scope["method"] in ("GET", "HEAD"):
            target = RedirectResponse(f"http://{host}/")
        try:
            await target(scope, receive, send_with_headers)
        except asyncio.CancelledError:
            last = JSONResponse({"error": "the program that serves this page has been ended"}, 503)
            await last(scope, receive, send_with_headers)

    return guard


def _look(
    recognizer: EmotionRecognizer, file: BinaryIO, is_wanted: Callable[[], bool]
) -> dict[str, Any]:
    """Answer for a photo."""
    try:
        check_decoded_size(file, read_side(recognizer.detector))
        return answer_for(recognizer, file, is_wanted)
    except ImageError as error:
        sentence = str(error).removeprefix("image: ")
        if not sentence.startswith("too large"):
            raise RefusedError(400, sentence) from None
        found, _, _ = sentence.partition(";")
        most = f"at most {MAX_PIXELS // 10**6} million are taken"
        raise RefusedError(413, f"{found}; {most}") from None
    except MemoryError:
        raise RefusedError(503, "there is too little memory for this photo at present") from None
    except ImportError as error:
        raise RefusedError(500, str(error)) from None
