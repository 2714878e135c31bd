"""One person's browser at the desk: it waits for pages to settle, and notes every request and complaint."""

import re

from playwright.sync_api import expect

WIDE = {"width": 1280, "height": 800}
NARROW = {"width": 390, "height": 844}
ROW_PX = 35
# What a person must never read.
FAULTS = re.compile(r"Traceback|StreamlitAPIException|Error:|Something went wrong|File \"")
# Streamlit asks for these beside the address of a page that is opened directly, and goes on to the right ones.
ASKED_BESIDE = re.compile(r"/\w+/_stcore/(health|host-config)$")
SETTLED = '[data-testid="stApp"][data-test-script-state="notRunning"][data-test-connection-state="CONNECTED"]'


class Visitor:
    """A browser of its own: cookies, tabs, and a list of what it asked for and complained of."""

    def __init__(self, browser, address, *, viewport=WIDE, scheme="light"):
        self.address = address
        self.strayed = []
        self.complaints = []
        self.context = browser.new_context(viewport=viewport, color_scheme=scheme, reduced_motion="reduce")
        self.context.on("request", lambda request: self._note_request(request.url))
        self.context.on("console", self._note_console)
        self.context.on("weberror", lambda fault: self.complaints.append(str(fault.error)))
        self.page = self.tab()

    def tab(self, path=None):
        """Another tab of this browser."""
        page = self.context.new_page()
        page.set_default_timeout(30_000)
        page.on("websocket", lambda socket: self._note_request(socket.url.replace("ws://", "http://")))
        if path is not None:
            page.goto(self.address + path)
            settle(page)
        return page

    def sign_in(self, handle, path="/"):
        """Through the door as a demo person, to a page."""
        self.page.goto(f"{self.address}/account")
        self.page.locator('input[name="next"]').evaluate("(field, path) => { field.value = path }", path)
        self.page.click(f'button[value="{handle}"]')
        settle(self.page)

    def go(self, path):
        """A page by its address, as if typed."""
        self.page.goto(self.address + path)
        settle(self.page)

    def leave(self):
        """Close the browser, after a last look for faults on the screen."""
        for page in self.context.pages:
            assert not FAULTS.search(page.inner_text("body")), page.inner_text("body")
        self.context.close()

    def _note_request(self, url):
        if not url.startswith((self.address, "data:", "blob:")):
            self.strayed.append(url)

    def _note_console(self, message):
        if message.type == "error" and not ASKED_BESIDE.search(message.location["url"]):
            self.complaints.append(f"{message.text} {message.location['url']}")


def settle(page):
    """Wait until the page's script has run and nothing on it is stale."""
    page.wait_for_selector(SETTLED)
    expect(page.locator('[data-testid="stSkeleton"]')).to_have_count(0)
    expect(page.locator('[data-stale="true"]')).to_have_count(0)


def press(page, label):
    """Press a button by what stands on it."""
    page.get_by_role("button", name=label).click()


def table_rows(page, index=0):
    """The rows of a table that are in view, as lists of texts."""
    grid = page.locator('[data-testid="stDataFrame"] canvas[data-testid="data-grid-canvas"]').nth(index)
    grid.locator("tbody tr").first.wait_for(state="attached")
    return grid.evaluate(
        "grid => [...grid.querySelectorAll('tbody tr')]"
        ".map(row => [...row.querySelectorAll('td')].map(cell => cell.textContent))"
    )


def choose_row(page, row, index=0):
    """Tick a row of a table by its place."""
    grid = page.locator('[data-testid="stDataFrame"] canvas[data-testid="data-grid-canvas"]').nth(index)
    # Forced, since a transparent element over the drawn table takes the pointer.
    grid.click(position={"x": 15, "y": ROW_PX * (row + 1) + ROW_PX // 2}, force=True)
