"""What every page at the door needs to know of a browser: its token, where it comes from, and where it goes on to."""

import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit

from sqlalchemy import Engine
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import Scope

from db import people, sign_ins
from db.engine import connect, open_session
from routes.page import page_of
from settings import settings

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")

# Reachable without a sign-in: the door itself, the organisation's own sign-in, what a browser needs to draw them, and
# the health checks.
OPEN_PATHS = (
    "/account",
    "/auth/login",
    "/auth/logout",
    "/oauth2callback",
    "/healthz",
    "/readyz",
    "/_stcore/health",
    "/_stcore/host-config",
    "/static/",
    "/favicon",
)

# What a page asks Streamlit for, and nobody opens.
STREAMLIT_PATHS = ("/_stcore/", "/media/", "/component/")

# A name and a passphrase are far shorter.
LARGEST_FORM_BYTES = 20_000


def engine() -> Engine:
    """The database of the desk."""
    return connect(settings().database_url)


def limits() -> sign_ins.Limits:
    """How long a sign-in lasts, and whether demo people may have one."""
    return sign_ins.Limits(settings().idle_minutes, settings().sign_in_hours, settings().demo)


def who(token: str | None) -> people.Person | None:
    """The person whose browser has this token."""
    with open_session(engine()) as session:
        return sign_ins.signed_in(session, token, limits())


def note_presence(token: str) -> None:
    """Write down that somebody is there."""
    with open_session(engine(), write=True, even_read_only=True) as session:
        sign_ins.note_presence(session, token)


def token_of(scope: Scope) -> str | None:
    """The browser's token."""
    return Request({**scope, "type": "http"}).cookies.get(sign_ins.COOKIE)


def is_loopback(address: str | None) -> bool:
    """Whether an address leads to this machine itself."""
    try:
        return address is not None and ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"


def is_this_machine(scope: Scope) -> bool:
    """Whether a connection came in on a loopback address, from one, and for one; else there is no demo on it."""
    server, client = scope.get("server"), scope.get("client")
    host = dict(scope["headers"]).get(b"host", b"").decode("latin-1").rsplit(":", 1)[0]
    return (
        is_loopback(server[0] if server else None)
        and is_loopback(client[0] if client else None)
        and host in LOOPBACK_NAMES
    )


def origin_of_failures(request: Request) -> str | None:
    """The address whose failures are counted together; None for this machine, where a proxy may stand for everybody."""
    address = request.client.host if request.client else None
    return None if is_loopback(address) else address


def local_path(next_path: str | None) -> str:
    """Where to go after the door: only ever a path of this desk."""
    try:
        parts = urlsplit(next_path or "/")
    except ValueError:  # a bracket that opens no address
        return "/"
    if parts.scheme or parts.netloc or not parts.path.startswith("/") or parts.path.startswith(("//", "/\\")):
        return "/"
    if parts.path.startswith(OPEN_PATHS):
        return "/"
    return parts.path + (f"?{parts.query}" if parts.query else "")


def way_in(person: people.Person, wanted: str) -> str:
    """The path wanted, or the person's first page where that one is not theirs."""
    return wanted if urlsplit(wanted).path.strip("/") in person.pages else "/"


async def form_of(request: Request) -> FormData | Response:
    """The form that was sent, or the answer to one that is refused: from another site, or far too large."""
    origin = request.headers.get("origin")
    if origin is not None and origin.partition("://")[2] != request.headers.get("host"):
        return answer("Not from here", "<p>This form was sent from another site.</p>", status=403)
    length = request.headers.get("content-length", "")
    if not length.isdigit() or int(length) > LARGEST_FORM_BYTES:
        return answer("Too much", "<p>This form was filled with far more than it can hold.</p>", status=413)
    return await request.form(max_files=0, max_fields=20)


def text_of(form: FormData, name: str) -> str:
    """What stands in a field; empty where it is missing."""
    value = form.get(name, "")
    return value if isinstance(value, str) else ""


def give_token(response: Response, request: Request, token: str) -> None:
    """Hand a browser its token, which no script can read and no other site can send along.

    Whether it came by TLS is what uvicorn says, who believes a proxy's X-Forwarded-Proto from this machine only.
    """
    response.set_cookie(
        sign_ins.COOKIE, token, httponly=True, samesite="strict", path="/", secure=request.url.scheme == "https"
    )


def take_token(response: Response) -> None:
    """Have a browser forget its token."""
    response.delete_cookie(sign_ins.COOKIE, httponly=True, samesite="strict")


def answer(
    title: str, body: str, *, status: int = 200, demo: bool = False, headers: Mapping[str, str] | None = None
) -> HTMLResponse:
    """A page at the door, which no browser and no proxy keeps."""
    return HTMLResponse(
        page_of(title, body, demo=demo), status_code=status, headers={"Cache-Control": "no-store", **(headers or {})}
    )
