"""axe-core finds nothing to complain of and nothing runs off the side: every page, its states, both widths and colours.

A width changes what stands where, a colour how it is told apart: two looks show all four. Whole pages take turns with
them, and the soak looks at each page in each.
"""

import itertools

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from db.people import PAGES_OF_ROLE
from tests.browser.files import decided_one, take_one
from tests.browser.visitor import NARROW, WIDE, choose_row, expect_fit, expect_ground, press, show

pytestmark = pytest.mark.browser

AXE = Axe()
OPTIONS = {"resultTypes": ["violations"]}
LOOKS = [(WIDE, "light"), (NARROW, "dark")]
ALL_LOOKS = list(itertools.product((WIDE, NARROW), ("light", "dark")))
# Streamlit's own, and nothing is lost by them: the file field calls its frame a presentation and names it all the same;
# and the key written on a button stands there at 60 %, but in full in the list of keys.
KNOWN = {("presentation-role-conflict", "stFileUploaderDropzone"), ("color-contrast", '<kbd aria-label="Shortcut ')}
OTHERS = [(role, page) for role in ("manager", "auditor", "administrator") for page in PAGES_OF_ROLE[role]]
# Each page that an officer has not, by the first role that has it.
NEW_PAGES = {page: role for role, page in reversed(OTHERS) if page not in PAGES_OF_ROLE["officer"]}


def taking_turns(pages):
    """Pages with a look each, the two in turn; the soak shows each page in all of them."""
    return list(zip(pages, itertools.cycle(LOOKS), strict=False))


def violations(page):
    """What axe finds: the rule and the element, without what is known."""
    found = [
        (rule["id"], node["html"])
        for rule in AXE.run(page, options=OPTIONS).response["violations"]
        for node in rule["nodes"]
    ]
    return [
        (rule, element)
        for rule, element in found
        if not any(rule == known and mark in element for known, mark in KNOWN)
    ]


def expect_no_violation(page, looks=LOOKS):
    """Look at a page in each width and colour as it stands."""
    for viewport, scheme in looks:
        show(page, viewport, scheme)
        expect_fit(page)
        expect_ground(page, scheme)
        assert violations(page) == [], (viewport["width"], scheme)


@pytest.mark.parametrize(("path", "look"), taking_turns(f"/{page}" for page in PAGES_OF_ROLE["officer"]))
def test_no_page_of_an_officer_has_a_violation(demo, visit, path, look):
    page = visit(demo, "officer", path).page
    assert page.evaluate("document.documentElement.lang") == "en"
    assert page.title() == f"{path[1:].capitalize()} · Loam"
    expect_no_violation(page, [look])


@pytest.mark.soak
@pytest.mark.parametrize("path", [f"/{page}" for page in PAGES_OF_ROLE["officer"]])
def test_no_page_of_an_officer_has_one_in_any_width_and_colour(demo, visit, path):
    expect_no_violation(visit(demo, "officer", path).page, ALL_LOOKS)


@pytest.mark.parametrize(("page", "look"), taking_turns(NEW_PAGES))
def test_no_page_that_an_officer_has_not_has_a_violation(demo, visit, page, look):
    expect_no_violation(visit(demo, NEW_PAGES[page], f"/{page}").page, [look])


@pytest.mark.soak
@pytest.mark.parametrize(("role", "path"), OTHERS)
def test_no_page_of_another_role_has_a_violation(demo, visit, role, path):
    expect_no_violation(visit(demo, role, f"/{path}").page)


def test_a_chosen_row_and_an_empty_result_have_none(demo, visit):
    page = visit(demo, "officer", "/queue").page
    choose_row(page, 0)
    expect(page.get_by_role("button", name="Look at it")).to_be_visible()
    expect_no_violation(page)
    page.goto(f"{demo}/queue?search=nosuchshop")
    expect_no_violation(page)


@pytest.mark.parametrize("drawer", ["Numbers", pytest.param("Stress", marks=pytest.mark.soak)])
def test_an_open_file_and_its_drawers_have_none(demo, demo_url, visit, drawer):
    page = visit(demo, "officer", f"/review?application={take_one(demo_url).id}").page
    if drawer == "Numbers":
        expect_no_violation(page)
    press(page, drawer)
    expect(page.get_by_role("dialog")).to_be_visible()
    expect_no_violation(page)


@pytest.mark.parametrize("role", ["officer", pytest.param("auditor", marks=pytest.mark.soak)])
def test_a_decided_file_has_none(demo, demo_url, visit, role):
    page = visit(demo, role, f"/review?application={decided_one(demo_url)}").page
    expect(page.get_by_role("heading", name="Recorded")).to_be_visible()
    expect_no_violation(page)


@pytest.mark.parametrize(("path", "look"), taking_turns(["/shops?shop=1", "/score?shop=1"]))
def test_a_dossier_and_a_score_have_none(demo, visit, path, look):
    expect_no_violation(visit(demo, "officer", path).page, [look])


@pytest.mark.soak
@pytest.mark.parametrize("path", ["/shops?shop=1", "/score?shop=1"])
def test_a_dossier_and_a_score_have_none_in_any_width_and_colour(demo, visit, path):
    expect_no_violation(visit(demo, "officer", path).page, ALL_LOOKS)


def test_the_list_of_keys_has_none(demo, visit):
    page = visit(demo, "officer", "/imports").page
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    expect_no_violation(page)


def test_the_door_and_an_address_without_a_page_have_none(demo, visit):
    officer = visit(demo, "officer")
    for path in ("/account", "/nosuch"):
        officer.page.goto(demo + path)
        for viewport, scheme in LOOKS:
            show(officer.page, viewport, scheme)
            assert violations(officer.page) == [], (path, viewport["width"], scheme)
    # The browser notes that there is no page.
    officer.complaints.clear()
