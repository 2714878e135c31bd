"""A decision that was called recorded outlives a kill at any moment; one that was not is there whole or not at all."""

import pytest
from sqlalchemy import func, select

from db.engine import connect, open_session
from tests.faults import deciders
from tests.faults.kills import kill_deciders
from tests.faults.many_files import DECISIONS, UNHARMED, fill, harm


def test_no_decision_is_lost_halved_or_doubled_when_deciders_are_killed(migrated_url, tmp_path):
    kills = 30 if migrated_url.startswith("sqlite") else 10
    killed = kill_deciders(migrated_url, tmp_path, kills=kills, files=2_000, seed=7)
    assert killed.kills == kills
    assert killed.acknowledged > 2 * kills, "the deciders were killed before they decided anything"
    assert killed.harm == UNHARMED


@pytest.mark.soak
@pytest.mark.timeout(1200)
def test_no_decision_is_lost_in_a_thousand_kills(migrated_url, tmp_path):
    killed = kill_deciders(migrated_url, tmp_path, kills=1_000, files=40_000, seed=11)
    assert (killed.kills, killed.harm) == (1_000, UNHARMED)


@pytest.mark.parametrize(
    ("moment", "stands"),
    [
        ("INSERT INTO decisions", False),
        ("DELETE FROM holds", False),
        ("DELETE FROM drafts", False),
        ("INSERT INTO audit_events", False),
        ("commit", False),
        ("answer", True),
    ],
)
def test_a_kill_inside_a_decision_leaves_all_of_it_or_nothing(migrated_url, tmp_path, moment, stands):
    engine = connect(migrated_url)
    fill(engine, 2)
    process = deciders.start(deciders.decide_until, migrated_url, 1, moment, tmp_path / "said")
    process.join(20)
    assert process.exitcode == -9
    assert not (tmp_path / "said").exists()
    with open_session(engine) as session:
        assert session.execute(select(func.count()).select_from(DECISIONS)).scalar_one() == int(stands)
    assert harm(engine, []) == UNHARMED
    assert deciders.decide(engine, 1).number == 1
    assert harm(engine, [1]) == UNHARMED
    engine.dispose()
