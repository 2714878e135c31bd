"""What the Portfolio page shows of a loan book, or of a part of it: small frames, added up here and only drawn there.

Every figure is by METRICS.md and has the value that `portfolio --json` prints; tests hold the two against each other.
Own book counts of each loan the share that is the lender's own money, managed book the whole loan.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import numpy as np
import pandas as pd

from lending.arrears import BUCKETS
from lending.book_figures import LAG_MONTHS, ratio
from lending.book_loans import order_of, owners_of
from lending.book_panel import EARLY_DAYS, HELD, REPAID, WEEKS_AHEAD, YEAR_MONTHS, Panel, Sums, Year
from lending.book_picks import RENEGOTIATED, Pick, mask_of
from lending.book_traits import TRAITS
from lending.loan_book import FAR, Mask, day_number
from lending.months import first_of_month
from lending.resampled import ratio_intervals
from lending.rolls import OPENING_STATES, STATES
from lending.schedule import month_later
from lending.shares import FEW, Share
from lending.vintages import Cohorts, cohorts

Holding = Literal["managed", "own"]
# Later than any month in which something can be written off, in months since January 1970.
LAST_MONTH = 12 * 1_000
MONEY_RATIOS = {
    "par30": ("par30", "outstanding"), "par30_renegotiated": ("par30r", "outstanding"), "npl": ("npl", "outstanding"),
    "expected_loss": ("loss", "outstanding"), "write_off": ("written_off", "mean"), "yield": ("income", "mean"),
    "collected": ("collected", "due"), "par30_lagged": ("par30", "lagged"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ratio:
    """A money-weighted ratio with its range and how many loans stand behind it."""

    value: float | None
    interval: tuple[float, float] | None
    cases: int


@dataclass(frozen=True, slots=True)
class Headline:
    """The figures at the top, as of a day."""

    active_loans: int
    outstanding_minor: float
    loss_minor: float
    ratios: Mapping[str, Ratio]
    """By the names of MONEY_RATIOS; risk_coverage besides, without a range."""
    first_missed: Share
    repaid_early: Share
    repeat: Share


@dataclass(frozen=True, slots=True)
class BookView:
    """Everything that the page draws."""

    currency: str
    as_of: date
    holding: Holding
    picks: tuple[Pick, ...]
    loans: int
    """Paid out and picked, whatever became of them."""
    now: Headline
    before: Headline
    """Twelve months before; its shares are of the twelve months up to then."""
    over_time: pd.DataFrame
    """A row per day: day (object, date), outstanding, own, par30, par60, par90, renegotiated, npl, loss, par30_lagged,
    write_off (ratio of twelve months, or NaN), written_off (of the month before the day), active."""
    by_month: pd.DataFrame
    """A row per month: month (date), disbursed, disbursed_before (twelve months earlier, NaN where unknown), due,
    collected, first_told, first_late."""
    cohorts: Cohorts | None
    rolls: pd.DataFrame
    ageing: pd.DataFrame
    """A row per bucket and one for renegotiated: bucket, loans, outstanding, share."""
    stages: pd.DataFrame
    """stage, loans, outstanding, loss."""
    parts: Mapping[str, pd.DataFrame]
    """By trait: group, loans, outstanding, share, par30 (share), picked; the largest first."""
    weeks: pd.DataFrame
    """week (date), due, expected."""
    owners: pd.DataFrame
    """The ten largest: group, shops, loans, outstanding, share, past_due (days of the latest)."""
    order: np.ndarray
    """Places of the loans picked: the worst first, then those that are over."""


def view_of(panel: Panel, picks: tuple[Pick, ...], *, holding: Holding) -> BookView:
    """Add up what was picked.

    Args:
        panel: the book.
        picks: of lending.book_picks.known_picks.
        holding: whether loans count whole, or the lender's own share of them.
    """
    mask = mask_of(panel, picks)
    weight = panel.loans["own_share"] if holding == "own" else np.ones(len(panel))
    taken = mask * weight
    over_time = _over_time(panel, mask, taken)
    by_month = _by_month(panel, mask, taken)
    named = {name for name, _ in picks}

    def apart(name: str) -> Mask:
        return mask_of(panel, picks, but=name) if name in named else mask

    return BookView(
        currency=panel.currency,
        as_of=panel.as_of,
        holding=holding,
        picks=picks,
        loans=int(mask.sum()),
        now=_headline(panel, mask, taken, year=panel.year, as_of=panel.as_of),
        before=_headline(panel, mask, taken, year=panel.year_before, as_of=month_later(panel.as_of, -YEAR_MONTHS)),
        over_time=over_time,
        by_month=by_month,
        cohorts=_cohorts(panel, apart("origin"), weight),
        rolls=_rolls(panel, apart("roll") * weight),
        ageing=_ageing(panel, apart("bucket"), weight),
        stages=_stages(panel, apart("stage"), weight),
        parts={name: _part(panel, name, apart(name), weight, dict(picks).get(name)) for name in TRAITS},
        weeks=_weeks(panel, apart("week") * weight),
        owners=owners_of(panel, apart("owner"), weight),
        order=order_of(panel, mask),
    )


def _at(sums: Sums, taken: np.ndarray, times: int) -> np.ndarray:
    """Sums by time of what was taken."""
    return np.bincount(sums.time, sums.amount * taken[sums.place], times)


def _over_time(panel: Panel, mask: Mask, taken: np.ndarray) -> pd.DataFrame:
    stand, times = panel.stand, len(panel.days)
    amount = stand.outstanding * taken[stand.place]

    def of(chosen: Mask | float = 1.0) -> np.ndarray:
        return np.bincount(stand.time, amount * chosen, times)

    outstanding = of()
    active = np.bincount(stand.time, mask[stand.place], times).astype(np.int64)
    lagged = _lagged(panel, outstanding, active, taken)
    par30 = of(stand.past_due > 30)
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = {
            "par30": par30 / outstanding,
            "par60": of(stand.past_due > 60) / outstanding,
            "par90": of(stand.past_due > 90) / outstanding,
            "renegotiated": of(stand.renegotiated | (stand.past_due > 30)) / outstanding,
            "npl": of(stand.defaulted) / outstanding,
            "par30_lagged": par30 / lagged,
        }
    own = np.bincount(
        stand.time, stand.outstanding * (mask * panel.loans["own_share"])[stand.place], times
    )  # fmt: skip
    lost = _written_off(panel, taken)
    return pd.DataFrame(
        {
            "day": list(panel.days),
            "outstanding": outstanding,
            "managed": np.bincount(stand.time, stand.outstanding * mask[stand.place], times),
            "own": own,
            **{name: np.where(np.isfinite(values), values, np.nan) for name, values in shares.items()},
            "loss": np.bincount(stand.time, stand.loss * taken[stand.place], times),
            "written_off": lost,
            "write_off": _rolling_write_off(panel, lost, outstanding),
            "active": active,
        }
    )


def _lagged(panel: Panel, outstanding: np.ndarray, active: np.ndarray, taken: np.ndarray) -> np.ndarray:
    """The outstanding of six months before each day; NaN where it is not told, or of too few loans."""
    times = {day: time for time, day in enumerate(panel.days)}
    before = (times.get(month_later(day, -LAG_MONTHS)) for day in panel.days)
    told = np.array([np.nan if time is None or active[time] < FEW else outstanding[time] for time in before])
    # The last day need not be a month end.
    told[-1] = _at(panel.year.balances, taken, YEAR_MONTHS + 1)[YEAR_MONTHS - LAG_MONTHS]
    return np.where(told > 0, told, np.nan)


def _written_off(panel: Panel, taken: np.ndarray) -> np.ndarray:
    """What was written off in the month that ended with each day, or since the last month end."""
    month = panel.loans["written_off_month"]
    gone = month >= 0
    sums = np.bincount(month[gone], (panel.loans["lost_minor"] * taken)[gone], LAST_MONTH)
    return np.array([sums[_month_number(day - timedelta(days=1))] for day in panel.days])


def _month_number(day: date) -> int:
    return (day.year - 1970) * 12 + day.month - 1


def _rolling_write_off(panel: Panel, lost: np.ndarray, outstanding: np.ndarray) -> np.ndarray:
    """The write-off ratio of twelve months at each month end that has thirteen balances behind it."""
    ends = [time for time, day in enumerate(panel.days) if day.day == 1]
    ratios = np.full(len(panel.days), np.nan)
    for number in range(YEAR_MONTHS, len(ends)):
        window = ends[number - YEAR_MONTHS : number + 1]
        mean = outstanding[window].mean()
        ratios[ends[number]] = lost[window[1:]].sum() / mean if mean else np.nan
    return ratios


def _by_month(panel: Panel, mask: Mask, taken: np.ndarray) -> pd.DataFrame:
    loans, times = panel.loans, len(panel.months)
    first = _month_number(panel.months[0])
    origin = loans["origin"]
    # A year more than is shown, to be compared with.
    lent = np.bincount(
        np.clip(origin - first + YEAR_MONTHS, 0, None)[mask & (origin >= first - YEAR_MONTHS)],
        (loans["principal_minor"] * taken)[mask & (origin >= first - YEAR_MONTHS)],
        times + YEAR_MONTHS,
    )
    begun = int(origin[loans["state"] >= HELD].min(initial=FAR))
    known = first - YEAR_MONTHS + np.arange(times) >= begun
    inside = mask & (origin >= first)
    told, late = (
        np.bincount((origin - first)[inside & loans[name]], minlength=times) for name in ("first_told", "first_late")
    )
    return pd.DataFrame(
        {
            "month": list(panel.months),
            "disbursed": lent[YEAR_MONTHS:],
            "disbursed_before": np.where(known, lent[:times], np.nan),
            "due": _at(panel.due, taken, times),
            "collected": _at(panel.collected, taken, times),
            "first_told": told,
            "first_late": np.minimum(late, told),
        }
    )


def _headline(panel: Panel, mask: Mask, taken: np.ndarray, *, year: Year, as_of: date) -> Headline:
    count = len(panel)
    held = year.standing
    amounts = {name: values * taken for name, values in held.items()}
    ends = year.balances
    amounts["mean"] = np.bincount(ends.place, ends.amount, count) * taken / (YEAR_MONTHS + 1)
    half = ends.time == YEAR_MONTHS - LAG_MONTHS
    amounts["lagged"] = np.bincount(ends.place[half], ends.amount[half], count) * taken
    for name in ("written_off", "income", "collected", "due"):
        amounts[name] = year.moves[f"{name}_minor"] * taken
    owner = panel.traits["owner"][0]
    some = np.flatnonzero(np.any([values != 0 for values in amounts.values()], axis=0))
    intervals = ratio_intervals(
        owner[some], {name: values[some] for name, values in amounts.items()}, MONEY_RATIOS
    )  # fmt: skip
    cases = {name: int((amounts[name] > 0).sum()) for name in ("outstanding", "mean", "due", "lagged")}
    sums = {name: float(values.sum()) for name, values in amounts.items()}
    ratios = {
        name: Ratio(ratio(sums[part], sums[whole]), intervals[name], cases[whole])
        for name, (part, whole) in MONEY_RATIOS.items()
    }
    ratios["risk_coverage"] = Ratio(ratio(sums["loss"], sums["par30"]), None, int((amounts["par30"] > 0).sum()))
    return Headline(
        active_loans=int((mask & (held["outstanding"] > 0)).sum()),
        outstanding_minor=sums["outstanding"],
        loss_minor=sums["loss"],
        ratios=ratios,
        **_shares(panel, mask, as_of=as_of),
    )


def _shares(panel: Panel, mask: Mask, *, as_of: date) -> dict[str, Share]:
    """Counted shares of twelve months: first payments missed, repaid early, lent to owners who had borrowed before."""
    loans = panel.loans
    until, since = day_number(as_of), day_number(month_later(as_of, -YEAR_MONTHS))
    lent = mask & (loans["disbursed_day"] >= since) & (loans["disbursed_day"] < until)
    told = lent & loans["first_told"]
    ended = mask & (loans["state"] == REPAID) & (loans["ended_day"] >= since) & (loans["ended_day"] < until)
    ended &= ~loans["by_share"]
    early = ended & (loans["ended_day"] < loans["final_day"] - EARLY_DAYS)
    return {
        "first_missed": Share(int((told & loans["first_late"]).sum()), int(told.sum())),
        "repaid_early": Share(int(early.sum()), int(ended.sum())),
        "repeat": Share(int((lent & loans["repeat"]).sum()), int(lent.sum())),
    }


def _cohorts(panel: Panel, mask: Mask, weight: np.ndarray) -> Cohorts | None:
    if not mask.any():
        return None
    loans = panel.loans
    amount = (loans["principal_minor"] * weight)[mask]
    return cohorts(loans["origin"][mask], amount, loans["bad_day"][mask], as_of=panel.as_of)


def _rolls(panel: Panel, taken: np.ndarray) -> pd.DataFrame:
    """Opening balance by where it was and where it went; see lending.rolls.moved."""
    loans = panel.loans
    here = (loans["roll_from"] >= 0) & (loans["roll_to"] >= 0)
    cell = loans["roll_from"][here] * len(STATES) + loans["roll_to"][here]
    sums = np.bincount(cell, (loans["roll_minor"] * taken)[here], len(OPENING_STATES) * len(STATES))
    table = sums.reshape(len(OPENING_STATES), len(STATES))
    return pd.DataFrame(table, index=list(OPENING_STATES), columns=list(STATES))


def _ageing(panel: Panel, mask: Mask, weight: np.ndarray) -> pd.DataFrame:
    loans = panel.loans
    held = mask & (loans["state"] == HELD)
    amount = loans["outstanding_minor"] * weight
    chosen = [held & (loans["bucket"] == place) for place in range(len(BUCKETS))] + [held & loans["renegotiated"]]
    whole = float(amount[held].sum())
    sums = [float(amount[each].sum()) for each in chosen]
    return pd.DataFrame(
        {
            "bucket": [*BUCKETS, RENEGOTIATED],
            "loans": [int(each.sum()) for each in chosen],
            "outstanding": sums,
            "share": [each / whole if whole else np.nan for each in sums],
        }
    )


def _stages(panel: Panel, mask: Mask, weight: np.ndarray) -> pd.DataFrame:
    loans = panel.loans
    stage = np.where(mask, loans["stage"], 0)
    return pd.DataFrame(
        {
            "stage": [1, 2, 3],
            "loans": np.bincount(stage, minlength=4)[1:],
            "outstanding": np.bincount(stage, loans["outstanding_minor"] * weight, 4)[1:],
            "loss": np.bincount(stage, loans["loss"] * weight, 4)[1:],
        }
    )


def _part(panel: Panel, name: str, mask: Mask, weight: np.ndarray, picked: str | None) -> pd.DataFrame:
    """The outstanding of each group of a trait; groups without any are left out."""
    loans = panel.loans
    held = mask & (loans["state"] == HELD)
    codes, names = panel.traits[name]
    if name == "funder":
        place = panel.funding["place"].to_numpy()
        at, codes = place[held[place]], panel.funding["funder"].to_numpy()[held[place]]
        amount = loans["outstanding_minor"][at] * panel.funding["share"].to_numpy()[held[place]]
    else:
        at = np.flatnonzero(held)
        codes, amount = codes[at], loans["outstanding_minor"][at] * weight[at]
    late = loans["past_due"][at] > 30
    sums, risk = np.bincount(codes, amount, len(names)), np.bincount(codes, amount * late, len(names))
    counts = np.bincount(codes, minlength=len(names))
    order = np.flatnonzero(counts)
    order = order[np.argsort(-sums[order], kind="stable")]
    whole = float(sums.sum())
    return pd.DataFrame(
        {
            "group": np.array(names, dtype=object)[order],
            "loans": counts[order],
            "outstanding": sums[order],
            "share": sums[order] / whole if whole else np.full(len(order), np.nan),
            "par30": np.divide(risk[order], sums[order], out=np.full(len(order), np.nan), where=sums[order] > 0),
            "picked": order == (names.index(picked) if picked is not None else -1),
        }
    )


def _weeks(panel: Panel, taken: np.ndarray) -> pd.DataFrame:
    """What falls due in the coming weeks, and what of it is to be expected by how late each loan is today."""
    ahead = panel.ahead
    paid = panel.paid_shares[panel.loans["bucket"]]
    return pd.DataFrame(
        {
            "week": [panel.as_of + timedelta(weeks=number) for number in range(WEEKS_AHEAD)],
            "due": _at(ahead, taken, WEEKS_AHEAD),
            "expected": _at(ahead, taken * paid, WEEKS_AHEAD),
        }
    )


def last_month_under_way(view: BookView) -> bool:
    """Whether the last of the months is not over."""
    return view.as_of != first_of_month(view.as_of)
