"""Olist's tables: small ones worked out by hand, and what the real sample beside the project comes to."""

import csv
import gzip
from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest import olist, sources
from tests.exports import HASHER
from tests.soak import examples

REAL = Path(__file__).resolve().parents[2] / "shared" / "data" / "olist_sample"

ORDERS = """\
order_id,customer_id,order_status,order_purchase_timestamp,order_approved_at,order_delivered_carrier_date,\
order_delivered_customer_date,order_estimated_delivery_date
o1,c1,delivered,2018-03-01 10:00:00,2018-03-01 10:05:00,,2018-03-09 21:00:00,2018-03-09 00:00:00
o2,c2,canceled,2018-03-02 11:00:00,,,,2018-03-20 00:00:00
o3,c3,shipped,2018-03-03 12:00:00,2018-03-03 12:01:00,,,2018-03-22 00:00:00
o4,c4,unavailable,2018-03-04 13:00:00,2018-03-04 13:01:00,,,2018-03-23 00:00:00
"""
ITEMS = """\
order_id,order_item_id,product_id,seller_id,shipping_limit_date,price,freight_value
o1,1,p1,sellerA00x,2018-03-05 10:00:00,99.9,27.65
o1,2,p1,sellerA00x,2018-03-05 10:00:00,99.9,27.65
o1,3,p2,sellerB00x,2018-03-05 10:00:00,5.0,0.0
o2,1,p2,sellerB00x,2018-03-06 10:00:00,40.00,8.10
o3,1,p2,sellerB00x,2018-03-07 10:00:00,10.00,1.01
"""
PAYMENTS = """\
order_id,payment_sequential,payment_type,payment_installments,payment_value
o1,1,credit_card,8,200.00
o1,2,voucher,1,62.10
o2,1,boleto,1,48.10
o3,1,boleto,1,11.00
"""
REVIEWS = """\
review_id,order_id,review_score,review_comment_title,review_comment_message,review_creation_date,review_answer_timestamp
r1,o1,5,,"Meu nome é Made Up,
fone 0000",2018-03-10 00:00:00,2018-03-12 08:00:00
r2,o1,2,,,2018-03-10 00:00:00,2018-03-11 09:30:00
r3,o3,4,,,2018-03-10 00:00:00,2018-03-13 08:00:00
"""
SELLERS = """\
seller_id,seller_zip_code_prefix,seller_city,seller_state
sellerA00x,01000,sao paulo,SP
sellerB00x,20000,someone@example.com,RJ
"""
CUSTOMERS = """\
customer_id,customer_unique_id,customer_zip_code_prefix,customer_city,customer_state
c1,u1,1,x,SP
c2,u2,1,x,SP
c3,u1,1,x,SP
c4,u4,1,x,SP
"""
PRODUCTS = "product_id,product_category_name,product_weight_g\np1,bebes,1\np2,moveis,1\n"
TRANSLATION = "product_category_name,product_category_name_english\nbebes,baby\n"
USUAL = {
    "a": ORDERS, "b": ITEMS, "c": PAYMENTS, "d": REVIEWS, "e": SELLERS, "f": CUSTOMERS, "g": PRODUCTS, "h": TRANSLATION,
}  # fmt: skip


@pytest.fixture
def read(tmp_path):
    """Reads tables under names that say nothing: records by kind, bad rows, and the tables."""

    def read_tables(shops=None, **changed):
        for name, text in {**USUAL, **changed}.items():
            (tmp_path / f"{name}.csv").unlink(missing_ok=True)
            if text is not None:
                (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
        names = {path: path.name for path in sorted(tmp_path.iterdir())}
        found = sources.sorted_out(names, {})
        assert found.question() == ""
        tables = olist.OlistTables.of(found.tables, HASHER, shops or {})
        return records_of(tables)

    return read_tables


def records_of(tables):
    rows, bad_rows = {"shops": [], "orders": []}, []
    for chunk in tables.chunks():
        bad_rows += chunk.bad_rows
        rows[chunk.kind.name] += chunk.rows.to_pylist() if chunk.rows.num_columns else []
    return rows, bad_rows, tables


def by_key(orders):
    return {(row["order_ref"], row["shop_ref"]): row for row in orders}


def places(bad_rows):
    return [(row.file, row.line, row.column, row.value) for row in bad_rows]


def test_an_order_of_two_sellers_is_one_order_for_each_with_the_sum_of_its_own_items(read):
    rows, bad_rows, _ = read()
    assert bad_rows == []
    orders = by_key(rows["orders"])
    assert {key: (row["gross_minor"], row["status"]) for key, row in orders.items()} == {
        ("o1", "sellerA00x"): (25_510, "completed"), ("o1", "sellerB00x"): (500, "completed"),
        ("o2", "sellerB00x"): (4_810, "cancelled"), ("o3", "sellerB00x"): (1_101, "open"),
    }  # fmt: skip
    one, other = orders["o1", "sellerA00x"], orders["o1", "sellerB00x"]
    assert one["buyer_ref"] == other["buyer_ref"] == orders["o3", "sellerB00x"]["buyer_ref"]
    assert one["buyer_ref"] != orders["o2", "sellerB00x"]["buyer_ref"]
    assert "settled_at" not in one


def test_times_are_sao_paulos_and_what_comes_on_the_promised_day_is_in_time(read):
    rows, _, _ = read()
    order = by_key(rows["orders"])["o1", "sellerA00x"]
    # 10:00 at three hours behind UTC.
    assert order["placed_at"] == 1_519_909_200_000_000
    assert order["delivered_at"] <= order["promised_by"]


def test_of_two_reviews_the_one_answered_last_counts_for_each_seller(read):
    rows, _, _ = read()
    orders = by_key(rows["orders"])
    assert [orders["o1", seller]["rating_hundredths"] for seller in ("sellerA00x", "sellerB00x")] == [500, 500]
    assert orders["o3", "sellerB00x"]["rating_hundredths"] == 400
    assert orders["o2", "sellerB00x"]["rating_hundredths"] is None


def test_nothing_that_a_buyer_wrote_is_in_any_record(read):
    rows, _, tables = read()
    assert "Made Up" not in str(rows) + str(tables.told()) + str(tables.warnings)


def test_shops_are_made_of_the_sellers_without_an_address_in_place_of_a_city(read):
    rows, _, tables = read()
    assert [(row["shop_ref"], row["name"], row["region"], row["city"], row["category"]) for row in rows["shops"]] == [
        ("sellerA00x", "Seller sellerA0", "SP", "sao paulo", "baby"),
        ("sellerB00x", "Seller sellerB0", "RJ", None, "moveis"),
    ]
    assert {(row["currency"], row["time_zone"]) for row in rows["shops"]} == {("BRL", "America/Sao_Paulo")}
    assert tables.told()["shops"] == 2


def test_a_shop_that_is_on_record_stays_as_it_is_and_keeps_its_own_clock(read):
    before, _, _ = read()
    rows, bad_rows, tables = read(shops={"sellerA00x": ("Asia/Shanghai", "BRL")})
    assert (bad_rows, [row["shop_ref"] for row in rows["shops"]]) == ([], ["sellerB00x"])
    assert tables.told()["shops"] == 2
    key = ("o1", "sellerA00x")
    assert by_key(rows["orders"])[key]["placed_at"] == by_key(before["orders"])[key]["placed_at"]


def test_without_the_tables_of_sellers_and_customers_the_items_make_the_shops_and_a_warning_says_so(read):
    rows, bad_rows, tables = read(e=None, f=None)
    assert (bad_rows, [row["shop_ref"] for row in rows["shops"]]) == ([], ["sellerA00x", "sellerB00x"])
    assert len({row["buyer_ref"] for row in rows["orders"]}) == 3
    said = " ".join(tables.warnings)
    assert "without region and city" in said
    assert "whether a buyer came twice" in said


def test_orders_without_items_are_counted_and_told_and_are_nobodys(read):
    rows, _, tables = read()
    assert tables.told()["orders_without_items"] == {"unavailable": 1}
    assert "1 unavailable" in tables.warnings[0]
    assert "o4" not in str(rows)


def test_payments_apart_by_a_cent_are_rounding_and_others_are_a_warning(read):
    _, _, tables = read()
    assert [each for each in tables.warnings if "paid" in each] == [
        "1 order is paid with BRL 2.00 more than the items, as instalments with interest."
    ]
    less = PAYMENTS.replace("48.10", "40.00").replace("o3,1,boleto,1,11.00\n", "")
    _, bad_rows, tables = read(c=less)
    assert (bad_rows, tables.differences) == ([], ())
    assert "1 order is paid with BRL 8.10 less than the items." in tables.warnings
    assert "1 order is in no row of the payments' table." in tables.warnings


@pytest.mark.parametrize("price", ["9,9", "1e2", "-1.00", "", "1.234", "free"])
def test_a_bad_price_is_named_and_takes_that_sellers_order_with_it_but_not_the_others(read, price):
    rows, bad_rows, _ = read(b=ITEMS.replace("sellerA00x,2018-03-05 10:00:00,99.9", f'sellerA00x,x,"{price}"', 1))
    assert places(bad_rows) == [("b.csv", 2, "price", price), ("b.csv", 3, "order_id", "o1")]
    assert "on line 2" in bad_rows[1].problem
    assert set(by_key(rows["orders"])) == {("o1", "sellerB00x"), ("o2", "sellerB00x"), ("o3", "sellerB00x")}


def test_one_item_with_two_prices_is_a_conflict_of_both_lines_and_the_same_item_again_is_none(read):
    again = ITEMS + "o3,1,p2,sellerB00x,2018-03-07 10:00:00,10.00,1.01\n"
    rows, bad_rows, _ = read(b=again)
    assert (bad_rows, by_key(rows["orders"])["o3", "sellerB00x"]["gross_minor"]) == ([], 1_101)
    rows, bad_rows, _ = read(b=again.replace("10.00,1.01\n", "11.00,1.01\n", 1))
    assert places(bad_rows) == [("b.csv", 6, "order_item_id", "1"), ("b.csv", 7, "order_item_id", "1")]
    assert "as on line 7" in bad_rows[0].problem
    assert ("o3", "sellerB00x") not in by_key(rows["orders"])


def test_an_item_of_an_order_that_is_not_there_or_was_refused_is_refused(read):
    _, bad_rows, _ = read(b=ITEMS + "o9,1,p2,sellerB00x,,1.00,1.01\n")
    assert places(bad_rows) == [("b.csv", 7, "order_id", "o9")]
    rows, bad_rows, _ = read(a=ORDERS.replace("shipped", "teleported"))
    assert places(bad_rows) == [("b.csv", 6, "order_id", "o3"), ("a.csv", 4, "order_status", "teleported")]
    assert "of this order in a.csv was refused" in bad_rows[0].problem
    assert len(rows["orders"]) == 3


@pytest.mark.parametrize(
    ("table", "right", "wrong", "place"),
    [
        ("a", "2018-03-03 12:00:00", "2018-02-30 12:00:00", (4, "order_purchase_timestamp")),
        ("a", "o4,c4", "o4,", (5, "customer_id")),
        ("c", "62.10", "62,10", (3, None)),
        ("c", "48.10", "x", (4, "payment_value")),
        ("d", "o3,4", "o3,7", (5, "review_score")),
        ("d", "2018-03-13 08:00:00", "13/03/2018", (5, "review_answer_timestamp")),
        ("e", "RJ", "RJ\x01", (3, "seller_state")),
    ],
)
def test_a_bad_cell_of_any_table_is_named_by_its_file_line_and_column(read, table, right, wrong, place):
    _, bad_rows, _ = read(**{table: USUAL[table].replace(right, wrong)})
    assert (f"{table}.csv", place[0], place[1] or "") in [(row.file, row.line, row.column) for row in bad_rows]


def test_tables_without_orders_or_items_are_refused_with_what_is_missing(read):
    with pytest.raises(olist.UnusableTables, match=r"not Olist's orders \(a table with order_id, customer_id"):
        read(a=None)
    with pytest.raises(olist.UnusableTables, match=r"not Olist's items of orders \(a table with order_id, order_item"):
        read(a=ORDERS, b=None)


def test_a_table_that_is_there_twice_is_refused(read):
    with pytest.raises(olist.UnusableTables, match=r"a\.csv and z\.csv are both Olist's orders"):
        read(z=ORDERS)


def test_a_table_without_a_needed_column_is_read_no_further(read):
    rows, bad_rows, _ = read(a=ORDERS.replace("order_status", "state"))
    assert [(row.file, row.line, row.column, row.whole_file) for row in bad_rows] == [
        ("a.csv", 1, "order_status", True)
    ]
    assert rows == {"shops": [], "orders": []}


def test_tables_with_a_header_alone_hold_nothing(read):
    heads = {name: text.splitlines()[0] + "\n" for name, text in USUAL.items()}
    rows, bad_rows, tables = read(**heads)
    assert (rows, bad_rows, tables.warnings) == ({"shops": [], "orders": []}, [], ())


CELLS = st.text(max_size=8) | st.sampled_from(["", "o1", "o3", "1", "9.9", "1e3", "2018-03-01 10:00:00", "canceled"])


@settings(max_examples=examples(8))
@given(data=st.data())
def test_whatever_stands_in_the_cells_each_table_is_read_or_its_rows_are_refused(tmp_path_factory, data):
    place = tmp_path_factory.mktemp("any")
    for name, text in USUAL.items():
        head, *_ = text.splitlines()
        width = head.count(",") + 1
        rows = data.draw(st.lists(st.lists(CELLS, min_size=width, max_size=width), max_size=3))
        with (place / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            file.write(text)
            csv.writer(file, lineterminator="\n").writerows(rows)
    names = {path: path.name for path in sorted(place.iterdir())}
    rows, bad_rows, _ = records_of(olist.OlistTables.of(sources.sorted_out(names, {}).tables, HASHER, {}))
    assert rows["orders"] or bad_rows
    assert all(row["gross_minor"] >= 0 for row in rows["orders"])


@pytest.mark.records
def test_the_real_sample_comes_to_what_its_rows_add_up_to(tmp_path):
    def rows_of(name):
        with gzip.open(REAL / f"olist_{name}_dataset.csv.gz", "rt", encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    names = {}
    for path in sorted(REAL.glob("*.gz")):
        unpacked = tmp_path / path.stem
        unpacked.write_bytes(gzip.decompress(path.read_bytes()))
        names[unpacked] = path.name
    rows, bad_rows, tables = records_of(olist.OlistTables.of(sources.sorted_out(names, {}).tables, HASHER, {}))
    assert bad_rows == []
    sums = defaultdict(Decimal)
    for item in rows_of("order_items"):
        sums[item["order_id"], item["seller_id"]] += Decimal(item["price"]) + Decimal(item["freight_value"])
    assert {key: row["gross_minor"] for key, row in by_key(rows["orders"]).items()} == {
        key: int(amount * 100) for key, amount in sums.items()
    }
    status = {order["order_id"]: order["order_status"] for order in rows_of("orders")}
    wanted = Counter(
        {"delivered": "completed", "canceled": "cancelled", "unavailable": "cancelled"}.get(status[order], "open")
        for order, _ in sums
    )
    assert Counter(row["status"] for row in rows["orders"]) == wanted
    newest = {}
    for review in sorted(rows_of("order_reviews"), key=lambda row: row["review_answer_timestamp"]):
        newest[review["order_id"]] = int(review["review_score"]) * 100
    assert {row["order_ref"]: row["rating_hundredths"] for row in rows["orders"]} == {
        order: newest.get(order) for order, _ in sums
    }
    assert len(rows["shops"]) == 1_610
    assert tables.told()["orders_without_items"]["unavailable"] == 603
