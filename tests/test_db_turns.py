"""Where only one at a time may look and write, the second one sees what the first has written."""

import json
import threading
from dataclasses import replace

import pytest
from sqlalchemy import text

from db import decisions
from db.engine import open_session
from lending import policy
from tests.desk import AS_OF, Desk, add_application, add_score, add_shop

LIMIT_MINOR = 2_000_000


@pytest.fixture
def desk(engine):
    """A desk whose officers settle little alone."""
    made = Desk(engine)
    body = json.loads(policy.FIRST_POLICY.read_text()) | {"version": 2}
    body["authority"]["officer_limit_minor"] = LIMIT_MINOR
    made.put_in_force(json.dumps(body))
    return made


def test_two_files_of_one_owner_that_are_answered_at_once_count_together(desk):
    with open_session(desk.engine, write=True) as session:
        session.execute(text("UPDATE shops SET owner_ref = 'O9'"))
        shop_id = add_shop(session, "S9", name="Second shop", owner_ref="O9")
        other, score = add_application(session, shop_id, "A9"), add_score(session, shop_id)
    first = desk.request(request_key="first", policy_version=2)
    both = [first, replace(first, request_key="second", application_id=other, score_run_id=score)]
    together, found = threading.Barrier(2), []

    def decide(request):
        together.wait()
        try:
            with open_session(desk.engine, write=True) as session:
                found.append(
                    decisions.record_within(session, request, person_id=desk.id_of("officer"), decided_on=AS_OF)
                )
                # Long enough for the other to have looked, if it did not wait.
                session.execute(text("SELECT count(*) FROM decisions"))
                threading.Event().wait(0.3)
        except Exception as refusal:  # noqa: BLE001  (looked at below)
            found.append(refusal)

    threads = [threading.Thread(target=decide, args=(each,)) for each in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    alone = [each for each in found if isinstance(each, decisions.Judgement) and each.final]
    assert len(alone) == 1, found
