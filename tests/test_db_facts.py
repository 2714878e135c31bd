"""The day of a demo is the desk's day in a demo alone."""

from datetime import date

import pytest
from sqlalchemy import insert, update

from db import demo, facts, people
from db.engine import open_session
from db.tables import Shop, table_of
from tests.desk import Desk

DAY = date(2026, 11, 2)


@pytest.fixture
def desk(engine):
    desk = Desk(engine)
    with open_session(engine, write=True) as session:
        session.execute(update(people.people).values(demo=1))
        facts.write(session, facts.DEMO_BUSINESS_DATE, DAY.isoformat())
    return desk


def test_a_demo_stands_on_its_day(desk):
    with open_session(desk.engine) as session:
        assert facts.demo_business_date(session) == DAY
        assert demo.standing(session).finished


def test_a_day_that_was_written_into_a_record_with_an_account_is_not_heeded(desk):
    with open_session(desk.engine, write=True) as session:
        real = {"handle": "zoe", "name": "Zoe Made-up", "role": "officer", "enabled": 1, "demo": 0}
        session.execute(insert(people.people).values(real))
    with open_session(desk.engine) as session:
        assert facts.demo_business_date(session) is None


def test_a_day_that_was_written_into_a_record_with_a_real_shop_is_not_heeded(desk):
    with open_session(desk.engine, write=True) as session:
        session.execute(update(table_of(Shop)).values(generated=0))
    with open_session(desk.engine) as session:
        assert facts.demo_business_date(session) is None
