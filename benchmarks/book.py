"""How long the portfolio's figures of a large loan book take, beside a plain pass over the same arrays.

The book is generated: 200,000 loans in twelve monthly instalments, and a payment for nearly each of them. The closing
of a month is measured from the record: reading the whole book, all figures, and storing them.
"""

import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Engine

from benchmarks import bare_book
from benchmarks.results import Result, at_most
from db.engine import connect, migrate, open_session
from desk.month_ends import close
from lending.book_figures import month_ends, portfolio_figures
from lending.book_rows import Tape, tape_of
from lending.expected_loss import loss_parameters
from lending.loan_book import FAR, book_of, day_number

LOANS, INSTALMENTS = 200_000, 12
AS_OF = date(2026, 11, 1)
FIRST_DAY = day_number(date(2023, 6, 1))
ROUNDS = 5
AT_MOST = 2.0
MONTH_END_AT_MOST_S = 60
ROWS_AT_ONCE = 50_000


def measure() -> list[Result]:
    """Figures of 200,000 loans, ours and plain by turns, and one month closed; takes some minutes and 3 GB."""
    loans, lines, paid = frames()
    began = time.process_time()
    book = book_of(loans, lines, paid)
    tape = tape_of(book, loans)
    built = time.process_time() - began
    plain_lines = _plain(lines, book.paid_in_full_day)
    plain_paid = pd.DataFrame({"place": paid["loan_id"] - 1, **paid[["paid_day", "amount_minor"]]})
    days = [day_number(each) for each in month_ends(AS_OF, 12)]
    ours, plain = _by_turns(
        lambda: portfolio_figures(tape, as_of=AS_OF, parameters=loss_parameters()),
        lambda: bare_book.figures(loans, plain_lines, plain_paid, day=days[-1], months=days),
    )
    _require_the_same(tape, loans, plain_lines, plain_paid, days)
    size = f"{LOANS:,} loans, {len(lines):,} instalments, {len(paid):,} payments"
    return [
        at_most(f"all figures as of a day ÷ plain pass, {size}", ours / plain, AT_MOST, "×"),
        Result("all figures as of a day, by the processor's clock", ours, "", "s"),
        Result("plain pass over the same arrays", plain, "", "s"),
        Result("putting the book together once", built, "", "s"),
        at_most(
            f"a month closed from the record, {LOANS:,} loans", _closing(loans, lines, paid), MONTH_END_AT_MOST_S, "s"
        ),
    ]


def frames(count: int = LOANS) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Loans with the facts that figures group by, their instalments, and their payments; late by chance."""
    rng = np.random.default_rng(7)
    number = np.arange(1, count + 1)
    start = rng.integers(FIRST_DAY, day_number(AS_OF), count)
    loans = pd.DataFrame(
        {
            "loan_id": number, "principal_minor": rng.integers(3_000, 300_000, count) * 1_200, "sales_linked": False,
            "disbursed_day": start, "closed_day": FAR, "written_off_day": FAR,
            "shop_id": rng.integers(0, count // 4, count), "owner_key": rng.integers(0, count // 5, count).astype(str),
            "category": rng.integers(0, 16, count).astype(str), "region": rng.integers(0, 30, count).astype(str),
            "refinances": -1, "unlikely_day": FAR, "expected_daily_minor": np.nan,
        }
    )  # fmt: skip
    sequence = np.tile(np.arange(1, INSTALMENTS + 1), count)
    principal = np.repeat(loans["principal_minor"].to_numpy() // INSTALMENTS, INSTALMENTS)
    lines = pd.DataFrame(
        {
            "loan_id": np.repeat(number, INSTALMENTS), "in_force_day": np.repeat(start, INSTALMENTS),
            "sequence": sequence, "due_day": np.repeat(start, INSTALMENTS) + 30 * sequence,
            "principal_minor": principal, "interest_minor": principal // 20, "fee_minor": 0,
        }
    )  # fmt: skip
    late = rng.exponential(8, len(lines)).astype(int) * (rng.random(len(lines)) < 0.3)
    lost = rng.random(len(lines)) < 0.004
    paid = pd.DataFrame(
        {"loan_id": lines["loan_id"], "paid_day": lines["due_day"] + late, "amount_minor": principal + principal // 20}
    )
    return loans, lines, paid[~lost].sort_values(["loan_id", "paid_day"]).reset_index(drop=True)


def _closing(loans: pd.DataFrame, lines: pd.DataFrame, paid: pd.DataFrame) -> float:
    """Close one month on a SQLite record of the book, by the clock."""
    with tempfile.TemporaryDirectory(prefix="bench-") as place:
        engine = connect(f"sqlite:///{Path(place) / 'book.db'}")
        migrate(engine)
        fill_book(engine, loans, lines, paid)
        began = time.perf_counter()
        if close(engine, [AS_OF], person_id=None) != 1:
            raise AssertionError("the month was not stored")
        spent = time.perf_counter() - began
        engine.dispose()
    return spent


def fill_book(engine: Engine, loans: pd.DataFrame, lines: pd.DataFrame, paid: pd.DataFrame) -> None:
    """Write the book straight into its tables; each shop has four loans."""
    shop = 1 + (loans["loan_id"].to_numpy() - 1) // 4
    ref = np.array([f"L{number:07d}" for number in loans["loan_id"]], dtype=object)
    of_line, of_paid = lines["loan_id"].to_numpy() - 1, paid["loan_id"].to_numpy() - 1
    now = int(datetime(2026, 11, 1, tzinfo=UTC).timestamp() * 1_000_000)
    _insert(engine, "import_batches", {"id": [1], "recorded_at": [now], "source": ["generated"], "format": ["loam"],
                                       "report": ["{}"]})  # fmt: skip
    numbers = np.arange(1, int(shop.max()) + 1)
    _insert(engine, "shops", {
        "id": numbers, "shop_ref": [f"S{number}" for number in numbers], "name": "Generated",
        "time_zone": "Asia/Shanghai", "currency": "CNY", "generated": 1, "batch_id": 1,
    })  # fmt: skip
    _insert(engine, "loans", {
        "id": loans["loan_id"], "loan_ref": ref, "shop_id": shop, "principal_minor": loans["principal_minor"],
        "currency": "CNY", "disbursed_on": loans["disbursed_day"], "repayment_kind": "equal_principal",
        "annual_rate_ppm": 120_000, "rate_kind": "declining", "day_count": "30/360", "instalments": INSTALMENTS,
        "interval": "days:30", "batch_id": 1,
    })  # fmt: skip
    _insert(engine, "instalments", {
        "shop_id": shop[of_line], "loan_ref": ref[of_line], "sequence": lines["sequence"], "due_on": lines["due_day"],
        "principal_due_minor": lines["principal_minor"], "interest_due_minor": lines["interest_minor"],
        "fee_due_minor": 0, "in_force_from": lines["in_force_day"], "computed": 0, "batch_id": 1,
    })  # fmt: skip
    _insert(engine, "repayments", {
        "shop_id": shop[of_paid], "loan_ref": ref[of_paid], "repayment_ref": [f"R{n}" for n in range(len(paid))],
        "paid_on": paid["paid_day"], "booked_at": paid["paid_day"] * 86_400_000_000,
        "amount_minor": paid["amount_minor"], "batch_id": 1,
    })  # fmt: skip


def _insert(engine: Engine, table: str, columns: dict[str, Any]) -> None:
    rows = list(pd.DataFrame(columns).itertuples(index=False, name=None))
    names, marks = ", ".join(columns), ", ".join("?" * len(columns))
    with open_session(engine, write=True) as session:
        for start in range(0, len(rows), ROWS_AT_ONCE):
            session.connection().exec_driver_sql(
                f"INSERT INTO {table} ({names}) VALUES ({marks})", rows[start : start + ROWS_AT_ONCE]
            )


def _plain(lines: pd.DataFrame, in_full_day: np.ndarray) -> pd.DataFrame:
    due = lines["principal_minor"] + lines["interest_minor"]
    place = lines["loan_id"] - 1
    return lines.assign(place=place, due_minor=due, running_minor=due.groupby(place).cumsum(), in_full_day=in_full_day)


def _by_turns(ours: Callable[[], Any], plain: Callable[[], Any]) -> tuple[float, float]:
    """The least time of each, taken by turns so that a busy moment meets both."""
    spent: tuple[list[float], list[float]] = [], []
    for _ in range(ROUNDS):
        for call, times in zip((ours, plain), spent, strict=True):
            began = time.process_time()
            call()
            times.append(time.process_time() - began)
    return min(spent[0]), min(spent[1])


def _require_the_same(
    tape: Tape, loans: pd.DataFrame, lines: pd.DataFrame, paid: pd.DataFrame, days: list[int]
) -> None:
    """Both must tell the same balances and PAR, or the comparison would be of two different things."""
    told = portfolio_figures(tape, as_of=AS_OF, parameters=loss_parameters())
    plain = bare_book.figures(loans, lines, paid, day=days[-1], months=days)
    same = told["outstanding_minor"] == plain["outstanding"] and abs(told["par30"] - plain["par30"]) < 1e-12
    if not same or told["overdue_minor"] != plain["overdue"] or told["due_12m_minor"] > plain["due"]:
        raise AssertionError(f"{told['outstanding_minor']} and {plain['outstanding']} ought to be the same")


if __name__ == "__main__":
    for result in measure():
        print(result)
