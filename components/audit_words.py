"""Each kind of event of the register in an officer's words: who, on what, and with which details."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

import pandas as pd

from components import loan_words, policy_words, sentences, wording

Body = Mapping[str, Any]

NOBODY = "the desk itself"
STRANGER = "somebody not signed in"
VERBS = {"approve": "Approve", "approve_less": "Offer", "decline": "Decline", "refer": "Refer"}
SUBJECTS = {
    "people": "person",
    "branches": "branch",
    "column_mappings": "column",
    "shops": "shop",
    "loans": "loan",
    "models": "model",
    "month_ends": "month end",
    "import_batches": "import",
    "score_runs": "score",
    "applications": "application",
    "policy_versions": "policy",
}
REFUSED_BECAUSE = {
    "role": "not given by the role",
    "scope": "of another branch",
    "disabled": "not in use any more",
    "same_person": "took part in it before",
    "own_file": "their own or their family's shop",
    "own_referral": "brought the shop in",
    "signed_out": "signed out",
}
RIGHTS = {
    "decide": "answering an application",
    "score": "the scores",
    "import": "importing files",
    "book": "booking on a loan",
    "keep contact": "noting a contact",
    "model": "adding a model",
    "approve model": "approving a model",
    "propose policy": "proposing a policy",
    "approve policy": "putting a policy in force",
    "keep interests": "noting who stands close to a shop",
    "keep branches": "keeping branches",
    "keep people": "keeping people",
}
"""What a right or a page lets somebody do; a page that is not here goes by its own name."""
SPEAKERS = {"owner": "shop's owner", "representative": "shop's representative", "marketplace": "marketplace"}
INTERESTS = {"own": "is its owner or of the family", "referred": "brought this shop in"}
MOST_NAMED = 4


def who(event: Mapping[Any, Any]) -> str:
    """Who did it; whoever is turned away at the door is nobody yet."""
    if isinstance(event["person"], str):
        return event["person"]
    return STRANGER if event["kind"] in ("sign in failed", "lockout") else NOBODY


def subject(event: Mapping[Any, Any]) -> str:
    """What an event is about, by the names that its reader knows."""
    shop, name, kind = (_text(event.get(column)) for column in ("shop_name", "subject_name", "subject"))
    if isinstance(event["application_ref"], str):
        return f"{event['application_ref']}, {shop}"
    if kind == "loans" and name:
        return f"loan {name}, {shop}"
    noun = SUBJECTS.get(kind, kind.replace("_", " "))
    if pd.isna(event["subject_id"]):
        return "a name that nobody has" if kind == "people" else f"{noun}s"
    if kind == "policy_versions":
        return f"policy {event['subject_id']}"
    numbered = f"{noun} No. {event['subject_id']}"
    if shop:
        return f"{numbered}, {shop}" if kind == "score_runs" else shop
    return name or numbered


def _text(value: object) -> str:
    """A cell as text; a missing one as none."""
    return value if isinstance(value, str) else ""


def details(kind: str, body: Body) -> str:
    """The details of an event on one line, as plain text; `body` with the names of db.audit_names."""
    if kind.startswith("loan: ") and kind not in TELLERS:
        return _loan_step(kind.removeprefix("loan: "), body)
    return TELLERS[kind](body) if kind in TELLERS else ""


def _answer(body: Body) -> str:
    """A decision, a proposal or a referral."""
    parts = [VERBS[body["outcome"]]]
    if body.get("amount_minor"):
        amount = wording.exact_money(body["amount_minor"], body["currency"])
        parts[0] += f" {amount}, {wording.count(body['term_months'], 'month')} at {wording.rate(body['rate_bps'])}"
    if body["reasons"]:
        parts.append(sentences.reasons_in_words(body["reasons"]))
    if body["note"]:
        parts.append(f"note: {body['note']}")
    against = ", against the policy" if body["override"] else ""
    score = f", score No. {body['score_run_id']}" if body["score_run_id"] else ""
    parts.append(f"round {body['round']}{score}, policy {body['policy_version']}{against}")
    return "; ".join(parts)


def _score(body: Body) -> str:
    """A score of one shop, or a run over many."""
    before = wording.day(date.fromisoformat(body["as_of"]))
    base = f"record before {before}, import No. {body['batch']}, scorecard {body['card'][:8]}"
    if "points" in body:
        return f"{body['points']} points, grade {body['grade']}; {base}"
    return f"{wording.count(body['shops'], 'shop')}; {base}"


def _import(body: Body) -> str:
    files = ", ".join(body["files"])
    return f"{wording.count(body['changes'], 'record')} new or replaced, from {body['source']}: {files}"


def _refused(body: Body) -> str:
    """What somebody tried, and what kept them from it."""
    why = REFUSED_BECAUSE.get(body["because"], body["because"].replace("_", " "))
    right = body["right"]
    return f"{RIGHTS.get(right, f'page {right.capitalize()}') if right else 'coming in'}: {why}"


def _loan_step(kind: str, body: Body) -> str:
    """A step of a loan's life."""
    told = body["details"]
    parts = [loan_words.DONE[kind]]
    if kind == "check":
        parts = [f"{loan_words.CHECKS[told['check']]} checked"]
    if kind == "restructure":
        parts.append(f"{wording.count(told['term_months'], 'month')} at {wording.rate(told['annual_rate_ppm'] // 100)}")
    if "channel" in told:
        parts.append(f"by {told['channel'].replace('_', ' ')}")
    if "repayment_ref" in told:
        parts.append(f"payment {told['repayment_ref']}")
    return ", ".join(parts) + ("; waits for a second person" if body["waits"] else "")


def _second(body: Body) -> str:
    return f"{'agreed to' if body['agreed'] else 'refused'} the {loan_words.NOUNS[body['kind']]}"


def _model(body: Body) -> str:
    """A model that came in, or a step of its life."""
    name = body.get("name") or f"model {body['model'][:8]}"
    if "stage" not in body:
        return f"{name} came in"
    return _noted(f"{name} is now {body['stage'].replace('_', ' ')}", body)


def _proposed(body: Body) -> str:
    return f"changes {_listed([policy_words.member(each) for each in body['members']])}" if body["members"] else ""


def _approved(body: Body) -> str:
    maker = _person(body, "maker_id", "maker")
    return _noted(f"proposed by {maker}, in place of policy {body['instead_of']}", body)


def _interest(body: Body) -> str:
    return _noted(f"{_person(body, 'about', 'about_name')} {INTERESTS[body['kind']]}", body)


def _added(body: Body) -> str:
    by_address = ", with an e-mail address for single sign-on" if body["single_sign_on"] else ""
    return f"{body['role']}, {_branch(body, 'branch_id', 'branch')}{by_address}"


def _rights(body: Body) -> str:
    now = f"{body['role']}, {_branch(body, 'branch_id', 'branch')}"
    return f"{now}; before {body['was']}, {_branch(body, 'branch_was', 'branch_was_name')}"


def _failed(body: Body) -> str:
    return f"{body['because']}, by {body['by']}" if body.get("by") else str(body["because"])


def _signed_out(body: Body) -> str:
    return f"in {body['from']}" if body.get("from") else ""


def _signed_out_everywhere(body: Body) -> str:
    return f"{wording.count(body['sign_ins'], 'browser')} signed out" if body["sign_ins"] else "none was signed in"


def _closed(body: Body) -> str:
    days = [wording.day(date.fromisoformat(each)) for each in sorted(body["days"])]
    if len(days) > MOST_NAMED:
        return f"{len(days)} month ends, {days[0]} to {days[-1]}"
    return wording.listed(days)


def _export(body: Body) -> str:
    """Who takes a list along: which, how long, and how it was narrowed."""
    told = f"{body['list']}, {wording.count(body['rows'], 'row')}, as {body['format'].upper()}"
    filters = "; ".join(f"{name}: {value}" for name, value in body["filters"].items())
    return f"{told}; {filters}" if filters else told


def _moved(body: Body) -> str:
    return f"from {_branch(body, 'from', 'from_name')} to {_branch(body, 'to', 'to_name')}"


def _noted(told: str, body: Body) -> str:
    return f"{told}; note: {body['note']}" if body.get("note") else told


def _person(body: Body, number: str, name: str) -> str:
    """A person by name; by number where the reader is not told it, and nobody where none is meant."""
    if body.get(number) is None:
        return NOBODY
    return str(body.get(name) or f"person No. {body[number]}")


def _branch(body: Body, number: str, name: str) -> str:
    if body.get(number) is None:
        return "all branches"
    return str(body.get(name) or f"branch No. {body[number]}")


def _listed(words: Sequence[str]) -> str:
    """The first of many, and how many more there are."""
    if len(words) <= MOST_NAMED:
        return wording.listed([*words])
    return f"{', '.join(words[:MOST_NAMED])} and {len(words) - MOST_NAMED} more"


def _because(body: Body) -> str:
    return f", since {body['because']}" if body.get("because") else ""


def _consent(body: Body) -> str:
    return f"by the {SPEAKERS[body['said_by']]}, see {body['evidence']}"


def _erased(body: Body) -> str:
    files = f", {wording.count(body['files'], 'kept file')} deleted" if body.get("files") else ""
    return f"personal data overwritten{files}"


def _nothing(_body: Body) -> str:
    """What its kind and its subject say in full."""
    return ""


TELLERS: dict[str, Callable[[Body], str]] = {
    "add branch": _nothing,
    "approve policy": _approved,
    "close month": _closed,
    "consent": _consent,
    "decide": _answer,
    "end interest": lambda body: f"over: {_interest(body)}",
    "delete mapping": lambda body: f"of files saved as {body['name']}",
    "erase": _erased,
    "export": _export,
    "give region": lambda body: f"region {body['region']}, {wording.count(body['shops'], 'shop')} moved",
    "import": _import,
    "loan: second person": _second,
    "lockout": lambda body: f"too many wrong passphrases: locked for {wording.count(body['minutes'], 'minute')}",
    "model": _model,
    "move shop": _moved,
    "note interest": _interest,
    "passphrase changed": _nothing,
    "person added": _added,
    "person disabled": _nothing,
    "person enabled": _nothing,
    "propose": _answer,
    "propose policy": _proposed,
    "refer": _answer,
    "refused": _refused,
    "release": lambda body: f"it was with {_person(body, 'holder_id', 'holder')}",
    "read original": lambda body: f"{body['file']}{_because(body)}",
    "rename branch": lambda body: f"now {body['name']}",
    "rights changed": _rights,
    "save mapping": lambda body: (
        f"of files saved as {body['name']}{', in place of others' if body['replaces'] else ''}"
    ),
    "score": _score,
    "set-up link made": lambda body: f"can be used for {wording.count(body['hours'], 'hour')}",
    "set-up link used": _nothing,
    "sign in": lambda body: f"by {body['by']}" if body.get("by") else "",
    "sign in failed": _failed,
    "sign out": _signed_out,
    "sign out everywhere": _signed_out_everywhere,
    "take": _nothing,
    "unlock": _nothing,
    "withdraw consent": _consent,
}
