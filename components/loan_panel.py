"""One loan as it is shown: where it stands, its schedule, its payments and its steps."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Protocol

import pandas as pd
import streamlit as st

from components import loan_words, wording

ROW_PX = 35
MOST_ROWS_PX = 430
PARTS = {"Instalment": "due", "Principal": "principal", "Interest": "interest", "Fee": "fee"}
STEP_MARKS = {"paid": "✓ paid", "late": "◔ paid late", "open": "⚠ open", "coming": ""}


class LoanFile(Protocol):
    """See desk.loan_files.LoanFile."""

    row: Any
    known: Any
    standing: dict[str, int]
    state: str
    lines: pd.DataFrame
    payments: pd.DataFrame

    @property
    def next_due(self) -> tuple[date, int] | None: ...


def show_heading(file: LoanFile, *, shops_page: str, review_page: str) -> None:
    """The finding, the shop, and the ways to its dossier and its application."""
    currency = file.row.currency
    left = wording.plain(wording.money(file.standing["outstanding_minor"], currency))
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        heading = loan_words.heading(file.state, file.standing["days_past_due"], left)
        st.markdown(f"#### {wording.plain(wording.shortened(file.row.shop_name, 30))}: {heading}", width="content")
        st.space("stretch")
        st.page_link(shops_page, label="Dossier", query_params={"shop": str(file.row.shop_id)}, width="content")
        if file.row.application_id is not None:
            asked = {"application": str(file.row.application_id)}
            st.page_link(review_page, label="Application", query_params=asked, width="content")
    terms = [
        f"Loan {wording.plain(file.row.loan_ref)}",
        f"{wording.plain(wording.money(file.row.principal_minor, currency))} paid out on "
        f"{wording.day(file.row.disbursed_on)}",
        _terms(file.row),
    ]
    st.caption(" · ".join(terms))


def _terms(row: Any) -> str:  # noqa: ANN401  (a row of the table of loans)
    if row.repayment_kind == "sales_share":
        share = wording.share((row.holdback_share_ppm or 0) / 1_000_000)
        owed = wording.money(row.principal_minor + (row.fee_total_minor or 0), row.currency)
        return f"{share} of sales until {wording.plain(owed)} is repaid"
    kind = {"annuity": "level instalments", "equal_principal": "equal principal", "interest_only": "interest only"}
    interval = row.interval or "month"
    every = {"month": "monthly", "week": "weekly"}.get(interval, f"every {interval.removeprefix('days:')} days")
    count = f"{row.instalments} " if row.instalments else ""
    return f"{count}{kind[row.repayment_kind]}, {every}, at {wording.rate((row.annual_rate_ppm or 0) // 100)} a year"


def show_standing(file: LoanFile, today: date) -> None:
    """Where the loan stands this morning, in figures."""
    currency, now = file.row.currency, file.standing
    following = file.next_due
    with st.container(horizontal=True, gap="small"):
        st.metric("Outstanding", wording.money(now["outstanding_minor"], currency), border=True,
                  help="Principal that is not repaid")  # fmt: skip
        st.metric("Overdue", wording.money(now["overdue_minor"], currency), border=True,
                  help="Fees, interest and principal that were due before today")  # fmt: skip
        st.metric("Days past due", f"{now['days_past_due']}", border=True)
        st.metric("Paid ahead", wording.money(now["unapplied_minor"], currency), border=True,
                  help="Waits for the next due date")  # fmt: skip
        if following is not None and file.state in ("active", "new"):
            label = "Next instalment" if following[0] >= today else "Oldest open instalment"
            st.metric(f"{label}, {wording.day(following[0])}", wording.exact_money(following[1], currency), border=True)
    booked = file.payments[(file.payments["paid_on"] == today) & ~file.payments["taken_back"]]
    if not booked.empty:
        amount = wording.plain(wording.exact_money(int(booked["amount_minor"].sum()), currency))
        st.info(f"Booked today: {amount}. It counts from tomorrow on.")


def show_schedule(file: LoanFile, today: date) -> None:
    """The schedule in force, and the earlier ones folded away."""
    with st.container(border=True, gap="xsmall"):
        lines = file.lines[file.lines["in_force"]]
        paid = int(lines["paid_on"].notna().sum())
        late = int((lines["paid_on"].notna() & (lines["late_days"] > 0)).sum())
        told = f"{paid} of {wording.count(len(lines), 'instalment')} paid" + (f", {late} of them late" if late else "")
        st.markdown(f"##### {told}")
        _show_lines(lines, file.row.currency, today, key="schedule")
    old = file.lines[~file.lines["in_force"]]
    if not old.empty:
        with st.expander(f"Earlier schedule: {wording.count(len(old), 'instalment')}"):
            _show_lines(old, file.row.currency, today, key="old_schedule")


def _show_lines(lines: pd.DataFrame, currency: str, today: date, *, key: str) -> None:
    amounts = {
        name: [wording.exact_money(int(each), currency) for each in lines[f"{column}_minor"]]
        for name, column in (
            ("Instalment", "due"),
            ("Principal", "principal"),
            ("Interest", "interest"),
            ("Fee", "fee"),
        )
    }
    if not lines["fee_minor"].any():
        del amounts["Fee"]
    marks = [_mark(row, today) for row in lines.itertuples()]
    st.dataframe(
        pd.DataFrame(
            {
                "#": lines["sequence"],
                "Due": [wording.day(each) for each in lines["due_on"]],
                **amounts,
                "Paid": [wording.day(each) if each is not None else "" for each in lines["paid_on"]],
                "Days late": [str(each) if each else "" for each in lines["late_days"]],
                "State": marks,
            }
        ),
        hide_index=True, row_height=ROW_PX, key=key, height="content" if len(lines) <= 12 else MOST_ROWS_PX,
        column_config={name: st.column_config.TextColumn(alignment="right") for name in amounts}
        | {"#": st.column_config.NumberColumn(width=40),
           "Days late": st.column_config.TextColumn(width=80, alignment="right")},
        alt=f"{len(lines)} instalments",
    )  # fmt: skip


def _mark(line: Any, today: date) -> str:  # noqa: ANN401  (a row of LoanFile.lines)
    if line.paid_on is not None:
        return STEP_MARKS["late" if line.late_days else "paid"]
    if not line.in_force:
        return "replaced"
    return STEP_MARKS["open" if line.due_on < today else "coming"]


def show_payments(file: LoanFile, time_zone: str) -> None:
    """What came in, newest first."""
    with st.container(border=True, gap="xsmall"):
        rows, currency = file.payments, file.row.currency
        if rows.empty:
            st.markdown("##### Nothing has come in yet")
            return
        kept = int(rows.loc[~rows["taken_back"], "amount_minor"].sum())
        st.markdown(
            f"##### {wording.plain(wording.money(kept, currency))} came in with {wording.count(len(rows), 'payment')}"
        )
        st.dataframe(
            pd.DataFrame(
                {
                    "Paid": [wording.day(each) for each in rows["paid_on"]],
                    "Amount": [wording.exact_money(int(each), currency) for each in rows["amount_minor"]],
                    "Booked": ["" if pd.isna(each) else wording.moment(each, time_zone) for each in rows["booked_at"]],
                    "By": [each or "" for each in rows["channel"]],
                    "": ["taken back" if each else "" for each in rows["taken_back"]],
                    "Number": [wording.cell(each) for each in rows["repayment_ref"]],
                }
            ),
            hide_index=True, row_height=ROW_PX, key="payments", height="content" if len(rows) <= 8 else 320,
            column_config={"Amount": st.column_config.TextColumn(alignment="right")}, alt=f"{len(rows)} payments",
        )  # fmt: skip


def show_steps(steps: Sequence[Any], currency: str, today: date) -> None:
    """All steps of a loan's life, newest first: who, when, why, and the second signature."""
    with st.container(border=True, gap="xsmall"):
        if not steps:
            st.markdown("##### No step was taken at this desk")
            st.caption("The loan came in by import.")
            return
        st.markdown(f"##### {wording.count(len(steps), 'step')} taken at this desk")
        newest = list(reversed(steps))
        st.dataframe(
            pd.DataFrame(
                {
                    "Booked": [wording.day(each.booked_on) for each in newest],
                    "Step": [loan_words.told(each, currency) for each in newest],
                    "For": [wording.day(each.day) for each in newest],
                    "By": [each.person_name for each in newest],
                    "Second person": [loan_words.second(each, today) for each in newest],
                    "Why": [wording.cell(each.reason) for each in newest],
                }
            ),
            hide_index=True, row_height=ROW_PX, key="steps", height="content" if len(newest) <= 8 else 320,
            alt=f"{len(newest)} steps",
        )  # fmt: skip
