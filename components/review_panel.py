"""What Review shows of one application: the shop, the score, the offer, and what was decided."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Protocol

import pandas as pd
import streamlit as st

from components import cards, guard, reason_words, refusals, score_charts, sentences, wording, writing
from components.figure import Drawing
from components.round_words import LONGEST_NOTE, round_sentence
from lending.policy import LENDING_OUTCOMES
from lending.rounds import Round
from scoring.card import Card
from scoring.counterfactual import to_next_grade
from scoring.records import ScoreResult
from scoring.reference import Reference
from settings import settings

OTHER_CURRENCY = (
    "The policy lends in {}. This application is in {}: no cap or price holds for it, so it can't be approved."
)
NO_CONSENT = (
    "The shop has not consented: only its name and the state of its application are shown, and nothing is scored. "
    "The file can be declined as incomplete, or referred."
)
PEERS = (
    "Beside each bar stand this shop's figure and the one that half of its peers reach: shops of its category, or all "
    "where those are few."
)
OLD_DATA_DAYS = 7
# In Latin letters: a name of this width leaves room for the badges and links beside it.
LONGEST_NAME = 30
LONGEST_PURPOSE = 60


class Stored(Protocol):
    """A score as it stands on record."""

    id: int
    shop_id: int
    as_of: date
    batch_id: int
    result: ScoreResult


class File(Protocol):
    """An application; see db.applications.dossier."""

    application_id: int
    currency: str
    rounds: tuple[Round, ...]
    holder_name: str | None
    taken_at: datetime | None

    @property
    def decided(self) -> bool:
        """Whether a final decision exists."""


@dataclass(frozen=True, slots=True)
class Heading:
    """What stands above a file."""

    shop_name: str
    due_at: datetime
    now: datetime
    holder: str | None
    mine: bool
    decided: bool
    last_day: date | None
    """Newest day with sales."""
    today: date
    consented: bool
    flags: tuple[str, ...] | None
    """Of the offer; None where there is none."""
    dossier_page: str
    score_page: str
    shop_id: int
    queue_page: str
    queue_query: dict[str, str]
    """The filters of the queue that the officer came from."""


def show_heading(heading: Heading, *, on_hold: Callable[[], None] | None) -> bool:
    """Who applies, how long the answer may take, who holds the file, and what can be done with it now.

    Args:
        heading: what to show.
        on_hold: takes the file or gives it back; None where this person can do neither.

    Returns:
        Whether the numbers behind the charts were asked for.
    """
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        name = wording.shortened(heading.shop_name, LONGEST_NAME)
        whole = wording.plain(heading.shop_name)
        st.markdown(
            f"#### {wording.plain(name)}", width="content", help=None if wording.plain(name) == whole else whole
        )
        _show_badges(heading)
        st.space("stretch")
        with st.container(horizontal=True, vertical_alignment="center", gap="xxsmall", width="content"):
            return _show_ways(heading, on_hold)


def _show_ways(heading: Heading, on_hold: Callable[[], None] | None) -> bool:
    """What can be done with the file, and where to go from it; as close together as the head needs."""
    if on_hold is not None and not heading.decided:
        _show_hold(heading, on_hold)
    if heading.consented:
        of_shop = {"shop": str(heading.shop_id)}
        st.page_link(heading.dossier_page, label="Dossier", icon=":material/folder_open:", query_params=of_shop)
        st.page_link(heading.score_page, label="Score", icon=":material/scoreboard:", query_params=of_shop)
    wanted = heading.consented and st.button("Numbers", type="tertiary", icon=":material/table:")
    st.page_link(heading.queue_page, label="Back to queue", icon=":material/undo:", query_params=heading.queue_query)
    return wanted


def _show_hold(heading: Heading, on_hold: Callable[[], None]) -> None:
    if heading.mine:
        writing.button("Give it back", type="tertiary", on_click=on_hold)
    elif heading.holder:
        writing.button("Release it", type="tertiary", on_click=on_hold)
    else:
        writing.button("Take it", type="primary", icon=":material/back_hand:", on_click=on_hold, shortcut="t")


def _show_badges(heading: Heading) -> None:
    left = heading.due_at - heading.now
    if heading.decided:
        st.badge("Decided", icon=":material/check:", color="green")
    elif left < timedelta(0):
        st.badge(wording.clock(heading.due_at, heading.now), color="red")
    else:
        soon = left < timedelta(days=1)
        st.badge(f"{wording.clock(heading.due_at, heading.now)} to decide", color="orange" if soon else "gray")
    if not heading.decided:
        _show_holder(heading.holder, mine=heading.mine)
    if heading.consented:
        _show_data_age(heading.last_day, heading.today)
    if heading.flags is not None:
        _show_flags(heading.flags)


def _show_flags(flags: tuple[str, ...]) -> None:
    if not flags:
        st.badge("No flags", icon=":material/check:", color="green")
        return
    told = wording.FLAGS[flags[0]] if len(flags) == 1 else f"{len(flags)} flags"
    st.badge(told, icon=":material/flag:", color="orange", help="; ".join(wording.FLAGS[each] for each in flags))


def _show_holder(holder: str | None, *, mine: bool) -> None:
    if mine:
        st.badge("Yours", icon=":material/person:", color="green")
    elif holder:
        st.badge(wording.plain(wording.shortened(holder, LONGEST_NAME)), icon=":material/person:", color="orange")
    else:
        st.badge("Nobody has it", color="gray")


def _show_data_age(last_day: date | None, today: date) -> None:
    if last_day is None:
        st.badge("No sales on record", color="orange")
        return
    age = (today - last_day).days - 1
    text = "Data to yesterday" if age <= 0 else f"Data {wording.count(age, 'day')} old"
    st.badge(text, icon=":material/database:", color="gray" if age <= OLD_DATA_DAYS else "orange")


def show_missing(*, named: bool, queue_page: str) -> None:
    """A sentence in place of a file, and the way on."""
    st.markdown(f"#### {'No application has this number' if named else 'No application is open'}")
    st.page_link(queue_page, label="Choose one in the queue", icon=":material/list:")


def show_request(
    file: Mapping[str, Any],
    *,
    year_net_minor: int | None,
    tenure_months: float | None,
    kind: str | None,
    proposal: Round | None,
) -> None:
    """What the shop is and asks for, what kind of shop it is, and what somebody else has proposed; each a line.

    Args:
        file: of db.applications.dossier.
        year_net_minor: net sales of the last twelve full months.
        tenure_months: how long the shop trades.
        kind: of sentences.kind_sentence; None without a score.
        proposal: the last round of a file that is not decided.
    """
    if file["consented_at"] is None:
        lines = [f"Application {wording.plain(file['application_ref'])}, without the shop's consent"]
    else:
        purpose = wording.shortened(file["purpose"], LONGEST_PURPOSE)
        asked = sentences.asked_sentence(file["amount_minor"], file["term_months"], purpose, file["currency"])
        about = sentences.shop_sentence(
            file, year_net_minor=year_net_minor, currency=file["currency"], since=sentences.traded(tenure_months)
        )
        made = " :gray-badge[Generated data]" if file["generated"] else ""
        lines = [f"{about}; {asked}{made}", *([wording.plain(kind)] if kind else [])]
    whole = []
    if file["purpose"] and wording.shortened(file["purpose"], LONGEST_PURPOSE).endswith("…"):
        whole.append(f"Purpose: {wording.plain(file['purpose'])}")
    if proposal is not None:
        lines.append(round_sentence(proposal, currency=file["currency"], time_zone=settings().time_zone))
        if len(proposal.note) > LONGEST_NOTE:
            whole.append(f"Note: {wording.plain(proposal.note)}")
    st.markdown("  \n".join(lines), help="\n\n".join(whole) or None)


def show_score(
    score: Stored,
    others: pd.DataFrame,
    *,
    card: Card,
    currency: str,
    company: reason_words.Company,
    held_against: Reference,
) -> list[Drawing]:
    """The score: where the shop stands among all, what lowers and lifts it, and what would bring the next grade.

    Args:
        score: as it is stored.
        others: of db.scores.map_points.
        card: that scored.
        currency: of the shop's sales.
        company: its peers.
        held_against: what the gaps were measured against.

    Returns:
        What was drawn.
    """
    result = score.result
    assumed = bool(card.calibration.get("assumed"))
    drawing = score_charts.map_figure(
        others[others["shop_id"] != score.shop_id],
        soundness_points=result.soundness_points,
        reputation_points=result.reputation_points,
        grade_edges=dict(card.grades),
        title=sentences.score_title(result.points, result.default_probability_ppm, assumed=assumed),
    )
    drawn = [cards.show_drawing(drawing, key="map", badge=grade_badge(result.grade))]
    rows = reason_words.reason_rows(result, currency, company)
    if rows.empty:
        cards.show_nothing("Reasons", "Every figure is as usual: nothing lowers or lifts the score.")
        return drawn
    way = reason_words.next_grade_sentence(to_next_grade(card, result), currency)
    drawn.append(
        cards.show_drawing(
            score_charts.points_figure(rows),
            key="points",
            caption=way or "",
            about=f"{reason_words.gap_sentence(result, held_against)}. {PEERS}",
        )
    )
    return drawn


def show_score_button(
    score: Stored | None, today: date, *, primary: bool, may_score: bool, on_click: Callable[[int], None], shop_id: int
) -> None:
    """Score the shop, or score it again where the score is of another day or older than the newest import."""
    if score is None:
        with st.container(border=True, gap="xsmall"):
            st.markdown("##### Not scored yet")
            st.caption(f"The score reads what is on record before {wording.day(today)}, and is kept with the file.")
            if may_score:
                writing.button(
                    "Score this shop", type="primary" if primary else "secondary", on_click=on_click, args=(shop_id,),
                    shortcut="s",
                )  # fmt: skip
        return
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.caption(
            f"Score No. {score.id}, on the record before {wording.day(score.as_of)}, import No. {score.batch_id}"
        )
        if may_score:
            writing.button("Score again", type="tertiary", on_click=on_click, args=(shop_id,))


def show_state(file: File, barred: str | None, *, answered: bool, on_next: Callable[[], None] | None) -> None:
    """Why there is nothing to answer here: what was recorded, or who has the file; and where to go from it.

    Args:
        file: of db.applications.dossier.
        barred: why this person stands too close to the shop; None where they don't.
        answered: whether this person has answered an earlier round.
        on_next: opens the next file; None for who decides none.
    """
    with st.container(border=True, gap="xsmall"):
        if file.decided:
            st.markdown("##### :green[✓] Recorded")
            _show_rounds(file.rounds, currency=file.currency)
            if file.rounds[-1].outcome in LENDING_OUTCOMES:
                asked = {"application": str(file.application_id)}
                st.page_link(guard.file_of("loans"), label="Its loan", query_params=asked, icon=":material/payments:")
        elif on_next is None:
            st.markdown("##### Look only")
            st.caption("Your role reads files and decides none.")
        elif answered:
            st.markdown("##### Waits for somebody else")
            st.caption("You have answered this file. It waits in the queue for somebody else.")
        elif barred:
            st.markdown("##### Not yours to decide")
            st.caption(f"⚠ {refusals.CONFLICTS[barred]}")
        else:
            st.markdown(f"##### {wording.plain(file.holder_name)} has it")
            at = wording.time_of_day(file.taken_at, settings().time_zone) if file.taken_at else wording.MISSING
            st.caption(f"Taken at {at}. Nobody else can answer it meanwhile.")
        if on_next is not None:
            st.button(
                "Next file", type="primary", icon=":material/arrow_forward:", on_click=on_next, shortcut="n",
                width="stretch",
            )  # fmt: skip


def _show_rounds(rounds: tuple[Round, ...], *, currency: str) -> None:
    """What was decided, round by round, the newest first."""
    for each in reversed(rounds):
        st.markdown(round_sentence(each, currency=currency, time_zone=settings().time_zone, whole=True))
        st.caption(
            f"Round {each.number}, decision No. {each.decision_id}, policy {each.policy_version}"
            f"{f', score No. {each.score_run_id}' if each.score_run_id else ''}"
            f"{', against the policy' if each.override else ''}"
        )


def grade_badge(grade: str) -> str:
    """A grade as Markdown."""
    return f":{wording.GRADE_COLOURS[grade]}-badge[Grade {grade}] "


def show_done(latest: Round, *, currency: str) -> None:
    """Say what was just recorded wherever on the page the button was pressed; the card with it stands at the top."""
    amount = f" {wording.plain(wording.exact_money(latest.amount_minor, currency))}" if latest.amount_minor else ""
    if latest.final:
        st.toast(f"Recorded: {wording.OUTCOMES_DONE[latest.outcome]}{amount}")
    else:
        answer = wording.OUTCOMES[latest.outcome].lower()
        st.toast(f"Recorded, and back in the queue for somebody else: {answer}{amount}")
