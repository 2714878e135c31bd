"""The demo's loan book held against what is known of real ones: figures from the rows of its files alone."""

from datetime import timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from demo import courses, loan_files, loans
from demo.applications import applications_of
from demo.decisions import past
from demo.lent import NEVER
from demo.shops import SEED
from demo.stories import STORIES, all_shops
from lending import records
from lending.loan_schedule import schedule_of
from tests import loan_rows
from tests.made_up import AS_OF, SHOPS

MONTHS = 36
TODAY = loan_rows.whole(AS_OF)
RATE_BPS = 1_000
HALF_A_YEAR = 182

# What is held, the band of a believable book, and how far one book of this size may lie outside of it by chance: money
# is in few hands, and a state such as 61-90 days holds some five loans at a time. P published, M measured on real
# loans, A assumed by practitioners; amounts count by the original principal, rolls by the opening balance.
FACTS = (
    # Size and terms
    ("loans", 4_000, 4_000, 450),                                                  # the demo's own aim
    ("median loan, months of sales", 1.15, 1.25, 0.10),                            # P Square, PayPal
    ("loans of 8-18 % of a year's sales", 0.85, 1.00, 0.05),                       # P
    ("annuities by the month", 0.30, 0.50, 0.03),
    ("annuities by the week", 0.05, 0.15, 0.02),
    ("equal principals", 0.05, 0.15, 0.02),
    ("interest only", 0.05, 0.15, 0.02),
    ("by a share of sales", 0.25, 0.40, 0.02),
    ("funded by the lender alone", 0.75, 0.90, 0.02),
    # Lateness of instalments that fell due
    ("paid early", 0.64, 0.64, 0.04),                                              # M SuperLender
    ("paid on the day", 0.19, 0.19, 0.03),                                         # M
    ("1-7 days late", 0.11, 0.11, 0.02),                                           # M
    ("8-30 days late", 0.057, 0.057, 0.020),                                       # M
    ("later or never", 0.007, 0.030, 0.006),                                       # M, and the defaults added
    ("kinship of a shop's loans in lateness", 0.20, 0.60, 0.05),                   # asked: correlated within a shop
    ("booked the same day or the next", 0.93, 1.00, 0.0),
    ("booked later", 0.005, 0.07, 0.0),
    # Default
    ("first-payment default", 0.005, 0.015, 0.002),                                # A
    ("never paid anything", 3, 20, 3),                                             # A: most of that is fraud
    ("defaults of advances by sales, amount", 0.03, 0.05, 0.012),                  # P Square 4 %
    ("defaults of newcomers, loans", 0.06, 0.10, 0.012),                           # P
    ("NPL, mean of two years", 0.01, 0.03, 0.004),                                 # P MYbank
    ("30+ of the cohort under stress", 0.15, 0.23, 0.02),                          # P OnDeck, Indian MFIs
    ("30+ of a usual cohort", 0.03, 0.10, 0.01),
    # Rolls of a month
    ("current to 1-30", 0.03, 0.05, 0.004),                                        # A
    ("1-30 to 31-60", 0.15, 0.25, 0.03),                                           # A
    ("1-30 to current or paid", 0.60, 0.75, 0.04),                                 # A: 60-70 % cure
    ("31-60 to 61-90", 0.45, 0.60, 0.06),                                          # A
    ("61-90 to 90+", 0.65, 0.80, 0.06),                                            # A
    ("90+ to current", 0.02, 0.04, 0.015),                                         # A
    ("90+ to written off", 0.10, 0.20, 0.04),                                      # A
    # How loans end otherwise
    ("restructured, loans", 0.01, 0.02, 0.002),                                    # A
    ("restructured, of the balance", 0.01, 0.02, 0.006),                           # A
    ("30+ again within a year of it", 0.50, 0.50, 0.15),                           # A
    ("recovered of what was written off", 0.08, 0.20, 0.03),                       # A
    ("of that in the first six months", 0.60, 0.95, 0.05),                         # A
    ("repaid early, in instalments", 0.20, 0.30, 0.02),                            # A
    ("of those into a new loan", 0.50, 0.50, 0.10),                                # A
    ("borrowers who came back", 0.60, 0.90, 0.0),                                  # P PayPal
)  # fmt: skip


def tables(seed=SEED, shops=SHOPS):
    """All loans of a demo, those of the desk's decisions as if it had decided as it was inclined."""
    everyone = all_shops(shops, seed=seed, as_of=AS_OF)
    asked = applications_of(everyone, seed=seed, as_of=AS_OF)
    of_shops = {each.ref: each.shop.ref for each in asked}
    agreed = [
        loans.Agreed(
            each.application_ref, of_shops[each.application_ref], AS_OF - timedelta(days=each.days_ago),
            each.amount_minor, RATE_BPS, each.term_months,
        )
        for each in past(shops=shops, seed=seed, as_of=AS_OF)
        if each.amount_minor
    ]  # fmt: skip
    parts = (
        loan_files.tables(loans.history(everyone, asked, seed=seed, as_of=AS_OF), everyone, beginning="L-"),
        loan_files.tables(loans.of_decisions(everyone, agreed, seed=seed, as_of=AS_OF), everyone, beginning="D-"),
    )
    return {name: pa.concat_tables([part[name] for part in parts]) for name in parts[0]}


@pytest.fixture(scope="module")
def shops():
    return all_shops(SHOPS, seed=SEED, as_of=AS_OF)


@pytest.fixture(scope="module")
def made():
    return tables()


@pytest.fixture(scope="module")
def rows(made):
    return loan_rows.add_lateness(loan_rows.read(made, as_of=AS_OF))


@pytest.fixture(scope="module")
def standings(rows):
    return [loan_rows.standing(rows, day) for day in loan_rows.month_starts(AS_OF, MONTHS)]


@pytest.fixture(scope="module")
def measured(made, rows, standings, shops):
    return {
        **_terms(made, rows, shops), **_lateness(rows), **_defaults(rows, standings), **_rolls(standings),
        **_ends(rows, standings),
    }  # fmt: skip


def test_every_fact_is_measured_once(measured):
    assert [name for name, *_ in FACTS] == list(measured)


@pytest.mark.parametrize(("name", "low", "high", "chance"), FACTS, ids=[name for name, *_ in FACTS])
def test_the_book_shows_what_real_books_show(measured, name, low, high, chance):
    assert low - chance <= measured[name] <= high + chance


def _terms(made, rows, shops):
    lent = rows.loans
    shares = lent.groupby(["kind", lent["interval"].fillna("")]).size() / len(lent)
    alone = made["funding_shares"].to_pandas().query("funder_ref == 'own' and share == 1")
    months = _months_of_sales(lent, shops)
    return {
        "loans": len(lent),
        "median loan, months of sales": months.median(),
        "loans of 8-18 % of a year's sales": ((months / 12 >= 0.08) & (months / 12 <= 0.18)).mean(),
        "annuities by the month": shares["annuity", "month"],
        "annuities by the week": shares["annuity", "week"],
        "equal principals": shares["equal_principal"].sum(),
        "interest only": shares["interest_only"].sum(),
        "by a share of sales": shares["sales_share"].sum(),
        "funded by the lender alone": len(alone) / len(lent),
    }


def _months_of_sales(lent, shops):
    """Loans of the last year that the desk did not decide, to shops a year old, in months of their expected sales."""
    known = courses.prospects(shops, seed=SEED, as_of=AS_OF)
    opened = np.array([loan_rows.whole(shop.opened_on) for shop in shops])
    place = lent["shop"].str[2:].astype(int) - 1
    told = lent["application"].isna() & (lent["disbursed_on"] > TODAY - 360)
    told &= lent["disbursed_on"] - opened[place] > 365
    chosen = lent[told]
    sold = [
        known.monthly(at, until_days_ago=TODAY - day, over_days=365)
        for at, day in zip(place[told], chosen["disbursed_on"], strict=True)
    ]
    return chosen["principal"] / 100 / np.array(sold)


def _lateness(rows):
    by_instalment = rows.loans["kind"] != "sales_share"
    lines = rows.lines[rows.lines["known"] & (rows.lines["leg"] % 2 == 0) & (rows.lines["due_on"] < TODAY - 30)]
    lines = lines[by_instalment[lines["loan"]].to_numpy()]
    late, waited = lines["late"], rows.paid["booked_on"] - rows.paid["paid_on"]
    return {
        "paid early": (late < 0).mean(),
        "paid on the day": (late == 0).mean(),
        "1-7 days late": late.between(1, 7).mean(),
        "8-30 days late": late.between(8, 30).mean(),
        "later or never": (late > 30).mean(),
        "kinship of a shop's loans in lateness": _kinship(lines, rows.loans),
        "booked the same day or the next": (waited <= 1).mean(),
        "booked later": (waited > 1).mean(),
    }


def _kinship(lines, lent):
    """Correlation of the share of late instalments between a shop's odd loans and its even ones."""
    shop, number = lent["shop"][lines["loan"]].to_numpy(), lent["number"][lines["loan"]].to_numpy()
    told = (lines["late"] > 0).groupby([shop, number % 2]).agg(["mean", "size"]).unstack().dropna()
    return told["mean"][(told["size"] >= 6).all(axis=1)].corr().iloc[0, 1]


def _defaults(rows, standings):
    lent = rows.loans
    amount = lent["principal"]
    first = rows.lines[rows.lines["sequence"] == 1].set_index("loan").sort_index()
    seen = first["due_on"] + 31 <= TODAY
    ripe, failed = lent["disbursed_on"] < TODAY - 400, lent["default_on"] < NEVER
    by_sales = lent["kind"] == "sales_share"
    begun = lent.groupby("shop")["disbursed_on"].transform("min")
    # Whose first loan lies in the first half year may have borrowed before the book begins.
    new = (lent["number"] == 1) & (begun > TODAY - 3 * 365 + HALF_A_YEAR) & ~by_sales
    origin = lent["disbursed_on"].to_numpy().astype("datetime64[D]").astype("datetime64[M]")
    stressed = origin == np.datetime64(AS_OF, "M") - 16
    fell, known = lent["par30_on"] < NEVER, lent["disbursed_on"] < TODAY - HALF_A_YEAR
    bad = [_share(each, each["state"] == "90+") for each in standings[-24:]]
    return {
        "first-payment default": (first["late"] > 30)[seen].mean(),
        "never paid anything": (~lent.index.isin(rows.paid["loan"]) & (lent["disbursed_on"] < TODAY - 130)).sum(),
        "defaults of advances by sales, amount": amount[by_sales & ripe & failed].sum() / amount[by_sales & ripe].sum(),
        "defaults of newcomers, loans": failed[new & ripe].mean(),
        "NPL, mean of two years": np.mean(bad),
        "30+ of the cohort under stress": amount[stressed & fell].sum() / amount[stressed].sum(),
        "30+ of a usual cohort": amount[~stressed & known & fell].sum() / amount[~stressed & known].sum(),
    }


def _share(standing, chosen):
    return standing["left"][chosen].sum() / standing["left"].sum()


def _rolls(standings):
    rolls = loan_rows.rolls(standings)
    return {
        "current to 1-30": rolls.loc["current", "1-30"],
        "1-30 to 31-60": rolls.loc["1-30", "31-60"],
        "1-30 to current or paid": rolls.loc["1-30", ["current", "paid"]].sum(),
        "31-60 to 61-90": rolls.loc["31-60", "61-90"],
        "61-90 to 90+": rolls.loc["61-90", "90+"],
        "90+ to current": rolls.loc["90+", "current"],
        "90+ to written off": rolls.loc["90+", "written_off"],
    }


def _ends(rows, standings):
    lent, lines = rows.loans, rows.lines
    changed = lent["restructured_on"] < TODAY - 240
    late = lines[(lines["leg"] % 2 == 1) & lines["known"] & (lines["late"] > 30)]
    within = late["due_on"] + 31 <= lent["restructured_on"][late["loan"]].to_numpy() + 365
    again = changed & lent.index.isin(late["loan"][within])
    lost = lent["written_off_on"] < TODAY - HALF_A_YEAR
    came = rows.paid[rows.paid["recovery"] & lost[rows.paid["loan"]].to_numpy()]
    soon = came["paid_on"] - lent["written_off_on"][came["loan"]].to_numpy() <= HALF_A_YEAR
    early, in_parts = lent["closed_on"] < NEVER, lent["kind"] != "sales_share"
    return {
        "restructured, loans": (lent["restructured_on"] < NEVER).mean(),
        "restructured, of the balance": np.mean([_share(each, each["restructured"]) for each in standings[-24:]]),
        "30+ again within a year of it": again.sum() / changed.sum(),
        "recovered of what was written off": came["amount"].sum() / lent["lost"][lost].sum(),
        "of that in the first six months": came["amount"][soon].sum() / came["amount"].sum(),
        "repaid early, in instalments": early[in_parts & (lent["disbursed_on"] < TODAY - 400)].mean(),
        "of those into a new loan": lent["refinances"].notna().sum() / early.sum(),
        "borrowers who came back": (lent.groupby("shop").size() > 1).mean(),
    }


# --- Over the months of a loan's life -------------------------------------------------------------------------------


def test_no_loan_defaults_in_its_first_months_most_do_in_the_middle_and_fewer_later(rows):
    """Of monthly loans: an advance by sales is late at its milestones only, every ninety days."""
    lent = rows.loans[(rows.loans["interval"] == "month") & (rows.loans["restructured_on"] == NEVER)]
    ended = lent[["default_on", "repaid_on"]].min(axis=1).clip(upper=TODAY)
    months = (_month(ended) - _month(lent["disbursed_on"])).to_numpy()
    failed = (lent["default_on"] < NEVER).to_numpy()
    counts, alive = (np.array([pick(month) for month in range(13)]) for pick in (
        lambda month: (failed & (months == month)).sum(), lambda month: (months >= month).sum(),
    ))  # fmt: skip
    assert counts[:3].sum() == 0
    early, late = counts[4:8].sum() / alive[4:8].sum(), counts[8:].sum() / alive[8:].sum()
    assert early > 1.25 * late


def _month(days):
    return pd.Series(np.asarray(days).astype("datetime64[D]").astype("datetime64[M]").astype(int))


def test_loans_go_better_the_more_a_shop_has_had(rows):
    ripe = rows.loans[rows.loans["disbursed_on"] < TODAY - 400]
    failed = ripe["default_on"] < NEVER
    assert failed[ripe["number"] == 1].mean() > 1.3 * failed[ripe["number"] >= 3].mean()


def test_the_cohort_under_stress_stands_out(rows):
    lent = rows.loans[rows.loans["disbursed_on"] < TODAY - HALF_A_YEAR]
    fell = (lent["par30_on"] < NEVER).to_numpy() * lent["principal"]
    origin = _month(lent["disbursed_on"]).to_numpy()
    share = fell.groupby(origin).sum() / lent["principal"].groupby(origin).sum()
    assert share.idxmax() == (AS_OF.year - 1970) * 12 + AS_OF.month - 1 - 16


def test_weak_health_shows_in_the_outcomes_but_settles_none(rows, shops):
    health = np.array([shop.health for shop in shops])[rows.loans["shop"].str[2:].astype(int) - 1]
    failed = (rows.loans["par30_on"] < NEVER).to_numpy()
    assert health[failed].mean() < health[~failed].mean() - 0.25
    assert (health[failed] > 0.5).sum() > 5


# --- What any record must keep to -----------------------------------------------------------------------------------


def test_the_same_seed_makes_the_same_rows_and_another_one_others():
    first, again, other = (tables(seed, shops=60) for seed in (7, 7, 8))
    assert all(first[name].equals(again[name]) for name in first)
    assert not first["repayments"].equals(other["repayments"])


def test_the_tables_have_the_columns_of_their_kinds(made):
    for kind in (records.LOANS, *records.OF_LOANS):
        assert made[kind.name].column_names == [column.name for column in kind.columns]
        assert made[kind.name].num_rows > 0


def test_no_loan_comes_before_its_shop_opens_or_after_it_closes_and_the_stories_have_none_of_before(rows, shops):
    for ref, day, application in zip(
        rows.loans["shop"], rows.loans["disbursed_on"], rows.loans["application"], strict=True
    ):
        shop = shops[int(ref[2:]) - 1]
        assert shop.opened_on < loan_rows.day(day) < (shop.closed_on or AS_OF)
        assert shop.number > len(STORIES) or application


def test_nothing_is_paid_before_the_loan_or_known_before_it_was_paid_or_comes_later_than_today(rows):
    paid, lent = rows.paid, rows.loans
    assert (paid["amount"] > 0).all()
    assert (paid["paid_on"] > lent["disbursed_on"][paid["loan"]].to_numpy()).all()
    assert (paid["booked_on"] >= paid["paid_on"]).all()
    assert paid["booked_on"].max() < TODAY
    for name in ("disbursed_on", "closed_on", "written_off_on", "restructured_on"):
        assert lent[name][lent[name] < NEVER].max() < TODAY


def test_what_is_repaid_waived_and_lost_adds_up_to_what_was_owed(rows):
    lent, kept = rows.loans, rows.paid[~rows.paid["recovery"]]
    owed = rows.lines.groupby("loan")["due"].sum()
    paid = kept.groupby("loan")["amount"].sum().reindex(lent.index, fill_value=0)
    early = lent["closed_on"] < NEVER
    assert early.any()
    # A payment of the last days may not be booked yet.
    known = early & (lent["closed_on"] < TODAY - 15)
    assert (paid + lent["waived"])[known].equals(owed[known])
    plain = (lent["repaid_on"] < TODAY - 15) & ~early & (lent["restructured_on"] == NEVER)
    assert (paid[plain] == owed[plain]).all()
    lost = lent["written_off_on"] < NEVER
    standing = loan_rows.standing(rows, TODAY)
    assert (standing["left"][lost] == 0).all()
    assert (lent["lost"][lost] > 0).all()
    assert (lent["lost"] <= lent["principal"]).all()


def test_a_new_schedule_takes_over_what_was_owed_of_the_old_one(rows):
    lent, lines = rows.loans, rows.lines
    changed = lent.index[lent["restructured_on"] < NEVER]
    first, second = (lines[lines["leg"] % 2 == leg].groupby("loan") for leg in (0, 1))
    before = rows.paid[rows.paid["leg"] % 2 == 0].groupby("leg")["amount"].sum()
    for loan in changed:
        old, new = first.get_group(loan), second.get_group(loan)
        met = old["so_far"] <= before.get(2 * loan, 0)
        assert before.get(2 * loan, 0) == old["due"][met].sum()
        assert new["principal"].sum() == old["principal"][~met].sum()
        assert (new["due_on"] > lent["restructured_on"][loan]).all()


def test_instalments_are_given_only_of_restructured_loans_and_the_first_ones_as_the_terms_have_them(made):
    by_loan = made["instalments"].to_pandas().groupby("loan_ref")
    changed = [row for row in made["loans"].to_pylist() if row["restructured_on"]]
    assert {row["loan_ref"] for row in changed} == set(by_loan.groups)
    for row in changed:
        given = by_loan.get_group(row["loan_ref"]).head(row["instalments"])
        agreed = schedule_of(loan_rows.terms_of(row))
        assert given["due_on"].tolist() == [line.due_on for line in agreed]
        assert [int(each * 100) for each in given["principal_due"]] == [line.principal_minor for line in agreed]
        assert [int(each * 100) for each in given["interest_due"]] == [line.interest_minor for line in agreed]


def test_some_pay_in_parts_or_more_than_is_due(rows):
    plain = rows.loans.index[(rows.loans["kind"] == "annuity") & (rows.loans["worst"] <= 30)]
    lines = rows.lines[rows.lines["loan"].isin(plain) & rows.lines["known"]]
    paid = rows.paid[rows.paid["loan"].isin(plain)]
    due = set(zip(lines["loan"], lines["due"], strict=True))
    odd = [pair not in due for pair in zip(paid["loan"], paid["amount"], strict=True)]
    assert 0.02 < np.mean(odd) < 0.15
    assert (paid["amount"] % 10_000 == 0).sum() > 50


def test_a_loan_out_of_another_one_comes_on_the_day_on_which_that_one_is_repaid(rows):
    places = pd.Series(rows.loans.index, rows.loans["ref"])
    again = rows.loans[rows.loans["refinances"].notna()]
    earlier = rows.loans.loc[places[again["refinances"]]]
    assert (earlier["closed_on"].to_numpy() == again["disbursed_on"].to_numpy()).all()
    assert (earlier["shop"].to_numpy() == again["shop"].to_numpy()).all()


def test_shares_of_funders_add_up_to_one(made):
    shares = made["funding_shares"].to_pandas()
    assert (shares.groupby("loan_ref")["share"].sum() == 1).all()
    assert set(shares["loan_ref"]) == set(made["loans"]["loan_ref"].to_pylist())
    assert all(ref == "own" or ref.startswith("MADE-UP") for ref in shares["funder_ref"])
