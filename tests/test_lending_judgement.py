"""What the form says of an answer beforehand is what the record says of it."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from lending import errors
from lending.judgement import agrees, judge
from lending.offer import Debt, assess
from lending.policy import FIRST_POLICY, load
from lending.rounds import Answer, Round
from lending.stress import SalesBase

POLICY = load(FIRST_POLICY.read_text(encoding="utf-8"))
APPROVAL = Answer("approve", 4_000_000, 6, 900, (), "")
PROPOSAL = Round(
    1, 1, 1, "Olive Officer", "approve", 4_000_000, 6, 900, (), "", "second_officer", False, False, 1, 1,
    date(2026, 11, 2), datetime(2026, 11, 2, tzinfo=UTC),
)  # fmt: skip


def offer(grade="A", owed_minor=0):
    return assess(
        POLICY,
        grade=grade,
        default_probability_ppm=10_000,
        sales=SalesBase(24, 50_000_000, 50_000_000, 1),
        asked_minor=4_000_000,
        term_months=6,
        debt=Debt(owed_minor, 0),
    )


@pytest.mark.parametrize(
    ("grade", "owed_minor", "needed"),
    [
        ("A", 0, "officer"),
        ("A", 6_000_000, "officer"),  # 100,000.00 in all: the first limit itself
        ("A", 6_000_001, "second_officer"),
        ("A", 21_000_000, "second_officer"),  # 250,000.00 in all
        ("A", 21_000_001, "manager"),
        ("C", 0, "second_officer"),
    ],
)
def test_what_the_owner_owes_already_counts_towards_the_authority(grade, owed_minor, needed):
    judged = judge(POLICY, APPROVAL, offer=offer(grade, owed_minor), rounds=(), role="manager")
    assert judged.authority == needed


@pytest.mark.parametrize(
    ("changes", "agreed"),
    [
        ({}, True),
        ({"amount_minor": 3_000_000}, True),
        ({"rate_bps": 950}, False),
        ({"rate_bps": 850}, False),
        ({"rate_bps": None}, False),
        ({"amount_minor": 4_000_001}, False),
        ({"term_months": 12}, False),
        ({"outcome": "approve_less"}, False),
    ],
)
def test_a_second_person_confirms_what_was_proposed_or_less(changes, agreed):
    assert agrees(PROPOSAL, replace(APPROVAL, **changes)) is agreed


def test_two_officers_settle_together_what_one_may_not_alone():
    first = judge(POLICY, APPROVAL, offer=offer("C"), rounds=(), role="officer")
    second = judge(POLICY, APPROVAL, offer=offer("C"), rounds=(PROPOSAL,), role="officer")
    assert (first.final, second.final) == (False, True)


def test_two_officers_do_not_settle_a_rate_that_only_the_second_one_names():
    second = judge(POLICY, replace(APPROVAL, rate_bps=1_100), offer=offer("C"), rounds=(PROPOSAL,), role="officer")
    assert not second.final


def test_a_referral_settles_nothing_whoever_makes_it():
    referral = Answer("refer", None, None, None, (), "Look at May")
    assert not judge(POLICY, referral, offer=offer(), rounds=(), role="manager").final


def test_a_role_that_decides_nothing_is_refused():
    with pytest.raises(errors.AboveAuthority):
        judge(POLICY, APPROVAL, offer=offer(), rounds=(), role="auditor")


def test_without_a_score_only_a_decline_or_a_referral_can_settle():
    decline = Answer("decline", None, None, None, ("incomplete_application",), "")
    judged = judge(POLICY, decline, offer=None, rounds=(), role="officer")
    assert (judged.authority, judged.override, judged.final) == ("officer", False, True)
