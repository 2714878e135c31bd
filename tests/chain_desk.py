"""A small desk on SQLite with rows in every register, and a way to change its file past the desk."""

from contextlib import contextmanager

from sqlalchemy import insert

from db import imports, register, tables
from db.engine import open_session, sqlite
from db.tables import table_of
from desk import month_ends
from ingest import folder
from tests.desk import AS_OF, NOW, Desk
from tests.loan_desk import LoanDesk, later
from tests.server import ROOT

EXAMPLE = ROOT / "docs" / "example"


def make(engine):
    """People, an approved and a declined file, a loan with steps, an import, a model, and all else that is recorded."""
    desk = LoanDesk(engine)
    desk.disburse()
    desk.act("pay", today=later(20), amount_minor=100_000)
    waiting = desk.act("write_off", today=later(100), reason="as the bank's statement shows")
    _agree(desk, waiting)
    with open_session(engine, write=True) as session:
        register.seed(session)
    chunks = folder.read(folder.find(EXAMPLE), shops={}, default_zone="Asia/Shanghai")
    assert imports.store(engine, chunks, person_id=None, source="example").verdict == "imported"
    _add_the_rest(desk)
    month_ends.close(engine, month_ends.days_to_close(engine, until=later(40), again=False), person_id=None)
    return desk


def _agree(desk, waiting):
    from db import loan_acts

    loan_acts.answer(
        desk.engine, waiting.act_id, person_id=desk.id_of("manager"), agrees=True, note="seen", today=later(101)
    )


def _add_the_rest(desk: Desk):
    manager, officer = desk.id_of("manager"), desk.id_of("officer")
    told = {"note": "made up", "recorded_at": NOW}
    with open_session(desk.engine, write=True) as session:
        model = session.execute(table_of(tables.Model).select()).first().model_hash
        card = session.execute(table_of(tables.ScoreCard).select()).first().card_hash
        for row, values in (
            (tables.Interest, {"person_id": officer, "kind": "own", "shop_id": 1, "noted_by": manager, **told}),
            (tables.Interest, {"person_id": manager, "kind": "own", "owner_ref": "O1", "noted_by": officer, **told}),
            (tables.InterestEnd, {"interest_id": 1, "ended_by": manager, **told}),
            (
                tables.Consent,
                {
                    "shop_id": 1,
                    "act": "withdrawn",
                    "said_by": "owner",
                    "evidence": "letter",
                    "sharing": 0,
                    "begins_at": NOW,
                    "recorded_at": NOW,
                },
            ),
            (tables.PolicyApproval, {"version": 1, "maker_id": officer, "person_id": manager, **told}),
            (
                tables.ShadowScore,
                {"score_run_id": 1, "model_hash": model, "default_probability_ppm": 9, "recorded_at": NOW},
            ),
            (tables.ScoreReference, {"card_hash": card, "as_of": AS_OF, "cases": 0, "body": "{}", "recorded_at": NOW}),
            (tables.BranchRegion, {"region": "North", "branch_id": 1}),
            (tables.BranchRegion, {"region": "South/East", "branch_id": 1}),
        ):
            session.execute(insert(table_of(row)).values(**values))


def database_of(engine):
    """The file of a desk, for whoever opens it with another program."""
    return engine.url.database


@contextmanager
def editor(engine, *, triggers=False, noting=False):
    """A bare connection that no guard and no rule hinders, as a database editor has it; `noting` keeps the triggers
    that note rows for the chain, for a desk that writes on."""
    connection = sqlite.connect(database_of(engine), isolation_level=None)
    try:
        if not triggers:
            for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                if not (noting and name.endswith("_to_chain")):
                    connection.execute(f"DROP TRIGGER {name}")
        for rule in ("foreign_keys = OFF", "recursive_triggers = OFF", "ignore_check_constraints = ON"):
            connection.execute(f"PRAGMA {rule}")
        yield connection
    finally:
        connection.close()


def change_unseen(engine, *statements):
    """Change the record of either database past its desk, and leave the triggers no note of it."""
    if engine.dialect.name == "sqlite":
        with editor(engine, noting=True) as file:
            for statement in (*statements, "DELETE FROM chain_pending"):
                file.execute(statement)
        return
    with engine.begin() as connection:
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")  # no trigger, no reference
        for statement in statements:
            connection.exec_driver_sql(statement)
