"""The second approval in a browser: proposed by one, scored again meanwhile, answered by another."""

import pytest
from playwright.sync_api import expect

from db import applications
from db.engine import connect, migrate, open_session
from tests.browser.visitor import press, settle
from tests.desk import AS_OF, Desk, add_score
from tests.server import served

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """A record of one shop of grade C with one application, on which two officers must agree."""
    engine = connect(f"sqlite:///{tmp_path_factory.mktemp('second') / 'loam.db'}")
    migrate(engine)
    desk = Desk(engine)
    with open_session(engine, write=True) as session:
        add_score(session, desk.shop_id, points=610, grade="C")
    yield desk
    engine.dispose()


@pytest.fixture(scope="module")
def address(desk):
    url = desk.engine.url.render_as_string(hide_password=False)
    with served(url, business_date=AS_OF) as address:
        yield address


def test_a_second_officer_sees_what_changed_and_answers_and_the_first_one_cannot(desk, address, visit):
    officer = visit(address, "officer", "/review?application=1").page
    officer.get_by_role("button", name="needs a second officer").click()
    expect(officer.get_by_role("heading", name="Waits for somebody else")).to_be_visible()
    with open_session(desk.engine, write=True) as session:
        add_score(session, desk.shop_id, points=605, grade="C")

    officer.goto(f"{address}/approvals")
    expect(officer.get_by_text("You took part in an earlier round")).to_be_visible()
    expect(officer.get_by_role("link", name="Answer in Review")).to_have_count(0)

    second = visit(address, "second", "/approvals").page
    expect(second.get_by_text("1 application waits for a second person")).to_be_visible()
    expect(second.get_by_text("610 points, grade C")).to_be_visible()
    second.get_by_role("link", name="Answer in Review").click()
    settle(second)
    second.get_by_role("button", name="Approve ¥").or_(second.get_by_role("button", name="Offer ¥")).click()
    press(second, "Record it")
    expect(second.get_by_role("heading", name="Recorded")).to_be_visible()
    with open_session(desk.engine) as session:
        first, last = applications.rounds(session, desk.application_id)
    assert [first.person_name, last.person_name] == ["Olive Officer", "Sandy Second"]
    assert (first.final, last.final) == (False, True)
