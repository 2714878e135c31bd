"""Which shops a person sees: a connection of a branch holds that branch's rows and no others.

Views that are the connection's own stand in place of the tables, so a statement that forgets the branch finds no shop
of another one. Writes go to the whole record, where db.people.require looks at the branch of the row that is written.
"""

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import ColumnElement, Engine, case, event, exists, literal, null, select
from sqlmodel import Session

from db.engine import open_session, part_of, whole
from db.tables import HISTORY, Branch, Person, table_of

branches = table_of(Branch)
people = table_of(Person)

NO_SHOP = 0
"""The part of an administrator, who keeps people and files and sees no shop; no branch has this number."""

# None where a person sees the whole record; with a single branch everybody who sees shops does.
SEES: ColumnElement[int | None] = case(
    (people.c.role == "administrator", literal(NO_SHOP)),
    (~exists(select(branches.c.id).where(branches.c.id != people.c.branch_id)), null()),
    else_=people.c.branch_id,
)

_OF_SHOP = "EXISTS (SELECT 1 FROM {home}.shop_branches b WHERE b.shop_id = t.shop_id AND b.branch_id = {branch})"
_OF_APPLICATION = (
    "EXISTS (SELECT 1 FROM {home}.applications a JOIN {home}.shop_branches b ON b.shop_id = a.shop_id "
    "WHERE a.id = t.application_id AND b.branch_id = {branch})"
)
_OF_LOAN = (
    "EXISTS (SELECT 1 FROM {home}.loans l JOIN {home}.shop_branches b ON b.shop_id = l.shop_id "
    "WHERE l.id = t.loan_id AND b.branch_id = {branch})"
)
_OF_SCORE = (
    "EXISTS (SELECT 1 FROM {home}.score_runs r JOIN {home}.shop_branches b ON b.shop_id = r.shop_id "
    "WHERE r.id = t.score_run_id AND b.branch_id = {branch})"
)
# Whoever did something did it for the branch that was theirs then: the next change of their rights says which it was.
_COLLEAGUE_THEN = (
    "EXISTS (WITH moves AS MATERIALIZED (SELECT e.sequence, e.recorded_at, e.subject_id, {branch_was} AS branch_was "
    "FROM {home}.audit_events e WHERE e.subject = 'people' AND e.kind = 'rights changed') "
    "SELECT 1 FROM {home}.people p LEFT JOIN moves m ON m.sequence = "
    "(SELECT min(later.sequence) FROM moves later WHERE later.subject_id = p.id AND later.by_order > t.by_order) "
    "WHERE p.id = t.person_id AND CASE WHEN m.sequence IS NULL THEN p.branch_id ELSE m.branch_was END = {branch})"
)
_COLLEAGUE = _COLLEAGUE_THEN.replace("by_order", "sequence")
_IMPORTER = _COLLEAGUE_THEN.replace("by_order", "recorded_at")
_BRANCH_WAS = {
    "sqlite": "json_extract(e.body, '$.branch_was')",
    "postgresql": "CAST(CAST(e.body AS jsonb) ->> 'branch_was' AS bigint)",
}
_ABOUT_SHOP = "t.subject IN ('applications', 'loans', 'shops', 'score_runs')"
_ITSELF = _OF_SHOP.replace("t.shop_id", "t.id")


def _about(subject: str, rule: str, key: str) -> str:
    return f"(t.subject = '{subject}' AND {rule.replace(f't.{key}', 't.subject_id')})"


# Which rows of a table a branch has. Tables that are not named here hold nothing of a shop, or only what tells no shop.
ROWS_OF_BRANCH = {
    "shops": _ITSELF,
    "shops_history": _ITSELF,
    **{
        name: _OF_SHOP
        for now in ("orders", "sales_days", "purchases", "wallet_entries", "applications", "loans", "instalments",
                    "repayments", "funding_shares")
        for name in (now, HISTORY[now].name)
    },
    "score_runs": _OF_SHOP,
    "shadow_scores": _OF_SCORE,
    "decisions": _OF_APPLICATION,
    "holds": _OF_APPLICATION,
    "drafts": _OF_APPLICATION,
    "loan_acts": f"(CASE WHEN t.loan_id IS NULL THEN {_OF_APPLICATION} ELSE {_OF_LOAN} END)",
    "loan_act_answers": (
        "EXISTS (SELECT 1 FROM {home}.loan_acts c LEFT JOIN {home}.loans l ON l.id = c.loan_id "
        "LEFT JOIN {home}.applications a ON a.id = c.application_id JOIN {home}.shop_branches b "
        "ON b.shop_id = coalesce(l.shop_id, a.shop_id) WHERE c.id = t.act_id AND b.branch_id = {branch})"
    ),
    "interests": f"(t.shop_id IS NULL OR {_OF_SHOP})",
    "consents": _OF_SHOP,
    "originals": _OF_SHOP,
    "original_parts": (
        "EXISTS (SELECT 1 FROM {home}.originals o JOIN {home}.shop_branches b ON b.shop_id = o.shop_id "
        "WHERE o.id = t.original_id AND b.branch_id = {branch})"
    ),
    # Figures of the whole lender.
    "month_ends": "1 = 0",
    "shop_branches": "t.branch_id = {branch}",
    "audit_events": " OR ".join(
        (
            # What is about a shop is its branch's, whoever did it; a list or a run is about none.
            f"((t.subject_id IS NULL OR NOT {_ABOUT_SHOP}) AND {_COLLEAGUE})",
            # An administrator reads what is not about a shop.
            f"({{branch}} = {NO_SHOP} AND NOT {_ABOUT_SHOP})",
            _about("applications", _OF_APPLICATION, "application_id"),
            _about("loans", _OF_LOAN, "loan_id"),
            _about("shops", _OF_SHOP, "shop_id"),
            _about("score_runs", _OF_SCORE, "score_run_id"),
        )
    ),
}  # fmt: skip

# Every score names the number of an import, so all of them are there; what others brought in is not told to a branch.
HIDDEN_OF_OTHERS = {"import_batches": ("source", "report")}


def engine_for(engine: Engine, sees: int | None) -> Engine:
    """The engine through which a person reads.

    Args:
        engine: of the whole record.
        sees: `SEES` of the person: a branch, NO_SHOP, or None for the whole.
    """
    return engine if sees is None else _part(engine, sees)


@functools.cache
def _part(engine: Engine, branch_id: int) -> Engine:
    part = part_of(engine)

    @event.listens_for(part, "connect")
    def _stand_in(connection: Any, _record: object) -> None:  # noqa: ANN401  (the drivers have no class in common)
        cursor = connection.cursor()
        home = "main" if engine.dialect.name == "sqlite" else cursor.execute("SELECT current_schema()").fetchone()[0]
        for statement in _views(branch_id, home, _BRANCH_WAS[engine.dialect.name]):
            cursor.execute(statement)
        cursor.close()
        connection.commit()

    return part


def _views(branch_id: int, home: str, branch_was: str) -> Iterator[str]:
    for name, rule in ROWS_OF_BRANCH.items():
        which = rule.format(home=home, branch=branch_id, branch_was=branch_was)
        yield f"CREATE TEMPORARY VIEW {name} AS SELECT * FROM {home}.{name} t WHERE {which}"
    if branch_id == NO_SHOP:
        return
    importer = _IMPORTER.format(home=home, branch=branch_id, branch_was=branch_was)
    for name, hidden in HIDDEN_OF_OTHERS.items():
        columns = ", ".join(
            f"CASE WHEN {importer} THEN t.{column} ELSE '' END AS {column}" if column in hidden else f"t.{column}"
            for column in _columns(name)
        )
        yield f"CREATE TEMPORARY VIEW {name} AS SELECT {columns} FROM {home}.{name} t"


def _columns(name: str) -> list[str]:
    return [column.name for column in people.metadata.tables[name].columns]


@contextmanager
def whole_record(session: Session) -> Iterator[Session]:
    """The whole record beside a session that sees a part of it: what an owner owes in another branch counts in each.

    Only figures that tell nothing of a single shop may be taken from it.
    """
    engine = session.connection().engine
    if whole(engine) is engine:
        yield session
        return
    with open_session(whole(engine)) as everything:
        yield everything
