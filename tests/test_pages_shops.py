"""Shops as each role sees it: the search, the dossier as of a day, and what stays closed without consent."""

from datetime import date, timedelta

import pytest

from components.wording import plain
from db.engine import open_session
from tests.desk import AS_OF, add_application
from tests.screens import AWKWARD_NAMES, everything, labels, press, shown, texts

BAD_NUMBERS = ["0", "-1", "999", "99999999999999999999", "abc", "1.5", "1 OR 1=1"]


def found(screen):
    return list(screen.dataframe[0].value["shop"])


def dossier(screens, shop_id=None, *, by="officer"):
    return screens.open("shops", by=by, shop=str(shop_id or screens.desk.shop_id))


@pytest.mark.parametrize("role", ["officer", "manager", "auditor"])
def test_those_who_read_files_find_shops(screens, role):
    screen = screens.open("shops", by=role)
    assert "1 shop on record" in texts(screen)
    assert found(screen) == ["Grey Tile Teas"]


def test_an_administrator_who_types_the_address_sees_no_shop(screens):
    assert "Grey Tile Teas" not in everything(screens.open("shops", by="administrator"))
    assert "Grey Tile Teas" not in everything(dossier(screens, by="administrator"))


def test_the_search_narrows_and_says_so(screens):
    screens.add("Second Shoes", ref="2")
    screen = screens.open("shops")
    screen.text_input[0].set_value("shoes")
    assert found(shown(screen)) == ["Second Shoes"]
    assert "1 of 2 shops fits" in texts(screen)
    screen.text_input[0].set_value("no such shop")
    assert "None of the 2 shops on record fits these filters." in texts(shown(screen))
    assert len(found(press(screen, "Clear filters"))) == 2


@pytest.mark.parametrize("words", ["%", "_", "\\", "'; --", ":red[x]"])
def test_searched_words_are_only_words(screens, words):
    screen = screens.open("shops")
    screen.text_input[0].set_value(words)
    assert "0 of 1 shop fit" in texts(shown(screen))


def test_only_shops_with_consent_are_kept_on_request(screens):
    screens.add("Silent", ref="2", consented=False)
    screen = screens.open("shops")
    assert sorted(found(screen)) == ["Grey Tile Teas", "Silent"]
    screen.selectbox(key="shops_consent").set_value("given")
    assert found(shown(screen)) == ["Grey Tile Teas"]
    assert found(screens.open("shops", consent="missing")) == ["Silent"]


def test_a_search_that_shrinks_forgets_its_page(screens):
    for number in range(15):
        screens.add(f"Shop {number}", ref=str(number), days=1)
    screen = screens.open("shops")
    screen.get("pagination")[0].set_value(2)
    assert len(found(shown(screen))) == 1
    screen.text_input[0].set_value("Teas")
    assert found(shown(screen)) == ["Grey Tile Teas"]


def test_an_address_that_names_no_shop_gives_a_sentence(screens):
    for number in BAD_NUMBERS:
        assert "No shop has this number" in texts(screens.open("shops", shop=number)), number


def test_the_way_back_from_a_wrong_number_leads_to_the_search(screens):
    assert found(press(screens.open("shops", shop="999"), "Back to the search")) == ["Grey Tile Teas"]


def test_a_dossier_shows_record_score_and_applications(screens):
    seen = everything(dossier(screens))
    assert "#### Grey Tile Teas" in seen
    assert "640, grade B" in seen
    assert "1 application" in seen
    assert "A1" in seen
    assert "Generated data" in seen


def test_a_dossier_as_of_an_earlier_day_knows_nothing_later(screens):
    screen = dossier(screens)
    day = AS_OF - timedelta(days=400)
    screen.date_input[0].set_value(day)
    seen = everything(shown(screen))
    assert "grade B" not in seen
    assert "No applications before this day." in seen
    assert "27 Sep 2025" in seen  # the newest day of sales before it


@pytest.mark.parametrize("day", [date(2100, 1, 1), AS_OF + timedelta(days=1), None])
def test_a_day_that_has_not_come_counts_as_today(screens, day):
    screen = dossier(screens)
    screen.date_input[0].set_value(day)
    assert "1 Nov 2026" in everything(shown(screen))


def test_a_day_before_all_records_shows_empty_cards(screens):
    screen = dossier(screens)
    screen.date_input[0].set_value(date(1990, 1, 2))
    seen = texts(shown(screen))
    assert "No sales are on record before this day." in seen


def test_without_consent_only_the_name_is_shown(screens):
    shop_id, _ = screens.add("Silent", ref="2", consented=False, score="A", city="Jieyang", owner_ref="O-77")
    screen = dossier(screens, shop_id)
    seen = everything(screen)
    assert "Silent" in seen
    assert "Without the shop's consent only its name may be seen." in seen
    for secret in ("Jieyang", "O-77", "grade A", "net sales"):
        assert secret not in seen
    assert "Numbers" not in labels(screen)


def test_an_application_without_consent_shows_no_amount_in_the_dossier_that_another_one_opened(screens):
    with open_session(screens.engine, write=True) as session:
        add_application(session, screens.desk.shop_id, "A-silent", consented=False, amount_minor=7_770_000)
    (told,) = (each.value for each in dossier(screens).dataframe if "Asked for" in each.value)
    asked = told.set_index("Number")
    assert list(asked.loc["A-silent", ["Asked for", "Term", "Answer"]]) == ["–", "–", "waits"]
    assert list(asked.loc["A1", ["Asked for", "Term", "Answer"]]) == ["¥15,000", "6 months", "waits"]


def test_without_consent_the_search_shows_no_score(screens):
    screens.add("Silent", ref="2", consented=False, score="A", city="Jieyang", category="shoes")
    row = screens.open("shops").dataframe[0].value.set_index("shop").loc["Silent"]
    assert "shoes" not in [str(cell) for cell in row]
    assert len(row["grade"]) == 0


def test_an_awkward_name_stands_in_search_and_dossier_as_just_that(screens):
    for number, name in enumerate(AWKWARD_NAMES):
        shop_id, _ = screens.add(name, ref=str(number), city=name, category=name, owner_ref=name, region=name)
        assert f"#### {plain(name)}" in texts(dossier(screens, shop_id))
    assert set(AWKWARD_NAMES) < set(found(screens.open("shops")))


def test_without_shops_the_page_says_how_they_come(empty_screens):
    screen = empty_screens.open("shops")
    assert "0 shops on record" in texts(screen)
    assert "Shops come in with their files." in texts(screen)


def test_an_officer_notes_a_consent_and_the_file_opens_then_its_end_and_it_closes(screens):
    shop_id, _ = screens.add("Silent", ref="2", consented=False)
    screen = dossier(screens, shop_id)
    assert "No consent on record" in texts(screen)
    screen.text_input(key="consent_see_shop").set_value("form 17")
    screen = press(screen, "Note the consent")
    assert "Consent of the owner, see form 17, until 2 Nov 2027." in texts(screen)
    assert "Without the shop's consent" not in texts(screen)
    screen.text_input(key="withdraw_see").set_value("letter of Monday")
    screen = press(screen, "Close the file")
    assert "The owner took the consent back" in texts(screen)
    assert "Without the shop's consent" in texts(screen)


def test_a_consent_that_nobody_can_look_up_is_refused_in_words(screens):
    screen = press(dossier(screens), "Note the consent")
    assert "Say where the consent can be looked up" in texts(screen)
    assert "Consent given with its application." in texts(screen)


def test_an_auditor_reads_what_a_shop_consented_to_and_notes_nothing(screens):
    screen = dossier(screens, by="auditor")
    assert "Consent given with its application." in texts(screen)
    assert "Note a consent" not in everything(screen)
