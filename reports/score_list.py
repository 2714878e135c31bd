"""The list of scores as a CSV file: one line per shop, scored or not."""

import csv
import tempfile
from collections.abc import Iterable
from pathlib import Path

from scoring.records import ScoreResult

REASONS = 4
COLUMNS = (
    "shop_ref", "points", "grade", "default_probability", "soundness_points", "reputation_points",
    *(f"reason_{place}" for place in range(1, REASONS + 1)), "not_scored",
)  # fmt: skip

Line = tuple[object, ...]


def scored_line(shop_ref: str, result: ScoreResult) -> Line:
    """A shop with its score; the reasons are codes, the heaviest first, and the probability a fraction."""
    codes = [reason.code for reason in result.reasons]
    return (
        shop_ref, result.points, result.grade, f"{result.default_probability_ppm / 1_000_000:.6f}",
        result.soundness_points, result.reputation_points, *codes, *[""] * (REASONS - len(codes)), "",
    )  # fmt: skip


def not_scored_line(shop_ref: str, why: str) -> Line:
    """A shop without a score, and why it has none."""
    return (shop_ref, *[""] * (len(COLUMNS) - 2), why)


def write(path: Path, lines: Iterable[Line]) -> None:
    """Write the list; an earlier file of the name is replaced only once the new one is whole.

    Raises:
        OSError: where it cannot be written, as on a full disk; nothing of it is left behind.
    """
    with tempfile.TemporaryDirectory(prefix=".scores-", dir=path.parent) as place:
        whole = Path(place) / "scores.csv"
        with whole.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            writer.writerows(lines)
        whole.replace(path)
