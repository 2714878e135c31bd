"""The branches of the lender: which there are, and which shops each looks after."""

from dataclasses import dataclass

import pandas as pd
from sqlalchemy import delete, func, insert, select, update
from sqlmodel import Session

from db import audit, people
from db.tables import Branch, BranchRegion, Person, Shop, ShopBranch, table_of
from lending.errors import BranchRefused

branches = table_of(Branch)
regions = table_of(BranchRegion)
persons = table_of(Person)
shops = table_of(Shop)
shop_branches = table_of(ShopBranch)

RIGHT = "keep branches"
LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class BranchKnown:
    """A branch."""

    id: int
    name: str


def all_branches(session: Session) -> list[BranchKnown]:
    """All branches, the first one first."""
    return [
        BranchKnown(*row) for row in session.execute(select(branches.c.id, branches.c.name).order_by(branches.c.id))
    ]


def named(session: Session, name: str) -> BranchKnown:
    """The branch of a name.

    Raises:
        BranchRefused: where there is none.
    """
    for branch in all_branches(session):
        if branch.name == name:
            return branch
    raise BranchRefused("unknown", name)


def overview(session: Session) -> pd.DataFrame:
    """A row per branch: id, name, regions (listed in words), people (enabled ones), shops."""
    given: dict[int, list[str]] = {}
    for region, branch_id in session.execute(select(regions.c.region, regions.c.branch_id).order_by(regions.c.region)):
        given.setdefault(branch_id, []).append(region)
    counts = (
        select(func.count()).where(persons.c.branch_id == branches.c.id, persons.c.enabled == 1).scalar_subquery(),
        select(func.count()).where(shop_branches.c.branch_id == branches.c.id).scalar_subquery(),
    )
    rows = session.execute(select(branches.c.id, branches.c.name, *counts).order_by(branches.c.id)).all()
    return pd.DataFrame(
        [(number, name, ", ".join(given.get(number, [])), staff, kept) for number, name, staff, kept in rows],
        columns=["id", "name", "regions", "people", "shops"],
    )


def add(session: Session, name: str, *, person_id: int | None) -> int:
    """Open a branch and return its number.

    Args:
        session: a transaction that writes.
        name: as it is listed.
        person_id: who does it; None for the command line.

    Raises:
        NotAllowed: where the person may not keep branches.
        BranchRefused: for no name, too long a one, or one that another branch has.
    """
    _require(session, person_id)
    name = _usable(session, name)
    number: int = session.execute(insert(branches).values(name=name).returning(branches.c.id)).scalar_one()
    audit.record(session, person_id, "add branch", "branches", number, {"name": name})
    return number


def rename(session: Session, branch_id: int, name: str, *, person_id: int | None) -> None:
    """Give a branch another name.

    Raises:
        NotAllowed, BranchRefused: as `add` says.
    """
    _require(session, person_id)
    _require_known(session, branch_id)
    name = _usable(session, name)
    session.execute(update(branches).where(branches.c.id == branch_id).values(name=name))
    audit.record(session, person_id, "rename branch", "branches", branch_id, {"name": name})


def give_region(session: Session, region: str, branch_id: int, *, person_id: int | None) -> int:
    """Let a branch look after a region: its new shops, and those on record; returns how many of these moved.

    Raises:
        NotAllowed: where the person may not keep branches.
        BranchRefused: for an unknown branch, or no region.
    """
    _require(session, person_id)
    _require_known(session, branch_id)
    if not region.strip():
        raise BranchRefused("region", region)
    session.execute(delete(regions).where(regions.c.region == region))
    session.execute(insert(regions).values(region=region, branch_id=branch_id))
    of_region = select(shops.c.id).where(shops.c.region == region)
    moved = session.execute(
        update(shop_branches)
        .where(shop_branches.c.shop_id.in_(of_region), shop_branches.c.branch_id != branch_id)
        .values(branch_id=branch_id)
        .returning(shop_branches.c.shop_id)
    ).all()
    told = {"region": region, "shops": len(moved)}
    audit.record(session, person_id, "give region", "branches", branch_id, told)
    return len(moved)


def move_shop(session: Session, shop_id: int, branch_id: int, *, person_id: int | None) -> None:
    """Let another branch look after a shop.

    Raises:
        NotAllowed: where the person may not keep branches.
        BranchRefused: for an unknown branch or shop.
    """
    _require(session, person_id)
    _require_known(session, branch_id)
    before = session.execute(select(shop_branches.c.branch_id).where(shop_branches.c.shop_id == shop_id)).scalar()
    if before is None:
        raise BranchRefused("shop", str(shop_id))
    session.execute(update(shop_branches).where(shop_branches.c.shop_id == shop_id).values(branch_id=branch_id))
    audit.record(session, person_id, "move shop", "shops", shop_id, {"from": before, "to": branch_id})


def shop_of_ref(session: Session, shop_ref: str) -> int:
    """The number of a shop, for the command line.

    Raises:
        BranchRefused: where there is none.
    """
    number: int | None = session.execute(select(shops.c.id).where(shops.c.shop_ref == shop_ref)).scalar()
    if number is None:
        raise BranchRefused("shop", shop_ref)
    return number


def _require(session: Session, person_id: int | None) -> None:
    if person_id is not None:
        people.require(session, person_id, RIGHT)


def _require_known(session: Session, branch_id: int) -> None:
    if branch_id not in {branch.id for branch in all_branches(session)}:
        raise BranchRefused("unknown", str(branch_id))


def _usable(session: Session, name: str) -> str:
    words = " ".join(name.split())
    if not words:
        raise BranchRefused("name_missing")
    if len(words) > LONGEST_NAME:
        raise BranchRefused("name_long", str(LONGEST_NAME))
    if words in {branch.name for branch in all_branches(session)}:
        raise BranchRefused("name_taken", words)
    return words
