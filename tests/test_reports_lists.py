"""A list taken along: whole, with what it is about, numbers as numbers, and no text that a program could run."""

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import openpyxl
import pytest

from components.wording import cell
from reports import lists
from reports.lists import About, Column

COLUMNS = (Column("shop", "Shop", 30), Column("amount", "Amount"), Column("currency", "Currency"),
           Column("day", "Day"), Column("at", "At"), Column("points", "Points"))  # fmt: skip
AT = datetime(2026, 11, 2, 4, 30, tzinfo=UTC).astimezone(ZoneInfo("Asia/Shanghai"))
ABOUT = About("Queue", date(2026, 11, 2), (("Search", "=1+1"),), "Olive Officer", AT, 1, "Generated")
DANGEROUS = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\r=1", "＝1"]
NAMES = ["x" * 300, "青瓦茶铺", "متجر الشاي", "🍵 tea", 'a "quoted", name', "two\nlines"]


def line(name="Grey Tile Teas", amount=Decimal("22000.00"), currency="CNY"):
    return (name, amount, currency, AT.date(), AT, 640)


def sheets(rows, about=ABOUT):
    return openpyxl.load_workbook(lists.write("xlsx", COLUMNS, iter(rows), about, cell))


def records(rows, about=ABOUT):
    text = lists.write("csv", COLUMNS, iter(rows), about, cell).read()
    assert text.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(text.decode("utf-8-sig"), newline="")))


def test_a_sheet_has_titles_and_values_of_their_own_kind():
    sheet = sheets([line()])["Queue"]
    titles, row = sheet.iter_rows()
    assert [each.value for each in titles] == [column.title for column in COLUMNS]
    assert [each.value for each in row] == [
        "Grey Tile Teas", 22000, "CNY",
        datetime.fromisoformat("2026-11-02"), datetime.fromisoformat("2026-11-02T12:30"), 640,
    ]  # fmt: skip
    assert [each.number_format for each in row][1:5] == ["#,##0.00", "General", "d mmm yyyy", "d mmm yyyy hh:mm"]


@pytest.mark.parametrize(
    ("amount", "currency", "shown", "text"),
    [("500", "JPY", "#,##0", "500"), ("1.234", "KWD", "#,##0.000", "1.234"), ("0.10", "CNY", "#,##0.00", "0.10")],
)
def test_an_amount_has_the_decimals_of_its_currency(amount, currency, shown, text):
    value = sheets([line(amount=Decimal(amount), currency=currency)])["Queue"]["B2"]
    assert value.value == pytest.approx(float(amount))
    assert value.number_format == shown
    assert records([line(amount=Decimal(amount), currency=currency)])[0]["amount"] == text


@pytest.mark.parametrize("name", DANGEROUS)
def test_no_text_is_taken_for_a_formula(name):
    found = sheets([line(name)])["Queue"]["A2"]
    assert found.data_type == "s"
    assert found.quotePrefix
    assert records([line(name)])[0]["shop"] == f"'{name}"
    about = sheets([line()])["About"]
    assert all(each.data_type == "s" for row in about.iter_rows() for each in row)


@pytest.mark.parametrize("name", NAMES)
def test_a_name_of_any_writing_comes_back_as_it_was(name):
    assert sheets([line(name)])["Queue"]["A2"].value == name
    assert records([line(name)])[0]["shop"] == name


def test_a_missing_value_is_an_empty_cell():
    assert sheets([line(amount=None)])["Queue"]["B2"].value is None
    assert records([line(amount=None)])[0]["amount"] == ""


def test_each_file_says_of_which_list_it_is():
    about = {name.value: value.value for name, value in sheets([line()])["About"].iter_rows()}
    assert about == {"List": "Queue", "As of": "2026-11-02", "Search": "=1+1", "Rows": "1", "Made by": "Olive Officer",
                     "Made at": "2026-11-02 12:30 CST", "Data": "Generated"}  # fmt: skip
    (record,) = records([line()])
    assert {name: record[name] for name in lists.ABOUT_COLUMNS} == {
        "list_as_of": "2026-11-02", "list_filters": "Search: =1+1", "list_rows": "1", "list_made_by": "Olive Officer",
        "list_made_at": "2026-11-02T12:30:00+08:00", "list_data": "Generated",
    }  # fmt: skip


def test_a_program_reads_the_csv_without_skipping_a_line():
    (record,) = records([line()])
    assert (record["day"], record["at"], record["points"]) == ("2026-11-02", "2026-11-02T12:30:00+08:00", "640")


def test_what_one_sheet_cannot_hold_goes_on_the_next(monkeypatch):
    monkeypatch.setattr(lists, "ROWS_PER_SHEET", 3)
    book = sheets([line(f"Shop {n}") for n in range(7)])
    assert book.sheetnames == ["Queue", "Queue 2", "Queue 3", "About"]
    names = [sheet.cell(row, 1).value for sheet in book.worksheets[:3] for row in range(2, sheet.max_row + 1)]
    assert names == [f"Shop {n}" for n in range(7)]


def test_a_list_that_just_fills_its_sheet_needs_no_other(monkeypatch):
    monkeypatch.setattr(lists, "ROWS_PER_SHEET", 3)
    assert sheets([line()] * 3).sheetnames == ["Queue", "About"]


def test_an_empty_list_is_a_file_with_titles_only():
    assert sheets([])["Queue"].max_row == 1
    assert records([]) == []
