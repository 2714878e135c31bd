"""Stored scores come out again to the same integers, whatever was imported since; a change under them is found."""

import shutil
import sys
from datetime import timedelta
from types import ModuleType

import pytest
import sqlalchemy
from typer.testing import CliRunner

import loam
from db import references, register, scores
from db.engine import connect, migrate, open_session, open_unguarded, sqlite
from desk import demo
from desk.replay import replay_all
from desk.scoring import score_shops
from settings import settings
from tests.desk import AS_OF
from tests.test_db_register import another_card

SHOPS = 12


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The address of a small demo, scored in the past and today."""
    url = f"sqlite:///{tmp_path_factory.mktemp('replay') / 'loam.db'}"
    engine = connect(url)
    migrate(engine)
    with pytest.MonkeyPatch.context() as patch:
        # A page tested before leaves itself there, and a process that is begun runs what it finds there.
        patch.setitem(sys.modules, "__main__", ModuleType("__main__"))
        demo.make(engine, shops=SHOPS, seed=7, as_of=AS_OF, default_zone="Asia/Shanghai", tell=lambda *_: None)
    return url


@pytest.fixture
def desk(made, tmp_path, monkeypatch):
    """A copy of it, which may be changed."""
    place = tmp_path / "loam.db"
    with sqlite.connect(made.removeprefix("sqlite:///")) as connection:
        connection.execute(f"VACUUM INTO '{place}'")
    connection.close()
    shutil.copy(made.removeprefix("sqlite:///").replace(".db", ".key"), tmp_path)
    url = f"sqlite:///{place}"
    monkeypatch.setenv("LOAM_DATABASE_URL", url)
    settings.cache_clear()
    yield connect(url)
    settings.cache_clear()


def replayed(engine):
    found = replay_all(engine, tell=lambda *_: None)
    return found.replayed, [(each.score_run_id, each.what) for each in found.differences]


def run(*words):
    return CliRunner().invoke(loam.app, list(words))


def tamper(engine, statement):
    """Change what stands on record past the desk, as somebody with the file in hand could."""
    with open_unguarded(engine) as connection:
        for action in ("update", "delete"):
            connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS score_runs_no_{action}")
        connection.exec_driver_sql(statement)


def test_every_stored_score_comes_out_again(desk):
    with open_session(desk) as session:
        stored = len(scores.run_keys(session))
    assert stored > SHOPS
    assert replayed(desk) == (stored, [])
    found = run("replay", "--all")
    assert (found.exit_code, found.stdout) == (0, f"{stored} replayed, 0 differ\n")


def test_new_imports_change_no_old_score_and_a_new_one_sees_them(desk, tmp_path):
    before = replayed(desk)
    orders = tmp_path / "orders.csv"
    days = [AS_OF - timedelta(days=back) for back in range(1, 60)]
    lines = [f"S-0001,NEW-{place},{day}T12:00:00,9999.00,CNY,completed" for place, day in enumerate(days)]
    orders.write_text("shop_ref,order_ref,placed_at,gross,currency,status\n" + "\n".join(lines), encoding="utf-8")
    assert run("import", str(orders)).exit_code == 0
    assert replayed(desk) == before
    with open_session(desk) as session:
        shop_id = session.execute(sqlalchemy.text("SELECT id FROM shops WHERE shop_ref = 'S-0001'")).scalar_one()
        old = scores.latest(session, shop_id)
    list(score_shops(desk, [shop_id], as_of=AS_OF, batch_id=3, store=True))
    with open_session(desk) as session:
        new = scores.latest(session, shop_id)
    assert new.features["median_month_minor"] != old.features["median_month_minor"]
    assert replayed(desk) == (before[0] + 1, [])


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("UPDATE score_runs SET points = points + 1, soundness_points = soundness_points + 1 WHERE id = 1", "points"),
        ("UPDATE score_runs SET default_probability_ppm = 1 WHERE id = 1", "default_probability_ppm"),
        ("UPDATE score_runs SET features = replace(features, '\"currency\":\"CNY\"', '\"currency\":\"USD\"') "
         "WHERE id = 1", "features"),
    ],
)  # fmt: skip
def test_a_score_that_was_altered_is_found(desk, statement, what):
    tamper(desk, statement)
    assert replayed(desk)[1] == [(1, what)]
    found = run("replay", "--all")
    assert found.exit_code == 1
    assert "1 differ" in found.stdout
    assert "score 1 of shop" in found.stderr


def test_a_record_that_was_altered_under_its_scores_is_found(desk):
    tamper(desk, "UPDATE orders SET gross_minor = gross_minor * 3 WHERE shop_id = 1")
    _, differences = replayed(desk)
    assert differences


def test_replay_says_what_it_wants():
    assert run("replay").exit_code == 2


def test_scores_of_today_are_held_against_those_whom_the_desk_approved(desk):
    with open_session(desk) as session:
        card = register.champion(session)
        newest = scores.run_keys(session)[-1]
        reference = references.get(session, newest.reference_id)
        result = scores.get(session, newest.id).result
    assert reference.cases == 0 or reference.usual
    usual = sum(card.base.values()) + sum(each.usual_points for each in result.contributions)
    assert sum(each.gap for each in result.contributions) == result.points - usual


def test_a_card_in_shadow_scores_beside_and_is_kept(desk):
    card = another_card("shadow-1", 310)
    with open_session(desk, write=True) as session:
        manager, administrator = (
            session.execute(sqlalchemy.text(f"SELECT id FROM people WHERE handle = '{name}'")).scalar_one()
            for name in ("manager", "administrator")
        )
        register.add(
            session, kind="card", model_hash=card.hash, name=card.name, body=card.body, validation="{}", report="",
            person_id=administrator,
        )  # fmt: skip
        register.move(session, card.hash, "shadow", person_id=manager, note="To compare.")
    (part,) = score_shops(desk, [1, 2], as_of=AS_OF, batch_id=1, store=True)
    with open_session(desk) as session:
        kept = session.execute(
            sqlalchemy.text("SELECT score_run_id, default_probability_ppm FROM shadow_scores ORDER BY 1")
        ).all()
        newest = {each.shop_id: each.id for each in scores.run_keys(session)}
    assert [tuple(row) for row in kept] == [
        (newest[each.shop_id], card.explain_row(each.features).default_probability_ppm) for each in part
    ]
