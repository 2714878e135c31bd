"""The loan book of a desk as tapes, one per currency, from the frames in which the record gives it.

Currencies are never added up, so each has a book of its own. An owner who is not named is the shop itself: two shops
of one owner are one exposure, and two shops of nobody in particular are two.
"""

from typing import Protocol

import numpy as np
import pandas as pd

from lending.book_rows import Tape, tape_of
from lending.loan_book import FAR, Whole, book_of

OWN = "own"
"""The funder that is the lender itself."""
PPM = 1_000_000


class Frames(Protocol):
    """The loan book before a day; see db.loans.LoanFrames."""

    @property
    def loans(self) -> pd.DataFrame:
        """A row per loan."""

    @property
    def instalments(self) -> pd.DataFrame:
        """A row per line of each schedule."""

    @property
    def repayments(self) -> pd.DataFrame:
        """A row per payment."""

    @property
    def waivers(self) -> pd.DataFrame:
        """A row per amount that was waived."""

    @property
    def funding_shares(self) -> pd.DataFrame:
        """A row per funder of a loan."""


def tapes_of(frames: Frames) -> dict[str, Tape]:
    """A tape for each currency in which something was lent, the most frequent one first.

    The facts of a tape carry all columns of the loans, with owner_key, refinances and own_share (float64: the share
    that is the lender's own money).
    """
    return {
        str(code): tape_in(frames, str(code))
        for code, number in frames.loans["currency"].value_counts().items()
        if number
    }


def tape_in(frames: Frames, currency: str) -> Tape:
    """The tape of the loans in one currency."""
    loans = frames.loans[(frames.loans["currency"] == currency).to_numpy()].reset_index(drop=True)
    number = loans["loan_id"].to_numpy(dtype=np.int64)
    instalments, repayments, waived_dues, funding = (
        rows if len(loans) == len(frames.loans) else rows[np.isin(rows["loan_id"].to_numpy(), number)]
        for rows in (frames.instalments, frames.repayments, frames.waivers, frames.funding_shares)
    )
    waived = (loans["waived_amount_minor"] > 0) & (loans["closed_day"] < FAR)
    waivers = pd.DataFrame(
        {
            "loan_id": number[waived],
            "paid_day": loans["closed_day"].to_numpy(dtype=np.int64)[waived],
            "amount_minor": loans["waived_amount_minor"].to_numpy(dtype=np.int64)[waived],
        }
    )
    facts = loans.assign(
        owner_key=owner_keys(loans),
        refinances=_refinanced(loans),
        own_share=own_shares(number, funding),
    )
    given_up = pd.concat([waived_dues[waivers.columns], waivers]).sort_values(["loan_id", "paid_day"], kind="stable")
    return tape_of(book_of(loans, instalments, repayments, given_up), facts)


def owner_keys(loans: pd.DataFrame) -> pd.Series:
    """Who stands behind each loan: its owner, or where nobody is named its shop.

    >>> owner_keys(pd.DataFrame({"owner_ref": ["o1", ""], "shop_id": [7, 8]})).tolist()
    ['o1', 'shop 8']
    """
    named = loans["owner_ref"].fillna("").astype(str)
    return named.where(named != "", "shop " + loans["shop_id"].astype(str))


def own_shares(loan_id: Whole, funding: pd.DataFrame) -> np.ndarray:
    """The share of each loan that is the lender's own: all of it where no funder is named.

    >>> told = pd.DataFrame({"loan_id": [1, 1], "share_ppm": [300_000, 700_000], "funder_ref": ["own", "bank"]})
    >>> own_shares(np.array([1, 2]), told).tolist()
    [0.3, 1.0]
    """
    others = funding[(funding["funder_ref"] != OWN).to_numpy()]
    place = np.searchsorted(loan_id, others["loan_id"].to_numpy(dtype=np.int64))
    given = np.bincount(place, others["share_ppm"].to_numpy(dtype="float64"), len(loan_id)) if len(others) else 0
    return np.asarray(np.clip((PPM - given) / PPM, 0.0, 1.0) * np.ones(len(loan_id)))


def _refinanced(loans: pd.DataFrame) -> Whole:
    """The place of the loan that each one names as refinanced, -1 where it names none that is here."""
    places = pd.Series(np.arange(len(loans)), index=loans["loan_ref"].astype(str))
    named = loans["refinances_loan_ref"].fillna("").astype(str)
    return named.map(places).fillna(-1).to_numpy(dtype=np.int64)
