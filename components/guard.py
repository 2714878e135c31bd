"""Who is at the desk, asked at the top of each page, in each fragment and before each write.

Streamlit runs fragments and callbacks without the shell, so a check in the shell alone would be passed by.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime
from math import inf
from time import monotonic
from zoneinfo import ZoneInfo

import streamlit as st
from sqlalchemy import Engine

from db import audit, facts, people, scope, sign_ins
from db.engine import DatabaseUnavailable, connect, open_session, read_only
from lending.errors import NotAllowed
from settings import ROOT, local_now, settings

# More digits than any row number has; the database could not even hold them.
LONGEST_NUMBER = 18


@dataclass(frozen=True, slots=True)
class Visit:
    """One run of one page: who looks, at which database, on which business date."""

    person: people.Person
    engine: Engine
    """The part of the record that the person sees; what is written through it is checked against the whole."""
    today: date
    """The business date; records dated before it exist."""
    now: datetime
    """The business date at the present time of day, in UTC: what deadlines are held against."""
    demo_data: bool


def file_of(page: str) -> str:
    """The file of a page, for links and switches; Streamlit would look for a bare name beside the shell."""
    return str(ROOT / "pages" / f"{page}.py")


def number_in_address(name: str) -> int | None:
    """The number that the address gives under a name; None where it gives none, or something else."""
    text = st.query_params.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < LONGEST_NUMBER else None


def browser_token() -> str | None:
    """The token of the browser that opened this session."""
    return st.context.cookies.get(sign_ins.COOKIE)


_HANDED_ON: ContextVar[Visit | None] = ContextVar("handed_on", default=None)


@contextmanager
def handed_on(visit: Visit) -> Iterator[None]:
    """Let the page that begins now enter by the look that the shell has just taken, once.

    Only the page's first statement gets it. Fragments, callbacks and writes look for themselves.
    """
    token = _HANDED_ON.set(visit)
    try:
        yield
    finally:
        _HANDED_ON.reset(token)


def enter(page: str | None = None) -> Visit:
    """The visit of the person signed in; stops the run where nobody is, or where the page is not theirs."""
    visit = _HANDED_ON.get() or _look()
    _HANDED_ON.set(None)
    if page is not None and page not in visit.person.pages:
        _note_refusal(visit, page)
        st.warning("This page is not part of your role.")
        st.stop()
    return visit


def _note_refusal(visit: Visit, page: str) -> None:
    """Tell the register who ran a page of another role; once for each tab, however often it runs."""
    if st.session_state.get("refused_page") == page:
        return
    st.session_state["refused_page"] = page
    with open_session(visit.engine, write=True, even_read_only=True) as session:
        audit.record_refusal(session, visit.person.id, page, "role")


def _look() -> Visit:
    """Who is signed in just now, from the record; stops the run where nobody is."""
    engine = connect(settings().database_url)
    token, limits = browser_token(), _limits()
    with open_session(engine) as session:
        person = sign_ins.signed_in(session, token, limits)
        timed_out = person is None and sign_ins.is_timed_out(session, token, limits)
        demo_date = facts.demo_business_date(session)
    if person is None:
        st.warning(_timed_out(limits) if timed_out else "You are signed out.")
        st.button("Sign in again", type="primary", on_click=leave, key="sign_in_again")
        st.stop()
    if token and not person.demo:
        _note_presence(engine, token)
    business_date = settings().business_date or demo_date
    now = local_now(business_date)
    today = business_date or now.astimezone(ZoneInfo(settings().time_zone)).date()
    return Visit(person, scope.engine_for(engine, person.sees), today, now, demo_date is not None)


def is_read_only() -> bool:
    """Whether nothing can be recorded at the moment, by anybody."""
    return read_only(connect(settings().database_url)) is not None


def _limits() -> sign_ins.Limits:
    return sign_ins.Limits(settings().idle_minutes, settings().sign_in_hours, settings().demo)


def _timed_out(limits: sign_ins.Limits) -> str:
    return (
        f"You are signed out: nothing was clicked for {limits.idle_minutes} minutes, or {limits.hours} hours "
        "were over. Nothing was recorded just now; what you had begun on a file is kept."
    )


def _note_presence(engine: Engine, token: str) -> None:
    """Write down, once a minute at most, that somebody has clicked.

    The first run of a session is the browser's own doing, which connects anew by itself whenever the line was cut; that
    a page was opened is noted by routes/addresses.py. A record that can't be written at the moment stops nobody's look.
    """
    now = monotonic()
    noted_at = st.session_state.get("presence_noted_at")
    if noted_at is None:
        st.session_state["presence_noted_at"] = -inf
    elif now - noted_at >= sign_ins.SEEN_EVERY.total_seconds():
        st.session_state["presence_noted_at"] = now
        with suppress(DatabaseUnavailable), open_session(engine, write=True, even_read_only=True) as session:
            sign_ins.note_presence(session, token)


def refuse_signed_out(visit: Visit, token: str | None) -> None:
    """Refuse what runs apart from its page, such as an export, once its browser is signed out or somebody else's.

    So it is once the person belongs to another branch: the page was drawn for the one before.

    Args:
        visit: of the run that drew the page.
        token: the browser's own, read in that run.

    Raises:
        NotAllowed: where the person of the visit is no longer signed in there, or sees another part of the record.
    """
    with open_session(visit.engine) as session:
        person = sign_ins.signed_in(session, token, _limits())
    if person is None or (person.id, person.sees) != (visit.person.id, visit.person.sees):
        raise NotAllowed("signed_out")


def leave() -> None:
    """Lead this tab out to the door, which leads back to the page that it came from.

    Any link but this would open the door in a tab of its own. routes/account.py answers what Streamlit then asks for.
    """
    st.logout()
