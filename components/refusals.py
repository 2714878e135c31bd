"""A broken rule in an officer's words: what is wrong, and what to do now."""

from components import wording
from lending import errors, loan_life
from settings import settings

DISABLED = "This account is not in use any more. Nothing was recorded."
OTHER_BRANCH = "This belongs to another branch. Nothing was recorded."
SAME_PERSON = "You took part in an earlier round of this application. Somebody else decides it now."
BRANCHES = {
    "name_missing": "Give the branch a name first.",
    "name_long": "The name of a branch has at most {} characters.",
    "name_taken": "There is a branch named {} already.",
    "unknown": "There is no branch {}.",
    "region": "Name the region.",
    "shop": "There is no shop {}.",
}
VIEWS = {
    "name_missing": "Give the view a name first.",
    "name_long": "A name has up to {} characters.",
    "name_taken": "Another of your views has this name already.",
    "too_many": "You keep {} views of this list, which is the most. Delete one first.",
}
MAPPINGS = {
    "name_missing": "Give it a name first, by which you find it again.",
    "name_long": "A name has up to {} characters.",
    "name_unprintable": "A name has only letters and signs that can be seen.",
    "name_taken": "Columns of another file are saved under this name. Tick that it may be replaced, or choose another.",
    "too_many": "The columns of {} files are saved, which is the most. Delete some first.",
}
MODELS = {
    "known": "{} is in the register already.",
    "unknown": "No model of the register has the hash {}.",
    "step": "A model does not go from {}.",
    "own": "You added {} yourself. Somebody else approves it.",
    "note": "Say why {} takes this step.",
    "kind": "{} has no table that an officer could read, so it scores in shadow only.",
    "report": "{} was never held against known outcomes, so it can't score applications.",
    "last": "{} is the card in force. It steps down when another takes its place.",
}
POLICIES = {
    "number": "The next version of the policy is number {}. Give it that number.",
    "unknown": "There is no version {} of the policy.",
    "own": "You proposed version {} yourself. Somebody else approves it.",
    "in_force": "Version {} is in force already.",
    "older": "A later version than {} is in force. Propose it again, and somebody else approves that.",
    "moved": "Version {} came into force while you read. See what this one changes now, and press again.",
    "approved": "Version {} was in force once. Propose it again, and somebody else approves that.",
    "note": "Say why version {} is put in force, for whoever asks later.",
    "long": "The note on version {} is longer than the record keeps.",
}
INTERESTS = {
    "unknown": "The record has no such shop, person or note. Nothing was recorded.",
    "known": "This is on record already.",
    "ended": "Somebody has ended this already.",
    "own": "Nobody ends what is on record about themselves. Somebody else does it.",
    "note": "Say why, for the next reader.",
    "long": "The note is longer than the record keeps.",
}
CONSENTS = {
    "speaker": "Say who spoke for the shop.",
    "evidence": "Say where the consent can be looked up, such as the number of the signed form: 3 to 200 characters.",
    "future": "This day has not come yet. Give the day on which the shop said so.",
    "days": "The last day of a consent is not before the day on which it was given.",
    "over": "This consent is over already. Ask the shop for a new one.",
    "unknown": "The record has no such shop. Nothing was recorded.",
    "nothing": "The shop has no consent on record that could be taken back.",
}
"""Why a shop's consent can't be noted or taken back."""
CONFLICTS = {
    "own_file": "On record this shop is your own or your family's. Somebody else decides about it, and books on it.",
    "own_referral": "On record you brought this shop in. Somebody else decides about it, and books on it.",
}
ACCOUNTS = {
    "handle": "“Signs in as” takes 2 to 40 small letters, digits, dots and dashes, and begins with a letter.",
    "handle_taken": "Somebody signs in as {} already.",
    "name": "A name has 1 to 80 characters.",
    "email": "{} is no e-mail address.",
    "email_taken": "Somebody has the address {} already.",
    "role": "There is no role {}. There are officer, manager, auditor and administrator.",
    "branch": "There is no such branch.",
    "unknown": "Nobody here has this account.",
    "disabled": "{} is disabled. Enable the account first.",
    "self": "You can't change your own role, or disable yourself. Another administrator does.",
    "last_administrator": "{} is the only administrator who can sign in. Add another one first.",
    "demo": "Demo people come in without a passphrase, so they give nobody an account. Use `python loam.py user add`.",
}
"""Why a person can't be added or changed."""
STEPS = {
    "accept": "accepting the offer",
    "check": "a check",
    "disburse": "paying out",
    "pay": "a payment",
    "reverse": "a reversal",
    "waive": "a waiver",
    "settle": "an early settlement",
    "recover": "a recovery",
    "restructure": "a new schedule",
    "write_off": "a write-off",
    "unlikely": "marking a loan as unlikely to be repaid",
    "contact": "a contact",
    "promise": "a promise",
    "dispute": "a dispute",
    "hardship": "a hardship",
    "close_case": "closing a case",
}
"""Each step of a loan's life within a sentence."""
CHECKS = {
    "identity": "the borrower's identity",
    "sanctions": "the sanctions lists",
    "consent": "the shop's consent",
    "total_cost": "the borrower's word that the total cost is understood",
}
ACTS = {
    "not_approved": "Nobody approved this application, so nothing can be paid out on it.",
    "has_a_loan": "A loan was paid out on this application already. Nothing more was recorded.",
    "not_accepted": "The borrower has not accepted the offer yet. Record that first.",
    "check_missing": "Before money is paid out, look at {check} and record it.",
    "old_score": "The score is more than {score_days} days old, or missing. Score the shop again first.",
    "no_consent": "The shop has not consented, so nothing can be paid out.",
    "not_started": "Nothing was paid out yet; there is no loan for {step}.",
    "repaid": "This loan is repaid; it takes no more of {step}.",
    "closed": "This loan is closed; it takes no more of {step}.",
    "written_off": "This loan is written off. What still comes in is a recovery.",
    "not_written_off": "Recoveries begin on the day after a write-off. Record a payment instead.",
    "amount": "The amount for {step} must be above zero.",
    "least": "An early settlement takes at least what is outstanding, {amount}.",
    "too_much": "No more can be waived than fees and interest that are due and unpaid, {amount}.",
    "future": "This day has not come yet. Give today or an earlier one for {step}.",
    "before_disbursement": "On this day the loan was not paid out yet. Give a later one for {step}.",
    "reason": "Say why, for the next reader: {shortest} characters at least, {longest} at most.",
    "approved_it": "You took part in approving this loan, so somebody else books on it.",
    "same_person": "You asked for this yourself. Somebody else agrees to it.",
    "needs_manager": "For {step} one of the two must be a manager.",
    "answered": "Somebody has answered this already. Nothing more was recorded.",
    "unknown": "The record has no such row. Nothing was recorded; open the page again.",
    "reversed": "This payment was reversed already, or its reversal waits for a second person.",
    "too_many_contacts": "This borrower was contacted {contacts} times within {contact_days} days, which is the most.",
    "promise_day": "A promise is for today or one of the next {promise_days} days.",
    "no_case": "No dispute and no hardship is open on this loan.",
    "schedule": "These terms make no new schedule: 1 to 60 months, at no more than the loan's own rate.",
    "changed": "The loan got a new schedule since that day, which rests on what was booked before. Give a later day.",
    "changed_today": "The loan got its schedule today. A new one can begin tomorrow at the earliest.",
    "waiting": "Another step of this loan waits for a second person. It is answered first.",
    "channel": "Say how the borrower was contacted.",
}
"""Why a step of a loan's life is refused, by the reasons of lending.loan_life; `least` is an amount with its least."""
STALE = {
    "score": "The shop was scored again since this page was drawn. Nothing was recorded; look at the new score first.",
    "policy": "A new lending policy came into force since this page was drawn. Nothing was recorded; open it again.",
    "application": "The application was imported anew since this page was drawn. Nothing was recorded; open it again.",
    "round": "This application has changed since this page was drawn. Nothing was recorded; open it again.",
    "other_currency": "The policy lends in another currency, and no rate between the two is on record.",
    "no_score": "A loan needs a score. Score the shop first.",
}


def sentence(error: errors.BrokenRule, *, currency: str | None = None) -> str:
    """One or two sentences for a refusal, safe for Markdown.

    Args:
        error: the rule that was broken.
        currency: in which its amounts are; the desk's own with None.
    """
    match error:
        case errors.NotADecision():
            return _incomplete(error)
        case errors.AlreadyDecided():
            done = wording.OUTCOMES_DONE[error.outcome] if error.final else f"proposed: {error.outcome}"
            return f"{wording.plain(error.name)} {done} on {_when(error.at)}. Nothing more was recorded."
        case errors.HeldByAnother():
            return f"{wording.plain(error.name)} took this application on {_when(error.since)} and is deciding it."
        case errors.NotAllowed(because="same_person"):
            return SAME_PERSON
        case errors.NotAllowed(because="disabled"):
            return DISABLED
        case errors.NotAllowed(because=because) if because in CONFLICTS:
            return CONFLICTS[because]
        case errors.NotAllowed(because="scope"):
            return OTHER_BRANCH
        case errors.NotAllowed():
            return f"This is not open to your role ({error.role}). Nothing was recorded."
        case errors.AboveAuthority():
            return f"This needs {wording.AUTHORITIES[error.needed]}. Nothing was recorded; refer it, or offer less."
        case errors.Stale():
            return STALE[error.changed]
        case errors.KeyConflict():
            return "This form was used already. Nothing was recorded; open the page again."
        case errors.ModelRefused():
            return MODELS[error.because].format(wording.plain(error.what))
        case errors.PolicyRefused():
            return POLICIES[error.because].format(error.version)
        case errors.InterestRefused():
            return INTERESTS[error.because]
        case errors.ConsentRefused():
            return CONSENTS[error.because]
        case errors.BranchRefused():
            return BRANCHES[error.because].format(wording.plain(error.what))
        case errors.AccountRefused():
            return ACCOUNTS[error.because].format(wording.plain(error.what))
        case errors.ViewRefused():
            return VIEWS[error.because].format(error.most)
        case errors.MappingRefused():
            return MAPPINGS[error.because].format(error.most)
        case errors.NoConsent():
            return "The shop has not consented to a score on this day, or has taken its consent back."
        case errors.UnknownApplication():
            return "No application has this number."
        case errors.UnknownLoan():
            return "No loan has this number."
        case errors.ActRefused():
            return _act_refused(error, currency or settings().currency)
        case errors.NotEnoughHistory():
            return f"This needs {error.needed_days} days of sales on record; there are {error.found_days}."
        case _:
            raise TypeError(f"no words for {type(error).__name__}")


def _act_refused(error: errors.ActRefused, currency: str) -> str:
    """Why a step of a loan's life is refused, or an early settlement too small."""
    because = "least" if error.because == "amount" and error.amount_minor is not None else error.because
    return ACTS[because].format(
        step=STEPS.get(error.what, "this step"),
        check=CHECKS.get(error.what, "everything that the list names"),
        amount=wording.plain(wording.exact_money(error.amount_minor, currency)),
        score_days=loan_life.OLDEST_SCORE_DAYS,
        shortest=loan_life.SHORTEST_REASON,
        longest=f"{loan_life.LONGEST_REASON:,}",
        contacts=loan_life.MOST_CONTACTS,
        contact_days=loan_life.CONTACT_DAYS,
        promise_days=loan_life.LONGEST_PROMISE_DAYS,
    )


def _when(moment: object) -> str:
    return wording.moment(moment, settings().time_zone)  # type: ignore[arg-type]


def _incomplete(error: errors.NotADecision) -> str:
    currency = settings().currency
    match error:
        case errors.UnknownReason() | errors.UnknownOutcome():
            return "This is not one of the choices of the policy. Nothing was recorded."
        case errors.RepeatedReason():
            return "The same reason stands there twice."
        case errors.TooManyReasons():
            return f"Choose at most {error.most} reasons: an applicant can't act on more."
        case errors.ReasonMissing():
            return "Choose at least one reason: the applicant is told why."
        case errors.NoteMissing(because="refer"):
            return "Write a note: the next reader needs to know what to look at."
        case errors.NoteMissing():
            return "This goes against the policy's own answer. Write a note that says why."
        case errors.NoteTooLong():
            return f"The note has {error.length:,} characters; the record keeps {error.most:,}."
        case errors.AmountOutOfRange(outcome="approve"):
            return f"Approving means the amount asked for, {wording.plain(wording.money(error.asked_minor, currency))}."
        case errors.AmountOutOfRange():
            asked = wording.plain(wording.money(error.asked_minor, currency))
            return f"A smaller offer lies above zero and below the {asked} asked for."
        case errors.AmountTooSmall():
            return f"The policy lends no less than {wording.plain(wording.money(error.least_minor, currency))}."
        case errors.RateOutOfRange():
            return f"The rate must lie between 0% and the legal cap of {wording.rate(error.cap_bps)} a year."
        case errors.TermNotOffered():
            offered = wording.listed([str(term) for term in error.offered_months])
            return f"The policy offers terms of {offered} months."
        case errors.TermsWithoutApproval():
            return "Only an approval has an amount, a term and a rate."
        case _:
            raise TypeError(f"no words for {type(error).__name__}")
