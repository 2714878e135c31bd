"""A shop's wallet and its money-market fund: what its sales bring, what it pays, and what the owner takes out.

The platform pays out each morning; fees go once a month; refunds and suppliers as they come. Once a week the owner
takes out what is above the buffer, and puts money in when the day could not be paid otherwise.
"""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from demo.orders import HOUR, PAYOUT_HOUR, Moments
from demo.seasons import Days, Whole, weekday
from demo.shops import DAYS_A_MONTH, Shop

MINUTE = 60
ROUND_MINOR = 10_000
FUND_RATE = 0.018
LOAN_MONTHS = 10
LOAN_YEARLY_RATE = 0.11

MARKETPLACE, OWN_BANK, OWN_FUND, OTHER_LENDER = "marketplace", "own-bank", "own-fund", "lender-2"

COLUMNS = ("booked_at", "amount_minor", "kind", "counterparty", "account")


@dataclass(slots=True)
class _Book:
    """The entries that the owner's own moves add while the days pass."""

    booked_at: list[np.datetime64] = field(default_factory=list)
    amount_minor: list[int] = field(default_factory=list)
    kind: list[str] = field(default_factory=list)
    counterparty: list[str] = field(default_factory=list)
    account: list[str] = field(default_factory=list)

    def add(self, booked_at: np.datetime64, amount_minor: int, kind: str, counterparty: str, account: str) -> None:
        self.booked_at.append(booked_at)
        self.amount_minor.append(amount_minor)
        self.kind.append(kind)
        self.counterparty.append(counterparty)
        self.account.append(account)


def entries_of(
    shop: Shop, orders: pd.DataFrame, purchases: pd.DataFrame, back: pd.DataFrame, days: Days, *, seed: int
) -> pd.DataFrame:
    """The entries of the shop's wallet and fund, by time.

    Args:
        shop: whose wallet it is.
        orders: of `demo.orders`.
        purchases: of `demo.purchases`; paid from the wallet.
        back: of `demo.wash`; empty for an honest shop.
        days: over which the wallet is told.
        seed: of the marketplace.

    Returns:
        A row per entry: `booked_at` (datetime64, local), `amount_minor` (signed), `balance_minor` of its account
        after it, `kind`, `counterparty`, `account` (`wallet`, `fund`).
    """
    rng = shop.generator(seed, "wallet")
    given = pd.concat(
        [_payouts(orders), _fees(orders), _refunds(orders), _suppliers(purchases), _back(back), _loan(shop, days, rng)],
        ignore_index=True,
    )
    given = given[(given["booked_at"] >= days[0].astype("datetime64[s]")) & (given["booked_at"] <= _end(days))]
    entries = pd.concat([given, _owners_moves(shop, given, days, rng)], ignore_index=True)
    entries = entries.sort_values("booked_at", kind="stable", ignore_index=True)
    balances = entries.groupby("account")["amount_minor"].cumsum()
    return pd.DataFrame({**entries, "balance_minor": balances})


def _entries(booked_at: Moments, amount_minor: Whole, kind: str, counterparty: object) -> pd.DataFrame:
    values = (booked_at.astype("datetime64[s]"), amount_minor, kind, counterparty, "wallet")
    return pd.DataFrame(dict(zip(COLUMNS, values, strict=True)))


def _payouts(orders: pd.DataFrame) -> pd.DataFrame:
    """One a morning: the orders settled then, less what had been refunded before."""
    settled = orders[orders["settled_at"].notna()]
    refunded_before = (settled["refunded_at"] < settled["settled_at"]) * settled["refunded_minor"]
    paid = (settled["gross_minor"] - refunded_before).groupby(settled["settled_at"]).sum()
    return _entries(paid.index.to_numpy(), paid.to_numpy(), "sale", MARKETPLACE)


def _fees(orders: pd.DataFrame) -> pd.DataFrame:
    """On the first of each month, for the orders settled in the month before."""
    settled = orders[orders["settled_at"].notna()]
    next_month = settled["settled_at"].to_numpy().astype("datetime64[M]") + 1
    fees = settled["fees_minor"].groupby(next_month).sum()
    booked_at = fees.index.to_numpy().astype("datetime64[s]") + (PAYOUT_HOUR * HOUR + 20 * MINUTE)
    return _entries(booked_at, -fees.to_numpy(), "fee", MARKETPLACE)


def _refunds(orders: pd.DataFrame) -> pd.DataFrame:
    """What is paid back after the platform had paid out; before that, the payout was smaller."""
    after = orders["settled_at"].notna() & (orders["refunded_at"] >= orders["settled_at"])
    refunded = orders[(after | (orders["status"] == "refund")) & (orders["refunded_minor"] > 0)]
    return _entries(
        refunded["refunded_at"].to_numpy(),
        -refunded["refunded_minor"].to_numpy(),
        "refund",
        buyer_refs(refunded["buyer"]),
    )


def _suppliers(purchases: pd.DataFrame) -> pd.DataFrame:
    paid = purchases[purchases["status"] == "completed"]
    amount = -paid["amount_minor"].to_numpy()
    # A credit note comes in before the day's payments, or it could not help to make them.
    hour = np.where(amount > 0, PAYOUT_HOUR, 19)
    booked_at = paid["purchased_on"].to_numpy().astype("datetime64[s]") + hour * HOUR
    return _entries(booked_at, amount, "purchase", supplier_refs(paid["supplier"]))


def _back(back: pd.DataFrame) -> pd.DataFrame:
    return _entries(
        back["booked_at"].to_numpy(), back["amount_minor"].to_numpy(), "transfer", buyer_refs(back["buyer"])
    )


def _loan(shop: Shop, days: Days, rng: np.random.Generator) -> pd.DataFrame:
    """A loan of another lender, somewhere in the last year, paid back by the month."""
    if not shop.other_lender:
        return _entries(days[:0], np.zeros(0, np.int64), "loan_in", OTHER_LENDER)
    principal = int(shop.monthly_sales * rng.uniform(0.6, 1.3) / 100) * ROUND_MINOR
    taken_on = days[-1] - int(rng.integers(60, 330))
    paid_on = taken_on + np.rint(np.arange(1, LOAN_MONTHS + 1) * DAYS_A_MONTH).astype(np.int64)
    instalment = -int(principal * (1 / LOAN_MONTHS + LOAN_YEARLY_RATE / 24))
    taken = _entries(
        np.array([taken_on]).astype("datetime64[s]") + 7 * HOUR, np.array([principal]), "loan_in", OTHER_LENDER
    )
    paid = _entries(
        paid_on.astype("datetime64[s]") + 18 * HOUR, np.full(LOAN_MONTHS, instalment), "loan_repayment", OTHER_LENDER
    )
    return pd.concat([taken, paid])


def _owners_moves(shop: Shop, given: pd.DataFrame, days: Days, rng: np.random.Generator) -> pd.DataFrame:
    """Money taken out, put in, and moved to and from the fund, day by day, so that no balance falls below nothing."""
    booked_on = given["booked_at"].to_numpy().astype("datetime64[D]")
    net = np.zeros(len(days), np.int64)
    np.add.at(net, (booked_on - days[0]).astype(np.int64), given["amount_minor"].to_numpy())
    buffer = int(shop.monthly_sales / DAYS_A_MONTH * shop.buffer_days * 100)
    payday = int(rng.integers(0, 5))
    weekdays, first_of_month = weekday(days), days == days.astype("datetime64[M]")
    taken_share = rng.uniform(0.75, 1.0, len(days))
    book, wallet, fund = _Book(), 0, 0
    for place, today in enumerate(days.astype("datetime64[s]")):
        if first_of_month[place] and fund:
            interest = round(fund * FUND_RATE / 12)
            book.add(today + 5 * HOUR, interest, "other", OWN_FUND, "fund")
            fund += interest
        lacking = -(wallet + int(net[place]))
        if lacking > 0:
            moved = _fill(book, today + (PAYOUT_HOUR * HOUR + 10 * MINUTE), lacking, fund)
            wallet, fund = wallet + moved[0], fund - moved[1]
        wallet += int(net[place])
        if weekdays[place] == payday and wallet > buffer:
            moved = _empty(book, today + 20 * HOUR, wallet - buffer, float(taken_share[place]), to_fund=shop.has_fund)
            wallet, fund = wallet - moved[0], fund + moved[1]
    return pd.DataFrame(
        {
            "booked_at": np.array(book.booked_at, dtype="datetime64[s]"),
            "amount_minor": np.array(book.amount_minor, dtype=np.int64),
            "kind": book.kind,
            "counterparty": book.counterparty,
            "account": book.account,
        }
    )


def _fill(book: _Book, booked_at: np.datetime64, lacking_minor: int, fund_minor: int) -> tuple[int, int]:
    """What the wallet lacks, from the fund first and then from the owner: (into the wallet, off the fund)."""
    from_fund = min(fund_minor, lacking_minor)
    if from_fund:
        book.add(booked_at, from_fund, "fund_out", OWN_FUND, "wallet")
        book.add(booked_at, -from_fund, "fund_out", OWN_FUND, "fund")
    from_owner = _rounded_up(lacking_minor - from_fund)
    if from_owner:
        book.add(booked_at + MINUTE, from_owner, "transfer", OWN_BANK, "wallet")
    return from_fund + from_owner, from_fund


def _empty(book: _Book, booked_at: np.datetime64, excess_minor: int, share: float, *, to_fund: bool) -> tuple[int, int]:
    """What is above the buffer goes to the owner's bank, a fifth of it to the fund: (off the wallet, into the fund)."""
    taken = int(excess_minor * share) // ROUND_MINOR * ROUND_MINOR
    saved = taken // 5 // ROUND_MINOR * ROUND_MINOR if to_fund else 0
    if saved:
        book.add(booked_at, -saved, "fund_in", OWN_FUND, "wallet")
        book.add(booked_at, saved, "fund_in", OWN_FUND, "fund")
    if taken > saved:
        book.add(booked_at + MINUTE, saved - taken, "transfer", OWN_BANK, "wallet")
    return taken, saved


def _rounded_up(amount_minor: int) -> int:
    return -(-amount_minor // ROUND_MINOR) * ROUND_MINOR


def _end(days: Days) -> np.datetime64:
    end: np.datetime64 = (days[-1] + 1).astype("datetime64[s]") - 1
    return end


def buyer_refs(buyers: pd.Series) -> list[str]:
    """The buyers as the files name them."""
    return [f"B-{buyer:05d}" for buyer in buyers]


def supplier_refs(suppliers: pd.Series) -> list[str]:
    """The suppliers as the files name them."""
    return [f"SUP-{supplier + 1}" for supplier in suppliers]
