"""Platforms' exports in a browser: dropped on the Imports page as they are, and found in the shop's dossier."""

import pytest
from playwright.sync_api import expect
from sqlalchemy import insert

from db import tables
from db.engine import connect, migrate, open_session
from db.tables import table_of
from tests.browser.visitor import press, settle
from tests.desk import AS_OF, Desk, add_batch
from tests.exports import SAMPLES
from tests.server import served
from tests.test_ingest_olist import USUAL as TABLES

pytestmark = [pytest.mark.browser, pytest.mark.records]

shops = table_of(tables.Shop)

# One of each kind, with what Loam calls it; the shop of each currency is named after it.
USUAL = [
    ("taobao_orders", "Taobao's and Tmall's order report", "CNY"),
    ("alipay_merchant_statement", "Alipay's statement", "CNY"),
]
OF_ORDERS = {"taobao_orders", "shopify_orders", "etsy_sold_orders", "ebay_orders", "amazon_settlement_v2"}
OTHERS = [
    ("alipay_fund_flow", "Alipay's flow of funds", "CNY"),
    ("alipay_personal", "Alipay's", "CNY"),
    ("shopify_orders", "Shopify's order export", "USD"),
    ("shopify_payments_transactions", "Shopify's payment transactions", "USD"),
    ("etsy_sold_orders", "Etsy's sold orders", "USD"),
    ("ebay_orders", "eBay's order report", "USD"),
    ("ebay_transactions", "eBay's transaction report", "USD"),
    ("amazon_settlement_v2", "Amazon's settlement report", "USD"),
]


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    """An address, and the number of a shop without any record, for each currency."""
    url = f"sqlite:///{tmp_path_factory.mktemp('exports') / 'loam.db'}"
    engine = connect(url)
    migrate(engine)
    Desk(engine)
    numbers = {}
    with open_session(engine, write=True) as session:
        batch_id = add_batch(session)
        for currency in ("CNY", "USD"):
            shop = {"shop_ref": currency, "name": f"Shop {currency}", "time_zone": "Asia/Shanghai", "generated": 1}
            numbers[currency] = session.execute(
                insert(shops).values(**shop, currency=currency, batch_id=batch_id).returning(shops.c.id)
            ).scalar_one()
    engine.dispose()
    return url, numbers


@pytest.fixture(scope="module")
def desk(record):
    with served(record[0], business_date=AS_OF) as address:
        yield address


@pytest.mark.parametrize(
    ("kind", "title", "currency"), [*USUAL, *(pytest.param(*other, marks=pytest.mark.soak) for other in OTHERS)]
)
def test_an_export_is_dropped_named_and_brought_in_and_the_dossier_has_it(desk, record, visit, kind, title, currency):
    (sample,) = (SAMPLES / kind).glob("sample.*")
    page = visit(desk, "officer", "/imports").page
    page.locator('input[type="file"]').set_input_files(sample)
    expect(page.get_by_role("heading", name=title)).to_be_visible()
    settle(page)
    page.get_by_role("combobox", name="Whose it is").click()
    page.get_by_role("option", name=f"Shop {currency}").click()
    settle(page)
    consents(page)
    press(page, "Import")
    expect(page.get_by_role("heading", name="Imported as batch")).to_be_visible()
    page.get_by_role("link", name="Open the shop's dossier").click()
    expect(page.get_by_role("heading", name=f"Shop {currency}")).to_be_visible()
    settle(page)
    expect(page.get_by_text("Consent of the owner, see form 17")).to_be_visible()
    if kind in OF_ORDERS:
        expect(page.get_by_text("Sales on record to")).to_be_visible()
        expect(page.get_by_role("heading", name="Net sales")).to_be_visible()
    else:
        held = page.get_by_role("heading", name="Wallet and fund hold")
        moved = page.get_by_role("heading", name="What moved in the wallet in twelve months")
        expect(held.or_(moved)).to_be_visible()


def consents(page):
    """Note the shop's consent with the export, unless it is on record from an export before."""
    unsaid = page.get_by_text("The shop has consented", exact=True)
    if unsaid.count():
        unsaid.click()
        settle(page)
        page.get_by_role("textbox", name="Where it can be looked up").fill("form 17")
        page.keyboard.press("Tab")
        settle(page)


@pytest.mark.soak
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
