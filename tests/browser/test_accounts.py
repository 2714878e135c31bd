"""Somebody with an account, in a real browser: the link, the passphrase, the time-out, and signing out everywhere."""

import re
import shutil

import pytest
from playwright.sync_api import expect

from db import accounts, roster
from db.engine import connect, open_session
from tests.accounts import PHRASE, add_person, shift_sign_ins
from tests.browser.test_accessibility import expect_no_violation, violations
from tests.browser.visitor import FAULTS, NARROW, OVERFLOW, WIDE, press, settle, show
from tests.server import served

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def desk(migrated_file, tmp_path_factory):
    """An engine on a desk with an administrator and two officers."""
    place = shutil.copy(migrated_file, tmp_path_factory.mktemp("accounts") / "loam.db")
    engine = connect(f"sqlite:///{place}")
    add_person(engine, "keeper", role="administrator")
    for handle in ("olive", "sandy"):
        add_person(engine, handle)
    return engine


@pytest.fixture(scope="module")
def address(desk):
    with served(desk.url.render_as_string()) as address:
        yield address


@pytest.fixture(scope="module")
def kept(browser):
    """A browser that has read the desk's scripts already; in a new one each page costs twice the time."""
    context = browser.new_context(reduced_motion="reduce", viewport=WIDE)
    context.set_default_timeout(30_000)
    yield context
    context.close()


@pytest.fixture
def context(kept):
    """The same browser with nobody signed in, and no tab open at the end."""
    kept.clear_cookies()
    yield kept
    for page in kept.pages:
        assert not FAULTS.search(page.inner_text("body"))
        page.close()


def sign_in(context, address, handle, phrase=PHRASE, path="/"):
    page = context.new_page()
    page.goto(address + path)
    page.get_by_label("Name").fill(handle)
    page.get_by_label("Passphrase").fill(phrase)
    page.get_by_role("button", name="Sign in").click()
    settle(page)
    return page


def number_of(engine, handle):
    with open_session(engine) as session:
        return roster.by_handle(session, handle).id


def test_a_passphrase_by_the_keyboard_leads_to_the_page_wanted_and_outlives_f5(context, address):
    page = context.new_page()
    page.goto(f"{address}/queue?order=shop")
    page.keyboard.type("olive")  # the first field has the focus
    page.keyboard.press("Tab")
    page.keyboard.type("wrong and long enough")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Name or passphrase is wrong")
    page.keyboard.type("olive")
    page.keyboard.press("Tab")
    page.keyboard.type(PHRASE)
    page.keyboard.press("Enter")
    page.wait_for_url("**/queue?order=shop")
    settle(page)
    page.reload()
    settle(page)
    expect(page.get_by_text("You are Olive Madeup, officer")).to_be_visible()
    expect(page.get_by_text("Demo")).to_have_count(0)


def test_an_administrator_adds_somebody_who_comes_in_by_the_link(context, browser, address):
    page = sign_in(context, address, "keeper", path="/people")
    page.get_by_label("Name", exact=True).fill("Nora Newcomer")
    page.get_by_label("Signs in as").fill("nora")
    press(page, "Add, and make the link")
    link = page.locator('[data-testid="stCode"] code').inner_text().strip()
    assert link.startswith(f"{address}/account/set-up?token=")
    page.reload()
    settle(page)
    expect(page.locator('[data-testid="stCode"]')).to_have_count(0)
    with browser.new_context() as other:
        theirs = other.new_page()
        theirs.goto(link)
        theirs.get_by_label("New passphrase").fill(PHRASE)
        theirs.get_by_label("The same again").fill(PHRASE)
        theirs.get_by_role("button", name="Set the passphrase").click()
        expect(theirs.get_by_role("heading", name="Your passphrase is set")).to_be_visible()
        theirs.goto(link)
        expect(theirs.get_by_role("heading", name="This link is over")).to_be_visible()
        sign_in(other, address, "nora")


def test_after_half_an_hour_the_next_click_stops_and_leads_back_to_the_page(context, address, desk):
    page = sign_in(context, address, "sandy", path="/queue?order=shop")
    shift_sign_ins(desk, number_of(desk, "sandy"), seen_minutes=31)
    press(page, "Keys")
    expect(page.get_by_text(re.compile("You are signed out: nothing was clicked for 30 minutes"))).to_be_visible()
    press(page, "Sign in again")
    expect(page.get_by_text("You were signed out: nothing was clicked")).to_be_visible()
    page.get_by_label("Name").fill("sandy")
    page.get_by_label("Passphrase").fill(PHRASE)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/queue?order=shop")
    settle(page)
    assert len(context.pages) == 1


def test_a_click_counts_as_being_there(context, address, desk):
    page = sign_in(context, address, "sandy", path="/queue")
    press(page, "Keys")
    page.keyboard.press("Escape")
    sandy = number_of(desk, "sandy")
    # The tab wrote down that somebody clicked a moment ago, so a shift of less than half an hour changes nothing.
    shift_sign_ins(desk, sandy, seen_minutes=20)
    page.reload()
    settle(page)
    shift_sign_ins(desk, sandy, seen_minutes=20)
    press(page, "Keys")
    expect(page.get_by_text("On every page")).to_be_visible()


def test_signing_out_everywhere_else_stops_the_other_browser_and_not_this_one(context, browser, address):
    here = sign_in(context, address, "olive", path="/queue")
    with browser.new_context() as other:
        there = sign_in(other, address, "olive", path="/queue")
        press(here, "Your account")
        here.get_by_role("link", name="Passphrase and sign-ins").click()
        here.get_by_role("button", name="Sign out everywhere else").click()
        expect(here.get_by_role("status")).to_contain_text("Every other browser is signed out")
        press(there, "Keys")
        expect(there.get_by_text("You are signed out.")).to_be_visible()
    here.get_by_role("link", name="Back to the desk").click()
    settle(here)
    expect(here.get_by_text("You are Olive Madeup")).to_be_visible()


def test_the_pages_at_the_door_fit_and_have_no_violation(context, address, desk):
    with open_session(desk, write=True) as session:
        link = accounts.make_link(session, number_of(desk, "sandy"), actor_id=None)
    page = context.new_page()
    for path in ("/account", f"/account/set-up?token={link}"):
        look_at(page, address + path)
    page.close()
    page = sign_in(context, address, "keeper", path="/people")
    expect_no_violation(page)
    for path in ("/account/me", "/account"):
        look_at(page, address + path)


def look_at(page, address):
    page.goto(address)
    for viewport, scheme in ((WIDE, "light"), (NARROW, "dark")):
        show(page, viewport, scheme)
        assert violations(page) == [], (address, scheme)
        assert (
            page.evaluate(OVERFLOW.replace("document.querySelector('[data-testid=\"stMain\"]')", "document.body")) <= 0
        )
