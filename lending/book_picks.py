"""Which loans of a book are looked at: a mask from what was picked in the charts of the Portfolio page.

A pick is a name and a value, as they stand in the page's address. A trait keeps its own name; the others are

- bucket: how late a loan is now, or "renegotiated"; stage: 1 to 3;
- origin: a month or quarter, 2026-03 or 2025-Q4;
- roll: from and to, as 31-60~61-90: how it moved in the last full month;
- stood: how it stood at one of the days, as 2026-04-01~par30 (par60, par90, renegotiated, active, lagged);
- lost: the month of its write-off; due: a month in which something of it fell due;
- week: a coming week, by its first day, in which something falls due.
"""

import re
from collections.abc import Mapping
from datetime import date, timedelta

import numpy as np

from lending.arrears import BUCKETS
from lending.book_panel import HELD, Panel
from lending.book_traits import TRAITS
from lending.loan_book import Mask
from lending.months import first_of_month
from lending.rolls import OPENING_STATES, STATES

Pick = tuple[str, str]

OTHERS = ("bucket", "stage", "origin", "roll", "stood", "lost", "due", "week")
NAMES = (*TRAITS, *OTHERS)
STANDINGS = ("active", "par30", "par60", "par90", "renegotiated", "lagged")
RENEGOTIATED = "renegotiated"
LATER_THAN = {"active": -1, "par30": 30, "par60": 60, "par90": 90, "lagged": 30}
STAGES = ("1", "2", "3")


def known_picks(panel: Panel, wanted: Mapping[str, str]) -> tuple[Pick, ...]:
    """Of what an address says, the picks that mean something in a book, in the order of NAMES."""
    return tuple((name, wanted[name]) for name in NAMES if name in wanted and _means(panel, name, wanted[name]))


def _means(panel: Panel, name: str, value: str) -> bool:
    match name:
        case "bucket":
            return value in (*BUCKETS, RENEGOTIATED)
        case "stage":
            return value in STAGES
        case "origin":
            return months_of(value) is not None
        case "roll":
            left, _, reached = value.partition("~")
            return left in OPENING_STATES and reached in STATES
        case "stood":
            day, _, standing = value.partition("~")
            return standing in STANDINGS and day in {each.isoformat() for each in panel.days}
        case "lost" | "due":
            return value in {f"{each:%Y-%m}" for each in panel.months}
        case "week":
            return _week(panel, value) is not None
        case _:
            return value in panel.traits[name][1]


def months_of(value: str) -> tuple[int, int] | None:
    """The first month of a month or quarter and the one after its last, in months since January 1970.

    >>> months_of("2026-03"), months_of("2025-Q4"), months_of("2025-Q5"), months_of("x")
    ((674, 675), (669, 672), None, None)
    """
    found = re.fullmatch(r"([12][0-9]{3})-(?:(0[1-9]|1[0-2])|Q([1-4]))", value)
    if found is None:
        return None
    year, month, quarter = found.groups()
    first = (int(year) - 1970) * 12 + (int(month) - 1 if month else 3 * (int(quarter) - 1))
    return first, first + (1 if month else 3)


def _week(panel: Panel, value: str) -> int | None:
    for number in range(100):
        if (panel.as_of + timedelta(weeks=number)).isoformat() == value:
            return number
    return None


def mask_of(panel: Panel, picks: tuple[Pick, ...], *, but: str = "") -> Mask:
    """Which loans all picks hold for; those paid out by the day, where nothing was picked.

    Args:
        panel: the book.
        picks: of known_picks.
        but: the name of picks that don't count: a chart of categories shows all of them, whichever is picked.
    """
    mask = np.asarray(panel.loans["state"] >= HELD)
    for name, value in picks:
        if name != but:
            mask = mask & _one(panel, name, value)
    return mask


def _one(panel: Panel, name: str, value: str) -> Mask:
    loans = panel.loans
    match name:
        case "bucket" if value == RENEGOTIATED:
            return np.asarray((loans["state"] == HELD) & loans["renegotiated"])
        case "bucket":
            return np.asarray((loans["state"] == HELD) & (loans["bucket"] == BUCKETS.index(value)))
        case "stage":
            return np.asarray(loans["stage"] == int(value))
        case "origin":
            first, until = months_of(value) or (0, 0)
            return np.asarray((loans["origin"] >= first) & (loans["origin"] < until))
        case "roll":
            left, _, reached = value.partition("~")
            return np.asarray((loans["roll_from"] == STATES.index(left)) & (loans["roll_to"] == STATES.index(reached)))
        case "stood":
            return _stood(panel, *value.split("~"))
        case "lost":
            first, until = months_of(value) or (0, 0)
            return np.asarray((loans["written_off_month"] >= first) & (loans["written_off_month"] < until))
        case "due":
            month = first_of_month(date.fromisoformat(f"{value}-01"))
            return _with(panel, panel.due.place[panel.due.time == panel.months.index(month)])
        case "week":
            return _with(panel, panel.ahead.place[panel.ahead.time == _week(panel, value)])
        case "funder":
            code = panel.traits["funder"][1].index(value)
            return _with(panel, panel.funding["place"].to_numpy()[panel.funding["funder"].to_numpy() == code])
        case _:
            codes, names = panel.traits[name]
            return np.asarray(codes == names.index(value))


def _stood(panel: Panel, day: str, standing: str) -> Mask:
    stand = panel.stand
    then = stand.time == panel.days.index(date.fromisoformat(day))
    if standing == RENEGOTIATED:
        then = then & (stand.renegotiated | (stand.past_due > LATER_THAN["par30"]))
    else:
        then = then & (stand.past_due > LATER_THAN[standing])
    return _with(panel, stand.place[then])


def _with(panel: Panel, places: np.ndarray) -> Mask:
    mask = np.zeros(len(panel), dtype=bool)
    mask[places] = True
    return mask
