"""From what is on record of some shops to their scores: the walk that a page and the command line share.

Reading the record and storing the score stand on either side of it, in two transactions of their own, so that
nothing is worked out while the database waits.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from scoring.card import Card
from scoring.explained import Usual
from scoring.features import compute
from scoring.manipulation import raw_and_cleaned, tell
from scoring.manipulation_record import plain
from scoring.records import Scored

NO_OTHER: Mapping[str, Usual] = {}


def score_events(
    events: Mapping[str, pa.Table],
    *,
    as_of: date | Mapping[int, date],
    card: Card,
    usual: Mapping[str, Usual] = NO_OTHER,
    clean: bool = True,
    follow_fund: bool = True,
) -> list[Scored]:
    """The score of every shop in `events` (tables of scoring.records.EVENTS), by ascending shop number.

    A shop without any record is scored too, from what is missing; the caller decides who may be scored.

    Args:
        events: what is on record.
        as_of: one day for all, or that of each shop by its number.
        card: the card that scores.
        usual: what the gaps are held against, by feature; the card's own usual shop where a feature is not there.
        clean: whether orders that look bought are set aside first. Scores of before they were looked for were not.
        follow_fund: whether a fund that names no balance is followed through its movements. Older scores did not.
    """
    if not follow_fund:
        events = {**events, "wallet": _without_nameless_fund(events["wallet"])}
    if not clean:
        features, found = compute(events, as_of=as_of), {}
    else:
        looked = raw_and_cleaned(events, as_of=as_of)
        features, found = looked.cleaned, tell(looked)
    rows = features.itertuples(index=False, name=None)
    explained = card.explain(features, usual)
    scored = [
        Scored(int(shop_id), dict(zip(features.columns, row, strict=True)), result)
        for shop_id, row, result in zip(features.index, rows, explained, strict=True)
    ]
    return [
        replace(each, manipulation=plain(found[each.shop_id]), flagged=found[each.shop_id].flagged) if found else each
        for each in scored
    ]


def _without_nameless_fund(wallet: pa.Table) -> pa.Table:
    """The entries without those of a fund that name no balance."""
    nameless = pc.and_(pc.equal(wallet["account"], "fund"), pc.is_null(wallet["balance_minor"]))
    return wallet.filter(pc.invert(nameless))


def against(scored: Scored, card: Card, usual: Mapping[str, Usual]) -> Scored:
    """The same score, its gaps held against something else."""
    return replace(scored, result=card.explain_row(scored.features, usual))


def cleaned_features(events: Mapping[str, pa.Table], *, as_of: date | Mapping[int, date]) -> pd.DataFrame:
    """The features from which every shop in `events` would be scored: without the orders that look bought."""
    return raw_and_cleaned(events, as_of=as_of).cleaned
