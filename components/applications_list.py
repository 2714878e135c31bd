"""The applications behind a mark of Portfolio: which lists there are, and one of them as a table."""

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd
import streamlit as st

from components import applications_words as words
from components import wording
from lending.decided import OUTCOMES, STEPS, Group
from lending.overview import Overview

ROW_PX = 35
MOST_LISTED = 200
LIST_HEIGHT = 560


def groups_of(told: Overview) -> dict[Group, str]:
    """Every list that this page can show, with its name."""
    names: dict[Group, str] = {Group("step", step): words.STEPS[step] for step in STEPS}
    names |= {Group("state", state): words.waiting_for(state) for state in told.waiting}
    names |= {Group("state", outcome): words.OUTCOMES[outcome].capitalize() for outcome in OUTCOMES}
    for row in told.grades.to_dict("records"):
        grade = words.grade(row["group"])
        names[Group("grade", row["group"])] = f"Grade: {grade}"
        for outcome in OUTCOMES:
            if row[outcome]:
                names[Group("grade", row["group"], outcome)] = f"Grade: {grade}, {words.OUTCOMES[outcome]}"
    for number, name in zip(told.people["group"], told.people["person_name"], strict=True):
        names[Group("person", str(number))] = f"Settled by {words.shortened(name, 40)}"
    names |= {
        Group("reason", code): f"Declined: {wording.REASONS.get(code, code).lower()}" for code in told.reasons["reason"]
    }
    for trait, frame in (("category", told.categories), ("region", told.regions)):
        names |= {
            Group(trait, str(value)): f"{words.TRAITS[trait]}: {words.shortened(value, 40)}" for value in frame["group"]
        }
    for start in told.over_time["start"]:
        names[Group("start", f"{start:%Y-%m-%d}")] = f"Received: {words.start(start, told.step)}"
    return names


def show_list(rows: pd.DataFrame, named: pd.DataFrame, *, total: int, time_zone: str) -> int | None:
    """The applications of a group; returns the one that was picked.

    Args:
        rows: prepared (lending.decided), the newest first, at most MOST_LISTED.
        named: their numbers and shops' names, of db.overview.named.
        total: how many the group has.
        time_zone: of the desk.
    """
    shown = f"{len(rows):,} newest of {total:,}" if total > len(rows) else wording.count(total, "application")
    st.caption(f"{shown}. Choose one to open it in Review.")
    if rows.empty:
        return None
    records = rows.join(named, on="application_id").to_dict("records")
    numbers = [int(each["application_id"]) for each in records]
    event = st.dataframe(
        pd.DataFrame([_listed(each, time_zone) for each in records]),
        key=f"behind_{hash(tuple(numbers))}",
        hide_index=True,
        row_height=ROW_PX,
        height=min(ROW_PX * (len(records) + 1) + 3, LIST_HEIGHT),
        on_select="rerun",
        selection_mode="single-row",
        column_config={
            "Shop": st.column_config.TextColumn(width=170),
            "Asked for": st.column_config.TextColumn(width=86, alignment="right"),
            "Approved": st.column_config.TextColumn(width=86, alignment="right"),
            "Answered by": st.column_config.TextColumn(width=120),
        },
        alt=f"{len(records)} applications",
    )
    picked = event.selection.rows
    return numbers[picked[0]] if picked and picked[0] < len(numbers) else None


def _listed(row: Mapping[Hashable, Any], time_zone: str) -> dict[str, str]:
    """One application of a list; without consent its shop's name and its state alone."""
    state = str(row["state"])
    told = {
        "Number": wording.MISSING,
        "Shop": str(row["shop_name"]),
        "State": words.OUTCOMES.get(state, "").capitalize() or words.waiting_for(state),
        "Asked for": wording.MISSING,
        "Approved": wording.MISSING,
        "Answered by": wording.MISSING,
        "When": wording.MISSING,
    }
    if not isinstance(row["application_ref"], str):
        return told
    currency, approved = str(row["currency"]), int(row["approved_minor"])
    told["Number"] = row["application_ref"]
    told["Asked for"] = wording.money(int(row["amount_minor"]), currency)
    if approved:
        told["Approved"] = wording.money(approved, currency)
    if isinstance(row["person_name"], str):
        told["Answered by"] = row["person_name"]
        told["When"] = wording.moment(row["answered_at"].to_pydatetime(), time_zone)
    return told
