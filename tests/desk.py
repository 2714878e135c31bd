"""A small desk for tests: people, a shop with two years of even sales, an application, a score. All made up."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import insert

from db import people, policies, tables
from db.decisions import DecisionRequest
from db.engine import open_session
from db.tables import table_of
from scoring.card import load_expert

AS_OF = date(2026, 11, 2)
NOW = datetime(2026, 11, 2, 4, tzinfo=UTC)


def add_batch(session):
    return session.execute(
        insert(table_of(tables.ImportBatch))
        .values(recorded_at=NOW, source="made up", format="loam", report="{}")
        .returning(table_of(tables.ImportBatch).c.id)
    ).scalar_one()


def add_shop(session, ref="S1", *, name="Grey Tile Teas", batch_id=1, daily_minor=100_000, days=730, **facts):
    """A shop that sells the same each day, from `days` days before AS_OF."""
    shops = table_of(tables.Shop)
    shop_id = session.execute(
        insert(shops)
        .values(
            shop_ref=ref, name=name, time_zone="Asia/Shanghai", currency="CNY", generated=1, batch_id=batch_id, **facts
        )
        .returning(shops.c.id)
    ).scalar_one()
    session.execute(
        insert(table_of(tables.SalesDay)),
        [
            {
                "shop_id": shop_id,
                "day": AS_OF - timedelta(days=back),
                "source": "totals",
                "orders": 10,
                "gross_minor": daily_minor,
                "refunded_minor": 0,
                "cancelled_orders": 0,
                "batch_id": batch_id,
            }
            for back in range(1, days + 1)
        ],
    )
    return shop_id


def add_application(session, shop_id, ref="A1", *, amount_minor=1_500_000, consented=True, days_ago=1, batch_id=1):
    applications = table_of(tables.Application)
    submitted = NOW - timedelta(days=days_ago)
    return session.execute(
        insert(applications)
        .values(
            application_ref=ref,
            shop_id=shop_id,
            submitted_at=submitted,
            amount_minor=amount_minor,
            currency="CNY",
            term_months=6,
            purpose="stock",
            consented_at=submitted if consented else None,
            batch_id=batch_id,
        )
        .returning(applications.c.id)
    ).scalar_one()


def add_loan(session, shop_id, ref, *, principal_minor, disbursed_on, lines, paid=(), application_ref=None, batch_id=1):
    """A loan with its lines (due day, amount) and payments (day, amount), all of it principal."""
    known = {"shop_id": shop_id, "loan_ref": ref, "batch_id": batch_id}
    session.execute(
        insert(table_of(tables.Loan)).values(
            **known, principal_minor=principal_minor, disbursed_on=disbursed_on, application_ref=application_ref,
            currency="CNY", repayment_kind="annuity",
        )
    )  # fmt: skip
    schedule = [
        {**known, "sequence": place, "due_on": due, "principal_due_minor": amount, "in_force_from": disbursed_on,
         "computed": 1, "interest_due_minor": 0, "fee_due_minor": 0}
        for place, (due, amount) in enumerate(lines, start=1)
    ]  # fmt: skip
    session.execute(insert(table_of(tables.Instalment)), schedule)
    for place, (day, amount) in enumerate(paid):
        payment = {**known, "repayment_ref": f"P{place}", "paid_on": day, "amount_minor": amount}
        session.execute(insert(table_of(tables.Repayment)).values(payment))


NO_REASONS = '{"contributions":[],"reasons":[],"strengths":[]}'


def add_score(
    session,
    shop_id,
    *,
    points=640,
    grade="B",
    ppm=12_000,
    batch_id=1,
    features="{}",
    as_of=AS_OF,
    contributions=NO_REASONS,
):
    cards = table_of(tables.ScoreCard)
    card = load_expert()
    if session.execute(cards.select()).first() is None:
        session.execute(insert(cards).values(card_hash=card.hash, name=card.name, body=card.body, recorded_at=NOW))
    runs = table_of(tables.ScoreRun)
    return session.execute(
        insert(runs)
        .values(
            shop_id=shop_id,
            as_of=as_of,
            batch_id=batch_id,
            card_hash=card.hash,
            features=features,
            points=points,
            soundness_points=points // 2,
            reputation_points=points - points // 2,
            grade=grade,
            default_probability_ppm=ppm,
            contributions=contributions,
            recorded_at=NOW,
        )
        .returning(runs.c.id)
    ).scalar_one()


class Desk:
    """The people and one waiting application on an engine."""

    def __init__(self, engine, **application):
        self.engine = engine
        with open_session(engine, write=True) as session:
            people.seed_demo_people(session)
            policies.seed(session)
            add_batch(session)
            self.shop_id = add_shop(session)
            self.application_id = add_application(session, self.shop_id, **application)
            self.score_run_id = add_score(session, self.shop_id)
        with open_session(engine) as session:
            self.people = {each.handle: each for each in people.demo_people(session)}

    def id_of(self, handle):
        return self.people[handle].id

    def put_in_force(self, body):
        """A version of the policy, proposed by one manager and approved by the other."""
        with open_session(self.engine, write=True) as session:
            version = policies.propose(session, body, self.id_of("deputy")).version
            policies.approve(session, version, self.id_of("manager"), "Agreed at the meeting of managers")

    def request(self, **changes):
        """An approval of the whole amount, unless changed."""
        plain = DecisionRequest(
            request_key="key-1",
            application_id=self.application_id,
            application_batch_id=1,
            round=1,
            outcome="approve",
            amount_minor=1_500_000,
            term_months=6,
            rate_bps=900,
            reasons=(),
            note="",
            score_run_id=self.score_run_id,
            policy_version=1,
        )
        return replace(plain, **changes)
