"""Who of the demo's shops borrows, how often, how much and on which terms."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from demo import courses
from demo.conduct import Temper
from demo.lent import (
    ANNUITY,
    DAYS_A_WEEK,
    DAYS_A_YEAR,
    EQUAL_PRINCIPAL,
    INTEREST_ONLY,
    MONTH,
    MONTHS_A_YEAR,
    NEVER,
    SALES_SHARE,
    WEEK,
    Lent,
    Mask,
)
from demo.remittances import SWEEPS
from demo.seasons import Numbers, Whole
from demo.shops import DAYS_A_MONTH, Shop, habit

WEEKS = 209
"""Of sales that are told: a year more than of loans."""
HEALTH_IN_TARDINESS, HEALTH_IN_FRAILTY, FRAILTY_SD = 0.45, 0.75, 0.45
NEWCOMERS_FRAILTY, KNOWN_FRAILTY, LESS_FRAIL_EACH_TIME = 6.6, 1.05, 0.88
"""Of a first loan; of a second one, and how much of that is left each time."""
DECLINE, FRAIL_IN_DECLINE = -0.3, 1.7
"""Log of the level of sales against a shop's usual one, below which it is in decline."""
FRAUD_SHARE, FRAUD_SHARE_OF_WASHERS = 0.004, 0.12
"""Of first loans, and of those to shops that buy from themselves."""
STRESSED_MONTHS_AGO, STRESSED_SHARE = 16, 0.20
"""Of the money paid out in one month, that many before the month of `as_of`, so much met hard times."""

KINDS = (SALES_SHARE, ANNUITY, EQUAL_PRINCIPAL, INTEREST_ONLY)
KIND_SHARES = (0.36, 0.43, 0.12, 0.09)
WEEKLY_SHARE = 0.22
"""Of the annuities."""
WEEKS_OF_LOANS = (13, 26)
TERMS = (3, 6, 9, 12)
TERM_SHARES = {ANNUITY: (0.08, 0.47, 0.23, 0.22), EQUAL_PRINCIPAL: (0.08, 0.47, 0.23, 0.22),
               INTEREST_ONLY: (0.50, 0.50, 0.0, 0.0)}  # fmt: skip
MONTHS_OF_SALES = {3: 1.0, 6: 1.18, 9: 1.30, 12: 1.45}
MONTHS_OF_AN_ADVANCE = 1.2
SIZE_SD, LEAST_SIZE, MOST_SIZE = 0.20, 0.96, 2.1
"""Of the log of the loan in months of sales; and its bounds."""
SHARE_OF_A_YOUNG_SHOP = 0.7
STEPS_MINOR = ((0, 10_000), (1_000_000, 50_000), (5_000_000, 100_000))
LEAST_MINOR, MOST_MINOR = 200_000, 12_000_000
RATES_PPM = (82_000, 118_000)
RATE_PER_HEALTH_PPM, RATE_SD_PPM, RATE_STEP_PPM = 5_000, 6_000, 1_000
"""A price made by people who see the health of a shop dimly, under a ceiling of 12%."""
HANDLING_FEE_MINOR = 3_000
"""Of a loan in equal principals."""
HOLDBACKS_PPM = (180_000, 200_000, 220_000, 250_000)
MINIMUMS_PPM, DAYS_OF_MINIMUMS = (200_000, 250_000, 300_000), (450, 360, 360)


@dataclass(frozen=True, slots=True)
class Borrowers:
    """What is known of all shops of a marketplace, row by row, to tell their loans by."""

    shops: Sequence[Shop]
    sales: Numbers
    """What each keeps of its sales in each week up to the day on which the demo stands, in minor units."""
    turns: Numbers
    """Log of the level of sales against the usual one, in each of the weeks."""
    today: int
    opened_on: Whole
    closed_on: Whole
    health: Numbers
    tardiness: Numbers
    frailty: Numbers
    washes: Whole
    stressed: tuple[int, int]
    """From which day on, up to which, loans came into hard times."""

    def week(self, days: Whole) -> Whole:
        """In which column of the weeks each day lies; the last one for days to come."""
        return np.clip(WEEKS + (days - self.today) // DAYS_A_WEEK, 0, WEEKS - 1)

    def sales_after(self, lent: Lent) -> Numbers:
        """What the shop keeps in each of the weeks after each loan was paid out."""
        weeks = self.week(lent.disbursed_on[:, None] + DAYS_A_WEEK * np.arange(SWEEPS))
        return self.sales[lent.shop[:, None], weeks]


def borrowers_of(shops: Sequence[Shop], *, seed: int, as_of: date) -> Borrowers:
    """Get to know the shops of a marketplace."""
    rng = np.random.default_rng([seed, len(shops), *b"borrowers"])
    health, count = habit(shops, "health"), len(shops)
    own = (1 - HEALTH_IN_TARDINESS**2) ** 0.5
    fragile = rng.standard_normal(count)
    variance = HEALTH_IN_FRAILTY**2 + FRAILTY_SD**2
    first = np.datetime64(as_of, "M") - STRESSED_MONTHS_AGO
    weeks = np.datetime64(as_of, "D") - DAYS_A_WEEK * np.arange(WEEKS, 0, -1)
    return Borrowers(
        shops=shops,
        sales=100 * courses.kept_by_week(shops, WEEKS, seed=seed, as_of=as_of),
        turns=courses.turns(shops, weeks, as_of=as_of),
        today=_day(as_of),
        opened_on=np.array([_day(shop.opened_on) for shop in shops]),
        closed_on=np.array([NEVER if shop.closed_on is None else _day(shop.closed_on) for shop in shops]),
        health=health,
        tardiness=-HEALTH_IN_TARDINESS * health + own * rng.standard_normal(count),
        frailty=np.exp(-HEALTH_IN_FRAILTY * health + FRAILTY_SD * fragile - variance / 2),
        washes=np.array([shop.washes for shop in shops], np.int64),
        stressed=(_number(first), _number(first + 1)),
    )


def _day(day: date) -> int:
    return _number(np.datetime64(day, "D"))


def _number(day: np.datetime64) -> int:
    return int(day.astype("datetime64[D]").astype(np.int64))


def monthly_sales(known: Borrowers, shop: Whole, on: Whole) -> Numbers:
    """A usual month's sales in the year before some days, in minor units; of a young shop less than it sold."""
    until = known.week(on)
    so_far = np.zeros((len(shop), WEEKS + 1))
    np.cumsum(known.sales[shop], axis=1, out=so_far[:, 1:])
    weeks = np.minimum(52, (on - known.opened_on[shop]) // DAYS_A_WEEK + 1)
    rows = np.arange(len(shop))
    sold = so_far[rows, until] - so_far[rows, np.maximum(until - weeks, 0)]
    return np.asarray(sold / weeks * (DAYS_A_MONTH / DAYS_A_WEEK) * np.where(weeks < 52, SHARE_OF_A_YOUNG_SHOP, 1.0))


def terms(known: Borrowers, shop: Whole, number: Whole, on: Whole, rng: np.random.Generator) -> Lent:
    """Loans to some shops on some days: a row each; a principal of 0 where the shop sells too little for any."""
    count = len(shop)
    kind = rng.choice(KINDS, count, p=KIND_SHARES)
    weekly = (kind == ANNUITY) & (rng.random(count) < WEEKLY_SHARE)
    months = np.zeros(count, np.int64)
    for each, shares in TERM_SHARES.items():
        months = np.where(kind == each, rng.choice(TERMS, count, p=shares), months)
    weeks = rng.choice(WEEKS_OF_LOANS, count)
    months = np.where(weekly, weeks * DAYS_A_WEEK // 30, months)
    sized = np.interp(months, list(MONTHS_OF_SALES), list(MONTHS_OF_SALES.values()))
    sized = np.where(kind == SALES_SHARE, MONTHS_OF_AN_ADVANCE, sized) * np.exp(SIZE_SD * rng.standard_normal(count))
    principal = rounded(monthly_sales(known, shop, on) * np.clip(sized, LEAST_SIZE, MOST_SIZE))
    price = np.mean(RATES_PPM) - RATE_PER_HEALTH_PPM * known.health[shop] + RATE_SD_PPM * rng.standard_normal(count)
    rate = np.rint(np.clip(price, *RATES_PPM) / RATE_STEP_PPM).astype(np.int64) * RATE_STEP_PPM
    holdback, minimum = rng.choice(HOLDBACKS_PPM, count), rng.integers(0, len(MINIMUMS_PPM), count)
    of_sales = kind == SALES_SHARE
    # What a loan of the same rate would cost that is repaid in even parts as fast as the sales should bring it.
    months_out = MONTHS_OF_AN_ADVANCE / (holdback / 1_000_000)
    spread = (principal * (rate / 1_000_000) * months_out / (2 * MONTHS_A_YEAR)).astype(np.int64) // 100 * 100
    return Lent(
        shop=shop,
        number=number,
        disbursed_on=on,
        principal_minor=principal,
        kind=kind,
        interval=np.where(weekly, WEEK, MONTH),
        instalments=np.where(of_sales, 0, np.where(weekly, weeks, months)),
        rate_ppm=np.where(of_sales, 0, rate),
        fee_minor=np.select([of_sales, kind == EQUAL_PRINCIPAL], [spread, HANDLING_FEE_MINOR], 0),
        holdback_ppm=np.where(of_sales, holdback, 0),
        minimum_ppm=np.where(of_sales, np.array(MINIMUMS_PPM)[minimum], 0),
        final_due_on=np.where(of_sales, on + np.array(DAYS_OF_MINIMUMS)[minimum], NEVER),
    )


def rounded(minor: Numbers) -> Whole:
    """Amounts as a desk lends them; 0 below the least."""
    begins, steps = zip(*STEPS_MINOR, strict=True)
    step = np.array(steps)[np.searchsorted(begins, minor, side="right") - 1]
    amount = np.rint(minor / step).astype(np.int64) * step
    return np.where(amount < LEAST_MINOR, 0, np.minimum(amount, MOST_MINOR))


def temper(known: Borrowers, lent: Lent, rng: np.random.Generator) -> Temper:
    """What the borrower of each loan is like at the time."""
    again = KNOWN_FRAILTY * LESS_FRAIL_EACH_TIME ** np.maximum(lent.number - 2, 0)
    frailty = known.frailty[lent.shop] * np.where(lent.number == 1, NEWCOMERS_FRAILTY, again)
    half_way = known.week(lent.disbursed_on + DAYS_A_YEAR // 4)
    frailty = frailty * np.where(known.turns[lent.shop, half_way] < DECLINE, FRAIL_IN_DECLINE, 1.0)
    stressed = (lent.disbursed_on >= known.stressed[0]) & (lent.disbursed_on < known.stressed[1])
    cheats = np.where(known.washes[lent.shop] > 0, FRAUD_SHARE_OF_WASHERS, np.where(lent.number == 1, FRAUD_SHARE, 0.0))
    return Temper(
        tardiness=known.tardiness[lent.shop],
        frailty=frailty,
        fraud=rng.random(len(lent)) < cheats,
        shocked=_shocked(stressed, lent.principal_minor, rng),
        closes_on=known.closed_on[lent.shop],
    )


def _shocked(among: Mask, principal_minor: Whole, rng: np.random.Generator) -> Mask:
    """Some loans among those that met hard times, of so much money together."""
    shocked = np.zeros(len(among), np.bool_)
    room = STRESSED_SHARE * principal_minor[among].sum()
    for place in rng.permutation(np.flatnonzero(among)).tolist():
        if principal_minor[place] <= room:
            shocked[place] = True
            room -= principal_minor[place]
    return shocked
