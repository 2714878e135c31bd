"""Every table of the desk. Money is whole minor units, a moment is UTC, a day is the shop's own calendar day.

Moments are stored as whole microseconds and days as whole days since 1970-01-01, on SQLite and PostgreSQL alike:
SQLite's STRICT tables have no type for either, and whole numbers compare and subtract the same on both.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.types import TypeDecorator
from sqlmodel import Column, Field, SQLModel

from lending import loan_life, loan_schedule, records

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_DAY = date(1970, 1, 1)
MICROSECOND = timedelta(microseconds=1)

# Every constraint has a name, since alembic can change only what it can name.
SQLModel.metadata.naming_convention = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
).naming_convention

# INTEGER is 64 bits wide in SQLite and 32 in PostgreSQL.
WholeNumber = BigInteger().with_variant(Integer(), "sqlite")


class UtcTime(TypeDecorator[datetime]):
    """A moment, stored as whole microseconds since 1970-01-01 UTC; refuses a time without a zone."""

    impl = WholeNumber
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: object) -> int | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without a zone cannot be stored: {value!r}")
        return (value - EPOCH) // MICROSECOND

    def process_result_value(self, value: int | None, dialect: object) -> datetime | None:
        return None if value is None else EPOCH + value * MICROSECOND


class Day(TypeDecorator[date]):
    """A calendar day, stored as whole days since 1970-01-01."""

    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: date | None, dialect: object) -> int | None:
        return None if value is None else (value - EPOCH_DAY).days

    def process_result_value(self, value: int | None, dialect: object) -> date | None:
        return None if value is None else EPOCH_DAY + timedelta(days=value)


def _one_of(column: str, choices: tuple[str, ...], name: str | None = None) -> CheckConstraint:
    listed = ", ".join(f"'{choice}'" for choice in choices)
    return CheckConstraint(f"{column} IN ({listed})", name=name or f"{column}_known")


def _within(column: str, least: int, most: int) -> CheckConstraint:
    return CheckConstraint(f"{column} BETWEEN {least} AND {most}", name=f"{column}_range")


STRICT = {"sqlite_strict": True}
# Rows kept in the order of their key: an import that comes sorted writes them once, front to back.
STRICT_BY_KEY = {"sqlite_strict": True, "sqlite_with_rowid": False}

ROLES = ("officer", "manager", "auditor", "administrator")
OUTCOMES = ("approve", "approve_less", "decline", "refer")
AUTHORITIES = ("officer", "second_officer", "manager")
GRADES = ("A", "B", "C", "D", "E")
INTEREST_KINDS = ("own", "referred")
CONSENT_ACTS = ("given", "withdrawn")
CONSENT_SPEAKERS = ("owner", "representative", "marketplace")
MODEL_KINDS = ("card", "boosting")
MODEL_STAGES = ("draft", "shadow", "champion", "retired")


def _id() -> Column[Any]:
    return Column(WholeNumber, primary_key=True)


def _text(*, null: bool = False) -> Column[Any]:
    return Column(Text, nullable=null)


def _number(*, null: bool = False) -> Column[Any]:
    return Column(WholeNumber, nullable=null)


def _time(*, null: bool = False) -> Column[Any]:
    return Column(UtcTime, nullable=null)


def _day(*, null: bool = False) -> Column[Any]:
    return Column(Day, nullable=null)


def _refers(target: str, *, null: bool = False, key: bool = False) -> Column[Any]:
    return Column(WholeNumber, ForeignKey(target), nullable=null, primary_key=key)


# --- People -----------------------------------------------------------------------------------------------------


class Branch(SQLModel, table=True):
    """A part of the lender that looks after shops of its own. The first one has whatever no other was given."""

    __tablename__ = "branches"
    __table_args__ = (UniqueConstraint("name"), STRICT)
    id: int | None = Field(default=None, sa_column=_id())
    name: str = Field(sa_column=_text())


class BranchRegion(SQLModel, table=True):
    """Which branch gets the new shops of a region; those of other regions go to the first branch."""

    __tablename__ = "branch_regions"
    __table_args__ = (STRICT,)
    region: str = Field(sa_column=Column(Text, primary_key=True))
    branch_id: int = Field(sa_column=_refers("branches.id"))


class Person(SQLModel, table=True):
    """Somebody who may sign in."""

    __tablename__ = "people"
    __table_args__ = (
        UniqueConstraint("handle"),
        Index(None, "email", unique=True),
        _one_of("role", ROLES),
        CheckConstraint("enabled IN (0, 1)", name="enabled_flag"),
        STRICT,
    )
    id: int | None = Field(default=None, sa_column=_id())
    handle: str = Field(sa_column=_text())
    name: str = Field(sa_column=_text())
    role: str = Field(sa_column=_text())
    enabled: int = Field(default=1, sa_column=_number())
    demo: int = Field(default=0, sa_column=_number())
    branch_id: int | None = Field(default=None, sa_column=_refers("branches.id", null=True))
    """The branch whose shops this person sees and works on; all of them without one."""
    email: str | None = Field(default=None, sa_column=_text(null=True))
    """The address under which the organisation's own sign-in knows this person, in small letters."""
    password_hash: str | None = Field(default=None, sa_column=_text(null=True))
    """argon2, with its salt and its costs; None for demo people and before the set-up link is used."""


class SignIn(SQLModel, table=True):
    """One signed-in browser. Only the hash of its cookie is kept."""

    __tablename__ = "sign_ins"
    __table_args__ = (STRICT,)
    token_hash: str = Field(sa_column=Column(Text, primary_key=True))
    person_id: int = Field(sa_column=_refers("people.id"))
    signed_in_at: datetime = Field(sa_column=_time())
    ended_at: datetime | None = Field(default=None, sa_column=_time(null=True))
    last_seen_at: datetime | None = Field(default=None, sa_column=_time(null=True))
    """When its browser last asked for something, to the minute; None before it did."""
    seal: str | None = Field(default=None, sa_column=_text(null=True))
    """Of db.token_seals; empty where it could not be sealed, None only in a row that the desk did not write."""


class SetupLink(SQLModel, table=True):
    """A link by which somebody chooses a passphrase, once and for a short time. Only the hash of it is kept."""

    __tablename__ = "setup_links"
    __table_args__ = (STRICT,)
    token_hash: str = Field(sa_column=Column(Text, primary_key=True))
    person_id: int = Field(sa_column=_refers("people.id"))
    made_at: datetime = Field(sa_column=_time())
    expires_at: datetime = Field(sa_column=_time())
    used_at: datetime | None = Field(default=None, sa_column=_time(null=True))
    seal: str | None = Field(default=None, sa_column=_text(null=True))
    """As of a sign-in."""


class SignInFailure(SQLModel, table=True):
    """A sign-in that failed, under the hash of the name that was typed: whether anybody has it is not told."""

    __tablename__ = "sign_in_failures"
    __table_args__ = (Index(None, "handle_hash", "failed_at"), STRICT)
    id: int | None = Field(default=None, sa_column=_id())
    handle_hash: str = Field(sa_column=_text())
    failed_at: datetime = Field(sa_column=_time())


# --- What came in -----------------------------------------------------------------------------------------------


class ImportBatch(SQLModel, table=True):
    """One import, all of it or nothing. Numbers are given under one lock, so their order is the order of commits."""

    __tablename__ = "import_batches"
    __table_args__ = (STRICT,)
    id: int | None = Field(default=None, sa_column=_id())
    recorded_at: datetime = Field(sa_column=_time())
    person_id: int | None = Field(default=None, sa_column=_refers("people.id", null=True))
    source: str = Field(sa_column=_text())
    format: str = Field(sa_column=_text())
    report: str = Field(sa_column=_text())


class Shop(SQLModel, table=True):
    """A shop, as the newest file has it."""

    __tablename__ = "shops"
    __table_args__ = (
        UniqueConstraint("shop_ref"),
        _one_of("owner_kind", records.OWNER_KINDS),
        CheckConstraint("rural IN (0, 1)", name="rural_flag"),
        CheckConstraint("generated IN (0, 1)", name="generated_flag"),
        _within("rating_hundredths", 100, 500),
        Index(None, "owner_ref"),
        STRICT,
    )
    id: int | None = Field(default=None, sa_column=_id())
    shop_ref: str = Field(sa_column=_text())
    name: str = Field(sa_column=_text())
    owner_ref: str | None = Field(default=None, sa_column=_text(null=True))
    owner_kind: str | None = Field(default=None, sa_column=_text(null=True))
    marketplace: str | None = Field(default=None, sa_column=_text(null=True))
    category: str | None = Field(default=None, sa_column=_text(null=True))
    region: str | None = Field(default=None, sa_column=_text(null=True))
    city: str | None = Field(default=None, sa_column=_text(null=True))
    rural: int | None = Field(default=None, sa_column=_number(null=True))
    opened_on: date | None = Field(default=None, sa_column=_day(null=True))
    time_zone: str = Field(sa_column=_text())
    currency: str = Field(sa_column=_text())
    rating_hundredths: int | None = Field(default=None, sa_column=_number(null=True))
    reviews: int | None = Field(default=None, sa_column=_number(null=True))
    generated: int = Field(default=0, sa_column=_number())
    batch_id: int = Field(sa_column=_refers("import_batches.id"))


class ShopBranch(SQLModel, table=True):
    """Which branch looks after a shop. A trigger adds the row with the shop, by its region."""

    __tablename__ = "shop_branches"
    __table_args__ = (Index(None, "branch_id", "shop_id"), STRICT_BY_KEY)
    shop_id: int = Field(sa_column=_refers("shops.id", key=True))
    branch_id: int = Field(sa_column=_refers("branches.id"))


class Order(SQLModel, table=True):
    """One order, as its platform's newest export has it. Its currency is the shop's."""

    __tablename__ = "orders"
    __table_args__ = (
        CheckConstraint("gross_minor >= 0", name="gross_minor_sign"),
        CheckConstraint("refunded_minor >= 0", name="refunded_minor_sign"),
        _one_of("status", records.ORDER_STATUSES),
        _within("rating_hundredths", 100, 500),
        Index(None, "shop_id", "placed_day"),
        Index(
            "ix_orders_cancellations",
            "shop_id",
            "cancelled_at",
            sqlite_where=text("cancelled_at IS NOT NULL"),
            postgresql_where=text("cancelled_at IS NOT NULL"),
        ),
        STRICT_BY_KEY,
    )
    shop_id: int = Field(sa_column=_refers("shops.id", key=True))
    order_ref: str = Field(sa_column=Column(Text, primary_key=True))
    placed_at: datetime = Field(sa_column=_time())
    placed_day: date = Field(sa_column=_day())
    buyer_ref: str | None = Field(default=None, sa_column=_text(null=True))
    gross_minor: int = Field(sa_column=_number())
    refunded_minor: int = Field(default=0, sa_column=_number())
    refunded_at: datetime | None = Field(default=None, sa_column=_time(null=True))
    refunded_day: date | None = Field(default=None, sa_column=_day(null=True))
    """The day on which the refund counts: that of refunded_at, else of placed_at; missing without a refund."""
    fees_minor: int | None = Field(default=None, sa_column=_number(null=True))
    status: str = Field(sa_column=_text())
    cancelled_at: datetime | None = Field(default=None, sa_column=_time(null=True))
    settled_at: datetime | None = Field(default=None, sa_column=_time(null=True))
    promised_by: datetime | None = Field(default=None, sa_column=_time(null=True))
    delivered_at: datetime | None = Field(default=None, sa_column=_time(null=True))
    rating_hundredths: int | None = Field(default=None, sa_column=_number(null=True))
    reviewed_at: datetime | None = Field(default=None, sa_column=_time(null=True))
    batch_id: int = Field(sa_column=_refers("import_batches.id"))


class SalesDay(SQLModel, table=True):
    """A shop's sales of one day: rolled up from its orders, or as its source gave them. Never both.

    Rolled-up rows say what is known now. What was known on an earlier day differs only by orders that were
    cancelled since; db.sales adds those back.
    """

    __tablename__ = "sales_days"
    __table_args__ = (
        _one_of("source", ("orders", "totals")),
        CheckConstraint("orders >= 0", name="orders_sign"),
        CheckConstraint("gross_minor >= 0", name="gross_minor_sign"),
        CheckConstraint("refunded_minor >= 0", name="refunded_minor_sign"),
        STRICT_BY_KEY,
    )
    shop_id: int = Field(sa_column=_refers("shops.id", key=True))
    day: date = Field(sa_column=Column(Day, primary_key=True))
    source: str = Field(sa_column=_text())
    orders: int = Field(sa_column=_number())
    """Orders placed on the day, without cancelled ones and free refunds."""
    cancelled_orders: int = Field(default=0, sa_column=_number())
    gross_minor: int = Field(sa_column=_number())
    refunded_minor: int = Field(default=0, sa_column=_number())
    batch_id: int = Field(sa_column=_refers("import_batches.id"))


class Purchase(SQLModel, table=True):
    """What a shop bought; a negative amount is a credit note."""

    __tablename__ = "purchases"
    __table_args__ = (
        _one_of("status", records.PURCHASE_STATUSES),
        Index(None, "shop_id", "purchased_on"),
        STRICT_BY_KEY,
    )
    shop_id: int = Field(sa_column=_refers("shops.id", key=True))
    purchase_ref: str = Field(sa_column=Column(Text, primary_key=True))
    purchased_on: date = Field(sa_column=_day())
    supplier_ref: str | None = Field(default=None, sa_column=_text(null=True))
    amount_minor: int = Field(sa_column=_number())
    status: str = Field(sa_column=_text())
    batch_id: int = Field(sa_column=_refers("import_batches.id"))


class WalletEntry(SQLModel, table=True):
    """A movement of a shop's wallet, fund or bank account, with the balance after it where the source has one."""

    __tablename__ = "wallet_entries"
    __table_args__ = (
        _one_of("kind", records.WALLET_KINDS),
        _one_of("account", records.ACCOUNTS),
        Index(None, "shop_id", "booked_at"),
        STRICT_BY_KEY,
    )
    shop_id: int = Field(sa_column=_refers("shops.id", key=True))
    entry_ref: str = Field(sa_column=Column(Text, primary_key=True))
    booked_at: datetime = Field(sa_column=_time())
    booked_day: date = Field(sa_column=_day())
    amount_minor: int = Field(sa_column=_number())
    balance_minor: int | None = Field(default=None, sa_column=_number(null=True))
    kind: str = Field(sa_column=_text())
    counterparty_ref: str | None = Field(default=None, sa_column=_text(null=True))
    account: str = Field(sa_column=_text())
    batch_id: int = Field(sa_column=_refers("import_batches.id"))


class Application(SQLModel, table=True):
    """A shop asks for a loan. It waits as long as no final decision of it exists."""

    __tablename__ = "applications"
    __table_args__ = (
        UniqueConstraint("application_ref"),
        CheckConstraint("amount_minor > 0", name="amount_minor_sign"),
        _within("term_months", 1, 600),
        Index(None, "shop_id"),
        STRICT,
    )
    id: int | None = Field(default=None, sa_column=_id())
    application_ref: str = Field(sa_column=_text())
    shop_id: int = Field(sa_column=_refers("shops.id"))
    submitted_at: datetime = Field(sa_column=_time())
    amount_minor: int = Field(sa_column=_number())
    currency: str = Field(sa_column=_text())
    term_months: int = Field(sa_column=_number())
    purpose: str | None = Field(default=None, sa_column=_text(null=True))
    consented_at: datetime | None = Field(default=None, sa_column=_time(null=True))
    batch_id: int = Field(sa_column=_refers("import_batches.id"))


class Loan(SQLModel, table=True):
    """A loan that was paid out, as the lender's newest file has it. Fractions are whole millionths (`_ppm`)."""

    __tablename__ = "loans"
    __table_args__ = (
        UniqueConstraint("loan_ref"),
        CheckConstraint("principal_minor > 0", name="principal_minor_sign"),
        CheckConstraint("fee_total_minor >= 0", name="fee_total_minor_sign"),
        CheckConstraint("waived_amount_minor >= 0", name="waived_amount_minor_sign"),
        CheckConstraint("written_off_amount_minor >= 0", name="written_off_amount_minor_sign"),
        CheckConstraint("closed_on >= disbursed_on", name="closed_on_order"),
        CheckConstraint("written_off_on >= disbursed_on", name="written_off_on_order"),
        CheckConstraint("restructured_on >= disbursed_on", name="restructured_on_order"),
        _one_of("repayment_kind", loan_schedule.REPAYMENT_KINDS),
        _one_of("rate_kind", loan_schedule.RATE_KINDS),
        _one_of("day_count", loan_schedule.DAY_COUNTS),
        _within("annual_rate_ppm", 0, records.MOST_YEARLY_RATE_PPM),
        _within("instalments", 1, loan_schedule.MOST_INSTALMENTS),
        _within("holdback_share_ppm", 0, loan_schedule.PPM),
        _within("minimum_share_ppm", 0, loan_schedule.PPM),
        Index(None, "shop_id"),
        Index(None, "disbursed_on"),
        STRICT,
    )
    id: int | None = Field(default=None, sa_column=_id())
    loan_ref: str = Field(sa_column=_text())
    shop_id: int = Field(sa_column=_refers("shops.id"))
    application_ref: str | None = Field(default=None, sa_column=_text(null=True))
    principal_minor: int = Field(sa_column=_number())
    currency: str = Field(sa_column=_text())
    disbursed_on: date = Field(sa_column=_day())
    repayment_kind: str = Field(sa_column=_text())
    annual_rate_ppm: int | None = Field(default=None, sa_column=_number(null=True))
    rate_kind: str | None = Field(default=None, sa_column=_text(null=True))
    day_count: str | None = Field(default=None, sa_column=_text(null=True))
    instalments: int | None = Field(default=None, sa_column=_number(null=True))
    """How many; missing where the lender's own schedule says it."""
    interval: str | None = Field(default=None, sa_column=_text(null=True))
    first_due_on: date | None = Field(default=None, sa_column=_day(null=True))
    fee_total_minor: int | None = Field(default=None, sa_column=_number(null=True))
    holdback_share_ppm: int | None = Field(default=None, sa_column=_number(null=True))
    minimum_share_ppm: int | None = Field(default=None, sa_column=_number(null=True))
    minimum_days: int | None = Field(default=None, sa_column=_number(null=True))
    final_due_on: date | None = Field(default=None, sa_column=_day(null=True))
    closed_on: date | None = Field(default=None, sa_column=_day(null=True))
    waived_amount_minor: int | None = Field(default=None, sa_column=_number(null=True))
    refinances_loan_ref: str | None = Field(default=None, sa_column=_text(null=True))
    written_off_on: date | None = Field(default=None, sa_column=_day(null=True))
    written_off_amount_minor: int | None = Field(default=None, sa_column=_number(null=True))
    restructured_on: date | None = Field(default=None, sa_column=_day(null=True))
    batch_id: int = Field(sa_column=_refers("import_batches.id"))


class Instalment(SQLModel, table=True):
    """What falls due of a loan on a day, by the lender's own schedule or as worked out from the loan's terms."""

    __tablename__ = "instalments"
    __table_args__ = (
        CheckConstraint("sequence >= 1", name="sequence_sign"),
        CheckConstraint("principal_due_minor >= 0", name="principal_due_minor_sign"),
        CheckConstraint("interest_due_minor >= 0", name="interest_due_minor_sign"),
        CheckConstraint("fee_due_minor >= 0", name="fee_due_minor_sign"),
        CheckConstraint("computed IN (0, 1)", name="computed_flag"),
        STRICT_BY_KEY,
    )
    shop_id: int = Field(sa_column=_refers("shops.id", key=True))
    loan_ref: str = Field(sa_column=Column(Text, primary_key=True))
    sequence: int = Field(sa_column=Column(WholeNumber, primary_key=True))
    due_on: date = Field(sa_column=_day())
    principal_due_minor: int = Field(sa_column=_number())
    interest_due_minor: int = Field(default=0, sa_column=_number())
    fee_due_minor: int = Field(default=0, sa_column=_number())
    in_force_from: date = Field(sa_column=_day())
    """The day of the disbursement for the first schedule, of the restructuring for a later one."""
    computed: int = Field(default=0, sa_column=_number())
    """1 where it was worked out from the loan's terms, 0 where the lender gave it."""
    batch_id: int = Field(sa_column=_refers("import_batches.id"))


class Repayment(SQLModel, table=True):
    """A payment on a loan; one dated after the loan was written off is a recovery."""

    __tablename__ = "repayments"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount_minor_sign"),
        STRICT_BY_KEY,
    )
    shop_id: int = Field(sa_column=_refers("shops.id", key=True))
    loan_ref: str = Field(sa_column=Column(Text, primary_key=True))
    repayment_ref: str = Field(sa_column=Column(Text, primary_key=True))
    paid_on: date = Field(sa_column=_day())
    booked_at: datetime | None = Field(default=None, sa_column=_time(null=True))
    """When it became known; missing where that was its import."""
    amount_minor: int = Field(sa_column=_number())
    channel: str | None = Field(default=None, sa_column=_text(null=True))
    batch_id: int = Field(sa_column=_refers("import_batches.id"))


class FundingShare(SQLModel, table=True):
    """Whose money a loan is, in part; a loan without any is all the lender's own."""

    __tablename__ = "funding_shares"
    __table_args__ = (_within("share_ppm", 0, loan_schedule.PPM), STRICT_BY_KEY)
    shop_id: int = Field(sa_column=_refers("shops.id", key=True))
    loan_ref: str = Field(sa_column=Column(Text, primary_key=True))
    funder_ref: str = Field(sa_column=Column(Text, primary_key=True))
    share_ppm: int = Field(sa_column=_number())
    batch_id: int = Field(sa_column=_refers("import_batches.id"))


def table_of(row: type[SQLModel]) -> Table:
    """The table behind a row class, for statements that read or write many rows at once."""
    return SQLModel.metadata.tables[str(row.__tablename__)]


def _history_of(name: str, key: tuple[str, ...]) -> Table:
    """The rows of a table that a later import replaced: each with the batch it came in and the one that replaced it."""
    now = SQLModel.metadata.tables[name]
    return Table(
        f"{name}_history",
        SQLModel.metadata,
        *(Column(column.name, column.type, primary_key=column.name in (*key, "batch_id"), nullable=column.nullable)
          for column in now.columns),
        Column("replaced_batch_id", WholeNumber, ForeignKey("import_batches.id"), nullable=False),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )  # fmt: skip


# The state after batch B: rows of the table with batch_id <= B, and rows of its history with
# batch_id <= B < replaced_batch_id.
HISTORY = {
    "shops": _history_of("shops", ("id",)),
    "orders": _history_of("orders", ("shop_id", "order_ref")),
    "sales_days": _history_of("sales_days", ("shop_id", "day")),
    "purchases": _history_of("purchases", ("shop_id", "purchase_ref")),
    "wallet_entries": _history_of("wallet_entries", ("shop_id", "entry_ref")),
    "applications": _history_of("applications", ("id",)),
    "loans": _history_of("loans", ("id",)),
    "instalments": _history_of("instalments", ("shop_id", "loan_ref", "sequence")),
    "repayments": _history_of("repayments", ("shop_id", "loan_ref", "repayment_ref")),
    "funding_shares": _history_of("funding_shares", ("shop_id", "loan_ref", "funder_ref")),
}


# --- What the desk did with it ----------------------------------------------------------------------------------


class ScoreCard(SQLModel, table=True):
    """A points card as it was when it scored, under its hash, so that an old score can be worked out again."""

    __tablename__ = "score_cards"
    __table_args__ = (STRICT,)
    card_hash: str = Field(sa_column=Column(Text, primary_key=True))
    name: str = Field(sa_column=_text())
    body: str = Field(sa_column=_text())
    recorded_at: datetime = Field(sa_column=_time())


class ScoreReference(SQLModel, table=True):
    """What shops of a day were like: the average points of approved applicants, and the usual figures of peers."""

    __tablename__ = "score_references"
    __table_args__ = (Index(None, "card_hash", "id"), STRICT)
    id: int | None = Field(default=None, sa_column=_id())
    card_hash: str = Field(sa_column=Column(Text, ForeignKey("score_cards.card_hash"), nullable=False))
    as_of: date = Field(sa_column=_day())
    cases: int = Field(sa_column=_number())
    """Approved applicants behind the average; 0 where they were too few."""
    body: str = Field(sa_column=_text())
    recorded_at: datetime = Field(sa_column=_time())


class Model(SQLModel, table=True):
    """A model in the register: a points card or a challenger, whole, under its hash, with its validation report."""

    __tablename__ = "models"
    __table_args__ = (_one_of("kind", MODEL_KINDS), STRICT)
    model_hash: str = Field(sa_column=Column(Text, primary_key=True))
    kind: str = Field(sa_column=_text())
    name: str = Field(sa_column=_text())
    body: str = Field(sa_column=_text())
    validation: str = Field(sa_column=_text())
    """JSON: how it did on known outcomes; an empty object where there were none."""
    report: str = Field(sa_column=_text())
    """The same as a page for people, in HTML without Plotly's own script; empty where there were no outcomes."""
    person_id: int | None = Field(default=None, sa_column=_refers("people.id", null=True))
    recorded_at: datetime = Field(sa_column=_time())


class ModelStage(SQLModel, table=True):
    """A step of a model's life: the newest row of a model says where it stands, and who approved it."""

    __tablename__ = "model_stages"
    __table_args__ = (_one_of("stage", MODEL_STAGES), Index(None, "model_hash", "id"), STRICT)
    id: int | None = Field(default=None, sa_column=_id())
    model_hash: str = Field(sa_column=Column(Text, ForeignKey("models.model_hash"), nullable=False))
    stage: str = Field(sa_column=_text())
    person_id: int | None = Field(default=None, sa_column=_refers("people.id", null=True))
    note: str = Field(sa_column=_text())
    recorded_at: datetime = Field(sa_column=_time())


class ShadowScore(SQLModel, table=True):
    """What a model in shadow says of a shop that was scored: kept for comparison, shown to nobody who decides."""

    __tablename__ = "shadow_scores"
    __table_args__ = (_within("default_probability_ppm", 0, 1_000_000), STRICT_BY_KEY)
    score_run_id: int = Field(sa_column=_refers("score_runs.id", key=True))
    model_hash: str = Field(sa_column=Column(Text, ForeignKey("models.model_hash"), primary_key=True))
    default_probability_ppm: int = Field(sa_column=_number())
    recorded_at: datetime = Field(sa_column=_time())


class ScoreRun(SQLModel, table=True):
    """One scoring of one shop: what went in (as_of, highest batch seen, features, card) and what came out."""

    __tablename__ = "score_runs"
    __table_args__ = (
        _one_of("grade", GRADES),
        _within("default_probability_ppm", 0, 1_000_000),
        # With what lists are narrowed to and sorted by, so that they read no whole scores.
        Index(None, "shop_id", "id", "points", "grade"),
        STRICT,
    )
    id: int | None = Field(default=None, sa_column=_id())
    shop_id: int = Field(sa_column=_refers("shops.id"))
    as_of: date = Field(sa_column=_day())
    batch_id: int = Field(sa_column=_refers("import_batches.id"))
    card_hash: str = Field(sa_column=Column(Text, ForeignKey("score_cards.card_hash"), nullable=False))
    features: str = Field(sa_column=_text())
    points: int = Field(sa_column=_number())
    soundness_points: int = Field(sa_column=_number())
    reputation_points: int = Field(sa_column=_number())
    grade: str = Field(sa_column=_text())
    default_probability_ppm: int = Field(sa_column=_number())
    contributions: str = Field(sa_column=_text())
    """JSON: per feature its points and its gap to the usual; with the reasons and strengths drawn from them."""
    person_id: int | None = Field(default=None, sa_column=_refers("people.id", null=True))
    recorded_at: datetime = Field(sa_column=_time())
    method: int = Field(default=1, sa_column=Column(WholeNumber, nullable=False, server_default=text("1")))
    """1: the whole record was scored; 2: the record without the orders set aside as bought; 3: the same, and a fund
    that names no balance followed through its movements.
    """
    reference_id: int | None = Field(default=None, sa_column=_refers("score_references.id", null=True))
    """What the gaps were measured against; the card's own usual shop where there is none."""
    manipulation: str | None = Field(default=None, sa_column=_text(null=True))
    """JSON: the signs of bought sales, the features of the whole record, and what was set aside; since method 2."""


class PolicyVersion(SQLModel, table=True):
    """One version of the lending policy, whole, as canonical JSON."""

    __tablename__ = "policy_versions"
    __table_args__ = (STRICT,)
    version: int = Field(sa_column=Column(WholeNumber, primary_key=True, autoincrement=False))
    body: str = Field(sa_column=_text())
    recorded_at: datetime = Field(sa_column=_time())
    person_id: int | None = Field(default=None, sa_column=_refers("people.id", null=True))
    """Who proposed it; None for the policy that Loam comes with."""


class PolicyApproval(SQLModel, table=True):
    """A second person has put a version of the policy in force; the newest approval is what counts."""

    __tablename__ = "policy_approvals"
    __table_args__ = (
        CheckConstraint("person_id <> maker_id", name="second_person"),
        STRICT,
    )
    id: int | None = Field(default=None, sa_column=_id())
    version: int = Field(sa_column=_refers("policy_versions.version"))
    maker_id: int | None = Field(default=None, sa_column=_refers("people.id", null=True))
    """Who proposed it, as the version has it; None for the policy that Loam comes with."""
    person_id: int | None = Field(default=None, sa_column=_refers("people.id", null=True))
    note: str = Field(sa_column=_text())
    recorded_at: datetime = Field(sa_column=_time())


class Interest(SQLModel, table=True):
    """A person stands close to a shop, as its owner or family, or brought it in: they decide nothing of it."""

    __tablename__ = "interests"
    __table_args__ = (
        _one_of("kind", INTEREST_KINDS),
        CheckConstraint("shop_id IS NOT NULL OR owner_ref IS NOT NULL", name="subject_named"),
        Index(None, "person_id"),
        STRICT,
    )
    id: int | None = Field(default=None, sa_column=_id())
    person_id: int = Field(sa_column=_refers("people.id"))
    kind: str = Field(sa_column=_text())
    shop_id: int | None = Field(default=None, sa_column=_refers("shops.id", null=True))
    owner_ref: str | None = Field(default=None, sa_column=_text(null=True))
    """Whoever stands behind the shop: all shops of the same owner count."""
    note: str = Field(sa_column=_text())
    noted_by: int = Field(sa_column=_refers("people.id"))
    recorded_at: datetime = Field(sa_column=_time())


class InterestEnd(SQLModel, table=True):
    """An interest is over, as somebody other than the person themselves has found."""

    __tablename__ = "interest_ends"
    __table_args__ = (STRICT,)
    interest_id: int = Field(sa_column=Column(WholeNumber, ForeignKey("interests.id"), primary_key=True,
                                              autoincrement=False))  # fmt: skip
    ended_by: int = Field(sa_column=_refers("people.id"))
    note: str = Field(sa_column=_text())
    recorded_at: datetime = Field(sa_column=_time())


class Hold(SQLModel, table=True):
    """Somebody has taken an application; while the row stands nobody else can decide it."""

    __tablename__ = "holds"
    __table_args__ = (STRICT,)
    application_id: int = Field(sa_column=_refers("applications.id", key=True))
    person_id: int = Field(sa_column=_refers("people.id"))
    taken_at: datetime = Field(sa_column=_time())


class Draft(SQLModel, table=True):
    """What somebody has entered on a file and not recorded yet, so that a refresh loses nothing."""

    __tablename__ = "drafts"
    __table_args__ = (STRICT,)
    application_id: int = Field(sa_column=_refers("applications.id", key=True))
    person_id: int = Field(sa_column=_refers("people.id", key=True))
    round: int = Field(sa_column=_number())
    """The round that it was written for; once another one has begun it is no longer shown."""
    body: str = Field(sa_column=_text())
    """JSON: the fields of the form by name."""
    saved_at: datetime = Field(sa_column=_time())


class SavedView(SQLModel, table=True):
    """Filters and order of a list under a name that a person gave them."""

    __tablename__ = "saved_views"
    __table_args__ = (UniqueConstraint("person_id", "page", "name"), STRICT)
    id: int | None = Field(default=None, sa_column=_id())
    person_id: int = Field(sa_column=_refers("people.id"))
    page: str = Field(sa_column=_text())
    name: str = Field(sa_column=_text())
    query: str = Field(sa_column=_text())
    """What stands in the address behind the question mark."""
    saved_at: datetime = Field(sa_column=_time())


class Consent(SQLModel, table=True):
    """A shop's word on the use of its record: given from a day to a day, or taken back. The newest row holds."""

    __tablename__ = "consents"
    __table_args__ = (
        _one_of("act", CONSENT_ACTS),
        _one_of("said_by", CONSENT_SPEAKERS),
        CheckConstraint("sharing IN (0, 1)", name="sharing_flag"),
        CheckConstraint("(act = 'given') = (ends_at IS NOT NULL)", name="given_until"),
        CheckConstraint("ends_at > begins_at", name="begins_first"),
        Index(None, "shop_id", "id"),
        STRICT,
    )
    id: int | None = Field(default=None, sa_column=_id())
    shop_id: int = Field(sa_column=_refers("shops.id"))
    act: str = Field(sa_column=_text())
    said_by: str = Field(sa_column=_text())
    """By which right somebody spoke for the shop; whose name that is stands in the evidence, outside this record."""
    evidence: str = Field(sa_column=_text())
    """Where it can be looked up, such as the number of a signed form."""
    sharing: int = Field(sa_column=_number())
    """1 where it covers partner banks as well; it always covers the lender's own decisions."""
    begins_at: datetime = Field(sa_column=_time())
    """The first moment of the day on which it was given, or the moment at which it was taken back."""
    ends_at: datetime | None = Field(default=None, sa_column=_time(null=True))
    """The first moment of the day after the last one that it covers."""
    batch_id: int | None = Field(default=None, sa_column=_refers("import_batches.id", null=True))
    """The import with which it came, if it came with one."""
    person_id: int | None = Field(default=None, sa_column=_refers("people.id", null=True))
    recorded_at: datetime = Field(sa_column=_time())


class ColumnMapping(SQLModel, table=True):
    """How the columns of a file that no reader knows are read, under a name that a person gave it."""

    __tablename__ = "column_mappings"
    __table_args__ = (UniqueConstraint("name"), STRICT)
    id: int | None = Field(default=None, sa_column=_id())
    name: str = Field(sa_column=_text())
    body: str = Field(sa_column=_text())
    """JSON: ingest.mapping.Mapping."""
    person_id: int | None = Field(default=None, sa_column=_refers("people.id", null=True))
    saved_at: datetime = Field(sa_column=_time())


class Original(SQLModel, table=True):
    """A file as it was brought in, kept where the setting says so."""

    __tablename__ = "originals"
    __table_args__ = (Index(None, "batch_id"), Index(None, "shop_id"), STRICT)
    id: int | None = Field(default=None, sa_column=_id())
    batch_id: int = Field(sa_column=_refers("import_batches.id"))
    shop_id: int | None = Field(default=None, sa_column=_refers("shops.id", null=True))
    """Whose records are in it; None where they are of several shops."""
    name: str = Field(sa_column=_text())
    size_bytes: int = Field(sa_column=_number())
    sha256: str = Field(sa_column=_text())
    """Of the file as it was, in hexadecimal digits."""


class OriginalPart(SQLModel, table=True):
    """A piece of an original, sealed with a key that follows from the record's."""

    __tablename__ = "original_parts"
    __table_args__ = (STRICT_BY_KEY,)
    original_id: int = Field(sa_column=_refers("originals.id", key=True))
    part: int = Field(sa_column=Column(WholeNumber, primary_key=True))
    sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class Decision(SQLModel, table=True):
    """One round of deciding an application. The application is decided once a row with final = 1 exists."""

    __tablename__ = "decisions"
    __table_args__ = (
        UniqueConstraint("application_id", "round"),
        UniqueConstraint("request_key"),
        # Nobody takes part in two rounds of one file: a second approval is by a second person.
        UniqueConstraint("application_id", "person_id"),
        _one_of("outcome", OUTCOMES),
        _one_of("authority", AUTHORITIES),
        CheckConstraint("override IN (0, 1)", name="override_flag"),
        CheckConstraint("final IN (0, 1)", name="final_flag"),
        CheckConstraint("round >= 1", name="round_sign"),
        CheckConstraint(
            "outcome NOT IN ('approve', 'approve_less') OR "
            "(coalesce(amount_minor, 0) > 0 AND coalesce(term_months, 0) > 0 AND coalesce(rate_bps, -1) >= 0 "
            "AND score_run_id IS NOT NULL)",
            name="approval_complete",
        ),
        Index(None, "recorded_at"),
        STRICT,
    )
    id: int | None = Field(default=None, sa_column=_id())
    application_id: int = Field(sa_column=_refers("applications.id"))
    round: int = Field(sa_column=_number())
    person_id: int = Field(sa_column=_refers("people.id"))
    outcome: str = Field(sa_column=_text())
    amount_minor: int | None = Field(default=None, sa_column=_number(null=True))
    currency: str = Field(sa_column=_text())
    term_months: int | None = Field(default=None, sa_column=_number(null=True))
    rate_bps: int | None = Field(default=None, sa_column=_number(null=True))
    reasons: str = Field(sa_column=_text())
    note: str = Field(sa_column=_text())
    score_run_id: int | None = Field(default=None, sa_column=_refers("score_runs.id", null=True))
    policy_version: int = Field(sa_column=_refers("policy_versions.version"))
    authority: str = Field(sa_column=_text())
    """The authority that this outcome needs."""
    override: int = Field(sa_column=_number())
    final: int = Field(sa_column=_number())
    """0 where it still needs another person: a proposal, or a referral."""
    decided_on: date = Field(sa_column=_day())
    """The business date of the desk; recorded_at is the wall clock, whatever the desk takes for today."""
    request_key: str = Field(sa_column=_text())
    request_hash: str = Field(sa_column=_text())
    recorded_at: datetime = Field(sa_column=_time())


class LoanAct(SQLModel, table=True):
    """A step of a loan's life, as somebody asked for it: it stands at once, or once a second person has agreed."""

    __tablename__ = "loan_acts"
    __table_args__ = (
        # What an answer refers to, so that it can name the maker whom it must differ from.
        UniqueConstraint("id", "person_id"),
        UniqueConstraint("request_key"),
        _one_of("kind", loan_life.KINDS),
        CheckConstraint("needs_second IN (0, 1)", name="needs_second_flag"),
        CheckConstraint("loan_id IS NOT NULL OR application_id IS NOT NULL", name="subject_named"),
        CheckConstraint("amount_minor >= 0", name="amount_minor_sign"),
        Index(None, "loan_id"),
        Index(None, "application_id"),
        STRICT,
    )
    id: int | None = Field(default=None, sa_column=_id())
    loan_id: int | None = Field(default=None, sa_column=_refers("loans.id", null=True))
    application_id: int | None = Field(default=None, sa_column=_refers("applications.id", null=True))
    kind: str = Field(sa_column=_text())
    day: date = Field(sa_column=_day())
    """The day for which it counts; of a promise the day on which money is to come."""
    amount_minor: int | None = Field(default=None, sa_column=_number(null=True))
    body: str = Field(sa_column=_text())
    """JSON: what else belongs to the step, such as the terms of a new schedule."""
    reason: str = Field(sa_column=_text())
    person_id: int = Field(sa_column=_refers("people.id"))
    needs_second: int = Field(sa_column=_number())
    batch_id: int | None = Field(default=None, sa_column=_refers("import_batches.id", null=True))
    """The batch with which it moved the books; None where it moves none, or waits for a second person."""
    booked_on: date = Field(sa_column=_day())
    """The business date of the desk; recorded_at is the wall clock."""
    request_key: str = Field(sa_column=_text())
    recorded_at: datetime = Field(sa_column=_time())


class LoanActAnswer(SQLModel, table=True):
    """A second person's answer to a step: agreed, and with which batch it moved the books; or not."""

    __tablename__ = "loan_act_answers"
    __table_args__ = (
        ForeignKeyConstraint(["act_id", "maker_id"], ["loan_acts.id", "loan_acts.person_id"]),
        CheckConstraint("person_id <> maker_id", name="second_person"),
        CheckConstraint("agreed IN (0, 1)", name="agreed_flag"),
        STRICT,
    )
    act_id: int = Field(sa_column=Column(WholeNumber, primary_key=True, autoincrement=False))
    maker_id: int = Field(sa_column=_number())
    person_id: int = Field(sa_column=_refers("people.id"))
    agreed: int = Field(sa_column=_number())
    note: str = Field(sa_column=_text())
    batch_id: int | None = Field(default=None, sa_column=_refers("import_batches.id", null=True))
    booked_on: date = Field(sa_column=_day())
    recorded_at: datetime = Field(sa_column=_time())


class MonthEnd(SQLModel, table=True):
    """The portfolio's figures of a day as they were reported: with what was booked by then, and on which batch."""

    __tablename__ = "month_ends"
    __table_args__ = (Index(None, "as_of", "currency", "id"), STRICT)
    id: int | None = Field(default=None, sa_column=_id())
    as_of: date = Field(sa_column=_day())
    currency: str = Field(sa_column=_text())
    batch_id: int = Field(sa_column=_refers("import_batches.id"))
    figures: str = Field(sa_column=_text())
    """JSON: lending.book_figures.portfolio_figures."""
    recorded_at: datetime = Field(sa_column=_time())


class AuditEvent(SQLModel, table=True):
    """Who did what, in the order in which it was recorded."""

    __tablename__ = "audit_events"
    __table_args__ = (Index(None, "subject", "subject_id"), STRICT)
    sequence: int | None = Field(default=None, sa_column=_id())
    recorded_at: datetime = Field(sa_column=_time())
    person_id: int | None = Field(default=None, sa_column=_refers("people.id", null=True))
    kind: str = Field(sa_column=_text())
    subject: str = Field(sa_column=_text())
    subject_id: int | None = Field(default=None, sa_column=_number(null=True))
    body: str = Field(sa_column=_text())


class Link(SQLModel, table=True):
    """A link of the chain: one row of a register, or the state of a right, under a seal that binds it to the last."""

    __tablename__ = "chain"
    __table_args__ = (Index(None, "subject", "row_key"), STRICT)
    sequence: int = Field(sa_column=Column(WholeNumber, primary_key=True, autoincrement=False))
    subject: str = Field(sa_column=_text())
    """The table that it is about."""
    row_key: str = Field(sa_column=_text())
    text: str = Field(sa_column=_text())
    """JSON: the row as it was stored; see db.chain_rows."""
    previous: str = Field(sa_column=_text())
    """The seal of the link before; empty in the first."""
    mac: str = Field(sa_column=_text())
    """The seal: HMAC-SHA256 over all else of the link, in hexadecimal digits."""
    recorded_at: datetime = Field(sa_column=_time())


class PendingLink(SQLModel, table=True):
    """A row that triggers have noted for the chain. None outlives its transaction: one that does came from outside."""

    __tablename__ = "chain_pending"
    __table_args__ = (STRICT,)
    id: int | None = Field(default=None, sa_column=_id())
    subject: str = Field(sa_column=_text())
    row_key: str = Field(sa_column=_text())


class PersonalSalt(SQLModel, table=True):
    """What a digest of personal data was salted with. Once the salt is deleted the digest says nothing any more."""

    __tablename__ = "personal_salts"
    __table_args__ = (STRICT_BY_KEY,)
    subject: str = Field(sa_column=Column(Text, primary_key=True))
    row_key: str = Field(sa_column=Column(Text, primary_key=True))
    salt: str | None = Field(default=None, sa_column=_text(null=True))
    digest: str = Field(sa_column=_text())


class Fact(SQLModel, table=True):
    """A single fact about this database, such as the business date of its demo."""

    __tablename__ = "facts"
    __table_args__ = (STRICT,)
    name: str = Field(sa_column=Column(Text, primary_key=True))
    value: str = Field(sa_column=_text())


# Rows of these are written once and never changed; triggers made by the migrations hold it.
APPEND_ONLY = (
    "import_batches",
    "score_cards",
    "score_runs",
    "policy_versions",
    "decisions",
    "audit_events",
    "score_references",
    "models",
    "model_stages",
    "shadow_scores",
    "loan_acts",
    "loan_act_answers",
    "month_ends",
    "policy_approvals",
    "interests",
    "interest_ends",
    "consents",
    "chain",
)
# These may change; the chain holds each state of them.
RIGHTS = ("people", "shop_branches", "branch_regions")
