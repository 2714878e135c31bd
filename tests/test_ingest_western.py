"""What single rows of Shopify, Etsy, eBay and Amazon mean, by files of a few rows worked out by hand."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.exports import read_export, written
from tests.soak import examples

SHOPIFY = {
    "Name": "#1001", "Email": "A@example.com", "Financial Status": "paid", "Currency": "USD", "Shipping": "5.00",
    "Taxes": "0", "Total": "31.32", "Discount Amount": "0.00", "Created at": "2026-01-05 23:15:00 -0500",
    "Cancelled at": "", "Refunded Amount": "0.00",
}  # fmt: skip
MORE = dict.fromkeys(SHOPIFY, "") | {"Name": "#1001"}
ENDED = {"Cancelled at": "2026-01-06 00:00:00 -0500"}


@pytest.mark.parametrize(
    ("cells", "record"),
    [
        ({}, ("completed", 3132, 0)),
        ({"Financial Status": "partially_refunded", "Refunded Amount": "1.32"}, ("completed", 3132, 132)),
        ({"Financial Status": "refunded", "Refunded Amount": "31.32"} | ENDED, ("completed", 3132, 3132)),
        ({"Financial Status": "pending"}, ("open", 0, 0)),
        ({"Financial Status": "authorized"} | ENDED, ("cancelled", 0, 0)),
        ({"Financial Status": "voided"}, ("cancelled", 0, 0)),
        ({"Total": "1,23,456.78"}, ("completed", 12_345_678, 0)),
        ({"Total": "INR 1,23,456.78", "Currency": "INR"}, ("completed", 12_345_678, 0)),
    ],
)
def test_the_status_of_the_payment_says_what_a_shopify_order_is(tmp_path, cells, record):
    rows, bad_rows, _ = read_export(written(tmp_path / "x.csv", SHOPIFY, cells))
    assert bad_rows == []
    assert [(row["status"], row["gross_minor"], row["refunded_minor"]) for row in rows["orders"]] == [record]


def test_items_of_a_shopify_order_are_no_orders_and_a_time_keeps_its_offset(tmp_path):
    path = written(tmp_path / "x.csv", SHOPIFY, {}, MORE, {"Name": "#1002", "Email": "a@example.com"})
    _, bad_rows, told = read_export(path)
    assert (bad_rows, told["orders"], told["distinct_buyers"]) == ([], 2, 1)
    assert told["first_ts_utc"] == "2026-01-06T04:15:00Z"


def test_an_item_without_the_first_row_of_its_order_is_refused(tmp_path):
    rows, bad_rows, _ = read_export(written(tmp_path / "x.csv", SHOPIFY, {}, MORE | {"Name": "#1002"}))
    assert [(row.line, row.column, row.value) for row in bad_rows] == [(3, "Name", "#1002")]
    assert len(rows["orders"]) == 1


@pytest.mark.parametrize("amount", ["12,34", "1.234,56", "1,2345.00", "EUR 5", "1e3", "12.345"])
def test_an_amount_in_another_way_of_writing_is_refused_and_never_guessed(tmp_path, amount):
    rows, bad_rows, _ = read_export(written(tmp_path / "x.csv", SHOPIFY, {"Total": amount}))
    assert ([(row.line, row.column) for row in bad_rows], "orders" in rows and rows["orders"]) == ([(2, "Total")], [])


PAYMENT = {
    "Transaction Date": "2026-01-05 09:15:00 -0500", "Type": "charge", "Order": "#1001", "Payout Status": "paid",
    "Amount": "31.32", "Fee": "1.21", "Net": "30.11", "Checkout": "#36", "Currency": "USD",
}  # fmt: skip


def test_a_payment_and_its_fee_are_two_entries_and_equal_rows_are_counted(tmp_path):
    rows, bad_rows, told = read_export(written(tmp_path / "x.csv", PAYMENT, {}, {}))
    assert bad_rows == []
    assert sorted((row["kind"], row["amount_minor"]) for row in rows["wallet_entries"]) == [
        ("fee", -121), ("fee", -121), ("sale", 3132), ("sale", 3132),
    ]  # fmt: skip
    assert len({row["entry_ref"] for row in rows["wallet_entries"]}) == 4
    assert (told["gross_minor"], told["net_minor"]) == ({"USD": 6264}, {"USD": 6022})


def test_a_payment_that_is_paid_out_later_is_the_same_entry(tmp_path):
    pending, paid = (
        read_export(written(tmp_path / f"{status}.csv", PAYMENT, {"Payout Status": status}))[0]
        for status in ("pending", "paid")
    )
    assert pending == paid


def test_an_older_list_of_payments_has_signs_slashes_and_fewer_columns(tmp_path):
    older = PAYMENT | {
        "Transaction Date": "2026/6/12", "Amount": "$1,031.32", "Fee": "$1.21", "Net": "$1,030.11", "Currency": None
    }  # fmt: skip
    rows, bad_rows, told = read_export(written(tmp_path / "x.csv", older, {}))
    assert (bad_rows, told["gross_minor"]) == ([], {"USD": 103_132})
    assert [row["amount_minor"] for row in rows["wallet_entries"]] == [103_132, -121]


def test_a_net_that_is_not_the_amount_less_the_fee_is_refused(tmp_path):
    _, bad_rows, _ = read_export(written(tmp_path / "x.csv", PAYMENT, {"Net": "31.32"}))
    assert [(row.line, row.column) for row in bad_rows] == [(2, "Net")]


ETSY = {
    "Sale Date": "03/20/26", "Order ID": "3300000011", "Buyer User ID": "b", "Currency": "USD", "Order Value": "90.00",
    "Discount Amount": "0.00", "Shipping Discount": "0.00", "Shipping": "10.00", "Sales Tax": "7.20",
    "Order Total": "107.20", "Status": "Completed", "Card Processing Fees": "3.17", "Adjusted Order Total": "0.00",
}  # fmt: skip


@pytest.mark.parametrize(
    ("cells", "record"),
    [
        ({}, (10_000, 0)),
        ({"Adjusted Order Total": "92.20"}, (10_000, 1_500)),
        # The tax goes back as well, but never was the shop's.
        ({"Status": "Refunded"}, (10_000, 10_000)),
        ({"Status": "Canceled"}, (10_000, 10_000)),
        ({"Discount Amount": "9.00", "Order Total": "98.20"}, (9_100, 0)),
        ({"Order Value": "$1,090.00", "Order Total": "$1,107.20"}, (110_000, 0)),
    ],
)
def test_status_and_adjusted_total_say_what_went_back_of_an_etsy_order(tmp_path, cells, record):
    rows, bad_rows, _ = read_export(written(tmp_path / "x.csv", ETSY, cells))
    assert bad_rows == []
    assert [(row["gross_minor"], row["refunded_minor"]) for row in rows["orders"]] == [record]


def test_without_a_status_a_full_refund_is_unknown_and_the_report_says_so(tmp_path):
    path = written(tmp_path / "x.csv", ETSY | {"Status": None}, {}, {"Order ID": "12", "Adjusted Order Total": "92.20"})
    rows, bad_rows, told = read_export(path)
    assert (bad_rows, told["refunds_minor"], told["fully_refunded_orders"]) == ([], None, None)
    assert "full refunds are unknown" in told["note"]
    assert [row["refunded_minor"] for row in rows["orders"]] == [0, 1_500]


def test_a_day_that_is_no_month_day_and_year_is_refused(tmp_path):
    _, bad_rows, _ = read_export(written(tmp_path / "x.csv", ETSY, {"Sale Date": "20/03/26"}))
    assert [(row.line, row.column, row.value) for row in bad_rows] == [(2, "Sale Date", "20/03/26")]


EBAY = {
    "Sales Record Number": "201", "Order Number": "11-1", "Buyer Username": "b", "Item Number": "22", "Quantity": "2",
    "Sold For": "$14.50", "Shipping And Handling": "$3.00", "eBay Collected Tax": "$1.00", "Total Price": "$33.00",
    "eBay Collected Tax Included in Total": "Yes", "Sale Date": "Sep-03-26", "Paid On Date": "Sep-04-26",
}  # fmt: skip
ITEM = {"Shipping And Handling": "", "eBay Collected Tax": "", "Total Price": "", "Quantity": "1"}
FOOTER = '\n"{}","record(s) downloaded","from Sep-01-26 to Sep-30-26"\n"Seller ID : b"\n'


def ebay(path, *rows, told=1):
    written(path, EBAY, *rows)
    path.write_text(path.read_text() + (FOOTER.format(told) if told else ""))
    return path


def test_a_price_on_ebay_is_that_of_one_item_and_tax_is_no_sale(tmp_path):
    rows, bad_rows, told = read_export(ebay(tmp_path / "x.csv", {}))
    assert bad_rows == []
    assert [(row["order_ref"], row["gross_minor"]) for row in rows["orders"]] == [("11-1", 3_200)]
    assert told["total_price_paid_minor"] == {"USD": 3_300}


EUROS = {"Sold For": "EUR 1.014,50", "Quantity": "1", "Shipping And Handling": "3,00 EUR", "eBay Collected Tax": "0,00",
         "Total Price": "EUR 1.017,50"}  # fmt: skip


@pytest.mark.parametrize("delimiter", [",", ";"])
def test_decimal_commas_on_ebay_are_known_by_the_one_or_two_digits_behind_them(tmp_path, delimiter):
    path = written(tmp_path / "x.csv", EBAY, EUROS, delimiter=delimiter)
    path.write_text(path.read_text() + FOOTER.format(1).replace(",", delimiter))
    _rows, bad_rows, told = read_export(path)
    assert (bad_rows, told["differences"], told["gross_minor"]) == ([], (), {"EUR": 101_750})
    _, bad_rows, _ = read_export(ebay(tmp_path / "y.csv", EUROS, EUROS | {"Total Price": "EUR 1,017.50"}, told=2))
    assert {row.line for row in bad_rows} == {2, 3}


def test_an_ebay_report_from_britain_has_its_own_name_of_shipping_and_days_first(tmp_path):
    path = ebay(tmp_path / "x.csv", dict.fromkeys(("Sale Date", "Paid On Date"), "03-Sep-26"))
    path.write_text(path.read_text().replace("Shipping And Handling", "Postage And Packaging").replace("$", "£"))
    _rows, bad_rows, told = read_export(path)
    assert (bad_rows, told["gross_minor"]) == ([], {"GBP": 3_200})


def test_the_items_of_an_ebay_order_add_up_to_the_row_with_its_sums(tmp_path):
    sums = {"Item Number": "", "Quantity": "2", "Sold For": "$29.00"}
    items = [ITEM | {"Sold For": "$20.00"}, ITEM | {"Sold For": "$9.00"}]
    rows, bad_rows, _ = read_export(ebay(tmp_path / "x.csv", sums, *items))
    assert ([row["gross_minor"] for row in rows["orders"]], bad_rows) == ([3_200], [])
    _, bad_rows, _ = read_export(ebay(tmp_path / "y.csv", sums, items[0]))
    assert [(row.line, row.column) for row in bad_rows] == [(2, "Sold For")]


def test_a_sale_that_was_never_paid_is_counted_and_is_no_order(tmp_path):
    rows, bad_rows, told = read_export(ebay(tmp_path / "x.csv", {"Paid On Date": "", "Order Number": ""}))
    assert (bad_rows, rows["orders"], told["unpaid_commitments"]) == ([], [], 1)


@pytest.mark.parametrize("told", [None, 2])
def test_an_ebay_report_that_lost_rows_at_its_end_is_refused(tmp_path, told):
    _, bad_rows, read = read_export(ebay(tmp_path / "x.csv", {}, told=told))
    assert bad_rows == []
    assert [(each.told, each.found) for each in read["differences"]] == [(told, 1)]


MOVED = {
    "Transaction creation date": "Sep 8, 2026", "Type": "Order", "Order number": "11-1", "Buyer username": "b",
    "Net amount": "8.00", "Payout currency": "USD", "Transaction ID": "1", "Final Value Fee - variable": "-2.00",
    "Gross transaction amount": "10.00", "Reference ID": "--", "Description": "--",
}  # fmt: skip


def test_what_ebay_gives_back_is_a_refund_among_the_orders_and_an_entry(tmp_path):
    refund = {
        "Type": "Refund", "Net amount": "-8.00", "Gross transaction amount": "-10.00", "Transaction ID": "--",
        "Final Value Fee - variable": "2.00", "Reference ID": "Return 5",
    }  # fmt: skip
    payout = {"Type": "Payout", "Net amount": "-1,000.00", "Gross transaction amount": "-1,000.00"}
    quiet = dict.fromkeys(("Order number", "Buyer username", "Transaction ID", "Final Value Fee - variable"), "--")
    rows, bad_rows, told = read_export(written(tmp_path / "x.csv", MOVED, {}, refund, payout | quiet))
    assert bad_rows == []
    assert [(row["status"], row["gross_minor"], row["refunded_minor"]) for row in rows["orders"]] == [
        ("refund", 0, 1_000)
    ]
    assert sorted((row["kind"], row["amount_minor"]) for row in rows["wallet_entries"]) == [
        ("fee", -200), ("fee", 200), ("refund", -1_000), ("sale", 1_000), ("transfer", -100_000),
    ]  # fmt: skip
    assert (told["gross_minor"], told["refunds_minor"], told["fees_minor"]) == (
        {"USD": 1_000},
        {"USD": 1_000},
        {"USD": 0},
    )


AMAZON = {
    "settlement-id": "25", "settlement-start-date": "", "deposit-date": "", "total-amount": "", "currency": "",
    "transaction-type": "Order", "order-id": "111-1", "adjustment-id": "", "amount-type": "ItemPrice",
    "amount-description": "Principal", "amount": "29.99", "posted-date-time": "2026-03-03 14:23:11 UTC",
}  # fmt: skip
WHOLE = dict.fromkeys(AMAZON, "") | {
    "settlement-id": "25", "total-amount": "25.50", "currency": "USD", "deposit-date": "2026-03-17 08:52:26 UTC"
}  # fmt: skip
FEE = {"amount-type": "ItemFees", "amount-description": "Commission", "amount": "-4.49"}


def test_an_amazon_settlement_gives_orders_with_fees_and_a_balance_that_is_paid_out(tmp_path):
    rows, bad_rows, told = read_export(written(tmp_path / "x.txt", AMAZON, WHOLE, {}, FEE, delimiter="\t"))
    assert bad_rows == []
    assert [(row["order_ref"], row["gross_minor"], row["fees_minor"]) for row in rows["orders"]] == [
        ("111-1", 2_999, 449)
    ]
    assert sum(row["amount_minor"] for row in rows["wallet_entries"]) == 0
    assert told["total_amount_minor"] == {"USD": 2_550}


def test_a_european_settlement_has_decimal_commas_and_says_so_by_its_dates(tmp_path):
    at = {"posted-date-time": "14.03.2023 07:49:55 UTC"}
    whole = WHOLE | {"total-amount": "1.025,50", "currency": "EUR"}
    path = written(
        tmp_path / "x.txt", AMAZON, whole, at | {"amount": "1.029,99"}, at | FEE | {"amount": "-4,49"}, delimiter="\t"
    )
    _, bad_rows, told = read_export(path)
    assert bad_rows == []
    assert (told["gross_minor"], told["first_ts_utc"]) == ({"EUR": 102_999}, "2023-03-14T07:49:55Z")


def test_a_settlement_whose_rows_do_not_reach_what_is_paid_is_refused(tmp_path):
    _, bad_rows, told = read_export(written(tmp_path / "x.txt", AMAZON, WHOLE, {}, delimiter="\t"))
    assert bad_rows == []
    assert [(each.line, each.what, each.told, each.found) for each in told["differences"]] == [
        (2, "total-amount", 2550, 2999)
    ]


def test_a_refund_of_an_earlier_settlements_order_is_a_record_of_its_own(tmp_path):
    back = {"transaction-type": "Refund", "adjustment-id": "ADJ1", "amount": "-29.99"}
    whole = WHOLE | {"total-amount": "(29.99)"}
    rows, bad_rows, _ = read_export(written(tmp_path / "x.txt", AMAZON, whole, back, delimiter="\t"))
    assert bad_rows == []
    assert [(row["order_ref"], row["status"], row["refunded_minor"]) for row in rows["orders"]] == [
        ("111-1:ADJ1", "refund", 2_999)
    ]


@pytest.mark.parametrize(
    ("currency", "amount", "taken"),
    [("USD", "$90.00", True), ("USD", "€90.00", False), ("GBP", "£90.00", True), ("GBP", "$90.00", False),
     ("EUR", "EUR 90.00", True)],
)  # fmt: skip
def test_an_amount_of_etsys_has_the_sign_of_its_own_currency_or_none(tmp_path, currency, amount, taken):
    _, bad_rows, _ = read_export(written(tmp_path / "x.csv", ETSY, {"Currency": currency, "Order Value": amount}))
    assert [row.column for row in bad_rows] == ([] if taken else ["Order Value"])


def test_an_id_with_decimals_behind_more_digits_than_a_spreadsheet_keeps_is_lost(tmp_path):
    _, (lost,), _ = read_export(written(tmp_path / "x.csv", ETSY, {"Order ID": "4900000000000000009.0"}))
    assert (lost.whole_file, lost.column) == (True, "Order ID")


def test_a_settlement_without_its_first_row_is_refused_for_nobody_knows_its_currency_or_its_total(tmp_path):
    _, (lost,), _ = read_export(written(tmp_path / "x.txt", AMAZON, {}, FEE, delimiter="\t"))
    assert (lost.whole_file, lost.line, lost.column) == (True, 2, "total-amount")
    whole = WHOLE | {"currency": ""}
    _, (lost,), _ = read_export(written(tmp_path / "x.txt", AMAZON, whole, {}, FEE, delimiter="\t"))
    assert (lost.whole_file, lost.line, lost.column) == (True, 2, "currency")


def test_a_settlement_gives_the_same_entries_wherever_its_header_stands(tmp_path):
    path = written(tmp_path / "x.txt", AMAZON, WHOLE, {}, FEE, delimiter="\t")
    rows, _, _ = read_export(path)
    path.write_text(f"Settlement report\n\n{path.read_text()}")
    assert read_export(path)[0] == rows


@pytest.mark.parametrize(
    ("usual", "others", "column"),
    [(AMAZON, [WHOLE], "order-id"), (EBAY, [], "Order Number"), (MOVED, [], "Order number")],
    ids=["amazon", "ebay orders", "ebay transactions"],
)
def test_what_protects_an_order_number_is_taken_off_and_a_rounded_one_is_refused(tmp_path, usual, others, column):
    delimiter = "\t" if usual is AMAZON else ","
    rows, _, _ = read_export(written(tmp_path / "x.csv", usual, *others, {}, delimiter=delimiter))
    protected = {column: f'="{usual[column]}"'}
    again, _, _ = read_export(written(tmp_path / "x.csv", usual, *others, protected, delimiter=delimiter))
    assert again == rows
    rounded = {column: "1.23457E+11"}
    _, bad_rows, _ = read_export(written(tmp_path / "x.csv", usual, *others, rounded, delimiter=delimiter))
    assert [(row.whole_file, row.column, row.value) for row in bad_rows] == [(True, column, "1.23457E+11")]


@pytest.mark.parametrize("usual", [SHOPIFY, PAYMENT, ETSY, EBAY, MOVED, AMAZON], ids=lambda usual: next(iter(usual)))
@settings(max_examples=examples(20))
@given(data=st.data())
def test_whatever_stands_in_the_cells_each_row_is_read_or_refused(tmp_path_factory, usual, data):
    cells = st.dictionaries(
        st.sampled_from(sorted(usual)), st.text(max_size=12) | st.sampled_from(["", "--", "1,5", "9e9"])
    )
    rows = data.draw(st.lists(cells, min_size=1, max_size=4))
    path = written(tmp_path_factory.getbasetemp() / "any.csv", usual, *rows, delimiter="\t" if usual is AMAZON else ",")
    found, bad_rows, _ = read_export(path)
    assert any(found.values()) or bad_rows or usual is EBAY
