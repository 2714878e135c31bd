"""The day of each role, from phone to wide screen: nothing runs off the side, and the walk ends where it should."""

import pytest
from playwright.sync_api import expect

from tests.browser.files import decisions_on, take_one, waiting
from tests.browser.visitor import FULL_HD, NARROW, WIDE, choose_row, expect_fit, press, settle, table_rows

pytestmark = pytest.mark.browser

WIDTHS = {"390": NARROW, "1280": WIDE, "1920": FULL_HD}
COUNT_CLICKS = "window.clicks = 0; addEventListener('click', event => event.isTrusted && window.clicks++, true)"
KIND, SUBJECT = 2, 3


def at_widths(*usual):
    """Each width; those that are not usual to the role are left to the soak."""
    marks = {width: () if width in usual else pytest.mark.soak for width in WIDTHS}
    return pytest.mark.parametrize(
        "viewport", [pytest.param(WIDTHS[width], id=width, marks=marks[width]) for width in WIDTHS]
    )


def arrive(page, address):
    """Wait for a page, which must fit its window."""
    page.wait_for_url(address)
    expect_fit(page)


def press_answer(page):
    """Press the button that says what is answered, and by whose authority."""
    page.locator('[class*="st-key-record_"] button').click()


def answer(page):
    """Record what the form holds, and say yes where it asks."""
    press_answer(page)
    question = page.get_by_role("button", name="Record it")
    said = page.get_by_role("heading", name="Recorded")
    expect(question.or_(said).first).to_be_visible()
    if question.count():
        question.click()
    expect(said).to_be_visible()


def refer(page):
    """Send a file on to the next person."""
    page.get_by_role("radio", name="Refer").click()
    settle(page)
    page.get_by_label("Note").fill("Please look at the wallet.")
    page.get_by_label("Note").press("Tab")
    settle(page)
    press_answer(page)
    expect(page.get_by_text("Olive Officer referred")).to_be_visible()


@at_widths("390")
def test_an_officer_goes_from_the_queue_to_a_recorded_answer_in_six_clicks(demo, demo_url, visit, viewport):
    file = take_one(demo_url, recommended="approve_less")
    page = visit(demo, "officer", f"/queue?search={file.ref}", viewport=viewport).page
    expect_fit(page)
    page.evaluate(COUNT_CLICKS)
    press(page, "Take the next")
    arrive(page, f"**/review?application={file.id}")
    answer(page)
    assert page.evaluate("window.clicks") <= 6
    assert [row.final for row in decisions_on(demo_url, file.id)] == [1]
    page.get_by_role("link", name="Back to queue").first.click()
    arrive(page, "**/queue*")


@at_widths()
def test_a_manager_answers_what_an_officer_referred_and_finds_it_in_the_audit(demo, demo_url, visit, viewport):
    file = take_one(demo_url, recommended="approve_less")
    refer(visit(demo, "officer", f"/review?application={file.id}").page)

    page = visit(demo, "manager", "/portfolio", viewport=viewport).page
    expect_fit(page)
    page.goto(f"{demo}/queue?search={file.ref}")
    expect_fit(page)
    press(page, "Take the next")
    arrive(page, f"**/review?application={file.id}")
    answer(page)
    assert [row.final for row in decisions_on(demo_url, file.id)] == [0, 1]
    page.goto(f"{demo}/audit")
    expect_fit(page)
    # A narrow table draws only the columns in view.
    newest = table_rows(page)[0]
    assert newest[KIND : SUBJECT + 1] == ["decide", f"{file.ref}, {file.shop_name}"] or viewport is NARROW


@at_widths()
def test_an_auditor_reads_all_of_it_and_can_change_nothing(demo, demo_url, visit, viewport):
    file = waiting(demo_url)[0]
    page = visit(demo, "auditor", f"/queue?search={file.ref}", viewport=viewport).page
    expect_fit(page)
    expect(page.get_by_role("button", name="Take the next")).to_have_count(0)
    choose_row(page, 0)
    press(page, "Look at it")
    arrive(page, f"**/review?application={file.id}")
    expect(page.get_by_role("heading", name=file.shop_name[:10])).to_be_visible()
    for label in ("Take it", "Score again", "Approve ¥", "Record it"):
        expect(page.get_by_role("button", name=label)).to_have_count(0)
    page.get_by_role("link", name="Score").last.click()
    arrive(page, "**/score*")
    page.get_by_role("link", name="Dossier").click()
    arrive(page, "**/shops*")
    page.goto(f"{demo}/audit")
    expect_fit(page)
    assert table_rows(page)
