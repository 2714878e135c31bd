"""The queue on both databases: who waits, in what order, and that its counts agree with its rows."""

from datetime import timedelta

import pytest

from db import decisions, holds, queue
from db.engine import open_session
from tests.desk import AS_OF, NOW, Desk, add_application, add_shop

PROMISED, SOON = timedelta(days=3), timedelta(hours=24)


@pytest.fixture
def desk(engine):
    """A waiting application a day old, and five more: 4 to 0 days old, the youngest without consent."""
    desk = Desk(engine)
    with open_session(engine, write=True) as session:
        desk.others = [
            add_application(
                session, add_shop(session, f"T{days}", days=1), f"B{days}", days_ago=days, consented=days > 0,
                amount_minor=100_000 * (days + 1),
            )
            for days in (4, 3, 2, 1, 0)
        ]  # fmt: skip
    return desk


def numbers(desk, view=None, *, who="officer"):
    with open_session(desk.engine) as session:
        rows = queue.waiting(session, view or queue.QueueView(), person_id=desk.id_of(who), now=NOW)
    return rows["application_id"].tolist()


def counts(desk, *, who="officer"):
    with open_session(desk.engine) as session:
        return queue.counts(session, person_id=desk.id_of(who), now=NOW, promised=PROMISED, soon=SOON)


def next_for(desk, who):
    with open_session(desk.engine) as session:
        return queue.next_in_line(session, queue.QueueView(), person_id=desk.id_of(who), now=NOW)


def test_the_oldest_comes_first_and_cost_of_delay_breaks_the_tie(desk):
    oldest, third, second, first, newest = desk.others
    assert numbers(desk) == [oldest, third, second, desk.application_id, first, newest]
    assert numbers(desk, queue.QueueView(order="delay"))[:3] == [oldest, desk.application_id, third]


def test_pages_follow_each_other(desk):
    whole = numbers(desk)
    assert [numbers(desk, queue.QueueView(page=page, size=4)) for page in (1, 2, 3)] == [whole[:4], whole[4:], []]


@pytest.mark.parametrize(
    "view",
    [queue.QueueView(), queue.QueueView(state="no consent"), queue.QueueView(search="B"), queue.QueueView("mine")],
)
def test_the_count_is_that_of_the_rows(desk, view):
    with open_session(desk.engine, write=True) as session:
        holds.take(session, desk.application_id, person_id=desk.id_of("officer"))
    with open_session(desk.engine) as session:
        assert queue.count(session, view, person_id=desk.id_of("officer"), now=NOW) == len(numbers(desk, view))


def test_the_headline_counts_what_waits_is_late_and_falls_due(desk):
    with open_session(desk.engine, write=True) as session:
        holds.take(session, desk.application_id, person_id=desk.id_of("officer"))
    assert counts(desk) == queue.QueueCounts(waiting=6, overdue=1, due_soon=1, mine=1)
    assert counts(desk, who="second").mine == 0


def test_a_decided_application_waits_no_more(desk):
    decisions.record(desk.engine, desk.request(), person_id=desk.id_of("manager"), decided_on=AS_OF)
    assert desk.application_id not in numbers(desk)
    assert counts(desk).waiting == 5


def test_the_next_is_held_by_nobody_and_new_to_the_person(desk):
    oldest, third, *_ = desk.others
    with open_session(desk.engine, write=True) as session:
        holds.take(session, oldest, person_id=desk.id_of("second"))
    assert next_for(desk, "officer") == third
    refer = desk.request(application_id=third, outcome="refer", amount_minor=None, term_months=None, rate_bps=None,
                         score_run_id=None, note="Ask for the lease")  # fmt: skip
    decisions.record(desk.engine, refer, person_id=desk.id_of("officer"), decided_on=AS_OF)
    assert next_for(desk, "officer") != third
    assert next_for(desk, "manager") == third
