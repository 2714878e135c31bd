"""A file of known outcomes: read strictly, each fault with its line and what would be right."""

from datetime import date

import pytest

from ingest.outcomes import OutcomeRow, read_outcomes


def read(tmp_path, text, encoding="utf-8"):
    path = tmp_path / "outcomes.csv"
    path.write_bytes(text.encode(encoding))
    return read_outcomes(path)


def test_rows_are_read_in_any_order_of_columns_and_other_columns_are_left_alone(tmp_path):
    rows, bad_rows = read(tmp_path, "﻿bad,shop_ref,note,as_of\n0,S-1,x,2026-01-31\n1,S-2,,2026-02-01\n")
    assert rows == [
        OutcomeRow(2, "S-1", date(2026, 1, 31), bad=False),
        OutcomeRow(3, "S-2", date(2026, 2, 1), bad=True),
    ]
    assert bad_rows == []


def test_a_shop_may_stand_there_once_for_each_day(tmp_path):
    rows, bad_rows = read(tmp_path, "shop_ref,as_of,bad\nS,2026-01-31,0\nS,2026-02-28,0\nS,2026-01-31,1\n")
    assert len(rows) == 2
    assert [(each.line, each.problem) for each in bad_rows] == [(4, "the same shop and day as line 2")]


@pytest.mark.parametrize(
    ("line", "column"),
    [
        (",2026-01-31,0", "shop_ref"),
        (" S,2026-01-31,0", "shop_ref"),
        ("S,2026-02-30,0", "as_of"),
        ("S,20260131,0", "as_of"),
        ("S,2026-W05-1,0", "as_of"),
        ("S,,0", "as_of"),
        ("S,2026-01-31,", "bad"),
        ("S,2026-01-31,yes", "bad"),
        ("S,2026-01-31,1.0", "bad"),
        ("S,2026-01-31", ""),
        ("S,2026-01-31,0,0", ""),
    ],
)
def test_a_wrong_cell_is_named_with_its_line(tmp_path, line, column):
    rows, bad_rows = read(tmp_path, f"shop_ref,as_of,bad\nOK,2026-01-31,0\n{line}\n")
    assert len(rows) == 1
    assert [(each.line, each.column) for each in bad_rows] == [(3, column)]


@pytest.mark.parametrize(
    "text", ["", "shop_ref,as_of\n", "shop_ref,as_of,bad,bad\n", 'shop_ref,as_of,bad\n"S,2026-01-31,0\n', "a\0b"]
)
def test_a_file_that_is_no_list_of_outcomes_is_refused_whole(tmp_path, text):
    _, bad_rows = read(tmp_path, text)
    assert [each.whole_file for each in bad_rows] == [True]


def test_another_encoding_is_refused_and_not_guessed(tmp_path):
    rows, (bad,) = read(tmp_path, "shop_ref,as_of,bad\n店,2026-01-31,0\n", "gb18030")
    assert rows == []
    assert bad.problem.startswith("not UTF-8")
