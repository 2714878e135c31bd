"""What the desk says where a request fails: a sentence and a reference, and nothing of how the desk is built."""

import html

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from db.engine import DatabaseUnavailable
from routes.access import REFERENCE
from routes.browsers import STREAMLIT_PATHS
from routes.log import log
from routes.page import page_of

WENT_WRONG = ("Something went wrong here", "Nothing was recorded.")
WORDS = {
    400: ("This request can't be read", "Go back to the desk and try again."),
    401: ("Sign in first", "Nobody is signed in here."),
    403: ("This was refused", "It is not yours to do, or this tab is too old. Load the page anew."),
    404: ("There is nothing at this address", "It may have been a download, which is kept for a short while only."),
    405: ("This address takes no such request", "Nothing was done."),
    413: ("This is too large", "Nothing of it was read. The Imports page says how large a file may be."),
    416: ("There is no such part", "Load the whole file."),
    429: ("That was a lot in one hour", "Nothing of this file was kept."),
    503: ("The desk can't reach its record", "Nothing was changed. Try again in a minute."),
}


async def show_refusal(request: Request, error: Exception) -> Response:
    """The answer to a request that a route refused; the route's own words stay inside."""
    status, headers = (error.status_code, error.headers) if isinstance(error, HTTPException) else (500, None)
    answer = answer_to(request.scope, status)
    answer.headers.update(headers or {})
    return answer


def answer_to(scope: Scope, status: int, more: str = "") -> Response:
    """A page for a person, a line for a script; both with the reference that the log has."""
    title, sentence = WORDS.get(status, WENT_WRONG)
    sentence = more or sentence
    reference = scope[REFERENCE]
    if scope["path"].startswith(STREAMLIT_PATHS):
        return PlainTextResponse(f"{title}. {sentence} Reference {reference} is in the log.", status)
    body = (
        f'<p>{html.escape(sentence)}</p><p class="quiet">Reference {reference} is in the log.</p>'
        '<p><a href="/">Go to the desk</a></p>'
    )
    return HTMLResponse(page_of(title, body), status)


class FailuresInWords:
    """Answers what nobody else caught: a record out of reach with 503, a fault of ours with 500 and a line in the log.

    An answer that has begun already is broken off.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
            return
        begun = False

        async def note_beginning(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, note_beginning)
        except Exception as error:
            status, more = 500, ""
            if isinstance(error, DatabaseUnavailable):
                status, more = 503, str(error)
                log.warning("%s", error, extra={"reference": scope[REFERENCE]})
            else:
                log.error("failed", exc_info=error, extra={"reference": scope[REFERENCE]})
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1011, "reason": ""})
            elif begun:
                raise
            else:
                await answer_to(scope, status, more)(scope, receive, send)


handlers = {HTTPException: show_refusal}
