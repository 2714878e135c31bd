"""What an address says that leads to no page: Streamlit would answer it with an empty page, or with another one."""

import html
from urllib.parse import quote

from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from db import audit, people
from db.engine import connect, open_session
from routes.browsers import OPEN_PATHS, STREAMLIT_PATHS, note_presence, token_of, who
from routes.page import page_of
from settings import settings

EVERY_PAGE = frozenset(page for pages in people.PAGES_OF_ROLE.values() for page in pages)


class KnownAddresses:
    """Answers a person who opens an address without a page, or a page of another role, with a sentence and a way on."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not _is_opened_by_a_person(scope):
            await self.app(scope, receive, send)
            return
        page = scope["path"].strip("/")
        token = token_of(scope)
        person = await run_sync(who, token)
        if token and person is not None and not person.demo:
            # Opening a page is a person's doing; what its script asks for of itself is not (components/guard.py).
            await run_sync(note_presence, token)
        if person is None or page in ("", *person.pages):
            await self.app(scope, receive, send)
            return
        if page in EVERY_PAGE:
            await run_sync(_note_refusal, person.id, page)
        await _no_page(page, person)(scope, receive, send)


def _is_opened_by_a_person(scope: Scope) -> bool:
    """Whether a browser asks for a page to show; it asks for what belongs to a page in other words."""
    return (
        scope["type"] == "http"
        and scope["method"] == "GET"
        and not scope["path"].startswith((*OPEN_PATHS, *STREAMLIT_PATHS))
        and "text/html" in Request(scope).headers.get("accept", "")
    )


def _note_refusal(person_id: int, page: str) -> None:
    with open_session(connect(settings().database_url), write=True, even_read_only=True) as session:
        audit.record_refusal(session, person_id, page, "role")


def _no_page(page: str, person: people.Person) -> HTMLResponse:
    if page in EVERY_PAGE:
        title, status = "This page is not part of your role", 403
    else:
        title, status = "There is no page at this address", 404
    who = f"You are {html.escape(person.name)}, {person.role}. These pages are yours:"
    leads = f"/account?next=/{quote(page)}" if person.demo else "/account"
    change = f'<p><a href="{leads}">{"Change person" if person.demo else "Your account"}</a></p>'
    links = "".join(f'<li><a href="/{each}">{each.capitalize()}</a></li>' for each in person.pages)
    return HTMLResponse(
        page_of(
            title,
            f"<p>/{html.escape(page)}</p><p>{who}</p><ul>{links}</ul>{change}",
            demo=person.demo,
        ),
        status_code=status,
    )
