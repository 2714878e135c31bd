"""The card of Review that lays the instalments over the weeks of expected sales."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Protocol

import pandas as pd

from components import cards, cash_flow_chart, cash_flow_words
from components.figure import Drawing
from lending.due_weeks import dues_beside_sales, level_dues
from lending.errors import NotEnoughHistory
from lending.festivals import festivals
from lending.forecast import LEAST_WEEKS, YEAR_WEEKS, bands_in_use, week_number, weekly_forecast
from lending.policy import Policy
from lending.terms import Terms

Dues = Sequence[tuple[date, int]]


class OfferCase(Protocol):
    """An offer with what it was worked out from; see db.offers."""

    @property
    def policy(self) -> Policy:
        """The policy in force."""

    @property
    def days(self) -> pd.DataFrame:
        """Daily sales."""

    @property
    def as_of(self) -> date:
        """The day of the score."""

    @property
    def dues(self) -> tuple[tuple[date, int], ...]:
        """Day and amount of each instalment that the owner owes already."""


def show_offered(case: OfferCase, terms: Terms) -> Drawing | None:
    """The card for a loan of the terms in the fields, paid out on the day of the score."""
    offered = level_dues(
        terms.amount_minor, rate_bps=terms.price.rate_bps, months=terms.term_months, disbursed_on=case.as_of
    )
    return show_cash_flow(
        case.days, existing=case.dues, offered=offered, as_of=case.as_of, currency=case.policy.currency
    )


def show_cash_flow(days: pd.DataFrame, *, existing: Dues, offered: Dues, as_of: date, currency: str) -> Drawing | None:
    """Expected sales by week over the life of the loan on offer, with all instalments.

    Args:
        days: daily sales; see lending.forecast.weekly_forecast.
        existing: day and amount of what the owner owes already.
        offered: the same of the loan on offer.
        as_of: only sales before it count.
        currency: of all of them.

    Returns:
        What was drawn; None where too little is on record.
    """
    last = max((day for day, _ in offered), default=as_of)
    weeks = min(max(week_number(last) - week_number(as_of) + 1, LEAST_WEEKS), YEAR_WEEKS + 1)
    try:
        forecast, kind = weekly_forecast(days, as_of=as_of, weeks=weeks)
    except NotEnoughHistory as error:
        cards.show_nothing(
            "Instalments beside expected sales", cash_flow_words.too_little(error.found_days, error.needed_days)
        )
        return None
    rows = dues_beside_sales(forecast, existing, offered)
    first, end = (rows["week"].iloc[place].date() for place in (0, -1))
    marked = festivals(first, end + timedelta(days=6))
    top = int(rows["high_minor"].max())
    return cards.show_drawing(
        cash_flow_chart.cash_flow_figure(rows, currency=currency, festivals=marked),
        key="cash_flow",
        about="Sales of the last weeks and of the same weeks of earlier years; orders that look bought are left out. "
        "An instalment is held against four weeks, since it is paid from more than its own. What is overdue stands in "
        "the first week.",
        caption=cash_flow_words.caption(
            kind,
            bands_in_use().measured,
            weeks=weeks,
            currency=currency,
            as_of=as_of,
            running=bool(existing),
            cut_at_minor=top if top > cash_flow_chart.highest_shown(rows) else None,
        ),
    )
