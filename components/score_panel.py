"""What the Score page shows of a shop: where it stands, what every point came from, and what a point is worth."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any, Protocol

import pandas as pd
import streamlit as st

from components import (
    calibration_chart,
    calibration_words,
    cards,
    reason_words,
    score_charts,
    score_page_charts,
    score_rows,
    score_words,
    wording,
)
from components.figure import Drawing
from scoring.card import Card
from scoring.counterfactual import to_next_grade
from scoring.records import ScoreResult
from scoring.reference import Reference

NO_CONSENT = "Without the shop's consent only its name may be seen."
NO_POINTS = "This score keeps no points by figure."
# The whole of a map reads better here than in a file's narrow column.
MAP_HEIGHT = 440
# Below the desk's usual row, so that a card of 24 figures stands on one screen.
ROW_PX = 26
LONGEST_NAME = 60
BINS = "A bin holds its lower edge and not its upper one: 10% belongs to “10% to 20%”."


class Step(Protocol):
    """How a card came into force; see db.register."""

    approver: str | None
    since: datetime


class Stored(Protocol):
    """A score as it stands on record."""

    id: int
    as_of: date
    batch_id: int
    result: ScoreResult
    reference_id: int | None


class Explained(Protocol):
    """A score and what it came from; see desk.shop_score."""

    card: Card
    replaced: bool
    held_against: Reference
    company: Reference
    others: pd.DataFrame

    @property
    def score(self) -> Stored:
        """The score."""

    @property
    def in_force(self) -> Step | None:
        """How the card came into force; None where the register does not know."""


@dataclass(frozen=True, slots=True)
class Heading:
    """What stands above a score."""

    shop_id: int
    shop_name: str
    grade: str | None
    """None without consent or score."""
    consented: bool
    application_id: int | None
    """The application of this shop that was looked at last; None for none."""
    review_page: str
    shops_page: str


def show_heading(heading: Heading) -> bool:
    """Whose score it is, and the ways to the shop's file and dossier; returns whether the numbers were asked for."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        name = wording.shortened(heading.shop_name, LONGEST_NAME)
        st.markdown(f"#### {wording.plain(name)}", width="content")
        if heading.grade is not None:
            st.markdown(f":{wording.GRADE_COLOURS[heading.grade]}-badge[Grade {heading.grade}]", width="content")
        st.space("stretch")
        wanted = heading.grade is not None and st.button("Numbers", type="tertiary", icon=":material/table:")
        if heading.application_id is not None:
            show_review_link("Review", heading.review_page, heading.application_id)
        if heading.consented:
            st.page_link(
                heading.shops_page, label="Dossier", icon=":material/folder_open:",
                query_params={"shop": str(heading.shop_id)},
            )  # fmt: skip
    return bool(wanted)


def show_review_link(label: str, page: str, application_id: int) -> None:
    """The way to an application."""
    st.page_link(page, label=label, icon=":material/fact_check:", query_params={"application": str(application_id)})


def show_missing(*, named: bool, shops_page: str) -> None:
    """A sentence in place of a score, and the way on."""
    st.markdown(f"#### {'No shop has this number' if named else 'No shop is open'}")
    if not named:
        st.caption("Open a file in Review or a dossier in Shops, and its score stands here.")
    st.page_link(shops_page, label="Find one in Shops", icon=":material/search:")


def show_unscored(*, waiting: int | None, may_score: bool, review_page: str) -> None:
    """A sentence in place of a score that was never made, and the way to where it is.

    Args:
        waiting: an application of the shop that is not decided; None without one.
        may_score: whether this person's role scores shops.
        review_page: the file of the page.
    """
    with st.container(border=True, gap="xsmall"):
        st.markdown("##### Not scored yet")
        if waiting is None:
            st.caption("A shop is scored on the page of an application. This one has none that waits.")
        else:
            st.caption("A shop is scored on the page of its application." + ("" if may_score else " Your role reads."))
            show_review_link("Score it in Review" if may_score else "See it in Review", review_page, waiting)


def show_map(told: Explained) -> Drawing:
    """The shop among all by soundness and reputation."""
    result = told.score.result
    drawing = score_charts.map_figure(
        told.others,
        soundness_points=result.soundness_points,
        reputation_points=result.reputation_points,
        grade_edges=dict(told.card.grades),
        title=score_words.standing_title(result, told.others),
        height=MAP_HEIGHT,
    )
    caption = score_words.grades_sentence(told.others, told.card)
    return cards.show_drawing(drawing, key="score_map", caption=caption, height="stretch")


def show_features(told: Explained, rows: pd.DataFrame, *, currency: str) -> Drawing | None:
    """Every figure's points against the average, and what would bring the next grade.

    Args:
        told: the score.
        rows: of score_rows.point_rows.
        currency: of the shop's sales.
    """
    result = told.score.result
    if not result.contributions:
        cards.show_nothing("Points by figure", NO_POINTS)
        return None
    against = score_words.held_against(told.held_against)
    drawing = score_page_charts.features_figure(rows, title=score_words.features_title(rows), held_against=against)
    way = reason_words.next_grade_sentence(to_next_grade(told.card, result), currency)
    return cards.show_drawing(
        drawing,
        key="score_features",
        about=f"{reason_words.gap_sentence(result, told.held_against)}.",
        caption=f"Bars are this shop's points, marks those of {against}. {way or 'No grade is better.'}",
        height="stretch",
    )


def show_steps(told: Explained, company: reason_words.Company, rows: pd.DataFrame, *, currency: str) -> Drawing | None:
    """The bins of one feature that is chosen here, the weightiest at first."""
    given = {each.feature: each for each in told.score.result.contributions}
    known = rows[rows["feature"] != ""]
    if known.empty:
        return None
    labels: dict[str, str] = dict(zip(known["feature"], known["figure"], strict=True))
    with st.container(border=True, gap="xsmall"):
        title = st.container()
        chosen = st.selectbox(
            "Figure", list(labels), index=int(known["gap"].abs().to_numpy().argmax()),
            key=f"score_figure_{told.score.id}", format_func=labels.__getitem__,
        )  # fmt: skip
        each = given[chosen]
        feature = next(feature for feature in told.card.features if feature.name == chosen)
        found = None if each.missing == "other_currency" else company.figure(chosen)
        drawing = score_page_charts.step_figure(
            score_rows.step_rows(feature, each, currency=currency, peers_median=found[1].median if found else None),
            title=score_words.step_title(each, currency, told.held_against),
        )
        title.markdown(f"##### {wording.plain(drawing.title)}", help=BINS)
        cards.show_figure(drawing, key=f"score_steps_{chosen}")
        lines = score_words.feature_sentences(each, company, told.score.as_of)
        st.caption("  \n".join(wording.plain(line) for line in lines))
    return drawing


def show_calibration(told: Explained) -> Drawing:
    """What a number of points stands for: the curve, what was observed of it, and the grades."""
    result, card = told.score.result, told.card
    observed = calibration_words.observed_of(card)
    drawing = calibration_chart.calibration_figure(
        card, result, observed, title=calibration_words.calibration_title(result, card)
    )
    table = calibration_words.grade_table(card, [*told.others["grade"], result.grade], observed)
    with st.container(border=True, gap="xsmall", height="stretch"):
        st.markdown(f"##### {wording.plain(drawing.title)}")
        cards.show_figure(drawing, key="score_calibration")
        st.caption(wording.plain(calibration_words.calibration_sentence(card, observed)))
        right = {
            name: st.column_config.TextColumn(alignment="right")
            for name in ("From points", "Default there", "Went bad")
        }
        st.dataframe(
            table, hide_index=True, column_config=right, row_height=ROW_PX, alt=f"The {len(table)} grades of the card"
        )
    return drawing


def show_points(rows: pd.DataFrame, told: Explained) -> None:
    """Every point of the score in a table: the two families, their figures and sums, and the whole.

    Args:
        rows: of score_rows.point_rows.
        told: the score.
    """
    result = told.score.result
    with st.container(border=True, gap="xsmall"):
        st.markdown(f"##### {wording.plain(score_words.table_title(result))}", help=BINS)
        st.dataframe(
            score_rows.shown_rows(rows), hide_index=True, row_height=ROW_PX, height=ROW_PX * (len(rows) + 1) + 3,
            column_config=column_config(told),
            alt=f"{score_words.table_title(result)}: {len(result.contributions)} figures with their points",
        )  # fmt: skip


def column_config(told: Explained) -> dict[str, Any]:
    """How the columns of the table of points stand."""
    against = score_words.held_against(told.held_against)
    text, right = st.column_config.TextColumn, partial(st.column_config.TextColumn, alignment="right")
    return {
        "Part": text(width=96),
        "Figure": text(width=150),
        "This shop": right(width=86),
        "Falls into": right(width=210),
        "Points": right(width=64),
        "Average": right(width=72, help=f"Points of {against}, in whole numbers that add up to theirs."),
        "Gap": right(width=56),
        "Half of peers": right(width=112, help="What half of the peers reach."),
        "Peers": right(width=64, help="Peers of whom the figure is known."),
    }


def show_identity(told: Explained, *, time_zone: str) -> None:
    """Which card made which score, from what, and since when it is in force."""
    step, score = told.in_force, told.score
    against = score_words.held_against(told.held_against)
    reference = f", reference {score.reference_id}" if score.reference_id is not None else ""
    lines = [
        f"Score No. {score.id}, on the record before {wording.day(score.as_of)}, import No. {score.batch_id}.",
        f"Held against {against}{reference}.",
        *score_words.card_sentences(
            told.card,
            since=None if step is None else wording.moment(step.since, time_zone).split(",")[0],
            approver=None if step is None else step.approver,
            replaced=told.replaced,
        ),
    ]
    with st.container(border=True, gap="xsmall", height="stretch"):
        st.markdown(f"##### {wording.plain(score_words.card_title(told.card))}")
        st.caption("  \n".join(wording.plain(line) for line in lines))
