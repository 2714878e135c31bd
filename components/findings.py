"""What the charts of a shop's record find: the title of each card, from the frame that is drawn.

Each has a neutral form for figures in which the rule finds nothing, and finds nothing in too few cases.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from components import wording
from components.sentences import LEVEL_SHARE, turned, turned_sentence, up_or_down
from lending.concentration import Concentration
from lending.months import change_on_year
from lending.peers import Peers
from lending.signs import LEAST_CASES, Sign
from lending.week import Week

# A peak lower than this is none.
PEAK_TIMES = 1.4
# What a vital sign must change by to be called better or worse: shares, rating points, and of the wallet a share of it.
STEADY = {"refunds": 0.005, "rating": 0.05, "late": 0.01, "wallet": 0.2}
LOWER_IS_BETTER = {"refunds", "late"}
SIGN_NAMES = {"refunds": "refunds", "rating": "rating", "late": "dispatch", "wallet": "wallet"}
# Why a vital sign, or its change, is missing.
NONE = {"refunds": "no orders", "rating": "no ratings", "late": "no promises", "wallet": "no balances"}
FEW = {"refunds": "few orders", "rating": "few ratings", "late": "few promises", "wallet": "no balance"}
NOTHING_BEFORE = "too little before"
# Below this share of the top tenth the buyers are called even.
EVEN_SHARE = 0.15
# From these shares of all orders on a weekday or a part of the day stands out; with fewer orders none does.
BUSY_DAY_SHARE, BUSY_PART_SHARE, LEAST_ORDERS = 0.17, 0.35, 100
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
PARTS_OF_DAY = ("at night", "in the morning", "in the afternoon", "in the evening")
# From this share on ten buyers are worth a word.
CONCENTRATED_SHARE = 0.3


def sales_title(frame: pd.DataFrame, *, band: pd.DataFrame | None = None) -> str:
    """The title of the monthly sales: the change on the year, and how it ends or when it peaks.

    Args:
        frame: rows of lending.months.beside_year_before.
        band: of lending.peers.Peers, with the same months.
    """
    whole = frame[frame["complete"]]
    title = f"Net sales, {wording.count(len(whole), 'full month')}"
    year = change_on_year(frame)
    if year is not None:
        level = abs(year) < LEVEL_SHARE
        title = f"Sales are {'level with the year before' if level else f'{up_or_down(year)} on the year'}"
        late = turned(frame)
        if late is not None:
            return f"{title}, {turned_sentence(year, late)}"
    peak = _peak(whole["month"], whole["net_minor"])
    if peak is None:
        return title
    peers = None if band is None else _peak(band["month"], band["middle_minor"])
    alike = ", as its peers do" if peak == peers else ""
    return f"{title}{' and peak' if year is not None else '; peak'} {_when(peak)}{alike}"


def _peak(months: pd.Series, net: pd.Series) -> pd.Timestamp | None:
    """The month that stands out of the last twelve, if any does."""
    year = net.tail(12).to_numpy()
    # Where half of the months brought nothing, the others do not stand out: they are the last, or the first.
    if len(year) < 12 or not np.median(year) > 0 or not year.max() >= PEAK_TIMES * np.median(year):
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


def peers_title(peers: Peers) -> str:
    """The title of the comparison: in what the shop is better than the median peer, and in what worse."""
    better: list[str] = []
    worse: list[str] = []
    for name, standing, sign, least in (
        ("sales", peers.change, 1, LEVEL_SHARE),
        ("refunds", peers.refunded_share, -1, STEADY["refunds"]),
        ("rating", peers.rating, 1, STEADY["rating"]),
    ):
        if standing.shop is None or standing.median is None:
            continue
        ahead = (standing.shop - standing.median) * sign
        if abs(ahead) >= least:
            (better if ahead > 0 else worse).append(name)
    parts = [f"{way} in {wording.listed(names)}" for way, names in (("Better", better), ("worse", worse)) if names]
    if not parts:
        return f"Beside {wording.count(peers.count, 'peer')}"
    title = "; ".join(parts)
    return f"{title[0].upper()}{title[1:]} than its {wording.count(peers.count, 'peer')}"


def peers_rows(peers: Peers, currency: str) -> pd.DataFrame:
    """The comparison as text: Figure, This shop, Peers' median, Peers (how many have the figure)."""

    def money(value: float | None) -> str:
        return wording.money_short(value, currency)

    def rating(value: float | None) -> str:
        return wording.MISSING if value is None else f"{value:.2f}"

    rows = (
        ("Sales in a usual month", peers.month_net_minor, money),
        ("Sales on the year", peers.change, wording.change),
        ("Refunds, share of sales", peers.refunded_share, wording.share),
        ("Rating by the marketplace", peers.rating, rating),
    )
    return pd.DataFrame(
        {
            "Figure": [name for name, *_ in rows],
            "This shop": [said(standing.shop) for _, standing, said in rows],
            "Peers' median": [said(standing.median) for _, standing, said in rows],
            "Peers": [f"{standing.peers:,}" for _, standing, _ in rows],
        }
    )


def refunds_title(frame: pd.DataFrame) -> str:
    """The title of the refunds: the share of the last three full months, against the twelve before them."""
    whole = frame[frame["complete"]]
    now, before = _recent(whole["refunded_minor"], whole["gross_minor"], whole["orders"])
    return _moved("Refunds are", "Refunds hold at", " of sales", now, before) or "Refunds, share of sales"


def deliveries_title(frame: pd.DataFrame) -> str:
    """The title of the deliveries: what came late in the last three months, against the twelve before them."""
    now, before = _recent(frame["late"], frame["promised"], frame["promised"])
    return _moved("Late deliveries are", "Late deliveries hold at", "", now, before) or "Late and cancelled orders"


def ratings_title(frame: pd.DataFrame) -> str:
    """The title of the ratings: the mean of the last three months, against that of the twelve before them."""
    now, before = _recent(frame["rating"].fillna(0) * frame["reviews"], frame["reviews"], frame["reviews"])
    if now is None:
        return "Ratings and reviews"
    if before is None:
        return f"Rating is {now:.2f} in three months"
    if abs(now - before) < STEADY["rating"]:
        return f"Rating holds at {now:.2f}"
    return f"Rating is {now:.2f}, {'up' if now > before else 'down'} from {before:.2f}"


def _recent(part: pd.Series, whole: pd.Series, cases: pd.Series) -> tuple[float | None, float | None]:
    """A ratio over the last three months, and over up to twelve before them; None with too few cases or months."""

    def over(first: int, last: int | None, least: int) -> float | None:
        of, seen = whole.iloc[first:last], cases.iloc[first:last].sum()
        enough = len(of) >= least and seen >= LEAST_CASES and of.sum() > 0
        return float(part.iloc[first:last].sum() / of.sum()) if enough else None

    return over(-3, None, 3), over(-15, -3, 6)


def _moved(name: str, holds: str, unit: str, now: float | None, before: float | None) -> str | None:
    """How a share moved, in words; None where it is not known."""
    if now is None:
        return None
    if before is None:
        return f"{name} {wording.share(now)}{unit} in three months"
    if abs(now - before) < STEADY["refunds"]:
        return f"{holds} {wording.share(now)}{unit}"
    return f"{name} {wording.share(now)}{unit}, {'up' if now > before else 'down'} from {wording.share(before)}"


def concentration_title(found: Concentration) -> str:
    """The title of the curve of the buyers: what the largest tenth brings."""
    if found.top_tenth_share < EVEN_SHARE:
        return f"Sales are spread evenly over {wording.count(found.buyers, 'buyer')}"
    return f"The top tenth of the buyers bring {wording.share(found.top_tenth_share)} of sales"


def concentration_sentence(found: Concentration) -> str:
    """What the curve means."""
    return (
        f"If all {found.buyers:,} bought the same, a tenth would bring 10%. "
        f"Sales are as concentrated as with {wording.count(round(found.effective_buyers), 'equal buyer')}."
    )


def week_title(week: Week) -> str:
    """The title of the hours: the weekday and the part of the day that stand out by more than chance."""
    day = _stands_out(week.day_shares, week.orders, BUSY_DAY_SHARE)
    part = _stands_out(week.part_shares, week.orders, BUSY_PART_SHARE)
    found = [f"on {WEEKDAYS[day]}s"] if day is not None else []
    found += [PARTS_OF_DAY[part]] if part is not None else []
    return f"Orders peak {' and '.join(found)}" if found else "Orders by weekday and hour"


def _stands_out(shares: np.ndarray, cases: int, least: float) -> int | None:
    """The place of the largest share, where it is large enough and three standard errors above an even one."""
    place, even = int(shares.argmax()), 1 / len(shares)
    beyond = even + 3 * (even * (1 - even) / max(cases, 1)) ** 0.5
    return place if cases >= LEAST_ORDERS and shares[place] >= max(least, beyond) else None


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
    title = "; ".join(parts)
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
        # Added to zero, so that a small fall is no "−0.00".
        moved = round(sign.change, 2) + 0.0
        return f"{'+' if moved > 0 else ''}{moved:.2f}".replace("-", wording.MINUS)
    return wording.points_change(sign.change)
