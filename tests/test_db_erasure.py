"""Erasing somebody leaves no trace of their name, and the chain whole."""

import pytest
from sqlalchemy import insert, select, text, update
from sqlmodel import SQLModel

from db import chain_key, erasure, tables
from db.engine import open_session
from db.tables import HISTORY, table_of
from db.verification import verify
from tests.desk import Desk, add_batch, add_shop

people, shops = table_of(tables.Person), table_of(tables.Shop)
NAME, OWNER, CITY = "Wholly Made-Up Wares", "OWNER-7", "Nowhere Springs"


@pytest.fixture
def desk(engine, tmp_path, monkeypatch):
    monkeypatch.setattr(chain_key, "FOLDER", tmp_path)
    desk = Desk(engine)
    with open_session(engine, write=True) as session:
        batch = add_batch(session)
        desk.gone = add_shop(session, "GONE", name=NAME, owner_ref=OWNER, city=CITY, days=2, batch_id=batch)
    with open_session(engine, write=True) as session:
        batch = add_batch(session)
        before = session.execute(select(shops).where(shops.c.id == desk.gone)).mappings().one()
        session.execute(insert(HISTORY["shops"]).values(**before, replaced_batch_id=batch))
        session.execute(update(shops).where(shops.c.id == desk.gone).values(city="Elsewhere Vale", batch_id=batch))
        session.execute(
            update(people).where(people.c.handle == "second").values(email="sandy@example.org", password_hash="$argon2")
        )
    assert verify(engine).broken is None
    return desk


def everything(engine):
    with engine.connect() as connection:
        return "\n".join(
            str(row) for name in SQLModel.metadata.tables for row in connection.exec_driver_sql(f"SELECT * FROM {name}")
        )


def disable(desk, handle):
    with open_session(desk.engine, write=True) as session:
        session.execute(update(people).where(people.c.handle == handle).values(enabled=0))


def test_of_an_erased_person_nothing_is_left_and_the_record_is_whole(desk):
    disable(desk, "second")
    with open_session(desk.engine, write=True) as session:
        number = erasure.erase_person(session, "second", by=desk.id_of("manager"))
    left = everything(desk.engine)
    assert "Sandy" not in left
    assert "sandy@example.org" not in left
    assert f"Erased person {number}" in left
    assert verify(desk.engine).broken is None


def test_of_an_erased_shop_nothing_is_left_in_its_history_either_and_the_record_is_whole(desk):
    with open_session(desk.engine, write=True) as session:
        erasure.erase_shop(session, "GONE", by=None)
    left = everything(desk.engine)
    for word in (NAME, OWNER, CITY, "Elsewhere Vale"):
        assert word not in left
    assert verify(desk.engine).broken is None


def test_whoever_may_still_sign_in_is_not_erased(desk):
    with pytest.raises(erasure.NotErased, match="disable"), open_session(desk.engine, write=True) as session:
        erasure.erase_person(session, "second", by=None)


@pytest.mark.parametrize(("erase", "name"), [(erasure.erase_person, "nobody"), (erasure.erase_shop, "NONE")])
def test_nobody_and_nothing_unknown_is_erased(desk, erase, name):
    with pytest.raises(erasure.NotErased, match="There is no"), open_session(desk.engine, write=True) as session:
        erase(session, name, by=None)


def test_nobody_is_erased_twice(desk):
    disable(desk, "second")
    with open_session(desk.engine, write=True) as session:
        number = erasure.erase_person(session, "second", by=None)
        erasure.erase_shop(session, "GONE", by=None)
    with pytest.raises(erasure.NotErased, match="already"), open_session(desk.engine, write=True) as session:
        erasure.erase_person(session, f"erased-{number}", by=None)
    with pytest.raises(erasure.NotErased, match="already"), open_session(desk.engine, write=True) as session:
        erasure.erase_shop(session, "GONE", by=None)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE shops SET name = 'Erased shop 2', owner_ref = NULL, city = NULL WHERE shop_ref = 'GONE'",
        "UPDATE personal_salts SET salt = NULL WHERE subject = 'shops'",
        "UPDATE shops_history SET name = 'Other'",
        "DELETE FROM personal_salts WHERE subject = 'people'",
    ],
)
def test_an_erasure_that_nobody_recorded_is_found(desk, change):
    with open_session(desk.engine, write=True) as session:
        session.execute(text(change))
    assert verify(desk.engine).broken is not None


def test_a_name_given_to_an_erased_shop_is_found(desk):
    with open_session(desk.engine, write=True) as session:
        erasure.erase_shop(session, "GONE", by=None)
    with open_session(desk.engine, write=True) as session:
        session.execute(update(shops).where(shops.c.shop_ref == "GONE").values(name="Back Again"))
    assert verify(desk.engine).broken.table == "shops"
