"""The desk's day on the demo, in a browser: queue, take, review, score, decide, confirm, and the register after it."""

import pytest
from playwright.sync_api import expect

from components.review_panel import LONGEST_NAME
from components.wording import shortened
from tests.browser.files import decisions_on, events_on, take_one
from tests.browser.visitor import choose_row, press, settle, table_rows

pytestmark = pytest.mark.browser

# Columns of the queue, and of the register.
SHOP, WAITS_FOR, NUMBER = 1, 6, 9
PERSON, KIND, SUBJECT = 1, 2, 3


def find_in_queue(visitor, file):
    """Narrow the queue to one file and choose it."""
    visitor.page.goto(f"{visitor.address}/queue?search={file.ref}")
    settle(visitor.page)
    choose_row(visitor.page, 0)


def record_button(page):
    return page.get_by_role("button", name="Approve ¥").or_(page.get_by_role("button", name="Offer ¥"))


@pytest.mark.soak
def test_an_officer_takes_scores_and_decides_and_a_manager_sees_the_event(demo, demo_url, visit):
    file = take_one(demo_url)
    officer = visit(demo, "officer", "/queue")
    page = officer.page
    find_in_queue(officer, file)
    press(page, "Take it")
    page.wait_for_url(f"**/review?application={file.id}")
    expect(page.get_by_role("heading", name=shortened(file.shop_name, LONGEST_NAME))).to_be_visible()
    expect(page.get_by_text("Yours")).to_be_visible()
    before = page.get_by_text("on the record before").inner_text()
    press(page, "Score again")
    expect(page.get_by_text(before)).to_have_count(0)
    settle(page)
    record_button(page).click()
    press(page, "Record it")
    expect(page.get_by_role("heading", name="Recorded")).to_be_visible()
    expect(page.get_by_text("Olive Officer approved")).to_be_visible()
    (row,) = decisions_on(demo_url, file.id)
    assert (row.outcome, row.amount_minor, row.final) == ("approve", file.amount_minor, 1)
    assert len(events_on(demo_url, file.id, "decide")) == 1

    page.get_by_role("link", name="Back to queue").click()
    # The queue is as it was left, narrowed to this file, which waits no more.
    page.wait_for_url("**/queue*")
    settle(page)
    expect(page.get_by_role("button", name="Clear filters").first).to_be_visible()
    expect(page.locator('[data-testid="stDataFrame"]')).to_have_count(0)

    manager = visit(demo, "manager", "/audit")
    newest = next(cells for cells in table_rows(manager.page) if cells[KIND] == "decide")
    assert newest[SUBJECT] == f"{file.ref}, {file.shop_name}"
    assert newest[PERSON] == "Olive Officer"


@pytest.mark.soak
def test_a_second_officer_confirms_what_the_first_proposed(demo, demo_url, visit):
    file = take_one(demo_url, recommended="approve_less", authority="second_officer")
    first = visit(demo, "officer", f"/review?application={file.id}")
    record_button(first.page).click()
    expect(first.page.get_by_text("Olive Officer proposes a smaller amount")).to_be_visible()

    second = visit(demo, "second", "/queue")
    find_in_queue(second, file)
    assert table_rows(second.page)[0][WAITS_FOR] == "A second officer"
    press(second.page, "Take it")
    second.page.wait_for_url("**/review*")
    settle(second.page)
    record_button(second.page).click()
    press(second.page, "Record it")
    expect(second.page.get_by_text("Sandy Second approved a smaller amount")).to_be_visible()
    assert [row.final for row in decisions_on(demo_url, file.id)] == [0, 1]


def test_a_chosen_row_stays_chosen_when_the_order_changes(demo, visit):
    page = visit(demo, "officer", "/queue").page
    chosen = table_rows(page)[3]
    choose_row(page, 3)
    expect(page.get_by_role("button", name="Look at it")).to_be_visible()
    page.get_by_label("Sorted by").click()
    page.get_by_role("option", name="Shop", exact=True).click()
    page.wait_for_url("**order=shop*")
    settle(page)
    # The list turns to the page on which the chosen row now stands.
    assert chosen[NUMBER] in [cells[NUMBER] for cells in table_rows(page)]
    expect(page.locator("strong", has_text=chosen[SHOP])).to_be_visible()
    press(page, "Look at it")
    expect(page.get_by_role("heading", name=shortened(chosen[SHOP], LONGEST_NAME))).to_be_visible()


@pytest.mark.soak
def test_a_chosen_row_stays_chosen_when_somebody_decides_another(demo, demo_url, visit):
    other = take_one(demo_url)
    page = visit(demo, "officer", "/queue").page
    rows = table_rows(page)
    place = next(place for place, cells in enumerate(rows) if cells[NUMBER] != other.ref)
    choose_row(page, place)
    expect(page.get_by_role("button", name="Look at it")).to_be_visible()
    second = visit(demo, "second", f"/review?application={other.id}")
    record_button(second.page).click()
    press(second.page, "Record it")
    expect(second.page.get_by_role("heading", name="Recorded")).to_be_visible()
    page.reload()
    settle(page)
    assert other.ref not in [cells[NUMBER] for cells in table_rows(page)]
    press(page, "Look at it")
    expect(page.get_by_role("heading", name=shortened(rows[place][SHOP], LONGEST_NAME))).to_be_visible()


def test_a_search_that_finds_nothing_is_cleared_for_good(demo, visit):
    page = visit(demo, "officer", "/queue?search=nosuchshop").page
    expect(page.get_by_text("fits these filters")).to_be_visible()
    press(page, "Clear filters")
    expect(page.locator('[data-testid="stDataFrame"]')).to_be_visible()
    settle(page)
    assert "search" not in page.url
