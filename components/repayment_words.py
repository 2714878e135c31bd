"""How a shop repaid its loans, in words."""

from components import wording
from lending.repayment_history import History, Strip, Totals

NONE = "No loan with us yet"
MARKS = {"on_time": "on time", "late": "late", "unpaid": "not paid", "coming": "to come"}
LEGEND = "■ on time, ◆ late, ▲ not paid, with days late; □ to come"


def title(history: History) -> str:
    """The finding: what is unpaid now, or else how many came late and how late at worst."""
    if not history.strips:
        return NONE
    unpaid = [
        int(days)
        for strip in history.strips
        for days in strip.instalments.loc[strip.instalments["mark"] == "unpaid", "late_days"]
    ]
    totals = history.totals
    if any(strip.state == "written_off" for strip in history.strips):
        lost = sum(strip.state == "written_off" for strip in history.strips)
        return f"{wording.count(lost, 'loan')} of {totals.loans} written off"
    if unpaid:
        one = len(unpaid) == 1
        number = f"{wording.count(len(unpaid), 'instalment')} {'is' if one else 'are'} not paid"
        return f"{number}, {wording.count(max(unpaid), 'day')} late{'' if one else ' at worst'}"
    if not totals.instalments_due:
        return f"{wording.count(totals.loans, 'loan')}, no instalment due yet"
    due = totals.instalments_due
    if not totals.instalments_late:
        return f"All {due} instalments came on time" if due > 1 else "The one instalment due came on time"
    worst = wording.count(totals.worst_late_days or 0, "day")
    return f"{totals.instalments_late} of {wording.count(due, 'instalment')} came late, at worst {worst}"


def totals_sentence(totals: Totals) -> str:
    """The figures that the score reads of a shop's loans."""
    repaid = f"{totals.loans_repaid} repaid"
    if totals.loans_repaid_early:
        repaid += f", {totals.loans_repaid_early} of them early"
    lines = [f"{wording.count(totals.loans, 'loan')}, {repaid}"]
    if totals.instalments_due:
        due = wording.count(totals.instalments_due, "instalment")
        lines.append(
            f"{due} due or paid before, {totals.instalments_late} late, worst {_days(totals.worst_late_days)}, "
            f"the last {_days(totals.last_late_days)}"
        )
    lines.append(f"{wording.count(totals.days_on_book, 'day')} on the books")
    return "; ".join(lines)


def state(strip: Strip) -> str:
    """How one loan stands or ended, with its worst days late; to stand behind its marks."""
    worst = f"worst {strip.worst_late_days} d" if strip.worst_late_days else "never late"
    match strip.state:
        case "written_off":
            return f"⚠ written off<br>{worst}"
        case "paid":
            return f"✓ repaid{' early' if strip.repaid_early else ''}<br>{worst}"
        case _ if strip.days_past_due:
            left = wording.money_short(strip.outstanding_minor, strip.currency)
            return f"⚠ {strip.days_past_due} d late<br>{wording.figure_text(left)} left"
        case _:
            left = wording.money_short(strip.outstanding_minor, strip.currency)
            return f"{wording.figure_text(left)} left<br>{worst}"


def loan_name(strip: Strip) -> str:
    """When a loan was paid out, how much it was, and whether its schedule was changed."""
    amount = wording.money_short(strip.principal_minor, strip.currency)
    return f"{strip.disbursed_on:%b %Y}, {amount}{', restructured' if strip.restructured else ''}"


def _days(days: int | None) -> str:
    return "on time" if not days else f"{wording.count(days, 'day')} late"
