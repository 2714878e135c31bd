"""The cells of one column, whole column at a time: which are wrong, and the good ones in the units of the record.

Each shape is checked by a pattern before anything is converted, since converters guess: they take `1e3`, ` 12 `
and full-width digits. Patterns are RE2's (Arrow): `$` is the end of the text, `[0-9]` is ASCII only.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ingest.explained_numbers import AMOUNT_DIGITS, explain_fraction, explain_money, explain_number
from ingest.letters import are_clock_times, lengths_of_visible
from lending.loan_schedule import MOST_INTERVAL_DAYS
from lending.loan_schedule import PPM as MILLION
from lending.records import Column

REF_LENGTH = 200
TEXT_LENGTH = 300
COUNT_DIGITS = 9

_DAY = r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_CLOCK = r"[T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,6})?)?"
_OFFSET = r"(Z|[+-](0[0-9]|1[0-3])(:?[0-5][0-9])?|[+-]14(:?00)?)"
DAY_SHAPE = f"^{_DAY}$"
LOCAL_SHAPE = f"^{_DAY}({_CLOCK})?$"
OFFSET_SHAPE = f"^{_DAY}{_CLOCK}{_OFFSET}$"
COUNT_SHAPE = f"^[0-9]{{1,{COUNT_DIGITS}}}$"
RATING_SHAPE = r"^[0-9](\.[0-9]{1,2})?$"
FRACTION_SHAPE = r"^[0-9]{1,3}(\.[0-9]{1,6})?$"
INTERVAL_SHAPE = "^(month|week|days:[1-9][0-9]{0,2})$"

# Nearly all text is printable ASCII; the general pattern for the rest takes fifteen times as long.
PLAIN_REF = "^[!-~]([ -~]*[!-~])?$"
ANY_REF = r"^[^\pZ\p{Cc}]([^\p{Cc}]*[^\pZ\p{Cc}])?$"
PLAIN_TEXT = "^ *[!-~][ -~]*$"
# A line break inside quotes is part of a text; every other control character is a sign of a broken file.
ANY_TEXT = r"^([^\p{Cc}]|\r?\n)*$"
# One character at least that leaves a mark: no blank, no control or format character, none that Unicode ignores.
VISIBLE = (
    r"[^\pZ\p{Cc}\p{Cf}\x{034F}\x{115F}\x{1160}\x{17B4}\x{17B5}\x{180B}-\x{180F}\x{2800}\x{3164}\x{FE00}-\x{FE0F}"
    r"\x{FFA0}\x{E0000}-\x{E0FFF}]"
)

MICROSECONDS_PER_DAY = 86_400_000_000
EPOCH_DAY = date(1970, 1, 1)
FIRST_DAY = (date(1990, 1, 1) - EPOCH_DAY).days
LAST_DAY = (date(2100, 12, 31) - EPOCH_DAY).days

Mask = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.int64]


NOTHING_SEEN = "empty but for blanks or invisible characters; write something that can be seen, or nothing"


@dataclass(frozen=True, slots=True)
class Cells:
    """One column converted: the values (0 where there is none), where there is one, and where it is wrong."""

    values: Numbers
    present: Mask
    wrong: Mask
    explain: Callable[[str], str]
    """What would be right in place of a wrong value."""

    def stored(self, keep: Mask) -> pa.Array:
        """The kept values as an Arrow column, missing ones as nulls."""
        return pa.array(self.values[keep], mask=~self.present[keep])


def present_mask(cells: pa.Array) -> Mask:
    """Where a cell holds something."""
    if not pa.types.is_string(cells.type):
        return np.asarray(cells.is_valid().to_numpy(zero_copy_only=False), dtype=bool)
    return np.asarray(pc.greater(pc.binary_length(cells), 0).to_numpy(zero_copy_only=False), dtype=bool)


def _matches(cells: pa.Array, pattern: str) -> Mask:
    return np.asarray(pc.match_substring_regex(cells, pattern).to_numpy(zero_copy_only=False), dtype=bool)


def _matches_either(cells: pa.Array, quick: str, thorough: str) -> Mask:
    """Like `_matches` with the thorough pattern, and visible; asked only of cells that fail the quick one."""
    good = _matches(cells, quick)
    rest = np.flatnonzero(~good)
    if len(rest):
        asked = cells.take(pa.array(rest))
        good[rest] = _matches(asked, thorough) & _matches(asked, VISIBLE)
    return good


def _only(cells: pa.Array, good: Mask, filler: str) -> pa.Array:
    """The good cells, the others replaced by a text that converts."""
    return cells if good.all() else pc.if_else(pa.array(good), cells, filler)


def wrong_refs(cells: pa.Array) -> Mask:
    """Cells that are no reference: blanks at an end, control characters, invisible, too long. Empty ones pass."""
    if len(cells) > 1 and pc.all(pc.equal(cells, cells[0]), skip_nulls=False).as_py():
        # One shop's rows name the same shop.
        return np.repeat(wrong_refs(cells[:1]), len(cells))
    if (lengths := lengths_of_visible(cells)) is not None:
        return np.asarray(lengths > REF_LENGTH, dtype=bool)
    good = _matches_either(cells, PLAIN_REF, ANY_REF) & _no_longer_than(cells, REF_LENGTH)
    return ~good & present_mask(cells)


def wrong_texts(cells: pa.Array) -> Mask:
    """Cells that are no text: control characters, nothing to be seen, too long. Empty ones pass."""
    good = _matches_either(cells, PLAIN_TEXT, ANY_TEXT) & _no_longer_than(cells, TEXT_LENGTH)
    return ~good & present_mask(cells)


def _no_longer_than(cells: pa.Array, length: int) -> Mask:
    return np.asarray(pc.less_equal(pc.utf8_length(cells), length).to_numpy(zero_copy_only=False), dtype=bool)


def _is_visible(value: str) -> bool:
    return bool(pc.match_substring_regex(pa.scalar(value), VISIBLE).as_py())


def explain_ref(value: str) -> str:
    """Why a reference is refused."""
    if not _is_visible(value):
        return NOTHING_SEEN
    if value != value.strip():
        return "blanks before or after a reference; write it without them"
    if len(value) > REF_LENGTH:
        return f"longer than {REF_LENGTH} characters"
    return "holds a control character, such as a tab or a line break"


def explain_text(value: str) -> str:
    """Why a text is refused."""
    if not _is_visible(value):
        return NOTHING_SEEN
    if len(value) > TEXT_LENGTH:
        return f"longer than {TEXT_LENGTH} characters"
    return "holds a control character, such as a tab or an escape"


def money(cells: pa.Array, digits: npt.NDArray[np.int64], column: Column) -> Cells:
    """Amounts in whole minor units; `digits` has for each row the decimal digits of its currency.

    Cells are texts, or decimals that a reader of exports has made.
    """
    if pa.types.is_decimal(cells.type):
        if (digits == cells.type.scale).all():
            return _exact_money(cells, column)
        cells = pc.fill_null(cells.cast(pa.string()), "")
    values = np.zeros(len(cells), dtype=np.int64)
    present = present_mask(cells)
    wrong = np.zeros(len(cells), dtype=bool)
    # Mostly all are the same; to look for others takes longer than to read the amounts.
    counts = digits[:1] if len(digits) and digits.min() == digits.max() else np.unique(digits)
    for count in counts:
        chosen = digits == count
        part = cells if chosen.all() else cells.filter(pa.array(chosen))
        good = _matches(part, rf"^-?[0-9]{{1,{AMOUNT_DIGITS}}}" + (rf"(\.[0-9]{{1,{count}}})?$" if count else "$"))
        values[chosen] = _unscaled(_only(part, good, "0"), int(count))
        wrong[chosen] = ~good
    if column.minimum is not None:
        wrong |= values < column.minimum
    wrong &= present
    return Cells(values, present, wrong, lambda value: explain_money(value, column))


def _exact_money(cells: pa.Array, column: Column) -> Cells:
    """Amounts that are decimals of the currency's digits already."""
    present = present_mask(cells)
    values = np.where(present, _words(cells), 0)
    wrong = np.abs(values) >= 10 ** (AMOUNT_DIGITS + cells.type.scale)
    if column.minimum is not None:
        wrong |= values < column.minimum
    return Cells(values, present, wrong & present, lambda value: explain_money(value, column))


def _words(exact: pa.Array) -> Numbers:
    """Decimals of 128 bits as whole numbers of their last digit; they fit into the lower 64."""
    words = np.frombuffer(exact.buffers()[1] or b"", dtype=np.int64)
    return words[0::2][exact.offset : exact.offset + len(exact)]


def _unscaled(cells: pa.Array, digits: int) -> Numbers:
    """Decimal text of at most 12 + digits figures as whole numbers of its last digit, exactly."""
    if digits == 0:
        return np.asarray(pc.cast(cells, pa.int64()).to_numpy(zero_copy_only=False), dtype=np.int64)
    return _words(pc.cast(cells, pa.decimal128(AMOUNT_DIGITS + digits, digits)))


def counts(cells: pa.Array, column: Column) -> Cells:
    """Whole numbers."""
    present = present_mask(cells)
    good = _matches(cells, COUNT_SHAPE)
    values = _unscaled(_only(cells, good, "0"), 0)
    least = 0 if column.minimum is None else column.minimum
    most = 10**COUNT_DIGITS - 1 if column.maximum is None else column.maximum
    wrong = (~good | (values < least) | (values > most)) & present
    return Cells(
        values,
        present,
        wrong,
        lambda value: explain_number(value) or f"write a whole number from {least} to {most}, digits only",
    )


def ratings(cells: pa.Array) -> Cells:
    """Ratings from 1 to 5 in hundredths."""
    present = present_mask(cells)
    good = _matches(cells, RATING_SHAPE)
    values = _unscaled(_only(cells, good, "0"), 2)
    wrong = (~good | (values < 100) | (values > 500)) & present
    return Cells(
        values,
        present,
        wrong,
        lambda value: explain_number(value) or "write a rating from 1 to 5 with at most two digits after the point",
    )


def fractions(cells: pa.Array, column: Column) -> Cells:
    """Shares and rates, such as 0.12 for 12 %, in whole millionths."""
    present = present_mask(cells)
    good = _matches(cells, FRACTION_SHAPE)
    values = _unscaled(_only(cells, good, "0"), 6)
    least, most = column.minimum or 0, column.maximum or MILLION
    wrong = (~good | (values < least) | (values > most)) & present
    return Cells(values, present, wrong, lambda value: explain_fraction(value, most // MILLION))


def wrong_intervals(cells: pa.Array) -> Mask:
    """Cells that are no time between two instalments. Empty ones pass."""
    good = _matches(cells, INTERVAL_SHAPE)
    for row in np.flatnonzero(good).tolist() if not _matches(cells, "^(month|week)?$").all() else ():
        name, _, number = cells[row].as_py().partition(":")
        good[row] = name != "days" or int(number) <= MOST_INTERVAL_DAYS
    return ~good & present_mask(cells)


def explain_interval(_value: str) -> str:
    """Why a time between two instalments is refused."""
    return f"write month, week, or days:N with N from 1 to {MOST_INTERVAL_DAYS}, such as days:10"


def flags(cells: pa.Array) -> Cells:
    """Cells that say 0 or 1."""
    present = present_mask(cells)
    good = _matches(cells, "^[01]$")
    return Cells(_unscaled(_only(cells, good, "0"), 0), present, ~good & present, lambda _value: "write 0 or 1")


def days(cells: pa.Array, column: Column) -> Cells:
    """Calendar days as whole days since 1970-01-01."""
    present = present_mask(cells)
    good = _matches(cells, DAY_SHAPE)
    stamps, real = _stamps(_only(cells, good, "1970-01-01"), pa.timestamp("us"))
    values = stamps // MICROSECONDS_PER_DAY
    first = FIRST_DAY if column.minimum is None else column.minimum
    wrong = (~good | ~real | (values < first) | (values > LAST_DAY)) & present
    return Cells(values, present, wrong, lambda value: explain_day(value, first))


def explain_day(value: str, first: int) -> str:
    """Why a day is refused."""
    try:
        day = date.fromisoformat(value)
    except ValueError:
        return "write a day of the calendar as 2024-03-31"
    if not re.fullmatch(DAY_SHAPE, value):
        return "write the day as 2024-03-31"
    return _explain_range(day, first)


def _explain_range(day: date, first: int) -> str:
    earliest = date.fromordinal(EPOCH_DAY.toordinal() + first)
    if day < earliest:
        return f"before {earliest.isoformat()}; days that early are taken for mistakes"
    return "after 2100-12-31; days that late are taken for mistakes"


@dataclass(frozen=True, slots=True)
class Moments:
    """One column of times: microseconds since 1970-01-01 UTC, and the day on the shop's own calendar."""

    cells: Cells
    local_days: Numbers


def moments(cells: pa.Array, zones: npt.NDArray[np.int64], zone_names: list[str]) -> Moments:
    """Times as ISO 8601 has them, with or without an offset, or a day alone.

    Without an offset a time is the shop's own: of two (clocks set back) the earlier one, of none (clocks set
    forward) an error. A day alone is its first moment.

    Args:
        cells: the texts.
        zones: for each row the position of its zone in `zone_names`.
        zone_names: IANA names.
    """
    present = present_mask(cells)
    local = present if are_clock_times(cells) else _matches(cells, LOCAL_SHAPE)
    offset = np.zeros(len(cells), dtype=bool)
    if not (local | ~present).all():
        offset = _matches(cells, OFFSET_SHAPE)
    clock, clock_real = _stamps(_only(cells, local, "1970-01-01"), pa.timestamp("us"))
    values, real = clock.copy(), clock_real | ~local
    if offset.any():
        stamps, offset_real = _stamps(_only(cells, offset, "1970-01-01T00:00Z"), pa.timestamp("us", "UTC"))
        values[offset] = stamps[offset]
        real &= offset_real | ~offset
    local_days = clock // MICROSECONDS_PER_DAY
    for position, name in enumerate(zone_names):
        chosen = (zones == position) & present & real
        _place_in_zone(chosen & local, chosen & offset, name, clock, values, local_days, real)
    real |= local & (pc.binary_length(cells).to_numpy(zero_copy_only=False) == 10) & clock_real
    wrong = ~(local | offset) | ~real | (local_days < FIRST_DAY) | (local_days > LAST_DAY)
    return Moments(Cells(values, present, wrong & present, explain_moment), local_days)


def _place_in_zone(
    local: Mask, offset: Mask, zone: str, clock: Numbers, values: Numbers, local_days: Numbers, real: Mask
) -> None:
    """Fill in, for the rows of one zone, UTC times of local ones and local days of UTC ones."""
    if local.any():
        clocks = pa.array(clock[local]).cast(pa.timestamp("us"))
        placed = pc.assume_timezone(clocks, zone, ambiguous="earliest", nonexistent="latest")
        values[local] = placed.cast(pa.int64()).to_numpy()
        # A clock time that the zone skipped comes back as another one.
        real[local] = pc.equal(pc.local_timestamp(placed), clocks).to_numpy(zero_copy_only=False)
    if offset.any():
        placed = pa.array(values[offset]).cast(pa.timestamp("us", zone))
        local_clock = pc.local_timestamp(placed).cast(pa.int64()).to_numpy()
        local_days[offset] = local_clock // MICROSECONDS_PER_DAY


def _stamps(cells: pa.Array, kind: pa.DataType) -> tuple[Numbers, Mask]:
    """Texts of the right shape as microseconds, and where they name a day that the calendar has."""
    real = np.ones(len(cells), dtype=bool)
    try:
        stamps = pc.cast(cells, kind)
    except pa.ArrowInvalid:  # a 30 February somewhere; find which
        real = np.fromiter((_is_on_calendar(text) for text in cells.to_pylist()), dtype=bool, count=len(cells))
        stamps = pc.cast(_only(cells, real, "1970-01-01T00:00Z" if kind.tz else "1970-01-01"), kind)
    return stamps.cast(pa.int64()).to_numpy(zero_copy_only=False), real


def _is_on_calendar(text: str) -> bool:
    try:
        date.fromisoformat(text[:10])
    except ValueError:
        return False
    return True


def explain_moment(value: str) -> str:
    """Why a time is refused."""
    if not re.fullmatch(LOCAL_SHAPE, value, re.ASCII) and not re.fullmatch(OFFSET_SHAPE, value, re.ASCII):
        return "write a time as 2024-03-31T18:05:00, with or without an offset such as +08:00, or a day alone"
    if not _is_on_calendar(value):
        return "the calendar has no such day"
    day = date.fromisoformat(value[:10])
    if not FIRST_DAY < (day - EPOCH_DAY).days < LAST_DAY:
        return _explain_range(day, FIRST_DAY)
    return "clocks were set forward over this time in the shop's zone, so it never was; give its offset"


def utc_text(microseconds: int) -> str:
    """A stored time as ISO 8601 text in UTC, to the second."""
    return datetime.fromtimestamp(microseconds // 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
