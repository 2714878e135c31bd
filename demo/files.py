"""The demo's records as Arrow tables with the columns of Loam's own import files, which Parquet files hold as they are.

Money is decimal with the digits of the currency, times are on the shop's own clock, what is missing is null.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from demo.orders import Moments
from demo.seasons import Whole
from demo.shops import CURRENCY
from lending.records import RecordKind, minor_digits

MONEY = pa.decimal128(14, minor_digits(CURRENCY))
RATING = pa.decimal128(3, 2)


def table(kind: RecordKind, columns: dict[str, Any]) -> pa.Table:
    """The rows of one kind of record, with all of its columns in their order.

    Args:
        kind: what the rows are.
        columns: an array or a list for each column, or one text that stands in every row.

    Raises:
        KeyError: for a column that is not given.
        ValueError: for one that the kind does not have.
    """
    if unknown := set(columns) - {column.name for column in kind.columns}:
        raise ValueError(f"{kind.name} have no column {', '.join(sorted(unknown))}")
    count = max(len(cells) for cells in columns.values() if not isinstance(cells, str))
    filled = {name: pa.repeat(cells, count) if isinstance(cells, str) else cells for name, cells in columns.items()}
    return pa.table({column.name: filled[column.name] for column in kind.columns})


def money(amounts_minor: Whole) -> pa.Array:
    """Amounts in minor units of the demo's currency, as decimals.

    >>> money(np.array([1234, -5])).to_pylist()
    [Decimal('12.34'), Decimal('-0.05')]
    """
    return decimals(amounts_minor, MONEY)


def ratings(hundredths: Whole) -> pa.Array:
    """Mean ratings, null where there is none (0)."""
    return decimals(hundredths, RATING, missing=hundredths == 0)


def stars(values: Whole) -> pa.Array:
    """Ratings of one to five, null where there is none (0)."""
    return pa.array(values.astype(np.int8), mask=values == 0)


def moments(times: Moments) -> pa.Array:
    """Times to the second, null where missing."""
    return pa.array(times.astype("datetime64[s]"))


def days(values: Moments) -> pa.Array:
    """Calendar days."""
    return pa.array(values.astype("datetime64[D]"))


def refs(beginning: str, numbers: Whole, digits: int) -> pa.Array:
    """References such as S-0001.

    >>> refs("S-", np.array([1, 20]), 4).to_pylist()
    ['S-0001', 'S-0020']
    """
    return pc.binary_join_element_wise(beginning, padded(numbers, digits), "")


def padded(numbers: Whole, digits: int) -> pa.Array:
    """Whole numbers as texts of so many digits."""
    return pc.utf8_lpad(pa.array(numbers).cast(pa.string()), digits, "0")


def joined(before: pa.Array, after: pa.Array) -> pa.Array:
    """Two texts with a hyphen between them, row by row."""
    return pc.binary_join_element_wise(before, after, "-")


def categories(values: pd.Series) -> pa.Array:
    """The texts of a categorical column."""
    return pa.array(values.cat.categories).cast(pa.string()).take(pa.array(values.cat.codes.to_numpy()))


def counted(groups: Whole) -> Whole:
    """1, 2, 3, … within each run of equal values.

    >>> counted(np.array([7, 7, 7, 9, 9])).tolist()
    [1, 2, 3, 1, 2]
    """
    return np.arange(1, len(groups) + 1) - np.searchsorted(groups, groups)


def texts(values: Sequence[str | None]) -> pa.Array:
    """Texts, null where missing."""
    return pa.array(values, pa.string())


def decimals(unscaled: Whole, kind: pa.Decimal128Type, missing: npt.NDArray[np.bool_] | None = None) -> pa.Array:
    """Whole numbers of the last digit as decimals: 16 bytes each, the lower eight first."""
    words = np.empty((len(unscaled), 2), np.int64)
    words[:, 0], words[:, 1] = unscaled, unscaled >> 63
    decimals = pa.Array.from_buffers(kind, len(unscaled), [None, pa.py_buffer(words)])
    return decimals if missing is None else pc.if_else(pa.array(missing), None, decimals)
