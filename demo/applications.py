"""Who asks for a loan: applications that wait today, and those that the desk has decided in the past months."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np

from demo.shops import Shop, usual_sales
from demo.stories import DECLINE_BEHIND_A_GOOD_YEAR, GOOD_SMALL_SHOP, STORIES, WASH_SELLER

WAITING = ((0, 60, 1_200), (0, 20, 150))
"""Shops of a marketplace, and how many of its applications wait; in between in a straight line."""
DECIDED = ((0, 60, 1_200), (0, 28, 900))
PROMISED_DAYS = 3
WITHOUT_CONSENT = 2
LEAST_MONTHLY_SALES = 4_000.0
LEAST_AMOUNT = 2_000
LEAST_AGE_DAYS = 50
LONGEST_AGO_DAYS = 200
WAKING_MINUTES = (8 * 60, 23 * 60)
MONTHS_OF_SALES = 0.4
"""The usual amount, in months of sales."""

PURPOSES = (
    "stock for the season", "a larger order", "packing material", "a second supplier", "a larger store room",
    "a new product line", "machines", "photographs and advertising", "wages in the season", "a van",
)  # fmt: skip

# What the shops of the stories ask for, in whole units of the currency, and over how many months.
TOLD = {GOOD_SMALL_SHOP: (6_000, 12), DECLINE_BEHIND_A_GOOD_YEAR: (60_000, 12), WASH_SELLER: (120_000, 12)}


@dataclass(frozen=True, slots=True)
class Application:
    """One application. The amount is in whole units of the currency; the time is the shop's clock."""

    ref: str
    shop: Shop
    submitted_at: datetime
    amount: int
    term_months: int
    purpose: str
    consented: bool
    decided_days_ago: int | None
    """On which day before `as_of` the desk decided it; None while it waits."""


def applications_of(shops: list[Shop], *, seed: int, as_of: date) -> list[Application]:
    """The applications of a marketplace, numbered in the order in which they came.

    Each shop of a story waits; no shop has two that wait.
    """
    rng = np.random.default_rng([seed, len(shops), 1])
    untold = shops[len(STORIES) :]
    shuffled = [untold[place] for place in rng.permutation(len(untold))]
    able = [shop for shop in shuffled if _may_apply(shop, as_of=as_of)]
    waiting = int(np.interp(len(shops), *WAITING)) - len(STORIES)
    decided = int(np.interp(len(shops), *DECIDED))
    now = shops[: len(STORIES)] + able[:waiting]
    # Those whose sales fell have asked already; a few of those who ask today asked before.
    others = sorted(able[waiting:], key=lambda shop: not shop.turns)
    before = (others + able[: max(1, waiting // 5)] + others * 3)[:decided]
    drafts = [_past(shop, rng, as_of=as_of) for shop in before]
    drafts += [_waiting(shop, place, len(now), rng, as_of=as_of) for place, shop in enumerate(now)]
    drafts.sort(key=lambda draft: (draft.submitted_at, draft.shop.number))
    return [_numbered(draft, number) for number, draft in enumerate(drafts, start=1)]


def _may_apply(shop: Shop, *, as_of: date) -> bool:
    open_long_enough = (as_of - shop.opened_on).days >= LEAST_AGE_DAYS and shop.closed_on is None
    return open_long_enough and usual_sales(shop, days_ago=0, as_of=as_of) >= LEAST_MONTHLY_SALES


def _past(shop: Shop, rng: np.random.Generator, *, as_of: date) -> Application:
    longest = shop.turns[0][0] // 3 if shop.turns else LONGEST_AGO_DAYS
    days_ago = int(rng.integers(6, max(7, min(longest, (as_of - shop.opened_on).days - LEAST_AGE_DAYS))))
    decided_on = datetime.combine(as_of, datetime.min.time()) - timedelta(days=days_ago)
    days_before = timedelta(days=int(rng.integers(1, PROMISED_DAYS)))
    submitted_at = decided_on - days_before + timedelta(minutes=int(rng.integers(*WAKING_MINUTES)))
    return _application(shop, rng, submitted_at, days_ago=days_ago, as_of=as_of)


def _waiting(shop: Shop, place: int, count: int, rng: np.random.Generator, *, as_of: date) -> Application:
    """One is overdue, some are due tonight, the others in the next two days; the stories are among the others."""
    midnight = datetime.combine(as_of, datetime.min.time())
    overdue, tonight = len(STORIES), range(len(STORIES) + 1, len(STORIES) + 1 + max(1, count * 3 // 20))
    if place == overdue:
        submitted_at = midnight - timedelta(days=PROMISED_DAYS, minutes=int(rng.integers(300, 800)))
    elif place in tonight:
        submitted_at = midnight - timedelta(days=PROMISED_DAYS - 1, minutes=int(rng.integers(5, 90)))
    else:
        days_before = int(rng.integers(1, PROMISED_DAYS))
        submitted_at = midnight - timedelta(days=days_before) + timedelta(minutes=int(rng.integers(*WAKING_MINUTES)))
    consented = place < count - WITHOUT_CONSENT
    return _application(shop, rng, submitted_at, days_ago=None, as_of=as_of, consented=consented)


def _application(
    shop: Shop,
    rng: np.random.Generator,
    submitted_at: datetime,
    *,
    days_ago: int | None,
    as_of: date,
    consented: bool = True,
) -> Application:
    sales = usual_sales(shop, days_ago=days_ago or 0, as_of=as_of)
    asked = sales * MONTHS_OF_SALES * float(np.exp(0.55 * rng.standard_normal()))
    amount, term_months = _rounded(asked), int(rng.choice((3, 6, 9, 12), p=(0.08, 0.27, 0.2, 0.45)))
    if shop.number <= len(STORIES):
        amount, term_months = TOLD[STORIES[shop.number - 1]]
    purpose = PURPOSES[rng.integers(len(PURPOSES))]
    seconds = timedelta(seconds=int(rng.integers(0, 60)))
    return Application("", shop, submitted_at - seconds, amount, term_months, purpose, consented, days_ago)


def _rounded(amount: float) -> int:
    step = 1_000 if amount < 50_000 else 5_000
    return max(LEAST_AMOUNT, round(amount / step) * step)


def _numbered(draft: Application, number: int) -> Application:
    return Application(
        f"A-{number:04d}", draft.shop, draft.submitted_at, draft.amount, draft.term_months, draft.purpose,
        draft.consented, draft.decided_days_ago,
    )  # fmt: skip
