"""The shops of the demo: who they are, and the habits from which their orders and balances follow.

Each has a hidden health. It bends growth, swings, refunds, lateness and cash a little, so that the record shows
it only dimly; it leaves in no file. Loans generated later take their outcomes from it, never from a score.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from demo import names
from demo.categories import CATEGORIES, Category
from demo.seasons import Numbers

SEED = 20261102
BUSINESS_DATE = date(2026, 11, 2)
CURRENCY = "CNY"
TIME_ZONE = "Asia/Shanghai"

USUAL_MONTHLY_SALES = 31_000.0
"""Median over the shops of a month's sales, in whole units of the currency."""
SIZE_SD = 0.91
"""Of the log of a shop's usual sales; young shops, growth and chance bring what is seen to 1.1."""
CROWD = 50
"""From this many shops on, each takes fewer orders, so that 1,200 shops have some half a million of them."""
ORDER_SIZE = 0.93
"""Against the usual order of the trade: it brings the whole marketplace to half a million orders."""

DAYS_A_MONTH = 365 / 12

WINDOW_DAYS = 730
TRIED_DAYS = 60
"""Nobody gives up sooner."""
CLOSING = ((365, 0.37), (3 * 365, 0.20), (100 * 365, 0.14))
"""Up to which age, in days, so many shops close in a year, as a rate: a quarter of the new, an eighth of the old."""
CLOSING_LEAN = 0.5
WASH_SHARE = 0.03


@dataclass(frozen=True, slots=True)
class Shop:
    """One shop and its habits. Shares are 0-1; money is in whole units of the currency."""

    number: int
    name: str
    owner: int
    owner_kind: str
    marketplace: str
    category: Category
    region: str
    city: str
    rural: bool
    opened_on: date
    closed_on: date | None
    """The day from which it sold nothing more; unknown to the marketplace."""

    health: float
    """Hidden: standard normal over the shops."""
    monthly_sales: float
    ticket: float
    growth: float
    """Log growth of sales in a year."""
    swing: float
    """Standard deviation of the log of a month's level."""
    turns: tuple[tuple[int, float], ...]
    """(days before the end, log of the level) where sales take another course; empty for most."""
    repeat_share: float
    """How often an order comes from a buyer who bought before."""
    trade_buyers: bool
    refund_share: float
    late_share: float
    cancelled_share: float
    star_tilt: float
    """Above 0 its buyers give more stars than others do."""
    fee_share: float
    buffer_days: float
    """It leaves this many days of sales in the wallet when it takes money out."""

    closes_at_new_year: bool
    daily_totals_only: bool
    has_wallet: bool
    has_fund: bool
    has_purchases: bool
    other_lender: bool
    washes: bool
    """Whether it buys from itself to look larger."""

    @property
    def ref(self) -> str:
        """Its name in the files."""
        return f"S-{self.number:04d}"


def habit(shops: Sequence[Shop], name: str) -> Numbers:
    """One habit of each shop, in their order."""
    return np.array([getattr(shop, name) for shop in shops], dtype=np.float64)


def generator(shops: Sequence[Shop], seed: int, purpose: str) -> np.random.Generator:
    """Chance of its own for each purpose and company of shops, so that one more purchase changes no order."""
    return np.random.default_rng([seed, shops[0].number, *purpose.encode()])


def draw(count: int, *, first: int, taken: set[tuple[str, str]], seed: int, as_of: date) -> list[Shop]:
    """That many shops, numbered from `first`, under none of the names already taken.

    Raises:
        ValueError: for more shops than the lists of names can tell apart.
    """
    rng = np.random.default_rng([seed, count])
    pairs = names.name_pairs(rng, count, taken=taken)
    health = rng.standard_normal(count)
    sizes = rng.permutation([NormalDist().inv_cdf((place + 0.5) / count) for place in range(count)])
    owners = _owners(rng, count, first=first)
    kinds = ["enterprise" if drawn < 0.3 else "individual" for drawn in rng.random(count)]
    washing = _dealt(rng, count, np.array([WASH_SHARE, 1 - WASH_SHARE])) == 0
    crowding = min(1.0, (CROWD / count) ** 0.5)
    weights = np.array([category.weight for category in CATEGORIES])
    trades = _dealt(rng, count, weights / weights.sum())
    return [
        _shop(
            rng, first + place, pairs[place], int(owners[place]), CATEGORIES[trades[place]],
            owner_kind=kinds[owners[place] - first],
            health=float(health[place]), size=float(sizes[place]), crowding=crowding,
            washes=bool(washing[place]), as_of=as_of,
        )
        for place in range(count)
    ]  # fmt: skip


def _owners(rng: np.random.Generator, count: int, *, first: int) -> npt.NDArray[np.int64]:
    """One owner a shop; one shop in twelve belongs to an owner met before."""
    owners = np.arange(first, first + count)
    again = rng.random(count) < 1 / 12
    again[0] = False
    earlier = np.floor(rng.random(count) * np.arange(count)).astype(np.int64)
    return np.where(again, owners[earlier], owners)


def _dealt(rng: np.random.Generator, count: int, shares: Numbers) -> npt.NDArray[np.int64]:
    """A kind for each shop, in shuffled order, as near to the shares as whole shops allow."""
    kinds = np.searchsorted(np.cumsum(shares), (np.arange(count) + 0.5) / count)
    return rng.permutation(np.minimum(kinds, len(shares) - 1))


def _shop(
    rng: np.random.Generator,
    number: int,
    pair: tuple[str, str],
    owner: int,
    category: Category,
    *,
    owner_kind: str,
    health: float,
    size: float,
    crowding: float,
    washes: bool,
    as_of: date,
) -> Shop:
    region, city, rural = names.PLACES[rng.integers(len(names.PLACES))]
    chinese = category.trade_chinese if rng.random() < 0.4 else None
    opened_on = as_of - timedelta(days=_age_days(rng))
    monthly_sales = USUAL_MONTHLY_SALES * crowding**0.5 * float(np.exp(SIZE_SD * size + 0.34 * health))
    closed_on = _closing(rng, opened_on, health=health, as_of=as_of)
    trade_buyers = bool(rng.random() < category.trade_buyers)
    ticket = ORDER_SIZE * category.ticket * (monthly_sales / USUAL_MONTHLY_SALES) ** 0.2 * _near(rng, 1, 0.3)
    totals_only = bool(rng.random() < 0.06)
    return Shop(
        number=number,
        name=names.shop_name(*pair, category.trade, chinese),
        owner=owner,
        owner_kind=owner_kind,
        marketplace=names.MARKETPLACES[int(rng.random() < 0.2)],
        category=category,
        region=region,
        city=city,
        rural=rural,
        opened_on=opened_on,
        # Who buys from himself has not given up.
        closed_on=None if washes else closed_on,
        health=health,
        monthly_sales=monthly_sales,
        ticket=ticket / crowding**0.5 * (3 if trade_buyers else 1),
        growth=float(0.01 + 0.28 * health + 0.27 * rng.standard_normal()),
        swing=_near(rng, 0.22, 0.38, lean=-0.38 * health),
        turns=_turns(rng, health=health),
        repeat_share=float(np.clip(rng.beta(3.6, 6.4) + 0.13 * health, 0.05, 0.85)),
        trade_buyers=trade_buyers,
        refund_share=_near(rng, category.refund_share, 0.35, lean=-0.28 * health),
        late_share=float(np.clip(_near(rng, 0.061, 0.45, lean=-0.44 * health), 0.01, 0.4)),
        cancelled_share=float(np.clip(_near(rng, 0.059, 0.36, lean=-0.35 * health), 0.01, 0.25)),
        star_tilt=float(0.18 * health - 0.03 + 0.175 * rng.standard_normal()),
        fee_share=float(rng.choice((0.02, 0.03, 0.05))),
        buffer_days=_near(rng, 2.2, 0.65, lean=0.68 * health),
        closes_at_new_year=bool(rng.random() < 0.19),
        daily_totals_only=totals_only,
        has_wallet=not totals_only and bool(rng.random() < 0.8),
        has_fund=bool(rng.random() < 0.5),
        has_purchases=bool(rng.random() < 0.6),
        other_lender=bool(rng.random() < 0.12 - 0.05 * health),
        washes=washes,
    )


def _near(rng: np.random.Generator, usual: float, sd: float, *, lean: float = 0.0) -> float:
    """A lognormal value around the usual one; `sd` and `lean` are of its log."""
    return float(usual * np.exp(lean + sd * rng.standard_normal()))


def _age_days(rng: np.random.Generator) -> int:
    """One shop in seven is 3 to 6 months old, a quarter under two years, the others up to nine years."""
    kind = rng.random()
    if kind < 0.15:
        return int(rng.integers(80, 190))
    if kind < 0.38:
        return int(rng.integers(190, 730))
    return int(730 + rng.exponential(900) % 2_555)


def _closing(rng: np.random.Generator, opened_on: date, *, health: float, as_of: date) -> date | None:
    """The day from which it sells nothing more: weak shops close sooner, and who was open two years ago was so then."""
    frailty = float(np.exp(-CLOSING_LEAN * health - CLOSING_LEAN**2 / 2))
    left, age_days = float(rng.exponential()) / frailty, max(TRIED_DAYS, (as_of - opened_on).days - WINDOW_DAYS)
    for until_days, yearly in CLOSING:
        lasts_days = left / yearly * 365
        if lasts_days < until_days - age_days:
            closed_on = opened_on + timedelta(days=int(age_days + lasts_days))
            return closed_on if closed_on < as_of else None
        if age_days < until_days:
            left -= (until_days - age_days) / 365 * yearly
            age_days = until_days
    return None


def _turns(rng: np.random.Generator, *, health: float) -> tuple[tuple[int, float], ...]:
    """One shop in six, more of the weak ones, loses a third to four fifths of its sales towards the end."""
    if rng.random() > 0.13 * np.exp(-1.0 * health):
        return ()
    begins = int(rng.integers(150, 420))
    return ((begins, 0.0), (int(begins * 0.3), float(np.log(rng.uniform(0.2, 0.65)))))
