"""Every page × role × scope, past the screen: a page of another role stays shut, and no page shows another branch."""

import json

import pytest
from streamlit.testing.v1 import AppTest

from components import audit_panel
from db import audit, people
from db.engine import open_session
from db.people import PAGES_OF_ROLE
from tests.branch_desk import OTHER_SHOP, BranchDesk
from tests.screens import shown, texts
from tests.server import ROOT

PAGES = sorted({page for pages in PAGES_OF_ROLE.values() for page in pages})
SHUT = [(role, page) for role, pages in PAGES_OF_ROLE.items() for page in PAGES if page not in pages]
OF_ROLE = {"officer": "here", "manager": "head-here", "auditor": "reader", "administrator": "keeper"}
OPEN_TO_A_BRANCH = [
    (handle, page) for role, handle in (("officer", "here"), ("manager", "head-here"), ("administrator", "keeper"))
    for page in PAGES_OF_ROLE[role]
]  # fmt: skip


@pytest.fixture
def desk(empty_screens):
    desk = BranchDesk(empty_screens.engine)
    desk.screens = empty_screens
    return desk


def run_alone(page, **address):
    """The file of a page, run without the shell and its navigation."""
    screen = AppTest.from_file(ROOT / "pages" / f"{page}.py", default_timeout=60)
    screen.query_params.update(address)
    return screen.run()


def everything_sent(screen):
    """All that the run would send to the browser: words, tables and charts."""

    def nodes(block):
        for child in block.children.values():
            yield str(getattr(child, "proto", ""))
            if hasattr(child, "children"):
                yield from nodes(child)

    return "".join(text for root in screen._tree.children.values() for text in nodes(root))


@pytest.mark.parametrize(("role", "page"), SHUT)
def test_a_page_of_another_role_stays_shut_and_the_register_says_who_tried(desk, role, page):
    desk.screens.sit_down(OF_ROLE[role])
    screen = run_alone(page)
    assert "This page is not part of your role." in texts(screen)
    sent = everything_sent(screen)
    assert OTHER_SHOP not in sent
    assert "Grey Tile Teas" not in sent
    with open_session(desk.engine) as session:
        told = audit.newest(session, kinds=("refused",))
        assert told["person"].tolist() == [people.by_handle(session, OF_ROLE[role]).name]
    tried = "the scores" if page == "score" else f"page {page.capitalize()}"
    assert audit_panel.details("refused", json.loads(told["body"][0])) == f"{tried}: not given by the role"


def addresses(desk):
    """What somebody could type to reach the other branch's shop."""
    return {"application": str(desk.other_application_id), "shop": str(desk.other_shop_id), "loan": "1", "view": "all"}


@pytest.mark.parametrize(("handle", "page"), OPEN_TO_A_BRANCH)
def test_a_page_shows_nothing_of_another_branch_whatever_is_typed_into_its_address(desk, handle, page):
    desk.screens.sit_down(handle)
    sent = everything_sent(run_alone(page, **addresses(desk)))
    assert OTHER_SHOP not in sent
    assert "A2" not in sent.replace("AA2", "")


def test_the_other_branch_is_there_for_those_who_may_see_it(desk):
    """So that the test above could fail."""
    desk.screens.sit_down("there")
    for page in ("queue", "review", "shops"):
        assert OTHER_SHOP in everything_sent(run_alone(page, **addresses(desk))), page


def test_a_file_of_another_branch_is_told_as_one_that_is_not_there(desk):
    screen = desk.screens.open("review", by="here", application=str(desk.other_application_id))
    assert "no application" in texts(shown(screen)).lower()
