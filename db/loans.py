"""The loan book as it was known before a day, as frames of whole numbers: loans, what falls due, what came in, whose.

Days are whole days since 1970-01-01 on the calendar of the loan's shop; FAR stands for a day that has not come. No
column has missing values: an amount, rate or count that is missing is 0, a text is empty.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sqlalchemy import BigInteger, ColumnElement, Select, func, literal, select, type_coerce
from sqlmodel import Session

from db import batches
from db.tables import (
    EPOCH,
    MICROSECOND,
    Day,
    FundingShare,
    ImportBatch,
    Instalment,
    Loan,
    Repayment,
    Shop,
    UtcTime,
    table_of,
)
from lending.loan_book import FAR, day_number

Numbers = npt.NDArray[np.int64]

import_batches = table_of(ImportBatch)

# So few that they are still in the processor's cache when they are turned into columns.
ROWS_AT_ONCE = 500
# SQLite takes some 32,000 values in one statement.
SHOPS_AT_ONCE = 10_000

_DAYS = ("first_due", "final_due", "closed", "written_off", "restructured")
_NUMBERS = (
    "principal_minor", "annual_rate_ppm", "instalments", "fee_total_minor", "holdback_share_ppm", "minimum_share_ppm",
    "minimum_days", "waived_amount_minor", "written_off_amount_minor",
)  # fmt: skip
_TEXTS = (
    "loan_ref", "application_ref", "currency", "repayment_kind", "rate_kind", "day_count", "interval",
    "refinances_loan_ref",
)  # fmt: skip
_LOAN = ("id", "shop_id", "disbursed_on", *(f"{name}_on" for name in _DAYS), *_NUMBERS, *_TEXTS)
_SHOP = ("id", "rural", "owner_ref", "category", "region", "marketplace", "time_zone")
# Small numbers of an instalment and their bits; in this order they sort as schedule and number do.
_PACKED = {"in_force_from": 20, "sequence": 16, "due_on": 20, "computed": 1}
# What a loan's row says only from a day on: the amount that goes with it.
_WITH_ITS_DAY = (("closed_day", "waived_amount_minor"), ("written_off_day", "written_off_amount_minor"))


@dataclass(frozen=True, slots=True)
class LoanFrames:
    """The loan book before a day.

    Attributes:
        loans: a row per loan, by loan_id: loan_id, shop_id, principal_minor, annual_rate_ppm, instalments (how many
            were agreed), fee_total_minor, holdback_share_ppm, minimum_share_ppm, minimum_days, waived_amount_minor,
            written_off_amount_minor (int64); disbursed_day, first_due_day, final_due_day (of the first schedule),
            closed_day, written_off_day, restructured_day (int32, FAR where there is none); sales_linked (bool);
            loan_ref, application_ref, refinances_loan_ref, owner_ref (text); currency, repayment_kind, rate_kind,
            day_count, interval, category, region, marketplace, time_zone (category); rural (int8: 1, 0, or -1 where
            nobody knows).
        instalments: a row per line of each schedule in force before the day, by loan, schedule and number: loan_id
            (int64), in_force_day, sequence, due_day (int32), principal_minor, interest_minor, fee_minor (int64),
            computed (bool: worked out from the terms).
        repayments: a row per payment dated before the day, by loan and day: loan_id (int64), paid_day, booked_day
            (int32; when it became known), amount_minor (int64). Recoveries are among them: they are dated after
            written_off_day.
        funding_shares: a row per funder of a loan: loan_id, share_ppm (int64), funder_ref (category). A loan without
            a row is all the lender's own.
    """

    loans: pd.DataFrame
    instalments: pd.DataFrame
    repayments: pd.DataFrame
    funding_shares: pd.DataFrame


def loan_frames(
    session: Session, *, as_of: date, batch_id: int | None = None, shop_ids: Sequence[int] | None = None
) -> LoanFrames:
    """The loan book as it was known before a day.

    Args:
        session: a transaction.
        as_of: only loans paid out, schedules begun, payments dated and loans closed, written off or restructured
            before it. When a payment was booked does not matter here; booked_day tells it.
        batch_id: the last import that counts; the newest with None. The same number gives the same rows for ever.
        shop_ids: only loans of these shops; all with None.
    """
    batch = batches.newest(session) if batch_id is None else batch_id
    if shop_ids is None:
        return _frames(session, as_of, batch, None)
    starts = range(0, max(len(shop_ids), 1), SHOPS_AT_ONCE)
    parts = [_frames(session, as_of, batch, shop_ids[start : start + SHOPS_AT_ONCE]) for start in starts]
    if len(parts) == 1:
        return parts[0]
    joined = (
        pd.concat([getattr(part, name) for part in parts], ignore_index=True).sort_values("loan_id", kind="stable")
        for name in LoanFrames.__slots__
    )
    return LoanFrames(*(frame.reset_index(drop=True) for frame in joined))


def _frames(session: Session, as_of: date, batch: int, shop_ids: Sequence[int] | None) -> LoanFrames:
    day = day_number(as_of)
    loans = _loans(session, as_of, batch, shop_ids)
    numbers = dict(zip(loans["loan_ref"].tolist(), loans["loan_id"].tolist(), strict=True))
    instalments = _instalments(session, as_of, batch, shop_ids, numbers)
    _fill_final_due(loans, instalments)
    zones = loans[["loan_id", "time_zone"]]
    repayments = _repayments(session, as_of, batch, shop_ids, numbers, zones)
    funding = _funding(session, batch, shop_ids, numbers)
    _hide_what_came_later(loans, day)
    return LoanFrames(loans, instalments, repayments, funding)


def _bare(column: ColumnElement[Any], name: str, filler: int | None = None) -> ColumnElement[Any]:
    """A column with days and moments as the whole numbers that are stored, missing ones filled."""
    if isinstance(column.type, Day | UtcTime):
        column = type_coerce(column, BigInteger())
    return (column if filler is None else func.coalesce(column, filler)).label(name)


def _columns(
    session: Session, statement: Select[Any], *, whole: int, loans: dict[str, int] | None = None
) -> dict[str, Any]:
    """The columns of a statement: the first so many as whole numbers, the others as lists of texts.

    Args:
        session: a transaction.
        statement: what to read.
        whole: how many columns are whole numbers.
        loans: number of each loan by its loan_ref; given, the last column is a loan_ref, which becomes the number, and
            rows of other loans are left out.
    """
    names = [column.name for column in statement.selected_columns]
    parts: dict[str, list[Any]] = {name: [] for name in names}
    result = session.connection().execute(statement, execution_options={"yield_per": ROWS_AT_ONCE})
    for rows in result.partitions():
        cells = list(zip(*rows, strict=True))
        kept = None
        if loans is not None:
            numbers = np.array([loans.get(ref, -1) for ref in cells.pop()], dtype=np.int64)
            kept = numbers >= 0
            parts[names[-1]].append(numbers[kept])
        for place, column in enumerate(cells):
            if place < whole:
                found = np.array(column, dtype=np.int64)
                parts[names[place]].append(found if kept is None else found[kept])
            else:
                texts = column if kept is None else [text for text, good in zip(column, kept, strict=True) if good]
                parts[names[place]].extend(text or "" for text in texts)
    nothing = np.zeros(0, dtype=np.int64)
    numbered = set(names[:whole]) | ({names[-1]} if loans is not None else set())
    return {name: np.concatenate([nothing, *found]) if name in numbered else found for name, found in parts.items()}


def _loans(session: Session, as_of: date, batch: int, shop_ids: Sequence[int] | None) -> pd.DataFrame:
    found = batches.after(Loan, _LOAN, batch, shop_ids=shop_ids)
    fillers = dict.fromkeys((f"{name}_on" for name in _DAYS), FAR) | dict.fromkeys(_NUMBERS, 0)
    columns = [_bare(found.c[name], name, fillers.get(name)) for name in _LOAN]
    statement = select(*columns).where(found.c.disbursed_on < as_of).order_by(found.c.id)
    read = _columns(session, statement, whole=len(_LOAN) - len(_TEXTS))
    frame = pd.DataFrame({"loan_id": read["id"], "shop_id": read["shop_id"]})
    for name in ("disbursed", *_DAYS):
        frame[f"{name}_day"] = read[f"{name}_on"].astype(np.int32)
    for name in _NUMBERS:
        frame[name] = read[name]
    for name in _TEXTS:
        frame[name] = read[name] if name.endswith("_ref") else pd.Categorical(read[name])
    frame["sales_linked"] = (frame["repayment_kind"] == "sales_share").to_numpy(dtype=bool)
    return _with_shops(session, frame, batch, shop_ids)


def _with_shops(session: Session, loans: pd.DataFrame, batch: int, shop_ids: Sequence[int] | None) -> pd.DataFrame:
    """The loans with the facts of their shops."""
    shops = batches.after(Shop, _SHOP, batch, shop_ids=shop_ids)
    statement = select(
        shops.c.id, func.coalesce(shops.c.rural, -1).label("rural"), *(shops.c[name] for name in _SHOP[2:])
    )
    read = _columns(session, statement.order_by(shops.c.id), whole=2)
    places = np.searchsorted(read["id"], loans["shop_id"].to_numpy())
    loans["rural"] = read["rural"].astype(np.int8)[places]
    for name in _SHOP[2:]:
        texts = pd.Categorical(read[name]).take(places) if len(places) else pd.Categorical([])
        loans[name] = np.asarray(texts, dtype=object) if name == "owner_ref" else texts
    return loans


def _instalments(
    session: Session, as_of: date, batch: int, shop_ids: Sequence[int] | None, loans: dict[str, int]
) -> pd.DataFrame:
    columns = ("principal_due_minor", "interest_due_minor", "fee_due_minor", "loan_ref")
    found = batches.after(Instalment, (*columns, *_PACKED), batch, shop_ids=shop_ids)
    # The small numbers of a line travel as one, since each cell costs as much as any other.
    packed: ColumnElement[int] = literal(0, BigInteger())
    for name, bits in _PACKED.items():
        packed = packed * (1 << bits) + type_coerce(found.c[name], BigInteger())
    chosen = (packed.label("packed"), *(found.c[name] for name in columns))
    read = _columns(session, select(*chosen).where(found.c.in_force_from < as_of), whole=4, loans=loans)
    order = np.lexsort([read["packed"], read["loan_ref"]])
    small, rest = {}, read["packed"][order]
    for name, bits in reversed(_PACKED.items()):
        small[name], rest = (rest & ((1 << bits) - 1)), rest >> bits
    return pd.DataFrame(
        {
            "loan_id": read["loan_ref"][order],
            "in_force_day": small["in_force_from"].astype(np.int32),
            "sequence": small["sequence"].astype(np.int32),
            "due_day": small["due_on"].astype(np.int32),
            "principal_minor": read["principal_due_minor"][order],
            "interest_minor": read["interest_due_minor"][order],
            "fee_minor": read["fee_due_minor"][order],
            "computed": small["computed"].astype(bool),
        }
    )


def _fill_final_due(loans: pd.DataFrame, instalments: pd.DataFrame) -> None:
    """Where the loan does not say it, the last day of its first schedule is that of its last line."""
    if not len(instalments):
        return
    ids = loans["loan_id"].to_numpy()
    places = np.searchsorted(ids, instalments["loan_id"].to_numpy())
    first = instalments["in_force_day"].to_numpy() == loans["disbursed_day"].to_numpy()[places]
    last = np.zeros(len(ids), dtype=np.int32)
    np.maximum.at(last, places[first], instalments["due_day"].to_numpy()[first])
    said = loans["final_due_day"].to_numpy()
    loans["final_due_day"] = np.where((said == FAR) & (last > 0), last, said).astype(np.int32)


def _repayments(
    session: Session, as_of: date, batch: int, shop_ids: Sequence[int] | None, loans: dict[str, int],
    zones: pd.DataFrame,
) -> pd.DataFrame:  # fmt: skip
    columns = ("paid_on", "booked_at", "amount_minor", "batch_id", "loan_ref")
    found = batches.after(Repayment, columns, batch, shop_ids=shop_ids)
    fillers = {"booked_at": 0}
    chosen = (_bare(found.c[name], name, fillers.get(name)) for name in columns)
    statement = select(*chosen).where(found.c.paid_on < as_of)
    read = _columns(session, statement, whole=4, loans=loans)
    order = np.lexsort([read["paid_on"], read["loan_ref"]])
    stored = session.execute(select(import_batches.c.id, import_batches.c.recorded_at)).all()
    recorded = {row.id: row.recorded_at for row in stored}
    booked = np.where(read["booked_at"] != 0, read["booked_at"], _moments(read["batch_id"], recorded))
    return pd.DataFrame(
        {
            "loan_id": read["loan_ref"][order],
            "paid_day": read["paid_on"][order].astype(np.int32),
            "booked_day": _local_days(booked, read["loan_ref"], zones)[order],
            "amount_minor": read["amount_minor"][order],
        }
    )


def _funding(session: Session, batch: int, shop_ids: Sequence[int] | None, loans: dict[str, int]) -> pd.DataFrame:
    found = batches.after(FundingShare, ("share_ppm", "funder_ref", "loan_ref"), batch, shop_ids=shop_ids)
    read = _columns(session, select(*found.c), whole=1, loans=loans)
    frame = pd.DataFrame({"loan_id": read["loan_ref"], "share_ppm": read["share_ppm"]})
    frame["funder_ref"] = pd.Categorical(read["funder_ref"])
    return frame.sort_values(["loan_id", "funder_ref"], kind="stable", ignore_index=True)


def _moments(numbers: Numbers, recorded: dict[int, datetime]) -> Numbers:
    """When each of some batches was stored, in microseconds."""
    known, places = np.unique(numbers, return_inverse=True)
    times = np.array([(recorded[int(number)] - EPOCH) // MICROSECOND for number in known], dtype=np.int64)
    return times[places] if len(times) else np.zeros(0, dtype=np.int64)


def _local_days(moments: Numbers, loans: Numbers, zones: pd.DataFrame) -> npt.NDArray[np.int32]:
    """The days of moments on the calendars of the loans' shops."""
    days = np.zeros(len(moments), dtype=np.int32)
    if not len(moments):
        return days
    codes = zones["time_zone"].cat.codes.to_numpy()[np.searchsorted(zones["loan_id"].to_numpy(), loans)]
    for code in np.unique(codes):
        chosen = codes == code
        local = pd.DatetimeIndex(moments[chosen].astype("datetime64[us]"), tz=UTC)
        local = local.tz_convert(zones["time_zone"].cat.categories[code]).tz_localize(None)
        days[chosen] = local.to_numpy().astype("datetime64[D]").astype(np.int32)
    return days


def _hide_what_came_later(loans: pd.DataFrame, day: int) -> None:
    """Forget of each loan what happened on the day or after it."""
    for name in ("closed_day", "written_off_day", "restructured_day"):
        loans[name] = loans[name].where(loans[name] < day, FAR).astype(np.int32)
    for name, amount in _WITH_ITS_DAY:
        loans[amount] = loans[amount].where(loans[name] < FAR, 0)
