"""A list's filters, order, page and chosen row as short codes in the address.

So F5, the back button and a link give the same list, and so does coming back from another page. Streamlit's own
binding of widgets to the address writes their labels, which change with the wording; these codes stay.

While somebody works, the widgets say what is wanted and the address follows. Where the address is another than the one
written last, it was typed, or the back button was pressed: then the widgets follow.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import streamlit as st

Value = str | int | tuple[str, ...]
Values = dict[str, Value]

LONGEST_WORDS = 100
# More digits than any row number has.
LONGEST_NUMBER = 18
PAGE, CHOSEN = "page", "chosen"


@dataclass(frozen=True, slots=True)
class Filter:
    """One filter or the order of a list, under its name in the address; at its default it does not stand there."""

    name: str
    codes: Sequence[str] = ()
    """What it may be, the default first; any words where there are none."""
    several: bool = False
    """Whether some of the codes may be chosen at once, with none as the default; each is a single letter then."""

    def read(self, text: str) -> Value:
        """What a text of the address means; the default where it means nothing."""
        if self.several:
            return tuple(code for code in self.codes if code in text)
        if not self.codes:
            # PostgreSQL takes no text with the character 0.
            return " ".join(text.replace("\0", " ").split())[:LONGEST_WORDS]
        return text if text in self.codes else self.codes[0]

    def write(self, value: Value) -> str:
        """How a value stands in the address; empty for the default."""
        if self.several:
            return "".join(str(code) for code in value) if isinstance(value, tuple) else ""
        return "" if self.codes and value == self.codes[0] else str(value)


def settle(page: str, filters: Sequence[Filter]) -> None:
    """Before the widgets are drawn: let them stand as the address has them, where that has changed."""
    names = [each.name for each in filters] + [PAGE, CHOSEN]
    given = {name: st.query_params[name] for name in names if name in st.query_params}
    written = st.session_state.get(_query(page))
    arrived = key(page, filters[0].name) not in st.session_state
    if arrived and not given and written:
        given = written
    elif not arrived and (st.session_state.pop(_touched(page), False) or given == written):
        return
    _let_stand(page, filters, given)


def open_query(page: str, filters: Sequence[Filter], query: str) -> None:
    """Let the widgets stand as a kept view has them; the chosen row stays chosen."""
    _let_stand(page, filters, {**dict(parse_qsl(query)), CHOSEN: str(chosen(page) or "")})
    touch(page)


def _let_stand(page: str, filters: Sequence[Filter], given: Mapping[str, str]) -> None:
    for each in filters:
        value = each.read(given.get(each.name, ""))
        st.session_state[key(page, each.name)] = list(value) if isinstance(value, tuple) else value
    st.session_state[key(page, PAGE)] = _number(given.get(PAGE)) or 1
    st.session_state[key(page, CHOSEN)] = _number(given.get(CHOSEN))


def _number(text: str | None) -> int | None:
    usable = text and text.isascii() and text.isdigit() and len(text) < LONGEST_NUMBER
    return (int(text) or None) if text and usable else None


def values(page: str, filters: Sequence[Filter]) -> Values:
    """What the widgets say, each checked again: a browser may send anything."""
    found: Values = {}
    for each in filters:
        value = st.session_state[key(page, each.name)]
        found[each.name] = each.read("".join(value) if each.several and value else value or "")
    return found


def keep(page: str, filters: Sequence[Filter]) -> None:
    """After the list is drawn: write the address, and remember it for the way back from another page."""
    query = filters_query(page, filters)
    if page_number(page) > 1:
        query[PAGE] = str(page_number(page))
    if chosen(page) is not None:
        query[CHOSEN] = str(chosen(page))
    st.session_state[_query(page)] = query
    # What the run itself turned to or let go is now in the address; only what a person does next counts as touched.
    st.session_state.pop(_touched(page), None)
    if query != st.query_params.to_dict():
        st.query_params.from_dict(query)


def filters_query(page: str, filters: Sequence[Filter]) -> dict[str, str]:
    """The filters and the order that are not at their defaults, by their names in the address."""
    written = {
        each.name: each.write(value) for each, value in zip(filters, values(page, filters).values(), strict=True)
    }
    return {name: text for name, text in written.items() if text}


def clear(page: str, filters: Sequence[Filter], *, but: Sequence[str] = ("order",)) -> None:
    """Set the filters to their defaults; the order stays, and so does the chosen row."""
    for each in filters:
        if each.name not in but:
            st.session_state[key(page, each.name)] = [] if each.several else each.read("")
    turn_to(page, 1)


def touch(page: str) -> None:
    """Somebody changed a filter or the order: the widgets count, and the list begins at its first page."""
    turn_to(page, 1)
    st.session_state[f"{page}_sorted_anew"] = True


def turn_to(page: str, number: int) -> None:
    """Turn to a page of the list."""
    st.session_state[key(page, PAGE)] = number
    st.session_state[_touched(page)] = True


def choose(page: str, number: int | None) -> None:
    """Choose a row by its number, or none."""
    st.session_state[key(page, CHOSEN)] = number
    st.session_state[_touched(page)] = True


def sorted_anew(page: str) -> bool:
    """Whether filters or order were changed since this was asked last: then the list turns to the chosen row."""
    return bool(st.session_state.pop(f"{page}_sorted_anew", False))


def turn_to_chosen(page: str, line: Sequence[int], rows: int) -> int:
    """The page of a whole line to show: that of the chosen row once it was sorted anew, never one past the last."""
    number = chosen(page)
    if number is not None and number not in line:
        choose(page, None)
    elif number is not None and sorted_anew(page):
        turn_to(page, line.index(number) // rows + 1)
    last = max(1, -(-len(line) // rows))
    if page_number(page) > last:
        turn_to(page, last)
    return page_number(page)


def page_number(page: str) -> int:
    """The page of the list that is shown."""
    return int(st.session_state[key(page, PAGE)])


def chosen(page: str) -> int | None:
    """The number of the chosen row."""
    number: int | None = st.session_state[key(page, CHOSEN)]
    return number


def key(page: str, name: str) -> str:
    """The key of a filter's widget."""
    return f"{page}_{name}"


def widget(page: str, name: str) -> dict[str, Any]:
    """What makes a widget that of a filter: its key, and what a change of it does."""
    return {"key": key(page, name), "on_change": touch, "args": (page,)}


def _query(page: str) -> str:
    return f"{page}_query"


def _touched(page: str) -> str:
    return f"{page}_touched"
