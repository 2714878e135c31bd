"""Consents of shops: what each has said of the use of its record, and what that opens at a moment.

Two kinds count. An application of Loam's own files may name the moment of its consent. Besides, a shop's word is noted
here, with the import that it came with or by itself: given from a day to a day, or taken back. Of these words the
newest holds. One that takes consent back ends everything that was given before it, also for scores as of an earlier
day; what was given afterwards counts again.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Select,
    and_,
    case,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    type_coerce,
)
from sqlmodel import Session

from db import audit, people
from db.tables import EPOCH, MICROSECOND, Application, Consent, Day, Person, Shop, UtcTime, table_of
from lending.consent import Given, check_given, check_word
from lending.errors import ConsentRefused
from lending.moments import midnight

consents = table_of(Consent)
applications = table_of(Application)
shops = table_of(Shop)
persons = table_of(Person)

_DAY_US = literal(timedelta(days=1) // MICROSECOND, BigInteger)
_HALF_DAY_US = literal(timedelta(hours=12) // MICROSECOND, BigInteger)
RIGHT = "import"
"""Whoever may bring in a shop's files may note what it says of them."""


@dataclass(frozen=True, slots=True)
class Word:
    """What a shop said, as it stands on record."""

    id: int
    act: str
    """given or withdrawn."""
    said_by: str
    evidence: str
    sharing: bool
    begins_on: date
    """The day on which it was given or taken back, where the shop is."""
    until_on: date | None
    """The last day that it covers; None where it was taken back."""
    batch_id: int | None
    person_name: str | None
    """Who noted it; None for the command line."""
    recorded_at: datetime

    def covers(self, day: date) -> bool:
        """Whether this word, if it is the newest, lets the shop's record be used on a day."""
        return self.until_on is not None and self.begins_on <= day <= self.until_on


@dataclass(frozen=True, slots=True)
class BroughtIn:
    """The consent of a shop as it comes with an import of its files."""

    shop_ref: str
    given: Given
    today: date
    """The day at the desk."""
    time_zone: str
    """Of the desk, whose calendar the days of a consent follow."""


def give_with(session: Session, brought_in: BroughtIn, *, person_id: int | None, batch_id: int | None) -> None:
    """Note the consent that comes with an import.

    Raises:
        ConsentRefused, NotAllowed: as `give` says.
    """
    shop_id = session.execute(select(shops.c.id).where(shops.c.shop_ref == brought_in.shop_ref)).scalar_one_or_none()
    if shop_id is None:
        raise ConsentRefused("unknown")
    give(
        session, shop_id, brought_in.given, today=brought_in.today, time_zone=brought_in.time_zone,
        person_id=person_id, batch_id=batch_id,
    )  # fmt: skip


def give(
    session: Session,
    shop_id: int,
    given: Given,
    *,
    today: date,
    time_zone: str,
    person_id: int | None,
    batch_id: int | None = None,
) -> int:
    """Note that a shop has consented, and return the number of the row.

    Args:
        session: a transaction that writes.
        shop_id: the shop.
        given: what it consented to.
        today: the day at the desk.
        time_zone: of the desk, whose calendar the days of a consent follow.
        person_id: who notes it; None for the command line.
        batch_id: the import with which it came.

    Raises:
        ConsentRefused: as lending.consent.check_given says, and "unknown" for a shop that is not on record.
        NotAllowed: where the person may not.
    """
    _require(session, shop_id, person_id)
    check_given(given, today=today)
    number = _note(
        session, shop_id, person_id, act="given", said_by=given.said_by, evidence=given.evidence.strip(),
        sharing=int(given.sharing), begins_at=midnight(given.given_on, time_zone),
        ends_at=midnight(given.until_on + timedelta(days=1), time_zone), batch_id=batch_id,
    )  # fmt: skip
    body = {"consent": number, "said_by": given.said_by, "evidence": given.evidence.strip()}
    audit.record(session, person_id, "consent", "shops", shop_id, body)
    return number


def withdraw(session: Session, shop_id: int, *, said_by: str, evidence: str, person_id: int | None) -> int:
    """Note that a shop takes its consent back, from this moment on, and return the number of the row.

    Raises:
        ConsentRefused: "speaker", "evidence", "unknown", and "nothing" where no consent is left to take back.
        NotAllowed: where the person may not.
    """
    _require(session, shop_id, person_id)
    check_word(said_by, evidence)
    now = datetime.now(UTC)
    newest = session.execute(_newest_of(shop_id)).first()
    own = select(func.max(applications.c.consented_at)).where(applications.c.shop_id == shop_id)
    asked_at = session.execute(own).scalar_one()
    if newest is None or newest.act == "withdrawn":
        since = datetime.min.replace(tzinfo=UTC) if newest is None else newest.begins_at
        if asked_at is None or asked_at <= since:
            raise ConsentRefused("nothing")
    number = _note(
        session, shop_id, person_id, act="withdrawn", said_by=said_by, evidence=evidence.strip(), sharing=0,
        begins_at=max(now, asked_at or now), ends_at=None, batch_id=None,
    )  # fmt: skip
    body = {"consent": number, "said_by": said_by, "evidence": evidence.strip()}
    audit.record(session, person_id, "withdraw consent", "shops", shop_id, body)
    return number


def _require(session: Session, shop_id: int, person_id: int | None) -> None:
    """Refuse a person who may not note what this shop says, and a shop that is not on record."""
    if person_id is not None:
        people.require(session, person_id, RIGHT, shop_id=shop_id)
    if session.execute(select(shops.c.id).where(shops.c.id == shop_id)).first() is None:
        raise ConsentRefused("unknown")


def _note(session: Session, shop_id: int, person_id: int | None, **values: Any) -> int:  # noqa: ANN401  (cells of a row)
    number: int = session.execute(
        insert(consents)
        .values(shop_id=shop_id, person_id=person_id, recorded_at=datetime.now(UTC), **values)
        .returning(consents.c.id)
    ).scalar_one()
    return number


def _newest_of(shop_id: int) -> Select[Any]:
    return select(consents).where(consents.c.shop_id == shop_id).order_by(consents.c.id.desc()).limit(1)


def of_shop(session: Session, shop_id: int, *, time_zone: str) -> list[Word]:
    """All that a shop has said, the newest first, with days on the calendar of the desk."""
    rows = session.execute(
        select(consents, persons.c.name)
        .outerjoin_from(consents, persons, persons.c.id == consents.c.person_id)
        .where(consents.c.shop_id == shop_id)
        .order_by(consents.c.id.desc())
    )
    return [_word(row, ZoneInfo(time_zone)) for row in rows]


def taken_back(session: Session, shop_id: int) -> bool:
    """Whether the newest word of a shop is that it takes its consent back."""
    newest = session.execute(_newest_of(shop_id)).first()
    return newest is not None and newest.act == "withdrawn"


def of_ref(session: Session, shop_ref: str, *, now: datetime, time_zone: str) -> tuple[list[Word], bool]:
    """All that the shop of a number has said, and whether its record may be used at a moment."""
    shop = session.execute(
        select(shops.c.id, opens(shops.c.id, now).label("opens")).where(shops.c.shop_ref == shop_ref)
    ).first()
    return ([], False) if shop is None else (of_shop(session, shop.id, time_zone=time_zone), bool(shop.opens))


def _word(row: Any, zone: ZoneInfo) -> Word:  # noqa: ANN401  (a row of the statement above)
    ends = None if row.ends_at is None else row.ends_at.astimezone(zone).date() - timedelta(days=1)
    return Word(
        row.id, row.act, row.said_by, row.evidence, bool(row.sharing), row.begins_at.astimezone(zone).date(), ends,
        row.batch_id, row.name, row.recorded_at,
    )  # fmt: skip


# --- What consent opens -----------------------------------------------------------------------------------------


def given_at(asked: FromClause, now: datetime | ColumnElement[Any]) -> ColumnElement[datetime | None]:
    """When the consent was given that opens an application's file at a moment; null where there is none.

    Args:
        asked: the table applications, or an alias of it.
        now: the moment, or a bound value for it, in microseconds or as UtcTime.
    """
    moment = _moment(now)
    of_its_own = case((_counts(asked, moment), _number(asked.c.consented_at)))
    word = consents.alias("word")
    said = select(_number(word.c.begins_at)).where(_holds(word, asked.c.shop_id, moment)).correlate_except(word)
    return type_coerce(func.coalesce(of_its_own, said.scalar_subquery()), UtcTime())


def opens(shop_id: ColumnElement[int], now: datetime | ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether a shop's record may be used at a moment: by its own word, or by that of one of its applications."""
    moment = _moment(now)
    asked, word = applications.alias("asked"), consents.alias("word")
    return or_(
        exists().where(asked.c.shop_id == shop_id, _counts(asked, moment)).correlate_except(asked),
        exists().where(_holds(word, shop_id, moment)).correlate_except(word),
    )


def opens_file(asked: FromClause, day: date | ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether an application may be answered on a day of the desk, whose clock may not be the one of this machine.

    Args:
        asked: the table applications, or an alias of it.
        day: the day, or a bound value of type Day for it.
    """
    own = _number(asked.c.consented_at)
    # From where the day begins first on earth to where it ends last.
    starts = (literal(day, Day()) if isinstance(day, date) else day) * _DAY_US - _HALF_DAY_US
    word = consents.alias("word")
    return or_(
        and_(own.is_not(None), own > taken_back_us(asked.c.shop_id)),
        exists().where(_holds(word, asked.c.shop_id, starts + _DAY_US + _DAY_US, starts)).correlate_except(word),
    )


def taken_back_us(shop_id: ColumnElement[int]) -> ColumnElement[int]:
    """When a shop last took its consent back, in microseconds since 1970; 0 where it never did."""
    back = consents.alias("back")
    newest = select(func.max(_number(back.c.begins_at))).where(back.c.shop_id == shop_id, back.c.act == "withdrawn")
    return func.coalesce(newest.correlate_except(back).scalar_subquery(), 0)


def _counts(asked: FromClause, moment: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether the consent that an application names is given by a moment, and not taken back since."""
    own = _number(asked.c.consented_at)
    return and_(own <= moment, own > taken_back_us(asked.c.shop_id))


def _holds(
    word: FromClause, shop_id: ColumnElement[int], moment: ColumnElement[Any], since: ColumnElement[Any] | None = None
) -> ColumnElement[bool]:
    """Whether a row is the newest word of a shop and lets its record be used at a moment, or at one since another."""
    later = consents.alias("later")
    newest = select(func.max(later.c.id)).where(later.c.shop_id == shop_id).correlate_except(later).scalar_subquery()
    within = _number(word.c.begins_at) <= moment, _number(word.c.ends_at) > (moment if since is None else since)
    return and_(word.c.id == newest, word.c.act == "given", *within)


def _number(moment: ColumnElement[Any]) -> ColumnElement[int]:
    return type_coerce(moment, BigInteger)


def _moment(now: datetime | ColumnElement[Any]) -> ColumnElement[Any]:
    return literal(now, UtcTime()) if isinstance(now, datetime) else now


def newest_us(session: Session) -> dict[int, tuple[int, int]]:
    """From when until when the newest word of each shop lets its record be used, in microseconds since 1970.

    Shops that have said nothing, or took it back, are missing.
    """
    return {row.shop_id: (row.begins_us, row.ends_us) for row in session.execute(_newest())}


def covered(session: Session, among: FromClause, day: date) -> set[int]:
    """Those of some shops, with id and time_zone, whose newest word covers a day where the shop is, or a part of it."""
    said = _newest().subquery()
    rows = session.execute(
        select(among.c.id, among.c.time_zone, said.c.begins_us, said.c.ends_us).join(said, said.c.shop_id == among.c.id)
    )
    return {
        row.id
        for row in rows
        if row.begins_us < _us(midnight(day + timedelta(days=1), row.time_zone))
        and _us(midnight(day, row.time_zone)) < row.ends_us
    }


def _us(moment: datetime) -> int:
    return (moment - EPOCH) // MICROSECOND


def _newest() -> Select[Any]:
    newest = select(func.max(consents.c.id)).group_by(consents.c.shop_id)
    begins, ends = _number(consents.c.begins_at), _number(consents.c.ends_at)
    return select(consents.c.shop_id, begins.label("begins_us"), ends.label("ends_us")).where(
        consents.c.id.in_(newest), consents.c.act == "given"
    )
