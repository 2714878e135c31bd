"""Serves the twins exactly as app.py serves the desk, but for the record: `uvicorn benchmarks.twin.app:app`."""

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from benchmarks.twin import drawing


@asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[None]:
    """Read the constants, then set aside what will never be garbage, as the desk does."""
    drawing.pages()
    gc.collect()
    gc.freeze()
    yield


async def say_ready(_request: Request) -> PlainTextResponse:
    """Answer once the server is up."""
    return PlainTextResponse("ready")


app = st.App(Path(__file__).parent / "shell.py", lifespan=lifespan, routes=[Route("/healthz", say_ready)])
