"""The desk without a mouse: everything is reached by Tab and arrows, focus is seen, and `?` lists the keys."""

import pytest
from playwright.sync_api import expect

from tests.browser.files import decisions_on, take_one
from tests.browser.visitor import settle, table_rows

pytestmark = pytest.mark.browser

FOCUSED = """() => {
  const element = document.activeElement
  if (element === document.body) return null
  const {x, y, width, height} = element.getBoundingClientRect()
  const kind = element.dataset.testid === 'stBaseButton-elementToolbar' ? 'TOOL OF A TABLE' : element.tagName
  return {name: element.ariaLabel || element.innerText || '', kind, x, y, width, height}
}"""
MOST_STOPS = 60
MARGIN_PX = 6
FADE_MS = 150
SHOP = 1


def tab_to(page, name, *, key="Tab"):
    """Press Tab until the thing of this name or kind has the focus."""
    for _ in range(MOST_STOPS):
        page.keyboard.press(key)
        stop = page.evaluate(FOCUSED)
        if stop and (name in stop["name"] or name == stop["kind"]):
            return
    raise AssertionError(f"Tab does not reach {name}")


def around(stop, viewport):
    """The picture's part in which a focused element and its ring stand."""
    left, top = max(0, stop["x"] - MARGIN_PX), max(0, stop["y"] - MARGIN_PX)
    right = min(viewport["width"], stop["x"] + stop["width"] + MARGIN_PX)
    bottom = min(viewport["height"], stop["y"] + stop["height"] + MARGIN_PX)
    return {"x": left, "y": top, "width": right - left, "height": bottom - top}


def looks_focused(page, stop):
    """Whether the part of the page around what has the focus changes where it loses it; it has it again then."""
    clip = around(stop, page.viewport_size)
    element = page.evaluate_handle("document.activeElement")
    page.wait_for_timeout(FADE_MS)
    focused = page.screenshot(clip=clip)
    element.evaluate("element => element.blur()")
    page.wait_for_timeout(FADE_MS)
    changes = page.screenshot(clip=clip) != focused
    element.evaluate("element => element.focus({focusVisible: true})")
    return changes


def test_an_officer_answers_the_next_application_by_keys_alone(demo, demo_url, visit):
    file = take_one(demo_url, recommended="approve_less")
    page = visit(demo, "officer", f"/queue?search={file.ref}").page
    page.keyboard.press("n")
    page.wait_for_url(f"**/review?application={file.id}")
    settle(page)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("button", name="Record it")).to_be_visible()
    page.keyboard.press("y")
    expect(page.get_by_role("heading", name="Recorded")).to_be_visible()
    assert len(decisions_on(demo_url, file.id)) == 1


def test_a_row_is_chosen_by_arrows_and_opened_by_tab(demo, visit):
    page = visit(demo, "officer", "/queue").page
    shop = table_rows(page)[1][SHOP]
    tab_to(page, "CANVAS")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Shift+Space")
    expect(page.get_by_role("button", name="Look at it")).to_be_visible()
    settle(page)
    tab_to(page, "Look at it", key="Shift+Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/review?application=*")
    # A long name is cut in the head.
    expect(page.get_by_role("heading", name=shop[:10])).to_be_visible()


@pytest.mark.soak
def test_another_figure_of_a_score_is_chosen_by_keys_alone(demo, visit):
    page = visit(demo, "officer", "/score?shop=1").page
    page.get_by_role("combobox", name="Figure").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.type("Delivered late")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Delivered late")).to_be_visible()
    settle(page)


@pytest.mark.soak
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_has_the_focus_looks_like_it(demo, visit, scheme):
    page = visit(demo, "officer", "/queue", scheme=scheme).page
    seen = set()
    while len(seen) < MOST_STOPS:
        page.keyboard.press("Tab")
        stop = page.evaluate(FOCUSED)
        if stop is None or stop["kind"] == "CANVAS":
            break
        # The page's main part takes the focus only so that keys scroll it. The tools above a table say their name.
        if stop["kind"] == "TOOL OF A TABLE":
            expect(page.get_by_role("tooltip")).to_be_visible()
        elif stop["kind"] != "MAIN":
            assert looks_focused(page, stop), stop["name"]
        seen.add(stop["name"])
    assert all(any(name in each for each in seen) for name in ("Queue", "Take the next", "Shop or number"))


def test_the_question_mark_lists_the_keys_and_esc_closes_the_list(demo, visit):
    page = visit(demo, "officer", "/queue").page
    page.keyboard.press("?")
    drawer = page.get_by_role("dialog", name="Keys")
    expect(drawer.get_by_text("Take the next application in line")).to_be_visible()
    page.keyboard.press("Escape")
    expect(drawer).to_have_count(0)
    search = page.get_by_label("Shop or number")
    search.focus()
    page.keyboard.press("?")
    expect(search).to_have_value("?")
    expect(drawer).to_have_count(0)
