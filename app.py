"""The desk as an ASGI app: `uvicorn app:app` serves it.

The Streamlit script is components/shell.py and not this file, so that no pages/ folder lies beside it: Streamlit
would serve such a folder to anybody, without the shell and its guard.
"""

import threading
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import streamlit as st
from starlette.middleware import Middleware
from streamlit import config

from components import garbage
from db.engine import DatabaseUnavailable
from routes import access, account, addresses, failures, headers, health, limits
from routes.log import log, set_up
from settings import ROOT, settings


def open_desk() -> threading.Event:
    """Bring the database up to date, check the record, and see that the demo people exist where the demo is on.

    Returns:
        What ends the watch over the record once it is set.
    """
    from db import people, policies, register, sign_ins
    from db.engine import connect, migrate, open_session, read_only
    from desk import record_watch

    set_up(settings().log_level, settings().log_format)
    # Streamlit holds uploads to a limit of its own, which comes from its file of settings.
    config.set_option("server.maxUploadSize", settings().max_upload_mb)
    engine = connect(settings().database_url)
    migrate(engine)
    watch = record_watch.open_record(engine)
    if read_only(engine) is not None:
        return watch
    with open_session(engine, write=True) as session:
        policies.seed(session)
        register.seed(session)
        if sign_ins.demo_is_on(session, sign_ins.Limits(demo=settings().demo)):
            people.seed_demo_people(session)
    return watch


@asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[None]:
    """Open the desk, then set aside what will never be garbage."""
    watch = open_desk()
    import duckdb  # noqa: F401
    import pandas  # noqa: F401
    import plotly.graph_objects  # noqa: F401

    garbage.set_aside()
    yield
    watch.set()


def show_failure(error: Exception) -> bool:
    """Show one friendly sentence with a reference, and write under it to the log how the error came about.

    A record that can't be reached says itself what is wrong.
    """
    if isinstance(error, DatabaseUnavailable):
        log.warning("%s", error)
        st.error(str(error))
        return True
    reference = uuid.uuid4().hex[:8].upper()
    log.error("failed", exc_info=error, extra={"reference": reference})
    st.error(f"Something went wrong here, and nothing was recorded. Reference {reference} is in the log.")
    return True


app = st.App(
    ROOT / "components" / "shell.py",
    lifespan=lifespan,
    routes=[*account.routes, *health.routes],
    middleware=[
        Middleware(headers.SecurityHeaders),
        Middleware(access.AccessLog),
        Middleware(failures.FailuresInWords),
        Middleware(limits.BodyLimits),
        Middleware(account.SignInRequired),
        Middleware(limits.UploadQuota),
        Middleware(addresses.KnownAddresses),
    ],
    exception_handlers=failures.handlers,
    on_script_error=show_failure,
)
