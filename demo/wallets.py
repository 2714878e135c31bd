"""The shops' wallets and money-market funds: what sales bring, what is paid, and what the owners take out.

The platform pays out twice a week; fees go once a month; refunds and suppliers as they come. Once a week an owner
takes out what is above the buffer, and puts money in when the day could not be paid otherwise.

Of a day all that comes in is booked before anything goes out, so that no balance falls below nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from demo.orders import HOUR, PAYOUT_HOUR, Moments, categorical
from demo.seasons import Days, Numbers, Whole, weekday
from demo.shops import DAYS_A_MONTH, Shop, generator, habit
from lending.records import ACCOUNTS, WALLET_KINDS

MINUTE = 60
ROUND_MINOR = 10_000
FUND_RATE = 0.018
FUND_SHARE = 5
"""One part in so many of what is taken out goes to the fund."""
LOAN_MONTHS = 10
LOAN_YEARLY_RATE = 0.11

MARKETPLACE, OWN_BANK, OWN_FUND, OTHER_LENDER = "marketplace", "own-bank", "own-fund", "lender-2"


@dataclass(frozen=True, slots=True)
class Entries:
    """Entries of one kind in one account, or the parts of which they are put together."""

    shop: Whole
    booked_at: Moments
    amount_minor: Whole
    kind: str
    counterparty: str | npt.NDArray[np.object_]
    account: str = "wallet"


def entries_of(
    shops: Sequence[Shop], orders: pd.DataFrame, purchases: pd.DataFrame, back: pd.DataFrame, days: Days, *, seed: int
) -> pd.DataFrame:
    """The entries of the wallets and funds, by shop and time; none of the shops whose wallets are not known.

    Args:
        shops: with consecutive numbers.
        orders: of `demo.orders`, as known.
        purchases: of `demo.purchases`; paid from the wallet.
        back: of `demo.wash`.
        days: over which the wallets are told.
        seed: of the marketplace.

    Returns:
        A row per entry: `shop` (number), `booked_at` (datetime64, local), `amount_minor` (signed), `balance_minor` of
        its account after it, `kind`, `account` (categories), `counterparty` (text).
    """
    rng = generator(shops, seed, "wallet")
    first, count = shops[0].number, len(shops)
    cells = count * len(days)
    given = [*_sales(orders), _refunds(orders), _suppliers(purchases), _back(back), *_loans(shops, days, rng)]
    given = [_within(entries, shops, days) for entries in given]
    net = np.zeros(cells)
    for entries in given:
        day = (entries.booked_at.astype("datetime64[D]") - days[0]).astype(np.int64)
        net += np.bincount((entries.shop - first) * len(days) + day, entries.amount_minor, cells)
    moves = _owners_moves(shops, np.rint(net).astype(np.int64).reshape(count, -1), days, rng)
    return _put_together([*given, *_moves_booked(moves, shops, days)])


def _within(entries: Entries, shops: Sequence[Shop], days: Days) -> Entries:
    """Those of the days, and of shops whose wallet is known."""
    known = np.array([shop.has_wallet for shop in shops])[entries.shop - shops[0].number]
    day = entries.booked_at.astype("datetime64[D]")
    kept = known & (day >= days[0]) & (day <= days[-1])
    party = entries.counterparty if isinstance(entries.counterparty, str) else entries.counterparty[kept]
    return Entries(
        entries.shop[kept], entries.booked_at[kept], entries.amount_minor[kept], entries.kind, party, entries.account
    )


def _put_together(each: Iterable[Entries]) -> pd.DataFrame:
    parts = list(each)
    sizes = [len(part.shop) for part in parts]
    frame = pd.DataFrame(
        {
            "shop": np.concatenate([part.shop for part in parts]),
            "booked_at": np.concatenate([part.booked_at for part in parts]),
            "amount_minor": np.concatenate([part.amount_minor for part in parts]),
            "kind": _category([part.kind for part in parts], sizes, WALLET_KINDS),
            "account": _category([part.account for part in parts], sizes, ACCOUNTS),
            "counterparty": np.concatenate([np.full(len(part.shop), part.counterparty, object) for part in parts]),
        }
    )
    # lexsort is stable: entries of one moment stay in the order of the parts.
    frame = frame.iloc[np.lexsort((frame["booked_at"].to_numpy(), frame["shop"].to_numpy()))].reset_index(drop=True)
    frame["balance_minor"] = frame.groupby(["shop", "account"], observed=True)["amount_minor"].cumsum()
    return frame


def _category(values: list[str], sizes: list[int], all_values: tuple[str, ...]) -> "pd.Categorical[str]":
    codes = np.repeat([all_values.index(value) for value in values], sizes)
    return categorical(codes, all_values)


def _sales(orders: pd.DataFrame) -> tuple[Entries, Entries]:
    """The payouts: the orders settled then, less what had been refunded before; and a month's fees on its end."""
    settled = orders[orders["settled_at"].notna()]
    refunded_before = (settled["refunded_at"] < settled["settled_at"]) * settled["refunded_minor"]
    paid = (settled["gross_minor"] - refunded_before).groupby([settled["shop"], settled["settled_at"]]).sum()
    next_month = settled["settled_at"].to_numpy().astype("datetime64[M]") + 1
    fees = settled["fees_minor"].groupby([settled["shop"], next_month.astype("datetime64[s]")]).sum()
    payouts = Entries(*_keys(paid), paid.to_numpy(), "sale", MARKETPLACE)
    shop, month = _keys(fees)
    return payouts, Entries(shop, month + (PAYOUT_HOUR * HOUR + 20 * MINUTE), -fees.to_numpy(), "fee", MARKETPLACE)


def _keys(sums: pd.Series) -> tuple[Whole, Moments]:
    shop, moment = (sums.index.get_level_values(level).to_numpy() for level in (0, 1))
    return shop, moment.astype("datetime64[s]")


def _refunds(orders: pd.DataFrame) -> Entries:
    """What is paid back after the platform had paid out; before that, the payout was smaller."""
    after = orders["settled_at"].notna() & (orders["refunded_at"] >= orders["settled_at"])
    refunded = orders[(after | (orders["status"] == "refund")) & (orders["refunded_minor"] > 0)]
    return Entries(
        refunded["shop"].to_numpy(), refunded["refunded_at"].to_numpy(), -refunded["refunded_minor"].to_numpy(),
        "refund", _refs(buyer_refs(refunded["buyer"])),
    )  # fmt: skip


def _suppliers(purchases: pd.DataFrame) -> Entries:
    paid = purchases[~purchases["cancelled"]]
    amount = -paid["amount_minor"].to_numpy()
    hour = np.where(amount > 0, PAYOUT_HOUR, 19)
    booked_at = paid["purchased_on"].to_numpy().astype("datetime64[s]") + hour * HOUR
    return Entries(paid["shop"].to_numpy(), booked_at, amount, "purchase", _refs(supplier_refs(paid["supplier"])))


def _back(back: pd.DataFrame) -> Entries:
    return Entries(
        back["shop"].to_numpy(), back["booked_at"].to_numpy(), back["amount_minor"].to_numpy(), "transfer",
        _refs(buyer_refs(back["buyer"])),
    )  # fmt: skip


def _loans(shops: Sequence[Shop], days: Days, rng: np.random.Generator) -> tuple[Entries, Entries]:
    """Loans of another lender, somewhere in the last year, paid back by the month."""
    lent = [shop for shop in shops if shop.other_lender]
    number = np.array([shop.number for shop in lent], dtype=np.int64)
    rounds = habit(lent, "monthly_sales") * rng.uniform(0.6, 1.3, len(lent)) * 100 // ROUND_MINOR
    principal = rounds.astype(np.int64) * ROUND_MINOR
    taken_on = days[-1] - rng.integers(60, 330, len(lent))
    due = np.rint(np.arange(1, LOAN_MONTHS + 1) * DAYS_A_MONTH).astype(np.int64)
    paid_on = (taken_on[:, None] + due).ravel()
    instalment = -np.repeat((principal * (1 / LOAN_MONTHS + LOAN_YEARLY_RATE / 24)).astype(np.int64), LOAN_MONTHS)
    taken_at = taken_on.astype("datetime64[s]") + PAYOUT_HOUR * HOUR
    return (
        Entries(number, taken_at, principal, "loan_in", OTHER_LENDER),
        Entries(
            np.repeat(number, LOAN_MONTHS), paid_on.astype("datetime64[s]") + 18 * HOUR, instalment,
            "loan_repayment", OTHER_LENDER,
        ),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Moves:
    """What the owners move of their own will: a row per shop, a column per day, in minor units."""

    interest: Whole
    out_of_fund: Whole
    put_in: Whole
    into_fund: Whole
    taken_out: Whole


def _owners_moves(shops: Sequence[Shop], net: Whole, days: Days, rng: np.random.Generator) -> _Moves:
    """Money taken out, put in, and moved to and from the fund, day by day, so that no balance falls below nothing."""
    moves = _Moves(*(np.zeros_like(net) for _ in range(5)))
    buffer = (habit(shops, "monthly_sales") / DAYS_A_MONTH * habit(shops, "buffer_days") * 100).astype(np.int64)
    saves = np.array([shop.has_fund for shop in shops])
    payday = rng.integers(0, 5, len(shops))
    taken_share: Numbers = rng.uniform(0.75, 1.0, net.shape)
    weekdays, first_of_month = weekday(days), days == days.astype("datetime64[M]")
    wallet, fund = np.zeros(len(shops), np.int64), np.zeros(len(shops), np.int64)
    for day in range(len(days)):
        if first_of_month[day]:
            moves.interest[:, day] = interest = np.rint(fund * (FUND_RATE / 12)).astype(np.int64)
            fund += interest
        wallet += net[:, day]
        lacking = np.maximum(-wallet, 0)
        if lacking.any():
            moves.out_of_fund[:, day] = out = np.minimum(fund, lacking)
            moves.put_in[:, day] = put_in = -((out - lacking) // ROUND_MINOR) * ROUND_MINOR
            fund -= out
            wallet += out + put_in
        excess = np.where((payday == weekdays[day]) & (wallet > buffer), wallet - buffer, 0)
        if excess.any():
            taken = (excess * taken_share[:, day]).astype(np.int64) // ROUND_MINOR * ROUND_MINOR
            moves.into_fund[:, day] = saved = np.where(saves, taken // FUND_SHARE // ROUND_MINOR * ROUND_MINOR, 0)
            moves.taken_out[:, day] = taken - saved
            wallet -= taken
            fund += saved
    return moves


def _moves_booked(moves: _Moves, shops: Sequence[Shop], days: Days) -> list[Entries]:
    """The owners' moves as entries; what passes between wallet and fund is booked in both."""
    lacking_at, evening = PAYOUT_HOUR * HOUR + 10 * MINUTE, 20 * HOUR
    told = (
        (moves.interest, 5 * HOUR, "other", OWN_FUND, "fund"),
        (moves.out_of_fund, lacking_at, "fund_out", OWN_FUND, "wallet"),
        (-moves.out_of_fund, lacking_at, "fund_out", OWN_FUND, "fund"),
        (moves.put_in, lacking_at + MINUTE, "transfer", OWN_BANK, "wallet"),
        (-moves.into_fund, evening, "fund_in", OWN_FUND, "wallet"),
        (moves.into_fund, evening, "fund_in", OWN_FUND, "fund"),
        (-moves.taken_out, evening + MINUTE, "transfer", OWN_BANK, "wallet"),
    )
    booked = []
    for amounts, second, kind, counterparty, account in told:
        place, day = np.nonzero(amounts)
        booked_at = days[day].astype("datetime64[s]") + second
        amount_minor = amounts[place, day]
        booked.append(Entries(place + shops[0].number, booked_at, amount_minor, kind, counterparty, account))
    return booked


def _refs(refs: list[str]) -> npt.NDArray[np.object_]:
    return np.array(refs, dtype=object)


def buyer_refs(buyers: pd.Series) -> list[str]:
    """The buyers as the files name them."""
    return [f"B-{buyer:05d}" for buyer in buyers.tolist()]


def supplier_refs(suppliers: pd.Series) -> list[str]:
    """The suppliers as the files name them."""
    return [f"SUP-{supplier + 1}" for supplier in suppliers.tolist()]
