"""What a reader must know of the loans on record before it can read rows that are about loans."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

NEVER = 2**31 - 1
"""Stands for a day that never came; later than any day of the calendar."""


def _no_numbers() -> npt.NDArray[np.int64]:
    return np.zeros(0, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class LoansOnRecord:
    """The loans on record, one place in each list for each, and who made which application.

    Days count from 1970-01-01.
    """

    application_shops: Mapping[str, str] = field(default_factory=dict)
    """The shop_ref of each application, by its application_ref."""
    loan_refs: Sequence[str] = ()
    shop_refs: Sequence[str] = ()
    disbursed_days: npt.NDArray[np.int64] = field(default_factory=_no_numbers)
    counts: npt.NDArray[np.int64] = field(default_factory=_no_numbers)
    """How many instalments were agreed; 0 where the loan does not say."""
    restructured_days: npt.NDArray[np.int64] = field(default_factory=_no_numbers)
    """NEVER where it was not."""
    own_schedules: npt.NDArray[np.int64] = field(default_factory=_no_numbers)
    """1 where the first schedule on record is the lender's own, 0 where it was worked out."""
    later_schedules: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """Of restructured loans: the day of the newest schedule on record, and its last number."""
