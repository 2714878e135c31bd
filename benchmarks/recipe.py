"""What a page is made of, read from what the server sent: the recipe by which its bare twin is drawn.

A recipe is a tree of plain values. A block has `children`; an element has what it takes to draw one like it: a text,
the number of options, a chart's points, a table's cells. The twin has these as constants.
"""

import base64
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa
from streamlit.proto.Dataframe_pb2 import Dataframe
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.Markdown_pb2 import Markdown
from streamlit.proto.PlotlyChart_pb2 import PlotlyChart

Node = dict[str, Any]


def recipe_of(messages: Iterable[ForwardMsg]) -> Node:
    """The page as it stands after all messages of its run."""
    root: Node = {"kind": "root", "children": {}}
    for message in messages:
        if message.WhichOneof("type") == "delta":
            _place(root, list(message.metadata.delta_path)[1:], _node(message))
    return _settled(root)


def counts(node: Node) -> Counter[str]:
    """How many of each kind of block and element a page has, with its charts' points and its tables' cells."""
    found: Counter[str] = Counter()
    for each in _walk(node):
        found[each["kind"]] += 1
        if each["kind"] == "plotly_chart":
            found["points"] += sum(len(trace["y"]) + np.size(trace.get("z", ())) for trace in each["traces"])
        elif each["kind"] == "dataframe":
            found["cells"] += each["cells"]
    return found


def _walk(node: Node) -> Iterator[Node]:
    for child in node.get("children", ()):
        yield child
        yield from _walk(child)


def _place(root: Node, path: list[int], node: Node) -> None:
    parent = root
    for step in path[:-1]:
        parent = parent["children"][step]
    standing = parent["children"].get(path[-1])
    if standing and "children" in standing and "children" in node:
        node["children"] = standing["children"]
    parent["children"][path[-1]] = node


def _settled(node: Node, *, inside: str = "") -> Node:
    """Children in their order; the outermost block of a fragment is marked, since Streamlit draws it itself."""
    fragment = node.pop("fragment", "")
    if "children" not in node:
        return node
    children = [_settled(child, inside=fragment) for _, child in sorted(node["children"].items())]
    return {**node, "children": children, "begins_fragment": bool(fragment) and fragment != inside}


def _node(message: ForwardMsg) -> Node:
    delta = message.delta
    if delta.WhichOneof("type") == "add_block":
        block = delta.add_block
        kind = block.WhichOneof("type")
        return {"kind": kind, "fragment": delta.fragment_id, "children": {}, **BLOCKS[kind](getattr(block, kind))}
    element = delta.new_element
    kind = element.WhichOneof("type")
    return {"kind": kind, **ELEMENTS[kind](getattr(element, kind))}


def _chart(chart: PlotlyChart) -> Node:
    spec = json.loads(chart.spec)
    traces = [
        {"type": trace["type"], **{name: _numbers(trace[name]) for name in ("x", "y", "z") if name in trace}}
        for trace in spec["data"]
    ]
    return {"traces": traces, "height": spec["layout"].get("height")}


def _numbers(values: list[Any] | dict[str, str]) -> list[Any]:
    """Coordinates as a list, whether they were sent as text or as base64."""
    if isinstance(values, dict):
        sent = np.frombuffer(base64.b64decode(values["bdata"]), dtype=values["dtype"])
        cells: list[Any] = sent.reshape([int(size) for size in values.get("shape", "-1").split(",")]).tolist()
        return cells
    return list(values)


def _table(table: Dataframe) -> Node:
    data: bytes = table.arrow_data.data
    cells = pa.ipc.open_stream(data).read_all()
    return {
        "arrow": base64.b64encode(data).decode(),
        "cells": cells.num_rows * cells.num_columns,
        "chosen_by_row": bool(table.selection_mode),
    }


# What is kept of each kind of block and element; a kind that is missing here has no twin yet.
BLOCKS = {
    "flex_container": lambda block: {
        "border": block.border,
        "horizontal": block.direction == block.HORIZONTAL,
    },
    "column": lambda block: {"weight": block.weight},
    "grid_container": lambda block: {"columns": block.columns, "wrap": block.wrap},
    "popover": lambda block: {"label": block.label},
    "expandable": lambda block: {"label": block.label, "expanded": block.expanded},
}
ELEMENTS = {
    "markdown": lambda element: {"body": element.body, "caption": element.element_type == Markdown.CAPTION},
    "button": lambda element: {"label": element.label},
    "button_group": lambda element: {
        "label": element.label,
        "options": len(element.options),
        "many": element.click_mode == element.MULTI_SELECT,
    },
    "selectbox": lambda element: {"label": element.label, "options": len(element.options)},
    "multiselect": lambda element: {"label": element.label, "options": len(element.options)},
    "text_input": lambda element: {"label": element.label},
    "text_area": lambda element: {"label": element.label},
    "number_input": lambda element: {"label": element.label},
    "pagination": lambda element: {"pages": element.num_pages},
    "page_link": lambda element: {"label": element.label},
    "space": lambda _element: {},
    "toast": lambda element: {"body": element.body},
    "html": lambda element: {"body": element.body},
    # A place kept free; what fills it takes its place here too.
    "empty": lambda _element: {},
    "metric": lambda element: {"label": element.label, "body": element.body, "delta": element.delta},
    "date_input": lambda element: {"label": element.label},
    "plotly_chart": _chart,
    "dataframe": _table,
}
