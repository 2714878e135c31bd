"""Applications that wait for a second person; of one the first answer, its ground, and what has changed since."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import pandas as pd
import streamlit as st

from components import approvals_words, list_address, list_table, policy_words, queue_panel, wording
from components.approvals_words import Approval, Imported, InLine
from components.choices import in_gray
from components.list_address import Filter
from components.round_words import round_sentence
from settings import settings

PAGE = "approvals"
SHOWN = {"files": "Applications", "steps": "Loan steps"}
FILTERS = (Filter("show", tuple(SHOWN)),)
NO_FILES = "Proposals and referrals stand here until somebody else has answered. The next one comes from Review."


def show_kinds(files: int, steps: int) -> str:
    """Applications or loan steps, with how many of each; returns which."""
    told = {"files": f"{SHOWN['files']} ({files:,})", "steps": f"{SHOWN['steps']} ({steps:,})"}
    st.segmented_control(
        "Shown", list(SHOWN), format_func=in_gray(told), required=True, label_visibility="collapsed",
        **list_address.widget(PAGE, "show"),
    )  # fmt: skip
    return str(list_address.values(PAGE, FILTERS)["show"])


def show_table(
    files: Sequence[InLine],
    imported: Mapping[int, Imported],
    *,
    policy_version: int,
    now: datetime,
    promised: timedelta,
) -> None:
    """A row per application; the one that is ticked, or else the first, stands beside it."""
    shown = pd.DataFrame(
        {
            "left": [wording.clock(each.submitted_at + promised, now) for each in files],
            "shop": [each.shop_name for each in files],
            "amount": [wording.money(each.amount_minor, each.currency) for each in files],
            "by": [each.person_name for each in files],
            "needs": [
                "Anybody else" if each.outcome == "refer" else queue_panel.ANSWERERS[each.authority] for each in files
            ],
            "since": [approvals_words.in_short(each, imported.get(each.shop_id), policy_version) for each in files],
        },
        dtype=object,
    )
    column = st.column_config
    columns = {
        "left": column.TextColumn("Time left", width=70),
        "shop": column.TextColumn("Shop", width=160),
        "amount": column.TextColumn("Asked for", width=70, alignment="right"),
        "by": column.TextColumn("Answered by", width=94),
        "needs": column.TextColumn("Needs", width=94),
        "since": column.TextColumn("Changed since", width=106),
    }
    list_table.show(
        PAGE, [each.application_id for each in files], shown, columns, alt="applications that wait for a second person"
    )


def show_approval(approval: Approval, *, review_page: str, refused: str, above: str) -> None:
    """What the first person answered and when, which authority that needs and why, and what has changed since.

    Args:
        approval: the file.
        review_page: where the answer is given.
        refused: why the reader can't give one; empty where they can.
        above: that agreeing is above the reader's authority; empty where it is not.
    """
    file, answer = approval.dossier, approval.answer
    with st.container(border=True, gap="xsmall"):
        name = wording.plain(wording.shortened(file.shop_name, 40))
        st.markdown(f"##### {name}, application {wording.plain(file.application_ref)}")
        if file.consented_at is None:
            st.markdown(f"{wording.plain(answer.person_name)} answered. {approvals_words.NO_CONSENT}")
        else:
            _show_answer(approval)
        st.markdown("**What has changed since**")
        lines = approvals_words.since(approval, currency=file.currency) if file.consented_at else []
        if lines:
            st.markdown("\n".join(lines))
        elif file.consented_at:
            st.markdown(f":green[✓] {approvals_words.NOTHING_CHANGED}")
        if refused or above:
            st.caption(f"⚠ {refused or above}")
        # To answer is what this page is for, so its link is as heavy as a button.
        label = "Look at it in Review" if refused else "**:primary[Answer in Review]**"
        st.page_link(
            review_page, label=label, icon=":material/visibility:" if refused else ":material/gavel:",
            query_params={"application": str(file.application_id)},
        )  # fmt: skip


def _show_answer(approval: Approval) -> None:
    """Each earlier round, and what the last one needs."""
    file = approval.dossier
    for each in file.rounds:
        st.markdown(round_sentence(each, currency=file.currency, time_zone=settings().time_zone, whole=True))
    if approval.answer.outcome == "refer":
        st.caption("A referral settles nothing: somebody else answers.")
    else:
        st.caption(policy_words.why_needed(approval.grounds))
