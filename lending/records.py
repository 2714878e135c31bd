"""The records that Loam keeps of a shop, column by column, as its own import files name them.

One definition serves the readers (what a column may hold), the import (what is compared) and the documents.
Money is whole minor units, time is UTC, a day is the shop's own calendar day.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from lending.loan_schedule import DAY_COUNTS, MOST_INSTALMENTS, PPM, RATE_KINDS, REPAYMENT_KINDS

ColumnKind = Literal[
    "text", "ref", "money", "time", "day", "count", "rating", "flag", "choice", "currency", "zone", "fraction",
    "interval",
]  # fmt: skip

# Currencies whose minor unit is not a hundredth (ISO 4217, list of 2026); all others have two digits.
MINOR_DIGITS = {
    **dict.fromkeys(
        (
            "BIF",
            "CLP",
            "DJF",
            "GNF",
            "ISK",
            "JPY",
            "KMF",
            "KRW",
            "PYG",
            "RWF",
            "UGX",
            "VND",
            "VUV",
            "XAF",
            "XOF",
            "XPF",
        ),
        0,
    ),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}

ORDER_STATUSES = ("completed", "open", "cancelled", "refund")
PURCHASE_STATUSES = ("completed", "cancelled")
OWNER_KINDS = ("individual", "enterprise")
ACCOUNTS = ("wallet", "fund", "bank")
WALLET_KINDS = (
    "sale", "refund", "purchase", "fee", "transfer", "fund_in", "fund_out", "loan_in", "loan_repayment", "other",
)  # fmt: skip

OWN_BOOK = "own"
"""The funder_ref of what the lender itself put in."""
MOST_YEARLY_RATE_PPM = 10 * PPM
"""A yearly rate above 1,000 % is taken for a mistake, such as a percentage in place of a fraction."""
MOST_MINIMUM_DAYS = 3_660


def minor_digits(currency: str) -> int:
    """Decimal digits of a currency's minor unit (ISO 4217): 2 for CNY, 0 for JPY, 3 for KWD.

    >>> minor_digits("CNY"), minor_digits("JPY"), minor_digits("KWD")
    (2, 0, 3)
    """
    return MINOR_DIGITS.get(currency, 2)


@dataclass(frozen=True, slots=True)
class Column:
    """One column of an import file: what its cells may hold, and whether each row needs one."""

    name: str
    kind: ColumnKind
    required: bool = False
    choices: tuple[str, ...] = ()
    minimum: int | None = None
    """Least allowed value, in the stored unit."""
    maximum: int | None = None


@dataclass(frozen=True, slots=True)
class RecordKind:
    """One kind of record: the file it comes in, its columns, and the columns that identify a row."""

    name: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the columns without which a file cannot be read."""
        return tuple(column.name for column in self.columns if column.required)


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row of a file that cannot be taken, and what would be right."""

    file: str
    line: int
    """The physical line on which the record begins; in a Parquet file the number of the row."""
    column: str
    value: str
    problem: str
    whole_file: bool = False
    """True where the fault leaves the rest of the file unread, so that nobody can say which rows are good."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What a file says of itself and its own rows don't come to, such as a total below its table."""

    file: str
    line: int
    """The physical line on which it says so; where it should say it and does not, its last line."""
    what: str
    """The total, by the file's own name of it."""
    told: int | None
    """What the file says; None where it says nothing."""
    found: int | None
    """What its rows come to."""
    unit: str
    """A currency, for whole minor units of it, or `rows`."""

    def in_words(self) -> str:
        """What differs, for a person.

        >>> Difference("x.csv", 28, "收入合计", 456819, 430919, "CNY").in_words()
        '收入合计: the file says 4568.19 CNY, its rows come to 4309.19 CNY'
        """
        if self.told is None:
            return f"{self.what}: the file does not say it, so nobody can see whether rows are missing"
        return f"{self.what}: the file says {self._number(self.told)}, its rows come to {self._number(self.found or 0)}"

    def _number(self, value: int) -> str:
        if self.unit == "rows":
            return f"{value:,} rows"
        digits = minor_digits(self.unit)
        return f"{Decimal(value).scaleb(-digits):.{digits}f} {self.unit}"


SHOPS = RecordKind(
    "shops",
    ("shop_ref",),
    (
        Column("shop_ref", "ref", required=True),
        Column("name", "text", required=True),
        Column("owner_ref", "ref"),
        Column("owner_kind", "choice", choices=OWNER_KINDS),
        Column("marketplace", "text"),
        Column("category", "text"),
        Column("region", "text"),
        Column("city", "text"),
        Column("rural", "flag"),
        # Shops are older than our other records: from 1950-01-01 on.
        Column("opened_on", "day", minimum=-7305),
        Column("time_zone", "zone"),
        Column("currency", "currency", required=True),
        Column("rating", "rating"),
        Column("reviews", "count", minimum=0),
    ),
)

ORDERS = RecordKind(
    "orders",
    ("shop_ref", "order_ref"),
    (
        Column("shop_ref", "ref", required=True),
        Column("order_ref", "ref", required=True),
        Column("placed_at", "time", required=True),
        Column("buyer_ref", "ref"),
        Column("gross", "money", required=True, minimum=0),
        Column("refunded", "money", minimum=0),
        Column("refunded_at", "time"),
        Column("fees", "money"),
        Column("currency", "currency", required=True),
        Column("status", "choice", required=True, choices=ORDER_STATUSES),
        Column("cancelled_at", "time"),
        Column("settled_at", "time"),
        Column("promised_by", "time"),
        Column("delivered_at", "time"),
        Column("rating", "rating"),
        Column("reviewed_at", "time"),
    ),
)

SALES_DAYS = RecordKind(
    "sales_days",
    ("shop_ref", "day"),
    (
        Column("shop_ref", "ref", required=True),
        Column("day", "day", required=True),
        Column("orders", "count", required=True, minimum=0),
        Column("gross", "money", required=True, minimum=0),
        Column("refunded", "money", minimum=0),
        Column("currency", "currency", required=True),
    ),
)

PURCHASES = RecordKind(
    "purchases",
    ("shop_ref", "purchase_ref"),
    (
        Column("shop_ref", "ref", required=True),
        Column("purchase_ref", "ref", required=True),
        Column("purchased_on", "day", required=True),
        Column("supplier_ref", "ref"),
        Column("amount", "money", required=True),
        Column("currency", "currency", required=True),
        Column("status", "choice", required=True, choices=PURCHASE_STATUSES),
    ),
)

WALLET_ENTRIES = RecordKind(
    "wallet_entries",
    ("shop_ref", "entry_ref"),
    (
        Column("shop_ref", "ref", required=True),
        Column("entry_ref", "ref", required=True),
        Column("booked_at", "time", required=True),
        Column("amount", "money", required=True),
        Column("balance", "money"),
        Column("kind", "choice", required=True, choices=WALLET_KINDS),
        Column("counterparty_ref", "ref"),
        Column("account", "choice", required=True, choices=ACCOUNTS),
        Column("currency", "currency", required=True),
    ),
)

APPLICATIONS = RecordKind(
    "applications",
    ("application_ref",),
    (
        Column("application_ref", "ref", required=True),
        Column("shop_ref", "ref", required=True),
        Column("submitted_at", "time", required=True),
        Column("amount", "money", required=True, minimum=1),
        Column("currency", "currency", required=True),
        Column("term_months", "count", required=True, minimum=1, maximum=600),
        Column("purpose", "text"),
        Column("consented_at", "time"),
    ),
)

LOANS = RecordKind(
    "loans",
    ("loan_ref",),
    (
        Column("loan_ref", "ref", required=True),
        Column("shop_ref", "ref", required=True),
        Column("application_ref", "ref"),
        Column("principal", "money", required=True, minimum=1),
        Column("currency", "currency", required=True),
        Column("disbursed_on", "day", required=True),
        Column("repayment_kind", "choice", required=True, choices=REPAYMENT_KINDS),
        Column("annual_rate", "fraction", minimum=0, maximum=MOST_YEARLY_RATE_PPM),
        Column("rate_kind", "choice", choices=RATE_KINDS),
        Column("day_count", "choice", choices=DAY_COUNTS),
        Column("instalments", "count", minimum=1, maximum=MOST_INSTALMENTS),
        Column("interval", "interval"),
        Column("first_due_on", "day"),
        Column("fee_total", "money", minimum=0),
        Column("holdback_share", "fraction", minimum=0, maximum=PPM),
        Column("minimum_share", "fraction", minimum=0, maximum=PPM),
        Column("minimum_days", "count", minimum=1, maximum=MOST_MINIMUM_DAYS),
        Column("final_due_on", "day"),
        Column("closed_on", "day"),
        Column("waived_amount", "money", minimum=0),
        Column("refinances_loan_ref", "ref"),
        Column("written_off_on", "day"),
        Column("written_off_amount", "money", minimum=0),
        Column("restructured_on", "day"),
    ),
)

# Rows of these three name no shop: it is that of their loan.
INSTALMENTS = RecordKind(
    "instalments",
    ("shop_ref", "loan_ref", "sequence"),
    (
        Column("loan_ref", "ref", required=True),
        Column("sequence", "count", required=True, minimum=1, maximum=2 * MOST_INSTALMENTS),
        Column("due_on", "day", required=True),
        Column("principal_due", "money", required=True, minimum=0),
        Column("interest_due", "money", minimum=0),
        Column("fee_due", "money", minimum=0),
    ),
)

REPAYMENTS = RecordKind(
    "repayments",
    ("shop_ref", "loan_ref", "repayment_ref"),
    (
        Column("loan_ref", "ref", required=True),
        Column("repayment_ref", "ref", required=True),
        Column("paid_on", "day", required=True),
        Column("booked_at", "time"),
        Column("amount", "money", required=True, minimum=1),
        Column("currency", "currency"),
        Column("channel", "text"),
    ),
)

FUNDING_SHARES = RecordKind(
    "funding_shares",
    ("shop_ref", "loan_ref", "funder_ref"),
    (
        Column("loan_ref", "ref", required=True),
        Column("funder_ref", "ref", required=True),
        Column("share", "fraction", required=True, minimum=0, maximum=PPM),
    ),
)

OF_LOANS = (INSTALMENTS, REPAYMENTS, FUNDING_SHARES)

# In the order in which a folder is read: shops first, since the others refer to them, and loans before what is of them.
RECORD_KINDS = (SHOPS, ORDERS, SALES_DAYS, PURCHASES, WALLET_ENTRIES, APPLICATIONS, LOANS, *OF_LOANS)
