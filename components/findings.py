"""What the charts of a shop's record find: the title of each card, from the frame that is drawn.

Each has a neutral form for figures in which the rule finds nothing, and finds nothing in too few cases.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from components import wording
from components.sentences import LEVEL_SHARE
from lending.months import change_on_year
from lending.peers import Peers
from lending.signs import Sign

# A peak lower than this is none.
PEAK_TIMES = 1.4
# What a vital sign must change by to be called better or worse: shares, rating points, and of the wallet a share of it.
STEADY = {"refunds": 0.005, "rating": 0.05, "late": 0.01, "wallet": 0.2}
LOWER_IS_BETTER = {"refunds", "late"}
SIGN_NAMES = {"refunds": "refunds", "rating": "rating", "late": "dispatch", "wallet": "wallet"}
# Why a vital sign, or its change, is missing.
NONE = {"refunds": "no orders", "rating": "no ratings", "late": "no promises", "wallet": "no balances"}
FEW = {"refunds": "few orders", "rating": "few ratings", "late": "few promises", "wallet": "no balance"}
NOTHING_BEFORE = "no year before"
# From this share on ten buyers are worth a word.
CONCENTRATED_SHARE = 0.3


def sales_title(frame: pd.DataFrame, *, band: pd.DataFrame | None = None) -> str:
    """The title of the monthly sales: the change on the year, the month that stands out, and whether its peers' does.

    Args:
        frame: rows of lending.months.beside_year_before.
        band: of lending.peers.Peers, with the same months.
    """
    whole = frame[frame["complete"]]
    title = f"Net sales, {wording.count(len(whole), 'full month')}"
    year = change_on_year(frame)
    if year is not None:
        level = abs(year) < LEVEL_SHARE
        moved = f"{'up' if year > 0 else 'down'} {wording.share(abs(year))}"
        title = f"Sales are {'level with the year before' if level else f'{moved} on the year'}"
    peak = _peak(whole["month"], whole["net_minor"])
    if peak is None:
        return title
    peers = None if band is None else _peak(band["month"], band["middle_minor"])
    alike = ", as its peers do" if peak == peers else ""
    return f"{title}{' and peak' if year is not None else '; peak'} {_when(peak)}{alike}"


def _peak(months: pd.Series, net: pd.Series) -> pd.Timestamp | None:
    """The month that stands out of the last twelve, if any does."""
    year = net.tail(12).to_numpy()
    if len(year) < 12 or not year.max() >= PEAK_TIMES * max(float(np.median(year)), 1):
        return None
    return pd.Timestamp(months.tail(12).iloc[int(year.argmax())])


def _when(peak: pd.Timestamp) -> str:
    return "at 11.11" if peak.month == 11 else f"in {peak:%B}"


def peers_sentence(peers: Peers | None) -> str:
    """Who the peers are, and what the band is."""
    if peers is None:
        return "Fewer than eight shops are like it: no peers are shown."
    return (
        f"The band is the middle half of its {peers.count} peers, brought to this shop's size: "
        f"consented shops of its {peers.alike}, those nearest in size."
    )


def refunds_title(frame: pd.DataFrame) -> str:
    """The title of the refunds: the share of the last three full months, against the twelve before them."""
    whole = frame[frame["complete"]]
    now, before = whole.tail(3), whole.iloc[:-3].tail(12)
    if len(now) < 3 or now["gross_minor"].sum() <= 0:
        return "Refunds, share of sales"
    recent = now["refunded_minor"].sum() / now["gross_minor"].sum()
    if len(before) < 6 or before["gross_minor"].sum() <= 0:
        return f"Refunds are {wording.share(recent)} of sales in three months"
    usual = before["refunded_minor"].sum() / before["gross_minor"].sum()
    if abs(recent - usual) < 0.005:
        return f"Refunds hold at {wording.share(recent)} of sales"
    way = "up" if recent > usual else "down"
    return f"Refunds are {wording.share(recent)} of sales, {way} from {wording.share(usual)}"


def buyers_title(frame: pd.DataFrame) -> str:
    """The title of the buyers: what the largest bring together."""
    if frame.empty:
        return "Buyers, share of sales"
    brought = wording.share(float(frame["share"].sum()))
    if len(frame) == 1:
        return f"One buyer brings {brought} of sales"
    if frame["share"].sum() < CONCENTRATED_SHARE:
        return f"The top {_word(len(frame))} buyers bring only {brought} of sales"
    return f"{_word(len(frame)).capitalize()} buyers bring {brought} of sales"


def _word(number: int) -> str:
    words = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
    return words[number] if number < len(words) else f"{number:,}"


def wallet_title(frame: pd.DataFrame, currency: str) -> str:
    """The title of the balances: what is held now, and the lowest point."""
    held = frame[["wallet_minor", "fund_minor"]].sum(axis=1, min_count=1)
    if held.isna().all():
        return "Wallet and fund"
    now, least = float(held.iloc[-1]), float(held.min())
    title = f"Wallet and fund hold {wording.money_short(now, currency)}"
    if least >= now:
        return title
    least_on = frame["day"].iloc[int(held.argmin())]
    return f"{title}; least {wording.money_short(least, currency)} on {wording.day(least_on)}"


def direction(sign: Sign) -> int:
    """Whether a vital sign is better than a year before (1), worse (−1), or neither (0)."""
    if sign.change is None:
        return 0
    change = sign.change
    if sign.name == "wallet":
        change = change / abs(sign.before) if sign.before else float(np.sign(change))
    if abs(change) < STEADY[sign.name]:
        return 0
    return 1 if (change < 0) == (sign.name in LOWER_IS_BETTER) else -1


def signs_title(signs: Sequence[Sign]) -> str:
    """The title of the vital signs: which are better than a year before, and which worse."""
    better, worse = ([SIGN_NAMES[each.name] for each in signs if direction(each) == way] for way in (1, -1))
    if not better and not worse:
        steady = any(each.change is not None for each in signs)
        return "Service and wallet are much as a year before" if steady else "Service and wallet"
    parts = [
        f"{wording.listed(names)} {verb}{'' if len(names) > 1 or names == ['refunds'] else 's'}"
        for names, verb in ((better, "improve"), (worse, "worsen"))
        if names
    ]
    title = ", ".join(parts)
    return title[0].upper() + title[1:]


def sign_value(sign: Sign, currency: str) -> str:
    """A vital sign as text."""
    if sign.value is None:
        return wording.MISSING
    if sign.name == "wallet":
        return wording.money_short(sign.value, currency)
    return f"{sign.value:.2f}" if sign.name == "rating" else wording.share(sign.value)


def sign_change(sign: Sign, currency: str) -> str:
    """How a vital sign changed on the year, or why that can't be told."""
    if sign.change is None:
        return NOTHING_BEFORE if sign.value is not None else FEW[sign.name] if sign.cases else NONE[sign.name]
    if sign.name == "wallet":
        amount = wording.money_short(sign.change, currency)
        return f"+{amount}" if sign.change > 0 else amount
    if sign.name == "rating":
        return f"{'+' if sign.change > 0 else ''}{sign.change:.2f}".replace("-", wording.MINUS)
    return wording.points_change(sign.change)
