"""Every page at two widths and in both colours: nothing runs off the side, and every chart speaks and has numbers."""

import pytest
from playwright.sync_api import expect

from tests.browser.files import take_one
from tests.browser.visitor import NARROW, WIDE, press, settle

pytestmark = pytest.mark.browser

# How far the page and its main part can be scrolled sideways.
OVERFLOW = """() => {
  const parts = [document.documentElement, document.querySelector('[data-testid="stMain"]')]
  return Math.max(...parts.map(part => part.scrollWidth - part.clientWidth))
}"""
CHARTS = '[data-testid="stPlotlyChart"]'
LOOKS = {"light": (WIDE, "light"), "dark": (WIDE, "dark"), "narrow": (NARROW, "light")}
GROUNDS = {"light": "rgb(255, 255, 255)", "dark": "rgb(23, 22, 19)"}


@pytest.mark.parametrize("look", LOOKS)
def test_no_page_runs_off_the_side(demo, demo_url, visit, look):
    viewport, scheme = LOOKS[look]
    file = take_one(demo_url)
    visitor = visit(demo, "manager", f"/review?application={file.id}", viewport=viewport, scheme=scheme)
    page = visitor.page
    for path in (None, "/queue", "/score?shop=1", "/shops", "/shops?shop=1", "/imports", "/audit"):
        if path:
            page.goto(demo + path)
            settle(page)
        for chart in page.locator(CHARTS).all():
            expect(chart.locator(".main-svg").first).to_be_visible()
        assert page.evaluate(OVERFLOW) <= 0, path
        ground = page.locator('[data-testid="stApp"]').evaluate("app => getComputedStyle(app).backgroundColor")
        assert ground == GROUNDS[scheme]


@pytest.mark.parametrize("path", ["/review?application={id}", "/shops?shop=1", "/score?shop=1"])
def test_every_chart_says_what_it_shows_and_has_its_numbers_one_click_away(demo, demo_url, visit, path):
    page = visit(demo, "officer", path.format(id=take_one(demo_url).id)).page
    charts = page.locator(CHARTS)
    said = [chart.get_attribute("aria-label") for chart in charts.all()]
    assert len(said) >= 3
    assert all(text and len(text) > 30 for text in said)
    press(page, "Numbers")
    drawer = page.get_by_role("dialog")
    expect(drawer.get_by_role("heading", name="Numbers behind the charts")).to_be_visible()
    expect(drawer.locator('[data-testid="stDataFrame"]')).to_have_count(len(said))
