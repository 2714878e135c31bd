"""An offer in words: what makes it, what it costs, and what it bears. Plain text throughout."""

import math

import pandas as pd

from components import wording
from lending.demand import DemandCurve
from lending.offer import Offer
from lending.policy import Policy
from lending.terms import Terms

CAP_MEANINGS = {
    "product": "the most that the policy lends to one owner",
    "grade_multiple": "the usual month's sales, times what the grade allows",
    "affordability": "what a set share of the weaker months' sales repays in the term",
    "short_record": "with under a year on record, no more than the weakest full month sold",
}
# Of the table of falling sales, in its order.
STRESS_COLUMNS = ("Sales", "Weakest month's cash", "Covers instalments", "Missed", "Days by a share of sales")
# Why the policy recommends what it does.
WHY = {
    "flagged": "The file is flagged, so the policy lets it only be referred.",
    "grade_declines": "The grade is below the cut-off.",
    "no_room": "No cap leaves room for the least amount that is lent.",
    "grade_refers": "The grade is just below the cut-off: a second person decides.",
    "price_above_cap": "Even the legal cap would not pay for this loan.",
    "limit_below_asked": "The shop asks for more than the limit.",
    "within_limit": "The grade is above the cut-off and the amount is within the limit.",
}
# What makes the limit, within a sentence.
SET_BY = {
    "product": "the policy's largest loan",
    "grade_multiple": "the grade",
    "affordability": "what sales carry",
    "short_record": "the weakest full month",
}


def offer_title(offer: Offer, currency: str) -> str:
    """The title of the offer: the highest amount and the term, and the rate of the amount that would be lent."""
    if offer.why == "no_room" and offer.debt.balance_minor:
        return "No offer: what is owed leaves no room"
    if offer.limit_minor == 0:
        return f"No offer: {SET_BY[offer.binding_cap]} leaves no room"
    limit, months = wording.money(offer.limit_minor, currency), wording.count(offer.term_months, "month")
    if offer.amount_minor == offer.limit_minor:
        return f"Offer: up to {limit} for {months} at {wording.rate(offer.rate_bps)}"
    return f"Offer: up to {limit}; {wording.money(offer.amount_minor, currency)} at {wording.rate(offer.rate_bps)}"


def offer_caption(offer: Offer, currency: str) -> str:
    """Which cap makes the limit, and what came off it because it is owed already."""
    owed = offer.debt.balance_minor
    before = f"; {wording.money_short(owed, currency)} owed already came off" if owed else ""
    return f"Limit set by {SET_BY[offer.binding_cap]}{before}"


def caps_sentences(offer: Offer, currency: str) -> list[str]:
    """What each cap allows and what it means, the lowest first."""
    return [
        f"{wording.CAPS[cap.name]}, {wording.money_short(cap.room_minor, currency)}: {CAP_MEANINGS[cap.name]}."
        for cap in sorted(offer.caps, key=lambda cap: cap.room_minor)
    ]


def cost_sentence(terms: Terms, currency: str) -> str:
    """What a loan costs: its rate, whether the law holds it down, its instalment, and the interest in all."""
    instalment, interest = (
        wording.money(terms.instalment_minor, currency),
        wording.money(terms.interest_minor, currency),
    )
    capped = ", the legal cap" if terms.price.capped else ""
    return f"{wording.rate(terms.price.rate_bps)} a year{capped}: {instalment} a month, {interest} interest in all"


def fall_title(fall: float, instalment_minor: int, currency: str) -> str:
    """The title of the stress: how far sales may fall before an instalment is missed."""
    instalment = wording.money(instalment_minor, currency)
    if fall < 0:
        return f"Some months would not carry {instalment}"
    far = "over 99%" if 0.99 < fall < 1 else wording.share(fall)
    return f"Sales may fall {far} before {instalment} is missed"


def stress_title(table: pd.DataFrame, fall: float, instalments_minor: int, currency: str) -> str:
    """The title of the stress: how far sales may fall, and whether the worst 90 days would carry the instalments.

    Args:
        table: rows of lending.stress.stress_table.
        fall: of lending.stress.bearable_fall.
        instalments_minor: all instalments of a month.
        currency: of all of them.
    """
    expected, worst = table.iloc[0], table[table["scenario"] == "worst"]
    begin = fall_title(fall, instalments_minor, currency)
    if expected["missed"] == expected["instalments"]:
        begin = f"No month would carry {wording.money(instalments_minor, currency)}"
    if worst.empty:
        return begin
    carried, share = worst["missed"].iloc[0] == 0, worst["fall_share"].iloc[0]
    days = f"its worst 90 days{f' ({_below(share)})' if share > 0 else ''}"
    if fall < 0:
        return f"{begin}; {days} would{'' if carried else ' not either'}"
    return f"{begin}; {days} would {'' if carried else 'not '}carry it"


def scenario_names(table: pd.DataFrame) -> list[str]:
    """Each scenario of a stress table in words."""
    names = {"expected": "as expected", "worst": "worst 90 days"}
    return [
        ", ".join(filter(None, [names.get(scenario), _below(share) if scenario != "expected" else ""]))
        for scenario, share in zip(table["scenario"], table["fall_share"], strict=True)
    ]


def _below(share: float) -> str:
    return "" if math.isnan(share) else wording.change(-share)


def stress_rows(table: pd.DataFrame, currency: str) -> pd.DataFrame:
    """A stress table in words, under STRESS_COLUMNS."""
    rows = zip(
        scenario_names(table),
        (wording.money(int(cash), currency) for cash in table["cash_minor"]),
        (cover_said(cover) for cover in table["cover"]),
        (f"{missed} of {every}" for missed, every in zip(table["missed"], table["instalments"], strict=True)),
        (wording.quantity(days, "count", currency) for days in table["holdback_days"]),
        strict=True,
    )
    return pd.DataFrame(rows, columns=list(STRESS_COLUMNS))


def cover_said(cover: float) -> str:
    """How many times cash covers the instalments, with a mark where it does not; then it never reads 1.00.

    >>> cover_said(1.167052), cover_said(0.999), cover_said(float("nan"))
    ('1.17', '⚠ 0.99', '–')
    """
    if math.isnan(cover):
        return wording.MISSING
    return (
        wording.quantity(cover, "ratio", "") if cover >= 1 else f"⚠ {wording.quantity(min(cover, 0.99), 'ratio', '')}"
    )


def stress_caption(policy: Policy, *, existing_minor: int, worst_known: bool) -> str:
    """What the stress reckons with."""
    owed = wording.money(existing_minor, policy.currency)
    return " ".join(
        [
            f"Cash is {wording.rate(policy.cash_margin_bps)} of net sales, assumed, in the weakest month in which an "
            "instalment falls due; nothing is carried from month to month.",
            *([f"Instalments count {owed} a month that is owed already."] if existing_minor else []),
            "In the worst 90 days' row each month sells as those did; their change is against the mean expected."
            if worst_known
            else "Fewer than 90 days are on record, so there are no worst 90 days.",
            "Days by a share of sales: until the same sum is paid back if "
            f"{wording.rate(policy.affordability_bps)} of each day's sales were held back instead.",
        ]
    )


def parts_title(terms: Terms, currency: str) -> str:
    """The title of the interest in parts: how much of it is left."""
    margin, interest = terms.parts.margin_minor, wording.money(terms.interest_minor, currency)
    if margin < 0:
        return f"{interest} interest is {wording.money(-margin, currency)} short of what the loan costs"
    return f"{wording.money(margin, currency)} of {interest} interest is margin"


def parts_sentence(terms: Terms, currency: str) -> str:
    """What the interest pays for, to the last minor unit."""
    parts = terms.parts
    named = {
        "funding": parts.funding_minor, "risk": parts.expected_loss_minor, "handling": parts.work_minor,
        "margin": parts.margin_minor,
    }  # fmt: skip
    said = ", ".join(f"{wording.exact_money(minor, currency)} {name}" for name, minor in named.items())
    months = wording.count(terms.term_months, "month")
    return f"{said} of {wording.exact_money(parts.interest_minor, currency)} interest over {months}"


def loss_sentence(terms: Terms, policy: Policy, *, assumed: bool) -> str:
    """How the expected loss is reckoned, with the probability and its period."""
    chance = f"{wording.probability(terms.default_probability_ppm)}{' (assumed)' if assumed else ''}"
    return (
        f"Risk is the expected loss: default probability {chance} within twelve months, taken for the loan's "
        f"{wording.count(terms.term_months, 'month')}, × ({wording.rate(policy.rate.loss_given_default_bps)} of the "
        "amount (assumed) + the interest); who defaults is taken to do so before the first instalment"
    )


def walking(rate_bps: int, lost_share: float) -> str:
    """How many borrowers a rate turns away.

    >>> walking(961, 0.674), walking(400, 0.0)
    ('At 9.61% 67 of 100 walk away, assumed', 'At 4% none of 100 walk away, assumed')
    """
    return f"At {wording.rate(rate_bps)} {_of_hundred(lost_share)} walk away, assumed"


def demand_title(rate_bps: int, lost_share: float) -> str:
    """The title of the curve: how many such borrowers the rate turns away."""
    about = "about " if 0.005 <= lost_share < 0.995 else ""
    return f"At {wording.rate(rate_bps)} {about}{_of_hundred(lost_share)} such borrowers walk away, assumed"


def _of_hundred(share: float) -> str:
    """A share as a number of 100; none and all are said only where they are meant."""
    if share <= 0:
        return "none of 100"
    if share < 0.005:
        return "under 1 of 100"
    return "over 99 of 100" if share >= 0.995 else f"{share * 100:.0f} of 100"


def best_sentence(best_bps: int | None, policy: Policy) -> str:
    """The rate at which an application brings most."""
    if best_bps is None:
        return "No rate under the legal cap leaves a margin"
    capped = ", the legal cap" if best_bps == policy.rate.legal_cap_bps else ""
    return f"An application brings most margin at {wording.rate(best_bps)}{capped}; no rate is set by that"


def curve_sentence(curve: DemandCurve) -> str:
    """Where the curve comes from, and what it says."""
    return (
        f"One curve for all grades, fitted to another bank's borrowers: up to {wording.rate(curve.accepted_bps)} "
        f"nobody walks away, and each further {wording.rate(curve.halving_bps)} halve those who stay"
    )
