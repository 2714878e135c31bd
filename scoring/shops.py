"""From what is on record of some shops to their scores: the walk that a page and the command line share.

Reading the record and storing the score stand on either side of it, in two transactions of their own, so that
nothing is worked out while the database waits.
"""

from collections.abc import Mapping
from datetime import date

import pyarrow as pa

from scoring.card import Card
from scoring.manipulation import raw_and_cleaned, tell
from scoring.manipulation_record import plain
from scoring.records import Scored


def score_events(events: Mapping[str, pa.Table], *, as_of: date | Mapping[int, date], card: Card) -> list[Scored]:
    """The score of every shop in `events` (tables of scoring.records.EVENTS), by ascending shop number.

    `as_of` is one day for all, or that of each shop by its number. A shop without any record is scored too, from
    what is missing; the caller decides who may be scored.
    """
    looked = raw_and_cleaned(events, as_of=as_of)
    features, found = looked.cleaned, tell(looked)
    rows = features.itertuples(index=False, name=None)
    return [
        Scored(
            int(shop_id), dict(zip(features.columns, row, strict=True)), result, plain(found[shop_id]),
            flagged=found[shop_id].flagged,
        )
        for shop_id, row, result in zip(features.index, rows, card.explain(features), strict=True)
    ]  # fmt: skip
