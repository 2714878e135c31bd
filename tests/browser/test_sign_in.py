"""The sign-in outlives F5 and ends everywhere at once."""

import pytest
from playwright.sync_api import expect

from tests.browser.files import decisions_on, take_one
from tests.browser.visitor import press, settle

pytestmark = pytest.mark.browser


def test_f5_keeps_the_sign_in_and_the_open_file(demo, demo_url, visit):
    file = take_one(demo_url)
    page = visit(demo, "officer", f"/review?application={file.id}").page
    page.reload()
    settle(page)
    expect(page.get_by_role("heading", name=file.shop_name[:10])).to_be_visible()
    expect(page.get_by_text("You are Olive Officer")).to_be_visible()


def test_a_stranger_is_led_through_the_door_to_the_file(demo, demo_url, visit):
    file = take_one(demo_url)
    officer = visit(demo, "officer")
    officer.context.clear_cookies()
    officer.page.goto(f"{demo}/review?application={file.id}")
    officer.page.wait_for_url("**/account?next=*")
    officer.page.click('button[value="second"]')
    settle(officer.page)
    expect(officer.page.get_by_role("heading", name=file.shop_name[:10])).to_be_visible()
    expect(officer.page.get_by_text("You are Sandy Second")).to_be_visible()
    officer.context.clear_cookies()


def test_signing_out_in_one_tab_stops_the_other(demo, demo_url, visit):
    file = take_one(demo_url)
    officer = visit(demo, "officer", f"/review?application={file.id}")
    stale = officer.page
    stale.get_by_role("button", name="Approve ¥").wait_for()
    door = officer.context.new_page()
    door.goto(f"{demo}/account")
    door.get_by_role("button", name="Sign out").click()
    door.get_by_text("Who is at the desk?").wait_for()
    stale.get_by_role("button", name="Approve ¥").click()
    expect(stale.get_by_text("You are signed out")).to_be_visible()
    assert decisions_on(demo_url, file.id) == []


@pytest.mark.soak
def test_an_auditor_who_types_an_officers_address_gets_a_page_without_a_form(demo, demo_url, visit):
    file = take_one(demo_url)
    page = visit(demo, "auditor", f"/review?application={file.id}").page
    expect(page.get_by_text("Your role reads files and decides none.")).to_be_visible()
    expect(page.get_by_role("button", name="Approve ¥")).to_have_count(0)


def test_an_administrator_who_types_an_officers_address_sees_no_shop(demo, demo_url, visit):
    file = take_one(demo_url)
    administrator = visit(demo, "administrator")
    page = administrator.page
    page.goto(f"{demo}/review?application={file.id}")
    expect(page.get_by_role("heading", name="This page is not part of your role")).to_be_visible()
    expect(page.get_by_text("You are Addison Administrator")).to_be_visible()
    expect(page.get_by_text(file.shop_name)).to_have_count(0)
    # The browser notes that the answer was a refusal.
    assert [complaint for complaint in administrator.complaints if "403" not in complaint] == []
    administrator.complaints.clear()


@pytest.mark.parametrize("way", ["the footer", pytest.param("the head", marks=pytest.mark.soak)])
def test_changing_the_person_stays_in_the_tab_and_on_the_page(demo, demo_url, visit, way):
    file = take_one(demo_url)
    officer = visit(demo, "officer", f"/review?application={file.id}")
    page = officer.page
    if way == "the head":
        page.get_by_role("link", name="Olive Officer (change)").click()
    else:
        press(page, "Change person")
    expect(page.get_by_text("You are signed in as Olive Officer")).to_be_visible()
    page.get_by_role("button", name="Morgan Manager").click()
    page.wait_for_url(f"**/review?application={file.id}")
    expect(page.get_by_role("heading", name=file.shop_name[:10])).to_be_visible()
    expect(page.get_by_text("You are Morgan Manager")).to_be_visible()
    assert len(officer.context.pages) == 1
    officer.context.clear_cookies()


@pytest.mark.soak
def test_a_signed_out_tab_leads_back_to_its_page(demo, demo_url, visit):
    officer = visit(demo, "officer", "/queue?order=shop")
    page = officer.page
    door = officer.context.new_page()
    door.goto(f"{demo}/account")
    door.get_by_role("button", name="Sign out").click()
    door.get_by_text("Who is at the desk?").wait_for()
    door.close()
    press(page, "Keys")
    press(page, "Sign in again")
    page.get_by_role("button", name="Olive Officer").click()
    page.wait_for_url("**/queue?order=shop")
    settle(page)
    assert len(officer.context.pages) == 1
