"""Every page at all widths and in both colours: nothing runs off the side, and every chart speaks and has numbers."""

import pytest
from playwright.sync_api import expect

from tests.browser.files import take_one
from tests.browser.visitor import FULL_HD, NARROW, WIDE, expect_fit, expect_ground, press, settle, show
from tests.soak import in_the_soak

pytestmark = pytest.mark.browser

CHARTS = '[data-testid="stPlotlyChart"]'
LOOKS = ((WIDE, "light"), (WIDE, "dark"), (FULL_HD, "light"), (NARROW, "light"))
PATHS = (
    "/review?application={id}",
    "/queue",
    "/score?shop=1",
    "/shops",
    "/shops?shop=1",
    "/imports",
    "/audit",
    "/portfolio",
)


@pytest.mark.soak
@pytest.mark.parametrize("path", PATHS)
def test_no_page_runs_off_the_side(demo, demo_url, visit, path):
    page = visit(demo, "manager", path.format(id=take_one(demo_url).id)).page
    for viewport, scheme in LOOKS:
        show(page, viewport, scheme)
        settle(page)
        for chart in page.locator(CHARTS).all():
            expect(chart.locator(".main-svg").first).to_be_visible()
        expect_fit(page)
        expect_ground(page, scheme)


@pytest.mark.parametrize("path", ["/review?application={id}", *in_the_soak("/shops?shop=1", "/score?shop=1")])
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
