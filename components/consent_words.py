"""A shop's consent in words: what holds, and each thing that it has said."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Protocol

from components import wording
from settings import settings

WHO = {
    "owner": "The owner",
    "representative": "A representative",
    "marketplace": "The marketplace",
}


class Word(Protocol):
    """See db.consents.Word."""

    @property
    def act(self) -> str: ...

    @property
    def said_by(self) -> str: ...

    @property
    def evidence(self) -> str: ...

    @property
    def sharing(self) -> bool: ...

    @property
    def begins_on(self) -> date: ...

    @property
    def until_on(self) -> date | None: ...

    @property
    def person_name(self) -> str | None: ...

    @property
    def recorded_at(self) -> datetime: ...

    def covers(self, day: date) -> bool:
        """Whether it lets the record be used on a day."""
        ...


def standing(words: Sequence[Word], *, consented: bool, today: date) -> str:
    """What holds today, as a sentence."""
    newest = words[0] if words else None
    if newest is not None and newest.covers(today):
        shared = " Partner banks may read it too." if newest.sharing else ""
        return f"Consent of {_who(newest)}, {_see(newest)}, until {_day(newest.until_on)}.{shared}"
    if newest is not None and newest.act == "withdrawn" and not consented:
        return f"⚠ {_who(newest).capitalize()} took the consent back on {_day(newest.begins_on)}, {_see(newest)}."
    if consented:
        return "Consent given with its application."
    if newest is not None and newest.until_on is not None and newest.until_on < today:
        return f"⚠ The consent ended on {_day(newest.until_on)}."
    return "⚠ No consent on record."


def earlier(words: Sequence[Word]) -> str:
    """All that the shop has said and who noted it, a line each."""
    return "  \n".join(line(word) for word in words)


def line(word: Word) -> str:
    """One thing that a shop said, and who noted it."""
    noted = wording.plain(word.person_name) if word.person_name else "the command line"
    at = wording.moment(word.recorded_at, settings().time_zone)
    if word.until_on is None:
        told = f"Taken back on {_day(word.begins_on)} by {_who(word)}, {_see(word)}"
    else:
        told = f"Given on {_day(word.begins_on)} by {_who(word)} until {_day(word.until_on)}, {_see(word)}"
    return f"{told}. Noted by {noted} on {at}."


def _who(word: Word) -> str:
    return WHO[word.said_by].lower()


def _see(word: Word) -> str:
    return f"see {wording.plain(word.evidence)}"


def _day(day: date | None) -> str:
    return wording.day(day) if day is not None else ""
