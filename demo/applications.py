"""Who asks for a loan: applications that wait today, and those that the desk has decided in the past year.

Who asks when, and under which number, is the same on each day on which the demo stands.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np

from demo.courses import Prospects, prospects, usual_sales
from demo.shops import Shop, habit
from demo.stories import DECLINE_BEHIND_A_GOOD_YEAR, GOOD_SMALL_SHOP, STORIES, WASH_SELLER

WAITING = ((0, 60, 1_200), (0, 20, 150))
"""Shops of a marketplace, and how many of its applications wait; in between in a straight line."""
DECIDED = ((0, 60, 1_200), (0, 45, 900))
PROMISED_DAYS = 3
DAYS_TO_DECIDE = (1, 2, 3, 4, 6)
DAYS_TO_DECIDE_SHARES = (0.35, 0.42, 0.15, 0.05, 0.03)
NEED = 0.35
"""How much a weak shop's health drives it to ask today, against chance."""
LEAST_MONTHLY_SALES = 5_000.0
LEAST_AMOUNT, MOST_AMOUNT = 3_000, 300_000
LEAST_AGE_DAYS = 75
LEAST_DAYS_AGO, LONGEST_AGO_DAYS = 6, 360
BETWEEN_LOANS_DAYS = 120
WAKING_MINUTES = (8 * 60, 23 * 60)

# Over how many months, how often, and what an owner thinks to be able to pay back then, in months of sales.
TERMS = (3, 6, 9, 12)
TERM_SHARES = (0.04, 0.12, 0.16, 0.68)
MONTHS_OF_SALES = {3: 0.30, 6: 0.60, 9: 0.88, 12: 1.15}
# Whoever waits today has not been told yet what the desk lends, and asks for more.
ASKED_BEFORE, ASKED_TODAY = (0.57, 0.2), (1.35, 0.38)
"""Of that: the median, and the standard deviation of the log."""
SHARE_OF_A_YOUNG_SHOP = 0.45

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


@dataclass(frozen=True, slots=True)
class _Draft:
    """Who asks, and how long ago; the amount comes later."""

    shop: Shop
    minutes_ago: int
    """Before the midnight at the start of `as_of`."""
    consented: bool
    decided_days_ago: int | None


def applications_of(shops: Sequence[Shop], *, seed: int, as_of: date) -> list[Application]:
    """The applications of a marketplace, numbered in the order in which they came.

    Each shop of a story waits; no shop has two that wait.
    """
    rng = np.random.default_rng([seed, len(shops), *b"applications"])
    untold = _by_need(shops[len(STORIES) :], rng)
    able = [shop for shop in untold if _days_on_which_it_may_ask(shop, as_of=as_of)[0] == 0]
    chosen = able[: int(np.interp(len(shops), *WAITING)) - len(STORIES)]
    waiting = [*shops[: len(STORIES)], *(chosen[place] for place in rng.permutation(len(chosen)))]
    drafts = list(_waiting(waiting, rng))
    now = {shop.number for shop in waiting}
    others = [shop for shop in untold if shop.number not in now]
    drafts += _past(others, waiting, int(np.interp(len(shops), *DECIDED)), rng, as_of=as_of)
    drafts.sort(key=lambda draft: (-draft.minutes_ago, draft.shop.number))
    known = prospects(shops, seed=seed, as_of=as_of)
    midnight = datetime.combine(as_of, datetime.min.time())
    return [_application(number, draft, known, midnight, rng) for number, draft in enumerate(drafts, start=1)]


def _by_need(shops: Sequence[Shop], rng: np.random.Generator) -> list[Shop]:
    """The shops by chance, but the weak ones, who find money nowhere else, rather at the front."""
    need = rng.standard_normal(len(shops)) - NEED * habit(shops, "health")
    return [shops[place] for place in np.argsort(-need, kind="stable")]


def _days_on_which_it_may_ask(shop: Shop, *, as_of: date) -> tuple[int, int]:
    """The first and the last day before `as_of` on which the shop may apply, the last excluded: old enough, open."""
    first = 0 if shop.closed_on is None else (as_of - shop.closed_on).days + LEAST_DAYS_AGO
    last = (as_of - shop.opened_on).days - LEAST_AGE_DAYS
    while first < last and usual_sales(shop, days_ago=first) < LEAST_MONTHLY_SALES:
        first += BETWEEN_LOANS_DAYS
    return (first, last) if first < last else (LONGEST_AGO_DAYS, LONGEST_AGO_DAYS)


def _past(
    others: list[Shop], waiting: list[Shop], count: int, rng: np.random.Generator, *, as_of: date
) -> Iterator[_Draft]:
    """Earlier applications of shops that do not ask today, of a few that do, and then of the first ones again."""
    asked: dict[int, int] = {shop.number: 0 for shop in waiting}
    came_back = waiting[len(STORIES) :: 8]
    left = count
    for shop in (*others, *came_back, *others, *others):
        first, last = _days_on_which_it_may_ask(shop, as_of=as_of)
        first = max(LEAST_DAYS_AGO, first, asked.get(shop.number, -BETWEEN_LOANS_DAYS) + BETWEEN_LOANS_DAYS)
        last = min(last, LONGEST_AGO_DAYS)
        if not left or first >= last:
            continue
        days_ago = int(rng.integers(first, last))
        asked[shop.number] = days_ago
        left -= 1
        waited_days = int(rng.choice(DAYS_TO_DECIDE, p=DAYS_TO_DECIDE_SHARES))
        minutes_ago = (days_ago + waited_days) * 24 * 60 - int(rng.integers(*WAKING_MINUTES))
        yield _Draft(shop, minutes_ago, consented=True, decided_days_ago=days_ago)


def _waiting(shops: list[Shop], rng: np.random.Generator) -> Iterator[_Draft]:
    """A few are overdue, some are due tonight, the others in the next two days; the stories are among the others."""
    count, day = len(shops), 24 * 60
    overdue, tonight = max(1, count // 40), max(2, count // 12)
    without_consent = max(2, count // 35)
    for place, shop in enumerate(shops):
        turn = place - len(STORIES)
        if 0 <= turn < overdue:
            minutes_ago = PROMISED_DAYS * day + int(rng.integers(300, 800))
        elif 0 <= turn < overdue + tonight:
            minutes_ago = (PROMISED_DAYS - 1) * day + int(rng.integers(5, 90))
        else:
            minutes_ago = int(rng.integers(1, PROMISED_DAYS)) * day - int(rng.integers(*WAKING_MINUTES))
        yield _Draft(shop, minutes_ago, place < count - without_consent, None)


def _application(
    number: int, draft: _Draft, known: Prospects, midnight: datetime, rng: np.random.Generator
) -> Application:
    shop = draft.shop
    term_months = int(rng.choice(TERMS, p=TERM_SHARES))
    sales = _carrying_sales(shop, known, draft.decided_days_ago or 0, as_of=midnight.date())
    usual, spread = ASKED_TODAY if draft.decided_days_ago is None else ASKED_BEFORE
    asked = sales * MONTHS_OF_SALES[term_months] * usual
    amount = _rounded(asked * float(np.exp(spread * rng.standard_normal())))
    if shop.number <= len(STORIES):
        amount, term_months = TOLD[STORIES[shop.number - 1]]
    return Application(
        ref=f"A-{number:04d}",
        shop=shop,
        submitted_at=midnight - timedelta(minutes=draft.minutes_ago, seconds=int(rng.integers(0, 60))),
        amount=amount,
        term_months=term_months,
        purpose=PURPOSES[rng.integers(len(PURPOSES))],
        consented=draft.consented,
        decided_days_ago=draft.decided_days_ago,
    )


def _carrying_sales(shop: Shop, known: Prospects, days_ago: int, *, as_of: date) -> float:
    """The month's net sales that a careful owner reckons with: the lower of the last quarter's and the year's."""
    place, age_days = shop.number - 1, (as_of - shop.opened_on).days - days_ago
    quarter = known.monthly(place, until_days_ago=days_ago, over_days=91)
    if age_days < 400:
        return SHARE_OF_A_YOUNG_SHOP * quarter
    return min(quarter, known.monthly(place, until_days_ago=days_ago, over_days=365))


def _rounded(amount: float) -> int:
    step = 500 if amount < 10_000 else 1_000 if amount < 50_000 else 5_000
    return min(max(LEAST_AMOUNT, round(amount / step) * step), MOST_AMOUNT)
