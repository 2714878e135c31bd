"""Nobody reaches a page, an upload or a live connection without a sign-in; and all paths of the door together."""

import html

from anyio.to_thread import run_sync
from starlette.datastructures import URL
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from db.engine import DatabaseUnavailable
from routes import door, own_account, set_up, single_sign_on
from routes.access import PERSON
from routes.browsers import OPEN_PATHS, STREAMLIT_PATHS, token_of, who
from routes.page import page_of


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
        if (person := await run_sync(who, token_of(scope))) is not None:
            scope[PERSON] = person.id
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": "signed out"})
        else:
            await self._to_the_door(scope)(scope, receive, send)

    @staticmethod
    def _to_the_door(scope: Scope) -> Response:
        if scope["method"] != "GET" or scope["path"].startswith(STREAMLIT_PATHS):
            return HTMLResponse("Sign in first.", status_code=401)
        if single_sign_on.has_arrived(scope):
            return RedirectResponse(single_sign_on.ARRIVAL, status_code=303)
        query = scope["query_string"].decode("latin-1")
        wanted = scope["path"] + (f"?{query}" if query else "")
        return RedirectResponse(URL("/account").include_query_params(next=wanted), status_code=303)


routes = [*door.routes, *set_up.routes, *own_account.routes, *single_sign_on.routes]
