"""The loan book in words: the finding above each chart, from the frame that is drawn; a neutral form where none is.

What is returned is plain text. With few cases no share is told: the words say how many there are.
"""

from collections.abc import Mapping
from datetime import date, timedelta

import numpy as np
import pandas as pd

from components import wording
from lending.book_picks import RENEGOTIATED, Pick
from lending.book_view import BookView, Holding, Ratio
from lending.months import first_of_month
from lending.shares import FEW, Share

TOO_FEW = "too few cases"
HOLDINGS: Mapping[Holding, str] = {"managed": "Managed book", "own": "Own book"}
TRAITS = {
    "category": "Category", "region": "Region", "rural": "Rural", "size": "Size", "grade": "Grade", "owner": "Owner",
    "marketplace": "Marketplace", "funder": "Funder",
}  # fmt: skip
UNKNOWN = {"grade": "No score", "category": "No category", "region": "No region", "marketplace": "No marketplace"}
BUCKETS = {
    "current": "Current", "1-30": "1–30 days", "31-60": "31–60", "61-90": "61–90", "90+": "90+",
    "restructured": "Restr.", "paid": "Paid", "written_off": "Written off", RENEGOTIATED: "Renegotiated",
}  # fmt: skip
STANDINGS = {
    "active": "Active", "par30": "More than 30 days late", "par60": "More than 60 days late",
    "par90": "More than 90 days late", "renegotiated": "30+ or renegotiated", "lagged": "More than 30 days late",
}  # fmt: skip
STAGES = {"1": "Stage 1", "2": "Stage 2", "3": "Stage 3"}
# A month this much above or below today's is worth a word.
PEAK_TIMES = 1.25
NEAR_LIMIT = 0.9
LEVEL = 0.0005

PAR_CAPTION = (
    "Whole balance of late loans ÷ outstanding, at month ends. Bars: written off in the month ÷ outstanding, since a "
    "write-off improves PAR."
)
VINTAGE_CAPTION = (
    "Original amount more than 30 days late on any day, or written off, ÷ amount lent. "
    "A month that is not over is empty."
)
ROLL_CAPTION = "Of each opening balance, where it was a month later. Rows add up to 100%; new loans are in none."
AGEING_CAPTION = "Outstanding by days past due, whole balance. Renegotiated loans stand in their bucket too."
CASH_CAPTION = "Expected: what falls due × what loans as late as these paid of their dues in the last twelve months."
STAGE_CAPTION = "Stage 1 for twelve months, stage 2 for life, stage 3 in default; table {version} of loss parameters."
FIRST_CAPTION = "Loans whose first instalment was more than 30 days late, by the month paid out; pale: under 30 loans."
LAG_CAPTION = "The same late balance against today's book, and against that of six months before: growth hides arrears."
FUNDING_CAPTION = "Managed book: loans whole. Own book: of each loan the share that is the lender's own money."
DUE_CAPTION = "What came in of loans, late or ahead of time, against what fell due. Recoveries are not among it."
OWNERS_CAPTION = "All shops of an owner are one exposure. Choose a row to see that owner's loans alone."


def bucket(name: str) -> str:
    """A bucket or state beside an axis."""
    return BUCKETS[name]


def group(trait: str, name: str, currency: str) -> str:
    """A group of a trait as people say it.

    >>> group("size", "10000-30000", "CNY"), group("size", "300000-", "CNY"), group("rural", "", "CNY")
    ('¥10k to ¥30k', 'over ¥300k', 'Not known')
    """
    match trait:
        case "size":
            low, high = name.split("-")
            unit = wording.minor_units(currency)
            ends = [wording.money_short(int(each) * unit, currency) for each in (low, high) if each]
            return " to ".join(ends) if high else f"over {ends[0]}"
        case "rural":
            return name.capitalize() or "Not known"
        case "funder" if name == "own":
            return "Own book"
        case _:
            return name or UNKNOWN.get(trait, "Not known")


def close_of(day: date) -> str:
    """A day as the close of the one before.

    >>> close_of(date(2026, 11, 1))
    '31 Oct 2026'
    """
    return wording.day(day - timedelta(days=1))


def pick(picked: Pick, currency: str) -> str:
    """What was picked, as it stands on its button."""
    name, value = picked
    match name:
        case "bucket":
            return "Renegotiated" if value == RENEGOTIATED else _late(value)
        case "stage":
            return STAGES[value]
        case "origin":
            return f"Paid out in {_period(value)}"
        case "roll":
            left, _, reached = value.partition("~")
            return f"{BUCKETS[left]} → {BUCKETS[reached]}"
        case "stood":
            day, _, standing = value.partition("~")
            return f"{STANDINGS[standing]} at the close of {close_of(date.fromisoformat(day))}"
        case "lost":
            return f"Written off in {_period(value)}"
        case "due":
            return f"Due in {_period(value)}"
        case "week":
            return f"Due in the week from {wording.day(date.fromisoformat(value))}"
        case _:
            return f"{TRAITS[name]}: {wording.shortened(group(name, value, currency), 30)}"


def _late(value: str) -> str:
    return "Current" if value == "current" else f"{BUCKETS[value].removesuffix(' days')} days late"


def _period(value: str) -> str:
    year, part = value.split("-")
    return f"{part} {year}" if part.startswith("Q") else wording.month(date(int(year), int(part), 1))


def page_title(view: BookView) -> str:
    """PAR30 today, against the month of the last year that stands out from it."""
    told = view.now.ratios["par30"]
    owed = wording.money_short(view.now.outstanding_minor, view.currency)
    if not view.now.active_loans:
        return "No loan is owed"
    if told.cases < FEW or told.value is None:
        return f"{owed} is outstanding in {wording.count(told.cases, 'loan')}, too few for shares"
    title = f"PAR30 is {wording.share(told.value)}"
    turn = _turn(view.over_time)
    if turn:
        title += f", {turn}"
    grown = _beside_share(view.over_time)
    return f"{title}; renegotiated loans add {wording.points_change(grown).removeprefix('+')}" if grown else title


def _turn(frame: pd.DataFrame) -> str:
    """The month of the last year from which PAR30 came down, or up."""
    year = frame.tail(13)
    known = year[year["par30"].notna() & (year["active"] >= FEW)]
    if len(known) < 4:
        return ""
    now, months = float(known["par30"].iloc[-1]), known.iloc[:-1]
    course = months["par30"].to_numpy()
    high, low = months.iloc[int(course.argmax())], months.iloc[int(course.argmin())]
    if high["par30"] > max(now * PEAK_TIMES, now + LEVEL):
        return f"down from {wording.share(high['par30'])} {_at_close(high['day'], known['day'].iloc[-1])}"
    if now > max(low["par30"] * PEAK_TIMES, low["par30"] + LEVEL):
        return f"up from {wording.share(low['par30'])} {_at_close(low['day'], known['day'].iloc[-1])}"
    return "level over the year"


def _at_close(day: date, last: date) -> str:
    close = day - timedelta(days=1)
    return f"in {close:%B}" if (last - day).days < 360 else f"in {close:%B %Y}"


def _beside_share(frame: pd.DataFrame) -> float:
    row = frame.iloc[-1]
    beside = float(row["renegotiated"] - row["par30"])
    return beside if beside >= LEVEL else 0.0


def caption(view: BookView, *, reported_differs: bool) -> str:
    """Of which book, day and currency the figures are, and what their changes and ranges mean."""
    restated = " as restated" if reported_differs else ""
    return (
        f"{HOLDINGS[view.holding]}, {view.currency},{restated} at the close of {close_of(view.as_of)}. "
        "Changes are on a year before. Ranges are 95%, by borrower."
    )


def ratio(told: Ratio) -> str:
    """A money-weighted ratio, or that its cases are too few."""
    return wording.share(told.value) if told.cases >= FEW or told.value is None else TOO_FEW


def ratio_small(told: Ratio) -> str:
    """What stands below a ratio: its range, or how many cases there are."""
    if told.value is None:
        return "no case"
    if told.cases < FEW:
        return wording.count(told.cases, "loan")
    return wording.share_range(*told.interval) if told.interval else f"of {told.cases:,} loans"


def share(told: Share) -> str:
    """A counted share, or that its cases are too few."""
    if told.value is None:
        return wording.MISSING
    return TOO_FEW if told.too_few else wording.share(told.value)


def par_title(frame: pd.DataFrame) -> str:
    """When arrears peaked, and what renegotiated loans add."""
    known = frame[(frame["active"] >= FEW) & frame["par30"].notna()]
    if len(known) < 2:
        return "Arrears over time"
    high = known.iloc[int(known["par30"].to_numpy().argmax())]
    course = known["par30"].to_numpy(dtype="float64")
    now, beside = float(course[-1]), _beside_share(known)
    if now >= float(course.max()) - LEVEL:
        found = f"Arrears are at their highest, {wording.share(now)}"
    else:
        found = f"Arrears peaked at {wording.share(high['par30'])} in {high['day'] - timedelta(days=1):%B %Y}"
    return f"{found}; renegotiated loans add {wording.share(beside)}" if beside else found


def vintage_title(quarters: pd.DataFrame) -> str:
    """The quarter whose loans went bad most at the same age as the others, where it stands out."""
    enough = quarters[(quarters["loans"] >= FEW) & (quarters["shares"].map(len) > 3)]
    if len(enough) < 3:
        return "How loans of a quarter went bad"
    age = int(min(enough["shares"].map(len).median(), 7)) - 1
    reached = enough[enough["shares"].map(len) > age]
    at = np.array([shares[age] for shares in reached["shares"]], dtype="float64")
    worst = int(at.argmax())
    others = np.delete(at, worst)
    name = quarter(str(reached["quarter"].iloc[worst]))
    middle = float(np.median(others)) if len(others) else 0.0
    if middle and at[worst] >= PEAK_TIMES * middle:
        times = at[worst] / middle
        often = "twice as often" if 1.8 <= times < 2.3 else f"{times:.1f} times as often"
        return f"Loans of {name} went bad {often}"
    return f"Of a quarter's loans {wording.share(float(np.median(at)))} went bad in {age} months"


def quarter(name: str) -> str:
    """A quarter beside a line.

    >>> quarter("2025-Q4")
    '2025 Q4'
    """
    return name.replace("-", " ")


def roll_title(shares: pd.DataFrame) -> str:
    """What became of loans 31 to 60 days late."""
    row = {str(name): float(share) for name, share in shares.astype("float64").loc["31-60"].to_dict().items()}
    if all(np.isnan(share) for share in row.values()):
        return "How loans moved in a month"
    on = sum(row[name] for name in ("61-90", "90+", "written_off"))
    back = sum(row[name] for name in ("current", "paid"))
    return f"Of loans 31–60 days late, {wording.share(on)} roll on and {wording.share(back)} come back"


def ageing_title(frame: pd.DataFrame, currency: str) -> str:
    """How much is current, and how much is beyond 90 days."""
    sums = dict(zip(frame["bucket"], frame["outstanding"], strict=True))
    whole = sum(amount for name, amount in sums.items() if name != RENEGOTIATED)
    if not whole:
        return "Nothing is outstanding"
    current, owed, worst = (wording.money_short(each, currency) for each in (sums["current"], whole, sums["90+"]))
    if not sums["90+"]:
        return f"{current} of {owed} is current; nothing is beyond 90 days"
    return f"{current} of {owed} is current; {worst} is beyond 90 days"


def part_title(frame: pd.DataFrame, trait: str, currency: str, limit: float | None) -> str:
    """The largest group, and how it stands to its limit."""
    if frame.empty:
        return f"Outstanding by {TRAITS[trait].lower()}"
    first = frame.iloc[0]
    name = wording.shortened(group(trait, first["group"], currency), 26)
    found = f"{name} holds {wording.share(first['share'])} of the book"
    if limit is None:
        return found
    if first["share"] > limit:
        return f"{found}, over its {wording.share(limit)} limit"
    near = first["share"] >= NEAR_LIMIT * limit
    return f"{found}, {'near' if near else 'within'} its {wording.share(limit)} limit"


def cash_title(frame: pd.DataFrame, currency: str) -> str:
    """What falls due in the coming weeks, and what is to be expected of it."""
    due, expected = (wording.money_short(float(frame[name].sum()), currency) for name in ("due", "expected"))
    if not frame["due"].any():
        return f"Nothing falls due in {len(frame)} weeks"
    return f"{due} is due in {len(frame)} weeks; {expected} is expected"


def stage_title(frame: pd.DataFrame, currency: str) -> str:
    """The expected loss, and what of it lies in default."""
    loss, whole = float(frame["loss"].sum()), float(frame["outstanding"].sum())
    if not whole:
        return "Nothing is outstanding"
    found = f"{wording.money_short(loss, currency)} of loss is expected, {wording.share(loss / whole)} of the book"
    third = float(frame["loss"].iloc[2])
    return f"{found}; {wording.share(third / loss)} of it in stage 3" if third else found


def first_title(told: Share) -> str:
    """The share of first payments missed."""
    counted = f"{told.part:,} of {told.whole:,}"
    if told.value is None:
        return "First payments of the last twelve months"
    if told.too_few:
        return f"{counted} missed their first payment, {TOO_FEW}"
    return f"{wording.share(told.value)} missed their first payment: {counted} in 12 months"


def lag_title(frame: pd.DataFrame) -> str:
    """What growth hides."""
    row = frame.iloc[-1]
    if not np.isfinite(row["par30_lagged"]) or row["active"] < FEW:
        return "PAR30 against the balance six months before"
    now, lagged = wording.share(row["par30"]), wording.share(row["par30_lagged"])
    return f"PAR30 is {now}, and {lagged} of the book of six months ago"


def funding_title(frame: pd.DataFrame, currency: str) -> str:
    """What of the managed book is the lender's own money."""
    row = frame.iloc[-1]
    if not row["managed"]:
        return "Nothing is outstanding"
    managed = wording.money_short(float(row["managed"]), currency)
    if row["own"] >= row["managed"]:
        return f"All {managed} of the managed book is own money"
    return f"{wording.share(row['own'] / row['managed'])} of the {managed} managed is own money"


def lent_title(frame: pd.DataFrame, currency: str, plan_minor: int | None, *, under_way: bool) -> str:
    """What was lent in the last full months, against the plan or the year before."""
    whole = frame.iloc[:-1] if under_way else frame
    year = whole.tail(12)
    lent = float(year["disbursed"].sum())
    found = f"{wording.money_short(lent, currency)} lent in {wording.count(len(year), 'month')}"
    if plan_minor:
        return f"{found}, {wording.share(lent / (plan_minor * max(len(year), 1)))} of plan"
    before = year["disbursed_before"]
    if before.isna().any() or not before.sum():
        return found
    return f"{found}, {wording.change(lent / float(before.sum()) - 1)} on the year before"


def due_title(told: Ratio) -> str:
    """Collected of what fell due in twelve months."""
    if told.value is None or told.cases < FEW:
        return "Collected against due"
    if told.value > 1:
        return f"Collected: {wording.share(told.value)} of what fell due in 12 months, with early repayments"
    return f"{wording.share(told.value)} of what fell due in 12 months was collected"


def owners_title(frame: pd.DataFrame, limit: float | None) -> str:
    """What the largest owners hold together, and who is over the limit."""
    if frame.empty:
        return "Largest owners"
    share_of_all = wording.share(float(frame["share"].sum()))
    found = (
        f"The {len(frame)} largest owners hold {share_of_all} of the book" if len(frame) > 1 else "One owner holds all"
    )
    over = int((frame["share"] > limit).sum()) if limit is not None else 0
    return f"{found}; {over} over the {wording.share(limit)} limit" if over else found


def loans_title(view: BookView) -> str:
    """How many loans stand behind the figures."""
    over = view.loans - view.now.active_loans
    found = f"{wording.count(view.now.active_loans, 'active loan')}, worst first"
    return f"{found}; then {over:,} that {'is' if over == 1 else 'are'} over" if over else found


def month_end_before(day: date) -> date:
    """The newest month end as of a day, as an opening day."""
    return first_of_month(day)
