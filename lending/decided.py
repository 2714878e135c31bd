"""What became of the applications that came in: how far they got, what was answered, how long it took.

A row is one application with its last round folded in. An application belongs to the day on which it was received, and
so does all that was decided on it: then each step is a part of the one before. Money is that of shops with consent;
`db.overview` gives out no other, and nothing here is added up over currencies.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import numpy as np
import pandas as pd

from lending.shares import Share, least_reaching

Step = Literal["week", "month", "year"]

OUTCOMES = ("approve", "approve_less", "decline")
# The states in which an application waits, as the queue names them, and the last step that each has reached.
WAITING = {"no-consent": 0, "not-scored": 1, "new": 2, "proposed": 3, "referred": 3}
STEPS = ("received", "consented", "scored", "answered", "settled")
UNSCORED = ""
WEEKS_UP_TO_DAYS = 92
MONTHS_UP_TO_DAYS = 3 * 366


def prepare(rows: pd.DataFrame, *, time_zone: str) -> pd.DataFrame:
    """The rows with what all figures need: their state, the day received, the hours that they took.

    A final answer counts whatever else is missing. Else the queue's own order holds: without consent nothing more is
    told of a file; then come a referral and a proposal, then what has no score, then what waits for a first answer.

    Args:
        rows: of db.overview: application_id (int), submitted_at (UTC), consented, scored, final, override (bool),
            outcome (str or None), answered_at (UTC or NaT), and whatever else is to be kept.
        time_zone: of the desk's days.

    Returns:
        The rows with state (one of WAITING, or an outcome), reached (int, place in STEPS), settled (bool), received_on
        (datetime64, a day) and hours (float64, from submission to the final answer, NaN while there is none; never
        below 0, though clocks may differ).
    """
    outcome, final = rows["outcome"], rows["final"].to_numpy(dtype=bool)
    consented, scored = (rows[name].to_numpy(dtype=bool) for name in ("consented", "scored"))
    referred = (outcome == "refer").to_numpy(dtype=bool)
    answered = outcome.notna().to_numpy(dtype=bool)
    state = np.select(
        [final, ~consented, referred, answered, ~scored],
        [outcome.fillna("").to_numpy(dtype=object), "no-consent", "referred", "proposed", "not-scored"],
        "new",
    )
    waited = (rows["answered_at"] - rows["submitted_at"]).dt.total_seconds() / 3600
    return rows.assign(
        state=state.astype(object),
        reached=np.array([WAITING.get(each, len(STEPS) - 1) for each in state], dtype="int64"),
        settled=final,
        received_on=rows["submitted_at"].dt.tz_convert(time_zone).dt.tz_localize(None).dt.normalize(),
        hours=waited.clip(lower=0.0).where(final).astype("float64"),
    ).reset_index(drop=True)


@dataclass(frozen=True, slots=True)
class Summary:
    """The figures of a time in one line each; money is whole minor units of one currency."""

    received: int
    asked_minor: int
    """Asked for by shops with consent."""
    approved_in_full: int
    approved_less: int
    declined: int
    settled_asked_minor: int
    """Asked for in the settled applications."""
    approved_minor: int
    in_time: int
    """Settled within the promised time."""
    overrides: int
    """Settled against the policy."""
    median_hours: float | None
    """Half of the settled ones took no longer."""
    nine_tenths_hours: float | None
    """Nine in ten of the settled ones took no longer."""

    @property
    def settled(self) -> int:
        """Applications with a final answer."""
        return self.approved_in_full + self.approved_less + self.declined

    @property
    def full_share(self) -> Share:
        """Approved in full, of the settled."""
        return Share(self.approved_in_full, self.settled)

    @property
    def approved_share(self) -> Share:
        """Approved in full or less, of the settled."""
        return Share(self.approved_in_full + self.approved_less, self.settled)

    @property
    def in_time_share(self) -> Share:
        """Settled within the promised time, of the settled."""
        return Share(self.in_time, self.settled)

    @property
    def override_share(self) -> Share:
        """Settled against the policy, of the settled."""
        return Share(self.overrides, self.settled)

    @property
    def approved_of_asked(self) -> float | None:
        """Money approved ÷ money asked for in the settled applications, 0-1; None where nothing was asked for."""
        return self.approved_minor / self.settled_asked_minor if self.settled_asked_minor else None


def summary(rows: pd.DataFrame, *, promised: timedelta) -> Summary:
    """The figures of some prepared rows.

    >>> rows = pd.DataFrame({
    ...     "state": ["approve", "decline", "new"], "settled": [True, True, False], "amount_minor": [100, 50, 70],
    ...     "approved_minor": [100, 0, 0], "override": [False, True, False], "hours": [10.0, 80.0, np.nan]})
    >>> told = summary(rows, promised=timedelta(days=3))
    >>> told.settled, told.in_time, told.overrides, told.median_hours, round(told.approved_of_asked, 3)
    (2, 1, 1, 10.0, 0.667)
    """
    settled = rows[rows["settled"]]
    hours = settled["hours"].to_numpy(dtype="float64")
    full, less, declined = (int((settled["state"] == outcome).sum()) for outcome in OUTCOMES)
    return Summary(
        received=len(rows),
        asked_minor=int(rows["amount_minor"].sum()),
        approved_in_full=full,
        approved_less=less,
        declined=declined,
        settled_asked_minor=int(settled["amount_minor"].sum()),
        approved_minor=int(settled["approved_minor"].sum()),
        in_time=int((hours <= promised.total_seconds() / 3600).sum()),
        overrides=int(settled["override"].sum()),
        median_hours=least_reaching(hours, 0.5),
        nine_tenths_hours=least_reaching(hours, 0.9),
    )


def funnel(rows: pd.DataFrame) -> pd.DataFrame:
    """How many applications got how far, and how the settled ones ended.

    A file that was settled without consent or without a score counts as past both steps: so no step has more
    applications than the one before.

    Args:
        rows: prepared.

    Returns:
        A row per step of STEPS, then per outcome: step (its code), applications (int64), amount_minor (int64, asked
        for, with consent), before (int64, applications of the step before; of the settled for an outcome), share
        (float64, applications ÷ before, NaN without any).
    """
    reached, amount = rows["reached"].to_numpy(), rows["amount_minor"].to_numpy(dtype="int64")
    held = [reached >= place for place in range(len(STEPS))]
    held += [(rows["state"] == outcome).to_numpy(dtype=bool) for outcome in OUTCOMES]
    counts = np.array([int(each.sum()) for each in held], dtype="int64")
    settled = counts[len(STEPS) - 1]
    before = np.concatenate([counts[:1], counts[: len(STEPS) - 1], np.repeat(settled, len(OUTCOMES))])
    return pd.DataFrame(
        {
            "step": [*STEPS, *OUTCOMES],
            "applications": counts,
            "amount_minor": np.array([int(amount[each].sum()) for each in held], dtype="int64"),
            "before": before,
            "share": counts / np.where(before > 0, before, np.nan),
        }
    )


def waiting_states(rows: pd.DataFrame) -> dict[str, int]:
    """How many applications wait in each state; only states that occur, in the order of the steps.

    >>> waiting_states(pd.DataFrame({"state": ["new", "approve", "no-consent", "new"]}))
    {'no-consent': 1, 'new': 2}
    """
    counts = rows["state"].value_counts()
    return {state: int(counts[state]) for state in WAITING if state in counts}


def unscored(rows: pd.DataFrame) -> int:
    """How many were settled without consent or without a score; see `funnel`."""
    return int((rows["settled"] & ~(rows["consented"] & rows["scored"])).sum())


def step_of(days: int) -> Step:
    """How to divide a time for a chart: into weeks up to a quarter, months up to three years, else years.

    >>> step_of(30), step_of(365), step_of(3_000)
    ('week', 'month', 'year')
    """
    if days <= WEEKS_UP_TO_DAYS:
        return "week"
    return "month" if days <= MONTHS_UP_TO_DAYS else "year"


def start_of(days: pd.Series, step: Step) -> pd.Series:
    """The first day of the week (its Monday), month or year in which each day lies.

    >>> start_of(pd.Series(pd.to_datetime(["2026-11-01"])), "week").dt.date.tolist()
    [datetime.date(2026, 10, 26)]
    """
    if step == "week":
        starts = days - pd.to_timedelta(days.dt.day_of_week, unit="D")
    else:
        starts = days.dt.to_period("M" if step == "month" else "Y").dt.to_timestamp().astype(days.dtype)
    return pd.Series(starts)


def over_time(rows: pd.DataFrame, *, since: date, as_of: date, step: Step, promised: timedelta) -> pd.DataFrame:
    """The figures of each week, month or year by the day on which the applications were received.

    Args:
        rows: prepared.
        since: the first day of the time.
        as_of: the day after its last.
        step: how to divide it; the first and the last part may be cut by since and as_of.
        promised: the time promised for an answer.

    Returns:
        A row per part, without gaps: start (datetime64), received, settled, approved, in_time, overrides (int64),
        asked_minor, settled_asked_minor, approved_minor (int64), median_hours, nine_tenths_hours (float64, NaN where
        nothing is settled).
    """
    ends = pd.Series(pd.to_datetime([since, as_of - timedelta(days=1)]))
    first, last = start_of(ends, step)
    starts = pd.date_range(first, last, freq={"week": "7D", "month": "MS", "year": "YS"}[step])
    parts = dict(iter(rows.groupby(start_of(rows["received_on"], step))))
    none = rows.iloc[:0]
    told = [summary(parts.get(start, none), promised=promised) for start in starts]
    whole = ("received", "settled", "in_time", "overrides", "asked_minor", "settled_asked_minor", "approved_minor")
    return pd.DataFrame(
        {
            "start": starts,
            **{name: np.array([getattr(each, name) for each in told], dtype="int64") for name in whole},
            "approved": np.array([each.approved_share.part for each in told], dtype="int64"),
            **{
                name: np.array([getattr(each, name) for each in told], dtype="float64")
                for name in ("median_hours", "nine_tenths_hours")
            },
        }
    )


@dataclass(frozen=True, slots=True)
class Group:
    """Some of the applications of a time: those of one bar or row."""

    kind: str
    """"step", "state", "grade", "person", "reason", "category", "region" or "start"."""
    value: str
    outcome: str = ""
    """Only those with this outcome, where one is named."""


def members(rows: pd.DataFrame, group: Group, *, step: Step) -> pd.DataFrame:
    """The applications of a group, the newest first.

    A step holds all that reached it; grade, person, category and region hold settled ones; a reason declined ones.

    Args:
        rows: prepared.
        group: which; one that cannot be has no members.
        step: how the time is divided, for the kind "start".
    """
    kept = rows[_held(rows, group, step)]
    if group.outcome:
        kept = kept[kept["state"] == group.outcome]
    return kept.sort_values(["submitted_at", "application_id"], ascending=False)


def _held(rows: pd.DataFrame, group: Group, step: Step) -> np.ndarray:
    held: pd.Series | np.ndarray = np.zeros(len(rows), dtype=bool)
    match group.kind:
        case "step" if group.value in STEPS:
            held = rows["reached"] >= STEPS.index(group.value)
        case "state":
            held = rows["state"] == group.value
        case "grade":
            held = rows["settled"] & (rows["grade"].fillna(UNSCORED) == group.value)
        case "person":
            held = rows["settled"] & (rows["person_id"].astype("str") == group.value)
        case "reason":
            held = (rows["state"] == "decline") & rows["reasons"].map(lambda given: group.value in given)
        case "category" | "region":
            held = rows["settled"] & (rows[group.kind] == group.value)
        case "start":
            held = start_of(rows["received_on"], step).dt.strftime("%Y-%m-%d") == group.value
    return np.asarray(held, dtype=bool)
