"""From points to probabilities: the base at which the scale is right on average, and the calibration after it."""

import math

import numpy as np

SCALE = {"points": 600, "odds": 30, "double_points": 20}
"""600 points are odds of 30 good to 1 bad, and 20 points double the odds (WORKED.md, W16)."""
PER_POINT = math.log(2) / SCALE["double_points"]
"""Log-odds of one point."""
LEAST_SLOPE = 0.05


def base_points(points: np.ndarray, bad: np.ndarray) -> int:
    """The points to begin with, so that the scale's probabilities are right on average of these rows."""
    share = (bad.sum() + 0.5) / (len(bad) + 1)
    log_odds = points * PER_POINT
    offset = math.log((1 - share) / share) - float(log_odds.mean())
    for _ in range(50):
        bads = 1 / (1 + np.exp(log_odds + offset))
        step = float((bads.mean() - share) / (bads * (1 - bads)).mean())
        offset += step
        if abs(step) < 1e-9:
            break
    return round(SCALE["points"] + (offset - math.log(SCALE["odds"])) / PER_POINT)


def calibrate(points: np.ndarray, bad: np.ndarray, *, slope: bool) -> tuple[float, float]:
    """A and b of the log-odds of good, a + b x those of the scale, most likely for these rows.

    Without `slope` b is 1; with it, it is drawn towards 1 as by a single record, so that points which are all alike
    have an answer. A slope below a twentieth would say that the points tell nothing; it stops there.
    Source: Platt 1999; Newton's method on the logistic likelihood.
    """
    scale = math.log(SCALE["odds"]) + (points - SCALE["points"]) * PER_POINT
    good = 1 - bad
    a, b = 0.0, 1.0
    for _ in range(100):
        share = 1 / (1 + np.exp(-np.clip(a + b * scale, -500, 500)))
        weight, rest = share * (1 - share) + 1e-12, good - share
        if slope:
            across = (weight * scale).sum()
            curve = np.array([[weight.sum(), across], [across, (weight * scale**2).sum() + 1]])
            step = np.linalg.solve(curve, np.array([rest.sum(), (rest * scale).sum() + 1 - b]))
        else:
            step = np.array([rest.sum() / weight.sum(), 0.0])
        step = np.clip(step, -2, 2)
        a, b = a + float(step[0]), max(b + float(step[1]), LEAST_SLOPE)
        if np.abs(step).max() < 1e-10:
            break
    return round(a, 6), round(b, 6)
