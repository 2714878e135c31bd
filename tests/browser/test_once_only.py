"""One record however often somebody presses, and however many tabs and officers are at the same file."""

import pytest
from playwright.sync_api import expect

from tests.browser.files import decisions_on, events_on, take_one
from tests.browser.visitor import press, settle
from tests.soak import in_the_soak

pytestmark = pytest.mark.browser

# Finds the button again for each click, as the hand of a person does who sees no answer yet.
CLICKS = """async ([label, pauses]) => {
  for (const pause of pauses) {
    await new Promise(resolve => setTimeout(resolve, pause))
    const button = [...document.querySelectorAll('button')].find(each => each.innerText.startsWith(label))
    if (button) button.click()
  }
}"""


def ask(page):
    """Press the button of the form; what can't be undone is asked about once more."""
    page.get_by_role("button", name="Offer ¥").click()
    page.get_by_role("button", name="Record it").wait_for()


def approve(page):
    ask(page)
    page.get_by_role("button", name="Record it").click()


@pytest.mark.parametrize("pauses", [(0, 150), *in_the_soak((0, 0, 0), (0, 50), (0, 300), (0, 600))])
def test_a_double_click_records_one_decision(demo, demo_url, visit, pauses):
    file = take_one(demo_url, recommended="approve_less")
    page = visit(demo, "officer", f"/review?application={file.id}").page
    ask(page)
    page.evaluate(CLICKS, ["Record it", list(pauses)])
    expect(page.get_by_role("heading", name="Recorded")).to_be_visible()
    settle(page)
    assert len(decisions_on(demo_url, file.id)) == 1
    assert len(events_on(demo_url, file.id, "decide", "propose", "refer")) == 1
    expect(page.locator('[data-testid="stAlert"]')).to_have_count(0)


@pytest.mark.parametrize("pause_ms", [150, *in_the_soak(0)])
def test_whoever_reloads_while_the_answer_is_recorded_sees_the_own_record(demo, demo_url, visit, pause_ms):
    file = take_one(demo_url, recommended="approve_less")
    page = visit(demo, "officer", f"/review?application={file.id}").page
    approve(page)
    page.wait_for_timeout(pause_ms)
    page.reload()
    settle(page)
    if not decisions_on(demo_url, file.id):  # The page was gone before its press was heard; the form is there again.
        approve(page)
    expect(page.get_by_text("Olive Officer approved a smaller amount").first).to_be_visible()
    expect(page.locator('[data-testid="stAlert"]').filter(has_text="Nothing more was recorded")).to_have_count(0)
    assert len(decisions_on(demo_url, file.id)) == 1
    assert len(events_on(demo_url, file.id, "decide", "propose", "refer")) == 1


@pytest.mark.soak
def test_whoever_closes_the_tab_while_the_answer_is_recorded_finds_one_record_or_the_form(demo, demo_url, visit):
    file = take_one(demo_url, recommended="approve_less")
    officer = visit(demo, "officer", "/queue")
    tab = officer.another_tab(f"/review?application={file.id}")
    approve(tab)
    tab.close()
    page = officer.another_tab(f"/review?application={file.id}")
    if not decisions_on(demo_url, file.id):
        approve(page)
    expect(page.get_by_text("Olive Officer approved a smaller amount").first).to_be_visible()
    assert len(decisions_on(demo_url, file.id)) == 1


def test_the_second_of_two_officers_is_told_who_decided_and_when(demo, demo_url, visit):
    file = take_one(demo_url, recommended="approve_less")
    first = visit(demo, "officer", f"/review?application={file.id}").page
    second = visit(demo, "second", f"/review?application={file.id}").page
    approve(first)
    expect(first.get_by_role("heading", name="Recorded")).to_be_visible()
    approve(second)
    expect(second.get_by_text("Olive Officer approved a smaller amount on")).to_be_visible()
    expect(second.get_by_text("Nothing more was recorded.")).to_be_visible()
    assert len(decisions_on(demo_url, file.id)) == 1


@pytest.mark.soak
def test_the_second_of_two_tabs_is_told_so_too(demo, demo_url, visit):
    file = take_one(demo_url, recommended="approve_less")
    officer = visit(demo, "officer", f"/review?application={file.id}")
    stale = officer.another_tab(f"/review?application={file.id}")
    stale.get_by_role("button", name="Offer ¥").wait_for()
    approve(officer.page)
    expect(officer.page.get_by_role("heading", name="Recorded")).to_be_visible()
    approve(stale)
    expect(stale.get_by_text("Olive Officer approved a smaller amount on")).to_be_visible()
    assert len(decisions_on(demo_url, file.id)) == 1


@pytest.mark.soak
def test_a_form_of_an_older_score_is_refused_in_words(demo, demo_url, visit):
    file = take_one(demo_url, recommended="approve_less")
    stale = visit(demo, "officer", f"/review?application={file.id}").page
    stale.get_by_role("button", name="Offer ¥").wait_for()
    other = visit(demo, "second", f"/review?application={file.id}").page
    before = other.get_by_text("on the record before").inner_text()
    press(other, "Score again")
    expect(other.get_by_text(before)).to_have_count(0)
    approve(stale)
    expect(stale.get_by_text("The shop was scored again since this page was drawn")).to_be_visible()
    assert decisions_on(demo_url, file.id) == []


@pytest.mark.soak
def test_who_has_taken_a_file_is_named_to_the_other(demo, demo_url, visit):
    file = take_one(demo_url, recommended="approve_less")
    other = visit(demo, "second", f"/review?application={file.id}").page
    holder = visit(demo, "officer", f"/review?application={file.id}").page
    press(holder, "Take it")
    expect(holder.get_by_text("Yours")).to_be_visible()
    approve(other)
    expect(other.get_by_text("Olive Officer took this application on")).to_be_visible()
    expect(other.get_by_role("heading", name="Olive Officer has it")).to_be_visible()
    press(holder, "Give it back")
    expect(holder.get_by_text("Nobody has it")).to_be_visible()
    assert decisions_on(demo_url, file.id) == []
