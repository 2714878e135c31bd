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
from tests.screens import Screens, everything, texts

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
# Those at whom everybody looks on both pages.
ODDEST = ("no-order", "refunds-only", "busy", "dinar-large", "largest", "withdrawn", "picture", APPROVED)


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
            }[page]  # fmt: skip
            screen = screens.open(page, by=by, **{name: str(number) for name, number in address.items()})
            opened[page, ref, by] = "\n".join([everything(screen), *words_of_charts(screen)])
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


def test_every_odd_application_is_fit_to_be_read(seen):
    for ref in ALL:
        expect_fit_to_read(seen("review", ref), ref)


def test_every_odd_dossier_is_fit_to_be_read(seen):
    # A name is read in the dossier as in Review; two of them will do.
    for ref in {*ALL} - {*NAMES} | {"arabic", "markdown"}:
        expect_fit_to_read(seen("shops", ref, "auditor"), ref)


@pytest.mark.parametrize(
    ("page", "role"), [("review", "manager"), ("review", "auditor"), ("shops", "officer"), ("shops", "manager")]
)
def test_the_oddest_shops_are_fit_to_be_read_by_everybody(seen, page, role):
    for ref in ODDEST:
        expect_fit_to_read(seen(page, ref, role), ref)


@pytest.mark.parametrize(
    ("role", "page"),
    [("officer", "queue"), ("officer", "imports"), ("officer", "shops"), ("manager", "queue"), ("auditor", "shops"),
     ("auditor", "audit"), ("administrator", "audit"), ("administrator", "imports")],
)  # fmt: skip
def test_the_lists_open_on_odd_shops(screens, role, page):
    screen = screens.open(page, by=role)
    found = everything(screen)
    for name in (*NAMES.values(), odd_shops.PICTURE):
        found = found.replace(name, "").replace(plain(name), "")
    assert not LEAKS.search(found), LEAKS.search(found)
    assert texts(screen)
