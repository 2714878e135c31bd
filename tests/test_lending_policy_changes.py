"""What one version of the policy says otherwise than another."""

import json

from lending.policy import FIRST_POLICY, load
from lending.policy_changes import Change, changes

MEMBERS = json.loads(FIRST_POLICY.read_text(encoding="utf-8"))
FIRST = load(json.dumps(MEMBERS))


def changed(**members):
    return changes(FIRST, load(json.dumps(MEMBERS | members)))


def test_the_number_and_the_comments_are_no_change():
    assert changed(version=2, comment="Another word", rate=MEMBERS["rate"] | {"funding_comment": ""}) == ()


def test_a_member_is_named_by_its_path_with_both_values():
    rate = MEMBERS["rate"] | {"margin_bps": 300}
    assert changed(rate=rate, terms_months=[3, 6]) == (
        Change("terms_months", (3, 6, 9, 12), (3, 6)),
        Change("rate.margin_bps", 250, 300),
    )


def test_the_same_matrix_written_in_another_way_is_no_change():
    limits = {"officer_minor": 10_000_000, "second_officer_minor": 25_000_000}
    matrix = {"A": limits, "B": limits, "C": {"second_officer_minor": 25_000_000}, "D": {}, "E": {}}
    assert changed(authority={"limits": matrix, "override": "manager"}) == ()
    matrix["C"] = {"second_officer_minor": 20_000_000}
    assert changed(authority={"limits": matrix, "flagged": "second_officer"}) == (
        Change("authority.limits.C.second_officer_minor", 25_000_000, 20_000_000),
        Change("authority.flagged", "manager", "second_officer"),
    )


def test_a_member_that_only_one_version_has_is_a_change():
    without = {name: each for name, each in MEMBERS.items() if name != "demand"}
    found = {each.member: each for each in changes(FIRST, load(json.dumps(without)))}
    assert found["demand.halving_bps"] == Change("demand.halving_bps", 346, None)
