"""`loam.py demo` fills an empty database through the import, and never touches a record that is not a demo's."""

import shutil
import sys
from pathlib import Path
from types import ModuleType

import pytest
from sqlalchemy import func, insert, select
from typer.testing import CliRunner

import loam
from db import demo, facts, queue, tables
from db.engine import connect, migrate, open_session
from demo.decisions import PastDecision, answer
from demo.shops import BUSINESS_DATE
from demo.stories import STORIES
from desk import demo as making
from lending import policy
from lending.authority import is_override
from lending.offer import assess
from lending.stress import SalesBase
from settings import settings
from tests.desk import NOW

SHOPS = 12


def count(engine, model, **equal):
    table = tables.table_of(model)
    wanted = [table.c[name] == value for name, value in equal.items()]
    with open_session(engine) as session:
        return session.execute(select(func.count()).select_from(table).where(*wanted)).scalar_one()


@pytest.fixture
def desk(monkeypatch, tmp_path):
    """The command's own database, still without a file."""
    url = f"sqlite:///{tmp_path / 'loam.db'}"
    # A page tested before leaves itself there, and a process that is begun runs what it finds there.
    monkeypatch.setitem(sys.modules, "__main__", ModuleType("__main__"))
    monkeypatch.setenv("LOAM_DATABASE_URL", url)
    monkeypatch.setenv("LOAM_BUSINESS_DATE", BUSINESS_DATE.isoformat())
    settings.cache_clear()
    yield url
    connect(url).dispose()
    settings.cache_clear()


def run(*words):
    return CliRunner().invoke(loam.app, ["demo", "--shops", str(SHOPS), *words], catch_exceptions=False)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The file of a demo that the command made, to be copied."""
    place = tmp_path_factory.mktemp("made") / "loam.db"
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "__main__", ModuleType("__main__"))
        patch.setenv("LOAM_DATABASE_URL", f"sqlite:///{place}")
        patch.setenv("LOAM_BUSINESS_DATE", BUSINESS_DATE.isoformat())
        settings.cache_clear()
        assert run().exit_code == 0
    settings.cache_clear()
    connect(f"sqlite:///{place}").dispose()
    return place


@pytest.fixture
def demo_desk(made, desk):
    """The command's own database, with the demo."""
    for file in (made, made.with_suffix(".key")):
        shutil.copy(file, Path(desk.removeprefix("sqlite:///")).parent)
    return desk


def test_an_empty_database_becomes_a_desk_at_work(demo_desk):
    engine = connect(demo_desk)
    assert count(engine, tables.Shop) == count(engine, tables.Shop, generated=1) == SHOPS
    assert count(engine, tables.ImportBatch) == 2
    assert count(engine, tables.Order) > 3_000
    assert count(engine, tables.Repayment) > count(engine, tables.Loan) > 12
    with open_session(engine) as session:
        agreed = {row["application_ref"]: row["amount_minor"] for row in demo.agreed(session)}
        lent = tables.table_of(tables.Loan)
        of_the_desk = select(lent.c.application_ref, lent.c.principal_minor).where(lent.c.application_ref.is_not(None))
        assert dict(session.execute(of_the_desk).all()) == agreed
    with open_session(engine) as session:
        assert facts.demo_business_date(session) == BUSINESS_DATE
        view = queue.QueueView(size=50)
        waiting = queue.count(session, view, person_id=1, now=NOW)
        decided = count(engine, tables.Decision, final=1)
        assert waiting == SHOPS // 3
        assert waiting + decided == count(engine, tables.Application)
        assert decided > 3
        runs, asked = tables.table_of(tables.ScoreRun), tables.table_of(tables.Application)
        consented = select(asked.c.shop_id).where(asked.c.consented_at.is_not(None))
        scored = set(session.execute(select(runs.c.shop_id).where(runs.c.as_of == BUSINESS_DATE)).scalars())
        assert scored == set(session.execute(consented).scalars())
        names = session.execute(select(tables.table_of(tables.Shop).c.name)).scalars().all()
    assert all(any(name.startswith(f"{story.style} {story.thing}") for name in names) for story in STORIES)


def test_a_second_run_leaves_the_demo_alone_and_a_reset_makes_it_anew(demo_desk):
    engine = connect(demo_desk)
    again = run()
    assert again.exit_code == 0
    assert "there already" in again.stderr
    assert count(engine, tables.ImportBatch) == 2
    before = count(engine, tables.Order)
    assert run("--reset", "--seed", "9").exit_code == 0
    assert count(engine, tables.Shop) == SHOPS
    assert count(engine, tables.Order) != before
    assert count(engine, tables.ImportBatch) == 2


def test_a_demo_that_was_broken_off_is_made_again(demo_desk):
    engine = connect(demo_desk)
    with open_session(engine, write=True) as session:
        session.execute(tables.table_of(tables.Fact).delete())
    orders = count(engine, tables.Order)
    assert "is ready" in run().stderr
    assert count(engine, tables.Order) == orders


def test_a_demo_that_is_interrupted_says_so_in_a_sentence_and_is_made_by_the_next_command(desk, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(making, "_keep_scores", interrupted)
        stopped = run()
    assert stopped.exit_code == 130
    assert stopped.stderr.startswith("The making of the demo was broken off")
    assert len(stopped.stderr.splitlines()) == 1
    assert count(connect(desk), tables.Decision) > 0
    assert "is ready" in run().stderr
    assert count(connect(desk), tables.Shop) == SHOPS


@pytest.mark.parametrize(("words", "code"), [((), 0), (("--reset",), 1)])
def test_a_record_that_is_not_a_demos_is_never_touched(desk, words, code):
    engine = connect(desk)
    migrate(engine)
    add_shop(engine, generated=0)
    outcome = run(*words)
    assert outcome.exit_code == code
    assert "not of a demo" in outcome.stderr
    assert count(engine, tables.Shop) == 1
    assert count(engine, tables.Order) == 0


def add_shop(engine, *, generated):
    with open_session(engine, write=True) as session:
        batch = insert(tables.table_of(tables.ImportBatch)).values(
            recorded_at=tables.EPOCH, source="test", format="loam", report="{}"
        )
        batch_id = session.execute(batch.returning(tables.table_of(tables.ImportBatch).c.id)).scalar_one()
        session.execute(
            insert(tables.table_of(tables.Shop)).values(
                shop_ref="S1", name="Grey Tile Teas", time_zone="Asia/Shanghai", currency="CNY",
                generated=generated, batch_id=batch_id,
            )
        )  # fmt: skip


def test_a_demo_is_cleared_on_both_databases_registers_and_all(engine):
    add_shop(engine, generated=1)
    demo.clear(engine)
    assert count(engine, tables.Shop) == 0
    assert count(engine, tables.ImportBatch) == 0
    add_shop(engine, generated=1)
    assert count(engine, tables.Shop) == 1


def test_a_real_shop_or_account_forbids_to_clear(engine):
    add_shop(engine, generated=0)
    with pytest.raises(demo.HoldsRealRecords):
        demo.clear(engine)
    assert count(engine, tables.Shop) == 1


def test_an_account_forbids_to_clear(engine):
    with open_session(engine, write=True) as session:
        session.execute(
            insert(tables.table_of(tables.Person)).values(handle="ann", name="Ann", role="officer", enabled=1, demo=0)
        )
    with pytest.raises(demo.HoldsRealRecords):
        demo.clear(engine)


# --- What the desk answered ---------------------------------------------------------------------------------------

POLICY = policy.load(policy.FIRST_POLICY.read_text(encoding="utf-8"))
SALES = SalesBase(median_minor=4_000_000, stressed_minor=2_000_000, lowest_minor=1_500_000, complete_months=24)


def offer(grade, asked_minor):
    return assess(
        POLICY, grade=grade, default_probability_ppm=10_000, sales=SALES, asked_minor=asked_minor, term_months=12
    )


def told(outcome, asked_minor, amount_minor=None, *, insists=False):
    reasons = () if outcome == "approve" else ("short_history",)
    return PastDecision("A-1", 10, 0, outcome, asked_minor, amount_minor, 12, reasons, "A note.", insists)


@pytest.mark.parametrize(
    ("inclined", "grade", "expected"),
    [
        (told("approve", 1_000_000, 1_000_000), "A", ("approve", 1_000_000)),
        (told("approve", 9_000_000, 9_000_000), "A", ("approve_less", offer("A", 9_000_000).limit_minor)),
        (told("approve", 1_000_000, 1_000_000), "E", ("decline", None)),
        (told("decline", 1_000_000), "A", ("approve", 1_000_000)),
        (told("decline", 1_000_000), "E", ("decline", None)),
        (told("decline", 1_000_000, insists=True), "A", ("decline", None)),
        (told("approve", 9_000_000, 9_000_000, insists=True), "A", ("approve", 9_000_000)),
    ],
)
def test_the_desk_answers_as_inclined_within_its_policy_unless_it_insists(inclined, grade, expected):
    case = offer(grade, inclined.asked_minor)
    given = answer(inclined, case, POLICY, score_reasons=("high_refunds",))
    assert (given.outcome, given.amount_minor) == expected
    assert (given.rate_bps is None) == (given.amount_minor is None)
    assert given.reasons == (() if given.outcome == "approve" else ("high_refunds",))
    against = is_override(
        POLICY, outcome=given.outcome, amount_minor=given.amount_minor, grade=grade, limit_minor=case.limit_minor
    )
    assert against == inclined.insists


def test_a_day_before_the_oldest_records_makes_no_demo(desk, monkeypatch):
    monkeypatch.setenv("LOAM_BUSINESS_DATE", "1970-01-01")
    settings.cache_clear()
    refused = run()
    assert refused.exit_code == 2
    assert "2000-01-01 at the earliest" in refused.output
