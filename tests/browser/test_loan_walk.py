"""The life of a loan in a browser: approved, accepted, paid out, paid, late, in Collections, in the Portfolio."""

import pytest
from playwright.sync_api import expect

from db.engine import connect, migrate
from tests.browser.visitor import press
from tests.desk import AS_OF, Desk
from tests.loan_desk import later
from tests.server import served

pytestmark = pytest.mark.browser

STEPS = ("Offer accepted", "Identity checked", "Sanctions checked", "Consent checked", "Total cost acknowledged")


@pytest.fixture(scope="module")
def loan_url(tmp_path_factory):
    """A record of one shop with one application that waits."""
    url = f"sqlite:///{tmp_path_factory.mktemp('loan') / 'loam.db'}"
    engine = connect(url)
    migrate(engine)
    Desk(engine)
    engine.dispose()
    return url


@pytest.fixture(scope="module")
def on_the_day(loan_url):
    """The desk on the day on which the application waits."""
    with served(loan_url, business_date=AS_OF) as address:
        yield address


@pytest.fixture(scope="module")
def afterwards(loan_url):
    """The same record, a hundred days later."""
    with served(loan_url, business_date=later(100)) as address:
        yield address


def test_a_loan_is_approved_paid_out_paid_and_late_and_stands_in_collections_and_portfolio(
    on_the_day, afterwards, visit
):
    officer = visit(on_the_day, "officer", "/review?application=1").page
    officer.get_by_role("button", name="Approve ¥").or_(officer.get_by_role("button", name="Offer ¥")).click()
    press(officer, "Record it")
    expect(officer.get_by_role("heading", name="Recorded")).to_be_visible()

    second = visit(on_the_day, "second", "/loans").page
    expect(second.get_by_text("1 approved loan waits to be paid out")).to_be_visible()
    for label in STEPS:
        press(second, label)
        expect(second.get_by_role("button", name=label)).to_be_disabled()
    press(second, "Pay out ¥")
    press(second, "Yes, it is paid out")
    expect(second.get_by_text("Paid out: recorded")).to_be_visible()

    second.goto(f"{on_the_day}/loans?loan=L-A1")
    press(second, "Book the payment of ¥")
    press(second, "Record it")
    expect(second.get_by_text("It counts from tomorrow on.")).to_be_visible()

    second = visit(afterwards, "second", "/loans?loan=L-A1").page
    expect(second.get_by_text("days past due, with")).to_be_visible()
    second.goto(f"{afterwards}/collections")
    expect(second.get_by_role("heading", name="overdue")).to_be_visible()
    manager = visit(afterwards, "manager", "/portfolio").page
    expect(manager.get_by_text("Outstanding").first).to_be_visible()
    expect(manager.get_by_text("PAR30").first).to_be_visible()
