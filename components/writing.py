"""Buttons that write: live where the record can be written, and never worth the page where it can't."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import streamlit as st

from components import guard, refusals, wording
from db.chain_key import KeyMissing
from db.engine import DatabaseUnavailable
from lending.errors import BrokenRule

log = logging.getLogger("loam")

UNRECORDED = "unrecorded"
STEPS = {"reading": "Reading and checking", "comparing": "Comparing with the record", "storing": "Storing"}
READ_ONLY = "Nothing was recorded just now: this desk can only be read at the moment."


def button(
    label: str,
    *,
    disabled: bool = False,
    on_click: Callable[..., object] | None = None,
    **options: Any,  # noqa: ANN401  (as st.button has them)
) -> bool:
    """A button that writes; takes what `st.button` takes."""
    return st.button(label, disabled=disabled or guard.is_read_only(), on_click=_tried(on_click), **options)


def form_submit_button(
    label: str,
    *,
    disabled: bool = False,
    on_click: Callable[..., object] | None = None,
    **options: Any,  # noqa: ANN401
) -> bool:
    """The button of a form that writes; takes what `st.form_submit_button` takes."""
    return st.form_submit_button(label, disabled=disabled or guard.is_read_only(), on_click=_tried(on_click), **options)


@contextmanager
def page_kept() -> Iterator[None]:
    """Let a write that the record can't take leave the page as it is; `show_unrecorded` says so on the next run."""
    try:
        yield
    except DatabaseUnavailable as error:
        log.warning("%s", error)
        st.session_state[UNRECORDED] = READ_ONLY if guard.is_read_only() else str(error)


@contextmanager
def telling(*also: type[Exception]) -> Iterator[Callable[[str, float], None]]:
    """A bar that moves while files are read and stored; what can't be done ends the page with a sentence.

    Args:
        also: what else is told in its own words.
    """
    bar = st.progress(0.0, "Starting")

    def tell(step: str, share: float) -> None:
        bar.progress(min(max(share, 0.0), 1.0), STEPS.get(step, step))

    told: tuple[type[Exception], ...] = (BrokenRule, DatabaseUnavailable, KeyMissing, *also)
    try:
        yield tell
    except told as error:
        st.error(refusals.sentence(error) if isinstance(error, BrokenRule) else wording.plain(str(error)))
        st.stop()
    finally:
        bar.empty()


def show_unrecorded() -> None:
    """Say once, above the page or the part that is drawn anew, why the last press recorded nothing."""
    if said := st.session_state.pop(UNRECORDED, None):
        st.error(said)


def _tried(act: Callable[..., object] | None) -> Callable[..., None] | None:
    if act is None:
        return None

    def trying(*given: object, **named: object) -> None:
        with page_kept():
            act(*given, **named)

    return trying
