"""Review as an officer works it: the next step in sight in every state, few clicks, keys, and drafts that stay."""

import re

import pytest
from playwright.sync_api import expect
from sqlalchemy import delete

from db.engine import connect, open_session
from db.tables import Draft, table_of
from tests.browser.files import decisions_on, take_one, waiting
from tests.browser.visitor import choose_row, press, settle

pytestmark = pytest.mark.browser

FOLD_PX = 800
LONG_NOTE = "The owner says that the second shop will close in spring, and that its stock moves here. " * 3


@pytest.fixture(autouse=True)
def no_drafts(demo_url):
    """What a test leaves in a form is not there for the next one that opens the file."""
    yield
    with open_session(connect(demo_url), write=True) as session:
        session.execute(delete(table_of(Draft)))


def open_file(visit, demo, file, handle="officer"):
    return visit(demo, handle, f"/review?application={file.id}").page


def answer_with(page, outcome):
    page.get_by_role("radio", name=outcome, exact=True).click()
    expect(page.get_by_role("radio", name=outcome, exact=True)).to_be_checked()
    settle(page)


def choose_reasons(page, most=4):
    """Fill the reasons up to the most that are told."""
    field = page.locator('[data-testid="stMultiSelect"]')
    while field.locator("[data-tag-index], [data-baseweb=tag], [role=row]").count() < most:
        before = field.inner_text()
        field.get_by_role("combobox").click()
        page.get_by_role("option").last.click()
        page.keyboard.press("Escape")
        settle(page)
        if field.inner_text() == before:
            break


def write_note(page, words):
    page.get_by_label("Note").fill(words)
    page.get_by_label("Note").press("Tab")
    settle(page)


def form_button(page):
    return page.locator('[class*="st-key-record_"] button')


def bottom(locator):
    box = locator.bounding_box()
    return box["y"] + box["height"]


def expect_above_fold(page, state):
    expect(form_button(page)).to_be_visible()
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollTop") == 0
    assert bottom(form_button(page)) <= FOLD_PX, state


def test_the_next_step_stands_above_the_fold_whatever_is_answered(demo, demo_url, visit):
    page = open_file(visit, demo, take_one(demo_url, recommended="approve_less"))
    assert bottom(page.get_by_role("button", name="Take it")) < 120
    expect_above_fold(page, "nobody's")
    press(page, "Take it")
    expect(page.get_by_text("Yours")).to_be_visible()
    for outcome in ("Approve", "Less", "Decline", "Refer"):
        answer_with(page, outcome)
        if outcome in ("Less", "Decline"):
            choose_reasons(page)
        expect_above_fold(page, outcome)
    answer_with(page, "Decline")
    write_note(page, LONG_NOTE)
    expect_above_fold(page, "Decline with a long note")
    press(page, "Give it back")


@pytest.mark.soak
def test_so_it_does_in_a_second_round(demo, demo_url, visit):
    file = take_one(demo_url, recommended="approve_less")
    page = open_file(visit, demo, file)
    answer_with(page, "Decline")
    choose_reasons(page)
    write_note(page, LONG_NOTE)
    form_button(page).click()
    expect(page.get_by_text("Waits for somebody else")).to_be_visible()
    assert bottom(page.get_by_role("button", name="Next file")) <= FOLD_PX
    manager = open_file(visit, demo, file, "manager")
    expect(manager.get_by_text("Olive Officer proposes to decline")).to_be_visible()
    answer_with(manager, "Decline")
    choose_reasons(manager)
    write_note(manager, LONG_NOTE)
    expect_above_fold(manager, "second round")


@pytest.mark.soak
def test_from_queue_to_a_recorded_decision_in_five_clicks(demo, demo_url, visit):
    file = take_one(demo_url, recommended="approve_less")
    officer = visit(demo, "officer", f"/queue?search={file.ref}")
    page = officer.page
    page.evaluate("window.clicks = 0; addEventListener('click', event => event.isTrusted && window.clicks++, true)")
    choose_row(page, 0)
    press(page, "Take it")
    page.wait_for_url("**/review*")
    settle(page)
    answer_with(page, "Less")
    form_button(page).click()
    press(page, "Record it")
    expect(page.get_by_role("heading", name="Recorded")).to_be_visible()
    assert page.evaluate("window.clicks") <= 6
    assert [row.final for row in decisions_on(demo_url, file.id)] == [1]


@pytest.mark.soak
def test_a_double_click_on_what_cannot_be_undone_only_asks(demo, demo_url, visit):
    file = take_one(demo_url, recommended="approve_less")
    page = open_file(visit, demo, file)
    form_button(page).dblclick()
    expect(page.get_by_text("this can't be undone")).to_be_visible()
    page.wait_for_timeout(600)
    settle(page)
    expect(page.get_by_role("button", name="Record it")).to_be_visible()
    assert decisions_on(demo_url, file.id) == []
    press(page, "Back")
    expect(form_button(page)).to_be_visible()


def test_what_was_entered_stands_there_after_a_refresh_and_in_another_tab(demo, demo_url, visit):
    file = take_one(demo_url, recommended="approve_less")
    officer = visit(demo, "officer", f"/review?application={file.id}")
    page = officer.page
    answer_with(page, "Decline")
    write_note(page, "Ask for the lease")
    expect(page.get_by_text("Draft kept.")).to_be_visible()
    page.reload()
    for tab in (page, officer.another_tab(f"/review?application={file.id}")):
        settle(tab)
        expect(tab.get_by_role("radio", name="Decline")).to_be_checked()
        expect(tab.get_by_label("Note")).to_have_value("Ask for the lease")
        expect(tab.get_by_text("Draft kept.")).to_be_visible()
    assert decisions_on(demo_url, file.id) == []


def test_a_refresh_while_the_question_stands_records_nothing(demo, demo_url, visit):
    file = take_one(demo_url, recommended="approve_less")
    page = open_file(visit, demo, file)
    form_button(page).click()
    expect(page.get_by_role("button", name="Record it")).to_be_visible()
    page.reload()
    settle(page)
    expect(form_button(page)).to_be_visible()
    assert decisions_on(demo_url, file.id) == []


@pytest.mark.soak
def test_a_file_is_taken_answered_and_followed_by_the_next_with_keys_alone(demo, demo_url, visit):
    file = take_one(demo_url, recommended="approve_less")
    page = open_file(visit, demo, file)
    page.keyboard.press("t")
    expect(page.get_by_text("Yours")).to_be_visible()
    for key, name in (("1", "Approve"), ("4", "Refer"), ("3", "Decline"), ("2", "Less")):
        settle(page)
        page.keyboard.press(key)
        expect(page.get_by_role("radio", name=name, exact=True)).to_be_checked()
    settle(page)
    page.get_by_label("Note").click()
    # In a field letters and digits are text.
    page.keyboard.type("t 1234 n y")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("this can't be undone")).to_be_visible()
    settle(page)
    page.keyboard.press("b")
    expect(page.get_by_label("Note")).to_have_value("t 1234 n y")
    settle(page)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("this can't be undone")).to_be_visible()
    settle(page)
    page.keyboard.press("y")
    expect(page.get_by_role("heading", name="Recorded")).to_be_visible()
    assert [row.note for row in decisions_on(demo_url, file.id)] == ["t 1234 n y"]
    settle(page)
    page.keyboard.press("n")
    expect(page.get_by_role("heading", name="Recorded")).to_have_count(0)
    assert f"application={file.id}" not in page.url


def test_terms_are_tried_while_the_charts_stay(demo, demo_url, visit):
    file = next(each for each in waiting(demo_url) if each.recommended == "approve" and each.amount_minor >= 300_000)
    page = open_file(visit, demo, file)
    charts = page.locator('[data-testid="stPlotlyChart"]')
    charts.first.evaluate("chart => { chart.dataset.seen = 'yes' }")
    cost = page.get_by_text("interest in all")
    before = cost.inner_text()
    page.get_by_label("Amount, ¥").fill(str(file.amount_minor // 200))
    page.get_by_label("Amount, ¥").press("Enter")
    expect(page.get_by_role("radio", name="Less")).to_be_checked()
    expect(cost).not_to_have_text(before)
    assert charts.first.get_attribute("data-seen") == "yes"


@pytest.mark.soak
def test_the_drawer_of_the_offer_follows_the_terms_and_leaves_them_as_they_are(demo, demo_url, visit):
    file = next(each for each in waiting(demo_url) if each.recommended == "approve" and each.amount_minor >= 300_000)
    page = open_file(visit, demo, file)
    page.get_by_label("Amount, ¥").fill(str(file.amount_minor // 200))
    page.get_by_label("Amount, ¥").press("Enter")
    expect(page.get_by_role("radio", name="Less")).to_be_checked()
    settle(page)
    instalment = re.search(r"(¥[\d,.]+) a month", page.get_by_text("interest in all").inner_text())[1]
    press(page, "Stress")
    drawer = page.get_by_role("dialog", name="Stress and price")
    expect(drawer.get_by_text(re.compile(f"(fall|carry).*{re.escape(instalment)}"))).to_be_visible()
    expect(drawer.get_by_text("such borrowers walk away, assumed")).to_be_visible()
    expect(drawer.locator('[data-testid="stPlotlyChart"]')).to_have_count(3)
    page.keyboard.press("Escape")
    expect(drawer).to_have_count(0)
    expect(page.get_by_role("radio", name="Less")).to_be_checked()
    assert decisions_on(demo_url, file.id) == []


@pytest.mark.soak
def test_the_way_back_leads_to_the_queue_as_it_was(demo, demo_url, visit):
    file = take_one(demo_url, recommended="approve_less")
    page = visit(demo, "officer", f"/queue?search={file.ref}").page
    choose_row(page, 0)
    press(page, "Look at it")
    page.wait_for_url("**/review*")
    settle(page)
    page.get_by_role("link", name="Back to queue").click()
    page.wait_for_url("**/queue*")
    settle(page)
    expect(page.get_by_label("Shop or number")).to_have_value(file.ref)
