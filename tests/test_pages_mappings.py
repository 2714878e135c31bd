"""A file that no reader knows on the Imports page: its columns are said once, and known the next time."""

import pytest

from db import mappings
from db.engine import open_session
from tests.screens import button_of, everything, labels, press, shown, texts
from tests.test_ingest_mapping import STALL
from tests.test_pages_imports import upload

TABLE = STALL.replace(";Paid;", ";Gesamt;").replace(".2026", ".2020")
SAVE = "Save and check the whole file"


def said(screen):
    """What stands on the page, without what keeps Markdown and Streamlit from reading it."""
    return texts(screen).replace("\\", "").replace("\u2060", "")


def choice(screen, label):
    """The choice of this label."""
    (found,) = (each for each in screen.selectbox if each.label == label)
    return found


def saved(screens):
    with open_session(screens.engine) as session:
        return [row.name for row in mappings.every(session)]


@pytest.fixture
def unknown(screens):
    """The page with a file that nobody knows; the rest of it can be guessed, but for one word."""
    return upload(screens.open("imports"), stall=TABLE)


def say(screen, **choices):
    labels = {
        "order": "Order number", "sent_back": "sent back", "placed": "When it was ordered", "currency": "Currency",
    }  # fmt: skip
    for name, value in choices.items():
        choice(screen, labels[name]).set_value(value)
    return shown(screen)


def save_as(screen, name):
    (field,) = (each for each in screen.text_input if each.label == "A name for this kind of file")
    field.set_value(name)
    return press(shown(screen), SAVE)


def test_an_unknown_file_shows_what_it_suggests_and_what_is_still_to_say(screens, unknown):
    seen = said(unknown)
    assert "stall.csv is not recognised: say what its columns hold" in seen
    assert choice(unknown, "What the buyer paid").value == "Gesamt"
    assert "1.234,56, 80,00, 19,90" in seen
    assert (choice(unknown, "How amounts are written").value, choice(unknown, "How 31 March is written").value) == (
        "1.234,50", None,
    )  # fmt: skip
    assert "Still to say: the column for: order number, the column for: when it was ordered, the currency" in seen
    assert choice(unknown, "Currency").value is None, "nothing in an amount tells it"
    assert button_of(unknown, SAVE).disabled


def test_from_an_unknown_file_to_stored_records_and_known_the_next_time(screens, unknown):
    screen = say(unknown, order="No.", placed="Sold on", currency="CNY")
    assert choice(screen, "How 31 March is written").value is None, "1 and 2 March may be 3 January and 3 February"
    choice(screen, "How 31 March is written").set_value("DMY")
    screen = shown(screen)
    assert "sent back" in everything(screen), "a word that nobody knows is named in a bad row"
    screen = say(screen, sent_back="refunded")
    assert "Rows that can't be read so" not in said(screen)
    assert ["7001", "7002", "7003"] in [list(table.value.get("Number", [])) for table in screen.dataframe]
    assert saved(screens) == []
    screen = save_as(screen, "Market stall")
    assert saved(screens) == ["Market stall"]
    assert screens.events("import") == []
    assert "stall.csv: Orders, by the columns saved as Market stall" in said(screen)
    assert "Likely" in said(screen)
    choice(screen, "Whose it is").set_value("S1")
    screen = press(shown(screen), "Import")
    assert "Imported as batch 2" in said(screen)
    screen = upload(screens.open("imports"), again=TABLE)
    assert "again.csv: Orders, by the columns saved as Market stall" in said(screen)


def test_days_that_allow_two_readings_are_asked_for_and_never_guessed(screens):
    text = "Order no,Date,Total\n1,03/04/2026,1.234\n2,05/06/2026,2.345\n"
    screen = upload(screens.open("imports"), both=text)
    assert (choice(screen, "How 31 March is written").value, choice(screen, "How amounts are written").value) == (
        None,
        None,
    )
    assert "Still to say: the currency, how amounts are written, how days are written" in said(screen)


def test_saved_columns_are_changed_only_where_that_is_confirmed_and_can_be_forgotten(screens, unknown):
    screen = say(unknown, order="No.", placed="Sold on", currency="CNY", sent_back="refunded")
    choice(screen, "How 31 March is written").set_value("DMY")
    screen = save_as(shown(screen), "Stall")
    screen.toggle[0].set_value(True)
    screen = shown(screen)
    choice(screen, "How 31 March is written").set_value("MDY")
    screen = shown(screen)
    assert button_of(screen, SAVE).disabled
    (tick,) = (each for each in screen.checkbox if each.label == "Replace what is saved under this name")
    tick.set_value(True)
    screen = press(shown(screen), SAVE)
    assert [event.kind for event in screens.events("save mapping")] == ["save mapping"] * 2
    choice(screen, "Saved as").set_value("Stall")
    screen = press(shown(screen), "Forget these columns")
    assert saved(screens) == []
    assert "say what its columns hold" in said(screen)


ODD = (
    "a,a\n1,2\n",
    ",".join(f"c{n}" for n in range(40)) + "\n" + ",".join("1" * 40) + "\n",
    "<b>x</b>,![](http://e.org/x.png)\n1,2\n",
    "Order no,Date,Total\n",
    "Order no,Date,Total\n1\n",
    "Order no,Date,Total,Status\n" + "".join(f"{n},2026-03-01,1.00,s{n}\n" for n in range(60)),
)


@pytest.mark.parametrize("text", ODD)
def test_an_odd_file_gives_a_form_and_stores_nothing(screens, text):
    screen = upload(screens.open("imports"), odd=text)
    assert "Import" not in labels(screen)
    assert screens.events("import", "save mapping") == []


def test_whoever_lost_the_right_meanwhile_saves_nothing(screens, unknown):
    screen = say(unknown, order="No.", placed="Sold on", currency="CNY", sent_back="refunded")
    choice(screen, "How 31 March is written").set_value("DMY")
    (field,) = (each for each in screen.text_input if each.label == "A name for this kind of file")
    field.set_value("Stall")
    screen = shown(screen)
    screens.sit_down("auditor")
    button_of(screen, SAVE).click()
    shown(screen)
    assert saved(screens) == []


def test_fees_below_zero_are_asked_about(screens):
    screen = upload(screens.open("imports"), fees="Order no,Date,Total,Fees\n1,2020-03-01,10.00,-0.50\n")
    assert choice(screen, "Fees below zero").value is None
    choice(screen, "What every row is").set_value("completed")
    screen = say(shown(screen), currency="CNY")
    assert "a fee below zero" in everything(screen)
    choice(screen, "Fees below zero").set_value("kept")
    assert "Rows that can't be read so" not in said(shown(screen))
