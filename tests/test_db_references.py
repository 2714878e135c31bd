"""What scores are held against, worked out from the record: who was approved on which score, and what peers have."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import insert

from db import references
from db.engine import open_session
from db.tables import Decision, table_of
from scoring.card import load_expert
from scoring.reference import EVERYBODY, LEAST_APPROVED, NOTHING_KNOWN
from tests.desk import AS_OF, NOW, Desk, add_application, add_score, add_shop

CARD = load_expert().hash


def given(points, value):
    """The contributions of a score that read the rating alone."""
    rating = {
        "feature": "rating", "family": "reputation", "unit": "rating", "value": value, "missing": None,
        "points": points, "usual_points": -1, "usual_value": 3.9, "code": "rating_decline",
    }  # fmt: skip
    return json.dumps({"contributions": [rating], "reasons": [], "strengths": []})


def settle(session, desk, number, *, outcome="approve", points=4, value=4.3, final=1):
    """A shop of its own whose application was answered on a score of so many points for the rating."""
    shop_id = add_shop(session, f"R{number}", days=1, category="Tea" if number < 9 else "Shoes")
    application = add_application(session, shop_id, f"AR{number}")
    features = json.dumps({"rating": value, "currency": "CNY"})
    score = add_score(session, shop_id, features=features, contributions=given(points, value))
    lent = outcome != "decline"
    session.execute(
        insert(table_of(Decision)).values(
            application_id=application, round=1, person_id=desk.id_of("officer"), outcome=outcome, currency="CNY",
            amount_minor=100_000 if lent else None, term_months=6 if lent else None, rate_bps=900 if lent else None,
            reasons="[]", note="", score_run_id=score, policy_version=1, authority="officer", override=0, final=final,
            decided_on=AS_OF, request_key=f"r{number}", request_hash="x", recorded_at=NOW,
        )
    )  # fmt: skip


@pytest.fixture
def desk(engine):
    return Desk(engine)


def made(desk, as_of=AS_OF):
    with open_session(desk.engine, write=True) as session:
        number = references.make(session, card_hash=CARD, as_of=as_of)
        return references.get(session, number)


def test_the_average_is_of_those_who_were_approved_in_the_end(desk):
    with open_session(desk.engine, write=True) as session:
        for number in range(LEAST_APPROVED):
            settle(session, desk, number, points=4 + number % 2, value=4.0 + number % 2, outcome="approve_less")
        settle(session, desk, 90, outcome="decline", points=-100)
        settle(session, desk, 91, points=-100, final=0)
    found = made(desk)
    assert found.cases == LEAST_APPROVED
    # Of 4 and 5 points in turn the mean is 4.5, which goes up; of ratings of 4.0 and 5.0 the median is 4.5.
    assert (found.usual["rating"].points, found.usual["rating"].value) == (5, 4.5)


def test_with_few_approved_there_is_no_average(desk):
    with open_session(desk.engine, write=True) as session:
        for number in range(LEAST_APPROVED - 1):
            settle(session, desk, number)
    found = made(desk)
    assert (found.cases, dict(found.usual)) == (0, {})


def test_peers_are_told_by_category_and_over_all(desk):
    with open_session(desk.engine, write=True) as session:
        for number in range(14):
            settle(session, desk, number, value=4.0 if number < 9 else 3.0)
    found = made(desk)
    assert found.peer_figure("Tea", "rating")[1].cases == 9
    assert found.peer_figure("Tea", "rating")[1].median == 4.0
    # Five shops of shoes are too few, so they are held against all fourteen.
    assert found.peer_figure("Shoes", "rating")[0] == EVERYBODY
    assert found.peer_figure("Shoes", "rating")[1].cases == 14


def test_only_scores_up_to_the_day_count_and_a_file_sees_what_was_known_on_its_day(desk):
    with open_session(desk.engine, write=True) as session:
        for number in range(LEAST_APPROVED):
            settle(session, desk, number)
    assert made(desk, AS_OF - timedelta(days=1)).cases == 0
    assert made(desk).cases == LEAST_APPROVED
    with open_session(desk.engine) as session:
        assert references.known_on(session, AS_OF - timedelta(days=2)) is NOTHING_KNOWN
        assert references.known_on(session, AS_OF - timedelta(days=1)).cases == 0
        assert references.known_on(session, AS_OF).cases == LEAST_APPROVED
        assert references.newest(session, CARD)[1].cases == LEAST_APPROVED
        assert references.newest(session, "another card") == (None, NOTHING_KNOWN)
        assert references.get(session, None) is NOTHING_KNOWN
