"""Odd shops on every page: each page opens for each role, and what stands on it is true and fit to be read."""

import json
import re

import pytest
from sqlalchemy import func, select

from components.wording import plain
from db.engine import connect, open_session
from db.tables import Decision, Order, ScoreRun, table_of
from settings import settings
from tests import odd_shops
from tests.odd_shops import APPROVED, BUSY_BUYERS, BUSY_ORDERS, NAMES, TODAY
from tests.screens import Screens, everything, labels, press, texts

# What a number or a word becomes that somebody forgot to put into words.
LEAKS = re.compile(
    r"\b(nan|NaN|None|NaT|inf|Infinity|undefined|NULL|Timestamp|Decimal)\b|<NA>|\{\w*\}"
    r"|(?<!\w)[-−]0(?![\d.,])|[¥$€£] ?[-−]"
)
SILENT = ("never", "not-yet", "withdrawn")
ALL = ("no-order", "one-order", "one-day", "today-only", "future-only", "this-month-only", "opened-yesterday", "closed",
       "cancelled-only", "refunds-only", "all-refunded", "free-only", "totals-only", "wallet-negative", "wallet-zero",
       "rated-one", "one-buyer", "no-buyers", "busy", "far-zone", "yen", "dinar", "dinar-large", "least", "largest",
       *SILENT, *NAMES)  # fmt: skip
# A name is read in the dossier and the drawer as in Review; two of them will do.
READ_ONCE = sorted({*ALL} - {*NAMES} | {"arabic", "markdown"})
# Those at whom everybody looks on both pages.
ODDEST = ("no-order", "refunds-only", "busy", "dinar-large", "largest", "withdrawn", "picture", APPROVED)

# What Review says of a shop, worked out by hand from tests/odd_shops.py: an order of ¥2,500 each Tuesday makes 52 in
# twelve months, and four or five in a month.
TRUE = {
    "busy": ("Sales may fall over 99% before",),
    "no-order": ("its last sale unknown", "No sales on record", "No sales are on record before this day."),
    "one-order": ("Nothing was sold in 1 full month. Months on record in part brought ¥2,500 from 1 order.",
                  "Data 61 days old", "One buyer brings 100% of sales"),
    "one-day": ("Months on record in part brought ¥12,500 from 5 orders.",),
    "today-only": ("No sales on record", "No sales are on record before this day."),
    "future-only": ("No sales on record", "No sales are on record before this day."),
    "this-month-only": ("No full month is on record yet. So far ¥25,000 came from 10 orders.", "under a month"),
    "opened-yesterday": ("So far ¥5,000 came from 2 orders.", "Data to yesterday"),
    # Two of 52 orders are left in the last twelve months.
    "closed": ("Sales are down 96% on the year", "Data 369 days old"),
    "cancelled-only": ("Nothing was sold in 24 full months.", "¥0 net sales in 12 months"),
    "refunds-only": ("Net sales, 24 full months", "−¥4.16k net sales in 12 months"),
    "all-refunded": ("¥0 net sales in 12 months",),
    "free-only": ("Nothing was sold in 24 full months.",),
    # 52 days of 1,190.50 less 20.
    "totals-only": ("¥60.9k net sales in 12 months", "The sales of the last twelve full months name no buyers"),
    "one-buyer": ("One buyer brings 100% of sales", "¥130k net sales in 12 months"),
    "no-buyers": ("The sales of the last twelve full months name no buyers",),
    "yen": ("JPY 900,000", "JPY 1.3 m net sales in 12 months", "The policy lends in CNY"),
    # 52 x 25.005 is 1,300.26.
    "dinar": ("KWD 900.125", "KWD 1.3k net sales in 12 months", "The policy lends in CNY"),
    "dinar-large": ("KWD 1,234,567,890.123", "KWD 64.2 bn net sales in 12 months"),
    "least": ("¥0.01", "¥0.52 net sales in 12 months"),
    "largest": ("¥999,999,999,999.99 for 600 months", "¥52,000 bn net sales in 12 months"),
}  # fmt: skip
# What stands in a silent shop's files and must not be seen.
SECRET = re.compile("Hidden City|4.{0,2}000|P-hidden|¥10k|130k|net sales|Data \\d|stock for New Year|[Gg]rade [A-E]")


@pytest.fixture(scope="module")
def screens(odd_record):
    """The desk's pages over the odd shops."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOAM_DATABASE_URL", odd_record.url)
        patch.setenv("LOAM_BUSINESS_DATE", TODAY.isoformat())
        settings.cache_clear()
        yield Screens(connect(odd_record.url), patch)
    settings.cache_clear()


@pytest.fixture(scope="module")
def seen(screens, odd_record):
    """Opens a page of an odd shop, once for each role: all that stands on it, its charts' words too."""
    opened = {}

    def look(page, ref, by="officer"):
        if (page, ref, by) not in opened:
            address = {
                "review": {"application": odd_record.applications[ref]}, "shops": {"shop": odd_record.shops[ref]},
                "score": {"shop": odd_record.shops[ref]},
            }[page]  # fmt: skip
            screen = screens.open(page, by=by, **{name: str(number) for name, number in address.items()})
            changes = (each.delta for each in screen.metric)
            opened[page, ref, by] = "\n".join([everything(screen), *changes, *words_of_charts(screen)])
        return opened[page, ref, by]

    return look


def words_of_charts(screen):
    """What each chart says: its alternative text, and every text in it."""
    for chart in screen.get("plotly_chart"):
        yield chart.proto.alt
        yield from words_in(json.loads(chart.proto.spec))


def words_in(spec, name=""):
    match spec:
        case dict():
            for key, value in spec.items():
                if key not in ("bdata", "dtype", "template"):
                    yield from words_in(value, key)
        case list():
            for value in spec:
                yield from words_in(value, name)
        case str() if name in ("text", "ticktext", "name", "title", "customdata"):
            yield spec


def expect_fit_to_read(seen, ref):
    """Nothing leaks, once the names are taken out that are meant to look like leaks."""
    if ref in NAMES:
        for name in {NAMES[ref], plain(NAMES[ref]), plain(NAMES[ref][:200])}:
            seen = seen.replace(name, "")
    for name in (odd_shops.PICTURE, plain(odd_shops.PICTURE)):
        seen = seen.replace(name, "")
    found = [seen[max(match.start() - 40, 0) : match.end() + 20] for match in LEAKS.finditer(seen)]
    assert found == [], ref


def test_the_folder_of_odd_shops_came_in_whole(odd_record):
    assert set(odd_record.applications) == set(ALL)
    orders = table_of(Order)
    with open_session(connect(odd_record.url)) as session:
        of_busy = orders.c.shop_id == odd_record.shops["busy"]
        counted = select(func.count(), func.count(orders.c.buyer_ref.distinct())).where(of_busy)
        assert session.execute(counted).one() == (BUSY_ORDERS, BUSY_BUYERS)
        # All but those who had not agreed by that day.
        assert session.execute(select(func.count()).select_from(table_of(ScoreRun))).scalar_one() == len(ALL) - 2
        assert session.execute(select(func.count()).select_from(table_of(Decision))).scalar_one() == 2


def test_odd_applications_are_fit_to_be_read(seen):
    for ref in READ_ONCE:
        expect_fit_to_read(seen("review", ref), ref)


@pytest.mark.soak
def test_every_odd_name_is_fit_to_be_read(seen):
    for ref in NAMES:
        expect_fit_to_read(seen("review", ref), ref)


@pytest.mark.soak
def test_the_drawer_of_every_odd_offer_is_fit_to_be_read(screens, odd_record):
    opened = 0
    for ref in READ_ONCE:
        screen = screens.open("review", application=str(odd_record.applications[ref]))
        if "Stress" in labels(screen):
            opened += 1
            screen = press(screen, "Stress")
            assert "interest" in texts(screen), ref
            expect_fit_to_read("\n".join([everything(screen), *words_of_charts(screen)]), ref)
    assert opened > len(READ_ONCE) / 2


@pytest.mark.soak
def test_every_odd_dossier_is_fit_to_be_read(seen):
    for ref in READ_ONCE:
        expect_fit_to_read(seen("shops", ref, "auditor"), ref)


@pytest.mark.parametrize(
    ("page", "role"),
    [
        ("review", "auditor"),
        ("shops", "manager"),
        ("score", "officer"),
        *(pytest.param(*each, marks=pytest.mark.soak) for each in (("review", "manager"), ("shops", "officer"))),
    ],
)
def test_the_oddest_shops_are_fit_to_be_read_by_everybody(seen, page, role):
    for ref in ODDEST:
        expect_fit_to_read(seen(page, ref, role), ref)


@pytest.mark.parametrize(
    ("role", "page"),
    [("officer", "queue"), ("officer", "imports"), ("officer", "shops"), ("manager", "queue"), ("manager", "portfolio"),
     ("auditor", "shops"), ("auditor", "audit"), ("administrator", "audit"), ("administrator", "imports")],
)  # fmt: skip
def test_the_lists_open_on_odd_shops(screens, role, page):
    screen = screens.open(page, by=role)
    found = everything(screen)
    for name in (*NAMES.values(), odd_shops.PICTURE):
        found = found.replace(name, "").replace(plain(name), "")
    assert not LEAKS.search(found), LEAKS.search(found)
    assert texts(screen)


@pytest.mark.parametrize("ref", TRUE)
def test_review_says_what_is_so_of_an_odd_shop(seen, ref):
    found = seen("review", ref).replace("\\", "").replace("\u2060", "")
    for words in TRUE[ref]:
        assert words in found


def test_a_usual_amount_of_the_card_is_not_told_in_another_currency(seen):
    # The card's usual month is 110,000 yuan; as whole yen its minor units would be 11 million.
    for page, role in (("review", "officer"), ("shops", "auditor"), ("score", "officer")):
        assert not re.search("JPY 11 m|JPY 11.0 m", seen(page, "yen", role))


def test_nothing_of_a_silent_shop_is_seen_but_its_name(seen, screens):
    for ref in SILENT:
        for page, role in (("review", "officer"), ("shops", "auditor"), ("score", "officer")):
            found = seen(page, ref, role)
            assert plain(f"Silent {ref}") in found
            assert not SECRET.search(found), (ref, page, SECRET.search(found))
    lists = "\n".join(everything(screens.open(page)) for page in ("queue", "shops"))
    assert "Hidden City" not in lists
    assert "P-hidden" not in lists
