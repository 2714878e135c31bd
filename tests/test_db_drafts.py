"""A draft is its writer's own, belongs to one round, and is gone once that round is recorded."""

import pytest
from sqlalchemy import func, select

from db import decisions, drafts, tables
from db.engine import open_session
from db.tables import table_of
from lending import errors
from lending.rounds import Draft
from tests.desk import AS_OF, Desk

DRAFT = Draft("approve_less", 1_200_000, 9, ("sales_falling", "high_refunds"), "Ask for the lease. 青瓦茶铺")


@pytest.fixture
def desk(engine):
    return Desk(engine)


def keep(desk, draft=DRAFT, *, by="officer", round_number=1):
    with open_session(desk.engine, write=True) as session:
        drafts.keep(session, desk.application_id, draft, person_id=desk.id_of(by), round_number=round_number)


def read(desk, *, by="officer", round_number=1):
    with open_session(desk.engine) as session:
        return drafts.read(session, desk.application_id, person_id=desk.id_of(by), round_number=round_number)


def count(desk):
    with open_session(desk.engine) as session:
        return session.execute(select(func.count()).select_from(table_of(tables.Draft))).scalar_one()


def decide(desk, who="officer", **changes):
    return decisions.record(desk.engine, desk.request(**changes), person_id=desk.id_of(who), decided_on=AS_OF)


def test_what_was_kept_is_read_again_whole(desk):
    keep(desk)
    assert read(desk) == DRAFT


def test_the_newest_draft_takes_the_place_of_the_one_before(desk):
    keep(desk)
    later = Draft("refer", None, None, (), "")
    keep(desk, later)
    assert read(desk) == later
    assert count(desk) == 1


def test_nobody_reads_the_draft_of_somebody_else(desk):
    keep(desk)
    assert read(desk, by="second") is None
    assert read(desk, by="manager") is None


@pytest.mark.parametrize("role", ["auditor", "administrator"])
def test_who_may_not_decide_keeps_no_draft(desk, role):
    with pytest.raises(errors.NotAllowed):
        keep(desk, by=role)
    assert count(desk) == 0


def test_recording_forgets_every_draft_of_the_file(desk):
    keep(desk)
    keep(desk, by="second")
    decide(desk)
    assert count(desk) == 0


def test_a_decision_that_is_refused_leaves_the_draft_alone(desk):
    keep(desk)
    with pytest.raises(errors.NoteMissing):
        decide(desk, outcome="refer", amount_minor=None, term_months=None, rate_bps=None)
    assert read(desk) == DRAFT


def test_a_draft_of_an_earlier_round_is_not_shown_and_none_is_kept_for_it(desk):
    decide(desk, outcome="refer", amount_minor=None, term_months=None, rate_bps=None, note="Look at the owner")
    with pytest.raises(errors.Stale):
        keep(desk, by="second", round_number=1)
    keep(desk, by="second", round_number=2)
    assert read(desk, by="second", round_number=1) is None
    assert read(desk, by="second", round_number=2) == DRAFT


def test_a_decided_file_keeps_no_draft(desk):
    decide(desk)
    with pytest.raises(errors.Stale):
        keep(desk, by="second", round_number=2)


def test_a_note_that_the_record_would_not_take_is_refused(desk):
    with pytest.raises(errors.NoteTooLong):
        keep(desk, Draft("refer", None, None, (), "x" * 2001))


def test_a_draft_of_no_application_is_refused(desk):
    with open_session(desk.engine, write=True) as session, pytest.raises(errors.UnknownApplication):
        drafts.keep(session, 999, DRAFT, person_id=desk.id_of("officer"), round_number=1)
