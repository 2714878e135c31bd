"""Review as each role sees it: the file, the score, the answer with the authority it needs, and every refusal."""

import pytest

from components.wording import plain
from db.engine import open_session
from tests.desk import add_score
from tests.screens import AWKWARD_NAMES, button_of, everything, labels, press, shown, texts

BAD_NUMBERS = ["0", "-1", "999", "99999999999999999999", "abc", "1.5", "１", "", "1 OR 1=1", "1\x00"]


def review(screens, application_id=None, *, by="officer"):
    return screens.open("review", by=by, application=str(application_id or screens.desk.application_id))


def answer(screen, outcome, *, note="", reasons=(), amount=None):
    """Fill in the form as somebody would, and redraw it."""
    screen.segmented_control[0].set_value(outcome)
    shown(screen)
    if note:
        screen.text_area[0].set_value(note)
    if reasons:
        screen.multiselect[0].set_value(list(reasons))
    if amount is not None:
        screen.number_input[0].set_value(amount)
    return shown(screen)


def form_button(screen):
    """The button that records: the only one whose label begins with one of the four verbs."""
    (found,) = (each for each in screen.button if each.label.startswith(("Approve", "Offer", "Decline", "Refer")))
    return found


def record(screen):
    form_button(screen).click()
    return shown(screen)


@pytest.mark.parametrize("role", ["officer", "second", "manager"])
def test_those_who_decide_see_shop_score_offer_and_form(screens, role):
    screen = review(screens, by=role)
    seen = texts(screen)
    assert "#### Grey Tile Teas" in seen
    assert "Grade B" in seen
    assert "Offer" in seen
    assert form_button(screen).label == "Approve ¥15\\,000"


def test_an_auditor_reads_the_file_and_decides_nothing(screens):
    screen = review(screens, by="auditor")
    assert "Your role reads files and decides none." in texts(screen)
    assert "Grade B" in texts(screen)
    assert not {"Score again", "Take it", "Score this shop"} & set(labels(screen))
    assert not screen.text_area


def test_an_administrator_who_types_the_address_sees_no_file(screens):
    assert "Grey Tile Teas" not in everything(review(screens, by="administrator"))


def test_an_address_that_names_no_application_gives_a_sentence(screens):
    for number in BAD_NUMBERS:
        screen = screens.open("review", application=number)
        assert "No application has this number" in texts(screen), number
        assert "Grey Tile Teas" not in everything(screen), number


def test_review_without_an_address_says_that_nothing_is_open(screens):
    assert "No application is open" in texts(screens.open("review"))


@pytest.mark.parametrize(
    ("grade", "daily_minor", "asked_minor", "outcome", "label", "whose"),
    [
        ("B", 100_000, 1_500_000, "approve", "Approve ¥15\\,000", "You settle this."),
        ("C", 100_000, 1_000_000, "approve", "Approve ¥10\\,000: needs a second officer", "officer and second"),
        ("B", 1_000_000, 15_000_000, "approve", "Approve ¥150\\,000: needs a second officer", "officer and second"),
        ("B", 3_000_000, 26_000_000, "approve", "Approve ¥260\\,000: needs a manager", "another person: a manager"),
        ("D", 100_000, 1_000_000, "approve", "Approve ¥10\\,000: needs a manager", "against the policy's own answer"),
        ("E", 100_000, 1_000_000, "approve", "Approve ¥10\\,000: needs a manager", "against the policy's own answer"),
        ("E", 100_000, 1_000_000, "decline", "Decline", "You settle this."),
        ("B", 100_000, 1_500_000, "decline", "Decline: needs a manager", "against the policy's own answer"),
        ("B", 100_000, 1_500_000, "refer", "Refer to the next person", "goes back to the queue"),
    ],
)
def test_the_button_says_whose_agreement_each_answer_needs(
    screens, grade, daily_minor, asked_minor, outcome, label, whose
):
    _, number = screens.add("Other", ref="2", score=grade, daily_minor=daily_minor, amount_minor=asked_minor)
    screen = answer(review(screens, number), outcome)
    assert form_button(screen).label == label
    assert whose in texts(screen)


@pytest.mark.parametrize(("grade", "outcome"), [("C", "approve"), ("E", "approve"), ("B", "decline")])
def test_a_manager_settles_what_an_officer_only_proposes(screens, grade, outcome):
    _, number = screens.add("Other", ref="2", score=grade, amount_minor=1_000_000)
    screen = answer(review(screens, number, by="manager"), outcome)
    assert "You settle this." in texts(screen)
    assert "needs" not in form_button(screen).label


def test_an_approval_is_recorded_once_and_shown(screens):
    screen = record(review(screens))
    (row,) = screens.decisions()
    assert (row.outcome, row.amount_minor, row.final, row.score_run_id) == (
        "approve", 1_500_000, 1, screens.desk.score_run_id,
    )  # fmt: skip
    assert "Olive Officer approved: **¥15\\,000 for 6 months" in texts(screen)
    assert not screen.text_area


def test_a_smaller_offer_is_recorded_with_its_reasons(screens):
    record(answer(review(screens), "approve_less", amount=12_000, reasons=["sales_falling"]))
    (row,) = screens.decisions()
    assert (row.outcome, row.amount_minor, row.reasons) == ("approve_less", 1_200_000, '["sales_falling"]')


def test_a_referral_keeps_the_file_waiting_with_its_note(screens):
    screen = record(answer(review(screens), "refer", note="Two shops share one owner"))
    assert "Olive Officer referred" in texts(screen)
    assert "Note: Two shops share one owner" in texts(screen)
    assert [row.final for row in screens.decisions()] == [0]
    assert list(screens.open("queue").dataframe[0].value["state"]) == ["Referred by Olive Officer"]


@pytest.mark.parametrize(
    ("outcome", "filled", "sentence"),
    [
        ("refer", {}, "Write a note: the next reader needs to know what to look at."),
        ("decline", {"reasons": ["rating_decline"]}, "This goes against the policy's own answer. Write a note"),
        ("decline", {"note": "no"}, "Choose at least one reason"),
        ("approve_less", {"amount": 12_000}, "Choose at least one reason"),
        ("approve_less", {"amount": 15_000, "reasons": ["sales_falling"]}, "A smaller offer lies above zero"),
        ("approve_less", {"amount": 0, "reasons": ["sales_falling"]}, "A smaller offer lies above zero"),
        ("approve_less", {"amount": 10**15, "reasons": ["sales_falling"], "note": "x"}, "A smaller offer lies above"),
    ],
)
def test_an_incomplete_answer_is_refused_in_a_sentence(screens, outcome, filled, sentence):
    screen = record(answer(review(screens), outcome, **filled))
    assert sentence in screen.error[0].value
    assert screens.decisions() == []


def test_who_proposed_cannot_confirm_and_a_second_officer_can(screens):
    _, number = screens.add("Other", ref="2", score="C", amount_minor=1_000_000)
    screen = record(review(screens, number))
    assert "Olive Officer proposes to approve" in texts(screen)
    assert "You have answered this file" in texts(review(screens, number))
    second = review(screens, number, by="second")
    assert form_button(second).label == "Approve ¥10\\,000"
    assert "Sandy Second approved" in texts(record(second))
    assert [row.final for row in screens.decisions()] == [0, 1]


def test_an_officer_who_comes_second_to_a_managers_matter_cannot_press(screens):
    _, number = screens.add("Other", ref="2", score="E", amount_minor=1_000_000)
    record(answer(review(screens, number), "approve", note="Known for years"))
    second = answer(review(screens, number, by="second"), "approve")
    assert "This is a manager's matter" in texts(second)
    assert form_button(second).disabled
    assert "You settle this." in texts(answer(review(screens, number, by="manager"), "approve"))


def test_a_file_that_somebody_else_took_is_not_decided(screens):
    press(review(screens, by="second"), "Take it")
    screen = record(review(screens))
    assert "Sandy Second took this application on" in screen.error[0].value
    assert screens.decisions() == []


def test_a_decided_file_shows_who_and_when_and_takes_no_answer(screens):
    screens.record(by="second")
    screen = review(screens)
    assert "Sandy Second approved" in texts(screen)
    assert not screen.text_area
    assert not {"Take it", "Score again"} & set(labels(screen))


def test_a_press_on_a_form_of_an_older_score_records_nothing(screens):
    screen = review(screens)
    with open_session(screens.engine, write=True) as session:
        add_score(session, screens.desk.shop_id, grade="E")
    record(screen)
    assert screens.decisions() == []


def test_an_unscored_shop_can_be_declined_or_referred_but_not_lent_to(screens):
    _, number = screens.add("New here", ref="2")
    screen = review(screens, number)
    assert screen.segmented_control[0].options == ["Decline", "Refer"]
    assert "Not scored yet" in texts(screen)


def test_scoring_from_the_page_keeps_one_score_and_opens_the_offer(screens):
    _, number = screens.add("New here", ref="2")
    screen = press(review(screens, number), "Score this shop")
    assert "Not scored yet" not in texts(screen)
    assert "Approve" in screen.segmented_control[0].options
    assert len(screens.events("score")) == 1


def test_without_consent_only_name_and_state_are_shown(screens):
    _, number = screens.add(
        "Silent", ref="2", consented=False, score="A", city="Jieyang", owner_ref="O-77", category="shoes"
    )
    seen = everything(review(screens, number))
    assert "Silent" in seen
    assert "The shop has not consented" in seen
    for secret in ("Jieyang", "O-77", "shoes", "Grade A", "net sales", "stock"):
        assert secret not in seen
    assert "Score this shop" not in seen


def test_consent_withdrawn_while_the_page_is_open_stops_the_score(screens):
    _, number = screens.add("New here", ref="2")
    screen = review(screens, number)
    screens.change_application(number, consented_at=None)
    press(screen, "Score this shop")
    assert "consent is missing" in screen.warning[0].value
    assert screens.events("score") == []


def test_a_shop_without_any_sales_is_shown_and_can_be_scored(screens):
    _, number = screens.add("Just opened", ref="2", days=1, daily_minor=0)
    screen = press(review(screens, number), "Score this shop")
    assert "Just opened" in texts(screen)


def test_an_awkward_name_stands_in_review_as_just_that(screens):
    for number, name in enumerate(AWKWARD_NAMES):
        _, application_id = screens.add(name, ref=str(number), score="B", city=name, category=name, owner_ref=name)
        screen = review(screens, application_id)
        assert f"#### {plain(name)}" in texts(screen)
        assert button_of(screen, "Take it")


def test_somebody_who_signs_out_meanwhile_records_nothing(screens):
    screen = review(screens)
    screens.use(None)
    form_button(screen).click()
    shown(screen)
    assert "You are signed out" in texts(screen)
    assert screens.decisions() == []
