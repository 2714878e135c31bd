"""Nobody decides, or books, where they stand too close to a shop."""

import json

import pytest
from sqlalchemy import insert, update

from db import audit, decisions, holds, interests, loan_acts, people, queue, tables
from db.engine import open_session
from db.tables import table_of
from lending.errors import InterestRefused, NotAllowed
from tests import desk as made
from tests.loan_desk import WHY, LoanDesk, later


@pytest.fixture
def desk(engine):
    return made.Desk(engine)


def declare(desk, kind="own", *, by="officer", about=None, shop_id=None, note=""):
    with open_session(desk.engine, write=True) as session:
        interests.declare(
            session, shop_id or desk.shop_id, kind=kind, note=note, person_id=desk.id_of(by),
            about=about and desk.id_of(about),
        )  # fmt: skip


def end(desk, by="manager", note="The shop was sold"):
    with open_session(desk.engine, write=True) as session:
        (known,) = interests.of_shop(session, desk.shop_id)
        interests.end(session, known.id, note=note, person_id=desk.id_of(by))


def barred(desk, who="officer"):
    with open_session(desk.engine) as session:
        return interests.barred(session, desk.id_of(who))


def take(desk, who="officer"):
    with open_session(desk.engine, write=True) as session:
        holds.take(session, desk.application_id, person_id=desk.id_of(who))


def decide(desk, who="officer", **changes):
    return decisions.record(desk.engine, desk.request(**changes), person_id=desk.id_of(who), decided_on=made.AS_OF)


REFER = {"outcome": "refer", "amount_minor": None, "term_months": None, "rate_bps": None, "note": "Not mine to say"}


@pytest.mark.parametrize(("kind", "because"), [("own", "own_file"), ("referred", "own_referral")])
@pytest.mark.parametrize("act", [take, decide, lambda desk: decide(desk, **REFER)], ids=["take", "decide", "refer"])
def test_nobody_takes_or_answers_a_file_that_is_their_own_or_that_they_brought_in(desk, kind, because, act):
    declare(desk, kind)
    with pytest.raises(NotAllowed) as refused:
        act(desk)
    assert refused.value.because == because
    assert decide(desk, "second").final


def test_a_second_round_is_refused_like_a_first(desk):
    declare(desk, by="manager")
    decide(desk, **REFER)
    with pytest.raises(NotAllowed):
        decide(desk, "manager", request_key="key-2", round=2)


def test_ones_own_shop_bars_from_every_shop_of_the_owner_and_a_referral_from_that_shop_alone(desk):
    shops = table_of(tables.Shop)
    with open_session(desk.engine, write=True) as session:
        session.execute(update(shops).values(owner_ref="O-1"))
        other = made.add_shop(session, "S2", name="Paper Lantern Shoes", owner_ref="O-1")
        made.add_shop(session, "S3", name="Nobody's Honey")
    declare(desk)
    declare(desk, "referred", by="second")
    assert barred(desk) == {desk.shop_id: "own_file", other: "own_file"}
    assert barred(desk, "second") == {desk.shop_id: "own_referral"}


def test_an_owner_who_becomes_known_later_counts_as_well(desk):
    declare(desk)
    with open_session(desk.engine, write=True) as session:
        session.execute(update(table_of(tables.Shop)).values(owner_ref="O-1"))
        other = made.add_shop(session, "S2", name="Paper Lantern Shoes", owner_ref="O-1")
    assert set(barred(desk)) == {desk.shop_id, other}


def test_the_next_in_line_leaves_out_what_one_may_not_answer(desk):
    def following():
        with open_session(desk.engine) as session:
            return queue.next_in_line(session, queue.QueueView(), person_id=desk.id_of("officer"), now=made.NOW)

    assert following() == desk.application_id
    declare(desk)
    assert following() is None


def test_no_step_of_the_loan_is_recorded_or_answered_by_who_stands_too_close(engine):
    desk = LoanDesk(engine)
    desk.disburse()
    asked = desk.act("pay", today=later(9), day=later(5), amount_minor=10_000, reason=WHY)
    for who in ("second", "manager"):
        declare(desk, by="administrator", about=who, note="A relative runs it")
    with pytest.raises(NotAllowed) as refused:
        desk.act("pay", today=later(9), amount_minor=10_000)
    assert refused.value.because == "own_file"
    with pytest.raises(NotAllowed):
        desk.act("contact", today=later(9), channel="phone", reason=WHY)
    for agrees in (True, False):
        with pytest.raises(NotAllowed):
            loan_acts.answer(
                engine, asked.act_id, agrees=agrees, note="", person_id=desk.id_of("manager"), today=later(9)
            )
    told = {"agrees": True, "note": "", "person_id": desk.id_of("deputy"), "today": later(9)}
    assert not loan_acts.answer(engine, asked.act_id, **told).waits


def test_an_interest_is_ended_by_somebody_else_and_then_bars_no_more(desk):
    declare(desk, by="manager")
    for who in ("officer", "auditor"):
        with pytest.raises(NotAllowed):
            end(desk, who)
    with pytest.raises(InterestRefused) as refused:
        end(desk)
    assert refused.value.because == "own"
    with pytest.raises(InterestRefused):
        end(desk, "administrator", note=" ")
    end(desk, "administrator")
    assert barred(desk, "manager") == {}
    assert decide(desk, "manager").final


def test_only_managers_and_administrators_speak_of_somebody_else(desk):
    for who in ("officer", "auditor"):
        with pytest.raises(NotAllowed):
            declare(desk, by=who, about="second", note="They are friends")
    declare(desk, by="administrator", about="second", note="They are friends")
    assert set(barred(desk, "second")) == {desk.shop_id}


def test_somebody_whose_account_was_closed_declares_nothing(desk):
    with open_session(desk.engine, write=True) as session:
        session.execute(people.people.update().where(people.people.c.handle == "officer").values(enabled=0))
    with pytest.raises(NotAllowed):
        declare(desk)


@pytest.mark.parametrize(
    ("given", "because"),
    [
        ({}, "known"),
        ({"shop_id": 999}, "unknown"),
        ({"kind": "envy"}, "unknown"),
        ({"kind": "referred", "note": "x" * 501}, "long"),
        ({"by": "manager", "about": "second"}, "note"),
    ],
)
def test_what_cannot_be_noted_is_refused(desk, given, because):
    declare(desk)
    with pytest.raises(InterestRefused) as refused:
        declare(desk, **given)
    assert refused.value.because == because


def test_the_audit_tells_who_said_what_about_whom(desk):
    declare(desk, by="manager", about="officer", note="Her brother's shop")
    end(desk, "administrator")
    with open_session(desk.engine) as session:
        events = audit.newest(session, kinds=("note interest", "end interest"))
    ended, noted = [json.loads(each) for each in events["body"]]
    assert (noted["about"], noted["kind"], noted["note"]) == (desk.id_of("officer"), "own", "Her brother's shop")
    assert (ended["about"], ended["note"]) == (desk.id_of("officer"), "The shop was sold")
    assert events["person"].tolist() == ["Addison Administrator", "Morgan Manager"]


@pytest.mark.parametrize("table", ["interests", "interest_ends"])
@pytest.mark.parametrize("verb", ["update", "delete"])
def test_what_was_noted_stands_as_it_was_noted(desk, table, verb):
    declare(desk)
    end(desk)
    rows = getattr(interests, {"interests": "interests", "interest_ends": "ends"}[table])
    changed = update(rows).values(note="otherwise") if verb == "update" else rows.delete()
    with pytest.raises(Exception, match=r"register|not authorized"), open_session(desk.engine, write=True) as session:
        session.execute(changed)


def test_the_database_itself_refuses_an_interest_in_nothing(desk):
    row = {"person_id": 1, "kind": "own", "note": "", "noted_by": 1, "recorded_at": made.NOW}
    with pytest.raises(Exception, match="subject_named"), open_session(desk.engine, write=True) as session:
        session.execute(insert(interests.interests).values(row))
