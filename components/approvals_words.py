"""What has changed since the first answer, in words, and why somebody may not give the second one."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Protocol

from components import policy_words, refusals, wording
from lending.authority import Ground
from lending.errors import AboveAuthority
from lending.judgement import judge
from lending.offer import Offer
from lending.policy import Policy
from lending.policy_changes import changes
from lending.rounds import Answer, Round
from scoring.records import ScoreResult

NOTHING_CHANGED = "Nothing has changed since."
LOOKS_ONLY = "Your role reads files and decides none."
ABOVE = "To agree to it is a manager's matter. You can answer otherwise, or leave it to one."
NO_CONSENT = "The shop's consent is missing: neither amounts nor figures are shown."


class Stand(Protocol):
    """See desk.approvals.Stand."""

    policy: Policy
    score_id: int | None
    score: ScoreResult | None
    offer: Offer | None
    asked_minor: int
    term_months: int
    balance_minor: int | None


class Imported(Protocol):
    """See db.approvals.Imported."""

    orders: int
    replaced: int
    gross_minor: int
    refunded_minor: int
    wallet_entries: int
    repayments: int
    repaid_minor: int

    @property
    def anything(self) -> bool: ...


class InLine(Protocol):
    """See db.approvals.InLine."""

    application_id: int
    application_ref: str
    shop_id: int
    shop_name: str
    submitted_at: datetime
    amount_minor: int | None
    currency: str
    outcome: str
    authority: str
    person_id: int
    person_name: str
    score_run_id: int | None
    newest_score_id: int | None
    policy_version: int

    @property
    def replaced(self) -> bool: ...


class Approval(Protocol):
    """See desk.approvals.Approval."""

    dossier: Any
    answer: Round
    grounds: tuple[Ground, ...]
    then: Any
    now: Any
    imported: Any


def heading(files: int, steps: int) -> str:
    """How much waits for a second person."""
    if not files and not steps:
        return "Nothing waits for a second person"
    parts = [wording.count(files, "application") if files else "", wording.count(steps, "loan step") if steps else ""]
    verb = "waits" if files + steps == 1 else "wait"
    return f"{wording.listed([each for each in parts if each])} {verb} for a second person"


def in_short(file: InLine, imported: Imported | None, policy_version: int) -> str:
    """What has changed for a row of the list, in few words."""
    found = [
        "score" if file.newest_score_id != file.score_run_id else "",
        "policy" if policy_version != file.policy_version else "",
        "application" if file.replaced else "",
        "records" if imported is not None else "",
    ]
    return wording.listed([each for each in found if each]).capitalize() or "Nothing"


def since(approval: Approval, *, currency: str) -> list[str]:
    """What the answer rested on and no longer stands so, as the lines of a list in Markdown."""
    about_file = (*_asked(approval.then, approval.now, currency), *_scores(approval.then, approval.now))
    about_rest = (
        *_imports(approval.imported, approval.then, approval.now, currency),
        *_offers(approval.then.offer, approval.now.offer, currency),
    )
    return [
        *(f"- {wording.plain(each)}" for each in about_file),
        *_policies(approval.then.policy, approval.now.policy),
        *(f"- {wording.plain(each)}" for each in about_rest),
    ]


def _asked(then: Stand, now: Stand, currency: str) -> Iterator[str]:
    if (then.asked_minor, then.term_months) != (now.asked_minor, now.term_months):
        old, new = (
            f"{wording.exact_money(each.asked_minor, currency)} for {wording.count(each.term_months, 'month')}"
            for each in (then, now)
        )
        yield f"Asked for: {old} → {new}"


def _scores(then: Stand, now: Stand) -> Iterator[str]:
    if then.score_id == now.score_id:
        return
    old, new = (_score(each) for each in (then, now))
    yield f"Score: {old} → {new}"


def _score(stand: Stand) -> str:
    if stand.score is None:
        return "none"
    probability = wording.probability(stand.score.default_probability_ppm)
    return f"{stand.score.points} points, grade {stand.score.grade}, default probability {probability}"


def _policies(then: Policy, now: Policy) -> Iterator[str]:
    if then.version == now.version:
        return
    found = [policy_words.change_line(each, then.currency, now.currency) for each in changes(then, now)]
    yield f"- {wording.plain(f'Policy: version {then.version} → {now.version}')}{'' if found else ', it says the same'}"
    yield from (f"  - {wording.plain(each)}" for each in found)


def _imports(imported: Imported, then: Stand, now: Stand, currency: str) -> Iterator[str]:
    if imported.orders or imported.replaced or imported.gross_minor or imported.refunded_minor:
        parts = [
            f"{_more(imported.orders)} orders or days of sales",
            f"{imported.replaced:,} replaced" if imported.replaced else "",
            f"sales {_more_money(imported.gross_minor, currency)}" if imported.gross_minor else "",
            f"refunds {_more_money(imported.refunded_minor, currency)}" if imported.refunded_minor else "",
        ]
        yield f"Imported: {', '.join(filter(None, parts))}"
    if then.balance_minor != now.balance_minor:
        old, new = (wording.money(each.balance_minor, currency) for each in (then, now))
        yield f"Wallet balance: {old} → {new}"
    elif imported.wallet_entries:
        yield f"Imported: {wording.count(imported.wallet_entries, 'movement')} of the wallet"
    if imported.repayments or imported.repaid_minor:
        repaid = _more_money(imported.repaid_minor, currency)
        yield f"Repayments: {_more(imported.repayments)}, {repaid}"


def _more(number: int) -> str:
    return f"+{number:,}" if number >= 0 else f"{wording.MINUS}{-number:,}"


def _more_money(minor: int, currency: str) -> str:
    return f"{'+' if minor > 0 else ''}{wording.exact_money(minor, currency)}"


def _offers(then: Offer | None, now: Offer | None, currency: str) -> Iterator[str]:
    old_debt, new_debt = (each.debt.balance_minor if each else None for each in (then, now))
    if old_debt != new_debt:
        yield f"The owner owes: {wording.money(old_debt, currency)} → {wording.money(new_debt, currency)}"
    old_flags, new_flags = (_flags(each) for each in (then, now))
    if old_flags != new_flags:
        yield f"Flags: {old_flags} → {new_flags}"
    old_limit, new_limit = (each.limit_minor if each else None for each in (then, now))
    if old_limit != new_limit:
        yield f"Limit of the offer: {wording.money(old_limit, currency)} → {wording.money(new_limit, currency)}"


def _flags(offer: Offer | None) -> str:
    return ", ".join(wording.FLAGS[each] for each in offer.flags) or "none" if offer else "–"


def why_not(approval: Approval, *, person_id: int, may_decide: bool, barred: str | None) -> str:
    """Why somebody can't give the second answer, safe for Markdown; empty where they can."""
    file = approval.dossier
    if not may_decide:
        return LOOKS_ONLY
    if any(each.person_id == person_id for each in file.rounds):
        return refusals.SAME_PERSON
    if barred:
        return refusals.CONFLICTS[barred]
    if file.holder_id not in (None, person_id):
        return f"{wording.plain(file.holder_name)} has taken it and is deciding it."
    return ""


def above(approval: Approval, role: str) -> str:
    """That agreeing to what was proposed is above somebody's authority; empty where it is not."""
    given = approval.answer
    answer = Answer(given.outcome, given.amount_minor, given.term_months, given.rate_bps, given.reasons, given.note)
    try:
        judge(approval.now.policy, answer, offer=approval.now.offer, rounds=approval.dossier.rounds, role=role)
    except AboveAuthority:
        return ABOVE
    return ""
