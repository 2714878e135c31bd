"""One person's browser at the desk: it waits for pages to settle, and notes every request and complaint."""

import re

from playwright.sync_api import TimeoutError as WaitedInVain
from playwright.sync_api import expect

WIDE = {"width": 1280, "height": 800}
NARROW = {"width": 390, "height": 844}
FULL_HD = {"width": 1920, "height": 1080}
ROW_PX = 35
GROUNDS = {"light": "rgb(255, 255, 255)", "dark": "rgb(23, 22, 19)"}
# What a person must never read.
FAULTS = re.compile(r"Traceback|StreamlitAPIException|Error:|Something went wrong|File \"")
# Streamlit asks for these beside the address of a page that is opened directly, and goes on to the right ones.
ASKED_BESIDE = re.compile(r"/\w+/_stcore/(health|host-config)$")
PAGE_OF_ANOTHER_ROLE = "The page that you have requested does not seem to exist."
# How far the page and its main part can be scrolled sideways.
OVERFLOW = """() => {
  const parts = [document.documentElement, document.querySelector('[data-testid="stMain"]')]
  return Math.max(...parts.map(part => part.scrollWidth - part.clientWidth))
}"""
SETTLED = '[data-testid="stApp"][data-test-script-state="notRunning"][data-test-connection-state="CONNECTED"]'

# Longer than it ever takes on a machine that is not busy with other things.
expect.set_options(timeout=20_000)


class Visitor:
    """A browser: one person's cookies and tabs at a time, and a list of what it asked for and complained of.

    It keeps its first tab, which has read the desk's scripts already: in a new one each page costs twice the time.
    """

    def __init__(self, browser, address):
        self.address = address
        self.handle = None
        self.strayed = []
        self.complaints = []
        self.context = browser.new_context(reduced_motion="reduce")
        self.context.set_default_timeout(30_000)
        self.context.on("request", lambda request: self._note_request(request.url))
        self.context.on("console", self._note_console)
        self.context.on("weberror", lambda fault: self.complaints.append(str(fault.error)))
        self.page = self._tab()

    def open(self, handle, path, *, viewport=WIDE, scheme="light"):
        """Turn the tab to a page, signed in as a demo person; through the door where the browser is not yet."""
        if handle != self.handle:
            self.context.clear_cookies()
            self.handle = handle
        show(self.page, viewport, scheme)
        self.page.goto(self.address + path)
        if "/account" in self.page.url:
            self.page.click(f'button[value="{handle}"]')
        settle(self.page)

    def another_tab(self, path):
        """One more tab of the same browser."""
        page = self._tab()
        page.goto(self.address + path)
        settle(page)
        return page

    def leave(self):
        """Close all tabs but the first, and empty that, after a last look for faults on the screen."""
        for page in self.context.pages:
            text = page.inner_text("body")
            if page is self.page:
                page.evaluate("sessionStorage.clear()")
                page.goto("about:blank")
            else:
                page.close()
            assert not FAULTS.search(text), text

    def expect_quiet(self):
        """Nothing was asked for but of the desk, and no tab complained."""
        strayed, complaints = self.strayed[:], self.complaints[:]
        self.strayed.clear()
        self.complaints.clear()
        assert strayed == []
        assert complaints == []

    def _tab(self):
        page = self.context.new_page()
        page.on("websocket", lambda socket: self._note_request(socket.url.replace("ws://", "http://")))
        return page

    def _note_request(self, url):
        if not url.startswith((self.address + "/", "data:", "blob:")):
            self.strayed.append(url)

    def _note_console(self, message):
        known = ASKED_BESIDE.search(message.location["url"]) or PAGE_OF_ANOTHER_ROLE in message.text
        if message.type == "error" and not known:
            self.complaints.append(f"{message.text} {message.location['url']}")


def show(page, viewport, scheme):
    """Give a tab a size and a colour."""
    page.set_viewport_size(viewport)
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")


def settle(page):
    """Wait until the page's script has run and nothing on it is stale."""
    page.wait_for_selector(SETTLED)
    expect(page.locator('[data-testid="stSkeleton"]')).to_have_count(0)
    expect(page.locator('[data-stale="true"]')).to_have_count(0)


def expect_fit(page):
    """Nothing of a page runs off its side, once its charts have taken the size that its window has."""
    settle(page)
    try:
        page.wait_for_function(f"({OVERFLOW})() <= 0", timeout=5_000)
    except WaitedInVain:
        assert page.evaluate(OVERFLOW) <= 0, (page.url, page.viewport_size)


def expect_ground(page, scheme):
    """The page has taken the colour that its window has."""
    ground = page.locator('[data-testid="stApp"]').evaluate("app => getComputedStyle(app).backgroundColor")
    assert ground == GROUNDS[scheme]


def press(page, label):
    """Press a button by what stands on it."""
    page.get_by_role("button", name=label).click()


def table_rows(page, index=0):
    """The rows of a table that are in view, as lists of texts."""
    grid = page.locator('[data-testid="stDataFrame"] canvas[data-testid="data-grid-canvas"]').nth(index)
    rows = []
    while not rows:  # It is drawn anew where its rows change, and has none for a moment.
        grid.locator("tbody tr").first.wait_for(state="attached")
        rows = grid.evaluate(
            "grid => [...grid.querySelectorAll('tbody tr')]"
            ".map(row => [...row.querySelectorAll('td')].map(cell => cell.textContent))"
        )
    return rows


def choose_row(page, row, index=0):
    """Tick a row of a table by its place."""
    grid = page.locator('[data-testid="stDataFrame"] canvas[data-testid="data-grid-canvas"]').nth(index)
    # Forced, since a transparent element over the drawn table takes the pointer.
    grid.click(position={"x": 15, "y": ROW_PX * (row + 1) + ROW_PX // 2}, force=True)
