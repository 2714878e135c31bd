"""The score and the shop in words; the offer stands in offer_words, the titles of the charts of a record in findings.

Each title has a neutral form for figures in which the rule finds nothing. What is returned is plain text; where a
shop's own words are in it, they have been made safe for Markdown.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Protocol

import pandas as pd

from components import wording
from components.factor_words import SPEAKS, UNKNOWN, factor, inside
from lending.months import change_on_year
from scoring.records import Reason, ScoreResult

# A change of sales smaller than this is called level.
LEVEL_SHARE = 0.03
# So far from the year's change, and the other way, the last months of it have turned.
TURN_SHARE, LATE_MONTHS = 0.25, 3
# Of a category, place or marketplace, in Latin letters.
LONGEST_FACT = 40
# The reasons of a decision where four of them stand side by side.
SHORT_REASONS = {
    "sales_too_low": "Sales too low",
    "sales_falling": "Sales falling",
    "short_history": "Short history",
    "excess_obligations": "Thin cash",
    "poor_repayment": "Paid us late",
    "high_refunds": "Refunds",
    "rating_decline": "Rating, delivery",
    "buyer_concentration": "Few buyers",
    "unusual_payments": "Odd payments",
    "unable_to_verify": "Not verified",
    "incomplete_application": "Incomplete",
    "policy_exclusion": "Policy excludes",
}
KINDS = {
    "A": "One of the strongest shops",
    "B": "A strong shop",
    "C": "A sound shop that needs a second look",
    "D": "A weak shop, just below the cut-off",
    "E": "A poor risk, well below the cut-off",
}


class Lenders(Protocol):
    """Money that passed between a shop and other lenders; see db.exposure."""

    wallet_known: bool
    received: int
    received_minor: int
    repaid_minor: int


def score_title(points: int, default_probability_ppm: int, *, assumed: bool) -> str:
    """The title of the map: points and default probability; assumed as long as no outcomes are known."""
    return f"{points} points; default {wording.probability(default_probability_ppm)}{', assumed' if assumed else ''}"


def shop_sentence(shop: Mapping[str, object], *, year_net_minor: int | None, currency: str, since: str | None) -> str:
    """One sentence about a shop: what and where it is, how long it sells, and what it sold in a year.

    Args:
        shop: its category, city, region and marketplace where known; anything may have been written there.
        year_net_minor: net sales of the last twelve months.
        currency: of the sales.
        since: how long it has traded, in words.
    """
    kind, city, region, market = (str(shop.get(name) or "") for name in ("category", "city", "region", "marketplace"))
    kind, city, region, market = (wording.shortened(each, LONGEST_FACT) for each in (kind, city, region, market))
    place = ", ".join(wording.plain(each) for each in dict.fromkeys((city, region)) if each)
    what = wording.plain(kind[:1].upper() + kind[1:]) or "A shop"
    parts = [
        f"{what}{f' from {place}' if place else ''}",
        " ".join(filter(None, [since, f"on {wording.plain(market)}" if market else ""])),
        "" if year_net_minor is None else f"{_safe_money(year_net_minor, currency)} net sales in 12 months",
    ]
    return "; ".join(filter(None, parts))


def kind_sentence(result: ScoreResult, year: pd.DataFrame) -> str:
    """What kind of shop this is, in one sentence: its grade, its trend, what speaks for it and what against it.

    Args:
        result: its score.
        year: rows of lending.months.beside_year_before.
    """
    lifts = wording.listed([_speaks(each) for each in result.strengths[:2]])
    worries = wording.listed([_speaks(each) for each in result.reasons[:2]])
    stands_out = f"{lifts}, but {worries}" if lifts and worries else lifts or worries or "nothing stands out"
    return f"{KINDS[result.grade]}, {_trend(year)}: {stands_out}"


def _speaks(each: Reason) -> str:
    """What one feature says of the shop; of one without a value, that it is not known."""
    if each.value is None or each.feature not in SPEAKS:
        name = UNKNOWN.get(each.feature, inside(factor(each.feature)))
        return f"{name}{' unknown' if each.value is None else ''}"
    if each.feature == "sales_trend" and each.value < 0:
        return "falling sales of late"
    return SPEAKS[each.feature][each.gap < 0]


def turned(year: pd.DataFrame) -> float | None:
    """The change of the last three months on the year, where it is another or a far stronger one than the whole year's.

    A sum of twelve months hides that a shop has begun to fall, to come back, or to leap.

    Args:
        year: rows of lending.months.beside_year_before.
    """
    whole, late = change_on_year(year), change_on_year(year, months=LATE_MONTHS)
    if whole is None or late is None or abs(late - whole) < TURN_SHARE or abs(late) < LEVEL_SHARE:
        return None
    slower = (whole > 0) == (late > 0) and abs(late) < abs(whole)
    return None if slower else late


def turned_sentence(whole: float, late: float) -> str:
    """How the last three months went, behind what was said of the whole year."""
    same_way = abs(whole) >= LEVEL_SHARE and (whole > 0) == (late > 0)
    return f"{'and' if same_way else 'but'} {up_or_down(late)} in the last three months"


def up_or_down(change: float) -> str:
    """A change that is not level, in words."""
    return f"{'up' if change > 0 else 'down'} {wording.share(abs(change))}"


def _trend(year: pd.DataFrame) -> str:
    """How its sales go on the year, or how short its record is."""
    moved = change_on_year(year)
    if moved is None:
        whole = int(year["complete"].sum())
        return f"{wording.count(whole, 'full month')} on record" if whole else "no full month of sales on record"
    level = abs(moved) < LEVEL_SHARE
    said = "sales level with the year before" if level else f"sales {up_or_down(moved)} on the year"
    late = turned(year)
    return said if late is None else f"{said} {turned_sentence(moved, late)}"


def asked_sentence(amount_minor: int, term_months: int, purpose: str | None, currency: str) -> str:
    """What the shop asks for, in Markdown."""
    amount = wording.plain(wording.exact_money(amount_minor, currency))
    wish = f"asks **{amount} for {wording.count(term_months, 'month')}**"
    return f"{wish}: {wording.plain(purpose)}" if purpose else wish


def traded(months: float | None) -> str | None:
    """How long a shop has traded, in words.

    >>> traded(50), traded(7.2), traded(0.4), traded(None)
    ('4 years', '7 months', 'under a month', None)
    """
    if months is None or math.isnan(months):
        return None
    if months < 1:
        return "under a month"
    return wording.count(int(months // 12), "year") if months >= 24 else wording.count(int(months), "month")


def reasons_in_words(codes: Sequence[str], *, short: bool = False) -> str:
    """Reason codes as a list in words."""
    words = SHORT_REASONS if short else wording.REASONS
    return wording.listed([words[code].lower() for code in codes])


def earlier_sentence(earlier: pd.DataFrame) -> str:
    """What the shop asked for before, and what was answered.

    Args:
        earlier: rows of db.applications.of_shop, without the application at hand.
    """
    if earlier.empty:
        return "No other application of this shop is on record"
    settled = earlier[earlier["final"] == 1]
    counts = {
        "declined": int((settled["outcome"] == "decline").sum()),
        "approved": int((settled["outcome"] != "decline").sum()),
        "waiting": len(earlier) - len(settled),
    }
    told = wording.listed([f"{number} {name}" for name, number in counts.items() if number])
    return f"{wording.count(len(earlier), 'other application')}: {told}"


def lenders_sentence(owner: Lenders, currency: str) -> str:
    """What other lenders gave the shop in twelve months, as far as its wallet shows, in Markdown."""
    if not owner.wallet_known:
        return "No wallet is on record, so money from other lenders can't be seen"
    if not owner.received:
        repaid = f"; {_safe_money(owner.repaid_minor, currency)} paid back to them" if owner.repaid_minor else ""
        return f"No money from other lenders in 12 months{repaid}"
    times = f" in {owner.received} payments" if owner.received > 1 else ""
    return (
        f"{_safe_money(owner.received_minor, currency)} from other lenders in 12 months{times}, "
        f"{_safe_money(owner.repaid_minor, currency)} paid back"
    )


def _safe_money(minor: int, currency: str) -> str:
    return wording.plain(wording.money_short(minor, currency))
