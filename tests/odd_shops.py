"""Writes a folder of Loam's own files with shops that are odd in one way each, and an application of each. All made up.

The application of shop `x` is `A-x`. What is odd about a shop stands beside it; in all else it is an ordinary one.
"""

import csv
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from db import batches, decisions, demo, events, imports, offers, people, policies, scores
from db.decisions import DecisionRequest
from db.engine import open_session
from desk.scoring import score_shops
from ingest import folder as files_in
from lending.records import RECORD_KINDS

TODAY = date(2026, 11, 16)
YESTERDAY = TODAY - timedelta(days=1)
MONTH_BEGAN = TODAY.replace(day=1)
BEGAN = date(2024, 10, 1)
CLOSED = date(2025, 11, 14)
CONSENTED = "2026-11-12T09:00:00"

BUSY_ORDERS, BUSY_BUYERS = 200_000, 50_000
LARGEST = "999999999999.99"
APPROVED, REFERRED = "twin-two", "picture"
PICTURE = "![](http://pictures.example/x.png)"

# Names that are long, of other scripts, or that something along the way could take for a mark-up or a missing value.
NAMES = {
    "long-word": "Teahouse" * 37 + "Teas",
    "long-words": "Grey Tile Teas and their sons " * 9 + "of the tea market, Nine Bridge",
    "chinese": "青瓦茶铺（九桥总店）" * 15,
    "arabic": "متجر الشاي 15 الرمادي 2026",
    "hebrew": "חנות 7 תה",
    "emoji": "👨‍👩‍👧‍👦 Family 🏳️‍🌈 🇨🇳 茶 👍🏽",
    "combining": "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L̠ͨͧͩ͘G̴̻͈͍͔̹̑͗̎̅͛́Ǫ̵̹̻̝̳͂̌̌͘ Café",
    "markdown": "# **Bold** _it_ `code` [a](http://links.example) ~~gone~~ - 1. > q | t",
    "html": "<b>bold</b><script>alert(1)</script><img src=http://pictures.example/y.png onerror=alert(1)>",
    "latex": "$\\frac{a}{b}$ $$x^2$$",
    "directives": ":material/home: :red[x] :blue-badge[y] :streamlit: :small[z]",
    "picture": PICTURE,
    "na": "NA",
    "none": "None",
    "nan": "nan",
    "twin-one": "Twin Teas",
    "twin-two": "Twin Teas",
    "zero-width": "Grey\u200bTile\u202eTeas",
}


class OddFiles:
    """Rows by the file that they belong to."""

    def __init__(self):
        self.rows = defaultdict(list)

    def add_shop(self, ref, name="Grey Tile Teas", *, currency="CNY", amount="4000", consented_at=CONSENTED, **facts):
        """A shop, and its application for half a year unless told otherwise."""
        asked = {name: facts.pop(name) for name in ("term_months", "purpose", "submitted_at") if name in facts}
        self.rows["shops"].append({"shop_ref": ref, "name": name, "currency": currency, **facts})
        self.rows["applications"].append(
            {
                "application_ref": f"A-{ref}", "shop_ref": ref, "submitted_at": "2026-11-13T10:00:00",
                "amount": amount, "currency": currency, "term_months": 6, "purpose": "stock for New Year",
                "consented_at": consented_at,
            }
            | asked
        )  # fmt: skip

    def add_orders(self, ref, days, gross="2500", *, currency="CNY", status="completed", **columns):
        """An order on each of the days; a column that is called is asked for its value on that day."""
        for number, day in enumerate(days):
            given = {name: value(day) if callable(value) else value for name, value in columns.items()}
            self.rows["orders"].append(
                {
                    "shop_ref": ref, "order_ref": f"O-{number}", "placed_at": f"{day}T11:30:00", "gross": gross,
                    "buyer_ref": f"B-{number % 40}", "currency": currency, "status": status,
                }
                | given
            )  # fmt: skip

    def add_balances(self, ref, balances, *, currency="CNY", account="wallet"):
        """An entry each week up to yesterday, each with the balance after it."""
        before = 0
        for number, balance in enumerate(balances):
            booked_on = YESTERDAY - timedelta(days=7 * (len(balances) - 1 - number))
            self.rows["wallet_entries"].append(
                {
                    "shop_ref": ref, "entry_ref": f"{account}-{number}", "booked_at": f"{booked_on}T12:00:00",
                    "amount": balance - before, "balance": balance, "kind": "other", "account": account,
                    "currency": currency,
                }
            )  # fmt: skip
            before = balance

    def write(self, folder):
        """Write each kind of rows that there is to its own file."""
        for kind in RECORD_KINDS:
            if self.rows[kind.name]:
                with (folder / f"{kind.name}.csv").open("w", encoding="utf-8", newline="") as file:
                    table = csv.DictWriter(file, [column.name for column in kind.columns], lineterminator="\n")
                    table.writeheader()
                    table.writerows(self.rows[kind.name])


def weekly(first=BEGAN, last=YESTERDAY):
    """A day each week, from the first to the last at most."""
    return [first + timedelta(days=back) for back in range(0, (last - first).days + 1, 7)]


@dataclass(frozen=True, slots=True)
class OddRecord:
    """A record of odd shops: where it is, and the numbers of the shops and of their applications by reference."""

    url: str
    shops: dict[str, int]
    applications: dict[str, int]


def make_record(engine, place: Path) -> OddRecord:
    """Fill an empty record: import all odd shops, score them, answer two applications, and take one consent back."""
    with open_session(engine, write=True) as session:
        people.seed_demo_people(session)
        policies.seed(session)
    first, later = place / "odd", place / "later"
    first.mkdir()
    later.mkdir()
    write(first)
    write_withdrawal(later)
    _bring_in(engine, first)
    with open_session(engine) as session:
        numbers = demo.application_numbers(session)
        batch = batches.newest(session)
        chosen = sorted(events.consented_shop_ids(session, as_of=TODAY, batch_id=batch))
    for _part in score_shops(engine, chosen, as_of=TODAY, batch_id=batch, store=True):
        pass
    made = OddRecord(
        engine.url.render_as_string(hide_password=False),
        {ref.removeprefix("A-"): shop for ref, (_application, shop) in numbers.items()},
        {ref.removeprefix("A-"): application for ref, (application, _shop) in numbers.items()},
    )
    _answer(engine, made, APPROVED, outcome="approve", amount_minor=400_000, term_months=6)
    _answer(engine, made, REFERRED, outcome="refer", note=f"Ask {PICTURE} again.")
    _bring_in(engine, later)
    return made


def _bring_in(engine, folder: Path) -> None:
    with open_session(engine) as session:
        known = imports.known_shops(session)
    chunks = files_in.read(files_in.find(folder), shops=known, default_zone="Asia/Shanghai")
    report = imports.store(engine, chunks, person_id=None, source=folder.name)
    assert report.verdict == "imported", report.bad_rows[:5]


def _answer(engine, made: OddRecord, ref: str, *, outcome, amount_minor=None, term_months=None, note="") -> None:
    """Let the officer answer an application with what is on his screen."""
    with open_session(engine) as session:
        score = scores.latest(session, made.shops[ref])
        case = offers.case_for(session, made.applications[ref], score.id, term_months=term_months)
        officer = people.by_handle(session, "officer").id
    request = DecisionRequest(
        request_key=f"odd-{ref}", application_id=made.applications[ref], application_batch_id=1, round=1,
        outcome=outcome, amount_minor=amount_minor, term_months=term_months,
        rate_bps=case.offer.rate_bps if amount_minor else None, reasons=(), note=note, score_run_id=score.id,
        policy_version=case.policy.version,
    )  # fmt: skip
    decisions.record(engine, request, person_id=officer, decided_on=TODAY)


def write(folder: Path) -> None:
    """Write the files of all odd shops into a folder."""
    files = OddFiles()
    _add_short_records(files)
    _add_lopsided_records(files)
    _add_amounts(files)
    _add_consents(files)
    for ref, name in NAMES.items():
        files.add_shop(ref, name, purpose=name, city=name, marketplace=name, owner_ref=name[:200].strip())
        files.add_orders(ref, weekly())
    files.write(folder)
    _write_busy_orders(folder / "orders.parquet")


def write_withdrawal(folder: Path) -> None:
    """Write the later file by which one shop has taken its consent back."""
    files = OddFiles()
    files.add_shop("withdrawn", consented_at="")
    del files.rows["shops"]
    files.write(folder)


def _add_short_records(files: OddFiles) -> None:
    """Shops with next to nothing on record, or nothing lately."""
    files.add_shop("no-order")
    files.add_shop("one-order")
    files.add_orders("one-order", [date(2026, 9, 15)])
    files.add_shop("one-day")
    files.add_orders("one-day", [date(2026, 9, 15)] * 5)
    files.add_shop("today-only")
    files.add_orders("today-only", [TODAY] * 3)
    files.add_shop("future-only")
    files.add_orders("future-only", [TODAY + timedelta(days=40)] * 3)
    files.add_shop("this-month-only")
    files.add_orders("this-month-only", [MONTH_BEGAN + timedelta(days=number) for number in range(10)])
    files.add_shop("opened-yesterday", opened_on=YESTERDAY)
    files.add_orders("opened-yesterday", [YESTERDAY] * 2)
    files.add_shop("closed")
    files.add_orders("closed", weekly(last=CLOSED))


def _add_lopsided_records(files: OddFiles) -> None:
    """Shops whose record is all of one kind."""
    files.add_shop("cancelled-only")
    files.add_orders("cancelled-only", weekly(), status="cancelled")
    files.add_shop("refunds-only")
    files.add_orders("refunds-only", weekly(), gross="0", refunded="80", status="refund")
    files.add_shop("all-refunded")
    files.add_orders("all-refunded", weekly(), refunded="2500", refunded_at=lambda day: f"{day}T18:00:00")
    files.add_shop("free-only")
    files.add_orders("free-only", weekly(), gross="0")
    files.add_shop("totals-only")
    files.rows["sales_days"] += [
        {"shop_ref": "totals-only", "day": day, "orders": 12, "gross": "1190.50", "refunded": "20", "currency": "CNY"}
        for day in weekly()
    ]
    files.add_shop("wallet-negative")
    files.add_orders("wallet-negative", weekly())
    files.add_balances("wallet-negative", [200, -300, -900, -450])
    files.add_shop("wallet-zero")
    files.add_orders("wallet-zero", weekly())
    files.add_balances("wallet-zero", [0] * 10)
    files.add_shop("rated-one", rating="1", reviews=9)
    files.add_orders("rated-one", weekly(), rating="1", reviewed_at=lambda day: f"{day}T20:00:00")
    files.add_shop("one-buyer")
    files.add_orders("one-buyer", weekly(), buyer_ref="B-1")
    files.add_shop("no-buyers")
    files.add_orders("no-buyers", weekly(), buyer_ref="")
    files.add_shop("busy")
    files.add_shop("far-zone", time_zone="Pacific/Kiritimati")
    files.add_orders("far-zone", [*weekly(), TODAY])


def _add_amounts(files: OddFiles) -> None:
    """Other currencies, the least amounts, and the largest that are taken."""
    files.add_shop("yen", currency="JPY", amount="900000")
    files.add_orders("yen", weekly(), gross="25000", currency="JPY")
    files.add_balances("yen", [40_000, 65_000], currency="JPY")
    files.add_shop("dinar", currency="KWD", amount="900.125")
    files.add_orders("dinar", weekly(), gross="25.005", currency="KWD")
    files.add_shop("dinar-large", currency="KWD", amount="1234567890.123")
    files.add_orders("dinar-large", weekly(), gross="1234567890.123", currency="KWD")
    files.add_shop("least", amount="0.01", term_months=1)
    files.add_orders("least", weekly(), gross="0.01")
    files.add_shop("largest", amount=LARGEST, term_months=600)
    files.add_orders("largest", weekly(), gross=LARGEST)
    files.add_balances("largest", [999_999_999_999, 0, -999_999_999_999])


def _add_consents(files: OddFiles) -> None:
    """Shops that have not agreed to be looked at: not at all, not yet, no longer."""
    for ref, consented_at in {
        "never": "", "not-yet": f"{TODAY + timedelta(days=9)}T09:00:00", "withdrawn": CONSENTED,
    }.items():  # fmt: skip
        files.add_shop(ref, f"Silent {ref}", consented_at=consented_at, city="Hidden City", owner_ref="P-hidden")
        files.add_orders(ref, weekly())


def _write_busy_orders(path: Path) -> None:
    """Two years of orders, spread evenly; whole yuan, so that no binary fraction comes in between."""
    rng = np.random.default_rng(20261116)
    began = np.datetime64(datetime.combine(BEGAN, datetime.min.time()), "us")
    span_us = (TODAY - BEGAN).days * 86_400_000_000
    placed = began + np.sort(rng.integers(0, span_us, BUSY_ORDERS)).astype("timedelta64[us]")
    numbers = np.arange(BUSY_ORDERS)
    # Each buyer once, and then again by chance.
    buyers = np.concatenate([np.arange(BUSY_BUYERS), rng.integers(0, BUSY_BUYERS, BUSY_ORDERS - BUSY_BUYERS)])
    rng.shuffle(buyers)
    table = {
        "shop_ref": pa.array(np.full(BUSY_ORDERS, "busy")),
        "order_ref": pa.array(np.char.add("O-", numbers.astype("U6"))),
        "placed_at": pa.array(placed),
        "buyer_ref": pa.array(np.char.add("B-", buyers.astype("U6"))),
        "gross": pa.array(rng.integers(20, 400, BUSY_ORDERS)),
        "currency": pa.array(np.full(BUSY_ORDERS, "CNY")),
        "status": pa.array(np.full(BUSY_ORDERS, "completed")),
        "rating": pa.array(rng.integers(3, 6, BUSY_ORDERS)),
        "reviewed_at": pa.array(placed + np.timedelta64(3, "D")),
        "delivered_at": pa.array(placed + rng.integers(1, 6, BUSY_ORDERS).astype("timedelta64[D]")),
        "promised_by": pa.array(placed + np.timedelta64(4, "D")),
    }
    pq.write_table(pa.table(table), path)
