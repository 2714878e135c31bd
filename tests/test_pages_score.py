"""Score as each role sees it: every point of the newest score, and what stays closed without consent or score."""

import json
from datetime import timedelta

import pytest

from components import score_rows
from components.wording import plain
from db import register, scores
from db.engine import open_session
from desk.scoring import score_shop
from desk.shop_score import open_score
from scoring.card import load_expert
from tests.cards import card, numeric
from tests.desk import AS_OF, NOW, add_score
from tests.screens import AWKWARD_NAMES, everything, labels, press, shown, texts

BAD_NUMBERS = ["0", "-1", "999", "99999999999999999999", "abc", "1.5", "１", "", "1 OR 1=1", "1\x00"]


@pytest.fixture
def scored(screens):
    """The desk, with its shop scored from its record by the card in force."""
    with open_session(screens.engine, write=True) as session:
        register.seed(session)
    score_shop(screens.engine, screens.desk.shop_id, as_of=AS_OF, person_id=screens.desk.id_of("officer"))
    return screens


def page(screens, shop_id=None, *, by="officer"):
    return screens.open("score", by=by, shop=str(shop_id or screens.desk.shop_id))


def stored(screens):
    with open_session(screens.engine) as session:
        return scores.latest(session, screens.desk.shop_id)


def points_table(screen):
    """The table of all points."""
    (found,) = (each.value for each in screen.dataframe if "Falls into" in each.value)
    return found


def charts(screen):
    """What each chart says."""
    return [chart.proto.alt for chart in screen.get("plotly_chart")]


def links(screen):
    return {each.label: (each.proto.page, each.proto.query_string) for each in screen.get("page_link")}


@pytest.mark.parametrize("role", ["officer", "manager", "auditor"])
def test_those_who_read_files_see_every_point_of_the_score(scored, role):
    screen = page(scored, by=role)
    result = stored(scored).result
    assert "#### Grey Tile Teas" in texts(screen)
    assert f"Grade {result.grade}" in texts(screen)
    table = points_table(screen)
    assert table["Points"].iloc[-1] == str(result.points)
    assert len(table) == len(load_expert().features) + 5
    assert f"{result.soundness_points} points for soundness" in texts(screen).replace("\\", "")
    assert len(charts(screen)) == 4
    assert all("Traceback" not in said and len(said) > 60 for said in charts(screen))


def test_an_administrator_who_types_the_address_sees_no_score(scored):
    assert "Grey Tile Teas" not in everything(page(scored, by="administrator"))


def test_an_address_that_names_no_shop_gives_a_sentence_and_a_way_on(scored):
    for number in BAD_NUMBERS:
        screen = scored.open("score", shop=number)
        assert "No shop has this number" in texts(screen), number
        assert "Grey Tile Teas" not in everything(screen), number
        assert "Find one in Shops" in links(screen)


def test_without_an_address_the_page_says_that_nothing_is_open(scored):
    screen = scored.open("score")
    assert "No shop is open" in texts(screen)
    assert "Find one in Shops" in links(screen)


@pytest.mark.parametrize("before", [("review", "application"), ("shops", "shop")])
def test_without_an_address_the_shop_looked_at_last_stands_there(scored, before):
    path, name = before
    numbers = {"application": scored.desk.application_id, "shop": scored.desk.shop_id}
    screen = scored.open(path, **{name: str(numbers[name])})
    screen.query_params.clear()
    screen.switch_page("../pages/score.py")
    assert "#### Grey Tile Teas" in texts(shown(screen))
    assert screen.query_params["shop"] == str(scored.desk.shop_id)


def test_review_and_dossier_lead_to_the_score_and_back(scored):
    shop, application = f"shop={scored.desk.shop_id}", f"application={scored.desk.application_id}"
    review = scored.open("review", application=str(scored.desk.application_id))
    assert links(review)["Score"] == ("score", shop)
    assert links(scored.open("shops", shop=str(scored.desk.shop_id)))["Score"] == ("score", shop)
    review.query_params.clear()
    review.switch_page("../pages/score.py")
    found = links(shown(review))
    assert found["Review"] == ("review", application)
    assert found["Dossier"] == ("shops", shop)


def test_a_file_of_another_shop_is_not_linked_as_this_ones(scored):
    shop_id, _ = scored.add("Second Shoes", ref="2", score="C")
    screen = scored.open("review", application=str(scored.desk.application_id))
    screen.query_params.clear()
    screen.switch_page("../pages/score.py")
    screen.query_params["shop"] = str(shop_id)
    assert "Review" not in links(shown(screen))


def test_without_consent_only_the_name_is_shown(scored):
    shop_id, _ = scored.add("Silent", ref="2", consented=False, score="A", city="Jieyang")
    screen = page(scored, shop_id)
    assert "Without the shop's consent only its name may be seen." in texts(screen)
    seen = everything(screen)
    for secret in ("Jieyang", "Grade A", "640", "points"):
        assert secret not in seen
    assert "Numbers" not in labels(screen)
    assert set(links(screen)) == set()
    assert charts(screen) == []


def test_a_shop_without_consent_is_not_among_the_others_on_the_map(scored):
    scored.add("Silent", ref="2", consented=False, score="A")
    assert "no other shop is scored" in texts(page(scored))
    scored.add("Second Shoes", ref="3", score="C")
    assert "of 1 other shop" in texts(page(scored))


@pytest.mark.parametrize(
    ("role", "label"),
    [("officer", "Score it in Review"), ("manager", "Score it in Review"), ("auditor", "See it in Review")],
)
def test_a_shop_that_is_not_scored_says_so_and_leads_to_where_it_is(scored, role, label):
    shop_id, application_id = scored.add("Second Shoes", ref="2")
    screen = page(scored, shop_id, by=role)
    assert "Not scored yet" in texts(screen)
    assert links(screen)[label] == ("review", f"application={application_id}")
    assert charts(screen) == []


def test_a_shop_without_a_waiting_application_is_told_where_shops_are_scored(scored):
    shop_id, application_id = scored.add("Second Shoes", ref="2", consented=False)
    scored.record(
        application_id=application_id, outcome="decline", amount_minor=None, term_months=None, rate_bps=None,
        reasons=("incomplete_application",), score_run_id=None,
    )  # fmt: skip
    scored.change_application(application_id, consented_at=NOW - timedelta(days=1))
    screen = page(scored, shop_id)
    assert "This one has none that waits." in texts(screen)
    assert set(links(screen)) == {"Dossier"}


def test_a_score_of_a_later_day_is_not_shown(scored):
    with open_session(scored.engine, write=True) as session:
        add_score(session, scored.desk.shop_id, grade="E", points=500, as_of=AS_OF + timedelta(days=1))
    assert "Grade E" not in texts(page(scored))


def test_a_score_that_keeps_no_points_says_so(screens):
    # As the made-up desk's own score does.
    screen = page(screens)
    assert "This score keeps no points by figure." in texts(screen)
    assert len(charts(screen)) == 2


def test_another_figure_shows_its_own_bins(scored):
    screen = page(scored)
    screen.selectbox[0].set_value("rating")
    seen = texts(shown(screen))
    assert "Mean of the buyers' ratings from 1 to 5" in seen.replace("\\", "")
    assert any("4.50 and more" in said for said in charts(screen))


def test_the_numbers_behind_every_chart_open(scored):
    screen = press(page(scored), "Numbers")
    drawn = [each.value for each in screen.dataframe]
    for column in ("Soundness, points", "Average", "Bin", "Default, share"):
        assert any(column in table for table in drawn), column


def test_the_card_is_named_with_its_hash_and_since_when_it_is_in_force(scored):
    seen = texts(page(scored)).replace("\\", "")
    expert = load_expert()
    assert f"Card {expert.name}, made by hand" in seen
    assert expert.hash[:12] in seen
    assert "put in force with Loam itself" in seen
    assert "Held against a usual shop of the card." in seen
    assert f"Score No. {stored(scored).id}, on the record before 2 Nov 2026, import No. 1." in seen
    assert "Nobody has counted defaults for this card yet" in seen


def change_champion(screens):
    other = card(numeric("rating", [4.0], [-5, 5]), name="the next one")
    officer, manager = screens.desk.id_of("administrator"), screens.desk.id_of("manager")
    with open_session(screens.engine, write=True) as session:
        register.add(
            session, kind="card", model_hash=other.hash, name=other.name, body=other.body, validation='{"auc":1}',
            report="<p>report</p>", person_id=officer,
        )  # fmt: skip
        register.move(session, other.hash, "shadow", person_id=manager, note="Look.")
    return other, manager


def test_a_model_in_shadow_is_shown_nowhere_and_a_new_champion_is_told(scored):
    other, manager = change_champion(scored)
    score_shop(scored.engine, scored.desk.shop_id, as_of=AS_OF, person_id=scored.desk.id_of("officer"))
    for role in ("officer", "manager", "auditor"):
        screen = page(scored, by=role)
        seen = everything(screen) + json.dumps(charts(screen))
        assert "shadow" not in seen
        assert other.name not in seen
        assert other.hash[:12] not in seen
    with open_session(scored.engine, write=True) as session:
        register.move(session, other.hash, "champion", person_id=manager, note="Better.")
    assert "Another card is in force by now" in texts(page(scored)).replace("\\", "")
    score_shop(scored.engine, scored.desk.shop_id, as_of=AS_OF, person_id=scored.desk.id_of("officer"))
    seen = texts(page(scored)).replace("\\", "")
    assert "Card the next one" in seen
    assert "approved by Morgan Manager" in seen


def test_the_register_tells_when_a_card_came_in_force_even_after_it_was_replaced(scored):
    other, manager = change_champion(scored)
    with open_session(scored.engine, write=True) as session:
        assert register.came_in_force(session, other.hash) is None
        register.move(session, other.hash, "champion", person_id=manager, note="Better.")
        step = register.came_in_force(session, load_expert().hash)
        assert (step.stage, step.approver) == ("champion", None)
        assert register.came_in_force(session, other.hash).approver == "Morgan Manager"


def test_the_table_of_the_page_is_that_of_the_stored_score(scored):
    told = open_score(scored.engine, scored.desk.shop_id, today=AS_OF, now=NOW)
    score = stored(scored)
    assert told.explained.score == score
    assert told.explained.replaced is False
    rows = page(scored)
    given = {score_rows.factor(each.feature): each for each in score.result.contributions}
    table = points_table(rows).set_index("Figure")
    for figure, each in given.items():
        assert table.loc[figure, "Gap"].replace("−", "-").lstrip("+") == str(each.gap)


def test_an_awkward_name_stands_there_as_just_that(scored):
    for number, name in enumerate(AWKWARD_NAMES):
        shop_id, _ = scored.add(name, ref=str(number), category=name)
        score_shop(scored.engine, shop_id, as_of=AS_OF, person_id=scored.desk.id_of("officer"))
        screen = page(scored, shop_id)
        assert f"#### {plain(name)}" in texts(screen)
