"""Many schedules at once are the schedules of each loan by itself, to the minor unit."""

from datetime import timedelta

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from lending.loan_schedule import DAY_COUNTS, RATE_KINDS, REPAYMENT_KINDS, LoanTerms, schedule_of
from lending.many_schedules import EPOCH_DAY, Alike, lines_of, schedules_of
from tests.test_lending_loan_schedule import W1, W4

IN_INSTALMENTS = [kind for kind in REPAYMENT_KINDS if kind != "sales_share"]


def alike(loans):
    one = loans[0]
    days = [(loan.disbursed_on - EPOCH_DAY).days for loan in loans]
    first = [(loan.first_due_on - EPOCH_DAY).days if loan.first_due_on else 0 for loan in loans]
    return Alike(
        one.repayment_kind, one.rate_kind, one.day_count, one.interval, one.instalments,
        *(np.array(each, dtype=np.int64) for each in (
            [loan.principal_minor for loan in loans], [loan.annual_rate_ppm for loan in loans],
            [loan.fee_minor for loan in loans], days, first,
        )),
    )  # fmt: skip


def as_rows(lines):
    fields = ("loan", "sequence", "due_day", "principal_minor", "interest_minor", "fee_minor")
    return list(zip(*(getattr(lines, name).tolist() for name in fields), strict=True))


@st.composite
def loans_alike(draw):
    kind, rate_kind = draw(st.sampled_from(IN_INSTALMENTS)), draw(st.sampled_from(RATE_KINDS))
    day_count, count = draw(st.sampled_from(DAY_COUNTS)), draw(st.integers(1, 40))
    interval = draw(st.sampled_from(["month", "month", "week", "days:10", "days:366"]))

    def loan():
        paid_out = EPOCH_DAY + timedelta(days=draw(st.integers(18_000, 22_000)))
        after = draw(st.none() | st.integers(1, 70))
        most = draw(st.sampled_from([50, 10_000_000, 10**14]))
        return LoanTerms(
            draw(st.integers(1, most)), kind, paid_out, count, draw(st.integers(0, 10_000_000)), interval,
            paid_out + timedelta(days=after) if after else None, rate_kind, day_count, draw(st.integers(0, 1_000)),
        )  # fmt: skip

    return [loan() for _ in range(draw(st.integers(1, 4)))]


@settings(max_examples=150)
@given(loans_alike())
def test_many_schedules_at_once_are_those_of_each_loan(loans):
    assert as_rows(schedules_of(alike(loans))) == as_rows(lines_of(schedule_of(loan) for loan in loans))


def test_a_level_instalment_that_ends_on_a_half_is_rounded_up():
    # 3 minor units without interest in 2 instalments: 1.5 each, so 2 and the rest.
    loans = [LoanTerms(principal, "annuity", W1.disbursed_on, 2, 0) for principal in (3, 5, 6)]
    assert schedules_of(alike(loans)).principal_minor.tolist() == [2, 1, 3, 2, 3, 3]


def test_schedules_that_were_worked_out_one_by_one_take_the_same_form():
    lines = lines_of(schedule_of(terms) for terms in (W1, W4))
    assert lines.loan.tolist() == [0] * 6 + [1] * (len(lines.loan) - 6)
    assert lines.principal_minor[:6].sum() == W1.principal_minor
    assert lines.principal_minor[6:].sum() == W4.principal_minor
    assert as_rows(lines_of(iter(()))) == []
