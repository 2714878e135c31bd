"""From known outcomes to a model: the shop's features as of each day, the fitted card or challenger, and its report."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd
from sqlalchemy import Engine

from db import batches, events
from db.engine import open_session
from desk.scoring import SHOPS_AT_ONCE
from ingest.outcomes import OutcomeRow
from lending.records import BadRow
from scoring.features import BY_NAME, NAMES
from scoring.shops import cleaned_features

# Shops that the expert card has no sign for go in freely.
SIGNS = {name: feature.sign for name, feature in BY_NAME.items()}


@dataclass(frozen=True, slots=True)
class Sample:
    """Loans with the features that their shops had before them, and what became of them."""

    features: pd.DataFrame
    """A row per loan, of scoring.features.compute, after bought sales were set aside; index 0, 1, …"""
    bad: pd.Series
    """Whether it went bad (bool), in the same order."""
    shop_ids: pd.Series
    as_of: pd.Series
    """The days, in the same order."""
    unknown: tuple[BadRow, ...]
    """Rows whose shop is not on record."""
    without_consent: int
    """Rows left out, since their shop had not consented before their day."""
    batch_id: int


def read_sample(engine: Engine, rows: Sequence[OutcomeRow], *, file: str) -> Sample:
    """The features of each row's shop on the record before its day, for shops that had consented by then."""
    with open_session(engine) as session:
        batch_id = batches.newest(session)
        numbers = {ref: number for number, ref in events.shop_refs(session, batch_id=batch_id).items()}
        consented = {
            day: events.consented_shop_ids(session, as_of=day, batch_id=batch_id) for day in {row.as_of for row in rows}
        }
    unknown = tuple(
        BadRow(file, row.line, "shop_ref", row.shop_ref, "no shop on record has this reference")
        for row in rows
        if row.shop_ref not in numbers
    )
    known = [row for row in rows if row.shop_ref in numbers]
    allowed = [row for row in known if numbers[row.shop_ref] in consented[row.as_of]]
    parts = list(_features(engine, allowed, numbers, batch_id))
    features = pd.concat(parts).sort_index() if parts else pd.DataFrame(columns=["currency", *NAMES])
    return Sample(
        features,
        pd.Series([row.bad for row in allowed], dtype=bool),
        pd.Series([numbers[row.shop_ref] for row in allowed], dtype="int64"),
        pd.Series([row.as_of for row in allowed], dtype=object),
        unknown,
        len(known) - len(allowed),
        batch_id,
    )


def _features(
    engine: Engine, rows: Sequence[OutcomeRow], numbers: dict[str, int], batch_id: int
) -> Iterator[pd.DataFrame]:
    """The features part by part, each row under its place; in a part no shop stands twice."""
    part: dict[int, tuple[int, date]] = {}
    for place, row in enumerate(rows):
        shop_id = numbers[row.shop_ref]
        if shop_id in part or len(part) == SHOPS_AT_ONCE:
            yield _read(engine, part, batch_id)
            part = {}
        part[shop_id] = (place, row.as_of)
    if part:
        yield _read(engine, part, batch_id)


def _read(engine: Engine, part: dict[int, tuple[int, date]], batch_id: int) -> pd.DataFrame:
    as_of = {shop_id: day for shop_id, (_, day) in part.items()}
    with open_session(engine) as session:
        found = events.shop_events(session, as_of=max(as_of.values()), shop_ids=sorted(as_of), batch_id=batch_id)
    features = cleaned_features(found, as_of=as_of)
    return features.set_index(pd.Index([part[shop_id][0] for shop_id in features.index]))
