"""A broken rule in an officer's words: what is wrong, and what to do now."""

from components import wording
from lending import errors
from settings import settings

DISABLED = "This account is not in use any more. Nothing was recorded."
SAME_PERSON = "You took part in an earlier round of this application. Somebody else decides it now."
VIEWS = {
    "name_missing": "Give the view a name first.",
    "name_long": "A name has up to {} characters.",
    "name_taken": "Another of your views has this name already.",
    "too_many": "You keep {} views of this list, which is the most. Delete one first.",
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
STALE = {
    "score": "The shop was scored again since this page was drawn. Nothing was recorded; look at the new score first.",
    "policy": "A new lending policy came into force since this page was drawn. Nothing was recorded; open it again.",
    "application": "The application was imported anew since this page was drawn. Nothing was recorded; open it again.",
    "round": "This application has changed since this page was drawn. Nothing was recorded; open it again.",
    "other_currency": "The policy lends in another currency, and no rate between the two is on record.",
    "no_score": "A loan needs a score. Score the shop first.",
}


def sentence(error: errors.BrokenRule) -> str:
    """One or two sentences for a refusal, safe for Markdown."""
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
        case errors.NotAllowed():
            return f"This is not open to your role ({error.role}). Nothing was recorded."
        case errors.AboveAuthority():
            return f"This needs {wording.AUTHORITIES[error.needed]}. Nothing was recorded; refer it, or offer less."
        case errors.Stale():
            return STALE[error.changed]
        case errors.KeyConflict():
            return "This form was used already. Nothing was recorded; open the application again."
        case errors.ModelRefused():
            return MODELS[error.because].format(wording.plain(error.what))
        case errors.ViewRefused():
            return VIEWS[error.because].format(error.most)
        case errors.NoConsent():
            return "The shop's consent is missing or begins today: it can't be scored yet."
        case errors.UnknownApplication():
            return "No application has this number."
        case errors.NotEnoughHistory():
            return f"This needs {error.needed_days} days of sales on record; there are {error.found_days}."
        case _:
            raise TypeError(f"no words for {type(error).__name__}")


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
