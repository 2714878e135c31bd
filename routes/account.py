"""The door: who is signing in, by a cookie that scripts in the browser cannot read.

Demo people sign in by a click, on an address of this machine only. Real accounts will come through the same door.
"""

import html
import ipaddress
from urllib.parse import parse_qs, urlsplit

from anyio.to_thread import run_sync
from sqlalchemy import Engine
from starlette.datastructures import URL
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from db import people
from db.engine import DatabaseUnavailable, connect, open_session
from routes.page import page_of
from settings import settings

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")

# Reachable without a sign-in: the door itself, what a browser needs to draw it, and the health checks.
OPEN_PATHS = ("/account", "/auth/logout", "/healthz", "/_stcore/health", "/_stcore/host-config", "/static/", "/favicon")

# What a page asks Streamlit for, and nobody opens.
STREAMLIT_PATHS = ("/_stcore/", "/media/", "/component/")

WHAT_ROLES_DO = {
    "officer": "Takes applications and answers them",
    "manager": "Settles what an officer may only propose",
    "auditor": "Reads everything, changes nothing",
    "administrator": "Brings in files, sees no shop",
}


def _engine() -> Engine:
    return connect(settings().database_url)


def is_loopback(address: str | None) -> bool:
    """Whether an address leads to this machine itself."""
    try:
        return address is not None and ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"


def demo_is_on(scope: Scope) -> bool:
    """Whether demo people may sign in on this connection: the setting is on, and it came in on a loopback address."""
    server = scope.get("server")
    host = dict(scope["headers"]).get(b"host", b"").decode("latin-1").rsplit(":", 1)[0]
    return settings().demo and is_loopback(server[0] if server else None) and host in LOOPBACK_NAMES


def _local_path(next_path: str | None) -> str:
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


async def show_door(request: Request) -> HTMLResponse:
    """The page on which somebody signs in."""
    if not demo_is_on(request.scope):
        return HTMLResponse(
            page_of(
                "Nobody can sign in here yet",
                "<p>Demo people are let in only on this machine's own address, and no other accounts exist yet.</p>",
            ),
            status_code=403,
        )
    known, current = await run_sync(_people_at_the_door, request.cookies.get(people.COOKIE))
    next_path = html.escape(_local_path(request.query_params.get("next")), quote=True)
    buttons = "".join(
        f'<button name="person" value="{html.escape(each.handle, quote=True)}">'
        f"<b>{html.escape(each.name)}</b><span>{WHAT_ROLES_DO[each.role]}</span></button>"
        for each in known
    )
    leave = '<button class="plain" name="person" value="">Sign out</button>' if current else ""
    back = f'<a href="{next_path}">Back to the desk</a>'
    who = f"<p>You are signed in as {html.escape(current.name)}. {back}</p>" if current else ""
    return HTMLResponse(
        page_of(
            "Who is at the desk?",
            f"{who}<p>These people are made up. Choose one to work with their rights.</p>"
            f'<form method="post" action="/account"><input type="hidden" name="next" value="{next_path}">'
            f"{buttons}{leave}</form>",
            demo=True,
        )
    )


async def lead_to_door(request: Request) -> Response:
    """Where `st.logout` leads a tab: to the door, and from there back to the page that the tab showed.

    The sign-in ends there, by the form, and not here: a mere address must not sign anybody out.
    """
    came_from = urlsplit(request.headers.get("referer", ""))
    wanted = "/"
    if came_from.netloc == request.headers.get("host"):
        wanted = parse_qs(came_from.query).get("next", [f"{came_from.path}?{came_from.query}"])[0]
    return RedirectResponse(URL("/account").include_query_params(next=_local_path(wanted)), status_code=303)


def _people_at_the_door(token: str | None) -> tuple[list[people.Person], people.Person | None]:
    with open_session(_engine()) as session:
        return people.demo_people(session), people.signed_in(session, token)


async def pass_door(request: Request) -> Response:
    """Sign in as a demo person, or out where no person is named."""
    origin = request.headers.get("origin")
    if origin is not None and origin.partition("://")[2] != request.headers.get("host"):
        return HTMLResponse(page_of("Not from here", "<p>This form was sent from another site.</p>"), status_code=403)
    if not demo_is_on(request.scope):
        return await show_door(request)
    form = await request.form()
    old_token, handle = request.cookies.get(people.COOKIE), str(form.get("person", ""))
    person, token = await run_sync(_change_sign_in, old_token, handle)
    if person is None:
        response = RedirectResponse("/account", status_code=303)
        response.delete_cookie(people.COOKIE, httponly=True, samesite="strict")
    else:
        response = RedirectResponse(_way_in(person, _local_path(str(form.get("next", "/")))), status_code=303)
        response.set_cookie(
            people.COOKIE, token, httponly=True, samesite="strict", secure=request.url.scheme == "https"
        )
    return response


def _way_in(person: people.Person, wanted: str) -> str:
    """The path wanted, or the person's first page where that one is not theirs."""
    return wanted if urlsplit(wanted).path.strip("/") in person.pages else "/"


def _change_sign_in(old_token: str | None, handle: str) -> tuple[people.Person | None, str]:
    """Who sits at the desk from now on, if anybody, and the browser's new token."""
    # Who may look may come and go, where nothing else can be recorded.
    with open_session(_engine(), write=True, even_read_only=True) as session:
        if old_token:
            people.sign_out(session, old_token)
        person = people.by_handle(session, handle)
        if person is None or not person.demo:
            return None, ""
        return person, people.sign_in(session, person.id)


def _is_signed_in(token: str | None) -> bool:
    with open_session(_engine()) as session:
        return people.signed_in(session, token) is not None


class SignInRequired:
    """Turns everybody away who is not signed in, before any page, upload or live connection is reached."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._let_through(scope, receive, send)
        except DatabaseUnavailable as error:
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1013, "reason": "no record"})
            else:
                body = page_of("The desk can't reach its record", f"<p>{html.escape(str(error))}</p>")
                await HTMLResponse(body, status_code=503)(scope, receive, send)

    async def _let_through(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"} or scope["path"].startswith(OPEN_PATHS):
            await self.app(scope, receive, send)
            return
        if await run_sync(_is_signed_in, _cookie(scope)):
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": "signed out"})
        else:
            await self._to_the_door(scope)(scope, receive, send)

    @staticmethod
    def _to_the_door(scope: Scope) -> Response:
        if scope["method"] != "GET" or scope["path"].startswith(STREAMLIT_PATHS):
            return HTMLResponse("Sign in first.", status_code=401)
        query = scope["query_string"].decode("latin-1")
        wanted = scope["path"] + (f"?{query}" if query else "")
        return RedirectResponse(URL("/account").include_query_params(next=wanted), status_code=303)


def _cookie(scope: Scope) -> str | None:
    return Request({**scope, "type": "http"}).cookies.get(people.COOKIE)


routes = [
    Route("/account", show_door, methods=["GET"]),
    Route("/account", pass_door, methods=["POST"]),
    Route("/auth/logout", lead_to_door, methods=["GET"]),
]
