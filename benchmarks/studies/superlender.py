"""Short loans to returning borrowers in Nigeria: does the record of earlier loans tell which loan goes bad?

Everything about earlier loans is read as it stood when the current loan was asked for. The file holds closed loans
only, so that it knows nothing of borrowers who never repaid an earlier one: the losses look too good, and a history
of one loan is already a history of success. Coordinates and bank branches are left out: they say where somebody lives.
"""

import pandas as pd

from benchmarks.results import Part
from benchmarks.studies import borrowers_as_shops
from benchmarks.studies.comparison import compare
from benchmarks.studies.data_set import DataSet, read
from scoring.card import load_expert

DAY = pd.Timedelta(days=1)
SIGNS = {
    "age_years": 1,
    "earlier_loans": 1,
    "days_since_first_loan": 1,
    "late_loans_share": -1,
    "worst_loan_late_days": -1,
    "last_loan_late_days": -1,
    "mean_loan_late_days": -1,
    "early_loans_share": 1,
    "largest_repaid": 1,
    "growth": -1,
}
ABOUT_THE_LOAN = ["amount", "cost_share", "term_days"]
ABOUT_THE_BORROWER = ["age_years", "referred", "account", "bank", "employment", "education"]


def data_set() -> DataSet:
    """3,101 loans, 22 % bad, with what was known of loan, borrower and earlier loans."""
    loans = current_loans()
    features = (
        about_the_loan(loans)
        .join(about_the_borrower(loans))
        .join(history(loans, repaid_before(loans, all_earlier_loans())))
    )
    bad = (loans["good_bad_flag"] == "Bad").astype(int)
    return DataSet("SuperLender, with repayment history", features, bad, SIGNS)


def measure() -> Part:
    """Five folds of all models, with and without the history, and the expert card by band; takes two minutes."""
    whole = data_set()
    with_history = compare(whole)
    without = compare(whole.only([*ABOUT_THE_LOAN, *ABOUT_THE_BORROWER], name="SuperLender, without repayment history"))
    bands, by_band = borrowers_as_shops.by_band(load_expert(), current_loans(), all_earlier_loans())
    return Part([*with_history.bars(), *without.bars(), *bands], (with_history.table(), without.table(), by_band))


def current_loans() -> pd.DataFrame:
    """The loans whose outcome is known; index `customerid`, one loan each, `asked_at` in the file's own time."""
    loans = read("superlender/perf.csv.gz").set_index("customerid").sort_index()
    return loans.assign(asked_at=pd.to_datetime(loans["creationdate"]))


def all_earlier_loans() -> pd.DataFrame:
    """The earlier loans as filed, with dates."""
    earlier = read("superlender/prevloans.csv.gz")
    dates = ("approveddate", "closeddate", "firstduedate", "firstrepaiddate")
    earlier = earlier.assign(**{name: pd.to_datetime(earlier[name]) for name in dates})
    return earlier.sort_values(["customerid", "approveddate"]).reset_index(drop=True)


def repaid_before(loans: pd.DataFrame, earlier: pd.DataFrame) -> pd.DataFrame:
    """The earlier loans of these borrowers that were repaid before they asked again.

    A loan that was closed later would have told, by being in the file, that it was repaid at all.
    """
    earlier = earlier.join(loans["asked_at"], on="customerid", how="inner")
    known = earlier[["approveddate", "closeddate", "firstrepaiddate"]].max(axis=1) < earlier["asked_at"]
    return earlier[known].reset_index(drop=True)


def about_the_loan(loans: pd.DataFrame) -> pd.DataFrame:
    """What is asked for now."""
    return pd.DataFrame(
        {
            "amount": loans["loanamount"].astype(float),
            "cost_share": loans["totaldue"] / loans["loanamount"] - 1,
            "term_days": loans["termdays"].astype(float),
        }
    )


def about_the_borrower(loans: pd.DataFrame) -> pd.DataFrame:
    """What the borrower said; missing for some."""
    people = read("superlender/demographics.csv.gz").drop_duplicates("customerid").set_index("customerid")
    people = people.reindex(loans.index)
    kinds = {
        "account": "bank_account_type",
        "bank": "bank_name_clients",
        "employment": "employment_status_clients",
        "education": "level_of_education_clients",
    }
    age = (loans["asked_at"] - pd.to_datetime(people["birthdate"])) / (365.25 * DAY)
    referred = loans["referredby"].notna().map({True: "yes", False: "no"})
    found = pd.DataFrame({"age_years": age, "referred": referred.astype(object)})
    return found.assign(**{name: people[column].astype(object).where(people[column].notna(), None)
                           for name, column in kinds.items()})  # fmt: skip


def history(loans: pd.DataFrame, earlier: pd.DataFrame) -> pd.DataFrame:
    """How the earlier loans were repaid: missing for a borrower who has none, apart from their number."""
    late_days = (earlier["firstrepaiddate"].dt.normalize() - earlier["firstduedate"].dt.normalize()) / DAY
    by_borrower = earlier.assign(late_days=late_days, late=late_days > 0, early=late_days < 0).groupby("customerid")
    found = by_borrower.agg(
        earlier_loans=("late_days", "size"),
        late_loans_share=("late", "mean"),
        early_loans_share=("early", "mean"),
        worst_loan_late_days=("late_days", "max"),
        last_loan_late_days=("late_days", "last"),
        mean_loan_late_days=("late_days", "mean"),
        largest_repaid=("loanamount", "max"),
        last_amount=("loanamount", "last"),
        first_approved=("approveddate", "min"),
        last_closed=("closeddate", "max"),
    ).reindex(loans.index)
    found["earlier_loans"] = found["earlier_loans"].fillna(0)
    found["days_since_first_loan"] = (loans["asked_at"] - found.pop("first_approved")) / DAY
    found["days_since_last_loan"] = (loans["asked_at"] - found.pop("last_closed")) / DAY
    found["growth"] = loans["loanamount"] / found.pop("last_amount")
    return found.astype(float)
