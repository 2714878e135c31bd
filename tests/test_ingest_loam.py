"""Loam's own files, read strictly: what is taken to the letter, and what is refused with its line and column."""

import csv
import gzip
import io
import os
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest import folder
from ingest.loam import is_zone
from ingest.parquet import PART_BYTES, ParquetFile
from ingest.text import UnreadableFileError
from lending.records import MINOR_DIGITS, ORDERS

DATA = Path(__file__).parent / "data"
SHOPS = {
    "T1": ("Asia/Shanghai", "CNY"),
    "T2": ("Europe/Berlin", "EUR"),
    "T3": ("Asia/Tokyo", "JPY"),
    "T4": ("Asia/Kuwait", "KWD"),
    "T5": ("America/Sao_Paulo", "BRL"),
}
HEADER = "shop_ref,order_ref,placed_at,gross,currency,status"
GOOD = "T1,1,2024-01-05,10.00,CNY,completed"


def read(path, shops=SHOPS):
    """All good rows of a place as one list of dictionaries, and all bad rows."""
    rows, bad_rows = [], []
    for chunk in folder.read(folder.find(path), shops=shops, default_zone="Asia/Shanghai"):
        bad_rows += chunk.bad_rows
        lines = chunk.lines.tolist()
        rows += [{**row, "line": line} for row, line in zip(chunk.rows.to_pylist(), lines, strict=True)]
    return rows, bad_rows


def read_orders(tmp_path, content, name="orders.csv"):
    data = content if isinstance(content, bytes) else content.encode()
    (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return read(tmp_path / name)


def one_order(tmp_path, **cells):
    """One order with these cells besides the usual ones."""
    row = dict(zip(HEADER.split(","), GOOD.split(","), strict=True)) | cells
    text = io.StringIO()
    writer = csv.DictWriter(text, list(row))
    writer.writeheader()
    writer.writerow(row)
    return read_orders(tmp_path, text.getvalue())


def microseconds(text):
    return pa.scalar(text).cast(pa.timestamp("us", "UTC")).value


def day(text):
    return microseconds(text + "T00:00Z") // 86_400_000_000


@pytest.mark.parametrize(
    ("shop", "currency", "text", "minor"),
    [
        ("T1", "CNY", "1234.50", 123450),
        ("T1", "CNY", "1234.5", 123450),
        ("T1", "CNY", "0", 0),
        ("T1", "CNY", "007", 700),
        ("T3", "JPY", "1234", 1234),
        ("T4", "KWD", "1.234", 1234),
        ("T1", "CNY", "999999999999.99", 99999999999999),
        ("T4", "KWD", "999999999999.999", 999999999999999),
        ("T3", "JPY", "999999999999", 999999999999),
    ],
)
def test_money_becomes_whole_minor_units_of_the_shops_currency(tmp_path, shop, currency, text, minor):
    rows, bad_rows = one_order(tmp_path, shop_ref=shop, currency=currency, gross=text)
    assert not bad_rows
    assert rows[0]["gross_minor"] == minor


@pytest.mark.parametrize(
    ("column", "value", "problem"),
    [
        ("gross", "1e3", "without an exponent"),
        ("gross", " 12 ", "blanks around the number"),
        ("gross", "1_000", "thousands separators"),
        ("gross", "1,234.50", "thousands separators"),
        ("gross", "1.234,50", "decimal commas"),
        ("gross", "NaN", "not a number"),
        ("gross", "-inf", "not a number"),
        ("gross", "12.345", "more digits after the point"),
        ("gross", "-1", "below zero"),
        ("gross", "１２", "digits 0 to 9"),
        ("gross", "1234567890123", "more than any amount in trade"),
        ("gross", "1234567890123.50", "more than any amount in trade"),
        ("fees", "-1234567890123", "more than any amount in trade"),
        ("gross", "+5", "write a decimal number"),
        ("gross", "5.", "write a decimal number"),
        ("gross", "1\u00a0000", "digits 0 to 9"),
        ("gross", "", "empty, but each row needs it"),
        ("currency", "USD", "it trades in CNY"),
        ("currency", "cny", "ISO 4217"),
        ("status", "done", "completed, open, cancelled, refund"),
        ("status", "Completed", "completed, open, cancelled, refund"),
        ("shop_ref", "T9", "no shop with this shop_ref"),
        ("order_ref", "", "each row needs it"),
        ("order_ref", " 1", "blanks before or after"),
        ("order_ref", "1\t", "blanks before or after"),
        ("order_ref", "\u200b", "invisible"),
        ("order_ref", "a\x07b", "control character"),
        ("order_ref", "a\nb", "control character"),
        ("order_ref", "x" * 201, "longer than 200"),
        ("buyer_ref", "b\u0085c", "control character"),
        ("placed_at", "1900-01-01", "before 1990-01-01"),
        ("placed_at", "0001-01-01", "before 1990-01-01"),
        ("placed_at", "9999-12-31", "after 2100-12-31"),
        ("placed_at", "2024-02-30", "no such day"),
        ("placed_at", "2024-02-30T10:00:00+08:00", "no such day"),
        ("placed_at", "05.01.2024", "write a time as"),
        ("placed_at", "2024-01-05T24:00:00", "write a time as"),
        ("placed_at", "2024-01-05T10:00:00+15:00", "write a time as"),
        ("placed_at", "2024-01-05T10:00:60", "write a time as"),
        ("placed_at", "20240105", "write a time as"),
        ("rating", "6", "from 1 to 5"),
        ("rating", "4.333", "from 1 to 5"),
        ("cancelled_at", "2024-01-06", "status is not cancelled"),
    ],
)
def test_a_wrong_cell_is_refused_with_line_column_value_and_what_would_be_right(tmp_path, column, value, problem):
    rows, bad_rows = one_order(tmp_path, **{column: value})
    assert not rows
    assert [(bad.file, bad.line, bad.column, bad.value) for bad in bad_rows] == [
        ("orders.csv", 2, column, value if len(value) <= 200 else value[:200] + "…")
    ]
    assert problem in bad_rows[0].problem


@pytest.mark.parametrize("name", ["  ", "\u200b", "\u2060\ufeff", "\u00ad \u2800", "\u3164", "\n", "x" * 301])
@pytest.mark.parametrize("column", ["name", "category", "region", "city", "marketplace"])
def test_a_text_that_nobody_can_see_or_nobody_would_write_is_refused(tmp_path, column, name):
    row = {
        "shop_ref": "S1",
        "name": "Tea",
        "category": "",
        "region": "",
        "city": "",
        "marketplace": "",
        "currency": "CNY",
    }
    row[column] = name
    with (tmp_path / "shops.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(row))
        writer.writeheader()
        writer.writerow(row)
    rows, bad_rows = read(tmp_path / "shops.csv", shops={})
    assert not rows
    assert [bad.column for bad in bad_rows] == [column]
    assert ("longer than 300" if len(name) > 300 else "invisible") in bad_rows[0].problem


@pytest.mark.parametrize(("orders", "taken"), [("999999999", True), ("1000000000", False)])
def test_a_count_has_at_most_nine_digits(tmp_path, orders, taken):
    (tmp_path / "sales_days.csv").write_text(f"shop_ref,day,orders,gross,currency\nT1,2024-01-05,{orders},1,CNY\n")
    rows, bad_rows = read(tmp_path)
    assert (len(rows), [bad.column for bad in bad_rows]) == ((1, []) if taken else (0, ["orders"]))


def test_a_row_in_another_currency_is_told_its_own_shops_one(tmp_path):
    rows = [GOOD, "T3,1,2024-01-05,10,EUR,completed", "T2,1,2024-01-05,10.00,JPY,completed"]
    _, bad_rows = read_orders(tmp_path, "\n".join([HEADER, *rows]))
    assert [(bad.line, bad.problem.rpartition(" ")[2]) for bad in bad_rows] == [(3, "JPY"), (4, "EUR")]


def test_a_file_that_may_not_be_read_is_refused_whole(tmp_path, monkeypatch):
    (tmp_path / "orders.csv").write_text(f"{HEADER}\n{GOOD}\n")

    def refuse(self, *_arguments, **_options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    rows, bad_rows = read(tmp_path)
    assert not rows
    assert [(bad.file, bad.whole_file) for bad in bad_rows] == [("orders.csv", True)]
    assert "cannot be read: Permission denied" in bad_rows[0].problem


def test_an_upload_is_known_by_its_given_names(tmp_path):
    (tmp_path / "0").write_bytes(gzip.compress(f"{HEADER}\n{GOOD}\n".encode()))
    (tmp_path / "1").write_text("a,b\n")
    source = folder.find_uploaded({tmp_path / "0": "orders.csv.gz", tmp_path / "1": ".."})
    (chunk,) = folder.read(source, shops=SHOPS, default_zone="Asia/Shanghai")
    assert (chunk.file, chunk.row_count, chunk.bad_rows) == ("orders.csv.gz", 1, [])
    assert source.other_files == ("..",)


def test_a_yen_amount_with_decimals_is_refused_and_a_refund_row_has_no_gross(tmp_path):
    for cells, column in (
        ({"shop_ref": "T3", "currency": "JPY", "gross": "10.0"}, "gross"),
        ({"status": "refund", "gross": "10.00", "refunded": "5"}, "gross"),
        ({"status": "refund", "gross": "0", "refunded": ""}, "refunded"),
    ):
        _, bad_rows = one_order(tmp_path, **cells)
        assert [bad.column for bad in bad_rows] == [column]


@pytest.mark.parametrize(
    ("shop", "currency", "text", "utc", "local_day"),
    [
        ("T1", "CNY", "2024-01-05T01:30:00", "2024-01-04T17:30:00Z", "2024-01-05"),
        ("T1", "CNY", "2024-01-05", "2024-01-04T16:00:00Z", "2024-01-05"),
        ("T1", "CNY", "2024-01-05 01:30", "2024-01-04T17:30:00Z", "2024-01-05"),
        ("T1", "CNY", "2024-01-05T23:00:00Z", "2024-01-05T23:00:00Z", "2024-01-06"),
        ("T1", "CNY", "2024-01-05T23:00:00.123456-14:00", "2024-01-06T13:00:00.123456Z", "2024-01-06"),
        ("T1", "CNY", "2024-01-05T01:00:00+14:00", "2024-01-04T11:00:00Z", "2024-01-04"),
        # Clocks set back: of the two half past two, the earlier.
        ("T2", "EUR", "2024-10-27T02:30:00", "2024-10-27T00:30:00Z", "2024-10-27"),
        ("T2", "EUR", "2024-10-27T02:30:00+01:00", "2024-10-27T01:30:00Z", "2024-10-27"),
        ("T2", "EUR", "2024-07-01T00:30:00", "2024-06-30T22:30:00Z", "2024-07-01"),
        # A day that began at one o'clock, since its midnight was skipped.
        ("T5", "BRL", "2018-11-04", "2018-11-04T03:00:00Z", "2018-11-04"),
    ],
)
def test_a_time_is_utc_and_its_day_is_the_shops(tmp_path, shop, currency, text, utc, local_day):
    rows, bad_rows = one_order(tmp_path, shop_ref=shop, currency=currency, placed_at=text)
    assert not bad_rows
    assert rows[0]["placed_at"] == microseconds(utc)
    assert rows[0]["placed_day"] == day(local_day)


def test_a_local_time_that_clocks_skipped_is_refused(tmp_path):
    _, bad_rows = one_order(tmp_path, shop_ref="T2", currency="EUR", placed_at="2024-03-31T02:30:00")
    assert "clocks were set forward" in bad_rows[0].problem
    _, bad_rows = one_order(tmp_path, shop_ref="T5", currency="BRL", placed_at="2018-11-04T00:30:00")
    assert "clocks were set forward" in bad_rows[0].problem


def test_a_refund_counts_on_its_own_day_or_else_on_the_orders(tmp_path):
    rows, _ = one_order(tmp_path, refunded="4", refunded_at="2024-01-09T01:00:00+08:00")
    assert rows[0]["refunded_day"] == day("2024-01-09")
    rows, _ = one_order(tmp_path, refunded="4")
    assert rows[0]["refunded_day"] == day("2024-01-05")
    rows, _ = one_order(tmp_path, refunded="0.00")
    assert (rows[0]["refunded_minor"], rows[0]["refunded_day"]) == (0, None)


@pytest.mark.parametrize("ref", ["00123", "NA", "=1+1", "<img src=x>", "-", "茶 12", "1e5", "null"])
def test_references_are_kept_to_the_letter(tmp_path, ref):
    rows, _ = one_order(tmp_path, order_ref=ref, buyer_ref=ref)
    assert (rows[0]["order_ref"], rows[0]["buyer_ref"]) == (ref, ref)


def test_names_are_plain_text():
    rows, bad_rows = read(DATA / "teashops", shops={})
    assert not bad_rows
    shops = {row["shop_ref"]: row for row in rows if "name" in row}
    assert [shop["name"] for shop in shops.values()] == ["Grey Tile Teas", "NA", "=1+1", "<img src=x>"]
    assert shops["T1"]["rating_hundredths"] == 485
    assert shops["T4"]["time_zone"] == "Asia/Shanghai"
    assert shops["T4"]["opened_on"] == day("1962-05-01")


@pytest.mark.parametrize("zone", ["Nowhere", "Asia/Nowhere", "America", "../UTC", "posix/UTC", "right/Asia/Shanghai"])
def test_a_zone_that_not_every_reader_of_times_knows_is_none(zone):
    assert not is_zone(zone)


def test_what_is_no_ordinary_file_is_not_opened(tmp_path):
    os.mkfifo(tmp_path / "orders.csv")
    with pytest.raises(folder.UnknownFormatError):
        folder.find(tmp_path / "orders.csv")


def test_unknown_columns_and_other_files_are_named_and_left_alone():
    source = folder.find(DATA / "teashops")
    assert source.other_files == ("notes.txt",)
    chunks = folder.read(source, shops={}, default_zone="Asia/Shanghai")
    assert next(chunk.unknown_columns for chunk in chunks) == ("mascot",)


def test_a_bad_row_names_the_physical_line_on_which_its_record_begins():
    rows, bad_rows = read(DATA / "broken", shops={})
    assert [(bad.line, bad.column) for bad in bad_rows] == [
        (2, "buyer_ref"), (4, "gross"), (5, ""), (6, ""), (7, "placed_at"), (8, "shop_ref"),
    ]  # fmt: skip
    assert [row["line"] for row in rows if "order_ref" in row] == [9, 10, 11]


@pytest.mark.parametrize(
    ("content", "line", "problem"),
    [
        (b"", 1, "empty"),
        (b"\n", 1, "empty"),
        (b"\xff\xfeh\x00", 1, "UTF-16"),
        ((HEADER + "\n" + GOOD).encode("utf-16-le"), 1, "NUL"),
        (GOOD.encode() + b"\n", 1, "lacks the column"),
        (b"shop_ref,order_ref,placed_at,gross,currency\n", 1, "lacks the column status"),
        ((HEADER + ",gross\n").encode(), 1, "names this column twice"),
        (f'{HEADER}\n{GOOD}\nT1,2,"2024-01-05,10.00,CNY,completed\n{GOOD}\n'.encode(), 3, "never closed"),
        (b"\xd6\xd0" + HEADER.encode() + b"\n", 1, "cannot be read as UTF-8"),
        (b"x" * 3_000_000, 1, "a million bytes"),
    ],
)
def test_a_file_that_cannot_be_read_to_its_end_is_refused_whole(tmp_path, content, line, problem):
    rows, bad_rows = read_orders(tmp_path, content)
    assert bad_rows[-1].whole_file
    assert bad_rows[-1].line == line
    assert problem in bad_rows[-1].problem
    assert len(rows) <= 1


@pytest.mark.parametrize(
    ("between", "problem"),
    [
        (b"\n", "blank line"),
        (b"\r\n\r\n", "blank line"),
        (HEADER.encode() + b"\n", "header row again"),
        (b"T1,2,2024-01-05,1\x000.00,CNY,completed\n", "NUL"),
        (b"T1,2,2024-01-05,10.00,CNY,completed\rT1,3,2024-01-05,10.00,CNY,completed\n", "carriage return"),
        (b"T1,\xff,2024-01-05,10.00,CNY,completed\n", "not UTF-8"),
        (b"T1,2,2024-01-05,10.00,CNY\n", "5 fields where the header names 6"),
        (b"T1,2,2024-01-05,10.00,CNY,completed,\n", "7 fields where the header names 6"),
        (b'T1,"2"x,2024-01-05,10.00,CNY,"completed"\n', "a quote inside a field"),
        (b'T1,5" disk and 6" disk,2024-01-05,10.00,CNY,completed\n', "a quote inside a field"),
    ],
)
def test_a_broken_row_is_refused_and_its_neighbours_are_read(tmp_path, between, problem):
    content = f"{HEADER}\n{GOOD}\n".encode() + between + b"T1,9,2024-01-05,10.00,CNY,completed\n"
    rows, bad_rows = read_orders(tmp_path, content)
    assert [row["order_ref"] for row in rows] == ["1", "9"]
    assert [bad.line for bad in bad_rows] == [3]
    assert problem in bad_rows[0].problem
    assert not bad_rows[0].whole_file


def test_a_mark_windows_line_ends_and_blank_lines_at_the_end_are_accepted(tmp_path):
    rows, bad_rows = read_orders(tmp_path, b"\xef\xbb\xbf" + f"{HEADER}\r\n{GOOD}\r\n\r\n\r\n".encode())
    assert [row["order_ref"] for row in rows] == ["1"]
    assert not bad_rows


def test_a_damaged_compressed_file_is_refused(tmp_path):
    whole = gzip.compress("\n".join([HEADER, *(GOOD.replace(",1,", f",{n},") for n in range(9999))]).encode())
    (tmp_path / "orders.csv.gz").write_bytes(whole[: len(whole) // 2])
    _, bad_rows = read(tmp_path / "orders.csv.gz")
    assert bad_rows[-1].whole_file
    assert "damaged" in bad_rows[-1].problem


@pytest.mark.parametrize("pattern", [b'"', b'"\n', b'""\n', b'","', b"\n", b'a"\n'])
def test_twenty_megabytes_of_quotes_end_within_five_seconds(tmp_path, pattern):
    content = HEADER.encode() + b"\n" + pattern * (20_000_000 // len(pattern))
    began = time.perf_counter()
    rows, bad_rows = read_orders(tmp_path, content)
    assert time.perf_counter() - began < 5
    assert not rows
    assert bad_rows or not content.strip(b"\n").count(b"\n")


def test_parquet_passes_the_same_checks(tmp_path):
    table = pa.table({
        "shop_ref": ["T1", "T1"],
        "order_ref": ["00123", None],
        "placed_at": pa.array(["2024-01-05T23:00:00Z", "2024-01-05T23:00:00Z"]).cast(pa.timestamp("us", "UTC")),
        "gross": pa.array(["12.50", "1"]).cast(pa.decimal128(12, 2)),
        "currency": pa.array(["CNY", "CNY"]).dictionary_encode(),
        "status": ["completed", "completed"],
    })  # fmt: skip
    pq.write_table(table, tmp_path / "orders.parquet")
    rows, bad_rows = read(tmp_path)
    assert [(row["order_ref"], row["gross_minor"], row["placed_at"]) for row in rows] == [
        ("00123", 1250, microseconds("2024-01-05T23:00:00Z"))
    ]
    assert [(bad.line, bad.column) for bad in bad_rows] == [(2, "order_ref")]


def test_parquet_with_binary_fractions_or_of_another_kind_is_refused(tmp_path):
    pq.write_table(pa.table({name: [1.5] for name in HEADER.split(",")}), tmp_path / "orders.parquet")
    _, bad_rows = read(tmp_path)
    assert "not read" in bad_rows[0].problem
    (tmp_path / "orders.parquet").write_bytes(b"PAR1 not really")
    _, bad_rows = read(tmp_path)
    assert "not a Parquet file" in bad_rows[0].problem


def repeated(place, letters, *, rows=20_000, dictionary=True, column="order_ref"):
    """A small Parquet file in which one long value stands in each row."""
    value = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), pa.array(["a" * letters]))
    short = pa.array(["x"] * rows)
    table = pa.table({name: value if name == column else short for name in HEADER.split(",")})
    table = table if dictionary else table.cast(pa.schema([(name, pa.string()) for name in table.schema.names]))
    pq.write_table(
        table, place, compression="zstd", use_dictionary=dictionary, dictionary_pagesize_limit=2**30, store_schema=False
    )
    return ParquetFile(place, place.name)


def test_a_parquet_file_with_a_longer_cell_than_text_may_have_is_refused_before_it_is_written_out(tmp_path):
    file = repeated(tmp_path / "orders.parquet", 1_000_000)
    assert file.path.stat().st_size < 5_000
    before = pa.default_memory_pool().max_memory()
    with pytest.raises(UnreadableFileError, match="more than 131,072 characters") as refused:
        next(file.batches())
    assert (refused.value.line, refused.value.column, refused.value.value) == (1, "order_ref", "")
    assert pa.default_memory_pool().max_memory() < before + 100_000_000


@pytest.mark.parametrize("dictionary", [True, False])
def test_a_parquet_file_of_long_cells_is_read_in_small_parts(tmp_path, dictionary):
    rows = 20_000 if dictionary else 1_000
    file = repeated(tmp_path / "orders.parquet", 100_000, rows=rows, dictionary=dictionary)
    read_rows = 0
    for part in file.batches():
        assert part.row_count * 100_000 < 2 * PART_BYTES
        assert part.columns["order_ref"][0].as_py() == "a" * 100_000
        assert part.lines[0] == read_rows + 1
        read_rows += part.row_count
        if read_rows > 800:
            break
    assert read_rows > 800


def test_a_single_file_is_known_by_its_header_and_a_strange_place_is_a_question(tmp_path):
    (tmp_path / "export.csv").write_text(f"{HEADER}\n{GOOD}\n")
    assert [file.kind for file in folder.find(tmp_path / "export.csv").files] == [ORDERS]
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    for place in ("other.csv", "nowhere"):
        with pytest.raises(folder.UnknownFormatError):
            folder.find(tmp_path / place)


def test_the_first_records_are_shown_in_the_words_of_the_file():
    source = folder.find(DATA / "teashops")
    orders = next(file for file in source.files if file.kind is ORDERS)
    frame = folder.first_records(orders, 2).to_pandas()
    assert frame["order_ref"].tolist() == ["00123", "123"]
    assert frame["gross"].tolist() == ["100.00", "80.00"]


cells = st.text(st.characters(codec="utf-8"), max_size=6)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(cells, cells, cells), min_size=1, max_size=8))
def test_a_plain_row_reads_the_same_with_and_without_quotes(tmp_path, rows):
    plain = [row for row in rows if not any(set(cell) & set('",\r\n\0') for cell in row)]
    lines = [f"T1,{ref},2024-01-05,10.00,CNY,completed,{buyer}" for _, ref, buyer in plain]
    quoted = [",".join(f'"{cell}"' for cell in line.split(",")) for line in lines]
    found = [read_orders(tmp_path, "\n".join([HEADER + ",buyer_ref", *each])) for each in (lines, quoted)]
    assert found[0] == found[1]


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200), st.booleans(), st.sampled_from(["orders.csv", "orders.csv.gz", "orders.parquet"]))
def test_arbitrary_bytes_never_crash_the_reader(tmp_path, content, headed, name):
    rows, bad_rows = read_orders(tmp_path, (HEADER.encode() + b"\n" if headed else b"") + content, name)
    assert all(bad.problem for bad in bad_rows)
    assert not rows or headed


def test_every_currency_of_our_own_list_is_known():
    from ingest.currencies import CURRENCIES

    assert set(MINOR_DIGITS) <= CURRENCIES
