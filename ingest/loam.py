"""Loam's own files: text of a record's columns → the columns of the tables, and the rows that break a rule."""

from collections.abc import Callable, Mapping
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest import cells, loan_rules
from ingest.cells import Mask, Numbers
from ingest.checked import Batch, Terms
from ingest.currencies import CURRENCIES
from ingest.rows import Known, RawRows, ShopTerms
from lending.records import OF_LOANS, BadRow, Column, RecordKind

# Cells of these kinds are kept as text.
_TEXT_KINDS = ("text", "ref", "choice", "currency", "zone", "interval")
_UNITS = {"money": "_minor", "rating": "_hundredths", "fraction": "_ppm"}


def read_rows(kind: RecordKind, raw: RawRows, known: Known, file: str) -> tuple[pa.Table, Numbers, list[BadRow]]:
    """The good rows as the tables have them, their lines, and the bad rows.

    Args:
        kind: what the rows are.
        raw: their texts.
        known: what a row may name.
        file: how the reports name the file.
    """
    texts = {column.name: raw.columns[column.name] for column in kind.columns if column.name in raw.columns}
    batch = Batch(kind, raw, texts, known)
    _refuse_repeated_header(batch)
    if kind in OF_LOANS:
        batch.find_loans()
    terms = _terms_of_shops(batch) if kind.name == "shops" else _terms_of_rows(batch, known.shops)
    for column in kind.columns:
        if column.name in texts:
            _check(batch, column, terms)
    _RULES.get(kind.name, _no_rule)(batch)
    keep = batch.keep()
    return _table(batch, keep, terms), raw.lines[keep], batch.bad_rows(file)


def _refuse_repeated_header(batch: Batch) -> None:
    first = next(iter(batch.texts))
    rows = pc.equal(batch.texts[first], first).to_numpy(zero_copy_only=False)
    for row in np.flatnonzero(rows).tolist():
        if all(texts[row].as_py() == name for name, texts in batch.texts.items()):
            batch.faults[row] = (first, "the header row again; a file has one")


def _terms_of_rows(batch: Batch, shops: Mapping[str, ShopTerms]) -> Terms:
    """What each row's shop trades in; rows of unknown shops are refused and get the first shop's terms."""
    encoded = pc.dictionary_encode(batch.shop_refs)
    known = [shops.get(ref) for ref in encoded.dictionary.to_pylist()]
    rows = encoded.indices.to_numpy()
    unknown = np.array([terms is None for terms in known], dtype=bool)
    if unknown.any():
        batch.refuse(unknown[rows] & batch.present("shop_ref"), "shop_ref", "no shop with this shop_ref is known")
    zone_names = sorted({terms.time_zone for terms in known if terms}) or ["UTC"]
    codes = sorted({terms.currency for terms in known if terms}) or ["CNY"]
    zone_of = np.array([zone_names.index(terms.time_zone) if terms else 0 for terms in known], dtype=np.int64)
    code_of = np.array([codes.index(terms.currency) if terms else 0 for terms in known], dtype=np.int64)
    return Terms(zone_of[rows], zone_names, code_of[rows], codes)


def _terms_of_shops(batch: Batch) -> Terms:
    """The zones and currencies that rows of shops give themselves, held against those on record."""
    known, default_zone = batch.known.shops, batch.known.default_zone
    count = len(batch.raw.lines)
    refs = batch.texts["shop_ref"].to_pylist()
    given = batch.texts["time_zone"].to_pylist() if "time_zone" in batch.texts else [""] * count
    codes = batch.texts["currency"].to_pylist()
    for row, (ref, zone, code) in enumerate(zip(refs, given, codes, strict=True)):
        stored = known.get(ref)
        if stored is not None and zone not in ("", stored.time_zone):
            batch.faults.setdefault(
                row, ("time_zone", f"the shop's zone was fixed at its first import: {stored.time_zone}")
            )
        if stored is not None and code not in ("", stored.currency):
            batch.faults.setdefault(row, ("currency", f"the shop is on record with {stored.currency}"))
    zones = [
        zone or (known[ref].time_zone if ref in known else default_zone) for ref, zone in zip(refs, given, strict=True)
    ]
    zone_names = sorted(set(zones))
    positions = np.array([zone_names.index(zone) for zone in zones], dtype=np.int64)
    return Terms(positions, zone_names, np.zeros(count, dtype=np.int64), [])


def _check(batch: Batch, column: Column, terms: Terms) -> None:
    """Convert one column and note what is wrong with it."""
    texts = batch.texts[column.name]
    if column.required:
        batch.refuse(~cells.present_mask(texts), column.name, "empty, but each row needs it")
    if column.kind in _TEXT_KINDS:
        wrong, explain = _check_text(batch, column, terms)
    else:
        converted = _convert(batch, column, terms)
        batch.converted[column.name] = converted
        wrong, explain = converted.wrong, converted.explain
    for row in np.flatnonzero(wrong).tolist():
        if row not in batch.faults:
            batch.faults[row] = (column.name, explain(str(texts[row].as_py())))


def _convert(batch: Batch, column: Column, terms: Terms) -> cells.Cells:
    texts = batch.texts[column.name]
    match column.kind:
        case "money":
            return cells.money(texts, terms.digits(), column)
        case "time":
            moments = cells.moments(texts, terms.zones, terms.zone_names)
            batch.local_days[column.name] = moments.local_days
            return moments.cells
        case "day":
            return cells.days(texts, column)
        case "count":
            return cells.counts(texts, column)
        case "rating":
            return cells.ratings(texts)
        case "fraction":
            return cells.fractions(texts, column)
        case _:
            return cells.flags(texts)


def _check_text(batch: Batch, column: Column, terms: Terms) -> tuple[Mask, Callable[[str], str]]:
    texts = batch.texts[column.name]
    match column.kind:
        case "ref":
            return cells.wrong_refs(texts), cells.explain_ref
        case "text":
            return cells.wrong_texts(texts), cells.explain_text
        case "choice":
            good = pc.is_in(texts, pa.array(["", *column.choices])).to_numpy(zero_copy_only=False)
            return ~good, lambda _value: "write one of " + ", ".join(column.choices)
        case "interval":
            return cells.wrong_intervals(texts), cells.explain_interval
        case "zone":
            return _wrong_zones(texts), lambda _value: "no such time zone; write an IANA name such as Asia/Shanghai"
        case _:
            _refuse_other_currencies(batch, column, terms)
            good = pc.is_in(texts, pa.array(["", *sorted(CURRENCIES)])).to_numpy(zero_copy_only=False)
            return ~good, lambda _value: "write a currency of ISO 4217 in capitals, such as CNY"


def _wrong_zones(texts: pa.Array) -> Mask:
    encoded = pc.dictionary_encode(texts)
    good = np.array([not name or is_zone(name) for name in encoded.dictionary.to_pylist()], dtype=bool)
    return np.asarray(~good[encoded.indices.to_numpy()], dtype=bool)


def is_zone(name: str) -> bool:
    """Whether this machine knows a time zone of that name, and Arrow, which reads the times, knows it too."""
    try:
        ZoneInfo(name)
        pc.assume_timezone(pa.scalar(0, pa.timestamp("us")), name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return "/" in name or name == "UTC"


def _refuse_other_currencies(batch: Batch, column: Column, terms: Terms) -> None:
    """Refuse the rows in a currency of ISO 4217 that their shop does not trade in, and name the one that it does."""
    texts = batch.texts[column.name]
    real = pc.is_in(texts, pa.array(sorted(CURRENCIES))).to_numpy(zero_copy_only=False)
    for position, code in enumerate(terms.currency_codes):
        other = pc.not_equal(texts, code).to_numpy(zero_copy_only=False) & (terms.currencies == position)
        problem = f"another currency than the shop's; it trades in {code}"
        if batch.kind in OF_LOANS:
            problem = f"another currency than the loan's; it is in {code}"
        batch.refuse(real & other, column.name, problem)


def _table(batch: Batch, keep: Mask, terms: Terms) -> pa.Table:
    """The kept rows under the names and in the units of the tables; columns that the file lacks are left out."""
    kept = pa.array(keep)
    columns: dict[str, pa.Array] = {}
    for column in batch.kind.columns:
        if column.name not in batch.texts:
            continue
        if column.kind in _TEXT_KINDS:
            texts = batch.texts[column.name].filter(kept)
            columns[column.name] = pc.if_else(pc.equal(texts, ""), None, texts) if not column.required else texts
        else:
            columns[column.name + _UNITS.get(column.kind, "")] = batch.converted[column.name].stored(keep)
    if "shop_ref" not in columns:
        columns["shop_ref"] = batch.shop_refs.filter(kept)
    _ADDITIONS.get(batch.kind.name, _add_nothing)(batch, keep, terms, columns)
    return pa.table(columns)


def _no_rule(_batch: Batch) -> None:
    return


def _order_rules(batch: Batch) -> None:
    status = batch.texts["status"]
    refund = pc.equal(status, "refund").to_numpy(zero_copy_only=False)
    cancelled = pc.equal(status, "cancelled").to_numpy(zero_copy_only=False)
    batch.refuse(
        refund & (batch.values("gross") != 0), "gross", "a row with status refund is no sale; its gross must be 0"
    )
    batch.refuse(
        refund & (batch.values("refunded") <= 0), "refunded", "a row with status refund needs the amount refunded"
    )
    batch.refuse(
        batch.present("cancelled_at") & ~cancelled, "cancelled_at", "a cancellation, but the status is not cancelled"
    )


def _add_nothing(_batch: Batch, _keep: Mask, _terms: Terms, _columns: dict[str, pa.Array]) -> None:
    return


def _add_order_days(batch: Batch, keep: Mask, _terms: Terms, columns: dict[str, pa.Array]) -> None:
    """The shop's calendar days on which an order and its refund count."""
    placed = batch.local_days["placed_at"]
    refunded = batch.values("refunded")
    named = batch.local_days.get("refunded_at", placed)
    days = np.where(batch.present("refunded_at"), named, placed)
    columns["placed_day"] = pa.array(placed[keep])
    columns["refunded_minor"] = pa.array(refunded[keep])
    columns["refunded_day"] = pa.array(days[keep], mask=refunded[keep] == 0)


def _add_no_refund(batch: Batch, keep: Mask, _terms: Terms, columns: dict[str, pa.Array]) -> None:
    columns["refunded_minor"] = pa.array(batch.values("refunded")[keep])


def _add_booked_day(batch: Batch, keep: Mask, _terms: Terms, columns: dict[str, pa.Array]) -> None:
    columns["booked_day"] = pa.array(batch.local_days["booked_at"][keep])


def _add_zone(_batch: Batch, keep: Mask, terms: Terms, columns: dict[str, pa.Array]) -> None:
    columns["time_zone"] = pa.array(terms.zone_names, pa.string()).take(pa.array(terms.zones[keep]))


def _add_loan_terms(batch: Batch, keep: Mask, _terms: Terms, columns: dict[str, pa.Array]) -> None:
    loan_rules.add_usual_terms(batch, keep, columns)


def _add_schedule(batch: Batch, keep: Mask, _terms: Terms, columns: dict[str, pa.Array]) -> None:
    loan_rules.add_schedule(batch, keep, columns)


_RULES = {
    "orders": _order_rules,
    "loans": loan_rules.loans,
    "instalments": loan_rules.instalments,
    "repayments": loan_rules.repayments,
}
_ADDITIONS = {
    "shops": _add_zone,
    "orders": _add_order_days,
    "sales_days": _add_no_refund,
    "wallet_entries": _add_booked_day,
    "loans": _add_loan_terms,
    "instalments": _add_schedule,
}
