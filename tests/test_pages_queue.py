"""The queue as each role sees it: what waits, in which order, who may take it, and what an odd name does to it."""

from datetime import timedelta
from urllib.parse import parse_qsl

import pytest

from components import queue_panel, wording
from tests.desk import NOW
from tests.screens import AWKWARD_NAMES, everything, labels, press, shown, texts


def table(screen):
    return screen.dataframe[0].value


def shops(screen):
    return list(table(screen)["shop"])


@pytest.mark.parametrize("role", ["officer", "manager"])
def test_those_who_decide_are_offered_the_next_in_line(screens, role):
    screen = screens.open("queue", by=role)
    assert shops(screen) == ["Grey Tile Teas"]
    assert "1 application waits" in texts(screen)
    assert "Take the next" in labels(screen)


def test_an_auditor_looks_and_takes_nothing(screens):
    screen = screens.open("queue", by="auditor")
    assert shops(screen) == ["Grey Tile Teas"]
    assert not {"Take the next", "Take it"} & set(labels(screen))


def test_an_administrator_who_types_the_address_lands_on_a_page_of_the_role(screens):
    screen = screens.open("queue", by="administrator")
    assert "Bring in a shop's files" in texts(screen)
    assert "Grey Tile Teas" not in everything(screen)


def test_somebody_signed_out_sees_a_door_and_no_shop(screens):
    screen = screens.open("queue")
    screens.monkeypatch.setattr("components.guard.browser_token", lambda: None)
    shown(screen)
    assert "signed out" in texts(screen)
    assert "Grey Tile Teas" not in everything(screen)


def test_the_nearest_deadline_stands_first_and_delay_parts_equals(screens):
    screens.add("Late", ref="late", days_ago=5)
    screens.add("Same day, more money", ref="more", days_ago=1, amount_minor=9_000_000)
    screen = screens.open("queue")
    assert shops(screen) == ["Late", "Same day, more money", "Grey Tile Teas"]
    assert table(screen)["left"].iloc[0].startswith("⚠ late")
    assert "1 is overdue" in texts(screen)


@pytest.mark.parametrize(
    ("order", "first"),
    [("delay", "Old"), ("amount", "Large"), ("points", "Grey Tile Teas"), ("shop", "Aardvark")],
)
def test_the_queue_can_be_sorted(screens, order, first):
    screens.add("Old", ref="1", days_ago=9)
    screens.add("Large", ref="2", days_ago=1, amount_minor=5_000_000)
    screens.add("Aardvark", ref="3", days_ago=1, amount_minor=100_000)
    screen = screens.open("queue", order=order)
    assert shops(screen)[0] == first


def test_the_filters_narrow_and_say_so(screens):
    screens.add("Second", ref="2", score="D")
    screens.add("Third", ref="3", consented=False)
    screens.add("Fourth", ref="4")
    assert shops(screens.open("queue", grade="D")) == ["Second"]
    assert shops(screens.open("queue", state="no-consent")) == ["Third"]
    assert shops(screens.open("queue", state="not-scored")) == ["Fourth"]
    found = screens.open("queue", search="a-2")
    assert shops(found) == ["Second"]
    assert "1 of 1 that fit, 4 in all" in texts(found)


def test_a_filter_that_nothing_fits_says_so_and_is_undone_by_a_button(screens):
    screen = screens.open("queue", search="no such shop")
    assert "None of the 1 waiting applications fits" in texts(screen)
    assert not screen.dataframe
    assert shops(press(screen, "Clear filters")) == ["Grey Tile Teas"]


@pytest.mark.parametrize("words", ["%", "_", "'; DROP TABLE shops; --", "\\"])
def test_searched_words_are_only_words(screens, words):
    assert "None of the 1 waiting applications fits" in texts(screens.open("queue", search=words))


def test_an_address_with_filters_that_do_not_exist_shows_the_queue(screens):
    screen = screens.open("queue", holder="x", grade="Z", state="'", order="-1", page="x", chosen="-3", due="never")
    assert shops(screen) == ["Grey Tile Teas"]


def test_an_empty_queue_says_where_applications_come_from(empty_screens):
    screen = empty_screens.open("queue")
    assert "Nothing waits for a decision" in texts(screen)
    assert "Applications come in with a shop's files" in texts(screen)
    assert "Import files" in texts(screen)
    assert "Import files" not in texts(empty_screens.open("queue", by="auditor"))


def test_taking_the_next_assigns_it_and_opens_it(screens):
    screen = press(screens.open("queue"), "Take the next")
    assert screens.holds() == [(screens.desk.application_id, screens.desk.id_of("officer"))]
    assert "Back to queue" in texts(screen)
    assert screen.query_params["application"] == str(screens.desk.application_id)


def test_a_taken_application_bears_its_holder_and_is_offered_to_nobody_else(screens):
    press(screens.open("queue"), "Take the next")
    screen = screens.open("queue", by="second")
    assert list(table(screen)["holder"]) == ["Olive Officer"]
    assert "Take the next" not in labels(screen)
    assert not screens.open("queue", by="second", holder="nobody").dataframe
    assert shops(screens.open("queue", by="officer", holder="mine")) == ["Grey Tile Teas"]


def test_a_file_that_nobody_holds_shows_a_dash_beside_one_that_is_held(screens):
    press(screens.open("queue"), "Take the next")
    screens.add("Blue Door Bags", ref="2", days_ago=0)
    screen = screens.open("queue", by="second")
    assert dict(zip(shops(screen), table(screen)["holder"], strict=True)) == {
        "Grey Tile Teas": "Olive Officer",
        "Blue Door Bags": wording.MISSING,
    }
    assert table(screen)["points"].tolist() == ["640", wording.MISSING]


def test_who_comes_second_to_take_it_is_told_who_has_it(screens):
    stale = screens.open("queue", by="second")
    press(screens.open("queue"), "Take the next")
    screens.sit_down("second")
    screen = press(stale, "Take the next")
    assert "Olive Officer took this application on" in texts(screen)
    assert len(screens.holds()) == 1


def test_one_who_has_it_gives_it_back(screens):
    screen = press(screens.open("queue"), "Take the next")
    screen.switch_page("../pages/queue.py")
    press(shown(screen), "Give it back")
    assert screens.holds() == []


def test_giving_back_what_somebody_else_took_meanwhile_is_refused_in_words(screens):
    screen = press(screens.open("queue"), "Take the next")
    screen.switch_page("../pages/queue.py")
    shown(screen)
    officer = screens.token
    screens.release_by("manager")
    press(screens.open("queue", by="second"), "Take the next")
    screens.use(officer)
    assert "Sandy Second took this application on" in texts(press(screen, "Give it back"))
    assert len(screens.holds()) == 1


def test_a_decided_application_leaves_the_queue(screens):
    screens.add("Still here", ref="2")
    screens.record()
    assert shops(screens.open("queue")) == ["Still here"]


def test_without_consent_a_row_says_so_and_shows_no_score_and_no_sales(screens):
    screens.add("Silent", ref="2", consented=False, score="A")
    row = table(screens.open("queue", search="Silent")).iloc[0]
    assert row["state"] == "No consent, no score"
    assert len(row["grade"]) == 0
    assert len(row["sales"]) == 0
    assert row["points"] == "–"


def test_an_awkward_name_stands_in_the_queue_as_just_that(screens):
    for number, name in enumerate(AWKWARD_NAMES):
        screens.add(name, ref=str(number))
    assert set(AWKWARD_NAMES) < set(shops(screens.open("queue")))


def test_more_than_a_page_can_be_leafed_through(screens):
    for number in range(16):
        screens.add(f"Shop {number}", ref=str(number), days=1)
    screen = screens.open("queue", order="shop")
    first = shops(screen)
    screen.get("pagination")[0].set_value(2)
    assert set(shops(shown(screen))).isdisjoint(first)
    assert len(first) + len(shops(screen)) == 17


def test_a_queue_in_which_nothing_is_scored_yet_is_shown(screens):
    screens.add("New here", ref="2")
    assert shops(screens.open("queue", search="New here")) == ["New here"]


def chosen_among_twenty(screens, **address):
    """A queue of two pages, in which an application of the first page is chosen."""
    numbers = [screens.add(f"Shop {n:02}", ref=f"{n:02}", days=1, amount_minor=100_000 * (n + 1))[1] for n in range(19)]
    return numbers[0], screens.open("queue", order="shop", chosen=str(numbers[0]), **address)


def test_the_chosen_row_is_named_beside_its_actions_in_place_of_the_next(screens):
    number, screen = chosen_among_twenty(screens)
    assert "**Shop 00**, ¥1\\,000 for 6 months" in texts(screen)
    assert {"Look at it", "Take it"} <= set(labels(screen))
    assert "Take the next" not in labels(screen)
    assert screen.query_params["chosen"] == str(number)


def test_sorted_anew_the_list_turns_to_the_page_of_the_chosen_row(screens):
    _, screen = chosen_among_twenty(screens)
    screen.selectbox(key="queue_order").set_value("amount")
    assert "Shop 00" in shops(shown(screen))
    assert screen.query_params["page"] == "2"
    assert "**Shop 00**" in texts(screen)


def test_on_another_page_the_choice_stays_and_can_be_given_up(screens):
    _, screen = chosen_among_twenty(screens, page="2")
    assert "Shop 00" not in shops(screen)
    assert "**Shop 00**" in texts(screen)
    assert "Take the next" in labels(press(screen, "Unselect"))
    assert "chosen" not in screen.query_params


def test_a_choice_that_the_filters_leave_out_is_let_go(screens):
    _, screen = chosen_among_twenty(screens)
    screen.text_input(key="queue_search").set_value("Shop 07")
    assert shops(shown(screen)) == ["Shop 07"]
    assert "chosen" not in screen.query_params


def test_a_chosen_application_that_was_decided_meanwhile_is_let_go(screens):
    screens.record()
    screen = screens.open("queue", chosen=str(screens.desk.application_id))
    assert "Look at it" not in labels(screen)


def test_filters_stand_in_the_address_by_their_codes(screens):
    screen = screens.open("queue")
    screen.selectbox(key="queue_due").set_value("soon")
    screen.text_input(key="queue_search").set_value("tea")
    shown(screen)
    assert dict(screen.query_params) == {"due": "soon", "search": "tea"}
    assert screen.session_state["queue_query"] == {"due": "soon", "search": "tea"}


def test_who_comes_back_from_another_page_finds_the_list_as_it_was(screens):
    screens.add("Large", ref="2", amount_minor=9_900_000)
    screen = screens.open("queue", order="amount", search="a")
    screen.switch_page("../pages/shops.py")
    shown(screen)
    screen.switch_page("../pages/queue.py")
    screen.query_params.clear()
    assert shops(shown(screen)) == ["Large", "Grey Tile Teas"]
    assert screen.query_params["order"] == "amount"


def test_overdue_applications_can_be_asked_for_alone(screens):
    screens.add("Late", ref="2", days_ago=5)
    assert shops(screens.open("queue", due="late")) == ["Late"]
    assert not screens.open("queue", due="soon").dataframe


def test_without_consent_no_amount_is_told_nor_by_the_order(screens):
    screens.add("Silent", ref="2", consented=False, amount_minor=99_000_000)
    screen = screens.open("queue", order="amount")
    row = table(screen).iloc[1]
    assert (row["shop"], row["amount"], row["delay"]) == ("Silent", wording.MISSING, wording.MISSING)
    number = str(screens.add("Mute", ref="3", consented=False)[1])
    assert "**Mute**, no consent" in texts(screens.open("queue", chosen=number))


@pytest.mark.parametrize(
    ("minor", "currency", "days", "shown"),
    [(2_300_000, "CNY", 2, "¥46k"), (460_000, "CNY", 10, "¥46k"), (50_000, "JPY", 3, "JPY 150k"), (None, "CNY", 3, "–"),
     (1_500, "KWD", 0.5, "KWD 0.750")],
)  # fmt: skip
def test_the_cost_of_delay_is_the_amount_times_the_days(minor, currency, days, shown):
    row = {"amount_minor": minor, "currency": currency, "submitted_at": NOW - timedelta(days=days)}
    assert wording.money_short(queue_panel.delay_minor(row, NOW), currency) == shown


def test_a_view_is_kept_opened_renamed_and_deleted_with_a_way_back(screens):
    screen = screens.open("queue", grade="B", order="amount")
    screen.session_state["queue_views"] = True
    shown(screen)
    screen.text_input(key="queue_view_name").set_value("My morning")
    press(shown(screen), "Keep as a view")
    press(screen, "Clear filters")
    assert dict(screen.query_params) == {"order": "amount"}
    screen.session_state["queue_views"] = True
    press(shown(screen), "My morning")
    assert dict(screen.query_params) == {"grade": "B", "order": "amount"}
    screen.session_state["queue_views"] = True
    shown(screen).text_input(key="queue_view_new_name").set_value("Morning")
    press(shown(screen), "Rename")
    assert "✓ Morning" in labels(screen)
    assert "✓ Morning" not in labels(press(screen, "Delete"))
    assert "“Morning” is deleted." in texts(screen)
    assert "✓ Morning" in labels(press(screen, "Undo"))


def test_a_second_click_on_a_button_of_the_views_does_nothing_more(screens):
    screen = screens.open("queue", grade="B")
    screen.session_state["queue_views"] = True
    shown(screen)
    for name in ("First", "Second"):
        screen.text_input(key="queue_view_name").set_value(name)
        press(shown(screen), "Keep as a view")
        screen.button(key="queue_view_save").click()
        assert not shown(screen).warning
    delete = screen.button(key="queue_view_delete")
    delete.click()
    shown(screen)
    delete.click()
    assert "✓ Second" in labels(shown(screen))
    undo = screen.button(key="queue_view_undo")
    undo.click()
    assert "✓ First" in labels(shown(screen))
    undo.click()
    assert {"✓ First", "✓ Second"} <= set(labels(shown(screen)))


def test_every_ready_view_says_what_filters_it_has():
    for query in queue_panel.VIEWS.values():
        told = dict(parse_qsl(query))
        assert {
            each.name: each.write(each.read(told[each.name])) for each in queue_panel.FILTERS if each.name in told
        } == told


@pytest.mark.parametrize("name", ["x" * 300, "متجر الشاي", "🍵🫖" * 20, "青瓦茶铺" * 20])
def test_a_name_of_any_length_and_writing_leaves_room_for_the_buttons(screens, name):
    number = screens.add(name, ref="2")[1]
    screen = screens.open("queue", chosen=str(number))
    assert name in shops(screen)
    (told,) = (each.value for each in screen.markdown if "for 6 months" in each.value)
    assert len(told) < 80
