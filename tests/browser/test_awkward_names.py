"""Names that a browser could take for something else come in by the front door and stand there as just that."""

import pytest
from playwright.sync_api import expect

from components.review_panel import LONGEST_NAME, LONGEST_PURPOSE
from components.wording import shortened
from tests.browser.visitor import choose_row, press, settle, table_rows
from tests.screens import AWKWARD_NAMES

pytestmark = pytest.mark.browser

ALL_IN_ONE = " ".join(AWKWARD_NAMES)
SHOP = 1


def read(locator):
    """The text of an element as a person reads it: word joiners take no room."""
    return locator.inner_text().replace("\u2060", "")


@pytest.fixture
def imported(demo, visit, tmp_path):
    """Shops of these names with an application each, brought in through the Imports page."""
    names = [ALL_IN_ONE, *AWKWARD_NAMES]
    shops = [f'X{number},"{name}",CNY,"{name}"' for number, name in enumerate(names)]
    asked = [
        f'XA{number},X{number},2026-11-01T09:00:00,9000.00,CNY,6,"{name}",2026-11-01T09:00:00'
        for number, name in enumerate(names)
    ]
    (tmp_path / "shops.csv").write_text("\n".join(["shop_ref,name,currency,city", *shops]), encoding="utf-8")
    head = "application_ref,shop_ref,submitted_at,amount,currency,term_months,purpose,consented_at"
    (tmp_path / "applications.csv").write_text("\n".join([head, *asked]), encoding="utf-8")
    page = visit(demo, "officer", "/imports").page
    page.locator('input[type="file"]').set_input_files([tmp_path / "shops.csv", tmp_path / "applications.csv"])
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_role("heading", name="Imported as batch")).to_be_visible()
    return page


def test_an_awkward_name_is_shown_as_just_that_on_every_page(demo, imported):
    page = imported
    page.goto(f"{demo}/queue?search=XA")
    settle(page)
    assert {cells[SHOP] for cells in table_rows(page)} == {ALL_IN_ONE, *AWKWARD_NAMES}
    rows = [cells[SHOP] for cells in table_rows(page)]
    choose_row(page, rows.index(ALL_IN_ONE))
    expect(page.get_by_role("button", name="Look at it")).to_be_visible()
    assert ALL_IN_ONE.startswith(read(page.locator("strong", has_text="null")).rstrip("…"))

    press(page, "Look at it")
    page.wait_for_url("**/review*")
    settle(page)
    # The title is cut, and has the whole on hover.
    assert read(page.locator("h4")).strip() == shortened(ALL_IN_ONE, LONGEST_NAME)
    # The sentence under the name has it as the purpose, cut too.
    assert shortened(ALL_IN_ONE, LONGEST_PURPOSE) in read(page.locator("p", has_text="asks"))
    page.get_by_role("radio", name="Refer").click()
    page.get_by_label("Note").fill(ALL_IN_ONE)
    page.get_by_role("button", name="Refer to the next person").click()
    expect(page.get_by_text("Olive Officer referred")).to_be_visible()
    assert ALL_IN_ONE[:40] in read(page.locator("p", has_text="Olive Officer referred"))
    page.get_by_role("link", name="Dossier").click()
    page.wait_for_url("**/shops*")
    settle(page)
    assert read(page.locator("h4")) == ALL_IN_ONE
    main = page.locator('[data-testid="stMain"]')
    assert main.locator("img, .katex").count() == 0
    # A heading's own anchor leads within the page; nothing else may have become a link.
    links = [link.get_attribute("href") for link in main.locator("a").all()]
    assert [link for link in links if "example" in link and not link.startswith("#")] == []
