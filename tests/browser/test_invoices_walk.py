"""The main job on real records of thirty firms, in a browser: import, queue, review, score, decide, audit."""

import csv
import gzip
import re
from collections import Counter
from decimal import Decimal

import pytest
from playwright.sync_api import expect

from components import sentences
from tests.browser.files import decisions_on, events_on
from tests.browser.visitor import choose_row, press, settle, table_rows

pytestmark = [pytest.mark.browser, pytest.mark.records]

LONG_MS = 150_000
NUMBER = 9
FILES = ("shops.csv", "orders.csv.gz", "purchases.csv.gz", "applications.csv")


TENTH = re.compile(r"E\d+0$")


@pytest.fixture(scope="module")
def folder(shared, tmp_path_factory):
    """The records of each tenth firm, in the form in which those of all lie there; all are imported elsewhere."""
    place = tmp_path_factory.mktemp("firms")
    for name in FILES:
        chosen = [row for row in rows_of(shared / "data" / "sme_invoices" / name) if TENTH.match(row["shop_ref"])]
        opened = gzip.open if name.endswith(".gz") else open
        with opened(place / name, "wt", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(chosen[0]))
            writer.writeheader()
            writer.writerows(chosen)
    return place


def rows_of(path):
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def sums_of_orders(path):
    """Orders without refund rows, the cancelled among them, and what the others sold and gave back, from the file."""
    statuses = Counter()
    gross = refunded = Decimal(0)
    for row in rows_of(path):
        statuses[row["status"]] += 1
        if row["status"] != "cancelled":
            gross += Decimal(row["gross"])
            refunded += Decimal(row["refunded"] or 0)
    return statuses.total() - statuses["refund"], statuses["cancelled"], gross, refunded


def test_an_officer_imports_scores_and_decides_on_the_real_invoices(invoices, invoices_url, visit, folder):
    orders, cancelled, gross, refunded = sums_of_orders(folder / "orders.csv.gz")
    page = visit(invoices, "officer", "/imports").page
    page.locator('input[type="file"]').set_input_files([folder / name for name in FILES])
    expect(page.get_by_role("heading", name="Ready to import")).to_be_visible(timeout=LONG_MS)
    settle(page)
    said = page.inner_text("body")
    assert f"{orders:,} orders" in said
    assert f"{cancelled:,} cancelled orders" in said
    assert f"¥{round(gross):,}" in said
    assert f"¥{round(refunded):,}" in said
    counted = {cells[0]: cells[1] for cells in table_rows(page)}
    assert {name: int(count.replace(",", "")) for name, count in counted.items()} == {
        name: sum(1 for _ in rows_of(folder / name)) for name in FILES
    }
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_role("heading", name="Imported as batch 1")).to_be_visible(timeout=LONG_MS)

    page.get_by_role("link", name="Queue").click()
    firms = counted["applications.csv"]
    expect(page.get_by_role("heading", name=f"{firms} applications wait")).to_be_visible()
    settle(page)
    ref = table_rows(page)[0][NUMBER]
    choose_row(page, 0)
    press(page, "Take it")
    page.wait_for_url("**/review*")
    number = int(page.url.split("application=")[1])
    press(page, "Score this shop")
    expect(page.get_by_text("on the record before 22 Feb 2020")).to_be_visible()
    settle(page)
    page.get_by_role("radio", name="Refer").click()
    page.get_by_label("Note").fill("Read on the real record")
    page.get_by_role("button", name="Refer to the next person").click()
    expect(page.get_by_text("Olive Officer referred")).to_be_visible()

    manager = visit(invoices, "manager", f"/review?application={number}").page
    expect(manager.get_by_text("Read on the real record")).to_be_visible()
    manager.get_by_role("radio", name="Decline").click()
    manager.get_by_label("Note").fill("Seen by two")
    reasons = manager.locator('[data-testid="stMultiSelect"]')
    if not any(words in reasons.inner_text() for words in sentences.SHORT_REASONS.values()):
        reasons.get_by_role("combobox").click()
        manager.get_by_role("option").first.click()
        manager.keyboard.press("Escape")
    manager.locator('[class*="st-key-record_"] button').click()
    press(manager, "Record it")
    expect(manager.get_by_role("heading", name="Recorded")).to_be_visible()
    assert [(row.outcome, row.final) for row in decisions_on(invoices_url, number)] == [("refer", 0), ("decline", 1)]
    assert len(events_on(invoices_url, number, "decide")) == 1

    manager.get_by_role("link", name="Audit").click()
    manager.get_by_text("on record").first.wait_for()
    settle(manager)
    register = [(cells[2], cells[3].split(",")[0]) for cells in table_rows(manager)]
    assert ("decide", ref) in register
    assert "import" in [kind for kind, _ in register]
