"""The signs of bought sales in words: the finding, each sign that fires, and what could not be looked at.

A flag is a reason to look, never an accusation: the words say what the record shows, and nothing of anybody's intent.
"""

from collections.abc import Callable
from datetime import UTC, datetime

import pandas as pd

from components import wording
from components.factor_words import factor, factor_value
from scoring import features
from scoring.bought_signs import BY_NAME, UNKNOWN
from scoring.manipulation_record import Manipulation, Sign
from scoring.suspects import RULES

REASON_TO_LOOK = (
    "A flag is a reason to look, never an accusation. The orders set aside count neither in score nor offer."
)
SIGNS_ALONE = (
    "A sign is a reason to look, never an accusation. No order is set aside: score and offer are as they were."
)
SET_ASIDE = (
    "An order is set aside where money of about its amount went back to its buyer from the wallet, outside refunds, "
    "or where it is part of a burst of orders with at least two of three marks (at night, a round amount, a new "
    "buyer), far above the shop's own four quarters before."
)
SHORT_LABELS = {
    "paid_back": "money back to buyers",
    "together": "orders with several marks",
    "season": "last year's season",
    "new_buyers": "new buyers",
    "bought_once": "buyers who bought once",
    "concentration": "concentration of buyers",
    "round_amounts": "round amounts",
    "one_amount": "repeated amounts",
    "night": "nights",
}


def quiet(found: Manipulation) -> bool:
    """Whether there is nothing to show: no sign fires, nothing is set aside."""
    return not (found.fired or found.aside_orders)


def title(found: Manipulation) -> str:
    """The finding of the card."""
    if found.flagged:
        share, days = max((found.month_share, 30), (found.recent_share, 90))
        return f"{wording.share(share)} of the sales of the last {days} days are set aside"
    if found.aside_orders:
        share_of = wording.share(found.recent_share)
        return f"{wording.count(found.aside_orders, 'order')} set aside, {share_of} of the last 90 days' sales"
    return f"{wording.count(len(found.fired), 'sign')} of unusual sales, no order set aside"


def looked_through(found: Manipulation) -> bool:
    """Whether any sign could be told that single orders give."""
    return any(sign.unknown is None for sign in found.signs if sign.name != "season")


def quiet_line(found: Manipulation) -> str:
    """One line where nothing was found: through how many orders was looked, and for what not."""
    if not found.signs:
        return "This score is older than the signs of bought sales: nothing was looked through."
    if not looked_through(found):
        why = next(sign.unknown for sign in found.signs if sign.name != "season")
        return f"No sign of bought sales could be looked for: {UNKNOWN[str(why)]}."
    return f"No sign of bought sales in {wording.count(found.orders, 'order')}{not_looked_at(found)}."


def not_looked_at(found: Manipulation) -> str:
    """What could not be told and why, as the end of a sentence; nothing where all could."""
    of_reason: dict[str, list[str]] = {}
    for sign in found.signs:
        if sign.unknown is not None:
            of_reason.setdefault(sign.unknown, []).append(SHORT_LABELS[sign.name])
    if not of_reason:
        return ""
    said = "; ".join(f"{wording.listed(names)}, since {UNKNOWN[why]}" for why, names in of_reason.items())
    return f"; not looked at: {said}"


def sign_sentence(sign: Sign) -> str:
    """What a sign that fires shows, with its number, its cases and what is usual for the shop."""
    return _SENTENCES[sign.name](sign, _in_unit(sign, sign.value), _in_unit(sign, sign.usual))


def _in_unit(sign: Sign, value: float | None) -> str:
    if value is None:
        return wording.MISSING
    match BY_NAME[sign.name].unit:
        case "share":
            return wording.share(value)
        case "ratio":
            return f"{value:.1f}"
        case _:
            return f"{round(value):,}"


_SENTENCES: dict[str, Callable[[Sign, str, str], str]] = {
    "paid_back": lambda sign, value, _: (
        f"Buyers of {wording.count(sign.cases, 'order')}, {value} of the sales of 90 days, were paid about the same "
        "from the wallet within 45 days, outside refunds. That is not usual for any shop"
    ),
    "together": lambda sign, value, usual: (
        f"{value} of the orders of 90 days ({sign.cases:,}) bear two or three marks at once: at night, a round "
        f"amount, a new buyer. Usual for the shop is {usual}"
    ),
    "season": lambda _, value, __: (
        f"The last 30 days sold {value} times what the same days sold a year before, with the shop's growth taken out"
    ),
    "new_buyers": lambda _, value, usual: f"{value} new buyers in 30 days. Usual for the shop are {usual}",
    "bought_once": lambda sign, value, usual: (
        f"{value} of the buyers of 90 days ({sign.cases:,}) were new and bought once. Usual for the shop is {usual}"
    ),
    "concentration": lambda _, value, usual: (
        f"The five largest buyers bring {value} of the sales of 90 days. Usual for the shop is {usual}"
    ),
    "round_amounts": lambda sign, value, usual: (
        f"{value} of the orders of 90 days ({sign.cases:,}) are of round amounts. Usual for the shop is {usual}"
    ),
    "one_amount": lambda sign, value, usual: (
        f"{value} of the orders of 90 days ({sign.cases:,}) are of one and the same amount. Before, it was {usual}"
    ),
    "night": lambda sign, value, usual: (
        f"{value} of the orders of 90 days ({sign.cases:,}) were placed from one to six in the morning. Usual for the "
        f"shop is {usual}"
    ),
}


def feature_rows(found: Manipulation, currency: str) -> pd.DataFrame:
    """The features that read otherwise without the orders set aside: Figure, On record, Without them (all text)."""
    rows = []
    for each in found.features:
        unit = features.BY_NAME[each.name].unit
        raw, cleaned = (factor_value(each.name, unit, value, currency) for value in (each.raw, each.cleaned))
        if raw != cleaned:
            rows.append((factor(each.name), raw, cleaned))
    return pd.DataFrame(rows, columns=["Figure", "On record", "Without them"])


def order_rows(found: Manipulation, *, currency: str, time_zone: str) -> pd.DataFrame:
    """The orders set aside, the largest first: Order, Day, Time (only where it is known), Buyer, Amount, Why."""
    rows = [
        {
            "Order": each.order_ref,
            "Day": wording.day(each.placed_day),
            "Time": _time(each.placed_at, time_zone),
            "Buyer": each.buyer_ref or wording.MISSING,
            "Amount": wording.exact_money(each.gross_minor, currency),
            "Why": RULES[each.rule],
        }
        for each in found.suspects
    ]
    frame = pd.DataFrame(rows, columns=["Order", "Day", "Time", "Buyer", "Amount", "Why"])
    return frame if found.timed else frame.drop(columns="Time")


def orders_title(found: Manipulation, currency: str) -> str:
    """How many orders are set aside and what they come to; how many of them are listed."""
    all_of_them = (
        f"{wording.count(found.aside_orders, 'order')} set aside, {wording.money(found.aside_minor, currency)}"
    )
    return (
        all_of_them
        if len(found.suspects) == found.aside_orders
        else f"{all_of_them}; the {len(found.suspects)} largest"
    )


def _time(placed_at: int | None, time_zone: str) -> str:
    if placed_at is None:
        return wording.MISSING
    return wording.time_of_day(datetime.fromtimestamp(placed_at / 1_000_000, UTC), time_zone)
