"""Portfolio as each role sees it: the book's figures, what was picked, what was reported, and an empty desk."""

import pytest

from components.wording import plain
from db import loan_acts
from desk.month_ends import close
from settings import settings
from tests.loan_desk import WHY, LoanDesk, later
from tests.screens import everything, labels, texts

DAY = later(100)


@pytest.fixture
def desk(empty_screens, monkeypatch):
    """A loan of 15,000 that was never paid, looked at a hundred days later."""
    empty_screens.desk = LoanDesk(empty_screens.engine)
    empty_screens.desk.disburse()
    monkeypatch.setenv("LOAM_BUSINESS_DATE", DAY.isoformat())
    settings.cache_clear()
    return empty_screens


@pytest.mark.parametrize("role", ["manager", "auditor"])
def test_those_who_watch_the_book_see_its_figures(desk, role):
    screen = desk.open("portfolio", by=role)
    assert {"Outstanding", "PAR30", "NPL", "Expected loss"} <= {metric.label for metric in screen.metric}
    assert "¥15k" in [metric.value for metric in screen.metric]


def test_an_officer_has_no_such_page(desk):
    assert "Outstanding" not in everything(desk.open("portfolio", by="officer"))


def test_an_empty_desk_says_what_is_missing(empty_screens):
    assert "No loan is on record" in texts(empty_screens.open("portfolio", by="manager"))


def test_few_loans_are_told_as_few(desk):
    assert "too few" in everything(desk.open("portfolio", by="manager")).lower()


def test_what_is_picked_stands_in_the_address_and_can_be_taken_away(desk):
    screen = desk.open("portfolio", by="manager", bucket="current")
    assert "No loan on record fits these filters" in texts(screen)
    assert any("urrent" in label for label in labels(screen))


def test_a_month_end_that_was_restated_says_so(desk):
    february = later(91)
    assert february.day == 1
    close(desk.engine, [february], person_id=None)
    assert "has changed since it was reported" not in everything(
        desk.open("portfolio", by="manager", as_of=february.isoformat())
    )
    asked = desk.desk.act("pay", today=DAY, day=later(40), amount_minor=769_809, reason=WHY)
    manager = desk.desk.id_of("manager")
    loan_acts.answer(desk.engine, asked.act_id, agrees=True, note="", person_id=manager, today=DAY)
    told = everything(desk.open("portfolio", by="manager", as_of=february.isoformat()))
    assert "The close of 31 Jan 2027 has changed since it was reported" in told
    assert plain("PAR30 was reported as 100% and is 0%") in told
