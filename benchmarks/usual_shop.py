"""Finds what the expert card calls usual: `python -m benchmarks.usual_shop INVOICES_URL TOTALS_URL`.

The two addresses are databases into which one set of shops each was imported: small firms with single invoices and
shops with daily totals. Prints per feature the points and the value for the card's `usual_points` and `usual_value`;
what neither set records stays an assumption.
"""

import sys
from datetime import date

import numpy as np
import pandas as pd

from db.engine import connect, open_session
from db.events import shop_events
from scoring.card import CardFeature, load_expert
from scoring.features import compute

# Days inside each set's records on which trade is as usual: no New Year, no peak.
SETS_AS_OF = (date(2020, 1, 1), date(2016, 11, 1))


def known_points(url: str, as_of: date) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Features of the shops of a database, and the points that the expert card gives them."""
    with open_session(connect(url)) as session:
        features = compute(shop_events(session, as_of=as_of), as_of=as_of)
    return features, load_expert().score(features)


def usual(feature: CardFeature, sets: list[tuple[pd.DataFrame, pd.DataFrame]]) -> tuple[float, float] | None:
    """Mean points and median value, each set counting half; None where no set records the feature."""
    means, medians = [], []
    for features, points in sets:
        known = features[feature.name].notna()
        if known.any():
            means.append(points.loc[known, feature.name].mean())
            medians.append(features[feature.name].median())
    if not means:
        return None
    middle = np.exp(np.mean(np.log(medians))) if feature.unit == "money" else np.mean(medians)
    return float(np.mean(means)), float(middle)


if __name__ == "__main__":
    found = [known_points(url, as_of) for url, as_of in zip(sys.argv[1:3], SETS_AS_OF, strict=True)]
    for each in load_expert().features:
        print(each.name, usual(each, found) or "not recorded", "card:", each.usual_points, each.usual_value)
