"""One loan as it is shown: where it stands, its schedule, its payments and its steps."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Protocol

import pandas as pd
import streamlit as st

from components import loan_words, wording
from components.list_table import HEAD_PX, ROW_PX
from lending.loan_account import Account, Schedule

MOST_ROWS = 12
# So many days late a loan is in the first bucket still.
SLIGHT_DAYS = 30
MARKS = {
    "on_time": "✓ paid", "late": "◔ paid late", "unpaid": "⚠ open", "coming": "to come", "carried": "carried over",
    "replaced": "replaced", "given_up": "written off",
}  # fmt: skip
STAGES = {0: wording.MISSING, 1: "1", 2: "2, raised risk", 3: "3, default"}
TAKEN_BACK = {"": "", "asked": "taking it back waits", "done": "taken back"}
WIDTHS = {
    "No.": 34, "Due": 82, "Instalment": 80, "Principal": 80, "Interest, fees": 84, "Paid": 82, "Days late": 58,
    "Still open": 80, "State": 84,
}  # fmt: skip
LEFT = ("Due", "Paid", "State")


class LoanFile(Protocol):
    """See desk.loan_files.LoanFile."""

    row: Any
    known: Any
    account: Account
    payments: pd.DataFrame
    waiting: Sequence[Any]

    @property
    def state(self) -> str: ...
    @property
    def open_cases(self) -> set[str]: ...


def show_heading(file: LoanFile, *, shops_page: str, review_page: str) -> None:
    """The finding, the shop, and the ways to its dossier and its application."""
    currency = file.row.currency
    left = wording.plain(wording.money(file.account.outstanding_minor, currency))
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        heading = loan_words.heading(file.state, file.account.days_past_due, left)
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
    """Where the loan stands this morning, in figures, and what of it counts only from tomorrow."""
    currency, now = file.row.currency, file.account
    gone = now.state == "written_off"
    figures = [
        ("Written off" if gone else "Outstanding",
         wording.exact_money(now.written_off_minor if gone else now.outstanding_minor, currency),
         "Principal that is not repaid"),
        ("Overdue", wording.exact_money(now.overdue_minor, currency),
         "Fees, interest and principal that were due before today"),
        ("Days past due", _late(now.days_past_due), "Since the oldest instalment that is not fully paid"),
        ("Paid ahead", wording.exact_money(now.unapplied_minor, currency), "Waits for the next due date"),
        ("Stage", STAGES[now.stage], "3: over 90 days late, restructured at a loss or unlikely to be repaid. "
         "2: over 30 days late, restructured within a year, or slow. Else 1."),
    ]  # fmt: skip
    if now.next_due_on is not None:
        next_due = f"Next instalment, {wording.day(now.next_due_on)}"
        figures.append((next_due, wording.exact_money(now.next_due_minor, currency), "What is still open of it"))
    with st.container(horizontal=True, gap="small"):
        for label, value, about in figures:
            st.metric(label, wording.plain(value), border=True, help=about)
    st.caption(_as_of(file, today))


def _late(days: int) -> str:
    return f"{'⚠' if days > SLIGHT_DAYS else '◔'} {days:,}" if days else "0"


def _as_of(file: LoanFile, today: date) -> str:
    """As of when it stands so, what was booked today, and how soon it gets worse; safe for Markdown."""
    now, currency = file.account, file.row.currency
    parts = [f"As of {wording.day(today)}, with what is dated before it."]
    if now.new_today:
        parts.append("Paid out today: it counts from tomorrow on.")
    rows = file.payments
    booked = int(rows.loc[(rows["paid_on"] == today) & (rows["taken_back"] != "done"), "amount_minor"].sum())
    if booked:
        amount = wording.plain(wording.exact_money(booked, currency))
        parts.append(f"Booked today: {amount}. It counts from tomorrow on.")
    if now.days_past_due and now.next_bucket_days > 0:
        parts.append(f"In the next bucket in {wording.count(now.next_bucket_days, 'day')} if nothing comes in.")
    if now.expected_loss_minor:
        parts.append(f"Expected loss: {wording.plain(wording.money(now.expected_loss_minor, currency))}.")
    return " ".join(parts)


def show_schedule(file: LoanFile) -> None:
    """The schedule in force, and the earlier ones folded away."""
    now, *before = file.account.schedules
    with st.container(border=True, gap="xsmall"):
        st.markdown(f"##### {schedule_title(now)}")
        _show_lines(now, file.row.currency, key="schedule")
        for number, each in enumerate(before):
            with st.expander(f"Schedule from {wording.day(each.begins_on)}: {wording.count(len(each.lines), 'line')}"):
                _show_lines(each, file.row.currency, key=f"old_schedule_{number}")


def schedule_title(schedule: Schedule) -> str:
    """What the schedule in force shows.

    >>> schedule_title(Schedule(date(2026, 1, 1), True, ()))
    '0 of 0 instalments paid'
    """
    lines = schedule.lines
    done = sum(line.mark in ("on_time", "late") for line in lines)
    late = [line.days_late for line in lines if line.mark in ("late", "unpaid")]
    told = f"{done} of {wording.count(len(lines), 'instalment')} paid"
    return f"{told}, {len(late)} late, {wording.count(max(late), 'day')} at worst" if late else told


def _show_lines(schedule: Schedule, currency: str, *, key: str) -> None:
    lines = schedule.lines
    amounts: dict[str, list[int | None]] = {
        "Instalment": [line.due_minor for line in lines],
        "Principal": [line.principal_minor for line in lines],
        "Interest, fees": [line.interest_minor + line.fee_minor for line in lines],
        "Still open": [line.open_minor or None for line in lines],
    }
    told = {name: [wording.exact_money(each, currency) for each in column] for name, column in amounts.items()}
    left = told.pop("Still open")
    shown = pd.DataFrame(
        {
            "No.": [str(line.number) for line in lines],
            "Due": [wording.day(line.due_on) for line in lines],
            **told,
            "Paid": [wording.day(line.paid_on) for line in lines],
            "Days late": [str(line.days_late) if line.days_late else wording.MISSING for line in lines],
            "Still open": left,
            "State": [MARKS[line.mark] for line in lines],
        }
    )
    columns: dict[str, Any] = {
        name: st.column_config.TextColumn(width=width, alignment="left" if name in LEFT else "right")
        for name, width in WIDTHS.items()
    }
    st.dataframe(
        shown, hide_index=True, row_height=ROW_PX, key=key, column_config=columns,
        height=ROW_PX * min(len(lines), MOST_ROWS) + HEAD_PX, alt=f"{len(lines)} instalments",
    )  # fmt: skip


def show_payments(file: LoanFile, time_zone: str) -> None:
    """What came in, newest first."""
    with st.container(border=True, gap="xsmall"):
        rows, currency = file.payments, file.row.currency
        if rows.empty:
            st.markdown("##### Nothing has come in yet")
            return
        kept = int(rows.loc[rows["taken_back"] != "done", "amount_minor"].sum())
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
                    "": [TAKEN_BACK[each] for each in rows["taken_back"]],
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
