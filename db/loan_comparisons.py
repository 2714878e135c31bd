"""Holds staged rows about loans against each other and against the record: what only all rows of a loan can tell."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

from db import staging
from db.staging import Staging, Target
from db.tables import EPOCH_DAY
from lending.loan_schedule import PPM
from lending.records import minor_digits

TARGETS = ("loans", "instalments", "repayments", "funding_shares")
OF_LOANS = TARGETS[1:]
# Rows of a loan that are the whole of it: those on record that a newer file lacks are taken out.
WHOLE = ("instalments", "funding_shares")
GOOD = f"({staging.ADDED}, {staging.UNCHANGED}, {staging.REPLACED})"

# The columns that a refused row is reported under, and what is wrong with it.
_REFUSALS = {
    staging.NO_APPLICATION: ("application_ref", "the row of this application was refused"),
    staging.NO_FORMER_LOAN: ("refinances_loan_ref", "no loan with this loan_ref is known, or its row was refused"),
    staging.NO_SCHEDULE: ("loan_ref", "its rows in the instalments file were refused, so it would have no schedule"),
    staging.OTHER_SCHEDULE: (
        "disbursed_on",
        "the loan's own schedule on record is for another principal or day; import its instalments with it",
    ),
    staging.EARLIER_ROWS: ("disbursed_on", "a payment on record is dated before this day"),
    staging.LOANLESS: ("loan_ref", "the row of this loan was refused"),
    staging.DUE_ORDER: ("due_on", "due before an instalment with a lower sequence"),
}


def given(target: Target) -> str:
    """The condition that leaves rows out that were worked out here and stand in no file."""
    return " AND s.computed = 0" if target.name == "instalments" else ""


def refuse(staged: Staging) -> None:
    """Refuse loans that lean on refused rows, rows of refused loans, and rows that do not add up."""
    if "instalments" in staged.rows_by_shop:
        _refuse_disorder(staged)
        _refuse_principal_sums(staged)
    if "funding_shares" in staged.rows_by_shop:
        _refuse_share_sums(staged)
    if "loans" in staged.rows_by_shop:
        _refuse_loans(staged)
        _refuse_rows_of_refused_loans(staged)


def _refuse_disorder(staged: Staging) -> None:
    """Refuse instalments of the lender's that fall due before one with a lower number in the same schedule."""
    for first, last in staged.ranges(staging.TARGETS["instalments"]):
        staged.run(
            f"UPDATE stage_instalments SET state = {staging.DUE_ORDER} FROM (SELECT shop_no, loan_ref, sequence FROM "
            "(SELECT shop_no, loan_ref, sequence, due_on, in_force_from, lag(due_on) OVER w AS due_before, "
            "lag(in_force_from) OVER w AS in_force_before FROM stage_instalments WHERE computed = 0 AND shop_no "
            "BETWEEN :first AND :last WINDOW w AS (PARTITION BY shop_no, loan_ref ORDER BY sequence)) own WHERE "
            "due_before > due_on AND in_force_before = in_force_from) early WHERE early.shop_no = "
            "stage_instalments.shop_no AND early.loan_ref = stage_instalments.loan_ref "
            f"AND early.sequence = stage_instalments.sequence AND stage_instalments.state IN {GOOD}",
            first=first, last=last,
        )  # fmt: skip


def _loan(staged: Staging, column: str, of: str, *, good: bool = True) -> str:
    """A fact of the loan of a row: as its staged row has it (a good one, or any), else as it is on record."""
    found = f"(SELECT l.{column} FROM loans l WHERE l.loan_ref = {of}.loan_ref)"
    if "loans" not in staged.rows_by_shop:
        return found
    state = f" AND l.state IN {GOOD}" if good else ""
    return f"coalesce((SELECT l.{column} FROM stage_loans l WHERE l.loan_ref = {of}.loan_ref{state}), {found})"


def _first_schedules(staged: Staging, states: str, *, good: bool = True) -> str:
    """The loans whose first schedule the files give, with what its principal adds up to."""
    return (
        "SELECT g.shop_no, g.loan_ref, g.total FROM (SELECT shop_no, loan_ref, in_force_from, "
        "CAST(sum(principal_due_minor) AS BIGINT) AS total FROM stage_instalments WHERE computed = 0 AND "
        f"state IN {states} AND shop_no BETWEEN :first AND :last GROUP BY shop_no, loan_ref, in_force_from) g "
        f"WHERE g.in_force_from = {_loan(staged, 'disbursed_on', 'g', good=good)}"
    )


def _refuse_principal_sums(staged: Staging) -> None:
    """Refuse all rows of a loan whose instalments do not repay just what was lent."""
    for first, last in staged.ranges(staging.TARGETS["instalments"]):
        staged.run(
            f"UPDATE stage_instalments SET state = {staging.PRINCIPAL_SUM} WHERE state IN {GOOD} AND computed = 0 AND "
            f"(shop_no, loan_ref) IN (SELECT f.shop_no, f.loan_ref FROM ({_first_schedules(staged, GOOD)}) f "
            f"WHERE f.total <> {_loan(staged, 'principal_minor', 'f')})",
            first=first, last=last,
        )  # fmt: skip


def _refuse_share_sums(staged: Staging) -> None:
    """Refuse all shares of a loan that do not add up to 1."""
    staged.run(
        f"UPDATE stage_funding_shares SET state = {staging.SHARE_SUM} WHERE state IN {GOOD} AND (shop_no, loan_ref) IN "
        f"(SELECT shop_no, loan_ref FROM stage_funding_shares WHERE state IN {GOOD} GROUP BY shop_no, loan_ref "
        f"HAVING sum(share_ppm) <> {PPM})"
    )


def _refuse_loans(staged: Staging) -> None:
    _refuse_changed_terms(staged)
    if "instalments" in staged.rows_by_shop:
        staged.run(
            f"UPDATE stage_loans SET state = {staging.NO_SCHEDULE} WHERE state = {staging.ADDED} "
            f"AND NOT EXISTS ({_first_rows('stage_loans')})"
        )
    else:
        staged.run(f"UPDATE stage_loans SET state = {staging.NO_SCHEDULE} WHERE state = {staging.ADDED}")
    if "applications" in staged.rows_by_shop:
        staged.run(
            f"UPDATE stage_loans SET state = {staging.NO_APPLICATION} WHERE state IN {GOOD} AND application_ref IN "
            f"(SELECT a.application_ref FROM stage_applications a WHERE a.state NOT IN {GOOD} AND NOT EXISTS "
            "(SELECT 1 FROM applications t WHERE t.application_ref = a.application_ref))"
        )
    refinancing = (
        f"state IN {GOOD} AND refinances_loan_ref IS NOT NULL AND NOT EXISTS (SELECT 1 FROM stage_loans o WHERE "
        f"o.loan_ref = stage_loans.refinances_loan_ref AND o.state IN {GOOD}) AND NOT EXISTS (SELECT 1 FROM loans t "
        "WHERE t.loan_ref = stage_loans.refinances_loan_ref)"
    )
    while staged.run(f"SELECT 1 FROM stage_loans WHERE {refinancing} LIMIT 1"):
        staged.run(f"UPDATE stage_loans SET state = {staging.NO_FORMER_LOAN} WHERE {refinancing}")


def _first_rows(loans: str) -> str:
    """The staged rows of the first schedule of a loan."""
    return (
        f"SELECT 1 FROM stage_instalments i WHERE i.shop_no = {loans}.shop_no AND i.loan_ref = {loans}.loan_ref "
        f"AND i.state IN {GOOD} AND i.in_force_from = {loans}.disbursed_on"
    )


def _refuse_changed_terms(staged: Staging) -> None:
    """Refuse a change of a loan on record that its schedule or its payments on record contradict."""
    here = f"NOT EXISTS ({_first_rows('s')})" if "instalments" in staged.rows_by_shop else "1 = 1"
    other = f"(s.principal_minor <> t.principal_minor OR s.disbursed_on <> t.disbursed_on) AND {here}"
    paid = (
        "s.disbursed_on > t.disbursed_on AND EXISTS (SELECT 1 FROM repayments p WHERE p.shop_id = t.shop_id "
        "AND p.loan_ref = t.loan_ref AND p.paid_on < s.disbursed_on)"
    )
    for state, condition in ((staging.OTHER_SCHEDULE, other), (staging.EARLIER_ROWS, paid)):
        staged.run(
            f"UPDATE stage_loans SET state = {state} WHERE state = {staging.REPLACED} AND loan_ref IN (SELECT "
            "s.loan_ref FROM stage_loans s CROSS JOIN loans t WHERE t.loan_ref = s.loan_ref "
            f"AND s.state = {staging.REPLACED} AND {condition})"
        )


def _refuse_rows_of_refused_loans(staged: Staging) -> None:
    """Refuse rows of loans that were refused; payments and shares of a loan on record stand without its new row."""
    if not staged.run(f"SELECT 1 FROM stage_loans WHERE state NOT IN {GOOD} LIMIT 1"):
        return
    refused = f"SELECT l.shop_no, l.loan_ref FROM stage_loans l WHERE l.state NOT IN {GOOD}"
    unknown = (
        " AND NOT EXISTS (SELECT 1 FROM loans t CROSS JOIN stage_refs m WHERE t.loan_ref = l.loan_ref "
        "AND m.shop_no = l.shop_no AND t.shop_id = m.shop_id)"
    )
    for name in OF_LOANS:
        if name in staged.rows_by_shop:
            staged.run(
                f"UPDATE stage_{name} SET state = {staging.LOANLESS} WHERE state IN {GOOD} AND (shop_no, loan_ref) IN "
                f"({refused}{'' if name == 'instalments' else unknown})"
            )


def find_left_over(staged: Staging, *, recorded: bool) -> None:
    """Find the rows on record that belong to a schedule, or to the shares of a loan, and that its newer rows lack."""
    for name in WHOLE:
        if name not in staged.rows_by_shop:
            continue
        key = ("loan_ref", *staging.TARGETS[name].key[2:])
        staged.left_over(
            name, f"shop_id BIGINT, loan_ref TEXT, {key[-1]} {'BIGINT' if name == 'instalments' else 'TEXT'}"
        )
        if not recorded:
            continue
        schedule, same, last = "", "", key[-1]
        if name == "instalments":
            schedule = ", s.in_force_from"
            same = (
                " AND (t.in_force_from = g.in_force_from OR (t.in_force_from = l.disbursed_on "
                f"AND g.in_force_from = {_loan(staged, 'disbursed_on', 'g')}))"
            )
        for first, last_shop in staged.ranges(staging.TARGETS[name]):
            staged.run(
                f"INSERT INTO left_{name} SELECT DISTINCT t.shop_id, t.loan_ref, t.{last} FROM (SELECT DISTINCT "
                f"s.shop_no, s.loan_ref{schedule} FROM stage_{name} s WHERE s.state IN {GOOD} AND s.shop_no BETWEEN "
                ":first AND :last) g CROSS JOIN stage_refs m CROSS JOIN loans l CROSS JOIN "
                f"{name} t WHERE m.shop_no = g.shop_no AND l.loan_ref = g.loan_ref AND t.shop_id = m.shop_id "
                f"AND t.loan_ref = g.loan_ref{same} AND NOT EXISTS (SELECT 1 FROM stage_{name} o WHERE o.shop_no = "
                f"g.shop_no AND o.loan_ref = g.loan_ref AND o.{last} = t.{last})",
                first=first, last=last_shop,
            )  # fmt: skip


def refused(staged: Staging, target: Target) -> Iterator[tuple[int, str, str, str]]:
    """The staged rows about loans that were refused for one of the reasons above: place, column, value, problem."""
    shown = {
        "loans": ("s.disbursed_on", "NULL", "s.application_ref", "s.refinances_loan_ref"),
        "instalments": ("s.due_on", "s.principal_due_minor", "NULL", "NULL"),
        "repayments": ("NULL", "NULL", "NULL", "NULL"),
        "funding_shares": ("NULL", "s.share_ppm", "NULL", "NULL"),
    }[target.name]
    sums = _sums(staged, target)
    rows = staged.run(
        f"SELECT s.place, s.state, s.loan_ref, r.currency, {', '.join(shown)} FROM stage_{target.name} s "
        f"CROSS JOIN stage_refs r WHERE r.shop_no = s.shop_no AND s.state >= {staging.NO_APPLICATION}"
        f"{given(target)} ORDER BY s.place"
    )
    for place, state, ref, currency, day, number, application, former in rows:
        if state in (staging.PRINCIPAL_SUM, staging.SHARE_SUM):
            yield place, *_sum_told(state, number, *sums[ref], currency)
        else:
            column, problem = _REFUSALS[state]
            named = {"application_ref": application, "refinances_loan_ref": former, "loan_ref": ref}
            yield place, column, str(named[column]) if column in named else _day_text(day), problem


def _sums(staged: Staging, target: Target) -> dict[str, tuple[int, int]]:
    """Of each loan whose rows do not add up, what they add up to, and what they should."""
    found: dict[str, tuple[int, int]] = {}
    if target.name == "funding_shares":
        for ref, total in staged.run(
            "SELECT loan_ref, CAST(sum(share_ppm) AS BIGINT) FROM stage_funding_shares "
            f"WHERE state = {staging.SHARE_SUM} GROUP BY shop_no, loan_ref"
        ):
            found[ref] = total, PPM
    if target.name == "instalments":
        schedules = _first_schedules(staged, f"({staging.PRINCIPAL_SUM})", good=False)
        for first, last in staged.ranges(target):
            for ref, total, principal in staged.run(
                f"SELECT f.loan_ref, f.total, {_loan(staged, 'principal_minor', 'f', good=False)} FROM ({schedules}) f",
                first=first, last=last,
            ):  # fmt: skip
                found[ref] = total, principal
    return found


def _sum_told(state: int, number: int, total: int, right: int, currency: str) -> tuple[str, str, str]:
    """Column, value and problem of a row of a loan whose rows do not add up."""
    if state == staging.SHARE_SUM:
        return "share", _decimal(number, 6), f"the loan's shares add up to {_decimal(total, 6)}, and not to 1"
    digits = minor_digits(currency)
    return (
        "principal_due",
        _decimal(number, digits),
        f"the loan's instalments repay {_decimal(total, digits)} of principal, but {_decimal(right, digits)} were lent",
    )


def _decimal(number: int, digits: int) -> str:
    return f"{Decimal(number).scaleb(-digits):f}"


def _day_text(day: int) -> str:
    return (EPOCH_DAY + timedelta(days=day)).isoformat()
