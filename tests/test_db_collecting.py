"""The list of Collections from the record: every loan once, in few queries, fresh after each note and booking."""

import io
from datetime import timedelta

import openpyxl
import pytest
from sqlalchemy import event, update

from components.wording import cell
from db import collecting, loan_acts
from db.engine import open_session
from db.tables import Application, Shop, table_of
from desk import exports
from lending.collecting import CollectionsView
from lending.errors import NotAllowed
from tests.desk import NOW
from tests.loan_desk import WHY, LoanDesk, later

# 15,000 at 9 % over 6 months: 2,565.10 a month, the first on 2 December, 30 days after the desk's day.
LEVEL = 256_603
DUE = 30


@pytest.fixture
def desk(engine):
    """On SQLite and PostgreSQL, with the loan paid out."""
    desk = LoanDesk(engine)
    desk.disburse()
    return desk


def look(desk, days, *, currency=None):
    with open_session(desk.engine) as session:
        return collecting.work(session, today=later(days), now=NOW + timedelta(days=days), currency=currency)


def test_a_loan_comes_is_noted_and_leaves_once_it_is_paid(desk):
    assert look(desk, DUE - 8).rows.empty
    soon = look(desk, DUE - 7).rows.iloc[0]
    assert (soon["due_in_days"], soon["overdue_minor"], soon["soon_minor"]) == (7, 0, LEVEL)
    today = DUE + 10
    row = look(desk, today).rows.iloc[0]
    assert (row["days_past_due"], row["overdue_minor"], row["shop_name"]) == (10, LEVEL, "Grey Tile Teas")
    # The shop's last sale on record is 40 days ago.
    assert (row["net_minor"], row["net_before_minor"]) == (0, 20 * 100_000)
    assert row["sold_on"] == later(-1)

    desk.act("contact", today=later(today), channel="phone")
    desk.act("promise", by="manager", today=later(today), day=later(today + 2), amount_minor=LEVEL)
    desk.act("write_off", today=later(today), reason=WHY)
    row = look(desk, today).rows.iloc[0]
    assert (row["contacts"], row["contact_on"], row["contact_by"]) == (1, later(today), "Sandy Second")
    assert (row["promise_state"], row["promise_on"], row["waits"]) == ("open", later(today + 2), "write_off")
    assert look(desk, today + 3).rows["promise_state"].tolist() == ["broken"]

    desk.act("pay", today=later(today), amount_minor=LEVEL - 1)
    assert look(desk, today).rows["overdue_minor"].tolist() == [1]
    desk.act("pay", today=later(today), amount_minor=1)
    assert look(desk, today).rows.empty
    assert look(desk, today).currency == "CNY"


@pytest.fixture
def lite(sqlite_engine):
    """Where the kind of database does not matter."""
    desk = LoanDesk(sqlite_engine)
    desk.disburse()
    return desk


def test_a_loan_that_got_another_schedule_today_leaves(lite):
    today = later(DUE + 10)
    asked = lite.act("restructure", today=today, reason=WHY, term_months=12, annual_rate_ppm=90_000)
    assert len(look(lite, DUE + 10).rows) == 1
    loan_acts.answer(lite.engine, asked.act_id, agrees=True, note="", person_id=lite.id_of("manager"), today=today)
    assert look(lite, DUE + 10).rows.empty


def test_without_consent_there_are_no_sales(lite):
    applications = table_of(Application)
    with open_session(lite.engine, write=True) as session:
        session.execute(update(applications).values(consented_at=NOW + timedelta(days=999)))
    row = look(lite, DUE + 10).rows.iloc[0]
    assert (row["consented"], row["net_minor"], row["sold_on"]) == (False, None, None)


def test_the_list_takes_as_many_queries_for_one_note_as_for_many_and_none_twice(lite):
    for _ in range(5):
        lite.act("contact", today=later(DUE + 9), channel="phone")
    asked = []
    event.listen(lite.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    look(lite, DUE + 10)
    first = len(asked)
    look(lite, DUE + 10)
    # What tells one state of the record from another, and nothing of the book.
    assert len(asked) - first <= 3
    assert first < 40


def test_a_desk_without_loans_has_an_empty_list(sqlite_engine):
    desk = LoanDesk(sqlite_engine)
    told = look(desk, 0)
    assert (told.currency, told.currencies, len(told.rows)) == (None, (), 0)


def test_who_approved_a_loan_is_known(lite):
    with open_session(lite.engine) as session:
        assert collecting.approved_by(session, "A1", person_id=lite.id_of("officer"))
        assert not collecting.approved_by(session, "A1", person_id=lite.id_of("second"))
        assert not collecting.approved_by(session, "", person_id=lite.id_of("officer"))


def export(desk, file_format, who="officer", view=None):
    filters = (("Case", "Anything"),)
    now = NOW + timedelta(days=DUE + 10)
    asked = exports.Export(file_format, desk.id_of(who), later(DUE + 10), now, filters, NOW, True, cell)
    return exports.export_collections(desk.engine, asked, view or CollectionsView(), currency=None)


def test_the_export_is_complete_safe_and_says_what_it_is(lite):
    shops = table_of(Shop)
    with open_session(lite.engine, write=True) as session:
        session.execute(update(shops).values(name="=1+1"))
    lite.act("dispute", today=later(DUE + 10), reason=WHY)
    book = openpyxl.load_workbook(io.BytesIO(export(lite, "xlsx").read()))
    titles, line = list(book.worksheets[0].iter_rows(values_only=True))
    row = dict(zip(titles, line, strict=True))
    assert (row["Shop"], row["Overdue"], row["Days past due"], row["Dispute"]) == ("=1+1", 2566.03, 10, "open")
    assert book.worksheets[0]["B2"].data_type == "s"
    about = dict(book["About"].iter_rows(values_only=True))
    assert (about["As of"], about["Case"], about["Rows"]) == (later(DUE + 10).isoformat(), "Anything", "1")
    text = export(lite, "csv").read().decode("utf-8-sig").splitlines()
    assert len(text) == 2
    assert "'=1+1" in text[1]
    assert len(export(lite, "csv", view=CollectionsView(flag="hardship")).read().splitlines()) == 1
    with pytest.raises(NotAllowed):
        export(lite, "csv", who="administrator")
