"""A shop's peers: who they are, the band of what they would have sold at its size, and where it stands."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from lending.months import first_of_month
from lending.peers import Crowd, find_peers

MONTHS = tuple(first_of_month(date(2026, 11, 1), shift=shift) for shift in range(-24, 0))
NOVEMBER = MONTHS.index(date(2025, 11, 1))


def crowd(sizes, *, november=(), refunded=0.0, ratings=None):
    """Shops that sell the same each month, but for what each sells in November 2025, in multiples of that."""
    gross = np.repeat(np.array(sizes, dtype="float64")[:, None], 24, axis=1)
    for shop, times in enumerate(november):
        gross[shop, NOVEMBER] *= times
    return Crowd(
        "category", MONTHS, np.arange(101, 101 + len(sizes)), gross, gross * refunded,
        np.array(ratings or [np.nan] * len(sizes)),
    )  # fmt: skip


def months(gross, refunded=0, last=24):
    """The last months of this shop, each with the same sales."""
    return pd.DataFrame(
        {"month": pd.DatetimeIndex(MONTHS[-last:]), "gross_minor": gross, "refunded_minor": refunded, "complete": True}
    )


def found(among, own, **changes):
    return find_peers(among, own, **{"shop_id": 1, "rating_hundredths": None, "shown": MONTHS} | changes)


def test_each_peers_month_counts_as_a_multiple_of_its_own_usual_one():
    # Nine shops of any size that sell 1, 2, … 9 times their usual month in November; the quartiles are 3 and 7.
    among = crowd([100, 300, 500, 700, 900, 1100, 1300, 1500, 1700], november=range(1, 10))
    band = found(among, months(1000)).band
    november = band.loc[NOVEMBER]
    assert november[["low_minor", "middle_minor", "high_minor"]].tolist() == [3000, 5000, 7000]
    assert band.drop(NOVEMBER)[["low_minor", "high_minor"]].to_numpy() == pytest.approx(1000)
    assert band["peers"].tolist() == [9] * 24


def test_the_usual_month_is_the_median_of_net_sales_and_refunds_come_off():
    among = crowd([1000] * 8, refunded=0.5)
    peers = found(among, months(3000, 1000))
    assert peers.band["middle_minor"].tolist() == pytest.approx([2000] * 24)
    assert (peers.month_net_minor.shop, peers.month_net_minor.median) == (2000, 500)


def test_the_nearest_in_size_are_taken_by_ratio_and_two_hundred_at_most():
    sizes = [1000 * 2**-step for step in range(150)] + [1000.0 * 1.01**step for step in range(150)]
    peers = found(crowd(sizes), months(1000))
    assert peers.count == 200
    # All 150 above, within a factor of 4.4, and the 50 that lie nearest below: the 51st is 2^50 times smaller.
    assert peers.month_net_minor.median == pytest.approx(np.median(sizes[:50] + sizes[150:]))


def test_a_shop_is_not_its_own_peer():
    assert found(crowd([1000] * 9), months(1000), shop_id=101).count == 8


def test_fewer_than_eight_are_no_peers():
    assert found(crowd([1000] * 7), months(1000)) is None
    assert found(crowd([1000] * 7 + [0]), months(1000)) is None  # one that sells nothing has no size


def test_a_shop_without_six_full_months_or_without_sales_has_no_peers():
    assert found(crowd([1000] * 8), months(1000, last=5)) is None
    assert found(crowd([1000] * 8), months(1000, last=6)).count == 8
    assert found(crowd([1000] * 8), months(0)) is None


def test_a_month_that_fewer_than_eight_have_whole_has_no_band():
    among = crowd([1000] * 8)
    among.gross_minor[0, :12] = among.refunded_minor[0, :12] = np.nan
    peers = found(among, months(1000))
    assert np.isnan(peers.band["low_minor"].to_numpy()[:12]).all()
    assert peers.band["low_minor"].tolist()[12:] == [1000] * 12
    assert peers.band["peers"].tolist() == [7] * 12 + [8] * 12
    assert (peers.change.median, peers.change.peers) == (None, 7)


def test_figures_stand_beside_the_median_of_the_peers_that_have_them():
    among = crowd([1000] * 9, refunded=0.02, ratings=[410, 420, 430, 440, 450, 460, 470, 480, np.nan])
    among.gross_minor[:, 12:] *= 1.5
    among.refunded_minor[:, 12:] *= 1.5
    peers = found(among, months(1000, 50), rating_hundredths=476)
    assert (peers.change.shop, peers.change.median, peers.change.peers) == (0, pytest.approx(0.5), 9)
    assert (peers.refunded_share.shop, peers.refunded_share.median) == (0.05, pytest.approx(0.02))
    assert (peers.rating.shop, peers.rating.median, peers.rating.peers) == (4.76, 4.45, 8)


def test_a_figure_that_the_shop_lacks_is_missing_beside_that_of_its_peers():
    peers = found(crowd([1000] * 8, ratings=[450] * 8), months(1000, last=8))
    assert (peers.change.shop, peers.refunded_share.shop, peers.rating.shop) == (None, None, None)
    assert peers.rating.median == 4.5


def test_the_band_has_the_months_that_are_drawn():
    band = found(crowd([1000] * 8), months(1000), shown=[*MONTHS[-2:], date(2026, 11, 1)]).band
    assert band["month"].dt.month.tolist() == [9, 10, 11]
    assert band["peers"].tolist() == [8, 8, 0]
    assert np.isnan(band["high_minor"].iloc[-1])
