"""A decision is recorded once, by somebody who may, on what was on the screen."""

import threading

import pytest
from sqlalchemy import func, insert, select

from db import audit, decisions, exposure, holds, offers, people, queue, tables
from db.engine import DatabaseUnavailable, open_session
from db.tables import table_of
from lending import errors, policy
from lending.offer import NO_DEBT
from lending.rounds import Round
from tests import desk as made
from tests.desk import Desk

TABLE = table_of(tables.Decision)

DECLINE = {"outcome": "decline", "amount_minor": None, "term_months": None, "rate_bps": None}


@pytest.fixture
def desk(engine):
    return Desk(engine)


def count(desk):
    with open_session(desk.engine) as session:
        return session.execute(select(func.count()).select_from(TABLE)).scalar_one()


def decide(desk, who="officer", **changes):
    return decisions.record(desk.engine, desk.request(**changes), person_id=desk.id_of(who), decided_on=made.AS_OF)


def test_an_officer_settles_a_small_amount_of_a_good_grade_alone(desk):
    done = decide(desk)
    assert (done.outcome, done.amount_minor, done.authority, done.final, done.override) == (
        "approve", 1_500_000, "officer", True, False,
    )  # fmt: skip
    with open_session(desk.engine) as session:
        assert queue.waiting(session, queue.QueueView(), person_id=1, now=made.NOW).empty
        events = audit.newest(session)
        assert events.iloc[0].kind == "decide"
        assert '"amount_minor":1500000' in events.iloc[0].body


def test_the_same_click_again_records_nothing_new(desk):
    first = decide(desk)
    second = decide(desk)
    assert first == second
    assert count(desk) == 1


@pytest.mark.parametrize(
    "changes", [{"amount_minor": 1_000_000, "outcome": "approve_less", "reasons": ("sales_too_low",)}, {"note": "x"}]
)
def test_a_key_that_comes_back_with_other_content_is_a_conflict(desk, changes):
    decide(desk)
    with pytest.raises(errors.KeyConflict):
        decide(desk, **changes)
    assert count(desk) == 1


def test_a_key_that_comes_back_from_somebody_else_is_a_conflict(desk):
    decide(desk)
    with pytest.raises(errors.KeyConflict):
        decide(desk, "second")


def test_a_key_that_comes_back_for_another_file_is_a_conflict(desk):
    decide(desk)
    with pytest.raises(errors.KeyConflict):
        decide(desk, application_id=second_application(desk))
    assert count(desk) == 1


@pytest.mark.parametrize("key", ["", "k" * 1000])
def test_a_key_without_sense_is_refused(desk, key):
    with pytest.raises(errors.KeyConflict):
        decide(desk, request_key=key)


def test_whoever_comes_second_is_told_who_decided_and_when(desk):
    done = decide(desk)
    with pytest.raises(errors.AlreadyDecided) as told:
        decide(desk, "second", request_key="key-2")
    assert (told.value.name, told.value.at, told.value.final) == ("Olive Officer", done.recorded_at, True)


def test_of_many_at_once_one_wins_and_the_others_are_told(desk):
    results, start = [], threading.Barrier(8)

    def press(number):
        start.wait()
        try:
            results.append(decide(desk, ("officer", "second")[number % 2], request_key=f"key-{number}"))
        except errors.BrokenRule as error:
            results.append(error)

    threads = [threading.Thread(target=press, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    winners = [each for each in results if isinstance(each, Round)]
    assert len(winners) == 1
    assert all(isinstance(each, errors.AlreadyDecided) for each in results if each not in winners)
    assert count(desk) == 1


@pytest.mark.parametrize("who", ["auditor", "administrator"])
def test_who_may_only_look_decides_nothing(desk, who):
    with pytest.raises(errors.NotAllowed):
        decide(desk, who)
    assert count(desk) == 0


def test_an_account_that_was_closed_decides_nothing(desk):
    with open_session(desk.engine, write=True) as session:
        session.execute(people.people.update().where(people.people.c.handle == "officer").values(enabled=0))
    with pytest.raises(errors.NotAllowed):
        decide(desk)


def test_a_file_that_somebody_holds_is_decided_by_nobody_else(desk):
    with open_session(desk.engine, write=True) as session:
        holds.take(session, desk.application_id, person_id=desk.id_of("second"))
    with pytest.raises(errors.HeldByAnother) as told:
        decide(desk)
    assert told.value.name == "Sandy Second"
    assert decide(desk, "second").final


def test_a_score_that_is_no_longer_the_newest_is_stale(desk):
    with open_session(desk.engine, write=True) as session:
        made.add_score(session, desk.shop_id, points=601, grade="C")
    with pytest.raises(errors.Stale):
        decide(desk)
    assert count(desk) == 0


def test_a_score_of_another_shop_is_refused(desk):
    with open_session(desk.engine, write=True) as session:
        other = made.add_shop(session, "S2", name="Paper Lantern Shoes")
        other_run = made.add_score(session, other)
    with pytest.raises(errors.Stale):
        decide(desk, score_run_id=other_run)


def test_a_policy_that_is_no_longer_in_force_is_stale(desk):
    desk.put_in_force(policy.FIRST_POLICY.read_text().replace('"version": 1', '"version": 2'))
    with pytest.raises(errors.Stale):
        decide(desk)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"amount_minor": 0}, errors.AmountOutOfRange),
        ({"amount_minor": 1_500_001}, errors.AmountOutOfRange),
        ({"amount_minor": 10**18, "note": "Much more"}, errors.AmountOutOfRange),
        ({"rate_bps": 99_999}, errors.RateOutOfRange),
        ({"term_months": 7}, errors.TermNotOffered),
        ({**DECLINE}, errors.ReasonMissing),
        ({**DECLINE, "reasons": ("made_up",)}, errors.UnknownReason),
        ({**DECLINE, "outcome": "refer"}, errors.NoteMissing),
        ({"outcome": "grant"}, errors.UnknownOutcome),
        ({"note": "x" * 2001}, errors.NoteTooLong),
    ],
)
def test_what_the_screen_would_not_let_through_the_record_refuses_too(desk, changes, error):
    with pytest.raises(error):
        decide(desk, **changes)
    assert count(desk) == 0


def test_an_amount_above_the_first_limit_waits_for_a_second_officer(engine):
    desk = Desk(engine, amount_minor=1_500_000)
    with open_session(engine, write=True) as session:
        made.add_score(session, desk.shop_id, points=610, grade="C")
        desk.score_run_id = made.add_score(session, desk.shop_id, points=610, grade="C")
    first = decide(desk)
    assert (first.authority, first.final) == ("second_officer", False)
    with pytest.raises(errors.NotAllowed) as refused:
        decide(desk, request_key="key-2", round=2)
    assert refused.value.because == "same_person"
    second = decide(desk, "second", request_key="key-3", round=2)
    assert second.final
    with open_session(engine) as session:
        assert queue.count(session, queue.QueueView(), person_id=1, now=made.NOW) == 0


def test_a_referral_keeps_the_file_waiting_and_says_who_referred(desk):
    decide(desk, **{**DECLINE, "outcome": "refer", "note": "Sales of May look odd"})
    with open_session(desk.engine) as session:
        waiting = queue.waiting(session, queue.QueueView(), person_id=1, now=made.NOW)
    assert waiting[["state", "proposed_by"]].values.tolist() == [["referred", "Olive Officer"]]
    assert decide(desk, "manager", request_key="key-2", round=2).final


def test_declining_a_shop_that_the_policy_would_lend_to_needs_a_manager(desk):
    first = decide(desk, **DECLINE, reasons=("unable_to_verify",), note="The owner could not be reached")
    assert (first.override, first.authority, first.final) == (True, "manager", False)


def test_without_consent_nothing_can_be_approved_but_the_file_can_be_declined(engine):
    desk = Desk(engine, consented=False)
    with pytest.raises(errors.Stale):
        decide(desk)
    with pytest.raises(errors.Stale):
        decide(desk, score_run_id=None)
    done = decide(desk, **DECLINE, reasons=("incomplete_application",), score_run_id=None)
    assert done.final


def test_the_database_itself_refuses_a_second_row_for_a_round(desk):
    decide(desk)
    with open_session(desk.engine) as session:
        row = dict(session.execute(select(TABLE)).mappings().one())
    row |= {"id": None, "request_key": "other", "person_id": desk.id_of("second")}
    row.pop("id")
    with pytest.raises(Exception, match=r"(?i)unique"), open_session(desk.engine, write=True) as session:
        session.execute(insert(TABLE).values(row))


def test_the_database_itself_refuses_a_second_round_by_the_same_person(desk):
    decide(desk)
    with open_session(desk.engine) as session:
        row = dict(session.execute(select(TABLE)).mappings().one())
    row |= {"round": 2, "request_key": "other"}
    row.pop("id")
    with pytest.raises(Exception, match=r"(?i)unique.*person_id"), open_session(desk.engine, write=True) as session:
        session.execute(insert(TABLE).values(row))


def test_a_failure_half_way_leaves_neither_decision_nor_event(desk, monkeypatch):
    def fail(*_args):
        raise RuntimeError("the lights went out")

    monkeypatch.setattr(decisions.audit, "record", fail)
    with pytest.raises(RuntimeError):
        decide(desk)
    assert count(desk) == 0


def second_application(desk, **facts):
    with open_session(desk.engine, write=True) as session:
        return made.add_application(session, desk.shop_id, "A2", **facts)


def test_what_was_approved_before_comes_off_the_limit_and_counts_towards_the_authority(desk):
    with open_session(desk.engine) as session:
        alone = offers.case_for(session, desk.application_id, desk.score_run_id).offer
    other = second_application(desk)
    decide(desk)
    with open_session(desk.engine) as session:
        after = offers.case_for(session, other, desk.score_run_id).offer
    # 15,000.00 at 9 % over 6 months: level instalment 15,000 x .0075 / (1 - 1.0075^-6) = 2,566.03.
    assert (after.debt.balance_minor, after.debt.instalment_minor) == (1_500_000, 256_603)
    assert after.limit_minor < alone.limit_minor
    repeated = {"application_id": other, "request_key": "key-2", "note": "Known to us"}
    assert decide(desk, **repeated).authority == "manager"


def test_loans_of_the_same_owner_are_one_exposure(desk):
    shops = table_of(tables.Shop)
    with open_session(desk.engine, write=True) as session:
        session.execute(shops.update().values(owner_ref="O-1"))
        other_shop = made.add_shop(session, "S2", name="Paper Lantern Shoes", owner_ref="O-1")
        other = made.add_application(session, other_shop, "A2")
    decide(desk)
    with open_session(desk.engine) as session:
        owed = exposure.running_debt(session, other, as_of=made.AS_OF, currency="CNY")
        over = exposure.running_debt(session, other, as_of=made.AS_OF.replace(year=2028), currency="CNY")
    assert owed.debt.balance_minor == 1_500_000
    assert over.debt == NO_DEBT


def test_a_second_officer_confirms_no_other_term_than_was_proposed(desk):
    with open_session(desk.engine, write=True) as session:
        desk.score_run_id = made.add_score(session, desk.shop_id, points=610, grade="C")
    decide(desk, term_months=6)
    assert not decide(desk, "second", request_key="key-2", round=2, term_months=12).final


@pytest.mark.parametrize("rate_bps", [1_100, 800])
def test_a_second_officer_settles_no_other_rate_than_was_proposed(desk, rate_bps):
    with open_session(desk.engine, write=True) as session:
        desk.score_run_id = made.add_score(session, desk.shop_id, points=610, grade="C")
    decide(desk, rate_bps=900)
    assert not decide(desk, "second", request_key="key-2", round=2, rate_bps=rate_bps).final


def test_an_application_that_was_imported_anew_meanwhile_is_stale(desk):
    with open_session(desk.engine, write=True) as session:
        newer = made.add_batch(session)
        session.execute(decisions.asked_for.update().values(batch_id=newer, term_months=3))
    with pytest.raises(errors.Stale) as stale:
        decide(desk)
    assert stale.value.changed == "application"


def test_less_than_the_policy_lends_at_all_is_refused(desk):
    with pytest.raises(errors.AmountTooSmall):
        decide(desk, outcome="approve_less", amount_minor=100, reasons=("sales_too_low",))


def test_an_application_in_another_currency_is_never_approved(desk):
    with open_session(desk.engine, write=True) as session:
        session.execute(decisions.asked_for.update().values(currency="USD"))
    with pytest.raises(errors.Stale) as stale:
        decide(desk)
    assert stale.value.changed == "other_currency"


def test_an_answer_that_cannot_be_read_back_is_not_called_unrecorded(desk, monkeypatch):
    def fail(*_args):
        raise DatabaseUnavailable("gone")

    monkeypatch.setattr(decisions, "_read_back", fail)
    with pytest.raises(DatabaseUnavailable, match="records nothing twice"):
        decide(desk)
    monkeypatch.undo()
    assert decide(desk).final
    assert count(desk) == 1
