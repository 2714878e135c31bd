"""Who may settle an outcome, and what makes an answer complete. The same rules hold on the screen and in the record."""

from dataclasses import dataclass
from typing import Literal

from lending import errors
from lending.policy import AUTHORITIES, LENDING_OUTCOMES, OUTCOMES, Authority, GradeLimits, Policy

Because = Literal["override", "flags", "grade", "amount"]


def is_override(
    policy: Policy,
    *,
    outcome: str,
    amount_minor: int | None,
    grade: str,
    limit_minor: int,
    flags: tuple[str, ...] = (),
) -> bool:
    """Whether an answer goes against the policy.

    Lending below the cut-off, above the limit or on a flagged file is an override; so is declining a shop above
    the cut-off to which the policy would lend. Referring never is.
    """
    if outcome in LENDING_OUTCOMES:
        return not policy.clears_cut_off(grade) or (amount_minor or 0) > limit_minor or bool(flags)
    return outcome == "decline" and policy.clears_cut_off(grade) and limit_minor > 0 and not flags


@dataclass(frozen=True, slots=True)
class Ground:
    """One thing about an answer for which the policy asks for more than one officer."""

    because: Because
    authority: Authority


def grounds(
    policy: Policy, *, outcome: str, amount_minor: int | None, grade: str, flags: tuple[str, ...], override: bool
) -> tuple[Ground, ...]:
    """Everything for which an answer needs more than one officer, what asks for most first.

    The grade is the ground where the same would be asked for the least amount; else it is the amount.
    """
    rule, lends = policy.authority, outcome in LENDING_OUTCOMES
    found = [Ground("override", rule.override)] if override else []
    if lends and flags:
        found.append(Ground("flags", rule.flagged))
    if lends:
        of_grade, of_amount = (_by_limits(rule.limits[grade], amount) for amount in (0, amount_minor or 0))
        if of_amount != "officer":
            found.append(Ground("grade" if of_grade == of_amount else "amount", of_amount))
    return tuple(sorted(found, key=lambda ground: -AUTHORITIES.index(ground.authority)))


def _by_limits(limits: GradeLimits, amount_minor: int) -> Authority:
    if limits.officer_minor is not None and amount_minor <= limits.officer_minor:
        return "officer"
    if limits.second_officer_minor is not None and amount_minor <= limits.second_officer_minor:
        return "second_officer"
    return "manager"


def authority(
    policy: Policy, *, outcome: str, amount_minor: int | None, grade: str, flags: tuple[str, ...], override: bool
) -> Authority:
    """The authority that an outcome needs: the most that amount and grade, flags or an override ask for.

    Declining within the policy and referring need one officer.
    """
    found = grounds(policy, outcome=outcome, amount_minor=amount_minor, grade=grade, flags=flags, override=override)
    return found[0].authority if found else "officer"


def settles(needed: str, *, role: str, agreed_before: bool) -> bool:
    """Whether a round by this role makes the decision final; else it is a proposal that waits for another person.

    A manager settles everything. Two officers settle together what the second confirms.

    Args:
        needed: the authority that the outcome needs.
        role: of the person who decides now.
        agreed_before: whether an officer proposed the same outcome in an earlier round.

    Raises:
        AboveAuthority: for a role that decides nothing, and for an officer who is the second on a manager's matter.

    >>> settles("second_officer", role="officer", agreed_before=False)
    False
    >>> settles("second_officer", role="officer", agreed_before=True)
    True
    """
    if role == "manager":
        return True
    if role != "officer" or (needed == "manager" and agreed_before):
        raise errors.AboveAuthority(needed, role)
    return needed == "officer" or (needed == "second_officer" and agreed_before)


def check_decision(
    policy: Policy,
    *,
    outcome: str,
    asked_minor: int,
    amount_minor: int | None,
    term_months: int | None,
    rate_bps: int | None,
    reasons: tuple[str, ...],
    note: str,
    override: bool,
) -> None:
    """Make sure that an answer is complete and inside the policy, whatever the screen let through.

    Raises:
        NotADecision: one of its named kinds, for the first rule that is broken.
    """
    if outcome not in OUTCOMES:
        raise errors.UnknownOutcome(outcome)
    _check_reasons(policy, outcome, reasons)
    _check_note(policy, outcome, note, override=override)
    if outcome in LENDING_OUTCOMES:
        _check_terms(policy, outcome, asked_minor, amount_minor, term_months, rate_bps)
    elif (amount_minor, term_months, rate_bps) != (None, None, None):
        raise errors.TermsWithoutApproval(outcome)


def _check_reasons(policy: Policy, outcome: str, reasons: tuple[str, ...]) -> None:
    for place, reason in enumerate(reasons):
        if reason not in policy.reasons:
            raise errors.UnknownReason(reason)
        if reason in reasons[:place]:
            raise errors.RepeatedReason(reason)
    if len(reasons) > policy.most_reasons:
        raise errors.TooManyReasons(len(reasons), policy.most_reasons)
    if outcome in ("decline", "approve_less") and not reasons:
        raise errors.ReasonMissing(outcome)


def _check_note(policy: Policy, outcome: str, note: str, *, override: bool) -> None:
    if len(note) > policy.longest_note:
        raise errors.NoteTooLong(len(note), policy.longest_note)
    if not note.strip() and (override or outcome == "refer"):
        raise errors.NoteMissing("override" if override else "refer")


def _check_terms(
    policy: Policy,
    outcome: str,
    asked_minor: int,
    amount_minor: int | None,
    term_months: int | None,
    rate_bps: int | None,
) -> None:
    # Lending less under the name of approval would be a counter-offer without its reasons.
    fits = amount_minor is not None and (
        amount_minor == asked_minor if outcome == "approve" else 0 < amount_minor < asked_minor
    )
    if not fits:
        raise errors.AmountOutOfRange(outcome, amount_minor, asked_minor)
    if amount_minor is not None and amount_minor < policy.least_amount_minor:
        raise errors.AmountTooSmall(amount_minor, policy.least_amount_minor)
    if term_months not in policy.terms_months:
        raise errors.TermNotOffered(term_months, policy.terms_months)
    if rate_bps is None or not 0 <= rate_bps <= policy.rate.legal_cap_bps:
        raise errors.RateOutOfRange(rate_bps, policy.rate.legal_cap_bps)
