"""What is looked at on the Portfolio page, as short codes in the address: the day, the book, and what was picked."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import partial

import streamlit as st

from components import book_words as words
from components import wording
from lending.book_picks import NAMES, Pick
from lending.book_view import Holding
from lending.months import first_of_month

PAGE = "portfolio"
MONTHS_BACK = 36
OTHER_DAY = "other"
MOST_CHIPS = 8


def wanted() -> dict[str, str]:
    """What the address picks, unchecked."""
    return {name: st.query_params[name] for name in NAMES if name in st.query_params}


def holding() -> Holding:
    """Whose money counts."""
    return "own" if st.query_params.get("book") == "own" else "managed"


def as_of(today: date) -> date:
    """The day that the address names, today's opening where it names none that can be looked at."""
    try:
        day = date.fromisoformat(st.query_params.get("as_of", ""))
    except ValueError:
        return today
    return day if date(1990, 1, 1) < day <= today + timedelta(days=1) else today


def pick(picked: Pick) -> None:
    """Pick what a mark stands for; the same once more takes it back."""
    name, value = picked
    if st.query_params.get(name) == value:
        st.query_params.pop(name, None)
    else:
        st.query_params[name] = value
    _first_page()


def let_go(name: str) -> None:
    """Take one pick back."""
    st.query_params.pop(name, None)
    _first_page()


def clear() -> None:
    """Take all picks back."""
    for name in NAMES:
        st.query_params.pop(name, None)
    _first_page()


def _first_page() -> None:
    st.query_params.pop("page", None)


def show_picks(picks: Sequence[Pick], currency: str, *, key: str) -> None:
    """A button for each pick that takes it back, and one for all; nothing where nothing was picked."""
    if not picks:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"picks_{key}"):
        st.caption("Only", width="content")
        for each in picks[:MOST_CHIPS]:
            st.button(
                wording.plain(words.pick(each, currency)), icon=":material/close:", key=f"{key}_{each[0]}",
                on_click=partial(let_go, each[0]), help="Take this filter back",
            )  # fmt: skip
        st.button("Clear filters", type="tertiary", key=f"{key}_clear", on_click=clear)


def choose_day(today: date, chosen: date) -> None:
    """The day, by month ends or any other."""
    ends = [first_of_month(today, shift=-back) for back in range(MONTHS_BACK)]
    days = list(dict.fromkeys(each for each in (today, today + timedelta(days=1), *ends, chosen)))
    names = {each.isoformat(): _day_said(each, today) for each in sorted(days, reverse=True)} | {
        OTHER_DAY: "Another day…"
    }
    asking = st.session_state.get("portfolio_other_day", False)
    st.session_state["portfolio_as_of"] = OTHER_DAY if asking else chosen.isoformat()
    st.selectbox(
        "As of", list(names), format_func=names.__getitem__, key="portfolio_as_of", width=170,
        label_visibility="collapsed", on_change=_put_day,
    )  # fmt: skip
    if asking:
        st.date_input(
            "Close of", value=chosen - timedelta(days=1), min_value=date(1990, 1, 2), max_value=today,
            key="portfolio_close", format="YYYY-MM-DD", width=130, label_visibility="collapsed", on_change=_put_close,
        )  # fmt: skip


def _day_said(day: date, today: date) -> str:
    if day == today + timedelta(days=1):
        return f"{wording.day(today)}, so far"
    return f"Close of {words.close_of(day)}"


def _put_day() -> None:
    value = st.session_state["portfolio_as_of"]
    st.session_state["portfolio_other_day"] = value == OTHER_DAY
    if value != OTHER_DAY:
        st.query_params["as_of"] = value
        _first_page()


def _put_close() -> None:
    value = st.session_state["portfolio_close"]
    if isinstance(value, date):
        st.query_params["as_of"] = (value + timedelta(days=1)).isoformat()
        st.session_state["portfolio_other_day"] = False
        _first_page()


def show_month_end(day: date) -> None:
    """One click to the newest month end, where another day is looked at."""
    if day.day != 1:
        end = first_of_month(day)
        st.button(
            f"Close of {words.close_of(end)}", type="tertiary", icon=":material/event:", key="portfolio_month_end",
            on_click=partial(_put, "as_of", end.isoformat()),
        )  # fmt: skip


def choose(name: str, label: str, options: Mapping[str, str], chosen: str, *, width: int) -> None:
    """A select whose code stands in the address."""
    key = f"portfolio_{name}"
    st.session_state[key] = chosen
    st.selectbox(
        label, list(options), format_func=options.__getitem__, key=key, width=width, label_visibility="collapsed",
        on_change=_put_from, args=(name, key),
    )  # fmt: skip


def _put_from(name: str, key: str) -> None:
    _put(name, st.session_state[key])


def _put(name: str, value: str) -> None:
    st.query_params[name] = value
    _first_page()
