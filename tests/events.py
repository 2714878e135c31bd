"""Small made-up event tables for the tests of features; what a row leaves out has a plain default."""

from datetime import UTC, date, datetime

import pyarrow as pa

from scoring.records import EVENTS, days_since_epoch

PLAIN = {
    "shops": {"shop_id": 1, "time_zone": "Asia/Shanghai", "currency": "CNY"},
    "days": {"shop_id": 1, "orders": 1, "gross_minor": 0, "refunded_minor": 0},
    "orders": {"shop_id": 1, "gross_minor": 0, "refunded_minor": 0, "status": "completed"},
    "purchases": {"shop_id": 1, "status": "completed"},
    "wallet": {"shop_id": 1, "account": "wallet", "entry_ref": "w", "amount_minor": 0, "kind": "sale"},
    "loans": {"shop_id": 1, "loan_ref": "L1", "principal_minor": 100_000},
    "instalments": {"shop_id": 1, "loan_ref": "L1"},
}


def day(text):
    return days_since_epoch(date.fromisoformat(text))


def moment(text):
    """A UTC time as microseconds."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1_000_000


def tables(**rows):
    """The tables of scoring.records.EVENTS from lists of rows; one shop where none is given."""
    rows.setdefault("shops", [{}])
    return {
        name: pa.Table.from_pylist([{**PLAIN[name], **row} for row in rows.get(name, [])], schema=schema)
        for name, schema in EVENTS.items()
    }


def order(placed, gross=10_000, **facts):
    return {"placed_day": day(placed), "gross_minor": gross, **facts}


def refund(placed, refunded, made=None):
    return order(placed, 0, status="refund", refunded_minor=refunded, refunded_day=day(made or placed))


def total(on, gross, refunded=0, **facts):
    return {"day": day(on), "gross_minor": gross, "refunded_minor": refunded, **facts}


def purchase(on, amount, **facts):
    return {"purchased_day": day(on), "amount_minor": amount, **facts}


def entry(ref, on, balance, account="wallet", hour=12):
    booked_at = moment(f"{on}T{hour:02}:00:00")
    return {
        "entry_ref": ref, "booked_at": booked_at, "booked_day": day(on), "balance_minor": balance, "account": account,
    }  # fmt: skip
