"""Three years of the demo's loans: those from before the desk and beside it, and those of the desk's own decisions.

Both are told of the shops, a seed and the day alone. What happens after that day is told too, and then left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from demo import repayments
from demo.applications import Application
from demo.borrowers import Borrowers, borrowers_of, temper, terms
from demo.lent import ANNUITY, DAYS_A_YEAR, MONTH, NEVER, PPM, Lent, Schedules
from demo.repayments import Outcomes, Payments, Told
from demo.seasons import Whole
from demo.shops import Shop
from demo.stories import STORIES

YEARS = 3
LEAST_AGE_DAYS = 75
JOINS_ABOVE, VEIL = -1.25, 0.8
"""Of health, seen through a veil: whom the lender takes at all."""
KNOWN_BEFORE = 0.75
"""Of the shops that were a year old then, so many had borrowed before the book begins."""
WAITS_DAYS = 70
"""Mean time to the first loan."""
COMES_BACK = 0.92
REFINANCES = 0.65
"""Of those who repay early, so many out of a new loan on the same day."""
DRAWS_MORE, DRAWS_AFTER = 0.85, (0.2, 0.65)
"""Of those who pay as agreed, so many take another loan before the last one is repaid; after which part of its life."""
BETWEEN_DAYS = (4, 45)
BEFORE_CLOSING_DAYS, BEFORE_ASKING_DAYS = 50, 20
GOES_ON = 0.7
"""Of those whom the desk has answered, so many take advances and renewals beside it all the same."""
MOST_LOANS = 16
DISBURSED_DAYS = (1, 6)
TO_BE_PAID_OUT_DAYS = 9
"""What the desk approved in so many days is still to be paid out, so that there is something to do."""
OWN_SHARE, PARTNERS, PARTNER_SHARE_PPM = 0.82, 2, 700_000


@dataclass(frozen=True, slots=True)
class Agreed:
    """A loan that the desk has agreed to. Money in minor units."""

    application_ref: str
    shop_ref: str
    decided_on: date
    amount_minor: int
    rate_bps: int
    term_months: int


@dataclass(frozen=True, slots=True)
class LoanBook:
    """Loans in the order in which they were paid out, and all that is known of them at the start of a day."""

    lent: Lent
    outcomes: Outcomes
    payments: Payments
    """By loan and day."""
    booked_at: Whole
    """When each payment became known: seconds since 1970 on the shop's clock."""
    restructured: Whole
    legs: Schedules
    refinances: Whole
    """The place of the loan that each one repaid; -1 for most."""
    partner: Whole
    """Who funds the larger part of each loan: 0 nobody but the lender himself."""
    applications: list[str | None]


def history(shops: Sequence[Shop], asked: Sequence[Application], *, seed: int, as_of: date) -> LoanBook:
    """The loans that the desk did not decide: those of the years before it, and the advances and renewals beside it.

    Args:
        shops: all of a marketplace, those of the stories first; these have borrowed nothing.
        asked: the applications to the desk. Who waits for its answer takes no other loan meanwhile.
        seed: of the marketplace.
        as_of: the day on which the demo stands; of nothing later is told.
    """
    rng = np.random.default_rng([seed, len(shops), *b"loans"])
    known = borrowers_of(shops, seed=seed, as_of=as_of)
    until = _borrow_until(known, asked, rng)
    on = _first_day(known, rng)
    shop = np.flatnonzero(on < until)
    before = (known.opened_on < known.today - (YEARS + 1) * DAYS_A_YEAR) & (rng.random(len(shops)) < KNOWN_BEFORE)
    on, refinanced, first = on[shop], np.full(len(shop), -1), np.where(before, 2, 1)
    parts: list[Told] = []
    loans: list[Lent] = []
    origins: list[Whole] = []
    count = 0
    for number in range(MOST_LOANS):
        lent = terms(known, shop, first[shop] + number, on, rng)
        able = lent.principal_minor > 0
        lent, refinanced = lent.take(able), refinanced[able]
        told = repayments.told(lent, temper(known, lent, rng), known.sales_after(lent), rng)
        places = count + np.arange(len(lent))
        count += len(lent)
        parts.append(told)
        loans.append(lent)
        origins.append(refinanced)
        shop, on, refinanced = _next(lent, told.outcomes, places, rng)
        still = on < until[shop]
        shop, on, refinanced = shop[still], on[still], refinanced[still]
    return _book(known, loans, parts, np.concatenate(origins), rng)


def asking(book: LoanBook, asked: Sequence[Application], *, as_of: date) -> list[Application]:
    """Those of the applications that were sent: who is far behind with a loan, or left one unpaid, asks for no other.

    Args:
        book: of `history`, with the same applications.
        asked: those that wait, and those that the desk has answered; of the former all are sent.
        as_of: the day on which the demo stands.
    """
    today = int(np.datetime64(as_of, "D").astype(np.int64))
    went = book.outcomes
    spans: dict[int, list[tuple[int, int]]] = {}
    for loan in np.flatnonzero(went.behind_on < NEVER).tolist():
        until = NEVER if went.written_off_on[loan] < NEVER else int(went.ended_on[loan])
        spans.setdefault(int(book.lent.shop[loan]), []).append((int(went.behind_on[loan]), until))

    def is_behind(each: Application) -> bool:
        day = today - (each.decided_days_ago or 0)
        return any(start < day <= end for start, end in spans.get(each.shop.number - 1, ()))

    return [each for each in asked if each.decided_days_ago is None or not is_behind(each)]


def _borrow_until(known: Borrowers, asked: Sequence[Application], rng: np.random.Generator) -> Whole:
    """The day from which each shop takes no loan any more, but from the desk."""
    goes_on = rng.random(len(known.shops)) < GOES_ON
    until = np.minimum(known.today - 2, known.closed_on - BEFORE_CLOSING_DAYS)
    until[: len(STORIES)] = 0
    for each in asked:
        place = each.shop.number - 1
        if each.decided_days_ago is None or not goes_on[place]:
            until[place] = min(until[place], known.today - (each.decided_days_ago or 0) - BEFORE_ASKING_DAYS)
    return until


def _first_day(known: Borrowers, rng: np.random.Generator) -> Whole:
    """The day of each shop's first loan; NEVER where the lender takes none of it."""
    count = len(known.shops)
    begins = np.maximum(known.today - YEARS * DAYS_A_YEAR, known.opened_on + LEAST_AGE_DAYS)
    on = begins + rng.exponential(WAITS_DAYS, count).astype(np.int64)
    taken = known.health + VEIL * rng.standard_normal(count) > JOINS_ABOVE
    return np.where(taken, on, NEVER)


def _next(lent: Lent, went: Outcomes, places: Whole, rng: np.random.Generator) -> tuple[Whole, Whole, Whole]:
    """Who borrows again, when, and which loan the new one repays (-1 for none)."""
    count = len(lent)
    good = (went.written_off_on == NEVER) & (went.ended_on < NEVER) & (rng.random(count) < COMES_BACK)
    early = (went.closed_on < NEVER) & (rng.random(count) < REFINANCES)
    more = (went.behind_on == NEVER) & (rng.random(count) < DRAWS_MORE)
    drawn = lent.disbursed_on + ((went.ended_on - lent.disbursed_on) * rng.uniform(*DRAWS_AFTER, count)).astype(
        np.int64
    )
    paused = went.ended_on + rng.integers(*BETWEEN_DAYS, count)
    on = np.where(early, went.closed_on, np.where(more, drawn, paused))
    refinanced = np.where(early, places, -1)
    return lent.shop[good], on[good], refinanced[good]


def of_decisions(shops: Sequence[Shop], agreed: Sequence[Agreed], *, seed: int, as_of: date) -> LoanBook:
    """The loans that the desk has agreed to, paid out some days after its decision; the newest are not yet.

    Args:
        shops: all of a marketplace.
        agreed: in any order.
        seed: of the marketplace.
        as_of: the day on which the demo stands.
    """
    rng = np.random.default_rng([seed, len(shops), *b"agreed"])
    known = borrowers_of(shops, seed=seed, as_of=as_of)
    newest = as_of - timedelta(days=TO_BE_PAID_OUT_DAYS)
    agreed = sorted((each for each in agreed if each.decided_on < newest), key=lambda each: each.application_ref)
    places = {shop.ref: place for place, shop in enumerate(shops)}
    count = len(agreed)
    shop = np.array([places[each.shop_ref] for each in agreed], np.int64)
    decided_on = np.array([each.decided_on for each in agreed], "datetime64[D]").astype(np.int64)
    zeros = np.zeros(count, np.int64)
    lent = Lent(
        shop=shop,
        number=np.full(count, 2),
        disbursed_on=decided_on + rng.integers(*DISBURSED_DAYS, count),
        principal_minor=np.array([each.amount_minor for each in agreed], np.int64),
        kind=np.full(count, ANNUITY),
        interval=np.full(count, MONTH),
        instalments=np.array([each.term_months for each in agreed], np.int64),
        rate_ppm=np.array([each.rate_bps for each in agreed], np.int64) * (PPM // 10_000),
        fee_minor=zeros,
        holdback_ppm=zeros,
        minimum_ppm=zeros,
        final_due_on=np.full(count, NEVER),
    )
    told = repayments.told(lent, temper(known, lent, rng), known.sales_after(lent), rng)
    return _book(known, [lent], [told], np.full(count, -1), rng, [each.application_ref for each in agreed])


def _book(
    known: Borrowers, loans: list[Lent], parts: list[Told], refinances: Whole, rng: np.random.Generator,
    applications: list[str] | None = None,
) -> LoanBook:  # fmt: skip
    """Put the parts together in the order in which the loans were paid out, up to today."""
    lent, went = Lent.joined(loans), Outcomes.joined([part.outcomes for part in parts])
    starts = np.cumsum([0, *map(len, loans)])
    order = np.lexsort((lent.shop, lent.disbursed_on))
    order = order[lent.disbursed_on[order] < known.today]
    place = np.full(len(lent) + 1, -1)
    place[order] = np.arange(len(order))
    asked: list[str | None] = [*applications] if applications else [None] * len(lent)
    payments, booked_at = _booked(
        [*_moved(parts, starts), repayments.recoveries(lent, went, rng)], place, known.today, rng
    )
    restructured, legs = _legs(parts, starts, place, known.today)
    return LoanBook(
        lent=lent.take(order),
        outcomes=_until(went.take(order), known.today),
        payments=payments,
        booked_at=booked_at,
        restructured=restructured,
        legs=legs,
        refinances=place[refinances[order]],
        partner=_partners(len(order), rng),
        applications=[asked[each] for each in order.tolist()],
    )


def _partners(count: int, rng: np.random.Generator) -> Whole:
    return np.where(rng.random(count) < OWN_SHARE, 0, rng.integers(1, PARTNERS + 1, count))


def _until(went: Outcomes, today: int) -> Outcomes:
    """Nothing of what comes today or later."""
    closed, lost = went.closed_on < today, went.written_off_on < today
    return Outcomes(
        ended_on=np.where(went.ended_on < today, went.ended_on, NEVER),
        closed_on=np.where(closed, went.closed_on, NEVER),
        waived_minor=np.where(closed, went.waived_minor, 0),
        written_off_on=np.where(lost, went.written_off_on, NEVER),
        written_off_minor=np.where(lost, went.written_off_minor, 0),
        restructured_on=np.where(went.restructured_on < today, went.restructured_on, NEVER),
        behind_on=np.where(went.behind_on < today, went.behind_on, NEVER),
    )


SAME_DAY, NEXT_DAY = 0.68, 0.97
BACK_DATED_DAYS = (2, 12)
SECONDS_A_DAY = 86_400


def _moved(parts: list[Told], starts: Whole) -> list[Payments]:
    """The payments of each part, with the places of the loans among all."""
    return [
        replace(part.payments, loan=start + part.payments.loan)
        for part, start in zip(parts, starts.tolist(), strict=False)
    ]


def _booked(parts: list[Payments], place: Whole, today: int, rng: np.random.Generator) -> tuple[Payments, Whole]:
    """The payments that are known by today, by loan and day, and when each became known."""
    payments = Payments.joined(parts)
    count = len(payments.loan)
    drawn = rng.random(count)
    later = np.select([drawn < SAME_DAY, drawn < NEXT_DAY], [0, 1], rng.integers(*BACK_DATED_DAYS, count))
    second = np.where(later == 0, rng.integers(17 * 3600, 24 * 3600, count), rng.integers(8 * 3600, 19 * 3600, count))
    booked_at = (payments.paid_on + later) * SECONDS_A_DAY + second
    loan = place[payments.loan]
    kept = np.flatnonzero((loan >= 0) & (booked_at < today * SECONDS_A_DAY))
    kept = kept[np.lexsort((payments.amount_minor[kept], payments.paid_on[kept], loan[kept]))]
    known = payments.take(kept)
    return Payments(loan[kept], known.paid_on, known.amount_minor, known.channel), booked_at[kept]


def _legs(parts: list[Told], starts: Whole, place: Whole, today: int) -> tuple[Whole, Schedules]:
    """The restructured loans, and their new schedules as wide as the longest of them."""
    width = max(part.legs.due_on.shape[1] for part in parts)
    rows = np.concatenate([start + part.restructured for part, start in zip(parts, starts.tolist(), strict=False)])
    on = np.concatenate([part.outcomes.restructured_on[part.restructured] for part in parts])
    wide = Schedules(
        **{
            name: np.concatenate([_widened(getattr(part.legs, name), width, fill) for part in parts])
            for name, fill in (("due_on", NEVER), ("principal_minor", 0), ("interest_minor", 0), ("fee_minor", 0))
        }
    )
    known = np.flatnonzero((place[rows] >= 0) & (on < today))
    known = known[np.argsort(place[rows[known]])]
    return place[rows[known]], wide.take(known)


def _widened(cells: Whole, width: int, fill: int) -> Whole:
    return np.pad(cells, ((0, 0), (0, width - cells.shape[1])), constant_values=fill)
