"""The names behind the numbers of the register: of people, branches and models, and of whom an event is about.

The register itself keeps numbers, since a name may be erased; whoever reads it is told the names of today.
"""

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Table, case, func, select
from sqlalchemy.sql.selectable import FromClause
from sqlmodel import Session

from db.tables import Application, AuditEvent, Branch, Loan, Model, Person, ScoreRun, Shop, table_of

events = table_of(AuditEvent)
applications = table_of(Application)
loans = table_of(Loan)
score_runs = table_of(ScoreRun)
shops = table_of(Shop)
people = table_of(Person)
branches = table_of(Branch)
models = table_of(Model)

_whom = people.alias("whom")

# Where a body holds a number, and under which name its reader finds the name.
PEOPLE_IN = {"maker_id": "maker", "holder_id": "holder", "about": "about_name"}
BRANCHES_IN = {"branch_id": "branch", "branch_was": "branch_was_name", "from": "from_name", "to": "to_name"}

SUBJECT_NAME: ColumnElement[str | None] = func.coalesce(_whom.c.name, branches.c.name, loans.c.loan_ref)


def joined(start: FromClause) -> FromClause:
    """Events beside the rows that they are about, where the reader sees these."""

    def about(table: FromClause, name: str) -> ColumnElement[bool]:
        return (events.c.subject == name) & (events.c.subject_id == table.c.id)

    shop_id = func.coalesce(
        applications.c.shop_id, loans.c.shop_id, score_runs.c.shop_id,
        case((events.c.subject == "shops", events.c.subject_id)),
    )  # fmt: skip
    for table, name in (
        (applications, "applications"), (loans, "loans"), (score_runs, "score_runs"), (_whom, "people"),
        (branches, "branches"),
    ):  # fmt: skip
        start = start.outerjoin(table, about(table, name))
    return start.outerjoin(shops, shops.c.id == shop_id)


def with_names(session: Session, bodies: Iterable[str]) -> list[str]:
    """The bodies of events, with the names of those whom they give by number beside the numbers."""
    read = [json.loads(body) for body in bodies]
    named_people = _names(session, people, people.c.id, _numbers(read, PEOPLE_IN))
    named_branches = _names(session, branches, branches.c.id, _numbers(read, BRANCHES_IN))
    hashes = {body["model"] for body in read if isinstance(body.get("model"), str) and "name" not in body}
    named_models = _names(session, models, models.c.model_hash, hashes)
    for body in read:
        _add(body, PEOPLE_IN, named_people)
        _add(body, BRANCHES_IN, named_branches)
        if body.get("model") in named_models:
            body["name"] = named_models[body["model"]]
    return [json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False) for body in read]


def _numbers(bodies: list[dict[str, Any]], where: dict[str, str]) -> set[Any]:
    return {body[name] for body in bodies for name in where if isinstance(body.get(name), int)}


def _names(session: Session, table: Table, key: ColumnElement[Any], wanted: set[Any]) -> dict[Any, str]:
    if not wanted:
        return {}
    rows = session.execute(select(key.label("key"), table.c.name).where(key.in_(sorted(wanted))))
    return {row.key: row.name for row in rows}


def _add(body: dict[str, Any], where: dict[str, str], names: dict[Any, str]) -> None:
    for number, name in where.items():
        if isinstance(body.get(number), int) and body[number] in names:
            body[name] = names[body[number]]
