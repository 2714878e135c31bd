"""All figures of the applications of a time, put together once."""

from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

from lending import decided, outcomes
from lending.decided import Step, Summary

MOST_TRAITS = 8


@dataclass(frozen=True, slots=True)
class Overview:
    """All figures of a time in one currency. Shared between visitors: nobody changes its frames."""

    since: date
    as_of: date
    step: Step
    """How the time is divided in charts."""
    currency: str | None
    """None where nothing came in."""
    currencies: tuple[str, ...]
    """Those in which somebody asked in this time, the most frequent first."""
    rows: pd.DataFrame
    """Of lending.decided.prepare."""
    summary: Summary
    before: Summary | None
    """The same of as many days before; None for all time."""
    funnel: pd.DataFrame
    waiting: dict[str, int]
    unscored: int
    grades: pd.DataFrame
    people: pd.DataFrame
    reasons: pd.DataFrame
    sizes: pd.DataFrame
    categories: pd.DataFrame
    regions: pd.DataFrame
    over_time: pd.DataFrame


def overview_of(
    rows: pd.DataFrame, *, days: int | None, as_of: date, currency: str | None, promised: timedelta
) -> Overview:
    """The figures of the applications received in the last days before as_of, in one currency.

    Args:
        rows: prepared (lending.decided), all received before as_of: those of the time, of as many days before, or more.
        days: how many days the time has; None for all.
        as_of: the day after its last one.
        currency: in which was asked; where nobody did, the most frequent one.
        promised: the time promised for an answer.
    """
    first = rows["received_on"].min() if len(rows) else pd.Timestamp(as_of) - pd.Timedelta(days=1)
    since = first.date() if days is None else as_of - timedelta(days=days)
    inside = rows["received_on"] >= pd.Timestamp(since)
    before = rows["received_on"] >= pd.Timestamp(since) - pd.Timedelta(days=days or 0)
    asked_in = rows.loc[inside, "currency"].value_counts().sort_index().sort_values(ascending=False, kind="stable")
    currencies = tuple(str(each) for each in asked_in.index)
    chosen = currency if currency in currencies else next(iter(currencies), None)
    mine = rows["currency"] == chosen
    kept, earlier = rows[inside & mine].reset_index(drop=True), rows[before & ~inside & mine]
    step = decided.step_of((as_of - since).days)
    return Overview(
        since=since,
        as_of=as_of,
        step=step,
        currency=chosen,
        currencies=currencies,
        rows=kept,
        summary=decided.summary(kept, promised=promised),
        before=None if days is None else decided.summary(earlier, promised=promised),
        funnel=decided.funnel(kept),
        waiting=decided.waiting_states(kept),
        unscored=decided.unscored(kept),
        grades=outcomes.by_grade(kept),
        people=outcomes.by_person(kept),
        reasons=outcomes.decline_reasons(kept),
        sizes=outcomes.sizes(kept),
        categories=outcomes.by_trait(kept, "category", most=MOST_TRAITS),
        regions=outcomes.by_trait(kept, "region", most=MOST_TRAITS),
        over_time=decided.over_time(kept, since=since, as_of=as_of, step=step, promised=promised),
    )
