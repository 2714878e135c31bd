"""One upload on the Imports page, as long as a session keeps it: what was put there, looked at, and stored."""

import hashlib
from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from components.choices import in_gray
from components.import_panel import Report, show_report

WAYS = {"files": "Files", "folder": "A folder"}


def offer(*, max_mb: int) -> list[Any]:
    """The place for files, or for a whole folder: a browser asks for either, and never for both at once.

    Args:
        max_mb: how large one file may be.
    """
    way = st.segmented_control(
        "What is brought in", list(WAYS), format_func=in_gray(WAYS), default="files", required=True, key="import_way",
        label_visibility="collapsed",
    )  # fmt: skip
    several: Any = "directory" if way == "folder" else True
    number = st.session_state.get("upload_round", 0)
    files: list[Any] = st.file_uploader(
        WAYS[way], accept_multiple_files=several, label_visibility="collapsed", max_upload_size=max_mb,
        key=f"{way}_{number}",
    )  # fmt: skip
    return files


def once(key: tuple[object, ...], look: Callable[[], Any]) -> Any:  # noqa: ANN401  (what the look gives)
    """What a look found, kept for as long as the same files lie there."""
    kept: dict[tuple[object, ...], Any] = st.session_state.setdefault("import_looks", {})
    if key not in kept:
        kept[key] = look()
    return kept[key]


def mark_of(files: Sequence[Any]) -> str:
    """A short text that is another one as soon as other files lie there."""
    return hashlib.sha256("|".join(sorted(file.file_id for file in files)).encode()).hexdigest()[:12]


def stored(report: Report, mark: str, *, last: bool, shop_id: int | None = None, shop_ref: str | None = None) -> None:
    """Say what was stored until other files come; these go once nothing is left of them to bring in.

    Args:
        report: of what was stored.
        mark: of the files.
        last: whether nothing is left of them.
        shop_id: whose records they are, where they are of one shop.
        shop_ref: its number at the lender, which the other files of this upload begin with.
    """
    st.session_state["import_shop"] = mark, shop_ref
    st.session_state["import_done"] = mark, report, shop_id
    st.session_state.pop("import_looks", None)
    if last:
        st.session_state["upload_round"] = st.session_state.get("upload_round", 0) + 1
    st.rerun()


def look_again() -> None:
    """Draw the page anew, and forget what each file was said to be, since it may be known as something else now."""
    for key in [key for key in st.session_state if str(key).startswith("format_")]:
        st.session_state.pop(key)
    st.rerun()


def shop_before(key: str) -> str | None:
    """Whose the file was that was stored before, once for each widget and as long as the same files lie there."""
    mark, ref = st.session_state.get("import_shop", ("", None))
    given: set[str] = st.session_state.setdefault("import_shop_given", set())
    if not mark or not key.startswith(f"{mark}_") or key in given:
        return None
    given.add(key)
    return ref if isinstance(ref, str) else None


def show_done(files: list[Any], mark: str, *, shops_page: str) -> None:
    """The report of what was stored last, until other files come, and the way to the shop's dossier."""
    kept: tuple[str, Report, int | None] | None = st.session_state.get("import_done")
    if kept is None or (files and kept[0] != mark):
        return
    with st.container(border=True):
        show_report(kept[1])
        if kept[2] is not None and shops_page:
            st.page_link(shops_page, label="Open the shop's dossier", icon=":material/storefront:",
                         query_params={"shop": str(kept[2])})  # fmt: skip
