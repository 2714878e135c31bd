"""Portfolio in words: the finding above each chart, made from the frame drawn, with a neutral form where there is none.

What is returned is plain text. With few cases no share is told: the words say how many there are.
"""

from collections.abc import Mapping
from datetime import timedelta

import pandas as pd

from components import wording
from lending.decided import Step, Summary
from lending.shares import FEW, Share

PERIODS = {"30": "Last 30 days", "90": "Last 90 days", "365": "Last 365 days", "all": "All time"}
DEFAULT_PERIOD = "365"
DAYS = {"30": 30, "90": 90, "365": 365, "all": None}

STEPS = {
    "received": "Received",
    "consented": "With consent",
    "scored": "Scored",
    "answered": "Answered",
    "settled": "Settled",
}
OUTCOMES = {"approve": "approved in full", "approve_less": "approved less", "decline": "declined"}
WAITING = {
    "no-consent": "without consent",
    "not-scored": "not scored yet",
    "new": "for a first answer",
    "proposed": "for a second person",
    "referred": "referred",
}
TRAITS = {"category": "Category", "region": "Region"}
UNSCORED = "no score"
TOO_FEW = "too few"

NOTHING_SETTLED = "Nothing of this time is settled yet."
GRADES = "By the grade of the score that was decided on. Numbers in the bars are applications."
BY_RECEIVED = "By the time received, with all that was approved on it since. Money of shops with consent."
SHARE_OF_STEP = "Shares are of the step before."
SEVERAL_REASONS = "A decline names up to four reasons."
RANGES = "At most the eight with the most files. Lines are 95% ranges. An open dot stands for fewer than 30 cases."
MIDDLE_HALF = "A bar holds the middle half of the loans, its dot is the median. By the grade decided on."
NO_LOANS = "No loans are on record yet: this page is about applications."
NOT_DEALT = "Files are not dealt out by chance, so people's shares differ for that reason too."


def page_title(told: Summary) -> str:
    """The headline: how many are settled, how many of them in full, how quickly."""
    if not told.received:
        return "No application came in"
    if not told.settled:
        return f"{wording.count(told.received, 'application')} came in; none is settled yet"
    half = f"half within {wording.span(told.median_hours)}"
    if told.full_share.too_few:
        return f"{wording.count(told.settled, 'application')} settled, too few for shares; {half}"
    return (
        f"{wording.share(told.full_share.value)} of {told.settled:,} settled applications were approved in full; {half}"
    )


def funnel_title(told: Summary) -> str:
    """How many of those received are settled, and how many wait."""
    wait = told.received - told.settled
    waiting = f"; {wait:,} {'waits' if wait == 1 else 'wait'}" if wait else ""
    return f"{told.settled:,} of {wording.count(told.received, 'application')} settled{waiting}"


def left_behind(waiting: Mapping[str, int], unscored: int) -> str:
    """Where the applications are that are not settled, and how many were settled without having been scored."""
    said = [f"{number:,} {WAITING[state]}" for state, number in waiting.items()]
    parts = [f"Waiting: {', '.join(said)}." if said else "Nothing of this time waits."]
    if unscored:
        parts.append(
            f"{wording.count(unscored, 'file')} {'was' if unscored == 1 else 'were'} settled without consent or score "
            "and counted as past both."
        )
    return " ".join([*parts, SHARE_OF_STEP])


def grades_title(grades: pd.DataFrame) -> str:
    """Approved shares of the strongest and the weakest grade that have enough cases."""
    enough = grades[(grades["settled"] >= FEW) & (grades["group"] != "")]
    if len(enough) < 2:
        return "Answers by grade"
    best, worst = enough.iloc[0], enough.iloc[-1]
    return (
        f"Approved: {wording.share(best['share'])} of grade {best['group']}, "
        f"{wording.share(worst['share'])} of grade {worst['group']}"
    )


def grade(code: str) -> str:
    """A grade as it stands beside its bar."""
    return code or UNSCORED


def money_title(told: Summary, currency: str) -> str:
    """Money approved, and its share of what was asked for in the same applications."""
    if not told.approved_minor:
        return f"{wording.money_short(told.asked_minor, currency)} asked for, nothing approved yet"
    approved, asked = (wording.money_short(each, currency) for each in (told.approved_minor, told.settled_asked_minor))
    return f"{approved} approved, {wording.share(told.approved_of_asked)} of the {asked} asked for and settled"


def time_title(told: Summary, promised: timedelta) -> str:
    """The share within the promised time, or how long half of them took."""
    days = wording.count(promised.days, "day")
    if not told.settled:
        return "Time to the final answer"
    if told.in_time_share.too_few:
        return f"{told.in_time:,} of {told.settled:,} settled within the promised {days}"
    return f"{wording.share(told.in_time_share.value)} settled within the promised {days}"


def time_caption(told: Summary) -> str:
    """Median and nine-tenths."""
    return (
        f"Half took up to {wording.span(told.median_hours)}, nine in ten up to "
        f"{wording.span(told.nine_tenths_hours)}, from submission to the final answer."
    )


def people_title(people: pd.DataFrame) -> str:
    """Who settled how many, without a ranking."""
    settled = int(people["settled"].sum())
    if len(people) == 1:
        return f"{shortened(people['person_name'].iloc[0], 40)} settled all {settled:,}"
    return f"{len(people):,} people settled {wording.count(settled, 'application')}"


def reasons_title(reasons: pd.DataFrame, declined: int) -> str:
    """The reason most often given."""
    if reasons.empty:
        return "Reasons for declining"
    most = reasons.iloc[0]
    words = wording.REASONS.get(most["reason"], most["reason"])
    if declined < FEW:
        return f"{words}: in {most['applications']:,} of {wording.count(declined, 'decline')}"
    return f"{words}: in {wording.share(most['share'])} of {wording.count(declined, 'decline')}"


def traits_title(told: pd.DataFrame, trait: str) -> str:
    """The highest and lowest approved share, where chance alone would not part them so far."""
    enough = told[told["settled"] >= FEW]
    if len(enough) < 2:
        return f"Approved by {trait}"
    ordered = enough.sort_values("share", ascending=False)
    best, worst = ordered.iloc[0], ordered.iloc[-1]
    if best["low"] <= worst["high"]:
        return f"Approved shares differ by {trait} no more than by chance"
    said = [f"{wording.share(each['share'])} in {shortened(each['group'], 18)}" for each in (best, worst)]
    return f"Approved: {said[0]}, {said[1]}"


def sizes_title(sizes: pd.DataFrame, currency: str) -> str:
    """Between which amounts the middle half of the approved loans lies."""
    if sizes.empty:
        return "Size of approved loans"
    whole = sizes.iloc[0]
    return f"Half of the approved loans are {money_range(whole['lower_minor'], whole['upper_minor'], currency)}"


def money_range(low: float, high: float, currency: str) -> str:
    """From one amount to another, or the one amount that both are.

    >>> money_range(120_000, 450_000, "CNY"), money_range(120_000, 120_000, "CNY")
    ('¥1.2k to ¥4.5k', '¥1.2k')
    """
    return " to ".join(dict.fromkeys(wording.money_short(each, currency) for each in (low, high)))


def shortened(name: str, longest: int) -> str:
    """A name from outside, cut to a length.

    >>> shortened("Grey Tile Teas", 10)
    'Grey Tile…'
    """
    return name if len(name) <= longest else f"{name[: longest - 1].rstrip()}…"


def waiting_for(state: str) -> str:
    """A state in which an application waits, as a line of a list."""
    words = {"new": "waits for a first answer", "proposed": "waits for a second person"}
    return (words.get(state) or WAITING[state]).capitalize()


def share_ranged(share: Share) -> str:
    """A share with its range.

    >>> share_ranged(Share(81, 263)), share_ranged(Share(0, 0))
    ('31% (26–37)', '–')
    """
    if share.interval is None:
        return wording.MISSING
    return f"{wording.share(share.value)} ({wording.share_range(*share.interval)})"


def share_told(share: Share) -> str:
    """A share with its count, and its range where there are few cases."""
    if share.value is None or share.interval is None:
        return wording.MISSING
    counted = f"{share.part:,} of {share.whole:,}"
    return f"{TOO_FEW}: {counted}" if share.too_few else f"{wording.share(share.value)}, {counted}"


def start(value: pd.Timestamp, step: Step) -> str:
    """The week, month or year that begins on a day."""
    match step:
        case "week":
            return f"week of {wording.day(value)}"
        case "month":
            return wording.month(value)
        case _:
            return str(value.year)


def start_short(value: pd.Timestamp, step: Step, *, with_year: bool) -> str:
    """The same beside an axis."""
    match step:
        case "week":
            return f"{value.day} {value:%b}{f'<br>{value.year}' if with_year else ''}"
        case "month":
            return f"{value:%b}{f'<br>{value.year}' if with_year else ''}"
        case _:
            return str(value.year)
