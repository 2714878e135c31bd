"""Several exports of one shop as one batch: all of them are stored, or none."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ingest.exports import NO_SHOP, Export
from ingest.rows import Chunk
from lending.records import BadRow, Difference


@dataclass(frozen=True, slots=True)
class ExportBatch:
    """Exports that are brought in together, in the order in which they are read."""

    exports: tuple[Export, ...]

    @classmethod
    def of(cls, exports: Sequence[Export]) -> "ExportBatch":
        """Some exports. Where nobody said yet whose they are, those of other terms are of shops apart.

        A new shop has the terms of the first.
        """
        terms = {each.terms for each in exports if not each.on_record}
        if len(terms) < 2:
            return cls(tuple(exports))
        if exports[0].shop_ref != NO_SHOP:
            return cls(tuple(replace(each, terms=exports[0].terms) for each in exports))
        return cls(
            tuple(replace(each, shop_ref=f"{NO_SHOP} {each.terms.currency} {each.terms.time_zone}") for each in exports)
        )

    @property
    def format(self) -> str:
        """The names of their formats."""
        return ", ".join(dict.fromkeys(each.found.format.name for each in self.exports))

    @property
    def differences(self) -> tuple[Difference, ...]:
        """Those of each."""
        return tuple(difference for each in self.exports for difference in each.differences)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Those of each, under the name of its file."""
        return tuple(f"{each.name}: {warning}" for each in self.exports for warning in each.warnings)

    def told(self, _left_out: Sequence[int] = ()) -> dict[str, Any]:
        """Nothing: what each adds up to by its own terms can't be added to that of the others."""
        return {}

    def named(self, row: BadRow) -> BadRow:
        """A bad row under its own export's name of the column."""
        return next((each.named(row) for each in self.exports if each.name == row.file), row)

    def chunks(self) -> Iterator[Chunk]:
        """The records of one after the other; shops that are made up for a look come first."""
        made_up: set[str] = set()
        coming = [each.chunks() for each in self.exports]
        for each, chunks in zip(self.exports, coming, strict=True):
            if not each.on_record:
                shop = next(chunks)
                if each.shop_ref not in made_up:
                    made_up.add(each.shop_ref)
                    yield shop
        for number, chunks in enumerate(coming):
            for chunk in chunks:
                yield replace(chunk, share=(number + chunk.share) / len(coming))
