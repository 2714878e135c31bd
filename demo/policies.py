"""The version of the policy that one of the demo's managers proposes, and another may put in force."""

import json

from lending.policy import FIRST_POLICY

SECOND_OFFICER_LIMIT_MINOR = 20_000_000
DAYS_TO_DECIDE = 2


def next_version(number: int) -> str:
    """The first policy with a lower limit for two officers, and an answer a day sooner; as JSON."""
    body = json.loads(FIRST_POLICY.read_text(encoding="utf-8"))
    body |= {"version": number, "days_to_decide": DAYS_TO_DECIDE}
    body["authority"]["second_officer_limit_minor"] = SECOND_OFFICER_LIMIT_MINOR
    return json.dumps(body)
