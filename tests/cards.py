"""Cards of form 2 for tests: one small enough to work out by hand."""

import json

from scoring.card import read_card

SCALE = {"points": 600, "odds": 30, "double_points": 20}


def numeric(name, edges, points, **more):
    return {
        "name": name, "family": "soundness", "unit": "ratio", "sign": 0, "code": "unable_to_verify", "edges": edges,
        "points": points, "missing": {"any": -7}, "missing_seen": True, "usual_points": 0, "usual_value": None, **more,
    }  # fmt: skip


def textual(name, categories, **more):
    entry = numeric(name, [], [], **more)
    del entry["edges"], entry["points"]
    return {**entry, "categories": categories}


def content(*features, **more):
    return {
        "form": 2, "name": "by hand", "currency": None, "base": {"soundness": 300, "reputation": 300}, "scale": SCALE,
        "grades": [{"grade": "A", "least_points": 620}, {"grade": "B", "least_points": -100_000}],
        "calibration": {"assumed": False, "a": 0, "b": 1}, "provenance": {}, "features": list(features), **more,
    }  # fmt: skip


def card(*features, **more):
    return read_card(json.dumps(content(*features, **more)))
