"""A visitor of a page without a browser: sends what a browser would send, and times the answer to its end."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from streamlit.util import calc_hash
from websockets.sync.client import ClientConnection, connect

from db.sign_ins import COOKIE

ANSWER_SECONDS = 60

# What a widget holds: text, a whole number, or the texts chosen; a button's click is True.
Value = str | int | bool | Sequence[str]


@dataclass(frozen=True, slots=True)
class Answer:
    """All that the server sent for one run of a page."""

    milliseconds: float
    """From the message sent to the end of the run."""
    messages: tuple[ForwardMsg, ...]

    def elements(self, kind: str) -> list[Any]:
        """The elements of a kind, as the protocol has them, in the order in which they were drawn."""
        drawn = (each.delta.new_element for each in self.messages if each.WhichOneof("type") == "delta")
        return [getattr(element, kind) for element in drawn if element.WhichOneof("type") == kind]

    @property
    def fragment_id(self) -> str:
        """The id of the page's only fragment."""
        (found,) = {each.delta.fragment_id for each in self.messages} - {""}
        return found


@dataclass(slots=True)
class Visitor:
    """One open page of one browser."""

    socket: ClientConnection
    page: str
    query: str
    _hash: str = ""
    _held: dict[str, Value] = field(default_factory=dict)

    def run(self, widgets: Mapping[str, Value] | None = None, *, fragment_id: str = "") -> Answer:
        """Run the page, or a fragment of it, with widgets (id to value) as changed since the last run."""
        message = BackMsg()
        rerun = message.rerun_script
        rerun.page_name, rerun.page_script_hash = self.page, self._hash or calc_hash(self.page)
        rerun.query_string, rerun.fragment_id = self.query, fragment_id
        rerun.context_info.color_scheme = "light"
        for name, value in (self._held | dict(widgets or {})).items():
            _set(rerun.widget_states.widgets.add(id=name), value)
        self._held |= {name: value for name, value in (widgets or {}).items() if value is not True}
        body = message.SerializeToString()
        began = time.perf_counter()
        self.socket.send(body)
        answer = Answer(*self._listen(began))
        for each in answer.messages:
            if each.WhichOneof("type") == "navigation":
                self._hash = each.navigation.page_script_hash
        return answer

    def _listen(self, began: float) -> tuple[float, tuple[ForwardMsg, ...]]:
        seen = []
        while True:
            message = ForwardMsg.FromString(self.socket.recv(timeout=ANSWER_SECONDS))
            seen.append(message)
            if message.WhichOneof("type") == "script_finished":
                return (time.perf_counter() - began) * 1000, tuple(seen)


@contextmanager
def visitor(address: str, page: str, *, query: str = "", cookie: str = "") -> Iterator[Visitor]:
    """A new session on a server's page."""
    with connect(
        f"ws{address.removeprefix('http')}/_stcore/stream",
        subprotocols=["streamlit"],
        additional_headers={"Cookie": f"{COOKIE}={cookie}"} if cookie else None,
        origin=address,
        max_size=None,
    ) as socket:
        yield Visitor(socket, page, query)


def _set(state: WidgetState, value: Value) -> None:
    match value:
        case bool():
            state.trigger_value = value
        case int():
            state.int_value = value
        case str():
            state.string_value = value
        case _:
            state.string_array_value.data.extend(value)
