"""One round of a decision in words."""

from components import sentences, wording
from lending.rounds import Round

PROPOSALS = {
    "approve": "proposes to approve",
    "approve_less": "proposes a smaller amount",
    "decline": "proposes to decline",
}
# A proposal stands in one line above the charts, with the whole of a longer note on hover.
LONGEST_NOTE = 44


def round_sentence(each: Round, *, currency: str, time_zone: str, whole: bool = False) -> str:
    """One round of a decision in Markdown: who, what, when, why; in one line unless the whole is wanted."""
    settled = each.final or each.outcome == "refer"
    verb = wording.OUTCOMES_DONE[each.outcome] if settled else PROPOSALS[each.outcome]
    terms = ""
    if each.amount_minor and each.term_months:
        amount = wording.plain(wording.exact_money(each.amount_minor, currency))
        terms = f": **{amount} for {wording.count(each.term_months, 'month')} at {wording.rate(each.rate_bps)}**"
    because = f" Reasons: {sentences.reasons_in_words(each.reasons, short=not whole)}." if each.reasons else ""
    said = each.note if whole or len(each.note) <= LONGEST_NOTE else each.note[:LONGEST_NOTE].rstrip() + "…"
    note = f" Note: {wording.plain(said)}" if said else ""
    at = f"{wording.day(each.decided_on)}, {wording.time_of_day(each.recorded_at, time_zone)}"
    return f"{wording.plain(each.person_name)} {verb}{terms} on {at}.{because}{note}"
