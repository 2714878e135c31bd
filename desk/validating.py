"""Holding a model against known outcomes before it comes into the register."""

import json
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt

from db import audit
from desk.fitting import Sample
from reports import model_report
from scoring import validation
from scoring.card import Card, read_card
from scoring.card_text import CardError
from scoring.challenger import Challenger, read_challenger

Whole = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

PPM = 1_000_000
ROC_POINTS = 101


class NoContrast(CardError):
    """Outcomes that are all alike tell nothing of a model."""

    def __init__(self, rows: int, bad: int) -> None:
        super().__init__(
            f"Of {rows:,} loans {bad:,} went bad; a model shows what it can only where some did and some did not."
        )


@dataclass(frozen=True, slots=True)
class Validated:
    """A model with how it does, ready for the register."""

    kind: str
    name: str
    model_hash: str
    body: str
    validation: str
    report: str

    def as_rows(self) -> dict[str, str]:
        """As db.register.add takes it."""
        return asdict(self)


def validated(text: str, sample: Sample) -> Validated:
    """Read a model and hold it against loans whose outcome is known.

    Raises:
        scoring.card_text.CardError: where the text is no model, or its hash is another.
        NoContrast: where of the loans all are good or all bad.
        scoring.challenger.ChallengerUnavailable: for a challenger where LightGBM is not installed.
    """
    kind, name, model_hash, body, model = _read(text)
    bad = sample.bad.to_numpy(dtype=bool)
    if not 0 < bad.sum() < len(bad):
        raise NoContrast(len(bad), int(bad.sum()))
    ppm = model.score(sample.features)["default_probability_ppm"].to_numpy()
    if kind == "card":
        told = validation.validate(read_card(body), sample.features, sample.bad).as_json()
    else:
        told = _told_of_probabilities(ppm, bad)
    told["batch"] = sample.batch_id
    curves = {
        "roc": _roc(ppm, bad), "good": (ppm[~bad] / PPM).tolist(), "bad": (ppm[bad] / PPM).tolist(),
    }  # fmt: skip
    report = model_report.page(name, kind, model_hash, told, curves)
    return Validated(kind, name, model_hash, body, audit.canonical(told), report)


def _read(text: str) -> tuple[str, str, str, str, Card | Challenger]:
    """What kind of model a text is, its name, hash and canonical text, and the model itself."""
    try:
        boosting = "trees" in json.loads(text)
    except (ValueError, TypeError):
        boosting = False
    if boosting:
        challenger = read_challenger(text)
        return "boosting", f"challenger-{challenger.hash[:8]}", challenger.hash, challenger.body, challenger
    card = read_card(text)
    return "card", card.name, card.hash, card.body, card


def _told_of_probabilities(ppm: Whole, bad: Flags) -> dict[str, object]:
    """The figures of a model that has no grades of its own."""
    outcome, share = bad.astype(np.int64), ppm / PPM
    return {
        "rows": len(bad),
        "bad": int(outcome.sum()),
        "auc": asdict(validation.auc_interval(-ppm, outcome, seed=0)),
        "ks": validation.kolmogorov_smirnov(-ppm, outcome),
        "brier": validation.brier(share, outcome),
        "ece": validation.calibration_error(share, outcome),
    }


def _roc(ppm: Whole, bad: Flags) -> tuple[list[float], list[float]]:
    """The shares of good and of bad loans that lie at or above falling cut-offs of the default probability."""
    riskiest = np.argsort(-ppm, kind="stable")
    ranked, last = bad[riskiest], np.append(np.diff(ppm[riskiest]) != 0, True)
    of_bad, of_good = (np.cumsum(each)[last] / max(each.sum(), 1) for each in (ranked, ~ranked))
    chosen = np.unique(np.linspace(0, len(of_bad) - 1, ROC_POINTS).astype(np.int64))
    return [0.0, *of_good[chosen].tolist()], [0.0, *of_bad[chosen].tolist()]
