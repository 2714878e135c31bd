"""What an import found, before and after it is stored."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

import pandas as pd
import streamlit as st

from components import wording, writing
from lending.records import BadRow, Difference
from settings import settings

VERDICTS = {
    "imported": "Imported",
    "would import": "Ready to import",
    "rejected": "Nothing was stored",
    "ask": "These files are not recognised",
}
SUMS = {
    "gross_minor": "Gross sales, cancelled orders left out",
    "refunds_minor": "Refunds",
    "fees_minor": "Fees",
    "closing_balance_minor": "Closing balances",
    "disbursed_minor": "Paid out as loans",
    "repaid_minor": "Paid back",
}
COUNTS = {
    "shops": "shop",
    "orders": "order",
    "cancelled_orders": "cancelled order",
    "distinct_buyers": "buyer",
    "loans": "loan",
    "repayments": "repayment",
}


MOST_FILES = 40
FEW_COLUMNS = 6
# As db.intake wants of whoever accepts a difference.
REASON_LETTERS = 10
# Beyond this an import holds up other writers on a laptop's database for more than a moment.
LARGE_ROWS = 100_000
WHAT_COMES_IN = (
    "Drop files here as the platform exported them, also in a ZIP file: orders and statements of Taobao, Tmall, "
    "Alipay, Shopify, eBay, Amazon and Etsy, Olist's tables, and Loam's own files. Of any other table you say what its "
    "columns hold. You see what each file is and what it would change before anything is stored."
)


class Counts(Protocol):
    """What became of one file's records."""

    file: str
    rows: int
    added: int
    unchanged: int
    replaced: int
    rejected: int


class Report(Protocol):
    """The outcome of an import; see db.import_reports."""

    verdict: str
    batch: int | None
    files: list[Any]
    bad_rows: list[BadRow]
    bad_row_count: int
    totals: dict[str, Any]
    unknown_columns: list[dict[str, str]]
    other_files: list[str]
    note: str
    unreadable: tuple[str, ...]
    differences: list[Difference]
    accepted_because: str
    warnings: list[str]


def show_beginning(*, may_import: bool, demo_today: date | None) -> None:
    """What the page is for, and on which day a demo stays."""
    st.markdown("#### Bring in a shop's files" if may_import else "#### What was brought in")
    st.caption(WHAT_COMES_IN)
    if demo_today is not None:
        st.caption(
            f"This is the demo's record, which stays on {wording.day(demo_today)}. Keep your own files in a database "
            "of their own: LOAM_DATABASE_URL names it."
        )


def show_report(report: Report) -> None:
    """The verdict, what became of each file, what it adds up to, and what was refused."""
    st.markdown(f"##### {_headline(report)}")
    if report.note and report.verdict in ("rejected", "ask"):
        st.text(report.note)
    if report.files:
        table = _file_table(report.files)
        st.dataframe(table, hide_index=True, column_config=_localized(table.columns[1:]))
    for line in _totals(report.totals):
        st.caption(line)
    _show_columns_left_alone(report.unknown_columns)
    if report.other_files:
        st.caption(f"Files left alone: {wording.plain(', '.join(report.other_files[:20]))}")
    for warning in report.warnings:
        st.caption(f"⚠ {wording.plain(warning)}")
    if report.differences:
        _show_differences(report)
    if report.bad_row_count:
        _show_bad_rows(report)


def _show_differences(report: Report) -> None:
    """The file's own totals that its rows don't come to."""
    st.markdown("##### Its own totals differ from its rows")
    st.markdown("\n".join(f"- Line {each.line}: {wording.plain(each.in_words())}" for each in report.differences))
    if report.accepted_because:
        st.caption(f"Accepted, since: {wording.plain(report.accepted_because)}")


def _show_columns_left_alone(columns: Sequence[Mapping[str, str]]) -> None:
    """The columns that nothing was read of: a few in a line, many folded away."""
    names = wording.plain(", ".join(f"{each['column']} ({each['file']})" for each in columns))
    if len(columns) > FEW_COLUMNS:
        with st.expander(f"{len(columns)} columns are left alone"):
            st.caption(names)
    elif columns:
        st.caption(f"Columns left alone: {names}")


def show_first_records(records: Mapping[str, pd.DataFrame]) -> None:
    """The first records of each of Loam's own files, a tab for each."""
    if not records:
        return
    with st.expander("First records, as the files have them"):
        for tab, table in zip(st.tabs([wording.plain(name) for name in records]), records.values(), strict=True):
            with tab:
                st.dataframe(table, hide_index=True)


@dataclass(frozen=True, slots=True)
class Press:
    """What a person pressed: whether refused rows are left out, and why the file's own totals may differ."""

    rest: bool
    accepted_because: str = ""


def press(report: Report, key: str) -> Press | None:
    """The button that stores; None until it is pressed. Where totals differ, it needs a reason."""
    rows = sum(each.rows for each in report.files)
    if rows > LARGE_ROWS:
        st.caption(f"{rows:,} records: other people's decisions may wait a few seconds while they are stored.")
    changes = sum(each.added + each.replaced for each in report.files) + int(report.totals.get("taken_out", 0))
    refused = report.verdict == "rejected" and not report.unreadable
    if not changes or not (refused or report.verdict == "would import"):
        return None
    rest = refused and report.bad_row_count > 0
    because = ""
    if report.differences:
        because = st.text_input(
            "Why it is brought in though its own totals differ", key=f"because_{key}", max_chars=500,
            placeholder="At least ten letters, for whoever asks later",
        )  # fmt: skip
    label = "Import the rest without the refused rows" if rest else "Import"
    lacks = bool(report.differences) and sum(letter.isalnum() for letter in because) < REASON_LETTERS
    pressed = writing.button(
        label, key=f"import_{key}", type="primary", icon=":material/upload_file:", disabled=lacks
    )  # fmt: skip
    return Press(rest, because) if pressed else None


def refuse_names(names: list[str]) -> None:
    """Stop where there are too many files, or two of one name: one of them would take the other's place."""
    if len(names) > MOST_FILES:
        st.warning(f"At most {MOST_FILES} files at once.")
        st.stop()
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        st.warning(f"Two of these files are named {wording.plain(twice[0])}. Take one away, or rename it.")
        st.stop()


def _headline(report: Report) -> str:
    verdict = VERDICTS[report.verdict]
    if report.batch is not None:
        return f"{verdict} as batch {report.batch}"
    if report.verdict in ("imported", "would import") and not any(each.added + each.replaced for each in report.files):
        return "Nothing is new: all of it is on record already"
    if report.bad_row_count:
        return f"{verdict}: {wording.count(report.bad_row_count, 'bad row')}"
    return verdict


def _file_table(files: Sequence[Counts]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "File": [each.file for each in files],
            "Records": [each.rows for each in files],
            "New": [each.added for each in files],
            "Unchanged": [each.unchanged for each in files],
            "Replaced": [each.replaced for each in files],
            "Refused": [each.rejected for each in files],
        }
    )


def _localized(columns: Iterable[str]) -> dict[str, Any]:
    return {name: st.column_config.NumberColumn(format="localized") for name in columns}


def _totals(totals: Mapping[str, Any]) -> list[str]:
    """The sums of the files as lines of plain Markdown."""
    counted = [wording.count(totals[name], noun) for name, noun in COUNTS.items() if totals.get(name)]
    lines = [f"{wording.listed(counted)}."] if counted else []
    for name, label in SUMS.items():
        sums = totals.get(name)
        unknown = name == "fees_minor" and "fees_note" in totals and not any((sums or {}).values())
        if isinstance(sums, dict) and sums and not unknown:
            said = ", ".join(wording.money(int(minor), key[:3]) for key, minor in sums.items())
            lines.append(f"{label}: {wording.plain(said)}.")
    if totals.get("first_ts_utc"):
        ends = (datetime.fromisoformat(str(totals[name])) for name in ("first_ts_utc", "last_ts_utc"))
        first, last = (wording.moment(end, settings().time_zone) for end in ends)
        lines.append(f"From {wording.plain(first)} to {wording.plain(last)}, on the desk's clock.")
    return lines


def bad_row_table(rows: Sequence[BadRow]) -> pd.DataFrame:
    """Refused rows, safe to open in a spreadsheet: file, line, column, value, what would be right."""
    return pd.DataFrame(
        [
            (
                wording.cell(row.file),
                row.line,
                wording.cell(row.column or ""),
                wording.cell(row.value or ""),
                wording.cell(row.problem),
            )
            for row in rows
        ],
        columns=["File", "Line", "Column", "Value", "What would be right"],
    )


def _show_bad_rows(report: Report) -> None:
    table = bad_row_table(report.bad_rows)
    shown = f"the first {len(table):,} of {report.bad_row_count:,}" if report.bad_row_count > len(table) else "all"
    st.markdown(f"##### Refused rows, {shown}")
    st.dataframe(table, hide_index=True, height=min(35 * (len(table) + 1) + 3, 320))
    st.download_button(
        "Download refused rows",
        lambda: table.to_csv(index=False).encode("utf-8-sig"),
        file_name="refused_rows.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
    )


def show_history(batches: pd.DataFrame) -> None:
    """The batches on record, the newest first."""
    st.markdown(f"##### {wording.count(len(batches), 'import')} on record" if len(batches) else "##### No imports yet")
    if batches.empty:
        st.caption("A shop's record begins with shops.csv and its orders, in one upload.")
        return
    reports = [json.loads(text) for text in batches["report"]]
    st.dataframe(
        pd.DataFrame(
            {
                "Batch": batches["batch"],
                "Recorded, UTC": batches["recorded_at"],
                "By": batches["person"].fillna("the command line"),
                "From": batches["source"],
                "New": [sum(each["added"] for each in report.get("files", [])) for report in reports],
                "Replaced": [sum(each["replaced"] for each in report.get("files", [])) for report in reports],
                "Refused": [report.get("bad_row_count", 0) for report in reports],
            }
        ),
        hide_index=True,
        column_config={
            **_localized(("New", "Replaced", "Refused")),
            "Batch": st.column_config.NumberColumn(width="small"),
            "Recorded, UTC": st.column_config.DatetimeColumn(format="D MMM YYYY, HH:mm"),
        },
    )
