"""Whether the desk is alive, for whoever watches it."""

from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from db.engine import DatabaseUnavailable, connect, open_session
from db.people import demo_people
from settings import settings


def _read_something() -> None:
    with open_session(connect(settings().database_url)) as session:
        demo_people(session)


async def show_health(_request: Request) -> JSONResponse:
    """Answer 200 where the database can be read, 503 with the reason where it can't."""
    try:
        await run_sync(_read_something)
    except DatabaseUnavailable as error:
        return JSONResponse({"status": "unavailable", "reason": str(error)}, status_code=503)
    return JSONResponse({"status": "ok"})


routes = [Route("/healthz", show_health, methods=["GET"])]
