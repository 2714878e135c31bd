"""Taking a whole list along as a file: read on its own, noted in the register, with no row left out."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

import pandas as pd
from sqlalchemy import Engine
from sqlmodel import Session

from db import audit, chain, collecting, loan_views, people, queue, shops
from db.engine import open_session
from lending.book_loans import loan_rows
from lending.book_panel import Panel
from lending.book_view import BookView
from lending.collecting import CollectionsView, pick
from reports import collections_list, lists, loan_list, queue_list, register_list, shop_list
from reports.lists import Cell, Column, Line
from settings import settings

# Rows of a list that are put into words together.
LOANS_AT_ONCE = 500
SEARCH, NO_SEARCH = "Search", "None"

Filters = Sequence[tuple[str, str]]
"""The filters of a list, each in words."""


@dataclass(frozen=True, slots=True)
class Export:
    """What was asked for."""

    file_format: str
    """Either "xlsx" or "csv"."""
    person_id: int
    as_of: date
    now: datetime
    """What consent and deadlines are held against."""
    filters: Filters
    made_at: datetime
    generated: bool
    """Whether this is a demo's record."""
    cell: Cell
    """Makes a text safe for spreadsheets."""


def export_queue(
    engine: Engine,
    asked: Export,
    view: queue.QueueView,
    *,
    promised: timedelta,
    waits_for: Callable[[Mapping[str, Any]], str],
) -> BinaryIO:
    """All applications of a view of the queue.

    Raises:
        NotAllowed: where the queue is not open to the person any more.
    """
    zone = settings().time_zone

    def line(row: Mapping[Any, Any]) -> Line:
        return queue_list.line(row, now=asked.now, promised=promised, zone=zone, waits_for=waits_for)

    def find(session: Session) -> list[int]:
        return queue.line(session, view, person_id=asked.person_id, now=asked.now)

    return _export(engine, asked, "queue", "applications", find, queue.all_rows, queue_list.COLUMNS, line)


def export_shops(engine: Engine, asked: Export, view: shops.ShopsView) -> BinaryIO:
    """All shops of a search.

    Raises:
        NotAllowed: where the shops are not open to the person any more.
    """

    def find(session: Session) -> list[int]:
        return shops.line(session, view, now=asked.now)

    return _export(engine, asked, "shops", "shops", find, shops.all_rows, shop_list.COLUMNS, shop_list.line)


def export_loans(engine: Engine, asked: Export, book: Panel, told: BookView) -> BinaryIO:
    """All loans behind the figures of the Portfolio page, the worst first.

    Raises:
        NotAllowed: where the page is not open to the person any more.
    """
    about = _noted(engine, asked, "portfolio", "loans", "Portfolio loans", told.loans)

    def lines() -> Iterable[Line]:
        for start in range(0, len(told.order), LOANS_AT_ONCE):
            rows = loan_rows(book, told.order[start : start + LOANS_AT_ONCE])
            with open_session(engine) as session:
                names = loan_views.shop_names(session, rows["shop_id"].tolist())
            for row in rows.to_dict("records"):
                yield loan_list.line(row, shop=names.get(row["shop_id"], ""), currency=book.currency)

    return lists.write(asked.file_format, loan_list.COLUMNS, lines(), about, asked.cell)


def export_table(engine: Engine, asked: Export, name: str, table: pd.DataFrame) -> BinaryIO:
    """A table behind a chart of the Portfolio page, complete.

    Raises:
        NotAllowed: where the page is not open to the person any more.
    """
    about = _noted(engine, asked, "portfolio", "loans", f"Portfolio {name}", len(table))
    lines = (tuple(loan_list.table_value(cell) for cell in row) for row in table.itertuples(index=False, name=None))
    columns = loan_list.table_columns([str(each) for each in table.columns])
    return lists.write(asked.file_format, columns, lines, about, asked.cell)


def export_collections(engine: Engine, asked: Export, view: CollectionsView, *, currency: str | None) -> BinaryIO:
    """All loans of a view of Collections.

    Raises:
        NotAllowed: where the page is not open to the person any more.
    """
    with open_session(engine) as session:
        work = collecting.work(session, today=asked.as_of, now=asked.now, currency=currency)
    rows = pick(work.rows, view)
    about = _noted(engine, asked, "collections", "loans", "Collections", len(rows))
    lines = (collections_list.line(row, currency=work.currency or "") for row in rows.to_dict("records"))
    return lists.write(asked.file_format, collections_list.COLUMNS, lines, about, asked.cell)


def export_register(
    engine: Engine, asked: Export, kinds: tuple[str, ...], line: Callable[[Mapping[Any, Any]], Line]
) -> BinaryIO:
    """The whole register, newest first, with the head of its chain.

    Args:
        engine: the database.
        asked: for what.
        kinds: of event; all of them where none is named.
        line: puts an event into words.

    Raises:
        NotAllowed: where the page is not open to the person any more.
    """
    with open_session(engine) as session:
        rows = audit.count(session, kinds=kinds)
    # The export itself is an event, and the newest one.
    rows += not kinds or "export" in kinds
    about = _noted(engine, asked, "audit", "audit_events", "Register", rows)
    with open_session(engine) as session:
        head = chain.newest_head(session)
        told = replace(about, filters=(*about.filters, ("Head of the chain", str(head))))
        lines = (line(row) for part in audit.parts(session, kinds=kinds) for row in part.to_dict("records"))
        return lists.write(asked.file_format, register_list.columns(settings().time_zone), lines, told, asked.cell)


def _kept_filters(asked: Export) -> dict[str, str]:
    """The filters as the register keeps them for ever: of a search only that there was one, since it may be a name."""
    return {name: "not kept" if name == SEARCH and told != NO_SEARCH else told for name, told in asked.filters}


def _noted(engine: Engine, asked: Export, page: str, subject: str, list_name: str, rows: int) -> lists.About:
    """Note in the register who takes a list along, and tell what the file says of itself."""
    with open_session(engine, write=True) as session:
        person = people.require_page(session, asked.person_id, page)
        told = {"list": list_name, "format": asked.file_format, "rows": rows, "filters": _kept_filters(asked)}
        audit.record(session, person.id, "export", subject, None, told)
    return lists.About(
        list_name=list_name,
        as_of=asked.as_of,
        filters=asked.filters,
        made_by=person.name,
        made_at=asked.made_at.astimezone(ZoneInfo(settings().time_zone)),
        rows=rows,
        data="Generated" if asked.generated else "As imported",
    )


def _export(
    engine: Engine,
    asked: Export,
    page: str,
    subject: str,
    find: Callable[[Session], list[int]],
    read: Callable[..., Iterable[pd.DataFrame]],
    columns: Sequence[Column],
    line: Callable[[Mapping[Any, Any]], Line],
) -> BinaryIO:
    with open_session(engine) as session:
        numbers = find(session)
    with open_session(engine, write=True) as session:
        person = people.require_page(session, asked.person_id, page)
        told = {"list": page, "format": asked.file_format, "rows": len(numbers), "filters": _kept_filters(asked)}
        audit.record(session, person.id, "export", subject, None, told)
    about = lists.About(
        list_name=page.capitalize(),
        as_of=asked.as_of,
        filters=asked.filters,
        made_by=person.name,
        made_at=asked.made_at.astimezone(ZoneInfo(settings().time_zone)),
        rows=len(numbers),
        data="Generated" if asked.generated else "As imported",
    )
    with open_session(engine) as session:
        parts = read(session, numbers, now=asked.now)
        lines = (line(row) for part in parts for row in part.to_dict("records"))
        return lists.write(asked.file_format, columns, lines, about, asked.cell)
