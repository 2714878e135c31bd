"""Loans: from an approved application to a repaid loan, by whom may, in the page itself."""

import pytest

from components.wording import plain
from db import loan_acts
from db.engine import open_session
from db.loan_standing import known_loan
from lending.loan_life import CHECKS
from settings import settings
from tests.desk import AS_OF
from tests.loan_desk import WHY, LoanDesk, later
from tests.screens import everything, press, shown, texts


@pytest.fixture
def desk(empty_screens):
    """An application that Olive approved."""
    empty_screens.desk = LoanDesk(empty_screens.engine)
    return empty_screens


def state(screens):
    with open_session(screens.engine) as session:
        return known_loan(session, screens.desk.loan_id, today=AS_OF).standing


def test_an_approved_application_is_looked_at_and_paid_out_by_somebody_else(desk):
    screen = desk.open("loans", by="second")
    assert "1 approved loan waits to be paid out" in texts(screen)
    assert "Still missing: the borrower's acceptance, identity, sanctions, consent" in texts(screen)
    press(screen, "Offer accepted")
    for label in ("Identity checked", "Sanctions checked", "Consent checked", "Total cost acknowledged"):
        press(screen, label)
        # It keeps its place, so that no other button comes under a finger that presses twice.
        assert next(button for button in screen.button if button.label == label).disabled
    assert "Everything is looked at" in texts(screen)
    press(screen, plain("Pay out ¥15,000"))
    press(screen, "Yes, it is paid out")
    assert "Paid out: recorded" in everything(screen)
    assert "Every approved application has become a loan" in texts(screen)


def test_who_approved_it_reads_why_he_pays_nothing_out(desk):
    desk.desk.make_ready()
    screen = desk.open("loans", by="officer")
    assert "somebody else books on it" in texts(screen)
    assert not [button for button in screen.button if button.label.startswith("Pay out")]


def test_an_auditor_reads_it_all_and_has_no_button(desk):
    desk.desk.disburse()
    screen = desk.open("loans", by="auditor", loan="L-A1")
    assert plain("¥15,000 paid out today") in everything(screen)
    assert not [button for button in screen.button if button.label.startswith(("Book", "Ask"))]


def test_a_payment_is_booked_with_two_presses_and_once(desk):
    desk.desk.disburse()
    screen = desk.open("loans", by="second", loan="L-A1")
    assert list(screen.dataframe[0].value["Instalment"])[:1] == ["¥2,566.03"]
    press(screen, plain("Book the payment of ¥2,566.03"))
    press(screen, "Record it")
    assert "Payment: recorded" in everything(screen)
    assert plain("¥2,566.03") in everything(screen)
    assert len(known(desk).acts) == 2 + len(CHECKS) + 1


def known(screens):
    with open_session(screens.engine) as session:
        return known_loan(session, screens.desk.loan_id, today=AS_OF)


def test_a_write_off_is_asked_for_and_a_manager_agrees(desk):
    desk.desk.disburse()
    screen = desk.open("loans", by="second", loan="L-A1")
    screen.selectbox[0].set_value("write_off")
    shown(screen)
    assert "at least ten letters" in texts(screen)
    screen.text_input[0].set_value(WHY)
    shown(screen)
    press(screen, "Ask for a write-off: a manager must agree")
    press(screen, "Record it")
    assert "it waits for a second person" in everything(screen)
    mine = desk.open("loans", by="second", view="second")
    assert "You asked for this yourself" in texts(mine)
    theirs = desk.open("loans", by="manager", view="second")
    assert plain("Takes ¥15,000 out of the balance as a loss") in texts(theirs)
    press(theirs, "Agree to the write-off")
    assert known(desk).standing.state == "active"
    press(theirs, "Yes, agree")
    assert known(desk).standing.state == "written_off"


def test_a_loan_is_found_by_its_shop_and_unknown_ones_are_said_to_be(desk):
    desk.desk.disburse()
    screen = desk.open("loans", view="find")
    assert screen.dataframe[0].value["number"].tolist() == ["L-A1"]
    assert "No loan has this number" in texts(desk.open("loans", loan="none"))


def test_a_loan_of_long_ago_shows_its_lateness_and_its_old_schedule(desk, monkeypatch):
    desk.desk.disburse()
    waiting = desk.desk.act("restructure", today=later(65), reason=WHY, term_months=12, annual_rate_ppm=60_000)

    loan_acts.answer(
        desk.engine, waiting.act_id, agrees=True, note="", person_id=desk.desk.id_of("manager"), today=later(65)
    )
    monkeypatch.setenv("LOAM_BUSINESS_DATE", later(110).isoformat())
    settings.cache_clear()
    screen = desk.open("loans", by="manager", loan="L-A1")
    assert "days past due" in texts(screen)
    assert len(screen.expander) == 1
    assert len(screen.dataframe[0].value) == 12


def test_no_loan_is_shown_to_an_administrator(desk):
    desk.desk.disburse()
    assert "L-A1" not in everything(desk.open("loans", by="administrator", loan="L-A1"))


def on_day(screens, days):
    screens.monkeypatch.setenv("LOAM_BUSINESS_DATE", later(days).isoformat())
    settings.cache_clear()


def test_who_can_not_agree_reads_why_and_may_still_refuse(desk):
    desk.desk.disburse()
    desk.desk.act("write_off", today=later(5), reason=WHY)
    on_day(desk, 5)
    asked = desk.open("loans", by="officer", loan="L-A1")
    assert "You took part in approving this loan" in texts(asked)
    assert not [button for button in asked.button if button.label.startswith("Agree")]
    press(press(asked, "Refuse it"), "Yes, refuse")
    assert known(desk).standing.state == "active"


def test_a_payment_of_today_counts_from_tomorrow_in_every_figure(desk):
    desk.desk.disburse()
    desk.desk.act("pay", today=later(35), amount_minor=100_000)
    on_day(desk, 35)
    told = texts(desk.open("loans", by="second", loan="L-A1"))
    assert f"Booked today: {plain('¥1,000')}. It counts from tomorrow on." in told
    assert "5 days past due" in told
    on_day(desk, 36)
    screen = desk.open("loans", by="second", loan="L-A1")
    # What is still open of the first instalment of 2,566.03.
    assert screen.dataframe[0].value["Still open"].iloc[0] == "¥1,566.03"


def test_another_page_can_lead_to_a_form_and_a_new_schedule_is_shown_line_by_line(desk):
    desk.desk.disburse()
    on_day(desk, 65)
    screen = desk.open("loans", by="second", loan="L-A1", step="restructure")
    assert screen.selectbox[0].value == "restructure"
    preview = next(each.value for each in screen.dataframe if list(each.value.columns)[:2] == ["Due", "Principal"])
    assert len(preview) == 12


def test_the_list_of_loans_is_narrowed_by_its_address_and_words_are_only_words(desk):
    desk.desk.disburse()
    on_day(desk, 40)
    found = desk.open("loans", view="find", late="1-30", search="l-a1")
    assert found.dataframe[0].value["late"].tolist() == ["◔ 10 days"]
    assert "None of the 1 loan on record fits" in texts(desk.open("loans", view="find", search="%"))
    assert not desk.open("loans", view="find", state="paid").dataframe


def test_who_approved_a_loan_may_note_a_dispute_but_books_nothing(desk):
    desk.desk.disburse()
    screen = desk.open("loans", by="officer", loan="L-A1")
    assert screen.selectbox[0].options == ["Dispute", "Hardship"]
