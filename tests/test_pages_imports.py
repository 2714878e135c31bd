"""Imports as each role sees it: a look first, then all or nothing, and every fault in words."""

import io
import zipfile

import pytest

from components.wording import cell
from settings import settings
from tests.screens import AWKWARD_NAMES, button_of, everything, labels, press, shown, texts
from tests.test_ingest_olist import USUAL as TABLES

SHOPS = "shop_ref,name,currency\nN1,New Shop,CNY\n"
DAYS = "shop_ref,day,orders,gross,refunded,currency\nN1,2026-10-01,3,120.50,0.50,CNY\nN1,2026-10-02,2,80,0,CNY\n"
APPLICATIONS = (
    "application_ref,shop_ref,submitted_at,amount,currency,term_months,purpose,consented_at\n"
    "N-A1,N1,2026-11-01T09:00:00,15000.00,CNY,6,stock,2026-11-01T09:00:00\n"
)


def upload(screen, **files):
    """Put files, named by their part before the dot, into the uploader."""
    screen.file_uploader[0].set_value(
        [
            (name if "." in name else f"{name}.csv", text if isinstance(text, bytes) else text.encode(), "text/csv")
            for name, text in files.items()
        ]
    )
    return shown(screen)


def report_table(screen):
    return screen.dataframe[0].value.set_index("File")


@pytest.mark.parametrize("role", ["officer", "manager", "administrator"])
def test_those_who_import_are_offered_the_upload(screens, role):
    screen = screens.open("imports", by=role)
    assert "Bring in a shop's files" in texts(screen)
    assert len(screen.file_uploader) == 1


def test_an_auditor_who_types_the_address_imports_nothing(screens):
    screen = screens.open("imports", by="auditor")
    assert not screen.file_uploader


def test_a_look_stores_nothing_and_says_what_would_come(screens):
    screen = upload(screens.open("imports"), shops=SHOPS, sales_days=DAYS, applications=APPLICATIONS)
    seen = texts(screen)
    assert "Ready to import" in seen
    assert report_table(screen)["New"].to_dict() == {"shops.csv": 1, "sales_days.csv": 2, "applications.csv": 1}
    assert "¥200\\.50" in seen or "¥201" in seen
    assert screens.events("import") == []


def test_one_press_stores_all_of_it_as_one_batch(screens):
    screen = upload(screens.open("imports"), shops=SHOPS, sales_days=DAYS, applications=APPLICATIONS)
    screen = press(screen, "Import")
    assert "Imported as batch 2" in texts(screen)
    assert len(screens.events("import")) == 1
    assert "Import" not in labels(screen)
    assert "New Shop" in list(screens.open("queue").dataframe[0].value["shop"])


def test_the_same_files_again_add_nothing(screens):
    files = {"shops": SHOPS, "sales_days": DAYS}
    press(upload(screens.open("imports"), **files), "Import")
    screen = upload(screens.open("imports"), **files)
    assert "Nothing is new: all of it is on record already" in texts(screen)
    assert "Import" not in labels(screen)


def test_a_bad_row_is_named_by_file_line_and_column_and_nothing_is_stored(screens):
    screen = upload(screens.open("imports"), shops=SHOPS, sales_days=DAYS.replace("80,0", "eighty,0"))
    seen = everything(screen)
    assert "Nothing was stored: 1 bad row" in seen
    refused = screen.dataframe[1].value.iloc[0]
    assert (refused["File"], refused["Line"], refused["Column"], refused["Value"]) == (
        "sales_days.csv", 3, "gross", "eighty",
    )  # fmt: skip
    assert "Import" not in labels(screen)


def test_the_rest_can_be_stored_without_the_refused_rows(screens):
    screen = upload(screens.open("imports"), shops=SHOPS, sales_days=DAYS.replace("80,0", "eighty,0"))
    screen = press(screen, "Import the rest without the refused rows")
    assert "Imported as batch 2" in texts(screen)
    assert len(screens.events("import")) == 1


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("holiday", b"\x89PNG\r\n\x1a\n"),
        ("shops", b""),
        ("shops", b"\x00\x00\x00"),
        ("shops", "shop_ref,name\nN1,x\n"),
        ("shops", "shop_ref,name,currency\n" + 'N1,"never closed,CNY\n'),
        ("shops", "shop_ref,name,name,currency\nN1,x,y,CNY\n"),
        ("orders", "shop_ref,order_ref\nN1,1\n"),
        ("sales_days", "shop_ref,day,orders,gross,currency\nnobody,2026-10-01,1,1,CNY\n"),
        ("sales_days", "shop_ref,day,orders,gross,currency\nS1,1900-01-01,1,1,CNY\n"),
        ("sales_days", "shop_ref,day,orders,gross,currency\nS1,2026-10-01,1,1e400,CNY\n"),
        ("applications", APPLICATIONS.replace("15000.00", "-1").replace("N1", "S1")),
        ("applications", APPLICATIONS.replace("15000.00", "9" * 40).replace("N1", "S1")),
        ("=cmd|'x'!A1", "a,b\n1,2\n"),
        ("shops.csv.gz", b"\x1f\x8b\x08 not really"),
        ("shops.parquet", b"PAR1 not really"),
        ("shops", "shop_ref,name,currency\nN1,\xe9\xff,CNY\n".encode("latin-1")),
    ],
)
def test_a_crafted_or_broken_file_gives_a_sentence_and_stores_nothing(screens, name, text):
    screen = upload(screens.open("imports"), **{name: text})
    seen = texts(screen)
    assert "Nothing was stored" in seen or "not recognised" in seen
    assert "Import" not in labels(screen)
    assert screens.events("import") == []


def test_two_files_of_one_name_are_refused_and_none_is_lost_silently(screens):
    screen = screens.open("imports")
    other = SHOPS.replace("N1", "N2")
    screen.file_uploader[0].set_value([("shops.csv", SHOPS.encode(), ""), ("shops.csv", other.encode(), "")])
    shown(screen)
    assert "Two of these files are named shops.csv" in screen.warning[0].value.replace("\\", "")
    assert "Import" not in labels(screen)


def test_too_many_files_at_once_are_refused(screens):
    screen = upload(screens.open("imports"), **{f"shops_{number}": SHOPS for number in range(41)})
    assert "At most 40 files at once" in screen.warning[0].value


def test_a_name_that_is_a_path_stays_in_the_upload(screens, tmp_path):
    upload(screens.open("imports"), **{f"../../{tmp_path.name}/shops": SHOPS})
    assert not list(tmp_path.glob("*.csv"))


@pytest.mark.parametrize("name", [".", "..", "x" * 300 + ".csv", "=1+1.csv"])
def test_a_name_that_no_file_can_have_is_left_alone_and_told(screens, name):
    screen = screens.open("imports")
    screen.file_uploader[0].set_value([("shops.csv", SHOPS.encode(), ""), (name, b"a,b\n", "")])
    seen = texts(shown(screen)).replace("\\", "")
    assert "Ready to import" in seen
    assert f"Files left alone: {name}" in seen


def test_where_nothing_is_recognised_the_sentence_is_for_a_page(screens):
    seen = texts(upload(screens.open("imports"), holiday="a,b\n1,2\n"))
    assert "holiday\\.csv is not recognised" in seen
    assert "loam-upload" not in seen
    assert "--format" not in seen


def test_an_awkward_name_is_taken_as_it_is(screens):
    rows = [f'N{number},"{name}",CNY' for number, name in enumerate(AWKWARD_NAMES)]
    screen = press(upload(screens.open("imports"), shops="\n".join(["shop_ref,name,currency", *rows])), "Import")
    assert "Imported as batch 2" in texts(screen)
    assert set(AWKWARD_NAMES) < set(screens.open("shops").dataframe[0].value["shop"])


@pytest.mark.parametrize("value", ["=1+1", "+1", "-x", "@x", "<b>", "![](http://example.org/x.png)"])
def test_a_refused_value_cannot_become_a_formula_elsewhere(screens, value):
    screen = upload(screens.open("imports"), shops=SHOPS, sales_days=DAYS.replace("120.50", f'"{value}"'))
    assert screen.dataframe[1].value["Value"].iloc[0] == cell(value)
    assert screen.get("download_button")


def test_a_role_taken_away_while_the_page_is_open_stores_nothing(screens):
    screen = upload(screens.open("imports"), shops=SHOPS)
    screens.sit_down("auditor")
    button_of(screen, "Import").click()
    shown(screen)
    assert screens.events("import") == []


def test_without_imports_the_page_says_how_a_record_begins(empty_screens):
    assert "No imports yet" in texts(empty_screens.open("imports", by="administrator"))


def test_more_records_than_one_upload_may_have_are_refused_whole(screens, monkeypatch):
    monkeypatch.setenv("LOAM_MAX_IMPORT_ROWS", "2")
    settings.cache_clear()
    screen = upload(screens.open("imports"), shops=SHOPS, sales_days=DAYS)
    assert "more than 2 records" in everything(screen)
    assert "Import" not in labels(screen)
    monkeypatch.setenv("LOAM_MAX_IMPORT_ROWS", "3")
    settings.cache_clear()
    assert "Ready to import" in texts(upload(screens.open("imports"), shops=SHOPS, sales_days=DAYS))


ETSY = (
    "Sale Date,Order ID,Currency,Order Value,Discount Amount,Shipping,Order Total,Status,Adjusted Order Total\n"
    "10/01/20,33001,CNY,100.00,0.00,5.00,105.00,Completed,0.00\n"
    "10/02/20,33002,CNY,50.00,0.00,5.00,55.00,Refunded,0.00\n"
)


def test_a_platforms_export_is_named_shown_as_understood_and_stored_for_the_shop_that_is_chosen(screens):
    screen = upload(screens.open("imports"), etsy=ETSY)
    seen = texts(screen)
    assert "etsy\\.csv: Etsy\\'s sold orders" in seen
    assert "Certain\\. Line 1 names 9 of the" in seen
    assert "From 1 Oct 2020 to 2 Oct 2020\\." in seen
    first = screen.dataframe[1].value
    assert first.to_dict("list") == {
        "Number": ["33001", "33002"], "Placed": ["1 Oct 2020", "2 Oct 2020"],
        "Status": ["completed", "completed"], "Paid": ["¥105", "¥55.00"], "Given back": ["¥0", "¥55.00"],
    }  # fmt: skip
    assert "Import" not in labels(screen)
    assert screens.events("import") == []
    screen.selectbox[1].set_value("S1")
    screen = press(shown(screen), "Import")
    assert "Imported as batch 2" in texts(screen)
    assert len(screens.events("import")) == 1


def test_a_new_shop_and_its_consent_come_in_with_its_first_export(screens):
    screen = upload(screens.open("imports"), etsy=ETSY)
    screen.selectbox[1].set_value("")
    screen = shown(screen)
    assert "Still to say: the new shop's name and number" in texts(screen)
    name, number = (each for each in screen.text_input if each.label in ("Its name", "Its number"))
    name.set_value("Copper Kettle")
    number.set_value("C-1")
    screen = shown(screen)
    assert "Without its consent the shop can't be scored" in texts(screen)
    screen.checkbox[0].set_value(True)
    screen = shown(screen)
    assert "Say where the consent can be looked up" in everything(screen)
    assert "Import" not in labels(screen)
    (evidence,) = (each for each in screen.text_input if each.label == "Where it can be looked up")
    evidence.set_value("form 17")
    screen = press(shown(screen), "Import")
    assert "Imported as batch 2" in texts(screen)
    (link,) = (each for each in screen.get("page_link") if each.label == "Open the shop's dossier")
    assert link.query_string == "shop=2"
    assert len(screens.events("consent")) == 1
    search = screens.open("shops", consent="given")
    assert "Copper Kettle" in list(search.dataframe[0].value["shop"])


def test_the_next_file_of_an_upload_begins_with_the_shop_of_the_one_before(screens):
    screen = upload(screens.open("imports"), etsy=ETSY, later=ETSY.replace("33001", "44001").replace("33002", "44002"))
    first, _second = (each for each in screen.selectbox if each.label == "Whose it is")
    first.set_value("S1")
    screen = press(shown(screen), "Import")
    assert "Imported as batch 2" in texts(screen)
    assert [each.value for each in screen.selectbox if each.label == "Whose it is"] == ["S1", "S1"]
    screen = upload(screens.open("imports"), other=ETSY.replace("33001", "55001"))
    assert [each.value for each in screen.selectbox if each.label == "Whose it is"] == [None]


def test_a_number_that_is_taken_is_refused_while_one_looks(screens):
    screen = upload(screens.open("imports"), etsy=ETSY)
    screen.selectbox[1].set_value("")
    screen = shown(screen)
    name, number = (each for each in screen.text_input if each.label in ("Its name", "Its number"))
    name.set_value("Copper Kettle")
    number.set_value("S1")
    assert "There is a shop with the number S1 on record already" in everything(shown(screen))


def test_what_an_unknown_file_is_can_be_said_and_is_held_against_its_header(screens):
    screen = upload(screens.open("imports"), strange="a,b\n1,2\n")
    assert "strange\\.csv is not recognised" in texts(screen)
    (kind,) = (each for each in screen.selectbox if each.label == "What strange\\.csv is")
    kind.set_value("etsy_sold_orders")
    screen = shown(screen)
    assert "strange\\.csv is not Etsy" in everything(screen)
    assert "its header does not name enough of the columns" in everything(screen)


def test_a_file_that_holds_nothing_for_the_record_is_named_with_what_to_bring_in_its_place(screens):
    screen = upload(screens.open("imports"), payouts="Payout Date,Status,Charges,Refunds,Reserved Funds\n")
    assert "list of payouts" in everything(screen)
    assert "Import" not in labels(screen)


def test_an_export_in_a_zip_file_is_taken_out_of_it(screens):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("../../2026/etsy.csv", ETSY)
    screen = upload(screens.open("imports"), **{"month.zip": packed.getvalue()})
    assert "etsy\\.csv: Etsy\\'s sold orders" in texts(screen)


@pytest.mark.parametrize("content", [b"no zip", b"PK\x03\x04", b""])
def test_a_zip_file_that_is_none_is_refused_in_a_sentence(screens, content):
    assert "is no whole ZIP file" in everything(upload(screens.open("imports"), **{"month.zip": content}))


ALIPAY = """#支付宝账务明细查询
账务流水号,业务流水号,商户订单号,商品名称,发生时间,对方账号,收入金额（+元）,支出金额（-元）,账户余额（元）,交易渠道,业务类型,备注
1001\t,2001\t,,,2020-10-01 09:00:00,b@example.com,10.00,,110.00,支付宝,在线支付,
#-----------------------------------------账务明细列表结束------------------------------------
#支出合计：0笔，共0.00元
#收入合计：2笔，共25.00元
"""


def test_totals_that_differ_block_until_somebody_says_why(screens):
    screen = upload(screens.open("imports"), statement=ALIPAY)
    assert "Its own totals differ from its rows" in texts(screen)
    screen.selectbox[1].set_value("S1")
    screen = shown(screen)
    assert button_of(screen, "Import").disabled
    screen.text_input[0].set_value("The bank confirmed it")
    screen = press(shown(screen), "Import")
    assert "Imported as batch 2" in texts(screen)
    assert "Accepted, since: The bank confirmed it" in texts(screen)


def test_olists_tables_are_brought_in_together_as_the_records_of_their_sellers(screens):
    screen = upload(screens.open("imports"), **{f"{name}.csv": text for name, text in TABLES.items()})
    seen = texts(screen)
    assert "Olist's tables: 8 files" in seen
    assert "a\\.csv \\(orders\\)" in seen
    assert "Certain\\. Each is known by its columns\\. Text in UTF\\-8\\. Amounts in BRL\\." in seen
    assert "From 1 Mar 2018 to 3 Mar 2018" in seen
    shops, orders = (screen.dataframe[number].value for number in (1, 2))
    assert list(shops["City"]) == ["sao paulo", ""]
    assert list(orders["Status"]) == ["completed", "completed", "cancelled", "open"]
    screen = press(screen, "Import")
    assert "Imported as batch 2" in texts(screen)
    assert "Seller sellerA0" in list(screens.open("shops").dataframe[0].value["shop"])


def test_olists_tables_that_are_not_all_there_are_refused_with_what_is_missing(screens):
    screen = upload(screens.open("imports"), **{"a.csv": TABLES["a"], "c.csv": TABLES["c"]})
    seen = everything(screen)
    assert "but not Olist's items of orders" in seen
    assert "Import" not in labels(screen)


def test_a_folder_can_be_put_there_in_place_of_files(screens):
    screen = screens.open("imports")
    assert not screen.file_uploader[0].accept_directory
    screen.segmented_control[0].set_value("folder")
    screen = shown(screen)
    assert screen.file_uploader[0].accept_directory
    assert "etsy\\.csv: Etsy\\'s sold orders" in texts(upload(screen, **{"2026/etsy.csv": ETSY}))


def test_of_many_exports_a_list_comes_first_and_one_is_shown_at_a_time(screens):
    exports = {f"etsy{number}": ETSY.replace("33", f"4{number}") for number in range(4)}
    strange = {f"strange{number}": "a,b\n1,2\n" for number in range(4)}
    screen = upload(screens.open("imports"), **exports, **strange)
    listed = screen.dataframe[0].value
    assert list(listed["File"]) == [f"etsy{number}.csv" for number in range(4)]
    assert set(listed["What it is"]) == {"Etsy's sold orders"}
    assert "etsy0\\.csv: Etsy\\'s sold orders" in texts(screen)
    assert "etsy1\\.csv: Etsy\\'s sold orders" not in texts(screen)
    assert "4 files were not recognised" in texts(screen)
    screen.selectbox[0].set_value("etsy1.csv")
    assert "etsy1\\.csv: Etsy\\'s sold orders" in texts(shown(screen))
