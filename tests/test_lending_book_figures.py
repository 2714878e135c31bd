"""The portfolio's figures: worked examples W8 to W12, W17 and W20, and the identities of METRICS.md on random books."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lending.arrears import BUCKETS, is_active
from lending.book_figures import at_risk, balance, hhi, month_ends, portfolio_figures, ratio, stock, year_flows
from lending.book_flows import expected_cash, flows
from lending.book_rows import rows_as_of, tape_of
from lending.expected_loss import daily_rates, expected_loss, loss_parameters, stages
from lending.loan_book import FAR, book_of, day_number, day_of
from lending.loan_schedule import LoanTerms, schedule_of
from lending.rolls import OPENING_STATES, STATES, cure_rate, moved, roll_rates, state_places
from lending.vintages import first_payment_defaults, month_name, vintages
from lending.yearly_rate import yearly_rate
from tests.loan_days import random_histories
from tests.loan_tapes import FACTS, frames, loan, random_tape, tape

PARAMETERS = loss_parameters()
DAY = date(2026, 4, 1)


def w8():
    """The eleven loans of W8. The restructured ones were given a new schedule of the same amount 100 days before."""
    plain = [
        (1, 0, 10_000, 0), (2, 1, 4_000, 400), (3, 30, 3_000, 500), (4, 31, 2_500, 600), (5, 60, 1_500, 450),
        (6, 61, 1_000, 500), (7, 90, 800, 400), (8, 91, 1_200, 900),
    ]  # fmt: skip
    loans = [loan(n, DAY, outstanding=left, past_due=past, overdue=over) for n, past, left, over in plain]
    loans += [loan(9, DAY, outstanding=2_000), loan(10, DAY, outstanding=1_000)]
    loans += [loan(11, DAY, outstanding=3_000, written_off=date(2026, 3, 1))]
    later = date(2026, 5, 1)
    changed = date(2025, 12, 22)
    schedules = [
        (9, changed, [(later, 2_000)]),
        (10, changed, [(day_of(day_number(DAY) - 45), 300), (later, 700)]),
    ]
    return tape(loans, schedules=schedules)


def test_w8_par_counts_whole_balances_and_each_loan_once():
    figures = stock(rows_as_of(w8(), as_of=DAY, parameters=PARAMETERS))
    assert figures["outstanding_minor"] == 27_000
    assert {name: round(figures[name], 6) for name in
            ("par1", "par30", "par60", "par90", "par30_renegotiated", "npl", "arrears_rate")} == {
        "par1": 0.555556, "par30": 0.296296, "par60": 0.111111, "par90": 0.044444, "par30_renegotiated": 0.370370,
        "npl": 0.044444, "arrears_rate": 0.15,
    }  # fmt: skip
    assert {name: (each["loans"], each["outstanding_minor"]) for name, each in figures["buckets"].items()} == {
        "current": (2, 12_000), "1-30": (2, 7_000), "31-60": (3, 5_000), "61-90": (2, 1_800), "90+": (1, 1_200),
    }  # fmt: skip


def test_w9_a_write_off_betters_par_and_is_told_beside_it():
    loans = [loan(n, DAY, outstanding=left, past_due=past, overdue=1) for n, past, left in
             [(1, 0, 19_000), (4, 31, 5_600), (8, 91, 1_200)]]  # fmt: skip
    before = stock(rows_as_of(tape(loans), as_of=DAY, parameters=PARAMETERS))
    loans[2]["told"]["written_off"] = date(2026, 3, 31)
    after = stock(rows_as_of(tape(loans), as_of=DAY, parameters=PARAMETERS))
    assert (before["outstanding_minor"], after["outstanding_minor"]) == (25_800, 24_600)
    assert before["par90"] > 0
    assert after["par90"] == 0
    assert after["par30"] < before["par30"]


def test_w9_the_write_off_ratio_stands_on_thirteen_month_ends():
    moves = pd.DataFrame({name: [0] for name in ("disbursed_minor", "due_minor", "collected_minor", "income_minor")})
    told = year_flows(moves.assign(written_off_minor=4_200, recovered_minor=600), [20_000] * 12 + [26_000])
    assert round(told["write_off_ratio_12m"], 6) == 0.205263
    assert told["recovered_12m_minor"] == 600
    assert told["collected_12m_minor"] == 0


def test_w9_a_recovery_is_never_in_what_was_collected():
    loans = [loan(1, DAY, outstanding=3_000, past_due=91, overdue=3_000, written_off=date(2026, 2, 1))]
    moves = flows(
        tape(loans, [(1, date(2026, 1, 5), 500), (1, date(2026, 3, 1), 600)]), since=date(2025, 4, 1), until=DAY
    )
    assert moves[["collected_minor", "recovered_minor", "written_off_minor"]].iloc[0].tolist() == [500, 600, 2_500]


W10 = date(2026, 5, 1)


def w10():
    """Three cohorts: J1 was 31 days late on 20 March and paid on the 25th, J2 on 10 April, F1 on 15 April."""

    def late(number, start, amount, reached):
        due = day_number(reached) - 31
        return {"number": number, "start": day_number(start), "lines": [(due, amount)], "principal": amount, "told": {}}

    def sound(number, start, amount):
        return loan(number, date(2027, 1, 1), outstanding=amount, disbursed=start)

    loans = [
        late(1, date(2026, 1, 5), 2_000, date(2026, 3, 20)), late(2, date(2026, 1, 9), 1_000, date(2026, 4, 10)),
        sound(3, date(2026, 1, 12), 7_000), late(4, date(2026, 2, 3), 3_000, date(2026, 4, 15)),
        sound(5, date(2026, 2, 20), 17_000), sound(6, date(2026, 3, 31), 5_000),
    ]  # fmt: skip
    return tape(loans, [(1, date(2026, 3, 25), 2_000)])


def test_w10_vintages_see_loans_that_were_late_between_month_ends():
    told = vintages(w10(), "late_30", as_of=W10)
    assert [month_name(origin) for origin in told["origin"]] == ["2026-01", "2026-02", "2026-03"]
    assert told["originated_minor"].tolist() == [10_000, 20_000, 5_000]
    assert [[round(share, 6) for share in shares] for shares in told["shares"]] == [
        [0, 0, 0.20, 0.30], [0, 0, 0.15], [0, 0],
    ]  # fmt: skip


def test_w10_a_month_that_is_not_over_is_missing():
    told = vintages(w10(), "late_30", as_of=date(2026, 4, 30))
    assert [len(shares) for shares in told["shares"]] == [3, 2, 1]


def test_w11_roll_rates_weigh_by_the_opening_balance():
    before = pd.DataFrame(
        {
            "place": range(6),
            "state": "active",
            "outstanding_minor": [1_000, 1_000, 500, 1_500, 800, 1_200],
            "bucket": [0, 0, 1, 1, 2, 4],
            "days_past_due": [0, 0, 5, 20, 40, 120],
            "restructured": False,
        }
    )
    after = before.assign(
        state=["active"] * 4 + ["paid", "written_off"],
        outstanding_minor=[900, 1_000, 500, 1_500, 0, 0],
        bucket=[0, 1, 0, 2, 0, 0],
        days_past_due=[0, 10, 0, 50, 0, 0],
    )
    balances = moved(before, after)
    shares = roll_rates(balances)
    assert shares.loc["current", ["current", "1-30"]].tolist() == [0.5, 0.5]
    assert shares.loc["1-30", ["current", "31-60"]].tolist() == [0.25, 0.75]
    assert shares.loc["31-60", "paid"] == shares.loc["90+", "written_off"] == 1
    assert shares.loc["61-90"].isna().all()
    assert cure_rate(balances) == 0.125
    assert state_places(before.assign(restructured=True))[0] == STATES.index("restructured")


def test_w12_expected_loss_of_a_short_loan():
    loss = expected_loss([3_000, 2_000, 1_000], [0.01] * 3, loss_given_default_share=0.75, periodic_rate=0.01)
    assert round(loss, 2) == 43.97


def test_w12_expected_loss_of_a_two_year_bullet_by_stage():
    common = {"loss_given_default_share": 0.60, "periodic_rate": 0.10}
    assert round(expected_loss([10_000], [0.10], **common), 2) == 545.45
    assert round(expected_loss([10_000, 10_000], [0.10, 0.12], **common), 2) == 1_080.99
    assert stages(
        days_past_due=np.array([0, 31, 31]), defaulted=np.array([False, False, True]),
        raised_risk=np.array([True, False, False]),
    ).tolist() == [2, 2, 3]  # fmt: skip


def test_w12_a_book_expects_what_its_loans_expect_one_by_one():
    terms = LoanTerms(300_000, "equal_principal", date(2026, 1, 1), 3, 120_000)
    lines = schedule_of(terms)
    one = {
        "number": 1, "start": day_number(date(2026, 1, 1)), "principal": 300_000, "told": {},
        "lines": [(day_number(line.due_on), line.principal_minor) for line in lines],
    }  # fmt: skip
    told = rows_as_of(tape([one]), as_of=date(2026, 1, 2), parameters=PARAMETERS)
    # No interest stands in the schedule, so nothing is discounted; a third is exposed a month, a third two, a third
    # three, at the hazard of a current loan in each scenario.
    by_hand = sum(
        each.weight * sum(
            left * (1 - hazard) ** month * hazard for month, left in enumerate([300_000, 200_000, 100_000])
        )
        for each in PARAMETERS.scenarios
        for hazard in [PARAMETERS.monthly_hazard["current"] * each.hazard_factor]
    )  # fmt: skip
    assert told["expected_loss_minor"].iloc[0] == pytest.approx(by_hand * PARAMETERS.loss_given_default_share)


def test_the_daily_rate_of_a_loan_is_the_one_at_which_its_flows_are_worth_nothing():
    terms = LoanTerms(1_200_000, "annuity", date(2026, 1, 1), 12, 240_000, fee_minor=24_000)
    lines = schedule_of(terms)
    frame = pd.DataFrame({"loan_id": [1], "principal_minor": 1_200_000, "sales_linked": False,
                          "disbursed_day": day_number(terms.disbursed_on), "closed_day": 2**31 - 1,
                          "written_off_day": 2**31 - 1})  # fmt: skip
    instalments = pd.DataFrame(
        [(1, day_number(terms.disbursed_on), line.sequence, day_number(line.due_on), line.principal_minor,
          line.interest_minor, line.fee_minor) for line in lines],
        columns=["loan_id", "in_force_day", "sequence", "due_day", "principal_minor", "interest_minor", "fee_minor"],
    )  # fmt: skip
    none = pd.DataFrame({"loan_id": [], "paid_day": [], "amount_minor": []})
    flows_by_day = [0] * 400
    flows_by_day[0] = -1_200_000
    for line in lines:
        flows_by_day[(line.due_on - terms.disbursed_on).days] += line.due_minor
    expected = yearly_rate(flows_by_day, periods_a_year=365).periodic
    assert daily_rates(book_of(frame, instalments, none))[0] == pytest.approx(expected, rel=1e-6)


def test_w17_concentration_counts_two_shops_of_one_owner_as_one():
    amounts = np.array([50, 30, 20])
    assert round(hhi(amounts, pd.Series(["a", "b", "c"])), 6) == 0.38
    assert round(1 / hhi(amounts, pd.Series(["a", "b", "c"])), 6) == 2.631579
    assert round(hhi(amounts, pd.Series(["a", "b", "b"])), 6) == 0.5
    assert hhi(np.array([0]), pd.Series(["a"])) is None


def test_a_loan_that_follows_a_late_one_of_its_owner_counts_as_renegotiated():
    late = loan(1, DAY, outstanding=1_000, past_due=150, overdue=1_000, owner_key="Ada")
    fresh = loan(2, DAY, outstanding=2_000, disbursed=date(2026, 3, 1), owner_key="Ada")
    other = loan(3, DAY, outstanding=4_000, disbursed=date(2026, 3, 1), owner_key="Ben")
    figures = stock(rows_as_of(tape([late, fresh, other], [(1, date(2026, 2, 20), 1_000)]), as_of=DAY,
                               parameters=PARAMETERS))  # fmt: skip
    assert figures["par30"] == 0
    assert figures["par30_renegotiated"] == pytest.approx(2_000 / 6_000)


def test_the_first_payment_default_counts_only_loans_of_which_it_can_be_told():
    loans = [
        loan(1, DAY, outstanding=100, past_due=40, overdue=50), loan(2, DAY, outstanding=100, past_due=20, overdue=50),
        loan(3, DAY, outstanding=100, past_due=50, overdue=50),
    ]  # fmt: skip
    late, told = first_payment_defaults(tape(loans, [(3, date(2026, 2, 10), 50)]), as_of=DAY)
    assert (late.tolist(), told.tolist()) == ([True, False, False], [True, False, True])


def test_a_sales_linked_loan_far_behind_its_pace_is_in_stage_two_though_in_no_par():
    start = day_number(date(2026, 1, 1))
    frame = pd.DataFrame({"loan_id": [1, 2], "principal_minor": 1_000_000, "sales_linked": True,
                          "disbursed_day": start, "closed_day": 2**31 - 1, "written_off_day": 2**31 - 1})  # fmt: skip
    instalments = pd.DataFrame(
        [(number, start, 1, start + 90, 100_000, 0, 10_000) for number in (1, 2)]
        + [(number, start, 2, start + 220, 900_000, 0, 90_000) for number in (1, 2)],
        columns=["loan_id", "in_force_day", "sequence", "due_day", "principal_minor", "interest_minor", "fee_minor"],
    ).sort_values(["loan_id", "sequence"])
    paid = pd.DataFrame({"loan_id": [1, 2], "paid_day": [start + 30, start + 30], "amount_minor": [90_000, 300_000]})
    facts = pd.DataFrame([FACTS | {"expected_daily_minor": 5_000.0}] * 2)
    rows = rows_as_of(tape_of(book_of(frame, instalments, paid), facts), as_of=DAY, parameters=PARAMETERS)
    # 900 of 4,500 expected is a pace of .2; 3,000 is one of .67.
    assert rows["slow"].tolist() == [True, False]
    assert rows["stage"].tolist() == [2, 1]
    assert rows["days_past_due"].tolist() == [0, 0]


def test_cash_is_expected_by_the_week_in_which_it_falls_due_less_what_was_paid_ahead():
    one = {"number": 1, "start": day_number(date(2026, 1, 1)), "principal": 300, "told": {},
           "lines": [(day_number(DAY) - 5, 100), (day_number(DAY) + 1, 100), (day_number(DAY) + 8, 100)]}  # fmt: skip
    loans = tape([one], [(1, date(2026, 3, 1), 130)])
    rows = rows_as_of(loans, as_of=DAY, parameters=PARAMETERS)
    told = expected_cash(loans, rows["account"].to_numpy(), as_of=DAY, weeks=3)
    assert told["due_minor"].tolist() == [70, 100, 0]


def test_an_empty_book_has_figures_that_are_missing_and_none_that_are_invented():
    loans = tape([loan(1, date(2027, 1, 1), outstanding=100, disbursed=date(2026, 6, 1))])
    figures = portfolio_figures(loans, as_of=DAY, parameters=PARAMETERS)
    assert figures["outstanding_minor"] == figures["active_loans"] == 0
    assert figures["par30"] is figures["hhi_shop"] is figures["write_off_ratio_12m"] is None
    assert figures["vintages"] == {}


@pytest.fixture(scope="module")
def many():
    return random_tape(seed=11, count=400)


@given(st.integers(120, 700))
@settings(max_examples=25)
def test_identities_hold_on_any_day(many, day):
    as_of = day_of(day)
    rows = rows_as_of(many, as_of=as_of, parameters=PARAMETERS)
    figures = stock(rows)
    at = [at_risk(rows, more_than_days=days) for days in (0, 30, 60, 90)]
    assert at == sorted(at, reverse=True)
    assert sum(each["outstanding_minor"] for each in figures["buckets"].values()) == figures["outstanding_minor"]
    assert sum(each["loans"] for each in figures["buckets"].values()) == figures["active_loans"]
    assert at[1] == sum(figures["buckets"][name]["outstanding_minor"] for name in BUCKETS[2:])
    assert at[1] <= (figures["par30_renegotiated"] or 0) * figures["outstanding_minor"] + 0.5
    assert 0 <= figures["expected_credit_loss_minor"] <= figures["outstanding_minor"]
    assert (rows["overdue_principal_minor"] <= rows["outstanding_minor"]).all()
    assert ((rows["stage"] == 3) == rows["defaulted"]).all()
    assert balance(many, as_of=as_of) == figures["outstanding_minor"]
    assert ratio(at[3], figures["outstanding_minor"]) == figures["par90"]


@given(st.integers(150, 650), st.integers(1, 60))
@settings(max_examples=15)
def test_what_moves_between_two_days_accounts_for_the_balance(many, day, later):
    """Opening balance + paid out − principal repaid − written off, forgiven or let go at closing = closing balance."""
    first, last = day_of(day), day_of(day + later)
    then, now = (rows_as_of(many, as_of=each, parameters=PARAMETERS) for each in (first, last))
    balances = moved(then, now)
    assert int(balances.to_numpy().sum()) == int(then["outstanding_minor"].sum())
    shares = roll_rates(balances)
    assert ((shares.sum(axis=1) - 1).abs() < 1e-9)[balances.sum(axis=1) > 0].all()
    assert list(shares.index) == list(OPENING_STATES)
    moves = flows(many, since=first, until=last)
    written = then[is_active(then)].merge(now[["place", "state"]], on="place", suffixes=("", "_now"))
    assert set(np.flatnonzero(moves["written_off_minor"])) >= set(
        written.loc[written["state_now"] == "written_off", "place"]
    )


def test_vintages_never_fall_and_defaults_are_among_the_late(many):
    for as_of in (day_of(300), day_of(500), day_of(700)):
        late, gone = (vintages(many, kind, as_of=as_of) for kind in ("late_30", "defaulted"))
        for row in late["shares"]:
            told = [share for share in row if share is not None]
            assert told == sorted(told)
            assert all(0 <= share <= 1 for share in told)
        assert late["originated_minor"].tolist() == gone["originated_minor"].tolist()


def test_month_ends_go_back_a_year():
    assert month_ends(date(2026, 4, 1), 12)[0] == date(2025, 4, 1)
    assert len(month_ends(date(2026, 4, 1), 12)) == 13


def test_what_is_dated_on_a_day_or_later_changes_no_figure_of_it():
    histories = random_histories(seed=23, count=300)
    loans, lines, paid = frames(histories)
    facts = pd.DataFrame([FACTS] * len(loans)).assign(owner_key=[str(n % 40) for n in range(len(loans))])
    whole = tape_of(book_of(loans, lines, paid), facts)
    for day in (230, 320, 450):
        begun = loans[loans["disbursed_day"] < day]
        ended = {name: begun[name].where(begun[name] < day, FAR) for name in ("closed_day", "written_off_day")}
        known = book_of(
            begun.assign(**ended),
            lines[lines["loan_id"].isin(begun["loan_id"]) & (lines["in_force_day"] < day)],
            paid[paid["loan_id"].isin(begun["loan_id"]) & (paid["paid_day"] < day)],
        )
        places = np.searchsorted(whole.book.loan_id, known.loan_id)
        told = [
            portfolio_figures(tape, as_of=day_of(day), parameters=PARAMETERS)
            for tape in (whole, tape_of(known, facts.iloc[places].reset_index(drop=True)))
        ]
        assert told[0] == told[1]
