"""The cells of platforms' exports, whole column at a time: ids, amounts and times as platforms and Excel write them."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest.cells import Mask, Numbers, present_mask
from ingest.explained_numbers import AMOUNT_DIGITS, explain_money
from ingest.letters import are_between, filled_part, holds, lengths, outer_bytes
from lending.records import Column

IdQuoting = Literal["equals", "apostrophe", "tab", "plain"]

# Digits in scientific notation, or with decimals behind more of them than a spreadsheet keeps, as it leaves an id that
# it took for a number.
LOST_ID = r"^([0-9]([.,][0-9]+)?[eE]\+?[0-9]+|[0-9]{16,}\.0+)$"
_SPACE = 0x20
# U+00A0 is C2 A0 in UTF-8, U+3000 is E3 80 80, U+FEFF is EF BB BF.
_BEGINS_BLANK = np.isin(np.arange(256), [*range(_SPACE + 1), 0xC2, 0xE3, 0xEF])
_ENDS_WIDE = np.isin(np.arange(256), [0xA0, 0x80, 0xBF])
_ENDS_WIDE_BEFORE = np.isin(np.arange(256), [0xC2, 0x80, 0xBB])
_BLANKS = " \t\u00a0\u3000\ufeff\r\n"


def trimmed(cells: pa.Array, *, placeholders: tuple[str, ...] = ()) -> pa.Array:
    """Cells without blanks and tabs around them; words that stand for nothing become empty."""
    if _are_plain_numbers(cells):
        return cells
    first, before_last, last = outer_bytes(cells)
    # Whether any blank is there is asked of single bytes, which takes a tenth of the time of a pattern.
    ends_wide = _ENDS_WIDE[last] & _ENDS_WIDE_BEFORE[before_last]
    if (_BEGINS_BLANK[first] | (last <= _SPACE) | ends_wide).any():
        cells = pc.utf8_trim(cells, _BLANKS)
        first, _, _ = outer_bytes(cells)
    begin = {placeholder.encode()[0] for placeholder in placeholders}
    if begin and np.isin(np.arange(256), list(begin))[first].any():
        cells = pc.if_else(pc.is_in(cells, pa.array(placeholders)), "", cells)
    return cells


def _are_plain_numbers(cells: pa.Array) -> bool:
    """Whether a column has no other letters than digits and points (or a slash), as most amounts do."""
    letters = filled_part(cells)
    return not len(letters) or (letters.min() >= ord(".") and letters.max() <= ord("9"))


def _matches(cells: pa.Array, pattern: str) -> Mask:
    return np.asarray(pc.match_substring_regex(cells, pattern).to_numpy(zero_copy_only=False), dtype=bool)


@dataclass(frozen=True, slots=True)
class Ids:
    """One column of ids: the ids themselves, those that a spreadsheet destroyed, and how they were written."""

    texts: pa.Array
    lost: Mask
    quoting: IdQuoting


def ids(cells: pa.Array) -> Ids:
    r"""Ids without what keeps a spreadsheet from taking them for numbers: `="123"`, `'123`, or a tab.

    >>> ids(pa.array(['="0049"', "'0050", "51\t", "4.9E+18"])).texts.to_pylist()
    ['0049', '0050', '51', '4.9E+18']
    """
    quoting: IdQuoting = "plain"
    if holds(cells, "\t"):
        quoting = "tab"
    texts = trimmed(cells)
    if holds(texts, "="):
        quoting = "equals"
        # Cutting takes a tenth of the time of a pattern.
        texts = pc.utf8_slice_codeunits(texts, 2, -1) if are_between(texts, '="', '"') else (
            pc.replace_substring_regex(texts, r'^="([^"]*)"$', r"\1")
        )  # fmt: skip
    if holds(texts, "'"):
        quoting = "apostrophe"
        texts = pc.replace_substring_regex(texts, "^'", "")
    lost = _matches(texts, LOST_ID) if holds(texts, "e", "E", ".") else np.zeros(len(texts), dtype=bool)
    return Ids(trimmed(texts), lost, quoting)


@dataclass(frozen=True, slots=True)
class Locale:
    """How a format writes amounts. It is declared by the format, and never guessed from the numbers."""

    decimal: str = "."
    group: str = ","
    """Between thousands; empty where the format has none."""
    before: tuple[str, ...] = ()
    """Signs that may stand before the number, such as a currency's."""
    behind: tuple[str, ...] = ()
    """And behind it."""
    digits: int = 2
    """Decimal digits of the currency."""

    @property
    def pattern(self) -> str:
        """An amount, with all that may stand around it."""
        before = "|".join(map(re.escape, self.before))
        behind = "|".join(map(re.escape, self.behind))
        whole = f"[0-9]{{1,{AMOUNT_DIGITS}}}"
        if self.group:
            whole = rf"({whole}|[0-9]{{1,3}}({re.escape(self.group)}[0-9]{{3}}){{1,3}})"
        part = rf"({re.escape(self.decimal)}[0-9]{{1,{self.digits}}})?" if self.digits else ""
        return f"^-?({before}) ?-?{whole}{part} ?({behind})$" if before or behind else f"^-?{whole}{part}$"


def locale_of(columns: Sequence[pa.Array], points: Locale) -> Locale:
    """The same locale, or the one with commas and points changed, where only that fits the amounts of a file.

    Of a currency with two decimal digits a comma before the last one or two digits of an amount is no comma between
    thousands. Where some amounts of a file have points there and others commas, the latter are refused.
    """
    with_commas = any(_matches(cells, r",[0-9]{1,2}[^0-9.,]*$").any() for cells in columns)
    with_points = any(_matches(cells, r"\.[0-9]{1,2}[^0-9.,]*$").any() for cells in columns)
    return replace(points, decimal=",", group=".") if with_commas and not with_points else points


CNY = Locale(before=("", "¥", "￥", "CNY"), behind=("", "元"))
"""Amounts of Chinese platforms: `1234.50`, `1,234.50`, `¥12`, `800.00元`."""
_PLAIN = Column("", "money")
MONEY_FIGURES = 19
"""As many as 64 bits can hold."""


@dataclass(frozen=True, slots=True)
class Amounts:
    """One column of amounts in whole minor units: 0 where there is none; where there is one; where it is wrong."""

    values: Numbers
    present: Mask
    wrong: Mask
    explain: Callable[[str], str]


def amounts(cells: pa.Array, locale: Locale) -> Amounts:
    """Amounts as a format writes them, exactly. Each that differs is read once."""
    encoded = pc.dictionary_encode(cells)
    values, good = _read_amounts(encoded.dictionary, locale)
    rows = encoded.indices.to_numpy()
    present = present_mask(cells)
    return Amounts(values[rows], present, present & ~good[rows], lambda value: _explain_amount(value, locale))


def _read_amounts(cells: pa.Array, locale: Locale) -> tuple[Numbers, Mask]:
    """Amounts in minor units, 0 for those that are none, and which are."""
    plain = rf"^-?[0-9]{{1,{AMOUNT_DIGITS}}}" + (rf"(\.[0-9]{{1,{locale.digits}}})?$" if locale.digits else "$")
    good = _matches(cells, plain) if locale.decimal == "." else np.zeros(len(cells), dtype=bool)
    if not (good | ~present_mask(cells)).all():
        good = _matches(cells, locale.pattern) & (pc.count_substring(cells, "-").to_numpy(zero_copy_only=False) < 2)
        cells = _plain_numbers(cells, locale)
    numbers = cells if good.all() else pc.if_else(pa.array(good), cells, "0")
    exact = pc.cast(numbers, pa.decimal128(AMOUNT_DIGITS + locale.digits, locale.digits))
    # A decimal128 is a whole number of 16 bytes; these fit into the lower eight.
    words = np.frombuffer(exact.buffers()[1] or b"", dtype=np.int64)[0::2]
    return words[exact.offset : exact.offset + len(exact)], good


def _plain_numbers(cells: pa.Array, locale: Locale) -> pa.Array:
    """Amounts without signs and thousands separators."""
    around = "|".join(re.escape(sign) for sign in (*locale.before, *locale.behind, locale.group, " ") if sign)
    cells = pc.replace_substring_regex(cells, around, "")
    return cells if locale.decimal == "." else pc.replace_substring(cells, locale.decimal, ".")


def _explain_amount(value: str, locale: Locale) -> str:
    if re.fullmatch(r"[0-9.]+[eE]\+?[0-9]+", value):
        return "a spreadsheet rounded this number; export the file anew"
    return f"no amount; write it as 1234{locale.decimal}50" if "," in value else explain_money(value, _PLAIN)


def money_cells(minor: Numbers, present: Mask, digits: int = 2) -> pa.Array:
    """Whole minor units as exact decimals, null where there is none: ingest.cells.money need not read them from text.

    >>> [str(amount) for amount in money_cells(np.array([105, -7, 0]), np.array([True, True, False])).to_pylist()]
    ['1.05', '-0.07', 'None']
    """
    words = np.empty((len(minor), 2), dtype=np.int64)
    words[:, 0] = minor
    words[:, 1] = minor >> 63
    there = pa.py_buffer(np.packbits(present, bitorder="little").tobytes())
    return pa.Array.from_buffers(
        pa.decimal128(MONEY_FIGURES, digits), len(minor), [there, pa.py_buffer(words.tobytes())]
    )


_SLASHED = re.compile(r"([0-9]{4})[/.-]([0-9]{1,2})[/.-]([0-9]{1,2})(?:[ T]([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?)?")


def clock_times(cells: pa.Array) -> pa.Array:
    """Times of year, month and day as ISO 8601 has them, also where a spreadsheet wrote `2026/1/3 9:05`.

    What is no such time stays as it is, for the checks behind to refuse.

    >>> clock_times(pa.array(["2026/1/3 9:05", "2026-01-03 09:05:07", "soon"])).to_pylist()
    ['2026-01-03 09:05', '2026-01-03 09:05:07', 'soon']
    """
    if np.isin(lengths(cells), (0, len("2026-01-03 09:05:07"))).all() and not holds(cells, "/", "."):
        return cells
    encoded = pc.dictionary_encode(cells)
    return pa.array([_iso(text) for text in encoded.dictionary.to_pylist()], pa.string()).take(encoded.indices)


def _iso(text: str) -> str:
    found = _SLASHED.fullmatch(text)
    if found is None:
        return text
    year, month, day, hour, minute, second = found.groups()
    clock = f" {int(hour):02}:{minute}" + (f":{second}" if second else "") if hour else ""
    return f"{year}-{int(month):02}-{int(day):02}{clock}"


def placed_in(cells: pa.Array, zone: str) -> pa.Array:
    """Clock times of one zone with their offset, for a shop whose own clock is another; all else stays as it is.

    >>> placed_in(pa.array(["2026-01-03 09:05:07", "2026-01-03", ""]), "Asia/Shanghai").to_pylist()
    ['2026-01-03T09:05:07+08:00', '2026-01-03', '']
    """
    encoded = pc.dictionary_encode(cells)
    there = ZoneInfo(zone)
    return pa.array([_placed(text, there) for text in encoded.dictionary.to_pylist()], pa.string()).take(
        encoded.indices
    )


def _placed(text: str, zone: ZoneInfo) -> str:
    try:
        clock = datetime.fromisoformat(text) if len(text) > len("2026-01-03") else None
    except ValueError:
        return text
    return text if clock is None or clock.tzinfo is not None else clock.replace(tzinfo=zone).isoformat()


def offset_times(cells: pa.Array) -> pa.Array:
    """Times with an offset behind a blank, or UTC in words, as ISO 8601 has them; all else stays as it is.

    >>> offset_times(pa.array(["2026-01-05 09:15:00 -0500", "2026-03-03 14:23:11 UTC", "soon"])).to_pylist()
    ['2026-01-05T09:15:00-05:00', '2026-03-03T14:23:11+00:00', 'soon']
    """
    cells = pc.replace_substring_regex(cells, r"^([0-9-]{10}) ([0-9:]{5,8}) UTC$", r"\1 \2 +0000")
    return pc.replace_substring_regex(cells, r"^([0-9-]{10}) ([0-9:]{5,8}) ([+-][0-9]{2}):?([0-9]{2})$", r"\1T\2\3:\4")


def american_days(cells: pa.Array) -> pa.Array:
    """Days as month, day and year, with two or four digits of it, as ISO 8601 has them; all else stays as it is.

    >>> american_days(pa.array(["03/31/26", "3/1/2026", "31/03/26"])).to_pylist()
    ['2026-03-31', '2026-03-01', '31/03/26']
    """
    encoded = pc.dictionary_encode(cells)
    days = [_american_day(text) for text in encoded.dictionary.to_pylist()]
    return pa.array(days, pa.string()).take(encoded.indices)


def _american_day(text: str) -> str:
    found = re.fullmatch(r"([0-9]{1,2})/([0-9]{1,2})/(20)?([0-9]{2})", text)
    if found is None or int(found[1]) > 12:
        return text
    return f"20{found[4]}-{int(found[1]):02}-{int(found[2]):02}"


MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAMED_MONTH = (
    re.compile(r"(?P<month>[A-Za-z]{3})[a-z]*[- ](?P<day>[0-9]{1,2})(?:,? |-)(?P<year>[0-9]{4}|[0-9]{2})"),
    re.compile(r"(?P<day>[0-9]{1,2})[- ](?P<month>[A-Za-z]{3})[a-z]*[- ](?P<year>[0-9]{4}|[0-9]{2})"),
)


def named_days(cells: pa.Array) -> pa.Array:
    """Days with the month in letters, in either order, as ISO 8601 has them; all else stays as it is.

    >>> named_days(pa.array(["Sep-02-26", "02-Sep-26", "Sep 30, 2026", "soon"])).to_pylist()
    ['2026-09-02', '2026-09-02', '2026-09-30', 'soon']
    """
    encoded = pc.dictionary_encode(cells)
    return pa.array([_named_day(text) for text in encoded.dictionary.to_pylist()], pa.string()).take(encoded.indices)


def _named_day(text: str) -> str:
    found = next((each for pattern in _NAMED_MONTH if (each := pattern.fullmatch(text))), None)
    if found is None or found["month"].lower() not in MONTHS:
        return text
    return f"20{found['year'][-2:]}-{MONTHS.index(found['month'].lower()) + 1:02}-{int(found['day']):02}"
