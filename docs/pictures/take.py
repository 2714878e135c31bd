"""Takes the pictures of the documents: a fresh demo, the desk on it, a browser. `make pictures` runs it."""

import os
import shutil
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

import loam
from db.engine import connect, open_session
from db.loan_lists import loan_rows
from db.queue import QueueView, waiting
from demo.shops import BUSINESS_DATE
from demo.stories import GOOD_SMALL_SHOP
from lending.arrears import ACTIVE
from tests.server import served

PICTURES = Path(__file__).resolve().parent
EXAMPLE = PICTURES.parent / "example"
WIDTH, HEIGHT = 1280, 800
PHONE_WIDTH, PHONE_HEIGHT = 390, 844
# The script's first run brings Plotly; after it the charts still grow into their cards.
SETTLED_MS = 3_000
SLOW_MS = 60_000
# A document is read over slow lines too.
MOST_BYTES = 250_000
# Each chart has a frame before it has a drawing.
ALL_DRAWN = """() => {
  const frames = document.querySelectorAll("[data-testid=stPlotlyChart]").length
  return frames > 0 && frames === document.querySelectorAll(".js-plotly-plot .main-svg:first-child").length
}"""


def main() -> None:
    """Make the demo in a folder of its own, and take one picture after the other."""
    with tempfile.TemporaryDirectory(prefix="loam-pictures-") as place:
        url = f"sqlite:///{Path(place) / 'loam.db'}"
        make_demo(url)
        number = told_application(url)
        with served(url) as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            for scheme in ("light", "dark"):
                page = signed_in(browser, address, scheme)
                take_queue_and_review(page, address, scheme, number)
                if scheme == "light":
                    take_shop_and_imports(page)
                    take_phone(page, address, number)
                    take_portfolio(signed_in(browser, address, scheme, role="manager"), address)
                    take_loan(page, address, told_loan(url))
            browser.close()


def make_demo(url: str) -> None:
    """The demo as `python loam.py demo` makes it, on a fixed day."""
    os.environ |= {"LOAM_DATABASE_URL": url, "LOAM_BUSINESS_DATE": BUSINESS_DATE.isoformat()}
    loam.make_demo()


def told_application(url: str) -> int:
    """The number of the application of the good small shop."""
    view = QueueView(search=f"{GOOD_SMALL_SHOP.style} {GOOD_SMALL_SHOP.thing}")
    with open_session(connect(url)) as session:
        return int(waiting(session, view, person_id=0, now=datetime.now(UTC)).application_id.item())


def told_loan(url: str) -> str:
    """A running loan of the desk's own, one of the newest fifty and the oldest of them."""
    with open_session(connect(url)) as session:
        found = loan_rows(session, today=BUSINESS_DATE)
    own = found[found["loan_ref"].str.startswith("D-") & (found["state"] == ACTIVE)]
    return str(own.sort_values("disbursed_day")["loan_ref"].iloc[-50:].iloc[0])


def signed_in(browser: Browser, address: str, scheme: str, *, role: str = "officer") -> Page:
    """A window in which one of the demo people sits."""
    page = opened(browser, scheme)
    page.goto(f"{address}/account?next=/queue")
    page.click(f"button[value={role}]")
    return page


def take_queue_and_review(page: Page, address: str, scheme: str, number: int) -> None:
    """The queue, and the file of the good small shop, taken by the officer."""
    expect(page.get_by_test_id("stDataFrame")).to_be_visible(timeout=SLOW_MS)
    if scheme == "light":
        keep(page, "queue-light-1280")
    page.goto(f"{address}/review?application={number}")
    wait_for_charts(page)
    take = page.get_by_role("button", name="Take it")
    if take.count():
        take.click()
        expect(page.get_by_text("Yours")).to_be_visible(timeout=SLOW_MS)
    keep(page, f"review-{scheme}-1280")


def take_shop_and_imports(page: Page) -> None:
    """The dossier of the same shop, and the example's files before they are stored."""
    page.get_by_role("link", name="Dossier").click()
    expect(page.get_by_text("Sales on record to")).to_be_visible(timeout=SLOW_MS)
    keep(page, "shops-light-1280")
    page.get_by_role("link", name="Imports").click()
    page.locator("input[type=file]").set_input_files(sorted(EXAMPLE.glob("*.csv")))
    expect(page.get_by_text("Ready to import")).to_be_visible(timeout=SLOW_MS)
    keep(page, "imports-light-1280")


def take_phone(page: Page, address: str, number: int) -> None:
    """The same file as a phone shows it."""
    page.set_viewport_size({"width": PHONE_WIDTH, "height": PHONE_HEIGHT})
    page.goto(f"{address}/review?application={number}")
    wait_for_charts(page)
    keep(page, "review-light-390")


def take_portfolio(page: Page, address: str) -> None:
    """What a manager sees first."""
    page.goto(f"{address}/portfolio")
    wait_for_charts(page)
    keep(page, "portfolio-light-1280")
    page.goto(f"{address}/applications")
    wait_for_charts(page)
    keep(page, "applications-light-1280")
    page.goto(f"{address}/collections")
    expect(page.get_by_test_id("stDataFrame")).to_be_visible(timeout=SLOW_MS)
    keep(page, "collections-light-1280")


def take_loan(page: Page, address: str, loan_ref: str) -> None:
    """A loan of the desk's own, half repaid."""
    page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
    page.goto(f"{address}/loans?loan={loan_ref}")
    expect(page.get_by_text("instalments paid")).to_be_visible(timeout=SLOW_MS)
    keep(page, "loans-light-1280")


def opened(browser: Browser, scheme: str) -> Page:
    """A window of a browser that nobody has used before."""
    return browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme=scheme).new_page()


def wait_for_charts(page: Page) -> None:
    """Wait until the script has run and each of its charts is drawn."""
    expect(page.get_by_text("Keys ?")).to_be_attached(timeout=SLOW_MS)
    page.wait_for_function(ALL_DRAWN, timeout=SLOW_MS)
    page.wait_for_timeout(SETTLED_MS)
    page.wait_for_function(ALL_DRAWN, timeout=SLOW_MS)


def keep(page: Page, name: str) -> None:
    """Wait until nothing moves, and keep what the window shows."""
    page.mouse.move(WIDTH - 1, HEIGHT - 1)
    page.wait_for_timeout(SETTLED_MS)
    path = PICTURES / f"{name}.png"
    page.screenshot(path=path)
    size = path.stat().st_size
    sys.stderr.write(f"{path.name}: {size:,} bytes\n")
    if size > MOST_BYTES:
        raise RuntimeError(f"{path.name} is larger than {MOST_BYTES:,} bytes")


if __name__ == "__main__":
    main()
