"""The figures of a score as rows: what each feature gave beside the average, family by family, up to the score."""

import numpy as np
import pandas as pd

from components import wording
from components.bin_words import bin_of, bins_in_words, missing_bins, place_of, points_of_bins
from components.factor_words import factor, factor_value
from components.reason_words import Company
from scoring.card import Card
from scoring.card_feature import ANY, FAMILIES, CardFeature
from scoring.features import BY_NAME
from scoring.records import Contribution, ScoreResult

FAMILY_NAMES = {"soundness": "Soundness", "reputation": "Reputation"}
THEME_NAMES = {
    "sales": "Sales",
    "customers": "Customers",
    "tenure": "Time in trade",
    "cash": "Cash",
    "quality": "Quality",
    "repayment": "Repayment",
}
OTHER_THEME = "Other"
BASE, TOGETHER, SCORE, BOTH = "To begin with", "Together", "Score", "Both together"
COLUMNS = ("part", "feature", "figure", "shop", "bin", "points", "usual", "gap", "peers", "cases")
WHOLE = ("points", "usual", "gap")


def point_rows(result: ScoreResult, card: Card, currency: str, company: Company) -> pd.DataFrame:
    """Everything that the card asked, by family and theme; each family begins with its base and ends with its sum.

    Args:
        result: the score.
        card: that made it.
        currency: of the shop's sales.
        company: whose medians stand beside the shop's figures.

    Returns:
        Text: part (the theme; of base and sums the family), feature (its name in the card; empty for base and sums),
        figure, shop, bin, peers (what half of them reach), cases (how many peers have the figure; empty where there
        are too few). Whole numbers: points, usual (points of the average), gap. The last row is the score.
    """
    bins = {each.name: each for each in card.features}
    rows: list[tuple[object, ...]] = []
    for family in FAMILIES:
        base = card.base[family]
        given = sorted((each for each in result.contributions if each.family == family), key=_theme_place)
        rows.append(_bare(FAMILY_NAMES[family], BASE, base, base))
        rows += [_row(each, bins[each.feature], currency, company) for each in given]
        total = base + sum(each.points for each in given)
        rows.append(_bare(FAMILY_NAMES[family], TOGETHER, total, total - sum(each.gap for each in given)))
    gap = sum(each.gap for each in result.contributions)
    rows.append(_bare(SCORE, BOTH, result.points, result.points - gap))
    columns = dict(zip(COLUMNS, zip(*rows, strict=True), strict=True))
    return pd.DataFrame(
        {name: np.array(each, dtype=np.int64) if name in WHOLE else list(each) for name, each in columns.items()}
    )


def features_by_gap(rows: pd.DataFrame) -> pd.DataFrame:
    """The features of `point_rows` alone, what lowers the score most first; equals stay in their order."""
    return rows[rows["feature"] != ""].sort_values("gap", kind="stable", ignore_index=True)


def shown_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of `point_rows` as they are shown: points of figures with their sign, base and sums without."""
    single = (rows["feature"] != "").tolist()

    def points(column: str) -> list[str]:
        return [
            wording.points(each) if signed or column == "gap" else f"{each:,}"
            for each, signed in zip(rows[column].tolist(), single, strict=True)
        ]

    return pd.DataFrame(
        {
            "Part": rows["part"],
            "Figure": rows["figure"],
            "This shop": rows["shop"],
            "Falls into": rows["bin"],
            "Points": points("points"),
            "Average": points("usual"),
            "Gap": points("gap"),
            "Half of peers": rows["peers"],
            "Peers": rows["cases"],
        }
    )


def step_rows(feature: CardFeature, given: Contribution, *, currency: str, peers_median: float | None) -> pd.DataFrame:
    """The bins of one feature as a card has them, the lowest values first, and last those of a missing value.

    Args:
        feature: of the card.
        given: what the shop has, and was given.
        currency: of the shop's sales.
        peers_median: in the feature's unit; None where it is not known.

    Returns:
        A row per bin: bin (text), points (int64), mine (whether the shop falls into it) and peers (whether their median
        does).
    """
    bins, absent = bins_in_words(feature, currency), missing_bins(feature)
    own = place_of(feature, given.value, given.category)
    if given.missing is not None:
        named = list(feature.missing)
        own = len(bins) + named.index(given.missing if given.missing in named else ANY)
    median = None if peers_median is None else place_of(feature, peers_median)
    frame = pd.DataFrame({"bin": [*bins, *absent], "points": [*points_of_bins(feature), *absent.values()]})
    places = frame.index.to_numpy()
    return frame.assign(mine=places == own, peers=places == median)


def _theme_place(each: Contribution) -> int:
    known = BY_NAME.get(each.feature)
    return list(THEME_NAMES).index(known.theme) if known else len(THEME_NAMES)


def _bare(part: str, figure: str, points: int, usual: int) -> tuple[object, ...]:
    return (part, "", figure, "", "", points, usual, points - usual, "", "")


def _row(each: Contribution, feature: CardFeature, currency: str, company: Company) -> tuple[object, ...]:
    known = BY_NAME.get(each.feature)
    peers, cases = _peers(each, currency, company)
    return (
        THEME_NAMES[known.theme] if known else OTHER_THEME,
        each.feature,
        factor(each.feature),
        shop_value(each, currency),
        bin_of(feature, each, currency),
        each.points,
        each.usual_points,
        each.gap,
        peers,
        cases,
    )


def shop_value(each: Contribution, currency: str) -> str:
    """What the shop has of a feature."""
    if each.category is not None:
        return wording.shortened(each.category, 28)
    return "none" if each.value is None else factor_value(each.feature, each.unit, each.value, currency)


def _peers(each: Contribution, currency: str, company: Company) -> tuple[str, str]:
    """What half of the peers reach, and how many peers have the figure; amounts in another currency are not told."""
    found = company.figure(each.feature)
    if found is None or each.missing == "other_currency":
        return wording.MISSING, ""
    median = factor_value(each.feature, each.unit, found[1].median, currency)
    known = BY_NAME.get(each.feature)
    return f"{median} or {'less' if known is not None and known.sign < 0 else 'more'}", f"{found[1].cases:,}"
