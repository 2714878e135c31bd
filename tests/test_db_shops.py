"""The search for shops on both databases: what it finds, in what order, and what it does not give away."""

import pytest

from db import shops
from db.engine import open_session
from db.shops import ShopsView
from tests.desk import NOW, Desk, add_application, add_batch, add_score, add_shop


@pytest.fixture
def desk(engine):
    """Grey Tile Teas (B, 640), Zebra Shoes (A, 660), amber Honey (D, 590) and Mute Shoes (A, 700; no consent)."""
    desk = Desk(engine)
    desk.shops = {desk.shop_id: "Grey Tile Teas"}
    with open_session(engine, write=True) as session:
        batch_id = add_batch(session)
        for ref, name, category, grade, points, consented in (
            ("Z-1", "Zebra Shoes", "shoes", "A", 660, True),
            ("H-1", "amber Honey", "honey", "D", 590, True),
            ("M-1", "Mute Shoes", "shoes", "A", 700, False),
        ):
            shop_id = add_shop(session, ref, name=name, category=category, region="Fujian", days=1, batch_id=batch_id)
            add_application(session, shop_id, f"A-{ref}", consented=consented, batch_id=batch_id)
            add_score(session, shop_id, grade=grade, points=points)
            desk.shops[shop_id] = name
    return desk


def names(desk, **view):
    with open_session(desk.engine) as session:
        return [desk.shops[number] for number in shops.line(session, ShopsView(**view), now=NOW)]


def test_shops_stand_by_name_whatever_their_capitals(desk):
    assert names(desk) == ["amber Honey", "Grey Tile Teas", "Mute Shoes", "Zebra Shoes"]


@pytest.mark.parametrize(
    ("words", "found"), [("SHOES", 2), ("z-1", 1), ("honey\nh", 0), ("%", 0), (" tile ", 1), ("瓦", 0)]
)
def test_words_are_sought_in_name_and_number(desk, words, found):
    assert len(names(desk, search=words)) == found


def test_filters_read_only_what_the_shop_consented_to(desk):
    assert names(desk, category="shoes") == ["Zebra Shoes"]
    assert names(desk, region="Fujian") == ["amber Honey", "Zebra Shoes"]
    assert names(desk, grades=("A",)) == ["Zebra Shoes"]
    assert names(desk, consent="missing") == ["Mute Shoes"]
    assert names(desk, consent="given", grades=("A", "B")) == ["Grey Tile Teas", "Zebra Shoes"]


def test_the_order_by_points_tells_nothing_of_a_shop_without_consent(desk):
    assert names(desk, order="points") == ["Zebra Shoes", "Grey Tile Teas", "amber Honey", "Mute Shoes"]


def test_a_newer_score_counts_at_once(desk):
    with open_session(desk.engine, write=True) as session:
        add_score(session, desk.shop_id, grade="E", points=500)
    assert names(desk, order="points")[2] == "Grey Tile Teas"
    assert names(desk, grades=("E",)) == ["Grey Tile Teas"]


def test_a_shop_of_a_new_import_is_found_at_once(desk):
    assert len(names(desk)) == 4
    with open_session(desk.engine, write=True) as session:
        new = add_shop(session, "N-1", name="New here", days=1, batch_id=add_batch(session))
    desk.shops[new] = "New here"
    assert "New here" in names(desk)


def test_amounts_of_other_currencies_stand_apart(desk):
    with open_session(desk.engine, write=True) as session:
        for number, (month, currency) in enumerate(((900, "JPY"), (100, "CNY"), (200, "CNY"))):
            batch_id = add_batch(session)
            shop_id = add_shop(session, f"C-{number}", name=f"{currency} {month}", days=1, batch_id=batch_id)
            session.execute(shops.shops.update().where(shops.shops.c.id == shop_id).values(currency=currency))
            add_application(session, shop_id, f"C-{number}", batch_id=batch_id)
            add_score(session, shop_id, features=f'{{"median_month_minor":{month}}}')
            desk.shops[shop_id] = f"{currency} {month}"
    assert names(desk, order="sales", search="c-") == ["CNY 200", "CNY 100", "JPY 900"]


def test_rows_come_in_the_order_asked_for_and_closed_without_consent(desk):
    with open_session(desk.engine) as session:
        numbers = shops.line(session, ShopsView(order="points"), now=NOW)
        found = shops.rows(session, numbers, now=NOW)
    assert found["shop_name"].tolist() == ["Zebra Shoes", "Grey Tile Teas", "amber Honey", "Mute Shoes"]
    assert found["points"].tolist() == [660, 640, 590, None]
    assert found.iloc[3][["category", "region", "grade", "currency", "month_minor"]].tolist() == [None] * 5


def test_choices_come_from_shops_that_consented(desk):
    with open_session(desk.engine) as session:
        assert shops.choices(session, now=NOW) == shops.Choices(("honey", "shoes"), ("Fujian",), ())


def test_no_shops_at_all_are_an_empty_line(engine):
    with open_session(engine) as session:
        assert shops.line(session, ShopsView(order="sales", search="x", grades=("A",)), now=NOW) == []
        assert shops.rows(session, [], now=NOW).empty
