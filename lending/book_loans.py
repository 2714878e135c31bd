"""The loans and the owners behind the portfolio's figures, as rows of lists, worst first."""

import numpy as np
import pandas as pd

from lending.arrears import ACTIVE, PAID, WRITTEN_OFF
from lending.book_panel import HELD, LOST, REPAID, Panel
from lending.loan_book import Mask, day_of

MOST_OWNERS = 10
STATE_NAMES = {HELD: ACTIVE, REPAID: PAID, LOST: WRITTEN_OFF}


def owners_of(panel: Panel, mask: Mask, weight: np.ndarray) -> pd.DataFrame:
    """The owners who owe most, over all their shops.

    Args:
        panel: the book.
        mask: which loans count.
        weight: of each loan, the part of it that counts.

    Returns:
        A row per owner, at most MOST_OWNERS: group (who), shops, loans (int64), outstanding, share (float64, of all
        that counts), past_due (days, of the latest loan).
    """
    loans = panel.loans
    codes, names = panel.traits["owner"]
    held = np.flatnonzero(mask & (loans["state"] == HELD))
    sums = np.bincount(codes[held], loans["outstanding_minor"][held] * weight[held], len(names))
    whole = float(sums.sum())
    largest = np.argsort(-sums, kind="stable")[:MOST_OWNERS]
    largest = largest[sums[largest] > 0]
    rows = []
    for code in largest:
        theirs = held[codes[held] == code]
        rows.append(
            {
                "group": names[code],
                "shops": len(np.unique(panel.shop_id[theirs])),
                "loans": len(theirs),
                "outstanding": float(sums[code]),
                "share": float(sums[code]) / whole,
                "past_due": int(loans["past_due"][theirs].max()),
            }
        )
    return pd.DataFrame(rows, columns=["group", "shops", "loans", "outstanding", "share", "past_due"])


def order_of(panel: Panel, mask: Mask) -> np.ndarray:
    """Places by state, then the most days late, the highest expected loss, the most outstanding."""
    loans = panel.loans
    place = np.flatnonzero(mask)
    keys = (-loans[name][place] for name in ("principal_minor", "outstanding_minor", "loss", "past_due"))
    state = loans["state"][place]
    # Written off before repaid.
    return place[np.lexsort([*keys, np.where(state == REPAID, 3, state)])]


def loan_rows(panel: Panel, places: np.ndarray) -> pd.DataFrame:
    """Some loans as rows of a list.

    Returns:
        A row per loan: place, shop_id, loan_ref, owner, category, region, grade (text), disbursed_on (date), state (of
        lending.arrears), past_due (days), stage, renegotiated, principal_minor, outstanding_minor, overdue_minor
        (int64), loss_minor, own_share.
    """
    loans = {name: values[places] for name, values in panel.loans.items()}
    traits = {
        name: [panel.traits[name][1][code] for code in panel.traits[name][0][places].tolist()]
        for name in ("owner", "category", "region", "grade")
    }
    return pd.DataFrame(
        {
            "place": places,
            "shop_id": panel.shop_id[places],
            "loan_ref": loans["loan_ref"],
            **traits,
            "disbursed_on": [day_of(each) for each in loans["disbursed_day"].tolist()],
            "state": [STATE_NAMES[each] for each in loans["state"].tolist()],
            "past_due": loans["past_due"],
            "stage": loans["stage"],
            "renegotiated": loans["renegotiated"],
            "principal_minor": loans["principal_minor"],
            "outstanding_minor": loans["outstanding_minor"],
            "overdue_minor": loans["overdue_minor"],
            "loss_minor": loans["loss"],
            "own_share": loans["own_share"],
        }
    )
