"""Applications that wait for a second person, and what came in for their shops since the first one answered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Table, and_, func, or_, select
from sqlmodel import Session

from db import consents
from db.applications import latest_round
from db.memory import OPEN_FILES, Memory
from db.queue import undecided
from db.tables import (
    HISTORY,
    Application,
    Decision,
    ImportBatch,
    Order,
    Person,
    Repayment,
    SalesDay,
    ScoreRun,
    Shop,
    WalletEntry,
    table_of,
)

applications = table_of(Application)
batches = table_of(ImportBatch)
decisions = table_of(Decision)
people = table_of(Person)
score_runs = table_of(ScoreRun)
shops = table_of(Shop)
orders, sales_days, repayments = table_of(Order), table_of(SalesDay), table_of(Repayment)
wallet_entries = table_of(WalletEntry)


@dataclass(frozen=True, slots=True)
class InLine:
    """An application whose last answer was not final; without consent there is no amount."""

    application_id: int
    application_ref: str
    shop_id: int
    shop_name: str
    submitted_at: datetime
    amount_minor: int | None
    """Asked for."""
    currency: str
    outcome: str
    """Of the last round."""
    authority: str
    person_id: int
    person_name: str
    recorded_at: datetime
    score_run_id: int | None
    newest_score_id: int | None
    policy_version: int
    batch_then: int
    """The newest import when the last round was recorded."""
    brought_by: int
    """The import that brought the application as it stands."""

    @property
    def replaced(self) -> bool:
        """Whether the application was imported anew since."""
        return self.brought_by > self.batch_then


@dataclass(frozen=True, slots=True)
class Imported:
    """What imports changed for a shop since, as they stand now against how they stood: new less what they replaced."""

    orders: int = 0
    """More orders, or more days of sales where the source gave totals."""
    replaced: int = 0
    """Orders or days that were on record and came otherwise."""
    gross_minor: int = 0
    refunded_minor: int = 0
    wallet_entries: int = 0
    """New or replaced entries of the wallet."""
    repayments: int = 0
    repaid_minor: int = 0

    @property
    def anything(self) -> bool:
        """Whether any of it changed."""
        return self != Imported()


def waiting(session: Session, *, now: datetime) -> list[InLine]:
    """The applications that wait for a second person, the nearest deadline first."""
    newest = score_runs.alias("newest")
    newest_score = select(func.max(newest.c.id)).where(newest.c.shop_id == applications.c.shop_id).scalar_subquery()
    batch_then = select(func.max(batches.c.id)).where(batches.c.recorded_at <= decisions.c.recorded_at)
    columns = (
        applications.c.id.label("application_id"), applications.c.application_ref, applications.c.shop_id,
        shops.c.name.label("shop_name"), applications.c.submitted_at, applications.c.amount_minor,
        applications.c.currency, decisions.c.outcome, decisions.c.authority, decisions.c.person_id,
        people.c.name.label("person_name"), decisions.c.recorded_at, decisions.c.score_run_id,
        newest_score.label("newest_score_id"), decisions.c.policy_version,
        func.coalesce(batch_then.scalar_subquery(), 0).label("batch_then"),
        applications.c.batch_id.label("brought_by"),
    )  # fmt: skip
    found = session.execute(
        select(*columns, consents.given_at(applications, now).label("consented_at"))
        .join_from(decisions, applications, decisions.c.id == latest_round())
        .join(shops, shops.c.id == applications.c.shop_id)
        .join(people, people.c.id == decisions.c.person_id)
        .where(decisions.c.application_id == applications.c.id, undecided())
        .order_by(applications.c.submitted_at, applications.c.id)
    )
    return [InLine(**_without_consent(row)) for row in found]


def _without_consent(row: Any) -> dict[str, Any]:  # noqa: ANN401  (a row of the statement above)
    told = dict(row._mapping)
    if told.pop("consented_at") is None:
        told |= {"amount_minor": None, "newest_score_id": told["score_run_id"]}
    return told


def answered(session: Session, numbers: Sequence[int]) -> dict[int, set[int]]:
    """Who took part in which of some applications."""
    found: dict[int, set[int]] = {number: set() for number in numbers}
    rows = select(decisions.c.application_id, decisions.c.person_id).where(decisions.c.application_id.in_(numbers))
    for number, person_id in session.execute(rows):
        found[number].add(person_id)
    return found


_imported: Memory[dict[int, Imported]] = Memory(OPEN_FILES)


def imported_since(session: Session, since: Mapping[int, int]) -> dict[int, Imported]:
    """What imports changed for some shops, each after an import of its own; shops for which nothing did are left out.

    Args:
        session: a transaction.
        since: by shop, the last import that does not count.
    """
    if not since:
        return {}
    return _imported.recall(session, tuple(sorted(since.items())), lambda: _read_imported(session, since))


def _read_imported(session: Session, since: Mapping[int, int]) -> dict[int, Imported]:
    told: dict[int, dict[str, int]] = {shop_id: {} for shop_id in since}
    single = ("gross_minor", "refunded_minor")
    for table in (orders, sales_days):
        for sign, name, rows in _both(session, table, single, since):
            for row in rows:
                of_shop = told[row.shop_id]
                _add(of_shop, "orders", sign * row.count)
                _add(of_shop, "replaced", row.count if name == "stood" else 0)
                for each in single:
                    _add(of_shop, each, sign * int(row._mapping[each] or 0))
    for sign, _, rows in _both(session, repayments, ("amount_minor",), since):
        for row in rows:
            _add(told[row.shop_id], "repayments", sign * row.count)
            _add(told[row.shop_id], "repaid_minor", sign * int(row.amount_minor or 0))
    for _, name, rows in _both(session, wallet_entries, (), since):
        for row in rows:
            _add(told[row.shop_id], "wallet_entries", row.count if name == "now" else 0)
    found = {shop_id: Imported(**each) for shop_id, each in told.items()}
    return {shop_id: each for shop_id, each in found.items() if each.anything}


def _both(
    session: Session, table: Table, sums: Sequence[str], since: Mapping[int, int]
) -> list[tuple[int, str, Sequence[Any]]]:
    """Of each shop how many rows came since, and how many of those that stood were replaced, with their sums."""
    before = HISTORY[table.name]
    came = or_(*(and_(table.c.shop_id == shop, table.c.batch_id > batch) for shop, batch in since.items()))
    stood = or_(
        *(
            and_(before.c.shop_id == shop, before.c.batch_id <= batch, before.c.replaced_batch_id > batch)
            for shop, batch in since.items()
        )
    )
    found = []
    for sign, name, rows, chosen in ((1, "now", table, came), (-1, "stood", before, stood)):
        # Days that were rolled up from orders say nothing that the orders don't.
        conditions = [chosen, *([rows.c.source == "totals"] if "source" in rows.c else [])]
        statement = (
            select(rows.c.shop_id, func.count().label("count"), *(func.sum(rows.c[each]).label(each) for each in sums))
            .where(*conditions)
            .group_by(rows.c.shop_id)
        )
        found.append((sign, name, session.execute(statement).all()))
    return found


def _add(told: dict[str, int], name: str, number: int) -> None:
    told[name] = told.get(name, 0) + number


def asked_then(session: Session, application_id: int, batch_id: int) -> tuple[int, int] | None:
    """Amount and term of an application as they stood after an import; None where they stand as they stood."""
    before = HISTORY["applications"]
    row = session.execute(
        select(before.c.amount_minor, before.c.term_months).where(
            before.c.id == application_id, before.c.batch_id <= batch_id, before.c.replaced_batch_id > batch_id
        )
    ).first()
    return None if row is None else (row.amount_minor, row.term_months)
