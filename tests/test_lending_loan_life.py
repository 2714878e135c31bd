"""The steps of a loan's life: what each needs, who may take it, and what is refused."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from lending.errors import ActRefused
from lending.loan_life import (
    BOOKING,
    CHECKS,
    MANAGER,
    Act,
    Promise,
    Standing,
    check_act,
    check_answer,
    check_disbursement,
    needs_reason,
    needs_second,
    promise_state,
)

TODAY = date(2026, 11, 2)
APPROVER, CLERK, MANAGER_ID = 1, 2, 3
ACTIVE = Standing("active", date(2026, 6, 1), 80_000, 90_000, 1_500, {APPROVER})
WHY = "the bank's slip was found later"


def refused(act, loan=ACTIVE, person_id=CLERK):
    with pytest.raises(ActRefused) as caught:
        check_act(act, loan, person_id=person_id, today=TODAY)
    return caught.value.because


@pytest.mark.parametrize("kind", BOOKING)
def test_who_approved_a_loan_never_books_on_it(kind):
    assert refused(Act(kind, TODAY, 100, WHY), person_id=APPROVER) == "approved_it"


def test_a_payment_of_today_needs_nobody_else_and_one_of_yesterday_a_reason_and_a_second_person():
    check_act(Act("pay", TODAY, 500), ACTIVE, person_id=CLERK, today=TODAY)
    yesterday = TODAY - timedelta(days=1)
    assert not needs_second("pay", day=TODAY, today=TODAY)
    assert needs_second("pay", day=yesterday, today=TODAY)
    assert refused(Act("pay", yesterday, 500)) == "reason"
    check_act(Act("pay", yesterday, 500, WHY), ACTIVE, person_id=CLERK, today=TODAY)


@pytest.mark.parametrize("kind", ["reverse", "waive", "settle", "restructure", "write_off"])
def test_what_gives_up_or_alters_the_books_needs_a_reason_and_a_second_person(kind):
    assert needs_second(kind, day=TODAY, today=TODAY)
    assert needs_reason(kind, day=TODAY, today=TODAY)
    assert refused(Act(kind, TODAY, 80_000, "short")) == "reason"


@pytest.mark.parametrize(
    ("act", "loan", "because"),
    [
        (Act("pay", TODAY + timedelta(days=1), 1), ACTIVE, "future"),
        (Act("pay", date(2026, 5, 31), 1, WHY), ACTIVE, "before_disbursement"),
        (Act("pay", TODAY, 0), ACTIVE, "amount"),
        (Act("pay", TODAY, None), ACTIVE, "amount"),
        (Act("pay", TODAY, 1), replace(ACTIVE, state="paid"), "repaid"),
        (Act("pay", TODAY, 1), replace(ACTIVE, state="written_off"), "written_off"),
        (Act("pay", TODAY, 1), replace(ACTIVE, state="approved", disbursed_on=None), "not_started"),
        (Act("recover", TODAY, 1), ACTIVE, "not_written_off"),
        (Act("disburse", TODAY), ACTIVE, "has_a_loan"),
        (Act("waive", TODAY, 1_501, WHY), ACTIVE, "too_much"),
        (Act("settle", TODAY, 79_999, WHY), ACTIVE, "amount"),
        (Act("dispute", TODAY), ACTIVE, "reason"),
        (Act("promise", TODAY - timedelta(days=1), 100), ACTIVE, "promise_day"),
        (Act("promise", TODAY + timedelta(days=61), 100), ACTIVE, "promise_day"),
        (Act("contact", TODAY, reason="x" * 2_001), ACTIVE, "reason"),
        (Act("pay", date(2026, 9, 30), 1, WHY), replace(ACTIVE, changed_on=date(2026, 10, 1)), "changed"),
        (Act("reverse", date(2026, 9, 30), 1, WHY), replace(ACTIVE, changed_on=date(2026, 10, 1)), "changed"),
        (Act("restructure", TODAY, reason=WHY), replace(ACTIVE, changed_on=TODAY), "changed_today"),
        (Act("restructure", TODAY, reason=WHY), replace(ACTIVE, disbursed_on=TODAY), "changed_today"),
        (Act("reverse", TODAY, 1, WHY), replace(ACTIVE, state="paid", closed_on=TODAY), "closed"),
        (Act("recover", TODAY, 1), replace(ACTIVE, state="written_off", written_off_on=TODAY), "not_written_off"),
    ],
)
def test_a_step_that_breaks_a_rule_is_refused_by_its_name(act, loan, because):
    assert refused(act, loan) == because


def test_a_payment_larger_than_all_that_is_owed_is_taken():
    check_act(Act("pay", TODAY, 200_000), ACTIVE, person_id=CLERK, today=TODAY)


def test_a_mistake_in_a_repaid_loan_can_still_be_put_right():
    check_act(Act("reverse", TODAY, 100, WHY), replace(ACTIVE, state="paid"), person_id=CLERK, today=TODAY)


def answer(kind="waive", *, maker=CLERK, maker_role="officer", person=MANAGER_ID, role="manager", agrees=True):
    check_answer(
        kind, maker_id=maker, maker_role=maker_role, person_id=person, role=role, approvers={APPROVER}, agrees=agrees
    )


def test_nobody_is_the_second_person_of_a_step_of_his_own():
    with pytest.raises(ActRefused, match=r".*") as caught:
        answer(person=CLERK)
    assert caught.value.because == "same_person"


def test_who_approved_the_loan_agrees_to_no_booking_but_may_refuse_one():
    with pytest.raises(ActRefused) as caught:
        answer(person=APPROVER, role="officer")
    assert caught.value.because == "approved_it"
    answer(person=APPROVER, role="officer", agrees=False)


@pytest.mark.parametrize("kind", MANAGER)
def test_a_restructuring_and_a_write_off_need_a_manager_among_the_two(kind):
    with pytest.raises(ActRefused) as caught:
        answer(kind, person=4, role="officer")
    assert caught.value.because == "needs_manager"
    answer(kind)
    answer(kind, maker_role="manager", person=4, role="officer")


READY = {"accepted": True, "checks": set(CHECKS), "score_age_days": 30, "consented": True}


@pytest.mark.parametrize(
    ("missing", "because"),
    [
        ({"accepted": False}, "not_accepted"),
        ({"consented": False}, "no_consent"),
        ({"checks": set(CHECKS) - {"sanctions"}}, "check_missing"),
        ({"score_age_days": 31}, "old_score"),
        ({"score_age_days": None}, "old_score"),
    ],
)
def test_money_is_paid_out_only_once_everything_is_looked_at(missing, because):
    check_disbursement(**READY)
    with pytest.raises(ActRefused) as caught:
        check_disbursement(**READY | missing)
    assert caught.value.because == because


def test_a_promise_is_kept_by_what_comes_in_up_to_its_day():
    promise = Promise(date(2026, 3, 1), date(2026, 3, 5), 500)
    parts = [(date(2026, 2, 28), 500), (date(2026, 3, 1), 200), (date(2026, 3, 5), 300)]
    assert promise_state(promise, parts, as_of=date(2026, 3, 5)) == "open"
    assert promise_state(promise, parts, as_of=date(2026, 3, 6)) == "kept"
    assert promise_state(promise, parts[:2], as_of=date(2026, 3, 6)) == "broken"
