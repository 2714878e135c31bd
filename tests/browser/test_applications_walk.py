"""Portfolio leads down: from a bar, a row or the keyboard to the applications behind it, and on to Review."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.visitor import NARROW, choose_row, press, settle, table_rows

pytestmark = pytest.mark.browser

FUNNEL = '[data-testid="stPlotlyChart"][aria-label*="with consent"][aria-label*="approved in full"]'


@pytest.fixture
def page(demo, visit):
    page = visit(demo, "manager", "/applications").page
    expect(page.locator(FUNNEL)).to_be_visible()
    return page


def drawer(page):
    return page.get_by_role("dialog")


def choose_bar(page, place):
    page.locator(f"{FUNNEL} .bars .point path").nth(place).click(force=True)
    expect(drawer(page).get_by_role("heading", name="Applications")).to_be_visible()


def close(page):
    page.keyboard.press("Escape")
    expect(drawer(page)).to_have_count(0)


def test_it_is_where_a_manager_begins(demo, visit):
    page = visit(demo, "manager", "/").page
    page.wait_for_url("**/portfolio")


def test_a_bar_leads_to_its_applications_as_often_as_it_is_chosen(page):
    for _ in range(3):
        choose_bar(page, 7)
        expect(drawer(page).get_by_text("Choose one to open it in Review")).to_be_visible()
        states = {cells[2] for cells in table_rows(page, index=1)}
        assert states == {"Declined"}
        close(page)


def test_a_row_of_the_list_opens_review_and_the_way_back_leads_here(page):
    choose_bar(page, 4)
    number = table_rows(page, index=1)[0][0]
    choose_row(page, 0, index=1)
    page.wait_for_url("**/review?application=*")
    settle(page)
    assert number.startswith("A-")
    page.go_back()
    page.wait_for_url("**/applications*")
    expect(drawer(page)).to_have_count(0)


@pytest.mark.soak
def test_a_person_leads_to_what_that_person_settled(page):
    name = table_rows(page)[0][0]
    choose_row(page, 0)
    expect(drawer(page).get_by_role("combobox")).to_have_value(f"Settled by {name}")
    assert {cells[5] for cells in table_rows(page, index=1)} == {name}
    close(page)


def test_every_list_can_be_reached_by_keyboard(page):
    button = page.get_by_role("button", name="Applications")
    button.focus()
    page.keyboard.press("Enter")
    which = drawer(page).get_by_role("combobox")
    expect(which).to_be_visible()
    which.focus()
    page.keyboard.type("Declined")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(which).to_have_value(re.compile("^Declined"))
    settle(page)
    assert {cells[2] for cells in table_rows(page, index=1)} == {"Declined"}


@pytest.mark.soak
def test_the_period_stays_over_a_refresh(page):
    page.get_by_role("combobox").click()
    page.get_by_role("option", name="Last 90 days").click()
    page.wait_for_url("**period=90*")
    page.reload()
    settle(page)
    expect(page.get_by_role("combobox")).to_have_value("Last 90 days")


@pytest.mark.soak
def test_charts_stay_while_the_categories_give_way_to_regions(page):
    page.evaluate("selector => { document.querySelector(selector).dataset.mark = 'same' }", FUNNEL)
    page.get_by_text("Region", exact=True).click()
    settle(page)
    expect(page.locator(FUNNEL)).to_have_attribute("data-mark", "same")


def test_on_a_phone_nothing_runs_off_the_side(demo, visit):
    page = visit(demo, "auditor", "/applications", viewport=NARROW).page
    expect(page.locator(FUNNEL)).to_be_visible()
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= NARROW["width"]
    press(page, "Numbers")
    expect(drawer(page).locator('[data-testid="stDataFrame"]').first).to_be_visible()
