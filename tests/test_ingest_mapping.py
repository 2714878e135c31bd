"""Files that no reader knows, read by a mapping: exactly as it is declared, and never by a guess."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest import column_guesses, mapping, survey
from ingest.exports import Export, recognise
from ingest.mapped_file import format_of
from ingest.mapping import STYLES, Mapping, Style, UnusableMapping
from ingest.written_days import ORDERS_OF_DAY, iso_day
from tests.exports import HASHER

POINT, COMMA, BLANK = Style(".", ","), Style(",", "."), Style(",", " ")
STALL = (
    "No.;Sold on;Who;Paid;Fee;State\n"
    "7001;01.03.2026 09:15;ann;1.234,56;12,35;done\n"
    "7002;01.03.2026 17:40;ben;80,00;0,80;sent back\n"
    "7003;02.03.2026 11:05;ann;19,90;0,20;done\n"
)
STALL_COLUMNS = Mapping(
    "orders",
    {"order_ref": "No.", "placed_at": "Sold on", "buyer_ref": "Who", "gross": "Paid", "fees": "Fee", "status": "State"},
    currency="EUR", decimal=",", group=".", dates="DMY", time_zone="Europe/Berlin",
    words={"done": "completed", "sent back": "refunded"},
)  # fmt: skip
WALLET = Mapping(
    "wallet_entries", {"entry_ref": "Id", "booked_at": "When", "amount": "Sum", "kind": "What"},
    currency="CNY", decimal=".", group=",", dates="YMD", time_zone="Asia/Shanghai",
    words={"in": "sale", "out": "other"}, account="wallet",
)  # fmt: skip
DAYS = Mapping(
    "sales_days", {"day": "Tag", "orders": "Zahl", "gross": "Umsatz"},
    currency="EUR", decimal=",", group=".", dates="DMY", time_zone="Europe/Berlin",
)  # fmt: skip


@pytest.fixture
def read(tmp_path):
    """Reads a text by a mapping: its records, and its bad rows as (line, column, value, problem)."""

    def read_text(text, said, encoding="utf-8"):
        path = tmp_path / "stall.csv"
        path.write_bytes(text.encode(encoding))
        found = recognise(path, (format_of(said, "Stall"),))
        export = Export.of(path, path.name, found, HASHER, ("S1", said.time_zone, said.currency or "EUR"))
        records, bad_rows = [], []
        for chunk in export.chunks():
            records += chunk.rows.to_pylist()
            bad_rows += [(row.line, row.column, row.value, row.problem) for row in chunk.bad_rows]
        assert export.told() == {}
        return records, bad_rows

    return read_text


def test_a_file_is_read_to_the_minor_unit_and_its_buyers_become_references(read):
    records, bad_rows = read(STALL, STALL_COLUMNS)
    assert bad_rows == []
    assert [(row["order_ref"], row["gross_minor"], row["refunded_minor"], row["fees_minor"]) for row in records] == [
        ("7001", 123456, 0, 1235), ("7002", 8000, 8000, 80), ("7003", 1990, 0, 20),
    ]  # fmt: skip
    assert {row["status"] for row in records} == {"completed"}
    buyers = [row["buyer_ref"] for row in records]
    assert buyers[0] == buyers[2] != buyers[1]
    assert "ann" not in str(records)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "gb18030"])
def test_the_encoding_is_found_as_for_every_export(read, encoding):
    text = STALL.replace("Who", "买家会员名").replace("ann", "样例买家一号先生和女士")
    said = replace(STALL_COLUMNS, columns=STALL_COLUMNS.columns | {"buyer_ref": "买家会员名"})
    assert len(read(text, said, encoding)[0]) == 3


AMOUNTS = [
    ("1.234,56", COMMA, 123456), ("1234,56", COMMA, 123456), ("1.234", COMMA, 123400), ("1,234.56", POINT, 123456),
    ("1,234", POINT, 123400), ("1 234,56", BLANK, 123456), ("1\u202f234,5", BLANK, 123450), ("€ 80,00", COMMA, 8000),
    ("80,00 EUR", COMMA, 8000), ("+12.5", POINT, 1250), ("1'234.50", Style(".", "'"), 123450), ("0,07", COMMA, 7),
]  # fmt: skip


@pytest.mark.parametrize(("text", "style", "minor"), AMOUNTS)
def test_an_amount_is_read_in_the_declared_style(read, text, style, minor):
    said = replace(STALL_COLUMNS, decimal=style.decimal, group=style.group)
    columns = said.columns.keys() - {"fees"}
    said = replace(said, columns={name: said.columns[name] for name in said.columns if name in columns})
    records, bad_rows = read(STALL.split("\n")[0] + f"\n1;01.03.2026;x;{text};0;done\n", said)
    assert (bad_rows, [row["gross_minor"] for row in records]) == ([], [minor])


@pytest.mark.parametrize(
    ("text", "style"),
    [("1.5", COMMA), ("1,5", POINT), ("1.234,56", POINT), ("1,234.56", COMMA), ("1.234", POINT), ("12,34,567", POINT),
     ("1e3", POINT), ("(12.00)", POINT), ("NaN", POINT), ("-5.00", POINT), ("1.2.3", COMMA), ("12 34", BLANK)],
)  # fmt: skip
def test_an_amount_that_contradicts_the_declared_style_is_a_bad_row(read, text, style):
    said = replace(STALL_COLUMNS, decimal=style.decimal, group=style.group)
    records, bad_rows = read(STALL.split("\n")[0] + f"\n1;01.03.2026;x;{text};0;done\n", said)
    assert records == []
    assert [row[:3] for row in bad_rows] == [(2, "Paid", text)]


@pytest.mark.parametrize(
    ("values", "style"),
    [(["1.234,56"], COMMA), (["1,234.56"], POINT), (["1.234"], None), (["1,234"], None), (["1.234", "0,5"], COMMA),
     (["1.234", "0.5"], POINT), (["12"], POINT), ([], POINT), (["1.5", "1,5"], None), (["1 234,00"], BLANK),
     (["¥1.50"], POINT), (["soon"], None), (["1.234.567"], COMMA)],
)  # fmt: skip
def test_where_both_readings_of_amounts_are_possible_none_is_chosen(values, style):
    assert survey.style_of(values) == style


@pytest.mark.parametrize(
    ("values", "order"),
    [(["03/04/2026"], None), (["03/04/2026", "13/04/2026"], "DMY"), (["03/04/2026", "04/13/2026"], "MDY"),
     (["2026-04-03"], "YMD"), (["2026/4/3 9:05"], "YMD"), (["5.5.2026"], "DMY"), (["13/04/2026", "04/13/2026"], None),
     (["31 Mar 2026"], "YMD"), (["2026年3月31日"], "YMD"), (["yesterday"], None)],
)  # fmt: skip
def test_where_day_and_month_may_be_exchanged_no_order_is_chosen(values, order):
    assert survey.order_of(values) == order


@pytest.mark.parametrize(
    ("text", "order", "iso"),
    [
        ("31/03/2026", "DMY", "2026-03-31"),
        ("03/31/2026", "MDY", "2026-03-31"),
        ("31.3.26 9:05", "DMY", "2026-03-31T09:05:00"),
        ("2026-03-31T18:05:00+08:00", "YMD", "2026-03-31T18:05:00+08:00"),
        ("3/1/2026 12:00 AM", "MDY", "2026-03-01T00:00:00"),
        ("3/1/2026, 12:30 p.m.", "MDY", "2026-03-01T12:30:00"),
        ("2026-03-31 10:00:00 UTC", "YMD", "2026-03-31T10:00:00+00:00"),
        ("31/04/2026", "DMY", None),
        ("13/13/2026", "DMY", None),
        ("2026-03-31", "DMY", None),
        ("31/03/2026 25:00", "DMY", None),
        ("31/03/2026 13:00 pm", "DMY", None),
        ("\u0663\u0661/03/2026", "DMY", None),
        ("", "DMY", None),
        ("29.2.2026", "DMY", None),
    ],
)
def test_a_day_is_read_in_the_declared_order_or_not_at_all(text, order, iso):
    assert iso_day(text, order) == iso


def test_a_day_that_contradicts_the_declared_order_is_a_bad_row_that_says_what_would_be_right(read):
    _, bad_rows = read(STALL.replace("02.03.2026 11:05", "03/25/2026"), STALL_COLUMNS)
    (found,) = bad_rows
    assert found[:3] == (4, "Sold on", "03/25/2026")
    assert "31/03/2026" in found[3]


def test_a_word_without_a_meaning_is_a_bad_row_that_names_it(read):
    records, bad_rows = read(STALL.replace("19,90;0,20;done", "19,90;0,20;on hold"), STALL_COLUMNS)
    assert len(records) == 2
    assert [row[:3] for row in bad_rows] == [(4, "State", "on hold")]
    assert "on hold" in bad_rows[0][3]


def test_a_refund_in_a_row_of_its_own_is_no_sale_whatever_its_sign(read):
    said = replace(STALL_COLUMNS, words=STALL_COLUMNS.words | {"sent back": "refund"})
    for amount in ("80,00", "-80,00"):
        records, bad_rows = read(STALL.replace("ben;80,00", f"ben;{amount}"), said)
        assert bad_rows == []
        assert [
            (row["status"], row["gross_minor"], row["refunded_minor"]) for row in records if row["refunded_minor"]
        ] == [("refund", 0, 8000)]


def test_fees_below_zero_are_read_only_once_it_is_said_what_they_are(read):
    text = STALL.replace("12,35", "-12,35")
    assert [row[:3] for row in read(text, STALL_COLUMNS)[1]] == [(2, "Fee", "-12,35")]
    fees = {said: [row["fees_minor"] for row in read(text, replace(STALL_COLUMNS, negative_fees=said))[0]]
            for said in ("kept", "back")}  # fmt: skip
    assert fees == {"kept": [1235, -80, -20], "back": [-1235, 80, 20]}


def test_the_currency_may_stand_in_a_column_and_another_one_than_the_shops_is_refused(read):
    lines = STALL.splitlines()
    text = "\n".join(
        [f"{lines[0]};Money", *(f"{line};{code}" for line, code in zip(lines[1:], ("EUR", "USD", "EUR"), strict=True))]
    )
    said = replace(STALL_COLUMNS, currency="", columns=STALL_COLUMNS.columns | {"currency": "Money"})
    records, bad_rows = read(text + "\n", said)
    assert len(records) == 2
    assert [row[:3] for row in bad_rows] == [(3, "Money", "USD")]


def test_entries_of_an_account_keep_their_sign_and_days_their_counts(read):
    records, bad_rows = read("Id,When,Sum,What\n1,2026-03-01 08:00,+12.50,in\n2,2026-03-02 08:00,-3.00,out\n", WALLET)
    assert bad_rows == []
    assert [(row["amount_minor"], row["kind"], row["account"]) for row in records] == [
        (1250, "sale", "wallet"), (-300, "other", "wallet"),
    ]  # fmt: skip
    records, bad_rows = read("Tag;Zahl;Umsatz\n01.03.2026;1.204;9.999,50\n02.03.2026 09:00;3;10,00\n", DAYS)
    assert [(row["orders"], row["gross_minor"]) for row in records] == [(1204, 999950)]
    assert [row[:3] for row in bad_rows] == [(3, "Tag", "02.03.2026 09:00")]


def test_a_column_that_is_missing_or_there_twice_rejects_the_whole_file(read):
    _, bad_rows = read(STALL.replace("Who", "Whom"), STALL_COLUMNS)
    assert [(line, column) for line, column, *_ in bad_rows] == [(1, "Who")]
    _, bad_rows = read(STALL.replace("Fee", "Paid", 1), replace(STALL_COLUMNS, columns={
        key: name for key, name in STALL_COLUMNS.columns.items() if key != "fees"}))  # fmt: skip
    assert [(line, column) for line, column, *_ in bad_rows] == [(1, "Paid")]


# --- The survey and the guesses ---------------------------------------------------------------------------------


@pytest.fixture
def look(tmp_path):
    def survey_text(text, encoding="utf-8"):
        path = tmp_path / "table.csv"
        path.write_bytes(text.encode(encoding))
        return survey.survey(path)

    return survey_text


@pytest.mark.parametrize(
    ("header", "kind", "columns"),
    [
        ("Order ID,Order date,Customer,Total,Status", "orders",
         {"order_ref": "Order ID", "placed_at": "Order date", "buyer_ref": "Customer", "gross": "Total",
          "status": "Status"}),
        ("订单号,下单时间,买家,实付金额,订单状态", "orders",
         {"order_ref": "订单号", "placed_at": "下单时间", "buyer_ref": "买家", "gross": "实付金额",
          "status": "订单状态"}),
        ("Bestellnummer,Bestelldatum,Kunde,Gesamtbetrag,Währung", "orders",
         {"order_ref": "Bestellnummer", "placed_at": "Bestelldatum", "buyer_ref": "Kunde", "gross": "Gesamtbetrag",
          "currency": "Währung"}),
        ("Numéro de commande,Date de commande,Montant total,Frais,Statut", "orders",
         {"order_ref": "Numéro de commande", "placed_at": "Date de commande", "gross": "Montant total", "fees": "Frais",
          "status": "Statut"}),
        ("Número de pedido,Fecha,Importe total,Estado", "orders",
         {"order_ref": "Número de pedido", "placed_at": "Fecha", "gross": "Importe total", "status": "Estado"}),
        ("Número do pedido,Data do pedido,Valor total,Situação", "orders",
         {"order_ref": "Número do pedido", "placed_at": "Data do pedido", "gross": "Valor total",
          "status": "Situação"}),
        ("流水号,发生时间,金额（元）,账户余额（元）,业务类型", "wallet_entries",
         {"entry_ref": "流水号", "booked_at": "发生时间", "amount": "金额（元）", "balance": "账户余额（元）",
          "kind": "业务类型"}),
        ("Day,Orders,Sales", "sales_days", {"day": "Day", "orders": "Orders", "gross": "Sales"}),
    ],
)  # fmt: skip
def test_columns_are_guessed_by_their_names_in_several_languages(look, header, kind, columns):
    seen = look(f"{header}\n{','.join('1' for _ in header.split(','))}\n")
    found = column_guesses.guess(seen)
    assert (found.kind, found.columns) == (kind, columns)


def test_every_column_that_can_be_mapped_has_names():
    assert column_guesses.NAMES.keys() == {key for kind in mapping.KINDS for key in mapping.mappable(kind)}
    for kind, words in (("orders", column_guesses.ORDER_WORDS), ("wallet_entries", column_guesses.ENTRY_WORDS)):
        assert set(words) <= set(mapping.meanings(kind))


def test_a_header_below_some_words_is_found_and_forty_columns_are_no_hindrance(look):
    names = [f"Extra {number}" for number in range(36)] + ["Order no", "Date", "Total", "Status"]
    rows = [[str(number)] * 36 + [str(number), "2026-03-01", "1.50", "paid"] for number in range(5)]
    text = "My stall\nPrinted, 1 March\n\n" + "\n".join(",".join(row) for row in [names, *rows])
    seen = look(text)
    assert (seen.header.line, len(seen.columns)) == (4, 40)
    found = column_guesses.guess(seen)
    assert found.columns == {"order_ref": "Order no", "placed_at": "Date", "gross": "Total", "status": "Status"}
    assert found.words == {"paid": "completed"}


def test_of_a_name_that_stands_there_twice_nobody_can_say_which_is_meant(look):
    seen = look("Order no,Total,Total,Date\n1,2,3,2026-03-01\n")
    assert (seen.named_twice, [each.name for each in seen.columns]) == (("Total",), ["Order no", "Date"])


@pytest.mark.parametrize("text", ["", "one column\n1\n", "1,2\n3,4\n", "\x00\x01\x02", "a"])
def test_what_is_no_table_with_a_header_is_not_offered(look, text):
    assert look(text) is None


# --- JSON -------------------------------------------------------------------------------------------------------

NAMES_OF_COLUMNS = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=30)


@st.composite
def mappings(draw):
    kind = draw(st.sampled_from(list(mapping.KINDS)))
    more = draw(st.sets(st.sampled_from(list(mapping.mappable(kind)))))
    style = draw(st.sampled_from(STYLES))
    meanings = mapping.meanings(kind)
    words = draw(st.dictionaries(NAMES_OF_COLUMNS, st.sampled_from(meanings), max_size=4)) if meanings else {}
    return Mapping(
        kind, {name: draw(NAMES_OF_COLUMNS) for name in (*mapping.needed(kind), *sorted(more))},
        currency=draw(st.sampled_from(["CNY", "JPY", "KWD"])), decimal=style.decimal, group=style.group,
        dates=draw(st.sampled_from(list(ORDERS_OF_DAY))), time_zone="Asia/Shanghai", words=words,
        every_row=meanings[0] if meanings else "", account="bank" if kind == "wallet_entries" else "",
        negative_fees=draw(st.sampled_from(["", "kept", "back"])),
    )  # fmt: skip


@settings(max_examples=60)
@given(mappings())
def test_a_mapping_comes_back_from_its_text_as_it_was(said):
    text = said.to_json()
    assert Mapping.from_json(text) == said
    assert Mapping.from_json(text).to_json() == text


@pytest.mark.parametrize(
    "text",
    ["", "no json", "[]", "null", "{}", "[" * 5000, '{"version": 1}',
     STALL_COLUMNS.to_json().replace('"version": 1', '"version": 2'),
     STALL_COLUMNS.to_json().replace('"completed"', '"sold"'), STALL_COLUMNS.to_json().replace('"DMY"', '"YDM"'),
     STALL_COLUMNS.to_json().replace('"orders"', '"loans"'), STALL_COLUMNS.to_json().replace('"gross"', '"shop_ref"'),
     STALL_COLUMNS.to_json().replace('"EUR"', '"EURO"'), STALL_COLUMNS.to_json().replace('"No."', "7"),
     STALL_COLUMNS.to_json().replace('"Europe/Berlin"', '"Nowhere"'), replace(STALL_COLUMNS, columns={}).to_json()],
)  # fmt: skip
def test_a_text_that_is_no_whole_mapping_is_refused(text):
    with pytest.raises(UnusableMapping):
        Mapping.from_json(text)


@settings(max_examples=60)
@given(st.lists(st.tuples(*[st.text(st.characters(exclude_categories=("Cs",)), max_size=12)] * 6), max_size=8))
def test_whatever_stands_in_the_cells_is_a_record_or_a_bad_row(tmp_path_factory, rows):
    from tests.exports import written

    names = list(STALL_COLUMNS.columns.values())
    path = written(
        tmp_path_factory.mktemp("odd") / "x.csv", dict.fromkeys(names, ""),
        *(dict(zip(names, row, strict=True)) for row in rows),
    )  # fmt: skip
    survey.survey(path)
    export = Export.of(
        path, "x.csv", recognise(path, (format_of(STALL_COLUMNS, "x"),)), HASHER, ("S1", "Europe/Berlin", "EUR")
    )
    for chunk in export.chunks():
        assert chunk.rows.num_rows + len(chunk.bad_rows) <= max(chunk.row_count, 1)
