"""Whether the desk lives, and whether it can work; for whoever watches it, who may be a stranger.

`/healthz`: the process answers; it asks nothing of the record, so that a watchdog never ends a process for a database
that is away. `/readyz`: the record can be read and written, has the newest tables, and fits its chain. What is wrong is
said in one word.
"""

from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from db.engine import DatabaseUnavailable, has_newest_tables, read_only
from routes.browsers import engine


def what_is_wrong() -> str | None:
    """What keeps the desk from working, in a word: database, migrations or chain; None where nothing does."""
    try:
        if not has_newest_tables(engine()):
            return "migrations"
        return "chain" if read_only(engine()) else None
    except DatabaseUnavailable:
        return "database"


async def say_alive(_request: Request) -> JSONResponse:
    """Answer, and nothing else."""
    return JSONResponse({"status": "ok"})


async def say_ready(_request: Request) -> JSONResponse:
    """Answer 200 where the desk can work, else 503 with what is wrong."""
    wrong = await run_sync(what_is_wrong)
    if wrong:
        return JSONResponse({"status": "unavailable", "wrong": wrong}, status_code=503)
    return JSONResponse({"status": "ok"})


routes = [Route("/healthz", say_alive, methods=["GET"]), Route("/readyz", say_ready, methods=["GET"])]
