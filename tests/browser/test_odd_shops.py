"""Odd shops in a browser, on screens from the smallest up, on a machine without a network."""

import pytest
from playwright.sync_api import expect

from tests.browser.visitor import FAULTS, NARROW, OVERFLOW, WIDE, Visitor, settle
from tests.odd_shops import NAMES, PICTURE, TODAY
from tests.server import served

pytestmark = pytest.mark.browser

TINY = {"width": 320, "height": 480}
LOOKS = {"tiny": (TINY, "light"), "narrow": (NARROW, "dark"), "wide": (WIDE, "light")}
# What each look is looked at with; each page of a shop is seen in one look at least. The first one of each look is
# looked at each time, and the others in the soak.
PAGES = {
    "tiny": [("review", "long-word"), ("queue", None)],
    "narrow": [("shops", "dinar-large"), ("review", "emoji"), ("score", "no-order")],
    "wide": [("review", "no-order"), ("shops", "picture"), ("score", "long-word")],
}
# Pairs of texts that lie on each other: those of the page, and those of each chart.
OVERLAPS = """() => {
  const main = document.querySelector('[data-testid="stMain"]')
  const seen = text => {
    const range = document.createRange()
    range.selectNodeContents(text)
    return [...range.getClientRects()].filter(box => box.width > 2 && box.height > 2)
  }
  const walker = document.createTreeWalker(main, NodeFilter.SHOW_TEXT)
  const texts = []
  while (walker.nextNode()) {
    const holder = walker.currentNode.parentElement
    if (!walker.currentNode.data.trim() || holder.closest('canvas, style, script, .katex')) continue
    if (!holder.checkVisibility({opacityProperty: true, visibilityProperty: true})) continue
    texts.push({said: walker.currentNode.data.trim(), holder, boxes: seen(walker.currentNode)})
  }
  const over = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 2
    && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 4
  const found = []
  for (let i = 0; i < texts.length; i++)
    for (let j = i + 1; j < texts.length; j++)
      if (texts[i].boxes.some(a => texts[j].boxes.some(b => over(a, b))))
        found.push(texts[i].said.slice(0, 40) + ' | ' + texts[j].said.slice(0, 40))
  return found
}"""


@pytest.fixture(scope="module")
def offline_log(tmp_path_factory):
    """The file in which the desk's server notes whom else it tried to reach."""
    return tmp_path_factory.mktemp("offline") / "attempts.txt"


@pytest.fixture(scope="module")
def desk(odd_record, offline_log):
    """The address of the desk on the odd shops; its server has no network."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OFFLINE_LOG", str(offline_log))
        with served(odd_record.url, app="tests.offline:app", business_date=TODAY) as address:
            yield address


@pytest.fixture(scope="module")
def look_at(browser, desk, odd_record):
    """Opens a page of an odd shop in a browser that reaches nothing but this machine."""
    visitor = Visitor(browser, desk)
    visitor.context.route(lambda url: not url.startswith(desk), lambda route: route.abort())

    def open_page(look, page, ref):
        viewport, scheme = LOOKS[look]
        number = (odd_record.applications if page == "review" else odd_record.shops).get(ref)
        asked = f"?{'application' if page == 'review' else 'shop'}={number}" if ref else ""
        visitor.open("officer", f"/{page}{asked}", viewport=viewport, scheme=scheme)
        return visitor

    yield open_page
    visitor.leave()
    visitor.context.close()


@pytest.mark.parametrize(
    ("look", "page", "ref"),
    [
        pytest.param(look, *each, marks=[pytest.mark.soak] if each in pages[1:] else [])
        for look, pages in PAGES.items()
        for each in pages
    ],
)
def test_an_odd_shop_fits_its_screen_and_asks_for_nothing_elsewhere(look_at, look, page, ref):
    visitor = look_at(look, page, ref)
    for chart in visitor.page.locator('[data-testid="stPlotlyChart"]').all():
        expect(chart.locator(".main-svg").first).to_be_visible()
    assert visitor.page.evaluate(OVERFLOW) <= 0
    assert visitor.page.evaluate(OVERLAPS) == []
    main = visitor.page.locator('[data-testid="stMain"]')
    assert main.locator("img, .katex").count() == 0
    said = main.inner_text()
    assert not FAULTS.search(said), said
    assert "\\" not in said
    if ref in NAMES:
        head = visitor.page.locator("h4").first.inner_text()
        whole = "".join(head.split("…")[0].translate({0x2060: None, 0x2068: None, 0x2069: None}).split())
        assert "".join(NAMES[ref].split()).startswith(whole)
        assert whole
    visitor.expect_quiet()


def test_the_desk_reached_no_other_machine(desk, offline_log, look_at):
    visitor = look_at("wide", "review", "picture")
    for page in ("queue", "shops", "imports"):
        visitor.page.goto(f"{desk}/{page}")
        settle(visitor.page)
    visitor.expect_quiet()
    assert PICTURE.startswith("![](http://")
    assert not offline_log.exists(), offline_log.read_text()
