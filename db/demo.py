"""The demo's database: whether it holds generated shops only, so that it may be thrown away and made anew."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, func, select, text
from sqlmodel import Session, SQLModel

from db import chain_rows, facts, people
from db.engine import migrate, open_unguarded
from db.tables import Application, Decision, Shop, table_of
from lending.policy import LENDING_OUTCOMES

shops = table_of(Shop)
applications = table_of(Application)
decisions = table_of(Decision)


class HoldsRealRecords(Exception):
    """The database holds shops that were not generated, or people's accounts; it is not thrown away."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What a database holds."""

    generated_shops: int
    real_shops: int
    accounts: bool
    """Whether anybody other than the demo people may sign in."""
    finished: bool
    """Whether a demo was made to its end."""

    @property
    def real(self) -> bool:
        """Whether anything in it is not of a demo."""
        return self.real_shops > 0 or self.accounts


def standing(session: Session) -> Standing:
    """What the database holds."""
    total, generated = session.execute(select(func.count(), func.coalesce(func.sum(shops.c.generated), 0))).one()
    return Standing(
        generated_shops=int(generated),
        real_shops=int(total) - int(generated),
        accounts=people.accounts_exist(session),
        finished=facts.read(session, facts.DEMO_BUSINESS_DATE) is not None,
    )


def clear(engine: Engine) -> None:
    """Throw a demo away, in one transaction, and lay out empty tables.

    Raises:
        HoldsRealRecords: where anything in the database is not of a demo; nothing was changed.
    """
    with open_unguarded(engine) as connection:
        if standing(Session(connection)).real:
            raise HoldsRealRecords
        SQLModel.metadata.drop_all(connection)
        connection.execute(text("DROP TABLE alembic_version"))
        if connection.dialect.name == "postgresql":
            functions = ["refuse_change", "give_shop_to_branch", "refuse_out_of_turn"]
            functions += [f"{subject}_to_chain" for subject in chain_rows.subjects()]
            connection.execute(text(f"DROP FUNCTION {', '.join(f'{name}()' for name in functions)}"))
    migrate(engine)


def application_numbers(session: Session) -> dict[str, tuple[int, int]]:
    """For each application's reference its number and that of its shop."""
    rows = session.execute(select(applications.c.application_ref, applications.c.id, applications.c.shop_id))
    return {ref: (number, shop_id) for ref, number, shop_id in rows}


def agreed(session: Session) -> list[dict[str, Any]]:
    """What the desk has agreed to lend: application_ref, shop_ref, decided_on, amount_minor, rate_bps, term_months."""
    rows = (
        select(
            applications.c.application_ref, shops.c.shop_ref, decisions.c.decided_on, decisions.c.amount_minor,
            decisions.c.rate_bps, decisions.c.term_months,
        )
        .join_from(decisions, applications, decisions.c.application_id == applications.c.id)
        .join(shops, shops.c.id == applications.c.shop_id)
        .where(decisions.c.final == 1, decisions.c.outcome.in_(LENDING_OUTCOMES))
        .order_by(applications.c.application_ref)
    )  # fmt: skip
    return [dict(row) for row in session.execute(rows).mappings()]
