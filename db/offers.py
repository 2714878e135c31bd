"""The offer on an application: the policy in force, the score and the shop's own sales put together.

Review shows it and the record checks a decision against it, so both work it out here.
"""

import json
from dataclasses import asdict, dataclass
from datetime import date, datetime

import pandas as pd
from sqlalchemy import bindparam, select
from sqlmodel import Session

from db import exposure, policies, sales
from db.memory import OPEN_FILES, Memory
from db.tables import Application, ScoreRun, table_of
from lending.months import monthly, without
from lending.offer import UNUSUAL_SALES, Offer, assess, offered_term
from lending.policy import Policy
from lending.stress import sales_base
from scoring.manipulation_record import read_manipulation

applications = table_of(Application)
score_runs = table_of(ScoreRun)

# Thirteen months back give last year's sales of the instalment months; two years the chart.
MONTHS_BACK = 24

# Each change of the term asks again for the same days and months.
_sales: Memory[tuple[pd.DataFrame, pd.DataFrame]] = Memory(OPEN_FILES)

# Built once: putting it together takes longer than running it.
_CASE = (
    select(
        applications.c.shop_id,
        applications.c.amount_minor,
        applications.c.currency,
        applications.c.term_months,
        score_runs.c.as_of,
        score_runs.c.batch_id,
        score_runs.c.grade,
        score_runs.c.default_probability_ppm,
        score_runs.c.manipulation,
    )
    .join_from(applications, score_runs, applications.c.shop_id == score_runs.c.shop_id)
    .where(applications.c.id == bindparam("application"), score_runs.c.id == bindparam("score_run"))
)


@dataclass(frozen=True, slots=True)
class OfferCase:
    """An offer with what it was worked out from: the policy, and the days and months of the shop's sales.

    Orders that look bought are not in them, so that a limit stands at the level before a spike.
    """

    offer: Offer
    policy: Policy
    days: pd.DataFrame
    months: pd.DataFrame
    as_of: date
    dues: tuple[tuple[date, int], ...]
    """Day and amount of each instalment that the owner owes already; see db.exposure.running_debt."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What an earlier answer was given on: the policy, the newest import, and the moment."""

    policy: Policy
    batch_id: int
    at: datetime


def case_for(
    session: Session,
    application_id: int,
    score_run_id: int,
    *,
    term_months: int | None = None,
    seen: Seen | None = None,
) -> OfferCase | None:
    """The offer on an application under one of its shop's scores, on the data that this score saw.

    Args:
        session: a transaction.
        application_id: the application.
        score_run_id: a score of its shop.
        term_months: the term looked at; the one asked for by default.
        seen: what the answer was given on, for the offer of that time; what holds now with None.

    Returns:
        The case; None where the application is in another currency than the policy, whose caps say nothing of it.

    Raises:
        sqlalchemy.exc.NoResultFound: where the score is not one of the application's shop.
    """
    row = session.execute(_CASE, {"application": application_id, "score_run": score_run_id}).one()
    policy = seen.policy if seen else policies.in_force(session)
    if row.currency != policy.currency:
        return None
    term = offered_term(policy, term_months or row.term_months)
    question = row.shop_id, row.as_of, row.batch_id
    found = read_manipulation(json.loads(row.manipulation or "{}"))
    days, months = _sales.recall(session, question, lambda: _read_sales(session, *question))
    if found.days:
        days = without(days, pd.DataFrame([asdict(each) for each in found.days]))
        months = monthly(days, as_of=row.as_of, months=MONTHS_BACK)
    owed = exposure.running_debt(
        session, application_id, as_of=row.as_of, currency=policy.currency,
        batch_id=seen.batch_id if seen else None, known_at=seen.at if seen else None,
    )  # fmt: skip
    base = sales_base(months, as_of=row.as_of, term_months=term)
    offer = assess(
        policy,
        grade=row.grade,
        default_probability_ppm=row.default_probability_ppm,
        sales=base,
        asked_minor=row.amount_minor,
        term_months=term,
        flags=(UNUSUAL_SALES,) if found.flagged else (),
        debt=owed.debt,
    )
    return OfferCase(offer, policy, days, months, row.as_of, owed.dues)


def _read_sales(session: Session, shop_id: int, as_of: date, batch_id: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    days = sales.sales_days(session, shop_id, as_of=as_of, batch_id=batch_id)
    return days, monthly(days, as_of=as_of, months=MONTHS_BACK)
