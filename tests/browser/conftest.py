"""A Chromium, and a running desk of each kind: the demo, and the real invoices before they are imported."""

import itertools
import os
import shutil
import subprocess
import sys
from collections import defaultdict
from datetime import date

import pytest
from playwright.sync_api import Error, sync_playwright

from demo.shops import BUSINESS_DATE
from tests.browser.visitor import WIDE, Visitor
from tests.made_once import made_once
from tests.server import ROOT, served

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--process-per-site",
    # A browser without a network: no name and no address but this machine's own leads anywhere.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
)  # fmt: skip
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")
INVOICES_DATE = date(2020, 2, 22)


# The browser ends with this folder: Playwright's event loop would be in the way of later tests. The desks stay.
@pytest.fixture(scope="package")
def browser():
    """A system Chromium, or Playwright's own; without one the tests are skipped, and fail in CI."""
    found = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=found, args=list(FLAGS))
        except Error as error:
            why = f"no Chromium to drive: {error.message.splitlines()[0]}"
            if os.environ.get("CI") == "true":
                pytest.fail(why)
            pytest.skip(why)
        yield browser
        browser.close()


def make_demo(folder):
    """A database with a demo as `make run` makes it, but smaller, and on a fixed day."""
    subprocess.run(
        [sys.executable, "loam.py", "demo", "--shops", "300"], cwd=ROOT, check=True,
        env=os.environ
        | {"LOAM_DATABASE_URL": f"sqlite:///{folder / 'loam.db'}", "LOAM_BUSINESS_DATE": BUSINESS_DATE.isoformat()},
    )  # fmt: skip


@pytest.fixture(scope="session")
def demo_url(tmp_path_factory):
    """The address of a database with the demo, which the tests of this process may change."""
    made, place = made_once(tmp_path_factory, "demo", make_demo), tmp_path_factory.mktemp("demo")
    shutil.copy(made / "loam.key", place)
    return f"sqlite:///{shutil.copy(made / 'loam.db', place)}"


@pytest.fixture(scope="session")
def demo(demo_url):
    """The address of the desk on the demo."""
    with served(demo_url) as address:
        yield address


@pytest.fixture(scope="session")
def invoices_url(tmp_path_factory, migrated_file):
    """The address of an empty database."""
    return f"sqlite:///{shutil.copy(migrated_file, tmp_path_factory.mktemp('invoices') / 'loam.db')}"


@pytest.fixture(scope="session")
def invoices(invoices_url):
    """The address of a desk without any record, on the day after the real invoices end."""
    with served(invoices_url, business_date=INVOICES_DATE) as address:
        yield address


@pytest.fixture(scope="package")
def visitors(browser):
    """The browsers that are open, by desk; kept for whoever comes next, since an empty one takes seconds to fill."""
    visitors = defaultdict(list)
    yield visitors
    for visitor in itertools.chain.from_iterable(visitors.values()):
        visitor.context.close()


@pytest.fixture
def visit(browser, visitors):
    """Turns somebody's tab to a page; at the end nothing was asked for elsewhere, and nobody complained."""
    seated = {}

    def seat(address, handle):
        free = [visitor for visitor in visitors[address] if visitor not in seated.values()]
        if not free:
            free = [Visitor(browser, address)]
            visitors[address] += free
        # Whoever sat there last need not come through the door.
        return min(free, key=lambda visitor: visitor.handle != handle)

    def open_page(address, handle, path="/", *, scheme="light", viewport=WIDE):
        if (address, handle) not in seated:
            seated[address, handle] = seat(address, handle)
        visitor = seated[address, handle]
        visitor.open(handle, path, viewport=viewport, scheme=scheme)
        return visitor

    yield open_page
    for visitor in seated.values():
        visitor.leave()
    for visitor in seated.values():
        visitor.expect_quiet()
