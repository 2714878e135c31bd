"""Who may settle what, and what makes an answer complete."""

import json

import pytest

from lending import errors
from lending.authority import Ground, authority, check_decision, grounds, is_override, settles
from lending.policy import FIRST_POLICY, BrokenPolicy, GradeLimits, load

POLICY = load(FIRST_POLICY.read_text(encoding="utf-8"))
LIMIT_1, LIMIT_2 = 10_000_000, 25_000_000
# A matrix of its own limits for each grade; two officers settle what is flagged or against the policy.
MATRIX = {
    "limits": {
        "A": {"officer_minor": 500, "second_officer_minor": 900},
        "B": {"officer_minor": 300, "second_officer_minor": 700},
        "C": {"officer_minor": 0, "second_officer_minor": 200},
        "D": {"second_officer_minor": 100},
        "E": {},
    },
    "flagged": "second_officer",
    "override": "second_officer",
}


def with_authority(**changes):
    members = json.loads(FIRST_POLICY.read_text(encoding="utf-8"))
    return load(json.dumps(members | {"authority": MATRIX | changes}))


@pytest.mark.parametrize(
    ("outcome", "amount", "grade", "flags", "override", "needed"),
    [
        ("approve", LIMIT_1, "A", (), False, "officer"),
        ("approve", LIMIT_1, "B", (), False, "officer"),
        ("approve", LIMIT_1 + 1, "A", (), False, "second_officer"),
        ("approve_less", LIMIT_1 + 1, "B", (), False, "second_officer"),
        ("approve", 1, "C", (), False, "second_officer"),
        ("approve", LIMIT_2, "C", (), False, "second_officer"),
        ("approve", LIMIT_2 + 1, "A", (), False, "manager"),
        ("approve", 1, "A", ("sales_spike",), False, "manager"),
        ("approve", 1, "D", (), True, "manager"),
        ("approve", 1, "E", (), False, "manager"),
        ("decline", None, "E", (), False, "officer"),
        ("decline", None, "A", (), True, "manager"),
        ("refer", None, "D", ("sales_spike",), False, "officer"),
    ],
)
def test_the_authority_follows_amount_grade_flags_and_override(outcome, amount, grade, flags, override, needed):
    found = authority(POLICY, outcome=outcome, amount_minor=amount, grade=grade, flags=flags, override=override)
    assert found == needed


@pytest.mark.parametrize(
    ("grade", "amount", "needed"),
    [
        ("A", 0, "officer"),
        ("A", 500, "officer"),
        ("A", 501, "second_officer"),
        ("A", 900, "second_officer"),
        ("A", 901, "manager"),
        ("B", 300, "officer"),
        ("B", 301, "second_officer"),
        ("B", 700, "second_officer"),
        ("B", 701, "manager"),
        ("C", 0, "officer"),
        ("C", 1, "second_officer"),
        ("C", 200, "second_officer"),
        ("C", 201, "manager"),
        ("D", 1, "second_officer"),
        ("D", 100, "second_officer"),
        ("D", 101, "manager"),
        ("E", 1, "manager"),
    ],
)
def test_each_grade_has_limits_of_its_own(grade, amount, needed):
    asked = {"outcome": "approve", "grade": grade, "flags": (), "override": False}
    assert authority(with_authority(), amount_minor=amount, **asked) == needed


@pytest.mark.parametrize(
    ("rule", "outcome", "amount", "flags", "override", "found"),
    [
        ({}, "approve", 500, (), False, []),
        ({}, "approve", 500, ("sales_spike",), False, [("flags", "second_officer")]),
        ({"flagged": "manager"}, "approve", 501, ("x",), False, [("flags", "manager"), ("amount", "second_officer")]),
        ({}, "approve", 901, ("x",), False, [("amount", "manager"), ("flags", "second_officer")]),
        ({}, "approve", 500, (), True, [("override", "second_officer")]),
        ({"override": "manager"}, "decline", None, (), True, [("override", "manager")]),
        ({}, "decline", None, (), True, [("override", "second_officer")]),
        ({}, "decline", None, ("x",), False, []),
        ({}, "refer", None, ("x",), False, []),
    ],
)
def test_flags_and_an_override_need_what_the_policy_says_and_the_most_of_all_binds(
    rule, outcome, amount, flags, override, found
):
    policy = with_authority(**rule)
    asked = {"outcome": outcome, "amount_minor": amount, "grade": "A", "flags": flags, "override": override}
    assert grounds(policy, **asked) == tuple(Ground(*each) for each in found)
    assert authority(policy, **asked) == (found[0][1] if found else "officer")


@pytest.mark.parametrize(
    ("grade", "amount", "because"), [("D", 1, "grade"), ("D", 101, "amount"), ("E", 901, "grade"), ("A", 901, "amount")]
)
def test_the_grade_is_the_ground_where_the_least_amount_would_need_the_same(grade, amount, because):
    asked = {"outcome": "approve", "amount_minor": amount, "flags": (), "override": False}
    assert grounds(with_authority(), grade=grade, **asked)[0].because == because


def test_a_version_with_two_limits_and_lists_of_grades_means_what_it_meant():
    both = GradeLimits(LIMIT_1, LIMIT_2)
    rule = POLICY.authority
    assert rule.limits == {
        "A": both,
        "B": both,
        "C": GradeLimits(None, LIMIT_2),
        "D": GradeLimits(),
        "E": GradeLimits(),
    }
    assert (rule.flagged, rule.override) == ("manager", "manager")


def test_one_officer_settles_nothing_of_a_grade_that_two_may_not():
    members = json.loads(FIRST_POLICY.read_text(encoding="utf-8"))
    members["authority"]["officer_grades"] = ["A", "D"]
    assert load(json.dumps(members)).authority.limits["D"] == GradeLimits()


@pytest.mark.parametrize(
    "senseless",
    [
        {"flagged": "officer"},
        {"override": "officer"},
        {"override": ["manager"]},
        {"override": None},
        {"limits": {grade: each for grade, each in MATRIX["limits"].items() if grade != "D"}},
        {"limits": MATRIX["limits"] | {"F": {}}},
        {"limits": MATRIX["limits"] | {"A": {"officer_minor": 500}}},
        {"limits": MATRIX["limits"] | {"A": {"officer_minor": 901, "second_officer_minor": 900}}},
        {"limits": MATRIX["limits"] | {"A": {"officer_minor": -1, "second_officer_minor": 900}}},
        {"limits": MATRIX["limits"] | {"A": {"officer_minor": True, "second_officer_minor": 900}}},
        {"limits": MATRIX["limits"] | {"A": {"officer_minor": 5.5, "second_officer_minor": 900}}},
        {"limits": MATRIX["limits"] | {"A": {"officers": 5}}},
        {"limits": []},
        {"officer_limit_minor": 5},
    ],
)
def test_a_matrix_that_makes_no_sense_is_no_policy(senseless):
    with pytest.raises(BrokenPolicy):
        with_authority(**senseless)


@pytest.mark.parametrize(
    ("outcome", "amount", "grade", "limit", "flags", "expected"),
    [
        ("approve", 100, "B", 100, (), False),
        ("approve", 101, "B", 100, (), True),
        ("approve", 100, "D", 100, (), True),
        ("approve_less", 50, "E", 100, (), True),
        ("approve", 100, "B", 100, ("short_history",), True),
        ("decline", None, "C", 100, (), True),
        ("decline", None, "C", 0, (), False),
        ("decline", None, "D", 100, (), False),
        ("decline", None, "A", 100, ("sales_spike",), False),
        ("refer", None, "A", 100, (), False),
    ],
)
def test_an_answer_against_the_policy_is_an_override(outcome, amount, grade, limit, flags, expected):
    found = is_override(POLICY, outcome=outcome, amount_minor=amount, grade=grade, limit_minor=limit, flags=flags)
    assert found is expected


@pytest.mark.parametrize(
    ("needed", "role", "agreed_before", "final"),
    [
        ("officer", "officer", False, True),
        ("second_officer", "officer", False, False),
        ("second_officer", "officer", True, True),
        ("second_officer", "manager", True, True),
        ("manager", "officer", False, False),
        ("manager", "manager", False, True),
        ("officer", "manager", False, True),
    ],
)
def test_a_round_is_final_once_the_needed_people_have_taken_part(needed, role, agreed_before, final):
    assert settles(needed, role=role, agreed_before=agreed_before) is final


@pytest.mark.parametrize(
    ("needed", "role", "agreed_before"),
    [("officer", "auditor", False), ("officer", "administrator", False), ("manager", "officer", True)],
)
def test_nobody_settles_above_their_authority(needed, role, agreed_before):
    with pytest.raises(errors.AboveAuthority):
        settles(needed, role=role, agreed_before=agreed_before)


ASKED = 5_000_000
APPROVAL = {
    "outcome": "approve",
    "asked_minor": ASKED,
    "amount_minor": ASKED,
    "term_months": 6,
    "rate_bps": 1_000,
    "reasons": (),
    "note": "",
    "override": False,
}
LESS = APPROVAL | {"outcome": "approve_less", "amount_minor": 4_000_000, "reasons": ("sales_too_low",)}
NO_LOAN = {"amount_minor": None, "term_months": None, "rate_bps": None}
DECLINE = APPROVAL | NO_LOAN | {"outcome": "decline", "reasons": ("high_refunds", "short_history")}
REFER = APPROVAL | NO_LOAN | {"outcome": "refer", "note": "Look at the sales of October."}


@pytest.mark.parametrize(
    "answer",
    [
        APPROVAL,
        LESS,
        LESS | {"amount_minor": ASKED - 1},
        LESS | {"amount_minor": POLICY.least_amount_minor},
        DECLINE,
        REFER,
        APPROVAL | {"override": True, "note": "Seen the shop."},
        APPROVAL | {"rate_bps": 0},
        APPROVAL | {"rate_bps": 1200},
        APPROVAL | {"note": "x" * 2000},
    ],
)
def test_a_complete_answer_passes(answer):
    check_decision(POLICY, **answer)


@pytest.mark.parametrize(
    ("answer", "rule"),
    [
        (APPROVAL | {"outcome": "maybe"}, errors.UnknownOutcome),
        (DECLINE | {"reasons": ("star_sign",)}, errors.UnknownReason),
        (DECLINE | {"reasons": ("high_refunds", "high_refunds")}, errors.RepeatedReason),
        (DECLINE | {"reasons": POLICY.reasons[:5]}, errors.TooManyReasons),
        (DECLINE | {"reasons": ()}, errors.ReasonMissing),
        (LESS | {"reasons": ()}, errors.ReasonMissing),
        (REFER | {"note": " \n"}, errors.NoteMissing),
        (APPROVAL | {"override": True}, errors.NoteMissing),
        (APPROVAL | {"note": "x" * 2001}, errors.NoteTooLong),
        (APPROVAL | {"amount_minor": 0}, errors.AmountOutOfRange),
        (APPROVAL | {"amount_minor": None}, errors.AmountOutOfRange),
        (APPROVAL | {"amount_minor": ASKED + 1}, errors.AmountOutOfRange),
        (APPROVAL | {"amount_minor": ASKED - 1}, errors.AmountOutOfRange),
        (LESS | {"amount_minor": POLICY.least_amount_minor - 1}, errors.AmountTooSmall),
        (LESS | {"amount_minor": ASKED}, errors.AmountOutOfRange),
        (LESS | {"amount_minor": 0}, errors.AmountOutOfRange),
        (LESS | {"amount_minor": -5}, errors.AmountOutOfRange),
        (APPROVAL | {"rate_bps": -1}, errors.RateOutOfRange),
        (APPROVAL | {"rate_bps": 1201}, errors.RateOutOfRange),
        (APPROVAL | {"rate_bps": None}, errors.RateOutOfRange),
        (APPROVAL | {"term_months": 7}, errors.TermNotOffered),
        (APPROVAL | {"term_months": None}, errors.TermNotOffered),
        (DECLINE | {"amount_minor": 5}, errors.TermsWithoutApproval),
        (REFER | {"term_months": 6}, errors.TermsWithoutApproval),
    ],
)
def test_an_incomplete_answer_is_refused_by_the_name_of_its_rule(answer, rule):
    with pytest.raises(rule):
        check_decision(POLICY, **answer)
