"""The totals that an Alipay statement tells beside its table, held against what its rows come to."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from ingest.alipay import CURRENCY
from ingest.delimited import Note
from lending.records import Difference

_TOTAL = re.compile(
    r"(?P<name>[^\s:：,，]+?)\s*[:：]\s*(?P<rows>[0-9]{1,9})\s*笔[\s,，共]*(?P<amount>-?[0-9][0-9,]{0,17}(?:\.[0-9]{1,2})?)\s*元"
)


@dataclass(frozen=True, slots=True)
class Total:
    """A total as a file tells it: on which line, of how many rows, and how much without its sign."""

    line: int
    name: str
    rows: int
    minor: int

    def differences(self, file: str, rows: int, minor: int) -> list[Difference]:
        """How it differs from the rows that were found."""
        found = []
        if rows != self.rows:
            found.append(Difference(file, self.line, self.name, self.rows, rows, "rows"))
        if minor != self.minor:
            found.append(Difference(file, self.line, self.name, self.minor, minor, CURRENCY))
        return found


def totals_in(notes: Iterable[Note]) -> dict[str, Total]:
    """The totals that lines outside the table tell, by their names.

    >>> totals_in([Note(27, "#支出合计：9笔，共-2882.94元")])
    {'支出合计': Total(line=27, name='支出合计', rows=9, minor=288294)}
    """
    totals = {}
    for note in notes:
        found = _TOTAL.search(note.text.lstrip("# \t"))
        if found is not None:
            minor = abs(int(Decimal(found["amount"].replace(",", "")).scaleb(2)))
            totals[found["name"]] = Total(note.line, found["name"], int(found["rows"]), minor)
    return totals
