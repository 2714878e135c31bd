"""Draws a page by its recipe (benchmarks.recipe), with the plainest call that Streamlit has for each element."""

import base64
import functools
import json
import os
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pyarrow as pa
import streamlit as st

Node = dict[str, Any]


@functools.cache
def pages() -> dict[str, Node]:
    """The recipes by page; charts and tables are made into arrays and frames once, and are constants from then on."""
    told: dict[str, Node] = json.loads(Path(os.environ["LOAM_RECIPES"]).read_text(encoding="utf-8"))
    numbers = count()
    for node in told.values():
        _prepare(node, numbers)
    return told


def _prepare(node: Node, numbers: "count[int]") -> None:
    node["key"] = f"k{next(numbers)}"
    for trace in node.get("traces", ()):
        trace |= {name: _array(trace[name]) for name in ("x", "y", "z") if name in trace}
    if "arrow" in node:
        node["frame"] = pa.ipc.open_stream(base64.b64decode(node["arrow"])).read_pandas()
    for child in node.get("children", ()):
        _prepare(child, numbers)


def _array(values: list[Any]) -> np.ndarray:
    """Coordinates as a page would hold them: days as days, names as objects, numbers as numbers."""
    if values and isinstance(values[0], str):
        try:
            return np.array(values, dtype="datetime64[s]")
        except ValueError:
            return np.array(values, dtype=object)
    return np.array(values)


def draw_all(node: Node) -> None:
    """Draw a block's children."""
    for child in node["children"]:
        draw(child)


def draw(node: Node) -> None:
    """Draw one block with all that is in it, or one element."""
    DRAW[node["kind"]](node)


def _block(node: Node) -> None:
    children = node["children"]
    if node["begins_fragment"]:
        st.fragment(lambda: draw_all(node))()
    elif children and all(child["kind"] == "column" for child in children):
        columns = st.columns([child["weight"] for child in children])
        for column, child in zip(columns, children, strict=True):
            with column:
                draw_all(child)
    else:
        with st.container(border=node["border"], horizontal=node["horizontal"]):
            draw_all(node)


def _grid(node: Node) -> None:
    with st.grid(node["columns"], wrap=node["wrap"], min_column_width=68):
        draw_all(node)


def _popover(node: Node) -> None:
    with st.popover(node["label"]):
        draw_all(node)


def _expander(node: Node) -> None:
    with st.expander(node["label"], expanded=node["expanded"]):
        draw_all(node)


def _group(node: Node) -> None:
    choose = st.pills if node["many"] else st.segmented_control
    choose(node["label"], range(node["options"]), key=node["key"])


def _chart(node: Node) -> None:
    st.plotly_chart(go.Figure(data=node["traces"], layout={"height": node["height"]}), key=node["key"])


def _table(node: Node) -> None:
    if node["chosen_by_row"]:
        st.dataframe(node["frame"], key=node["key"], on_select="rerun", selection_mode="single-row")
    else:
        st.dataframe(node["frame"])


DRAW = {
    "flex_container": _block,
    "grid_container": _grid,
    "popover": _popover,
    "expandable": _expander,
    "markdown": lambda node: (st.caption if node["caption"] else st.markdown)(node["body"]),
    "button": lambda node: st.button(node["label"], key=node["key"]),
    "button_group": _group,
    "selectbox": lambda node: st.selectbox(node["label"], range(node["options"]), key=node["key"]),
    "multiselect": lambda node: st.multiselect(node["label"], range(node["options"]), key=node["key"]),
    "text_input": lambda node: st.text_input(node["label"], key=node["key"]),
    "text_area": lambda node: st.text_area(node["label"], key=node["key"]),
    "number_input": lambda node: st.number_input(node["label"], key=node["key"]),
    "pagination": lambda node: st.pagination(node["pages"], key=node["key"]),
    "page_link": lambda node: st.page_link("https://example.org", label=node["label"]),
    "metric": lambda node: st.metric(node["label"], node["body"], node["delta"] or None),
    "date_input": lambda node: st.date_input(node["label"], key=node["key"]),
    "space": lambda _node: st.space("stretch"),
    "toast": lambda node: st.toast(node["body"]),
    "html": lambda node: st.html(node["body"]),
    "empty": lambda _node: st.empty(),
    "plotly_chart": _chart,
    "dataframe": _table,
}
