"""A record that was altered, in an officer's words: what is wrong, about whom, and whom to call."""

from collections.abc import Sequence
from typing import Any

from components import wording

ROWS = {
    "applications": "An application",
    "audit_events": "An entry of the audit",
    "consents": "What a shop said of its consent",
    "chain": "A link of the chain that seals the record",
    "decisions": "A decision",
    "interests": "A note on who stands close to a shop",
    "loan_acts": "A step of a loan",
    "loan_act_answers": "The second answer to a step of a loan",
    "loans": "A loan",
    "model_stages": "A step of a model",
    "models": "A model",
    "month_ends": "A month end",
    "import_batches": "An import",
    "people": "The account",
    "policy_approvals": "An approval of a policy",
    "policy_versions": "A version of the policy",
    "score_runs": "A score",
    "setup_links": "A link to a passphrase",
    "shop_branches": "The branch of a shop",
    "shops": "A shop",
    "sign_ins": "A sign-in",
}
WITHOUT_ROW = {
    "the key": "The key that seals the record is missing, so nobody can tell whether the record is whole.",
    "the file": "The file that holds the record is damaged.",
}
UNCHECKED = "The check of the record failed, so nobody can tell whether it is whole."


def banner(
    row: tuple[str, str, str] | None,
    concern: Any,  # noqa: ANN401
    *,
    since: str,
    call: Sequence[str],
    for_administrator: bool,
) -> str:
    """What everybody reads while nothing can be recorded, safe for Markdown.

    Args:
        row: the table, the key and what is wrong; None where the check itself failed.
        concern: of db.concerns, whom the row is about.
        since: when, in words.
        call: names of administrators.
        for_administrator: whether an administrator reads it.
    """
    names = wording.listed([wording.plain(name) for name in call]) if call else "whoever runs this desk"
    way_on = "Look at what stands below, and follow docs/record.md." if for_administrator else f"Call {names}."
    return (
        f"**Nothing can be recorded since {since}.** {_happened(row, concern)} Everything can still be read. "
        f"It stays so until an administrator has looked. {way_on}"
    )


def _happened(row: tuple[str, str, str] | None, concern: Any) -> str:  # noqa: ANN401
    if row is None:
        return UNCHECKED
    table, _, wrong = row
    if table in WITHOUT_ROW:
        return WITHOUT_ROW[table]
    what = ROWS.get(table, "A row of the imported records")
    return f"{what}{_about(concern)} {_wrong(wrong)}: somebody changed the record past this desk."


def _about(concern: Any) -> str:  # noqa: ANN401
    shop = f" of {wording.plain(concern.shop_name)}" if concern.shop_name else ""
    if concern.application_ref:
        return f" on application {wording.plain(concern.application_ref)}{shop}"
    if concern.loan_ref:
        return f" on loan {wording.plain(concern.loan_ref)}{shop}"
    return shop or (f" of {wording.plain(concern.person_name)}" if concern.person_name else "")


def _wrong(wrong: str) -> str:
    if wrong.startswith(("is gone", "are gone")):
        return "is gone"
    return "was put in" if wrong.startswith("was added past") else "is not as it was recorded"
