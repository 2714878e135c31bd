"""A fit written down as a card: its table, how it is calibrated, and how sure it is."""

import math
from importlib.metadata import version

import numpy as np

from scoring.calibration import SCALE, calibrate
from scoring.card import Card, load_expert, read_card
from scoring.card_feature import FAMILIES
from scoring.card_text import FORM, canonical
from scoring.features import BY_NAME
from scoring.fit_steps import Learnt, expert_feature, points_of, single_auc
from scoring.fit_table import Table
from scoring.validation import auc_interval, share_interval

FEW_BADS, SOME_BADS, ENOUGH_BADS = 50, 200, 500
ALARM_AUC = 0.90
CODE, FAMILY, UNIT = "unable_to_verify", "soundness", "ratio"
"""Of a column that is no feature of a shop."""


def fitted_card(
    table: Table, learnt: list[Learnt], base: int, held_points: np.ndarray, held_bad: np.ndarray, *, seed: int
) -> Card:
    """The card of a fit.

    Args:
        table: the records.
        learnt: the points of each feature.
        base: points before any feature.
        held_points: points that cards of the same making gave to rows that had no say in them.
        held_bad: the outcomes of those rows.
        seed: of the fit.
    """
    bads = int(table.bad.sum())
    slope = bads >= SOME_BADS
    a, b = calibrate(held_points, held_bad, slope=slope)
    points = base + points_of(learnt, table.columns)
    content = {
        "form": FORM,
        "name": "fitted",
        "currency": table.currency,
        "scale": SCALE,
        "base": dict(zip(FAMILIES, (base - base // 2, base // 2), strict=True)),
        "grades": [{"grade": grade, "least_points": least} for grade, least in load_expert().grades],
        "features": [_entry(each) for each in sorted(learnt, key=_place)],
        "calibration": {
            "assumed": False,
            "a": a,
            "b": b,
            "rows": len(held_bad),
            "bad": int(held_bad.sum()),
            "note": f"{'Level and slope' if slope else 'Level only, since bad are few'}, on rows held out of the fit.",
        },
        "provenance": {
            "made": "Fitted to outcomes: boosted main effects, drawn towards a prior, in few bins and whole points.",
            "when": None,
            "rows": len(table.bad),
            "bad": bads,
            "seed": seed,
            "versions": {name: version(name) for name in ("numpy", "pandas", "scikit-learn")},
            "sure": "prior" if bads < FEW_BADS else "blend" if bads < ENOUGH_BADS else "fitted",
            "points_mean": round(float(points.mean()), 3),
            "auc": _auc(held_points, held_bad, seed),
            "grades": _grades(held_points, held_bad),
            "alarms": _alarms(table),
            "dropped": {
                **{why: list(names) for why, names in table.dropped.items()},
                "light": sorted({each.name for each in table.columns} - {each.column.name for each in learnt}),
            },
        },
    }
    return read_card(canonical(content))


def _place(each: Learnt) -> tuple[int, str]:
    """Features of shops in their own order, then others by name."""
    names = list(BY_NAME)
    name = each.column.name
    return (names.index(name) if name in BY_NAME else len(names), name)


def _entry(each: Learnt) -> dict[str, object]:
    column, known, expert = each.column, BY_NAME.get(each.column.name), expert_feature(each.column.name)
    table = each.by_code
    entry: dict[str, object] = {
        "name": column.name,
        "family": known.family if known else FAMILY,
        "unit": known.unit if known else UNIT,
        "sign": column.sign,
        "code": known.reason if known else CODE,
        "missing": dict(each.missing),
        "missing_codes": dict(expert.missing_codes) if expert else {},
        "missing_seen": each.missing_seen,
        "usual_points": round(float((table * column.counts).sum() / column.counts.sum())),
        "usual_value": column.usual_value,
    }
    if column.categories is not None:
        return {**entry, "categories": dict(zip(column.categories, each.points.tolist(), strict=True))}
    edges = [column.edges[start - 1] for start in each.starts[1:]]
    return {**entry, "edges": edges, "points": each.points.tolist()}


def _auc(points: np.ndarray, bad: np.ndarray, seed: int) -> dict[str, object]:
    found = auc_interval(points, bad, seed=seed)
    figures = {"value": found.value, "low": found.low, "high": found.high}
    told = {name: None if math.isnan(each) else round(each, 6) for name, each in figures.items()}
    return {**told, "rows": len(bad), "bad": int(bad.sum())}


def _grades(points: np.ndarray, bad: np.ndarray) -> list[dict[str, object]]:
    """Of each grade the rows held out, their bad, and the 95 % interval of the probability of default."""
    found, above = [], np.zeros(len(points), dtype=bool)
    for grade, least in load_expert().grades:
        here = (points >= least) & ~above
        above |= here
        rows, bads = int(here.sum()), int(bad[here].sum())
        low, high = share_interval(bads, rows)
        ppm = {"low_ppm": round(low * 1_000_000), "high_ppm": round(high * 1_000_000)}
        found.append({"grade": grade, "rows": rows, "bad": bads, **ppm})
    return found


def _alarms(table: Table) -> list[dict[str, object]]:
    """Columns that tell good from bad so well by themselves that they may know the outcome."""
    found = []
    for column in table.columns:
        value = single_auc(column, table.bad)
        if max(value, 1 - value) > ALARM_AUC:
            found.append({"feature": column.name, "auc": round(max(value, 1 - value), 6)})
    return found
