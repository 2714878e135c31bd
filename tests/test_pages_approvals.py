"""The Approvals page: what waits for a second person, and what has changed since the first one answered."""

import json

import pytest
from sqlalchemy import insert, update

from components.wording import plain
from db import approvals, interests, tables
from db.engine import open_session
from db.tables import HISTORY, table_of
from lending.policy import FIRST_POLICY
from tests import desk as made
from tests.screens import button_of, everything, labels, press, shown, texts

MEMBERS = json.loads(FIRST_POLICY.read_text(encoding="utf-8"))


@pytest.fixture
def proposed(screens):
    """Olive has proposed 15,000 on a grade C, which needs a second officer."""
    rescore(screens, points=610, grade="C")
    screens.record(score_run_id=screens.desk.score_run_id)
    return screens


def rescore(screens, **score):
    with open_session(screens.engine, write=True) as session:
        screens.desk.score_run_id = made.add_score(session, screens.desk.shop_id, **score)


def seen_by(screens, who="second"):
    return everything(screens.open("approvals", by=who))


def test_nothing_waits_on_a_desk_where_nobody_has_proposed_anything(screens):
    seen = seen_by(screens)
    assert "Nothing waits for a second person" in seen
    assert "Proposals and referrals stand here until somebody else has answered." in seen


def test_a_proposal_stands_there_with_who_said_what_and_why_it_needs_a_second(proposed):
    seen = seen_by(proposed)
    assert "1 application waits for a second person" in seen
    assert "Olive Officer proposes to approve" in seen
    assert plain("¥15,000") in seen
    assert "Needs a second officer: the grade is not one for fewer people." in seen
    assert "Nothing has changed since." in seen
    assert "Answer in Review" in seen


def test_another_score_and_policy_are_told_with_what_they_were_and_the_limit_that_follows(proposed):
    rescore(proposed, points=585, grade="D", ppm=70_000)
    proposed.desk.put_in_force(json.dumps(MEMBERS | {"version": 2, "rate": MEMBERS["rate"] | {"margin_bps": 300}}))
    seen = seen_by(proposed)
    score = "Score: 610 points, grade C, default probability 1.2% → 585 points, grade D, default probability 7%"
    assert plain(score) in seen
    assert f"- {plain('Policy: version 1 → 2')}\n  - {plain('Margin: 2.5% → 3%')}" in seen
    # The median month is 30 or 31 days of ¥1,000: 1 x of it for a C, 0.5 x for a D.
    assert plain("Limit of the offer: ¥") in seen
    assert "Score and policy" in seen
    assert "Nothing has changed" not in seen


def test_what_was_imported_since_is_told_in_figures(proposed):
    with open_session(proposed.engine, write=True) as session:
        batch = made.add_batch(session)
        days = table_of(tables.SalesDay)
        day = {"shop_id": proposed.desk.shop_id, "day": made.AS_OF, "source": "totals", "orders": 3,
               "cancelled_orders": 0, "gross_minor": 50_000, "refunded_minor": 2_000, "batch_id": batch}  # fmt: skip
        session.execute(insert(days).values(day))
    with open_session(proposed.engine) as session:
        found = approvals.imported_since(session, {proposed.desk.shop_id: batch - 1})
        assert approvals.imported_since(session, {proposed.desk.shop_id: batch}) == {}
    assert found == {proposed.desk.shop_id: approvals.Imported(orders=1, gross_minor=50_000, refunded_minor=2_000)}


def test_what_an_import_replaced_is_taken_off_what_it_brought(proposed):
    with open_session(proposed.engine, write=True) as session:
        batch = made.add_batch(session)
        days, before = table_of(tables.SalesDay), HISTORY["sales_days"]
        row = dict(session.execute(days.select().limit(1)).mappings().one())
        session.execute(insert(before).values(row | {"replaced_batch_id": batch}))
        this_day = (days.c.shop_id == row["shop_id"]) & (days.c.day == row["day"])
        session.execute(update(days).where(this_day).values(gross_minor=90_000, batch_id=batch))
    with open_session(proposed.engine) as session:
        found = approvals.imported_since(session, {proposed.desk.shop_id: batch - 1})
    assert found == {proposed.desk.shop_id: approvals.Imported(replaced=1, gross_minor=-10_000)}


def test_who_proposed_it_and_who_stands_too_close_see_why_they_cannot_answer(proposed):
    assert "You took part in an earlier round" in seen_by(proposed, "officer")
    with open_session(proposed.engine, write=True) as session:
        interests.declare(session, proposed.desk.shop_id, kind="own", note="", person_id=proposed.desk.id_of("second"))
    seen = seen_by(proposed)
    assert "On record this shop is your own" in seen
    assert "Look at it in Review" in seen
    assert "Your role reads files and decides none." in seen_by(proposed, "auditor")


def test_an_officer_is_told_that_agreeing_is_a_managers_matter(screens):
    screens.record(
        outcome="decline", amount_minor=None, term_months=None, rate_bps=None, reasons=("unable_to_verify",),
        note="Nobody there",
    )  # fmt: skip
    seen = seen_by(screens)
    assert "Needs a manager: it goes against the policy's own answer." in seen
    assert "To agree to it is a manager's matter." in seen
    assert "To agree to it is a manager's matter." not in seen_by(screens, "manager")


def test_without_consent_neither_amounts_nor_figures_are_shown(proposed):
    proposed.change_application(proposed.desk.application_id, consented_at=None)
    seen = seen_by(proposed)
    assert "15,000" not in seen
    assert "neither amounts nor figures are shown" in seen


def test_loan_steps_have_their_own_list(screens):
    screen = screens.open("approvals", by="manager", show="steps")
    assert "stand here until a second person has answered" in texts(screen)


def test_an_administrator_has_no_such_page(proposed):
    assert "second person" not in seen_by(proposed, "administrator")


def test_who_knows_a_shop_says_so_and_then_cannot_take_its_file(screens):
    screen = screens.open("shops", shop=str(screens.desk.shop_id))
    assert button_of(screen, "Put it on record").disabled
    assert screen.radio(key="interest_kind").value is None
    screen.radio(key="interest_kind").set_value("own")
    screen = press(shown(screen), "Put it on record")
    assert "Olive Officer is its owner or of the family" in texts(screen)
    review = screens.open("review", application=str(screens.desk.application_id))
    assert "On record this shop is your own" in texts(review)
    assert "Take it" not in labels(review)
    assert "Take the next" not in labels(screens.open("queue"))
    assert "Take it" in labels(screens.open("review", by="second", application=str(screens.desk.application_id)))
