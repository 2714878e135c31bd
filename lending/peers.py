"""Shops like a shop: who they are, between what most of them sold, and where the shop stands among them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

# Below eight shops a quarter of them is a shop or two; beyond two hundred the nearest are near enough.
LEAST_PEERS, MOST_PEERS = 8, 200
YEAR_MONTHS = 12
# A shop with fewer full months in the last year has no usual month yet.
LEAST_MONTHS = 6

Alike = Literal["category", "marketplace"]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Crowd:
    """Shops alike, each with its finished months: those among which a shop finds its peers."""

    alike: Alike
    """What they share with the shop."""
    months: tuple[date, ...]
    """The first days of the months, oldest first."""
    shop_ids: npt.NDArray[np.int64]
    gross_minor: Floats
    """Shops × months; NaN where the month is not wholly on record."""
    refunded_minor: Floats
    """As gross_minor."""
    rating_hundredths: Floats
    """The marketplace's own figure of each; NaN where it is not known."""


@dataclass(frozen=True, slots=True)
class Standing:
    """One figure of a shop beside the median of its peers."""

    shop: float | None
    median: float | None
    """None where fewer than LEAST_PEERS have the figure."""
    peers: int
    """How many of the peers have the figure."""


@dataclass(frozen=True, slots=True)
class Peers:
    """How a shop's peers sold."""

    alike: Alike
    count: int
    band: pd.DataFrame
    """A row per month: month (datetime64), low_minor, middle_minor, high_minor (float64: quartiles of the peers' net
    sales at this shop's size, NaN with too few peers), peers (int64: how many had that month)."""
    month_net_minor: Standing
    """Net sales of the median one of the last twelve full months."""
    change: Standing
    """Net sales of the last twelve full months against the twelve before, as a share."""
    refunded_share: Standing
    """Refunds ÷ gross of the last twelve full months."""
    rating: Standing
    """The marketplace's own figure, 1-5."""


def find_peers(
    crowd: Crowd, months: pd.DataFrame, *, shop_id: int, rating_hundredths: int | None, shown: Sequence[date]
) -> Peers | None:
    """A shop's peers: those of the crowd whose usual month is nearest to its own, by ratio.

    A usual month is the median of the net sales of the last twelve full months, of which six must be on record; a shop
    whose usual month is not above zero has no peers and is none. At most 200 are taken, of equals the lower number.

    The band is what the middle half of the peers would have sold at this shop's size: each peer's month ÷ its own usual
    month × this shop's usual month; of these the quartiles, interpolated linearly, where eight peers or more have the
    month whole.

    Args:
        crowd: shops alike; this shop may be one of them.
        months: of lending.months.monthly, of this shop.
        shop_id: this shop.
        rating_hundredths: its own rating by the marketplace.
        shown: the first days of the months of the band.

    Returns:
        None where fewer than eight shops are peers.
    """
    own = _row(crowd, months)
    usual = _usual(own[None, :, 0] - own[None, :, 1])[0]
    net = crowd.gross_minor - crowd.refunded_minor
    sizes = _usual(net)
    fit = np.flatnonzero((sizes > 0) & (crowd.shop_ids != shop_id))
    if not usual > 0 or len(fit) < LEAST_PEERS:
        return None
    apart = np.abs(np.log(sizes[fit] / usual))
    peers = fit[np.lexsort((crowd.shop_ids[fit], apart))][:MOST_PEERS]
    whole, back = own[-YEAR_MONTHS:].sum(axis=0), crowd.refunded_minor[peers, -YEAR_MONTHS:].sum(axis=1)
    rating = np.nan if rating_hundredths is None else rating_hundredths
    return Peers(
        crowd.alike,
        len(peers),
        _band(crowd.months, net[peers] / sizes[peers, None] * usual, shown),
        _standing(usual, sizes[peers]),
        _standing(_change(own[None, :, 0] - own[None, :, 1])[0], _change(net[peers])),
        _standing(_share(whole[1:], whole[:1])[0], _share(back, crowd.gross_minor[peers, -YEAR_MONTHS:].sum(axis=1))),
        _standing(rating / 100, crowd.rating_hundredths[peers] / 100),
    )


def _row(crowd: Crowd, months: pd.DataFrame) -> Floats:
    """This shop's gross and refunds over the months of the crowd; NaN where a month is not whole."""
    whole = months[months["complete"]].set_index("month")[["gross_minor", "refunded_minor"]].astype("float64")
    row: Floats = whole.reindex(pd.DatetimeIndex(list(crowd.months))).to_numpy()
    return row


def _usual(net: Floats) -> Floats:
    """Each shop's usual month; NaN with too few."""
    year = net[:, -YEAR_MONTHS:]
    usual = np.full(len(net), np.nan)
    known = np.flatnonzero((~np.isnan(year)).sum(axis=1) >= LEAST_MONTHS)
    if known.size:
        usual[known] = np.nanmedian(year[known], axis=1)
    return usual


def _change(net: Floats) -> Floats:
    """Each shop's change on the year; NaN where the 24 months are not all whole, or nothing was sold before."""
    now, before = net[:, -YEAR_MONTHS:].sum(axis=1), net[:, -2 * YEAR_MONTHS : -YEAR_MONTHS].sum(axis=1)
    return _share(now, before) - 1


def _share(part: Floats, whole: Floats) -> Floats:
    shares: Floats = np.divide(part, whole, out=np.full(len(part), np.nan), where=whole > 0)
    return shares


def _standing(shop: float, peers: Floats) -> Standing:
    known = peers[~np.isnan(peers)]
    median = float(np.median(known)) if len(known) >= LEAST_PEERS else None
    return Standing(None if np.isnan(shop) else float(shop), median, len(known))


def _band(months: Sequence[date], scaled: Floats, shown: Sequence[date]) -> pd.DataFrame:
    peers = (~np.isnan(scaled)).sum(axis=0)
    quartiles = np.full((3, len(months)), np.nan)
    enough = np.flatnonzero(peers >= LEAST_PEERS)
    if enough.size:
        quartiles[:, enough] = np.nanquantile(scaled[:, enough], [0.25, 0.5, 0.75], axis=0)
    low, middle, high = quartiles
    frame = pd.DataFrame(
        {"low_minor": low, "middle_minor": middle, "high_minor": high, "peers": peers},
        index=pd.DatetimeIndex(list(months), name="month"),
    ).reindex(pd.DatetimeIndex(list(shown), name="month"))
    return frame.assign(peers=frame["peers"].fillna(0).astype("int64")).reset_index()
