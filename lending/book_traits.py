"""By what a loan book is divided: facts of a loan or of its shop, each as a code per loan and the codes' words."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from lending.book_tapes import OWN, PPM
from lending.loan_book import Whole

UNKNOWN = ""
TRAITS = ("category", "region", "rural", "size", "grade", "owner", "marketplace", "funder")
RURAL = {1: "rural", 0: "urban", -1: UNKNOWN}
# Upper ends of the size bands in whole units of currency, by the amount lent; the last band has none.
SIZE_ENDS = (10_000, 30_000, 100_000, 300_000)

Trait = tuple[np.ndarray, tuple[str, ...]]


def coded(values: pd.Series) -> Trait:
    """A code for each value, and the values; what is missing is UNKNOWN.

    >>> codes, names = coded(pd.Series(["tea", None, "tea"]))
    >>> codes.tolist(), names
    ([0, 1, 0], ('tea', ''))
    """
    if isinstance(values.dtype, pd.CategoricalDtype):
        categories, codes = [str(each) for each in values.cat.categories], values.cat.codes.to_numpy()
        if (codes >= 0).all() and len(set(categories)) == len(categories):
            return codes.astype(np.int64), tuple(categories)
    codes, names = pd.factorize(values.astype(object).where(values.notna(), UNKNOWN))
    return codes.astype(np.int64), tuple(str(each) for each in names)


def size_band(principal_minor: Whole, minor_units: int) -> Trait:
    """The size band of each loan.

    >>> codes, names = size_band(np.array([1_000_000, 1_000_001, 90_000_000]), 100)
    >>> [names[code] for code in codes]
    ['0-10000', '10000-30000', '300000-']
    """
    codes = np.searchsorted(np.array(SIZE_ENDS) * minor_units, principal_minor, side="left")
    starts = (0, *SIZE_ENDS)
    names = [f"{start}-{end}" for start, end in zip(starts, (*map(str, SIZE_ENDS), ""), strict=True)]
    return codes.astype(np.int64), tuple(names)


def traits_of(
    facts: pd.DataFrame, principal_minor: Whole, *, grades: Mapping[int, str], minor_units: int
) -> dict[str, Trait]:
    """All traits but the funder, which a loan may have several of.

    Args:
        facts: of a tape made by lending.book_tapes.
        principal_minor: what was lent, in the same order.
        grades: of the newest score of a shop, by its number.
        minor_units: in one unit of the currency.
    """
    return {
        "category": coded(facts["category"]),
        "region": coded(facts["region"]),
        "rural": coded(facts["rural"].map(RURAL)),
        "size": size_band(principal_minor, minor_units),
        "grade": coded(facts["shop_id"].map(grades)),
        "owner": coded(facts["owner_key"]),
        "marketplace": coded(facts["marketplace"]),
    }


def funding_of(loan_id: Whole, funding: pd.DataFrame, own_share: np.ndarray) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Whose money each loan is: a row per loan and funder, and the funders' names, the lender itself first.

    Args:
        loan_id: of the loans of one currency, rising.
        funding: a row per funder of a loan: loan_id, share_ppm, funder_ref.
        own_share: of each loan; see lending.book_tapes.own_shares.
    """
    here = funding[np.isin(funding["loan_id"].to_numpy(), loan_id) & (funding["funder_ref"] != OWN).to_numpy()]
    codes, names = coded(here["funder_ref"])
    own = np.flatnonzero(own_share > 0)
    return pd.DataFrame(
        {
            "place": np.concatenate([own, np.searchsorted(loan_id, here["loan_id"].to_numpy())]).astype(np.int64),
            "funder": np.concatenate([np.zeros(len(own), dtype=np.int64), codes + 1]),
            "share": np.concatenate([own_share[own], here["share_ppm"].to_numpy("float64") / PPM]),
        }
    ), (OWN, *names)
