"""Review as each role sees it: the file, the score, the answer with the authority it needs, and every refusal."""

import json
from datetime import timedelta

import pytest

from components.review_panel import LONGEST_NAME
from components.wording import plain, shortened
from db.engine import open_session
from lending import policy
from tests.desk import AS_OF, add_loan, add_score
from tests.screens import AWKWARD_NAMES, button_of, everything, labels, press, shown, texts

BAD_NUMBERS = ["0", "-1", "999", "99999999999999999999", "abc", "1.5", "１", "", "1 OR 1=1", "1\x00"]


def review(screens, application_id=None, *, by="officer"):
    return screens.open("review", by=by, application=str(application_id or screens.desk.application_id))


def field(screen, kind, name):
    """A field of the form by the beginning of its key; None where it is not drawn."""
    return next((each for each in screen.get(kind) if str(each.key).startswith(f"{name}_")), None)


def answer(screen, outcome, *, note="", reasons=(), amount=None, term=None):
    """Fill in the form as somebody would, one field after the other."""
    field(screen, "button_group", "outcome").set_value(outcome)
    shown(screen)
    entries = (
        ("number_input", "amount", amount), ("selectbox", "term", term),
        ("multiselect", "reasons", list(reasons) or None), ("text_input", "note", note or None),
    )  # fmt: skip
    for kind, name, value in entries:
        if value is not None:
            field(screen, kind, name).set_value(value)
            shown(screen)
    return screen


def form_button(screen):
    """The button of the form; None where there is none."""
    return field(screen, "button", "record")


def has_form(screen):
    return form_button(screen) is not None


def ask(screen):
    """Press the button of the form."""
    form_button(screen).click()
    return shown(screen)


def record(screen):
    """Press the button of the form, and the one that records for good where it asks."""
    ask(screen)
    return press(screen, "Record it") if "Record it" in labels(screen) else screen


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
    assert not {"Score again", "Take it", "Score this shop", "Next file"} & set(labels(screen))
    assert not has_form(screen)


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
        (
            "C",
            100_000,
            1_000_000,
            "approve",
            "Approve ¥10\\,000: needs a second officer",
            "Then it needs a second officer",
        ),
        (
            "B",
            1_000_000,
            15_000_000,
            "approve",
            "Approve ¥150\\,000: needs a second officer",
            "Then it needs a second officer",
        ),
        ("B", 3_000_000, 26_000_000, "approve", "Approve ¥260\\,000: needs a manager", "Then it needs a manager"),
        ("D", 100_000, 1_000_000, "approve", "Approve ¥10\\,000: needs a manager", "Against the policy's own answer"),
        ("E", 100_000, 1_000_000, "approve", "Approve ¥10\\,000: needs a manager", "Against the policy's own answer"),
        ("E", 100_000, 1_000_000, "decline", "Decline", "You settle this."),
        ("B", 100_000, 1_500_000, "decline", "Decline: needs a manager", "Against the policy's own answer"),
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
    assert "Next file" in labels(screen)
    assert not has_form(screen)


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
        ("approve_less", {"reasons": ["sales_falling"]}, "A smaller offer lies above zero"),
    ],
)
def test_an_incomplete_answer_is_refused_in_a_sentence(screens, outcome, filled, sentence):
    screen = record(answer(review(screens), outcome, **filled))
    assert sentence in texts(screen)
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


def test_a_second_officer_whose_rate_is_not_the_one_proposed_is_told_that_a_third_person_follows(screens):
    with open_session(screens.engine, write=True) as session:
        screens.desk.score_run_id = add_score(session, screens.desk.shop_id, points=610, grade="C")
    screens.record(rate_bps=899, score_run_id=screens.desk.score_run_id)
    second = review(screens, by="second")
    assert "Not at the rate that was proposed. Then it needs a second officer." in texts(second)


def test_an_officer_who_comes_second_to_a_managers_matter_cannot_press(screens):
    _, number = screens.add("Other", ref="2", score="E", amount_minor=1_000_000)
    record(answer(review(screens, number), "approve", note="Known for years"))
    second = answer(review(screens, number, by="second"), "approve")
    assert "This is a manager's matter" in texts(second)
    assert form_button(second).disabled
    assert "You settle this." in texts(answer(review(screens, number, by="manager"), "approve"))


def test_a_file_that_somebody_else_took_is_not_decided(screens):
    stale = review(screens)
    press(review(screens, by="second"), "Take it")
    screens.sit_down("officer")
    screen = ask(stale)
    assert "##### Sandy Second has it" in texts(screen)
    assert not has_form(screen)
    assert "Next file" in labels(screen)
    assert screens.decisions() == []


def test_a_decided_file_shows_who_and_when_and_takes_no_answer(screens):
    screens.record(by="second")
    screen = review(screens)
    assert "Sandy Second approved" in texts(screen)
    assert not has_form(screen)
    assert not {"Take it", "Score again"} & set(labels(screen))


def stands_in(screen):
    """What stands in the form: outcome, amount, term, reasons, note."""
    amount, term = field(screen, "number_input", "amount"), field(screen, "selectbox", "term")
    reasons = field(screen, "multiselect", "reasons")
    note = field(screen, "text_input", "note") or field(screen, "text_area", "notes")
    return (
        field(screen, "button_group", "outcome").value, amount and amount.value, term and term.value,
        reasons.value if reasons else [], note.value,
    )  # fmt: skip


def test_what_was_entered_stands_there_again_in_a_new_session(screens):
    screen = answer(
        review(screens), "approve_less", amount=12_000, term=9, reasons=["high_refunds"], note="Ask for the lease"
    )
    assert "Draft kept." in texts(screen)
    again = review(screens)
    assert stands_in(again) == ("approve_less", 12_000, 9, ["high_refunds"], "Ask for the lease")
    assert "Draft kept." in texts(again)
    assert form_button(again).label == "Offer ¥12\\,000"
    assert screens.decisions() == []


def test_a_field_that_is_not_drawn_keeps_its_value_in_the_draft(screens):
    screen = answer(review(screens), "decline", reasons=["high_refunds"])
    answer(screen, "refer", note="x" * 60)
    again = answer(review(screens), "decline")
    assert stands_in(again)[3:] == (["high_refunds"], "x" * 60)


def test_a_draft_is_shown_to_nobody_else_and_not_after_another_round(screens):
    answer(review(screens), "decline", note="Between us")
    assert "Between us" not in str(stands_in(review(screens, by="second")))
    screens.record(by="second", outcome="refer", amount_minor=None, term_months=None, rate_bps=None, note="Look again")
    assert stands_in(review(screens))[-1] == ""


def test_a_draft_that_no_longer_fits_the_file_is_shown_as_far_as_it_does(screens):
    answer(review(screens), "approve_less", amount=12_000, note="Still true")
    screens.change_application(screens.desk.application_id, amount_minor=900_000)
    assert stands_in(review(screens)) == ("approve_less", 9_000, 6, [], "Still true")


def test_a_refresh_records_nothing_even_while_the_question_stands(screens):
    ask(answer(review(screens), "approve"))
    again = review(screens)
    assert "Record it" not in labels(again)
    assert screens.decisions() == []


def test_an_amount_below_what_was_asked_is_a_smaller_offer_and_the_figures_follow(screens):
    screen = review(screens)
    before = texts(screen)
    screen = answer(screen, "approve", amount=7_500)
    assert stands_in(screen)[0] == "approve_less"
    # At 10.26 % in six months a yuan costs 1 ÷ 5.8245 a month; half the loan bears the same ¥30, at 10.95 %.
    assert "¥2\\,575 a month" in before
    assert "¥1\\,290 a month" in texts(screen)
    assert stands_in(answer(screen, "approve", amount=15_000))[0] == "approve"


def test_terms_can_be_tried_whatever_the_outcome(screens):
    screen = answer(review(screens), "refer", amount=7_500, term=3)
    assert stands_in(screen)[:3] == ("refer", 7_500, 3)
    assert "¥2\\,5" in texts(screen)
    assert stands_in(answer(screen, "approve"))[:3] == ("approve", 15_000, 3)


def test_the_drawer_holds_the_terms_in_the_fields_against_falling_sales_and_says_whom_the_rate_turns_away(screens):
    screen = answer(review(screens), "approve", amount=7_500)
    assert "such borrowers" not in texts(screen)
    seen = texts(press(screen, "Stress"))
    # February sells 28 × ¥1,000, of which 15 % is cash: 1 − 1,290 ÷ 4,200.
    assert plain("Sales may fall 69% before ¥1,290 is missed; its worst 90 days would carry it") in seen
    assert plain("¥55.10 of ¥241 interest is margin") in seen
    assert plain("default probability 1.2% (assumed) within twelve months, taken for the loan's 6 months") in seen
    assert plain("At 10.95% about 75 of 100 such borrowers walk away, assumed") in seen
    assert "as expected" in everything(screen)
    assert screens.decisions() == []


def test_the_walking_away_stands_beside_the_rate_and_not_where_the_policy_knows_nothing_of_it(screens):
    assert plain("At 10.26% 71 of 100 walk away") in texts(review(screens))
    members = json.loads(policy.FIRST_POLICY.read_text(encoding="utf-8"))
    del members["demand"]
    screens.desk.put_in_force(json.dumps(members | {"version": 2}))
    screen = review(screens)
    assert "walk away" not in texts(screen)
    seen = texts(press(screen, "Stress"))
    assert "interest is margin**" in seen
    assert "walk away" not in seen


def test_the_drawer_of_a_record_too_short_says_what_it_lacks(screens):
    _, number = screens.add("Two months", ref="2", score="B", days=75, amount_minor=200_000)
    assert "Fewer than 90 days are on record" in texts(press(review(screens, number), "Stress"))
    _, number = screens.add("Just opened", ref="3", score="B", days=9, amount_minor=200_000)
    seen = texts(press(review(screens, number), "Stress"))
    assert "Without a full month of sales" in seen
    assert "walk away" in seen


def test_a_shop_that_sold_nothing_has_a_drawer_without_cash(screens):
    _, number = screens.add("Silent year", ref="2", score="B", daily_minor=0, amount_minor=200_000)
    assert "**No month would carry" in texts(press(review(screens, number), "Stress"))


def test_there_is_no_drawer_where_there_is_no_offer(screens):
    _, number = screens.add("Elsewhere", ref="2", score="B")
    screens.change_application(number, currency="JPY", amount_minor=900_000)
    assert "Stress" not in labels(review(screens, number))
    _, unscored = screens.add("New here", ref="3")
    assert "Stress" not in labels(review(screens, unscored))


def test_who_only_reads_may_try_terms_and_leaves_no_draft(screens):
    screen = review(screens, by="auditor")
    field(screen, "number_input", "amount").set_value(7_500)
    shown(screen)
    assert "¥1\\,290 a month" in texts(screen)
    assert "Draft kept." not in texts(screen)
    assert field(review(screens, by="auditor"), "number_input", "amount").value == 15_000


def test_what_cannot_be_undone_is_asked_about_and_can_be_left(screens):
    screen = ask(review(screens))
    assert "Approve ¥15\\,000 for 6 months at " in texts(screen)
    assert "this can't be undone" in texts(screen)
    assert screens.decisions() == []
    screen = press(screen, "Back")
    assert has_form(screen)
    assert screens.decisions() == []
    record(screen)
    assert len(screens.decisions()) == 1


def test_a_change_takes_the_question_back(screens):
    screen = ask(review(screens))
    field(screen, "selectbox", "term").set_value(3)
    assert "Record it" not in labels(shown(screen))


@pytest.mark.parametrize(("grade", "outcome"), [("B", "refer"), ("C", "approve")])
def test_what_goes_on_to_somebody_else_is_recorded_without_a_question(screens, grade, outcome):
    _, number = screens.add("Other", ref="2", score=grade, amount_minor=1_000_000)
    ask(answer(review(screens, number), outcome, note="Look at the owner"))
    assert [row.final for row in screens.decisions()] == [0]


def test_after_a_decision_the_next_file_is_one_press_away(screens):
    _, number = screens.add("Next in line", ref="2", score="B", days_ago=3)
    screen = press(record(review(screens)), "Next file")
    assert "#### Next in line" in texts(screen)
    assert str(number) in screen.query_params["application"]
    # Looking at it takes nothing.
    assert screens.holds() == []


def test_without_a_free_file_the_next_one_is_told_to_be_none(screens):
    screen = press(record(review(screens)), "Next file")
    assert "No other file is free" in screen.warning[0].value


def test_an_untaken_file_is_taken_first_and_there_is_one_primary_button(screens):
    screen = review(screens)
    assert [each.label for each in screen.button if each.proto.type == "primary"] == ["Take it"]
    screen = press(screen, "Take it")
    assert [each.label for each in screen.button if each.proto.type == "primary"] == ["Approve ¥15\\,000"]
    assert [each.label for each in ask(screen).button if each.proto.type == "primary"] == ["Record it"]
    screen = press(screen, "Record it")
    assert [each.label for each in screen.button if each.proto.type == "primary"] == ["Next file"]


def test_the_way_back_leads_to_the_queue_as_it_was(screens):
    screen = review(screens)
    screen.session_state["queue_query"] = {"holder": "mine", "order": "amount"}
    link = next(each for each in shown(screen).get("page_link") if each.proto.label == "Back to queue")
    assert link.proto.query_string == "holder=mine&order=amount"


def test_a_second_officer_reads_what_the_first_proposed_above_the_charts(screens):
    _, number = screens.add("Other", ref="2", score="C", amount_minor=1_000_000)
    ask(answer(review(screens, number), "approve", note="Known for years"))
    seen = texts(review(screens, number, by="second"))
    assert "Olive Officer proposes to approve: **¥10\\,000 for 6 months" in seen
    assert "Note: Known for years" in seen


def test_a_long_name_is_cut_in_the_title_with_the_whole_on_hover(screens):
    name = "青瓦茶铺" * 75
    _, number = screens.add(name, ref="2", score="B")
    title = next(each for each in review(screens, number).markdown if each.value.startswith("####"))
    assert title.value == f"#### {'青瓦茶铺' * 3}青瓦…"
    assert title.proto.help == name


@pytest.mark.parametrize(("currency", "amount_minor"), [("JPY", 900_000), ("KWD", 1_234_567)])
def test_a_file_in_another_currency_is_shown_and_can_only_be_declined_or_referred(screens, currency, amount_minor):
    _, number = screens.add("Elsewhere", ref="2", score="B")
    screens.change_application(number, currency=currency, amount_minor=amount_minor)
    screen = review(screens, number)
    assert field(screen, "button_group", "outcome").options == [":gray[Decline]", ":gray[Refer]"]
    assert {"JPY": "JPY 900\\,000", "KWD": "KWD 1\\,234\\.567"}[currency] in texts(screen)


def test_a_press_on_a_form_of_an_older_score_records_nothing(screens):
    screen = review(screens)
    with open_session(screens.engine, write=True) as session:
        add_score(session, screens.desk.shop_id, grade="E")
    record(screen)
    assert screens.decisions() == []


def test_an_unscored_shop_can_be_declined_or_referred_but_not_lent_to(screens):
    _, number = screens.add("New here", ref="2")
    screen = review(screens, number)
    assert field(screen, "button_group", "outcome").options == [":gray[Decline]", ":gray[Refer]"]
    assert "Not scored yet" in texts(screen)


def test_scoring_from_the_page_keeps_one_score_and_opens_the_offer(screens):
    _, number = screens.add("New here", ref="2")
    screen = press(review(screens, number), "Score this shop")
    assert "Not scored yet" not in texts(screen)
    assert ":gray[Approve]" in field(screen, "button_group", "outcome").options
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
    assert "has not consented" in screen.warning[0].value
    assert screens.events("score") == []


def test_a_shop_without_any_sales_is_shown_and_can_be_scored(screens):
    _, number = screens.add("Just opened", ref="2", days=1, daily_minor=0)
    screen = press(review(screens, number), "Score this shop")
    assert "Just opened" in texts(screen)


def test_an_awkward_name_stands_in_review_as_just_that(screens):
    for number, name in enumerate(AWKWARD_NAMES):
        _, application_id = screens.add(name, ref=str(number), score="B", city=name, category=name, owner_ref=name)
        screen = review(screens, application_id)
        assert f"#### {plain(shortened(name, LONGEST_NAME))}" in texts(screen)
        assert button_of(screen, "Take it")


def test_somebody_who_signs_out_meanwhile_records_nothing(screens):
    screen = review(screens)
    screens.use(None)
    form_button(screen).click()
    shown(screen)
    assert "You are signed out" in texts(screen)
    assert screens.decisions() == []


def unescaped(screen):
    """All texts without what keeps Markdown from reading them."""
    return texts(screen).replace("\\", "")


def lend(screens, *lines, paid=()):
    """A loan of the shop at hand; days count from the day of the record."""
    with open_session(screens.engine, write=True) as session:
        add_loan(
            session, screens.desk.shop_id, "L1", principal_minor=sum(amount for _, amount in lines),
            disbursed_on=AS_OF - timedelta(days=90),
            lines=[(AS_OF + timedelta(days=day), amount) for day, amount in lines],
            paid=[(AS_OF + timedelta(days=day), amount) for day, amount in paid],
        )  # fmt: skip


def test_the_instalments_of_the_terms_in_the_form_stand_beside_the_expected_sales(screens):
    screen = review(screens)
    told = unescaped(screen)
    assert "Instalments take up to" in told
    assert "80% band; it held 81% of later weeks of 1,559 real shops" in told
    assert "hollow" not in told
    before = next(line for line in told.splitlines() if line.startswith("##### Instalments take up to"))
    field(screen, "number_input", "amount").set_value(300)
    after = next(line for line in texts(shown(screen)).splitlines() if line.startswith("##### Instalments take up to"))
    assert before != after


def test_earlier_loans_stand_as_strips_and_what_is_open_is_owed(screens):
    lend(screens, (-60, 10_000), (-30, 10_000), (10, 10_000), paid=[(-60, 10_000)])
    told = unescaped(review(screens))
    assert "1 instalment is not paid, 30 days late" in told
    assert "1 loan, 0 repaid; 2 instalments due or paid before, 1 late" in told
    assert "¥200 owed to us on 1 loan" in told
    assert "of what the owner owes already" in told
