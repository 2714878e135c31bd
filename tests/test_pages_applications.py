"""Portfolio as each role sees it: its figures and choices, what it says where there is nothing, what it keeps back."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import update

from db import decisions, tables
from db.engine import open_session
from db.people import PAGES_OF_ROLE
from db.tables import table_of
from tests import screens as reader
from tests.desk import AS_OF, NOW
from tests.screens import AWKWARD_NAMES, everything, press, shown
from tests.soak import in_the_soak


def texts(screen):
    """What stands on the page, as it is read: without the marks that keep text from being Markdown."""
    return reader.texts(screen).replace("\\", "").replace("\u2060", "")


def charts(screen):
    """The figures drawn, as they are sent to the browser."""
    return [json.loads(each.proto.spec) for each in screen.get("plotly_chart")]


def said(screen):
    """What the charts say to somebody who does not see them."""
    return "\n".join(each.proto.alt for each in screen.get("plotly_chart"))


def metrics(screen):
    return {each.label: each.value for each in screen.metric}


def people(screen):
    return screen.dataframe[0].value


def settle(screens, application_id, *, by="officer", score=None, **changes):
    """Answer any application without a page."""
    request = screens.desk.request(
        request_key=f"key-{application_id}-{by}", application_id=application_id, score_run_id=score, **changes
    )
    return decisions.record(screens.engine, request, person_id=screens.desk.id_of(by), decided_on=AS_OF)


def decline(screens, application_id, by="officer"):
    return settle(
        screens, application_id, by=by, outcome="decline", amount_minor=None, term_months=None, rate_bps=None,
        reasons=("incomplete_application",),
    )  # fmt: skip


@pytest.mark.parametrize("role", ["manager", "auditor"])
def test_those_who_watch_see_what_became_of_the_applications(screens, role):
    screens.record()
    screens.add("Waits", ref="2")
    screen = screens.open("applications", by=role)
    assert metrics(screen) == {
        "Received": "2", "Waiting now": "1", "Approved": "1 of 1", "Money approved": "¥15k",
        "Half settled within": metrics(screen)["Half settled within"], "Against the policy": "0 of 1",
    }  # fmt: skip
    assert "1 application settled, too few for shares" in texts(screen)
    assert "No loans are on record yet" in texts(screen)
    assert "1 of 2 applications settled; 1 waits" in texts(screen)


@pytest.mark.parametrize("role", ["officer", "administrator"])
def test_others_who_type_the_address_see_nothing_of_it(screens, role):
    screens.record()
    screen = screens.open("applications", by=role)
    assert "Received" not in metrics(screen)
    assert "applications settled" not in texts(screen)


def test_it_is_the_first_page_of_a_manager():
    assert PAGES_OF_ROLE["manager"][0] == "portfolio"
    assert [role for role, pages in PAGES_OF_ROLE.items() if "portfolio" in pages] == ["manager", "auditor"]


def test_somebody_signed_out_sees_a_door_and_no_figure(screens):
    screen = screens.open("applications", by="manager")
    screens.use(None)
    shown(screen)
    assert "signed out" in texts(screen)
    assert not screen.metric


def test_an_empty_record_says_where_applications_come_from(empty_screens):
    screen = empty_screens.open("applications", by="manager")
    assert "No application came in" in texts(screen)
    assert "Import files" in texts(screen)
    assert not screen.get("plotly_chart")
    assert "Import files" not in texts(empty_screens.open("applications", by="auditor"))


def test_a_time_in_which_nothing_came_in_leads_to_all_time(screens):
    rows = table_of(tables.Application)
    with open_session(screens.engine, write=True) as session:
        session.execute(update(rows).values(submitted_at=NOW - timedelta(days=60)))
    screen = screens.open("applications", by="manager", period="30")
    assert "None of the 1 applications on record came in this time" in texts(screen)
    screen = press(screen, "Show all time")
    assert screen.query_params["period"] in ("all", ["all"])
    assert metrics(screen)["Received"] == "1"


def test_where_nothing_is_settled_the_cards_say_so(screens):
    screen = screens.open("applications", by="manager")
    assert "1 application came in; none is settled yet" in texts(screen)
    assert texts(screen).count("Nothing of this time is settled yet.") == 2
    assert metrics(screen)["Approved"] == "–"
    assert not screen.dataframe


@pytest.mark.parametrize(
    "address",
    [
        {"period": "x"},
        {"period": "'; DROP TABLE decisions; --"},
        {"period": "-1", "currency": "XXX"},
        {"currency": "<img src=x>"},
        {"applications_trait": "x"},
    ],
)
def test_an_address_that_makes_no_sense_shows_the_usual_year(screens, address):
    screens.record()
    screen = screens.open("applications", by="manager", **address)
    assert screen.selectbox[0].value == "365"
    assert metrics(screen)["Received"] == "1"


def test_the_period_is_a_code_in_the_address(screens):
    screen = screens.open("applications", by="manager", period="90")
    assert screen.selectbox[0].value == "90"
    screen.selectbox[0].set_value("30")
    shown(screen)
    assert screen.query_params["period"] in ("30", ["30"])
    assert "Received 4 Oct 2026 to 2 Nov 2026" in texts(screen)


def test_each_currency_has_figures_of_its_own(screens):
    for number, (currency, amount) in enumerate({"JPY": 70_000, "KWD": 1_234_567}.items()):
        _, application_id = screens.add(f"Shop {number}", ref=str(number), amount_minor=amount)
        screens.change_application(application_id, currency=currency)
    screen = screens.open("applications", by="manager", currency="KWD")
    assert metrics(screen)["Received"] == "1"
    assert "KWD 1.23k asked for" in texts(screen)
    screen.selectbox[1].set_value("JPY")
    shown(screen)
    assert "JPY 70k asked for" in texts(screen)
    assert "CNY and KWD apart" in texts(screen)


def test_without_consent_an_application_counts_and_nothing_of_it_is_told(screens):
    _, silent = screens.add("Silent shop", ref="2", consented=False, amount_minor=77_700_000, category="secret goods")
    decline(screens, silent)
    screen = screens.open("applications", by="manager")
    assert metrics(screen)["Received"] == "2"
    assert "1 file was settled without consent or score" in texts(screen)
    seen = everything(screen) + said(screen) + json.dumps(charts(screen))
    assert not [
        word for word in ("777,000", "77,700,000", "¥777k", "¥792k", "Silent shop", "secret goods") if word in seen
    ]


def test_one_person_alone_is_no_comparison(screens):
    screens.record()
    screen = screens.open("applications", by="auditor")
    assert "Olive Officer settled all 1" in texts(screen)
    assert people(screen)["Approved"].tolist() == ["100% (21–100)"]


def test_people_stand_by_name_with_ranges_and_a_word_of_caution(screens):
    screens.record(by="second")
    for number in range(2):
        decline(screens, screens.add(f"Shop {number}", ref=str(number))[1])
    screen = screens.open("applications", by="manager")
    assert people(screen)["Who"].tolist() == ["Olive Officer", "Sandy Second"]
    assert people(screen)["Settled"].tolist() == [2, 1]
    assert "not dealt out by chance" in texts(screen)


@pytest.mark.parametrize("name", [AWKWARD_NAMES[3], *in_the_soak(*AWKWARD_NAMES), "Maximilian " * 27])
def test_a_person_and_a_category_of_any_name_stand_there_as_just_that(screens, name):
    rows, shops = table_of(tables.Person), table_of(tables.Shop)
    screens.record()
    with open_session(screens.engine, write=True) as session:
        session.execute(update(rows).where(rows.c.handle == "officer").values(name=name))
        session.execute(update(shops).values(category=name))
    screen = screens.open("applications", by="manager")
    assert people(screen)["Who"].tolist() == [name]
    assert "<img" not in json.dumps(charts(screen))


def test_every_chart_says_what_it_shows(screens):
    screens.record()
    decline(screens, screens.add("Shop", ref="2")[1])
    screen = screens.open("applications", by="manager")
    spoken = [each.proto.alt for each in screen.get("plotly_chart")]
    assert len(spoken) >= 7
    assert all(len(each) > 20 for each in spoken)
    assert "Incomplete application: in 1 of 1 decline" in texts(screen)


def test_categories_give_way_to_regions(screens):
    shops = table_of(tables.Shop)
    screens.record()
    with open_session(screens.engine, write=True) as session:
        session.execute(update(shops).values(category="tea", region="Fujian"))
    screen = screens.open("applications", by="manager")
    assert "Approved: tea 100% of 1" in said(screen)
    screen.get("button_group")[0].set_value("region")
    assert "Approved: Fujian 100% of 1" in said(shown(screen))
