"""An offer in words: what makes it, what it costs, and what it bears. Plain text throughout."""

from components import wording
from lending.offer import Offer
from lending.terms import Terms

CAP_MEANINGS = {
    "product": "the most that the policy lends to one owner",
    "grade_multiple": "the usual month's sales, times what the grade allows",
    "affordability": "what a set share of the weaker months' sales repays in the term",
    "short_record": "with under a year on record, no more than the weakest full month sold",
}
# Why the policy recommends what it does.
WHY = {
    "flagged": "The file is flagged, so the policy lets it only be referred.",
    "grade_declines": "The grade is below the cut-off.",
    "no_room": "No cap leaves room for the least amount that is lent.",
    "grade_refers": "The grade is just below the cut-off: a second person decides.",
    "price_above_cap": "Even the legal cap would not pay for this loan.",
    "limit_below_asked": "The shop asks for more than the limit.",
    "within_limit": "The grade is above the cut-off and the amount is within the limit.",
}
# What makes the limit, within a sentence.
SET_BY = {
    "product": "the policy's largest loan",
    "grade_multiple": "the grade",
    "affordability": "what sales carry",
    "short_record": "the weakest full month",
}


def offer_title(offer: Offer, currency: str) -> str:
    """The title of the offer: the highest amount and the term, and the rate of the amount that would be lent."""
    if offer.why == "no_room" and offer.debt.balance_minor:
        return "No offer: what is owed already leaves no room"
    if offer.limit_minor == 0:
        return f"No offer: {SET_BY[offer.binding_cap]} leaves no room"
    limit, months = wording.money(offer.limit_minor, currency), wording.count(offer.term_months, "month")
    if offer.amount_minor == offer.limit_minor:
        return f"Offer: up to {limit} for {months} at {wording.rate(offer.rate_bps)}"
    return f"Offer: up to {limit}; {wording.money(offer.amount_minor, currency)} at {wording.rate(offer.rate_bps)}"


def offer_caption(offer: Offer, currency: str) -> str:
    """Which cap makes the limit, and what came off it because it is owed already."""
    owed = offer.debt.balance_minor
    before = f"; {wording.money_short(owed, currency)} approved before came off" if owed else ""
    return f"Limit set by {SET_BY[offer.binding_cap]}{before}"


def caps_sentences(offer: Offer, currency: str) -> list[str]:
    """What each cap allows and what it means, the lowest first."""
    return [
        f"{wording.CAPS[cap.name]}, {wording.money_short(cap.room_minor, currency)}: {CAP_MEANINGS[cap.name]}."
        for cap in sorted(offer.caps, key=lambda cap: cap.room_minor)
    ]


def cost_sentence(terms: Terms, currency: str) -> str:
    """What a loan costs: its rate, whether the law holds it down, its instalment, and the interest in all."""
    instalment, interest = (
        wording.money(terms.instalment_minor, currency),
        wording.money(terms.interest_minor, currency),
    )
    capped = ", the legal cap" if terms.price.capped else ""
    return f"{wording.rate(terms.price.rate_bps)} a year{capped}: {instalment} a month, {interest} interest in all"


def fall_title(fall: float, instalment_minor: int, currency: str) -> str:
    """The title of the stress: how far sales may fall before an instalment is missed."""
    instalment = wording.money(instalment_minor, currency)
    if fall < 0:
        return f"Some months would not carry {instalment}"
    far = "over 99%" if 0.99 < fall < 1 else wording.share(fall)
    return f"Sales may fall {far} before {instalment} is missed"
