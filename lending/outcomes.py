"""How applications were settled: by grade, by a trait of the shop, by person; why declined, and how large the loans.

Rows are those of `lending.decided.prepare`.
"""

import numpy as np
import pandas as pd

from lending.decided import OUTCOMES, UNSCORED
from lending.policy import GRADES, LENDING_OUTCOMES
from lending.shares import least_reaching, wilson


def by_grade(rows: pd.DataFrame) -> pd.DataFrame:
    """Outcomes of the settled applications by the grade of the score that they were decided on.

    Returns:
        A row per grade that occurs, the strongest first, those without a score last: see `_outcomes_by`.
    """
    settled = rows[rows["settled"]]
    grades = settled["grade"].where(settled["grade"].notna(), UNSCORED)
    told = _outcomes_by(settled, grades)
    order = {grade: place for place, grade in enumerate((*GRADES, UNSCORED))}
    return told.sort_values("group", key=lambda groups: groups.map(order)).reset_index(drop=True)


def by_trait(rows: pd.DataFrame, trait: str, *, most: int) -> pd.DataFrame:
    """Outcomes of the settled applications by a trait of their shops, such as category or region.

    Returns:
        A row per value, those with the most settled applications first, at most so many: see `_outcomes_by`. Shops
        whose trait is not known, or not to be seen, are left out.
    """
    settled = rows[rows["settled"] & rows[trait].notna()]
    told = _outcomes_by(settled, settled[trait])
    return told.sort_values(["settled", "group"], ascending=[False, True]).head(most).reset_index(drop=True)


def by_person(rows: pd.DataFrame) -> pd.DataFrame:
    """What each person settled, by name: neither order nor figure is a ranking, since files are not dealt by chance.

    Returns:
        A row per person_id (group), with person_name, overrides (int64), median_hours (float64), and `_outcomes_by`.
    """
    settled = rows[rows["settled"]]
    told = _outcomes_by(settled, settled["person_id"])
    each = settled.groupby("person_id")
    told["person_name"] = told["group"].map(each["person_name"].first())
    told["overrides"] = told["group"].map(each["override"].sum()).astype("int64")
    told["median_hours"] = (
        told["group"]
        .map({person: least_reaching(hours.to_numpy(), 0.5) for person, hours in each["hours"]})
        .astype("float64")
    )
    return told.sort_values(["person_name", "group"]).reset_index(drop=True)


def _outcomes_by(settled: pd.DataFrame, groups: pd.Series) -> pd.DataFrame:
    """Settled applications counted by group and outcome.

    Returns:
        A row per group: group, approve, approve_less, decline, settled (int64), share, low, high (float64: approved
        in full or less ÷ settled, and its 95 % range).
    """
    places, names = pd.factorize(groups.to_numpy(), sort=True)
    counts = np.zeros((len(names), len(OUTCOMES)), dtype="int64")
    np.add.at(counts, (places, settled["state"].map(OUTCOMES.index).to_numpy(dtype="int64")), 1)
    told = pd.DataFrame(counts, columns=list(OUTCOMES))
    told.insert(0, "group", np.asarray(names))
    told["settled"] = told[list(OUTCOMES)].sum(axis=1).astype("int64")
    approved = told[list(LENDING_OUTCOMES)].sum(axis=1).to_numpy()
    told["share"] = approved / np.maximum(told["settled"].to_numpy(), 1)
    told["low"], told["high"] = wilson(approved, told["settled"].to_numpy())
    return told


def decline_reasons(rows: pd.DataFrame) -> pd.DataFrame:
    """How often each reason was given in the declined applications; one may give several.

    Returns:
        A row per reason, the most frequent first: reason (code), applications (int64), share (float64, of the declined
        applications that give any reason).
    """
    given = rows.loc[rows["state"] == "decline", "reasons"]
    given = given[given.map(len) > 0]
    counts = given.explode().value_counts()
    told = pd.DataFrame({"reason": counts.index.to_numpy(dtype=object), "applications": counts.to_numpy(dtype="int64")})
    told["share"] = told["applications"] / max(len(given), 1)
    return told.sort_values(["applications", "reason"], ascending=[False, True]).reset_index(drop=True)


def sizes(rows: pd.DataFrame) -> pd.DataFrame:
    """How large the approved loans are: median and quartiles, of all and by grade.

    Returns:
        A row for all ("all"), then per grade: group, approved (int64), lower_minor, median_minor, upper_minor
        (float64, whole: each is one of the amounts). Empty where nothing was approved.
    """
    approved = rows[rows["settled"] & (rows["approved_minor"] > 0)]
    parts = {"all": approved} | {str(grade): approved[approved["grade"] == grade] for grade in GRADES}
    amounts = {name: part["approved_minor"].to_numpy() for name, part in parts.items() if len(part)}
    return pd.DataFrame(
        {
            "group": pd.Series(list(amounts), dtype="object"),
            "approved": np.array([len(each) for each in amounts.values()], dtype="int64"),
            **{
                f"{name}_minor": np.array([least_reaching(each, share) for each in amounts.values()], dtype="float64")
                for name, share in (("lower", 0.25), ("median", 0.5), ("upper", 0.75))
            },
        }
    )
