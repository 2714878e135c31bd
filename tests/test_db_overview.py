"""The applications of a time on both databases: each with its last round, and none told more of than it consents to."""

from datetime import UTC, date, datetime, timedelta

import pandas as pd
import pytest
from sqlalchemy import insert, update

from db import batches, decisions, overview, queue, tables
from db.engine import open_session
from db.tables import table_of
from tests.desk import AS_OF, NOW, Desk, add_application, add_score, add_shop

ZONE, TOMORROW = "Asia/Shanghai", AS_OF + timedelta(days=1)
PROMISED = timedelta(days=3)


@pytest.fixture
def desk(engine):
    return Desk(engine)


def read(desk, *, since=date(2026, 10, 1), as_of=TOMORROW, now=NOW):
    with open_session(desk.engine) as session:
        rows = overview.read(session, since=since, as_of=as_of, now=now, time_zone=ZONE)
    return rows.set_index("application_id")


def overview_in(desk, *, days=30, as_of=TOMORROW, now=NOW, currency=None):
    with open_session(desk.engine) as session:
        return overview.overview(
            session, days=days, as_of=as_of, now=now, currency=currency, promised=PROMISED, time_zone=ZONE
        )


def add(desk, ref, *, scored=False, currency="CNY", **application):
    with open_session(desk.engine, write=True) as session:
        shop_id = add_shop(session, f"S-{ref}", days=1, category="tea", region="Fujian")
        number = add_application(session, shop_id, f"A-{ref}", **application)
        if scored:
            add_score(session, shop_id, grade="A")
    change(desk, number, currency=currency)
    return number


def change(desk, number, **values):
    rows = table_of(tables.Application)
    with open_session(desk.engine, write=True) as session:
        session.execute(update(rows).where(rows.c.id == number).values(**values))


def settle(desk, by="officer", decided_on=AS_OF, **changes):
    return decisions.record(desk.engine, desk.request(**changes), person_id=desk.id_of(by), decided_on=decided_on)


def decline_unscored(desk, number, *, by="second"):
    return settle(
        desk, by=by, request_key=f"key-{number}", application_id=number, outcome="decline", amount_minor=None,
        term_months=None, rate_bps=None, reasons=("incomplete_application",), score_run_id=None,
    )  # fmt: skip


def test_an_application_without_an_answer_waits(desk):
    row = read(desk).loc[desk.application_id]
    assert (row["consented"], row["scored"], row["final"], row["amount_minor"]) == (True, True, False, 1_500_000)
    assert pd.isna(row["outcome"])
    assert pd.isna(row["answered_at"])
    assert row["submitted_at"] == NOW - timedelta(days=1)


def test_a_settled_one_has_its_last_round_folded_in(desk):
    settle(desk, outcome="refer", amount_minor=None, term_months=None, rate_bps=None, note="Please look")
    row = read(desk).loc[desk.application_id]
    assert (row["outcome"], row["final"], row["person_name"]) == ("refer", False, "Olive Officer")
    settle(desk, by="manager", request_key="key-2", round=2, outcome="approve_less", amount_minor=900_000,
           reasons=("sales_falling", "short_history"))  # fmt: skip
    row = read(desk).loc[desk.application_id]
    assert (row["outcome"], row["final"], row["person_name"]) == ("approve_less", True, "Morgan Manager")
    assert (row["approved_minor"], row["grade"]) == (900_000, "B")
    assert row["reasons"] == ("sales_falling", "short_history")
    assert len(read(desk)) == 1


def test_an_answer_stands_on_the_desks_day_at_the_time_of_day_of_the_wall_clock(desk):
    recorded = settle(desk).recorded_at
    local = recorded.astimezone(UTC) + timedelta(hours=8)
    expected = datetime.combine(AS_OF, local.time(), UTC) - timedelta(hours=8)
    assert read(desk).loc[desk.application_id, "answered_at"] == pd.Timestamp(expected)


def test_what_happened_on_the_day_or_later_does_not_exist(desk):
    settle(desk)
    change(desk, desk.application_id, submitted_at=NOW - timedelta(days=5))
    assert read(desk).loc[desk.application_id, "final"]
    assert not read(desk, as_of=AS_OF).loc[desk.application_id, "final"]
    assert read(desk, as_of=date(2026, 10, 28)).empty
    assert read(desk, since=date(2026, 10, 29)).empty
    # It came on the 28th, noon by the desk's clock.
    assert len(read(desk, since=date(2026, 10, 28), as_of=date(2026, 10, 29))) == 1


def test_without_consent_nothing_but_the_state_is_told(desk):
    number = add(desk, "silent", consented=False, scored=True)
    decline_unscored(desk, number)
    row = read(desk).loc[number]
    assert (row["outcome"], row["final"]) == ("decline", True)
    assert (row["consented"], row["scored"], row["amount_minor"], row["approved_minor"]) == (False, False, 0, 0)
    assert row[["category", "region", "grade"]].isna().all()
    assert row["reasons"] == ()
    with open_session(desk.engine) as session:
        named = overview.named(session, [number, desk.application_id], now=NOW)
    assert pd.isna(named.loc[number, "application_ref"])
    assert named.loc[number, "shop_name"] == "Grey Tile Teas"
    assert named.loc[desk.application_id, "application_ref"] == "A1"


def test_a_consent_of_a_later_moment_is_none_yet(desk):
    change(desk, desk.application_id, consented_at=NOW + timedelta(minutes=2))
    assert not read(desk).loc[desk.application_id, "consented"]
    assert overview_in(desk).summary.asked_minor == 0
    assert overview_in(desk, now=NOW + timedelta(minutes=3)).summary.asked_minor == 1_500_000


def test_a_consent_that_was_taken_back_takes_the_figures_with_it(desk):
    settle(desk)
    change(desk, desk.application_id, consented_at=None)
    told = overview_in(desk)
    assert (told.summary.settled, told.summary.approved_minor, told.summary.asked_minor) == (1, 0, 0)
    assert told.grades["group"].tolist() == [""]
    assert told.categories.empty


def test_a_decline_without_a_score_counts_as_settled_and_is_told(desk):
    number = add(desk, "incomplete")
    decline_unscored(desk, number)
    told = overview_in(desk)
    assert (told.summary.declined, told.unscored, told.waiting) == (1, 1, {"new": 1})
    assert told.reasons["reason"].tolist() == ["incomplete_application"]


def test_a_new_decision_a_score_and_an_import_show_at_once(desk):
    assert overview_in(desk).summary.settled == 0
    assert overview_in(desk) is overview_in(desk)
    settle(desk)
    assert overview_in(desk).summary.settled == 1
    number = add(desk, "later")
    with open_session(desk.engine, write=True) as session:
        session.execute(
            insert(table_of(tables.ImportBatch)).values(recorded_at=NOW, source="x", format="loam", report="{}")
        )
    assert overview_in(desk).waiting == {"not-scored": 1}
    with open_session(desk.engine, write=True) as session:
        rows = table_of(tables.Application)
        add_score(session, session.execute(rows.select().where(rows.c.id == number)).one().shop_id)
    assert overview_in(desk).waiting == {"new": 1}
    with open_session(desk.engine) as session:
        assert batches.newest(session) == 2


def test_each_currency_stands_for_itself(desk):
    add(desk, "yen", currency="JPY", amount_minor=70_000)
    add(desk, "dinar", currency="KWD", amount_minor=1_234_567)
    told = overview_in(desk, currency="KWD")
    assert told.currencies == ("CNY", "JPY", "KWD")
    assert (told.currency, told.summary.received, told.summary.asked_minor) == ("KWD", 1, 1_234_567)
    assert overview_in(desk, currency="'; DROP TABLE applications; --").currency == "CNY"


def test_what_waits_is_what_waits_in_the_queue(desk):
    for place, application in enumerate(({}, {"consented": False}, {"scored": True})):
        add(desk, f"w{place}", **application)
    settle(desk)
    told = overview_in(desk)
    with open_session(desk.engine) as session:
        counted = queue.counts(
            session, person_id=desk.id_of("manager"), now=NOW, promised=PROMISED, soon=timedelta(hours=24)
        )
        rows = queue.waiting(session, queue.QueueView(), person_id=desk.id_of("manager"), now=NOW)
    assert sum(told.waiting.values()) == counted.waiting == 3
    assert rows["state"].value_counts().to_dict() == told.waiting


def test_an_empty_record_has_no_figures(engine):
    with open_session(engine) as session:
        told = overview.overview(
            session, days=None, as_of=TOMORROW, now=NOW, currency="CNY", promised=PROMISED, time_zone=ZONE
        )
        assert overview.on_record(session) == 0
    assert (told.currency, told.summary.received, told.funnel["applications"].sum()) == (None, 0, 0)
