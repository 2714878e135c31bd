"""Collections as each role sees it: who is late, what can be noted, and how often a borrower may be contacted."""

from datetime import timedelta

import pytest

from components import collection_drawer, collections_panel
from db.tables import LoanAct
from lending import loan_life
from lending.collecting import Summary
from settings import settings
from tests.loan_desk import WHY, LoanDesk, later
from tests.screens import button_of, everything, labels, press, shown, texts

TODAY = later(40)


@pytest.fixture
def screens(empty_screens):
    """The loan of a small desk, ten days late."""
    empty_screens.desk = LoanDesk(empty_screens.engine)
    empty_screens.desk.disburse()
    empty_screens.monkeypatch.setenv("LOAM_BUSINESS_DATE", TODAY.isoformat())
    settings.cache_clear()
    return empty_screens


def opened(screens, by="second", **address):
    return screens.open("collections", by=by, chosen=str(screens.desk.loan_id), **address)


def acts(screens, kind):
    return [row for row in screens._rows(LoanAct) if row.kind == kind]


def field(screen, kind, end):
    (found,) = (each for each in screen.get(kind) if str(each.key).endswith(end))
    return found


def test_an_officer_sees_the_late_loan_and_its_finding(screens):
    screen = screens.open("collections", by="officer")
    assert "¥2.57k is overdue on 1 loan" in texts(screen).replace("\\", "")
    table = screen.dataframe[0].value
    assert table[["late", "shop", "overdue", "next", "sales"]].iloc[0].tolist() == [
        "10 days", "Grey Tile Teas", "¥2,566", "21 d to 31–60", "−100%",
    ]  # fmt: skip
    assert "Record the contact" not in labels(screen)


def test_a_contact_is_noted_once_and_counted(screens):
    screen = opened(screens)
    assert "0 of 7 contacts in 7 days" in texts(screen)
    field(screen, "text_area", "_note").set_value("Pays on *Friday*")
    screen = press(screen, "Record the contact")
    assert "The contact is recorded" in texts(screen)
    assert "1 of 7 contacts in 7 days" in texts(screen)
    assert r"Pays on \*Friday\*" in texts(screen)
    (act,) = acts(screens, "contact")
    assert (act.reason, act.body, act.booked_on) == ("Pays on *Friday*", '{"channel":"phone"}', TODAY)
    assert field(shown(screen), "text_area", "_note").value in ("", None)
    assert len(acts(screens, "contact")) == 1


def test_two_presses_of_one_drawn_button_record_once(screens):
    screen = opened(screens)
    button = button_of(screen, "Record the contact")
    key = str(button.key).removesuffix("_record")
    screen = press(screen, "Record the contact")
    assert len(acts(screens, "contact")) == 1
    assert key in screen.session_state[collection_drawer.USED]
    assert not str(button_of(screen, "Record the contact").key).startswith(key)


def test_the_eighth_contact_in_seven_days_is_not_offered(screens):
    for back in range(7):
        screens.desk.act("contact", today=TODAY - timedelta(days=back), channel="letter")
    screen = opened(screens)
    assert "7 of 7 contacts in 7 days, which is the most" in texts(screen)
    assert button_of(screen, "Record the contact").disabled


def test_a_promise_is_suggested_named_on_the_button_and_recorded(screens):
    screen = opened(screens)
    field(screen, "button_group", f"form_{screens.desk.loan_id}").set_value("promise")
    screen = shown(screen)
    (label,) = (each for each in labels(screen) if each.startswith("Record the promise"))
    assert label.replace("\\", "") == "Record the promise of ¥2,566.03 by 15 Dec"
    screen = press(screen, label)
    (act,) = acts(screens, "promise")
    assert (act.amount_minor, act.day) == (256_603, TODAY + timedelta(days=3))
    assert "The promise is recorded" in texts(screen)
    assert "◔ open: ¥2,566, 15 Dec" in everything(screens.open("collections", by="officer"))


def test_a_dispute_needs_a_reason_and_is_closed_again(screens):
    screen = opened(screens, by="manager")
    field(screen, "button_group", f"form_{screens.desk.loan_id}").set_value("case")
    screen = press(shown(screen), "Open a dispute")
    assert "Say why, for the next reader" in texts(screen)
    field(screen, "text_input", "_note").set_value(WHY)
    screen = press(shown(screen), "Open a dispute")
    assert "The dispute is recorded" in texts(screen)
    assert "Open: dispute" in texts(screen)
    assert "Close the case" in labels(screen)
    assert "Open a dispute" not in labels(screen)
    screen = press(screen, "Close the case")
    assert "Open: dispute" not in texts(screen)
    assert [act.kind for act in screens._rows(LoanAct)][-2:] == ["dispute", "close_case"]


def test_an_auditor_reads_and_notes_nothing(screens):
    screens.desk.act("contact", today=TODAY, channel="visit", reason="<b>Nobody</b> there")
    screen = opened(screens, by="auditor")
    assert r"\<b\>Nobody\<\/b\> there" in texts(screen)
    assert not [label for label in labels(screen) if label.startswith(("Record", "Open a"))]


def test_what_waits_is_said_and_who_approved_asks_for_nothing(screens):
    screens.desk.act("write_off", today=TODAY, reason=WHY)
    screen = opened(screens, by="officer")
    assert "Sandy Second asked for a step that waits for a second person: write-off" in texts(screen).replace("\\", "")
    assert "You took part in approving this loan" in texts(screen)
    assert "Write-off" in everything(screen)


def test_filters_that_fit_nothing_say_so(screens):
    screen = screens.open("collections", by="officer", promise="broken", chosen="1")
    assert "None of the 1 loan fits these filters" in texts(screen)
    screen = press(screen, "Clear filters")
    assert len(screen.dataframe[0].value) == 1
    assert len(screens.open("collections", by="officer", bucket="x", flag="y", order="-", chosen="99").dataframe) == 1


def test_a_desk_without_loans_says_where_they_come_from(empty_screens):
    screen = empty_screens.open("collections")
    assert "No loan is overdue, and none falls due within 7 days" in texts(screen)
    assert "Import files" in texts(screen)


def test_the_headline():
    def told(*figures):
        return collections_panel.title(Summary(*figures, 0, (0,) * 5), "CNY").replace("\\", "")

    assert told(3, 1, 100_000, 0) == "¥1k is overdue on 1 loan; 2 loans fall due within 7 days"
    assert told(1, 1, 100_000, 1) == "¥1k is overdue on 1 loan; 1 promise was broken"
    assert told(1, 0, 0, 0) == "No loan is overdue; 1 loan falls due within 7 days"


def test_the_words_fit_the_rules():
    assert set(collection_drawer.CHANNELS) == set(loan_life.CHANNELS)
    assert set(collection_drawer.NOTES) == set(collection_drawer.DONE) == set(loan_life.NOTES)
    assert set(collections_panel.WAITING) == {*loan_life.SECOND_PERSON, "pay", "recover"}
