"""Exports of whole lists: every row, no figure without consent, noted in the register, for those who may look."""

import dataclasses
import io
import json
from datetime import timedelta

import openpyxl
import pytest

from components.wording import cell
from db import queue, shops
from db.engine import open_session
from desk import exports
from lending.errors import NotAllowed
from tests.desk import AS_OF, NOW, Desk, add_application, add_batch, add_score, add_shop
from tests.screens import Screens


@pytest.fixture
def desk(engine, monkeypatch):
    """A desk with one waiting application, twenty more, and one without consent."""
    desk = Desk(engine)
    with open_session(engine, write=True) as session:
        batch_id = add_batch(session)
        for number in range(20):
            shop_id = add_shop(session, f"S-{number}", name=f"=Shop {number:02}", days=1, batch_id=batch_id)
            add_application(session, shop_id, f"A-{number}", batch_id=batch_id)
        silent = add_shop(session, "S-silent", name="Silent", days=1, category="shoes", batch_id=batch_id)
        add_application(session, silent, "A-silent", consented=False, amount_minor=77_700, batch_id=batch_id)
        add_score(session, silent, grade="A", points=777)
    desk.screens = Screens(engine, monkeypatch, desk)
    return desk


def asked(desk, file_format="xlsx", who="officer"):
    return exports.Export(file_format, desk.id_of(who), AS_OF, NOW, (("Holder", "All"),), NOW, True, cell)


def rows(file):
    sheet = openpyxl.load_workbook(io.BytesIO(file.read())).worksheets[0]
    titles, *lines = sheet.iter_rows(values_only=True)
    return [dict(zip(titles, line, strict=True)) for line in lines]


def export_queue(desk, view=None, **named):
    policy_days = timedelta(days=3)
    return exports.export_queue(
        desk.engine,
        asked(desk, **named),
        view or queue.QueueView(size=5),
        promised=policy_days,
        waits_for=lambda _row: "x",
    )


def test_the_whole_queue_is_in_the_file_whatever_a_page_shows(desk):
    found = rows(export_queue(desk))
    assert len(found) == 22
    first = next(row for row in found if row["Shop"] == "Grey Tile Teas")
    # ¥15,000 that waits for a day.
    assert (first["Amount"], first["Currency"], first["Days waiting"], first["Amount × days"]) == (
        15000,
        "CNY",
        1,
        15000,
    )
    assert first["Generated data"] == "generated"


def test_an_export_of_the_queue_has_its_filters(desk):
    assert [row["Shop"] for row in rows(export_queue(desk, queue.QueueView(search="Shop 07")))] == ["=Shop 07"]


def test_without_consent_a_line_has_a_name_and_a_state_alone(desk):
    (line,) = (row for row in rows(export_queue(desk)) if row["Shop"] == "Silent")
    kept = {name for name, value in line.items() if value is not None}
    assert kept == {"Number", "Shop", "Waits for", "Submitted", "Due", "Days waiting", "Generated data"}
    file = exports.export_shops(desk.engine, asked(desk), shops.ShopsView(search="Silent"))
    (line,) = rows(file)
    assert {name for name, value in line.items() if value is not None} == {
        "Number",
        "Shop",
        "Consent",
        "Generated data",
    }


def test_an_export_of_shops_is_whole_and_in_its_order(desk):
    found = rows(exports.export_shops(desk.engine, asked(desk), shops.ShopsView(order="points")))
    assert len(found) == 22
    assert found[0]["Shop"] == "Grey Tile Teas"
    assert found[0]["Points"] == 640


def test_the_register_tells_who_took_what_along(desk):
    export_queue(desk)
    (event,) = desk.screens.events("export")
    assert event.person_id == desk.id_of("officer")
    assert event.body == '{"filters":{"Holder":"All"},"format":"xlsx","list":"queue","rows":22}'


def test_the_register_keeps_nothing_of_what_was_searched_for(desk):
    searched = dataclasses.replace(asked(desk), filters=(("Search", "Grey Tile"), ("Order", "Name")))
    exports.export_shops(desk.engine, searched, shops.ShopsView(search="Grey Tile"))
    (event,) = desk.screens.events("export")
    assert json.loads(event.body)["filters"] == {"Search": "not kept", "Order": "Name"}


def test_nothing_is_made_for_those_who_may_not_open_the_page(desk):
    with pytest.raises(NotAllowed):
        export_queue(desk, who="administrator")
    assert desk.screens.events("export") == []
