"""The register in an officer's words: every kind of event that the desk records, and never a bare key."""

import ast
import json
import re
from pathlib import Path

import pytest

from components import audit_words
from db import audit, holds
from db.engine import open_session
from lending.loan_life import KINDS
from tests.accounts import add_person
from tests.chain_desk import make
from tests.screens import everything

ROOT = Path(__file__).resolve().parents[1]
ANSWER = {
    "outcome": "approve", "amount_minor": 2_300_000, "currency": "CNY", "term_months": 6, "rate_bps": 1_200,
    "reasons": ["sales_falling"], "note": "as agreed", "override": True, "score_run_id": 69, "round": 2,
    "policy_version": 3, "authority": "second_officer", "final": True, "decision_id": 55,
}  # fmt: skip
HASH = "3f" * 32

# What the record keeps of each kind, with the names that db.audit_names puts beside the numbers.
BODIES = {
    "add branch": {"name": "North"},
    "approve policy": {"maker_id": 6, "maker": "Mia Madeup", "instead_of": 1, "note": "Agreed"},
    "close month": {"days": ["2025-11-01", "2025-12-01"], "batch_id": 2},
    "consent": {"consent": 4, "said_by": "owner", "evidence": "form 17"},
    "decide": ANSWER,
    "delete mapping": {"name": "Market stall"},
    "end interest": {"interest": 3, "about": 8, "about_name": "Olive Madeup", "kind": "own", "note": "sold"},
    "erase": {"files": 2},
    "export": {"list": "queue", "format": "xlsx", "rows": 12, "filters": {"Holder": "Nobody", "Grade": "A"}},
    "give region": {"region": "East", "shops": 3},
    "import": {"files": ["orders.csv", "shops.csv"], "changes": 1_200, "source": "teashops"},
    "loan: second person": {"act_id": 9, "kind": "write_off", "agreed": False, "loan_ref": "L-1"},
    "lockout": {"minutes": 15},
    "model": {"model": HASH, "name": "card v2", "stage": "champion", "note": "as measured"},
    "move shop": {"from": 1, "from_name": "East", "to": 2, "to_name": "North"},
    "note interest": {"interest": 3, "about": 8, "about_name": "Olive Madeup", "kind": "referred", "note": ""},
    "passphrase changed": {},
    "person added": {"role": "officer", "branch_id": None, "single_sign_on": False},
    "person disabled": {},
    "person enabled": {},
    "propose": ANSWER | {"final": False},
    "propose policy": {"members": ["days_to_decide", "authority.limits.A.second_officer_minor", "rate.margin_bps"]},
    "read original": {"file": "orders of March.csv", "original": 3},
    "refer": ANSWER | {"outcome": "refer", "amount_minor": None},
    "refused": {"right": "approve policy", "because": "same_person"},
    "release": {"holder_id": 8, "holder": "Olive Madeup"},
    "rename branch": {"name": "South"},
    "rights changed": {
        "role": "manager", "was": "officer", "branch_id": 2, "branch": "North", "branch_was": None,
    },
    "save mapping": {"name": "Market stall", "mapping": '{"order_ref": "No."}', "replaces": True},
    "score": {"as_of": "2026-11-29", "batch": 2, "card": HASH, "shop": 4, "points": 617, "grade": "B"},
    "set-up link made": {"hours": 24},
    "set-up link used": {},
    "sign in": {"by": "passphrase"},
    "sign in failed": {"because": "wrong passphrase"},
    "sign out": {"from": "another browser"},
    "sign out everywhere": {"sign_ins": 0},
    "take": {},
    "unlock": {},
    "withdraw consent": {"consent": 5, "said_by": "marketplace", "evidence": "their message of Monday"},
}  # fmt: skip
STEP = {"check": "identity", "channel": "phone", "term_months": 9, "annual_rate_ppm": 120_000, "repayment_ref": "P-7"}
BARE = re.compile(r"[a-z]_[a-z]|[\[\]{}]|True|False|None|\b\d{4}-\d\d-\d\d\b|[0-9a-f]{20}|\b(id|ids) \d")


def kinds_in_code():
    """Every kind that the code hands to the register by name, read from the code."""
    found = {"refused"}
    for path in (ROOT / "db").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "audit.record":
                found |= {each.value for each in ast.walk(node.args[2]) if isinstance(each, ast.Constant)}
    return {kind for kind in found if isinstance(kind, str)} - {"loan: "}


def test_every_kind_of_event_that_the_desk_records_has_words_of_its_own():
    kinds = kinds_in_code() | {"decide", "propose", "refer", "export"}
    assert kinds == set(audit_words.TELLERS) == set(BODIES)


@pytest.mark.parametrize("kind", [*BODIES, *(f"loan: {kind}" for kind in KINDS)])
def test_no_detail_is_a_bare_key_a_list_a_hash_or_a_number_of_the_database(kind):
    step = {"act_id": 4, "details": STEP, "waits": True, "loan_ref": "L-1"}
    told = audit_words.details(kind, BODIES.get(kind, step))
    assert not BARE.search(told), told


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("approve policy", "proposed by Mia Madeup, in place of policy 1; note: Agreed"),
        ("sign out everywhere", "none was signed in"),
        ("lockout", "too many wrong passphrases: locked for 15 minutes"),
        ("set-up link made", "can be used for 24 hours"),
        ("propose policy", "changes Days to an answer, Two officers up to, grade A and Margin"),
        ("rights changed", "manager, North; before officer, all branches"),
        ("refused", "putting a policy in force: took part in it before"),
        ("close month", "1 Nov 2025 and 1 Dec 2025"),
        ("release", "it was with Olive Madeup"),
    ],
)
def test_a_detail_reads_as_an_officer_says_it(kind, told):
    assert audit_words.details(kind, BODIES[kind]) == told


def test_whoever_is_turned_away_at_the_door_is_not_taken_for_the_desk():
    assert audit_words.who({"person": None, "kind": "sign in failed"}) == "somebody not signed in"
    assert audit_words.who({"person": None, "kind": "person added"}) == "the desk itself"


def test_the_register_of_a_whole_desk_names_people_shops_and_loans_and_no_key(sqlite_engine):
    make(sqlite_engine)
    add_person(sqlite_engine, "anna", phrase=None)
    with open_session(sqlite_engine) as session:
        events = audit.newest(session, size=500).to_dict("records")
    assert len(events) > 10
    for event in events:
        told = f"{audit_words.subject(event)}; {audit_words.details(event['kind'], json.loads(event['body']))}"
        assert not BARE.search(re.sub(r"\w+\.csv", "", told)), (event["kind"], told)
    subjects = {audit_words.subject(event) for event in events}
    assert "Anna Madeup" in subjects
    assert any(each.startswith("loan L") and each.endswith("Grey Tile Teas") for each in subjects)


def test_the_audit_page_names_whoever_held_a_file_that_was_given_back(screens):
    with open_session(screens.engine, write=True) as session:
        holds.take(session, screens.desk.application_id, person_id=screens.desk.id_of("officer"))
    screens.release_by("manager")
    assert "it was with Olive Officer" in everything(screens.open("audit", by="auditor"))
