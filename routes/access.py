"""The log of what was asked of the desk and how it was answered, and the reference under which it is found there."""

import time
import uuid

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from db.people import PAGES_OF_ROLE
from routes.browsers import OPEN_PATHS, STREAMLIT_PATHS
from routes.log import log

REFERENCE = "loam.reference"
PERSON = "loam.person_id"
"""Where in a request's scope its reference stands, and who sent it."""

# Asked for by the dozen with each page, and the same for everybody.
NOT_TOLD = ("/static/", "/favicon", "/healthz", "/readyz", "/_stcore/health", "/_stcore/host-config")
PAGES = frozenset(f"/{page}" for pages in PAGES_OF_ROLE.values() for page in pages)
SWITCHED = 101


class AccessLog:
    """Gives each request a reference, and writes one line once it is answered, or its live connection has ended."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
            return
        scope[REFERENCE] = uuid.uuid4().hex[:8].upper()
        status: int | None = None

        async def note_status(message: Message) -> None:
            nonlocal status
            match message["type"]:
                case "http.response.start":
                    status = message["status"]
                case "websocket.accept":
                    status = SWITCHED
                case "websocket.close":
                    status = status or 403
            await send(message)

        begun = time.perf_counter()
        try:
            await self.app(scope, receive, note_status)
        finally:
            if not scope["path"].startswith(NOT_TOLD) or (status or 500) >= 400:
                log.info("answered", extra=_facts(scope, status, time.perf_counter() - begun))


def _facts(scope: Scope, status: int | None, seconds: float) -> dict[str, object]:
    return {
        "reference": scope[REFERENCE],
        "method": scope.get("method", "WEBSOCKET"),
        "path": told_path(scope["path"]),
        "status": status,
        "milliseconds": round(seconds * 1000),
        "person_id": scope.get(PERSON),
    }


def told_path(path: str) -> str:
    """A path as the log may have it: what the desk itself calls it, and of anything else nothing.

    >>> told_path("/queue"), told_path("/media/5e884898.csv"), told_path("/Grey Tile Teas")
    ('/queue', '/media/…', '/…')
    """
    if path == "/" or path in PAGES or path in OPEN_PATHS:
        return path
    for prefix in ("/_stcore/upload_file/", "/account/", *STREAMLIT_PATHS, "/static/"):
        if path.startswith(prefix):
            rest = path.removeprefix(prefix)
            return path if prefix == "/_stcore/" and rest in {"stream", "metrics"} else f"{prefix}…"
    return "/…"
