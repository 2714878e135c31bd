"""What the Score page says: where the shop stands, what its points come from, and which card made them.

Plain text throughout; what a card says of itself may have been written by anybody.
"""

from datetime import date

import pandas as pd

from components import wording
from components.factor_words import factor
from components.reason_words import Company
from components.score_rows import features_by_gap, shop_value
from scoring.card import Card
from scoring.features import BY_NAME
from scoring.records import Contribution, ScoreResult
from scoring.reference import EVERYBODY, Reference

LONGEST_SAYING = 160
USUAL_SHOP = "a usual shop of the card"


def standing_title(result: ScoreResult, others: pd.DataFrame) -> str:
    """The title of the map: how many other shops have fewer points."""
    if others.empty:
        return f"{result.points} points; no other shop is scored"
    below = int((others["points"] < result.points).sum())
    return f"{result.points} points, more than {below:,} of {wording.count(len(others), 'other shop')}"


def grades_sentence(others: pd.DataFrame, card: Card) -> str:
    """How many of the other shops have each grade."""
    counted = others["grade"].value_counts()
    told = wording.listed([f"{int(counted.get(grade, 0)):,} {grade}" for grade, _ in card.grades])
    return f"Newest scores of {wording.count(len(others), 'other shop')} that consent: {told}. Lines part the grades."


def held_against(reference: Reference) -> str:
    """Whom the points are held against."""
    return f"the average of {reference.cases:,} approved applicants" if reference.cases else USUAL_SHOP


def features_title(rows: pd.DataFrame) -> str:
    """The title of the points by feature: what lowers and what lifts, added up."""
    gaps = features_by_gap(rows)["gap"]
    said = f"{_weighs(gaps[gaps > 0], 'lift')}; {_weighs(gaps[gaps < 0], 'lower')}"
    return said[0].upper() + said[1:]


def _weighs(gaps: pd.Series, verb: str) -> str:
    if gaps.empty:
        return f"no figure {verb}s it"
    figures = wording.count(len(gaps), "figure")
    points = wording.count(abs(int(gaps.sum())), "point")
    return f"{figures} {verb}{'s' if len(gaps) == 1 else ''} it by {points}"


def table_title(result: ScoreResult) -> str:
    """The title of the table: how the two families make the score."""
    return (
        f"{result.soundness_points} points for soundness + {result.reputation_points} for reputation = {result.points}"
    )


def step_title(each: Contribution, currency: str, reference: Reference) -> str:
    """The title of a feature's own chart: the shop's value, its points, and how far they are from the average."""
    value = shop_value(each, currency)
    said = f"{factor(each.feature)} {value}" if each.missing is None else f"{factor(each.feature)} missing"
    gap = "as usual" if each.gap == 0 else f"{abs(each.gap)} {'above' if each.gap > 0 else 'below'} "
    average = "" if each.gap == 0 else "the average" if reference.cases else "a usual shop"
    return f"{said}: {wording.points(each.points)} points, {gap}{average}"


def feature_sentences(each: Contribution, company: Company, as_of: date) -> list[str]:
    """What a feature asks, of which records and times, and who the peers are."""
    known = BY_NAME.get(each.feature)
    told = []
    if known is not None:
        better = {1: "More is better.", -1: "Less is better.", 0: "The middle is best."}[known.sign]
        # The record of the features speaks to whoever works on the card.
        spoken = [f"{known.sentence} {better}", f"From {known.source}; {known.window}."]
        told = [line.replace("as_of", wording.day(as_of)).replace(" %", "%") for line in spoken]
    found = company.figure(each.feature)
    if found is not None:
        group, figure = found
        alike = "all scored shops" if group == EVERYBODY else f"scored shops of {wording.shortened(group, 28)}"
        told.append(f"Peers: {figure.cases:,} {alike} that have the figure; half of them reach the median.")
    if not each.seen:
        told.append("No record of the fit fell into this bin: its points were not learnt.")
    return told


def card_title(card: Card) -> str:
    """The title of the card's own facts: what kind of card scored."""
    rows, bad = card.provenance.get("rows"), card.provenance.get("bad")
    name = wording.shortened(card.name, 40)
    if type(rows) is int and type(bad) is int:
        return f"Card {name}, learnt from {rows:,} records with {bad:,} defaults"
    return f"Card {name}, made by hand" if card.calibration.get("assumed") else f"Card {name}"


def card_sentences(card: Card, *, since: str | None, approver: str | None, replaced: bool) -> list[str]:
    """Which card it is, how it was made, and since when it is in force; `since` is None where nobody knows."""
    made = card.provenance.get("made")
    told = [f"Hash {card.hash[:12]}, {len(card.features)} figures."]
    if isinstance(made, str):
        told.append(wording.shortened(made, LONGEST_SAYING))
    if since is None:
        return [*told, "The register does not say when it came into force."]
    by = f"approved by {approver}" if approver else "put in force with Loam itself"
    ended = " Another card is in force by now: score the shop again to have its points." if replaced else ""
    return [*told, f"Champion {'from' if replaced else 'since'} {since}, {by}.{ended}"]
