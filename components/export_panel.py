"""Taking a whole list along as a file: how many rows, in which format, and the button that makes it."""

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import BinaryIO

import streamlit as st

from components import guard, wording
from components.choices import in_gray

FORMATS = {"xlsx": "Excel (XLSX)", "csv": "Text (CSV)"}
MEDIA = {"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "csv": "text/csv"}


def show(page: str, rows: int, *, as_of: date, generated: bool, make: Callable[[str], BinaryIO]) -> None:
    """A button that opens the export; the file is made when it is asked for, and not before.

    Args:
        page: whose list.
        rows: how many rows all its pages have together.
        as_of: the day of the list.
        generated: whether generated data may be among them; the file's name says so.
        make: makes the file of a format.
    """
    with st.popover(
        "Export",
        type="tertiary",
        icon=":material/download:",
        key=f"{page}_export",
        on_change="rerun",
        disabled=not rows,
    ) as menu:
        if not menu.open:
            return
        st.markdown(f"**{wording.count(rows, 'row')}**: the whole list with its filters, in its order")
        chosen = st.segmented_control(
            "As", list(FORMATS), format_func=in_gray(FORMATS), default="xlsx", required=True, key=f"{page}_format",
            label_visibility="collapsed",
        )  # fmt: skip
        made_up = "-generated" if generated else ""
        st.download_button(
            f"Download {wording.count(rows, 'row')}",
            data=partial(make, chosen),
            file_name=f"loam-{page}{made_up}-{as_of.isoformat()}-{rows}-rows.{chosen}",
            mime=MEDIA[chosen],
            on_click="ignore",
            disabled=guard.is_read_only(),
            key=f"{page}_download",
        )
        st.caption("The register notes who takes a list along.")
