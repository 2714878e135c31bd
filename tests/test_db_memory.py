"""What was read lately is not read again, until an import changes the record."""

import pytest

from db.engine import connect, migrate, open_session
from db.memory import Memory
from db.record import shop_record
from tests.desk import AS_OF, Desk, add_batch


@pytest.fixture
def desk(sqlite_engine):
    return Desk(sqlite_engine)


class Readings:
    """Counts how often the record was really read."""

    def __init__(self, engine):
        self.engine, self.memory, self.count = engine, Memory(2), 0

    def ask(self, question, engine=None):
        with open_session(engine or self.engine) as session:
            return self.memory.recall(session, question, self.read)

    def read(self):
        self.count += 1
        return self.count


def test_the_same_question_is_read_once(desk):
    readings = Readings(desk.engine)
    assert [readings.ask("a"), readings.ask("a"), readings.ask("b"), readings.ask("a")] == [1, 1, 2, 1]


def test_an_import_makes_it_read_again(desk):
    readings = Readings(desk.engine)
    readings.ask("a")
    with open_session(desk.engine, write=True) as session:
        add_batch(session)
    assert readings.ask("a") == 2


def test_another_database_has_other_answers(desk, tmp_path):
    other = connect(f"sqlite:///{tmp_path / 'other.db'}")
    migrate(other)
    readings = Readings(desk.engine)
    assert readings.ask("a") != readings.ask("a", other)


def test_what_was_longest_not_asked_for_is_forgotten(desk):
    readings = Readings(desk.engine)
    for question in ("a", "b", "a", "c"):
        readings.ask(question)
    assert readings.ask("a") == 1
    assert readings.ask("b") == 4


def test_a_shop_is_read_once_for_a_day(desk):
    with open_session(desk.engine) as session:
        first = shop_record(session, desk.shop_id, as_of=AS_OF)
        assert shop_record(session, desk.shop_id, as_of=AS_OF) is first
        assert shop_record(session, desk.shop_id, as_of=AS_OF.replace(day=1)) is not first
