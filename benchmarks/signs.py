"""How many wash sellers of generated marketplaces the signs find, how often they ring false, and what they cost.

The generated marketplaces know who washes. The real invoices of small firms know nothing of it: there the flags are
counted, and `python -m benchmarks.signs` tells of each in aggregate. A generated marketplace is no evidence of what
real sellers do.
"""

import dataclasses
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from benchmarks.results import Result, at_least, at_most
from db import imports
from db.engine import connect, migrate, open_session
from db.events import shop_events
from demo.shops import SEED
from ingest import folder
from scoring.features import compute
from scoring.manipulation import look, raw_and_cleaned
from scoring.records import EVENTS
from tests import made_up

SEEDS = (SEED, 1, 2)
INVOICES = Path(__file__).resolve().parents[2] / "shared" / "data" / "sme_invoices"
INVOICE_DAYS = tuple(
    date(year, month, 1) for year, months in ((2018, (7, 10)), (2019, (1, 4, 7, 10)), (2020, (1,))) for month in months
)
LAST_INVOICE_DAY = date(2020, 2, 22)
HALF_A_DAY = np.timedelta64(12, "h")
TURNS = 5

Tables = dict[str, pa.Table]


def measure() -> list[Result]:
    """Three marketplaces, disguises, the real invoices where they are, and the time; takes two minutes."""
    results = [each for seed in SEEDS for each in found_in(seed)]
    return [*results, *disguised(), *invoices(), *times()]


def found_in(seed: int) -> list[Result]:
    """Found share, false alarms and precision of one marketplace, as its files tell of it."""
    made = made_up.market(seed=seed)
    flagged = look(as_told(made), as_of=made_up.AS_OF).signs["flagged"]
    washes = pd.Series({number: shop.washes for number, shop in made.shops.items()})
    dark = sum(shop.washes and shop.daily_totals_only for shop in made.shops.values())
    name = f"seed {seed}:"
    return [
        at_least(f"{name} wash sellers flagged, of {washes.sum()} (of {dark} daily totals only are known)",
                 float(flagged[washes].mean()), 0.8, "share"),
        at_most(f"{name} honest shops flagged, of {(~washes).sum():,}", float(flagged[~washes].mean()), 0.05, "share"),
        Result(f"{name} wash sellers among the flagged", float(washes[flagged].mean()), "", "share"),
    ]  # fmt: skip


def as_told(made: made_up.Market) -> Tables:
    """The record as the marketplace's files give it: of some shops daily totals only."""
    events = made_up.events(made, made.shops)
    totals_only = pa.array([shop.number for shop in made.shops.values() if shop.daily_totals_only])
    orders = events["orders"]
    hidden = pc.is_in(orders["shop_id"], totals_only)
    sold = orders.filter(pc.and_(hidden, pc.equal(orders["status"], "completed")))
    sums = sold.group_by(["shop_id", "placed_day"]).aggregate([("gross_minor", "count"), ("gross_minor", "sum")])
    days = pa.table(
        {
            "shop_id": sums["shop_id"],
            "day": sums["placed_day"],
            "orders": sums["gross_minor_count"],
            "gross_minor": sums["gross_minor_sum"],
            "refunded_minor": pa.array(np.zeros(sums.num_rows, dtype=np.int64)),
        },
        schema=EVENTS["days"],
    )
    return {**events, "orders": orders.filter(pc.invert(hidden)), "days": days}


def disguised() -> list[Result]:
    """The same sellers, when they buy by day, in odd amounts, or both: only the wallet gives those away."""
    made = made_up.market()
    last_own = made_up.market(washes=False).orders.groupby("shop")["buyer"].max()
    bought = (made.orders["buyer"] > made.orders["shop"].map(last_own)).to_numpy()
    sellers = [shop for shop in made.shops.values() if shop.washes]
    results = []
    for name, changes in (("by day", (_by_day,)), ("in odd amounts", (_odd,)), ("both", (_by_day, _odd))):
        orders = made.orders.copy()
        for change in changes:
            change(orders, bought)
        other = dataclasses.replace(made, orders=orders)
        events = made_up.events(other, [shop.number for shop in sellers])
        flagged = look(events, as_of=made_up.AS_OF).signs["flagged"]
        wallet = [shop.number for shop in sellers if shop.has_wallet]
        none = [shop.number for shop in sellers if not shop.has_wallet]
        results += [
            Result(f"disguised, {name}: flagged of {len(wallet)} with a wallet on record",
                   float(flagged[wallet].mean()), "", "share"),
            Result(f"disguised, {name}: flagged of {len(none)} without", float(flagged[none].mean()), "", "share"),
        ]  # fmt: skip
    return results


def _by_day(orders: pd.DataFrame, bought: np.ndarray) -> None:
    orders.loc[bought, "placed_at"] += HALF_A_DAY


def _odd(orders: pd.DataFrame, bought: np.ndarray) -> None:
    odd = np.random.default_rng(5).uniform(0.9, 1.05, int(bought.sum()))
    orders.loc[bought, "gross_minor"] = (orders.loc[bought, "gross_minor"] * odd).round().astype(np.int64)


def invoices() -> list[Result]:
    """Flags among real firms, of which only invoices with their dates are known; nothing where the files are not."""
    if not INVOICES.exists():
        return []
    events = read_invoices()
    looked_at = flags = 0
    for day in INVOICE_DAYS:
        signs = look(events, as_of=day).signs
        looked_at += int(signs["together_unknown"].isna().sum())
        flags += int(signs["flagged"].sum())
    last = look(events, as_of=LAST_INVOICE_DAY).signs
    return [
        Result(f"real firms flagged as of {LAST_INVOICE_DAY}, of {len(last)}", int(last["flagged"].sum()), "", "firms"),
        Result("of them with ten orders in the last 90 days", int(last["together_unknown"].isna().sum()), "", "firms"),
        Result("with orders set aside, flagged or not", int((last["aside_orders"] > 0).sum()), "", "firms"),
        Result(
            f"flags on the first days of seven quarters before, of {looked_at:,} looks at a firm", flags, "", "flags"
        ),
    ]


def read_invoices() -> Tables:
    """The real firms' record, imported into a scratch database."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        engine = connect(f"sqlite:///{Path(name) / 'loam.db'}")
        migrate(engine)
        chunks = folder.read(folder.find(INVOICES), shops={}, default_zone="Asia/Shanghai")
        imports.store(engine, chunks, person_id=None, source="invoices")
        with open_session(engine) as session:
            events = shop_events(session, as_of=LAST_INVOICE_DAY)
        engine.dispose()
    return events


def each_flag() -> list[str]:
    """What is set aside of each real firm on a day on which it is flagged, in aggregate."""
    events, said = read_invoices(), []
    for day in (*INVOICE_DAYS, LAST_INVOICE_DAY):
        findings = look(events, as_of=day)
        orders = findings.suspects.to_pandas()
        for firm in findings.signs.index[findings.signs["flagged"]]:
            its = orders[orders["shop_id"] == firm]
            amounts = (its["gross_minor"] / 100).value_counts().head(3).to_dict()
            said.append(
                f"{day} firm {firm}: {len(its)} orders of {its['buyer_ref'].nunique()} buyers on "
                f"{its['placed_day'].nunique()} days, most of them of {amounts}; {', '.join(its['rule'].unique())}"
            )
    return said


def times() -> list[Result]:
    """What looking costs beside the features of the same shops."""
    made = made_up.market()
    events = made_up.events(made, made.shops)
    works = (compute, look, raw_and_cleaned)
    seconds = [[took(work, events) for work in works] for _ in range(TURNS)]
    computed, looked, both = (statistics.median(each) for each in zip(*seconds, strict=True))
    return [
        at_most(f"looking through {len(made.orders):,} orders beside their features", looked / computed, 1, "times"),
        Result("features of the same shops", computed, "", "s"),
        Result("signs, raw and cleaned features of the same shops", both, "", "s"),
    ]


def took(work: Callable[..., object], events: Tables) -> float:
    """Seconds of one pass over all shops."""
    started = time.perf_counter()
    work(events, as_of=made_up.AS_OF)
    return time.perf_counter() - started


if __name__ == "__main__":
    print("\n".join(each_flag()))
