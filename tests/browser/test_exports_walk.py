"""Platforms' exports in a browser: dropped on the Imports page as they are, and found in the shop's dossier."""

import pytest
from playwright.sync_api import expect

from db.engine import connect, migrate
from tests.browser.visitor import press, settle
from tests.desk import AS_OF, Desk
from tests.exports import SAMPLES
from tests.server import served
from tests.test_ingest_olist import USUAL as TABLES

pytestmark = [pytest.mark.browser, pytest.mark.records]

# One of each kind, with what Loam calls it.
KINDS = [
    ("taobao_orders", "Taobao's and Tmall's order report"),
    ("alipay_merchant_statement", "Alipay's statement"),
    ("alipay_fund_flow", "Alipay's flow of funds"),
    ("alipay_personal", "Alipay's"),
    ("shopify_orders", "Shopify's order export"),
    ("shopify_payments_transactions", "Shopify's payment transactions"),
    ("etsy_sold_orders", "Etsy's sold orders"),
    ("ebay_orders", "eBay's order report"),
    ("ebay_transactions", "eBay's transaction report"),
    ("amazon_settlement_v2", "Amazon's settlement report"),
]
OF_ORDERS = {"taobao_orders", "shopify_orders", "etsy_sold_orders", "ebay_orders", "amazon_settlement_v2"}


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """The address of a desk whose record has none of the shops of these exports."""
    url = f"sqlite:///{tmp_path_factory.mktemp('exports') / 'loam.db'}"
    engine = connect(url)
    migrate(engine)
    Desk(engine)
    engine.dispose()
    with served(url, business_date=AS_OF) as address:
        yield address


@pytest.mark.parametrize(("kind", "title"), KINDS)
def test_an_export_is_dropped_and_named_and_its_new_shop_has_a_dossier(desk, visit, kind, title):
    (sample,) = (SAMPLES / kind).glob("sample.*")
    page = visit(desk, "officer", "/imports").page
    page.locator('input[type="file"]').set_input_files(sample)
    expect(page.get_by_role("heading", name=title)).to_be_visible()
    settle(page)
    page.get_by_role("combobox", name="Whose it is").click()
    page.get_by_role("option", name="A new shop").click()
    settle(page)
    fill(page, "Its name", f"Shop of {kind}")
    fill(page, "Its number", kind)
    page.get_by_text("The shop has consented", exact=True).click()
    settle(page)
    fill(page, "Where it can be looked up", "form 17")
    press(page, "Import")
    expect(page.get_by_role("heading", name="Imported as batch")).to_be_visible()
    page.get_by_role("link", name="Open the shop's dossier").click()
    expect(page.get_by_role("heading", name=f"Shop of {kind}")).to_be_visible()
    settle(page)
    expect(page.get_by_text("Consent of the owner, see form 17")).to_be_visible()
    if kind in OF_ORDERS:
        expect(page.get_by_text("Sales on record to")).to_be_visible()
        expect(page.get_by_role("heading", name="Net sales")).to_be_visible()
    else:
        held = page.get_by_role("heading", name="Wallet and fund hold")
        moved = page.get_by_role("heading", name="What moved in the wallet in twelve months")
        expect(held.or_(moved)).to_be_visible()


def fill(page, label, text):
    """Write into a field and leave it, so that the page knows."""
    page.get_by_role("textbox", name=label).fill(text)
    page.keyboard.press("Tab")
    settle(page)


def test_a_folder_of_olists_tables_is_chosen_whole_and_its_sellers_become_shops(desk, visit, tmp_path):
    for name, text in TABLES.items():
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    page = visit(desk, "officer", "/imports").page
    page.get_by_role("radio", name="A folder").click()
    settle(page)
    page.locator('input[type="file"]').set_input_files(tmp_path)
    expect(page.get_by_role("heading", name="Olist's tables: 8 files")).to_be_visible()
    settle(page)
    press(page, "Import")
    expect(page.get_by_role("heading", name="Imported as batch")).to_be_visible()
