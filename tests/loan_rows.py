"""What the rows of a loan book say, worked out from the files' own columns with numpy, apart from the desk's own code.

Only the schedules come from lending.loan_schedule. Days are whole numbers since 1970-01-01.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import pandas as pd

from lending.loan_schedule import LoanTerms, SalesTerms, schedule_of

NEVER = 2**40
EPOCH = date(1970, 1, 1)
BUCKETS = ("current", "1-30", "31-60", "61-90", "90+")
STATES = (*BUCKETS, "restructured", "paid", "written_off")


def whole(day):
    return (day - EPOCH).days


def days(column):
    return np.array([NEVER if day is None else whole(day) for day in column.to_pylist()])


def minor(column):
    return np.array([0 if cell is None else int(cell * 100) for cell in column.to_pylist()])


@dataclass
class Rows:
    """A row per loan, per line of its schedules, and per payment; a leg is a stretch of a loan with one schedule."""

    loans: pd.DataFrame
    lines: pd.DataFrame
    paid: pd.DataFrame
    today: int


def read(tables, *, as_of):
    """The tables of a loan book as numbers."""
    loans = tables["loans"]
    frame = pd.DataFrame(
        {
            "ref": loans["loan_ref"].to_pylist(),
            "shop": loans["shop_ref"].to_pylist(),
            "kind": loans["repayment_kind"].to_pylist(),
            "interval": loans["interval"].to_pylist(),
            "application": loans["application_ref"].to_pylist(),
            "refinances": loans["refinances_loan_ref"].to_pylist(),
            "principal": minor(loans["principal"]),
            "fee": minor(loans["fee_total"]),
            "waived": minor(loans["waived_amount"]),
            "lost": minor(loans["written_off_amount"]),
            **{name: days(loans[name]) for name in ("disbursed_on", "closed_on", "written_off_on", "restructured_on")},
        }
    )
    frame["number"] = frame.sort_values(["disbursed_on", "ref"]).groupby("shop").cumcount() + 1
    place = pd.Series(frame.index, frame["ref"])
    lines = _lines(tables, frame, place)
    given = tables["repayments"]
    paid = pd.DataFrame(
        {
            "loan": place[given["loan_ref"].to_pylist()].to_numpy(),
            "paid_on": days(given["paid_on"]),
            "booked_on": [whole(moment.date()) for moment in given["booked_at"].to_pylist()],
            "amount": minor(given["amount"]),
            "channel": given["channel"].to_pylist(),
        }
    )
    at = paid["loan"].to_numpy()
    paid["recovery"] = paid["paid_on"].to_numpy() > frame["written_off_on"].to_numpy()[at]
    paid["leg"] = 2 * at + (paid["paid_on"].to_numpy() >= frame["restructured_on"].to_numpy()[at])
    return Rows(frame, lines, paid.sort_values(["leg", "paid_on"], ignore_index=True), whole(as_of))


def _lines(tables, frame, place):
    given = tables["instalments"]
    own = pd.DataFrame(
        {
            "loan": place[given["loan_ref"].to_pylist()].to_numpy(),
            "sequence": given["sequence"].to_pylist(),
            "due_on": days(given["due_on"]),
            "principal": minor(given["principal_due"]),
            "costs": minor(given["interest_due"]) + minor(given["fee_due"]),
        }
    )
    counts = tables["loans"]["instalments"].to_pylist()
    later = own["sequence"].to_numpy() > np.array([counts[loan] for loan in own["loan"]], dtype=np.int64)
    own["leg"] = 2 * own["loan"] + later
    rows = []
    for loan, row in enumerate(tables["loans"].to_pylist()):
        if row["restructured_on"] is None:
            rows += [
                (loan, line.sequence, whole(line.due_on), line.principal_minor,
                 line.interest_minor + line.fee_minor, 2 * loan)
                for line in schedule_of(terms_of(row))
            ]  # fmt: skip
    lines = pd.concat([own, pd.DataFrame(rows, columns=own.columns)], ignore_index=True)
    lines = lines.sort_values(["leg", "sequence"], ignore_index=True)
    lines["due"] = lines["principal"] + lines["costs"]
    lines["so_far"] = lines.groupby("leg")["due"].cumsum()
    return lines


def terms_of(row):
    """The terms of a loan as its row in the file has them."""
    principal, fee = int(row["principal"] * 100), int((row["fee_total"] or 0) * 100)
    if row["repayment_kind"] == "sales_share":
        return SalesTerms(
            principal, fee, row["disbursed_on"], row["final_due_on"], int(row["minimum_share"] * 1_000_000),
            row["minimum_days"],
        )  # fmt: skip
    return LoanTerms(
        principal, row["repayment_kind"], row["disbursed_on"], row["instalments"],
        int(row["annual_rate"] * 1_000_000), row["interval"], None, row["rate_kind"], row["day_count"], fee,
    )  # fmt: skip


def add_lateness(rows):
    """When each line was paid in full (`met_on`), how late, and whether that is known yet."""
    lines, loans = rows.lines, rows.loans
    kept = rows.paid[~rows.paid["recovery"]]
    far = int(lines["so_far"].max()) * 4
    so_far = kept.groupby("leg")["amount"].cumsum() + kept["leg"] * far
    found = np.searchsorted(so_far.to_numpy(), (lines["so_far"] + lines["leg"] * far).to_numpy())
    safe = np.minimum(found, len(kept) - 1)
    same = (found < len(kept)) & (kept["leg"].to_numpy()[safe] == lines["leg"].to_numpy())
    lines["met_on"] = np.where(same, kept["paid_on"].to_numpy()[safe], NEVER)
    at = loans.loc[lines["loan"]]
    first = lines["leg"] % 2 == 0
    ends = np.minimum(at["closed_on"], at["written_off_on"]).to_numpy()
    ends = np.minimum(ends, np.where(first, at["restructured_on"], NEVER))
    lines["ends"] = np.minimum(ends, rows.today)
    lines["known"] = lines["due_on"] < lines["ends"]
    lines["late"] = np.minimum(lines["met_on"], lines["ends"]) - lines["due_on"]
    late = lines[lines["known"]]
    loans["worst"] = late.groupby("loan")["late"].max().reindex(loans.index, fill_value=-1)
    bad = late[late["late"] > 90].groupby("loan")["due_on"].min() + 91
    loans["default_on"] = np.minimum(bad.reindex(loans.index, fill_value=NEVER), loans["written_off_on"])
    hit = late[late["late"] > 30].groupby("loan")["due_on"].min() + 31
    loans["par30_on"] = np.minimum(hit.reindex(loans.index, fill_value=NEVER), loans["written_off_on"])
    met = lines.groupby("loan")["met_on"].max().where(loans["restructured_on"] == NEVER)
    second = lines[lines["leg"] % 2 == 1].groupby("loan")["met_on"].max()
    met = met.fillna(second)
    loans["repaid_on"] = np.minimum(met, loans["closed_on"]).astype(np.int64)
    return rows


def standing(rows, day):
    """State and outstanding principal of each loan at the opening of a day; `none` before it was paid out."""
    loans, lines = rows.loans, rows.lines
    count = len(loans)
    paid = rows.paid[(rows.paid["paid_on"] < day) & ~rows.paid["recovery"]]
    by_leg = np.bincount(paid["leg"], paid["amount"], 2 * count)
    restructured = loans["restructured_on"].to_numpy() < day
    leg = lines["leg"].to_numpy()
    holds = (leg % 2 == 1) == restructured[lines["loan"]]
    due_before = (lines["due_on"] < day).to_numpy()
    unpaid = lines[holds & due_before & (lines["so_far"].to_numpy() > by_leg[leg])]
    oldest = unpaid.groupby("loan")["due_on"].min().reindex(loans.index, fill_value=day)
    before = lines["so_far"] - lines["due"]
    by_sales = (loans["kind"] == "sales_share").to_numpy()
    repays = np.clip(by_leg[leg] - before - lines["costs"], 0, lines["principal"]) * due_before
    repaid = np.bincount(lines["loan"], repays, count)
    owed = loans["principal"] + loans["fee"]
    of_sales = np.floor(np.minimum(by_leg[::2], owed) * loans["principal"] / owed + 0.5)
    left = loans["principal"].to_numpy() - np.where(by_sales, of_sales, repaid)
    bucket = np.digitize(day - oldest, [1, 31, 61, 91])
    state = np.array([*BUCKETS, "restructured"], dtype=object)[np.where(restructured & (bucket == 0), 5, bucket)]
    state = np.where(loans["repaid_on"] < day, "paid", state)
    state = np.where(loans["written_off_on"] < day, "written_off", state)
    state = np.where(loans["disbursed_on"] >= day, "none", state)
    left = np.where(np.isin(state, ["none", "paid", "written_off"]), 0, left)
    return pd.DataFrame({"state": state, "left": left, "late": day - oldest, "restructured": restructured})


def month_starts(as_of, months):
    """So many firsts of a month up to the day, the newest last."""
    first = np.datetime64(as_of, "M") - np.arange(months - 1, -1, -1)
    return first.astype("datetime64[D]").astype(np.int64)


def rolls(standings):
    """From state to state a month later, by the opening balance, over all months together."""
    pairs = [
        pd.DataFrame({"from": old["state"], "to": new["state"], "left": old["left"]})
        for old, new in pairwise(standings)
    ]
    all_pairs = pd.concat(pairs)
    sums = all_pairs[all_pairs["left"] > 0].groupby(["from", "to"])["left"].sum().unstack(fill_value=0)
    return sums.reindex(columns=STATES, fill_value=0).div(sums.sum(axis=1), axis=0)


def day(number):
    return EPOCH + timedelta(days=int(number))
