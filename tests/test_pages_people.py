"""The administrator's page for people: who may do what to whom, and that every write says no by itself."""

import math

import pytest

from db import accounts, people, roster, sign_ins
from db.engine import open_session
from lending.errors import AccountRefused, NotAllowed
from tests.accounts import PHRASE, add_person, events, shift_sign_ins
from tests.screens import AWKWARD_NAMES, button_of, everything, labels, press, shown, texts

pytestmark = pytest.mark.usefixtures("cheap_passphrases")


@pytest.fixture
def keeper(empty_screens):
    """The pages over a desk with an administrator and an officer who have accounts; nobody else comes in."""
    empty_screens.ids = {
        "keeper": add_person(empty_screens.engine, "keeper", role="administrator"),
        "olive": add_person(empty_screens.engine, "olive", name="Olive Madeup"),
    }
    return empty_screens


def choose(screen, keeper, handle):
    screen.selectbox(key="person").set_value(keeper.ids[handle])
    return shown(screen)


def entry(keeper, handle):
    with open_session(keeper.engine) as session:
        return roster.by_handle(session, handle)


def fill(screen, **typed):
    for name, value in typed.items():
        field = screen.selectbox if name == "role" else screen.text_input
        field(key=f"new_{name}").set_value(value)
    return press(screen, "Add, and make the link")


def link_on(screen):
    (code,) = screen.code
    return code.value


def test_the_list_names_everybody_with_role_branch_and_state(keeper):
    screen = keeper.open("people", by="keeper")
    assert "2 accounts, 2 of them can sign in; 6 demo people" in texts(screen)
    rows = screen.dataframe[0].value.set_index("handle")
    assert list(rows.loc["olive", ["name", "state", "role", "branch"]]) == ["Olive Madeup", "enabled", "officer", "all"]
    assert rows.loc["officer", "state"] == "no longer, the demo is over"


def test_somebody_is_added_with_a_link_that_is_shown_once_and_works(keeper):
    screen = fill(keeper.open("people", by="keeper"), name="Sandy Madeup", handle="sandy", role="manager")
    token = link_on(screen).split("/account/set-up?token=")[1]
    assert accounts.use_link(keeper.engine, token, PHRASE)
    assert entry(keeper, "sandy").role == "manager"
    assert screen.text_input(key="new_name").value == ""
    assert not press(screen, "I have copied it").code
    assert token not in str(events(keeper.engine))


def test_a_refused_person_stays_in_the_form(keeper):
    screen = fill(keeper.open("people", by="keeper"), name="Olive Again", handle="olive")
    assert "Somebody signs in as olive already" in texts(screen)
    assert screen.text_input(key="new_name").value == "Olive Again"
    assert not screen.code


def test_role_and_branch_are_changed_and_hold_from_the_next_click(keeper):
    with open_session(keeper.engine, write=True) as session:
        token = sign_ins.sign_in(session, keeper.ids["olive"])
    screen = choose(keeper.open("people", by="keeper"), keeper, "olive")
    assert button_of(screen, "Change role and branch").disabled
    screen.selectbox(key=f"role_{keeper.ids['olive']}").set_value("auditor")
    screen.selectbox(key=f"branch_{keeper.ids['olive']}").set_value(1)
    screen = press(shown(screen), "Change role and branch")
    assert (entry(keeper, "olive").role, entry(keeper, "olive").branch) == ("auditor", "Head office")
    with open_session(keeper.engine) as session:
        assert sign_ins.signed_in(session, token).role == "auditor"


def test_disabling_asks_once_more_and_signs_out(keeper):
    with open_session(keeper.engine, write=True) as session:
        token = sign_ins.sign_in(session, keeper.ids["olive"])
    screen = press(choose(keeper.open("people", by="keeper"), keeper, "olive"), "Disable")
    assert entry(keeper, "olive").enabled
    screen = press(press(screen, "Back"), "Disable")
    screen = press(screen, "Yes, disable")
    assert not entry(keeper, "olive").enabled
    with open_session(keeper.engine) as session:
        assert sign_ins.signed_in(session, token) is None
    assert "New link" not in labels(screen)
    press(screen, "Enable")
    assert entry(keeper, "olive").enabled


def test_a_lock_is_shown_and_lifted(keeper):
    for _ in range(accounts.MOST_FAILURES):
        accounts.sign_in(keeper.engine, "olive", "wrong and long enough", address=None)
    screen = choose(keeper.open("people", by="keeper"), keeper, "olive")
    assert "locked until" in texts(screen)
    press(screen, "Unlock")
    assert accounts.sign_in(keeper.engine, "olive", PHRASE, address=None)


def test_signing_somebody_out_everywhere_and_a_new_link(keeper):
    with open_session(keeper.engine, write=True) as session:
        token = sign_ins.sign_in(session, keeper.ids["olive"])
    screen = choose(keeper.open("people", by="keeper"), keeper, "olive")
    screen = press(screen, "Sign out everywhere")
    with open_session(keeper.engine) as session:
        assert sign_ins.signed_in(session, token) is None
    assert "/account/set-up?token=" in link_on(press(screen, "New link"))


def test_an_administrator_neither_changes_nor_disables_their_own_account(keeper):
    screen = choose(keeper.open("people", by="keeper"), keeper, "keeper")
    assert "your own account" in texts(screen)
    assert not {"Change role and branch", "Disable"} & set(labels(screen))


@pytest.mark.parametrize("first_run", [True, False])
def test_a_click_is_written_down_and_a_connection_that_comes_back_by_itself_is_not(keeper, first_run):
    screen = keeper.open("people", by="keeper")
    if first_run:
        del screen.session_state["presence_noted_at"]
    else:
        screen.session_state["presence_noted_at"] = -math.inf
    shift_sign_ins(keeper.engine, keeper.ids["keeper"], seen_minutes=10)
    with open_session(keeper.engine) as session:
        (before,) = sign_ins.open_of(session, keeper.ids["keeper"])
    shown(screen)
    with open_session(keeper.engine) as session:
        (after,) = sign_ins.open_of(session, keeper.ids["keeper"])
    assert (after.seen_at == before.seen_at) == first_run


def test_a_click_after_half_an_hour_changes_nothing_and_says_why(keeper):
    screen = choose(keeper.open("people", by="keeper"), keeper, "olive")
    shift_sign_ins(keeper.engine, keeper.ids["keeper"], seen_minutes=30)
    button_of(screen, "Sign out everywhere").click()
    screen.run()
    assert "nothing was clicked for 30 minutes" in texts(screen)
    assert "Olive" not in everything(screen)
    by_keeper = [whom for _, person, whom, _ in events(keeper.engine) if person == keeper.ids["keeper"]]
    assert keeper.ids["olive"] not in by_keeper


def test_in_the_demo_nobody_is_added(empty_screens):
    screen = empty_screens.open("people", by="administrator")
    assert "Nobody has an account yet" in texts(screen)
    assert "user add" in texts(screen)
    assert "Add, and make the link" not in labels(screen)


@pytest.mark.parametrize("role", ["officer", "manager", "auditor"])
def test_nobody_else_opens_the_page(empty_screens, role):
    seen = everything(empty_screens.open("people", by=role))
    assert "Addison" not in seen


def test_awkward_names_stand_there_as_just_that(keeper):
    for number, name in enumerate(AWKWARD_NAMES):
        keeper.ids[f"odd{number}"] = add_person(keeper.engine, f"odd{number}", name=name, phrase=None)
    screen = press(choose(keeper.open("people", by="keeper"), keeper, "odd3"), "Disable")
    assert set(AWKWARD_NAMES) <= set(screen.dataframe[0].value["name"])


WRITES = {
    "add": lambda session, actor, whom: roster.add(session, actor_id=actor, handle="new", name="New", role="officer"),
    "rights": lambda session, actor, whom: roster.set_rights(
        session, whom, actor_id=actor, role="manager", branch_id=None
    ),
    "disable": lambda session, actor, whom: roster.disable(session, whom, actor_id=actor),
    "enable": lambda session, actor, whom: roster.enable(session, whom, actor_id=actor),
    "link": lambda session, actor, whom: roster.new_link(session, whom, actor_id=actor),
    "unlock": lambda session, actor, whom: roster.unlock(session, whom, actor_id=actor),
    "sign out": lambda session, actor, whom: roster.sign_out(session, whom, actor_id=actor),
}


def attempt(engine, write, actor, whom):
    before = events(engine)
    try:
        with open_session(engine, write=True) as session:
            WRITES[write](session, actor, whom)
    finally:
        assert events(engine)[: len(before)] == before


@pytest.mark.parametrize("write", WRITES)
def test_each_write_reads_the_right_again_for_itself(engine, write):
    keeper = add_person(engine, "keeper", role="administrator", phrase=None)
    whom = add_person(engine, "whom", phrase=None)
    actors = {role: add_person(engine, role, role=role, phrase=None) for role in ("officer", "manager", "auditor")}
    gone = add_person(engine, "gone", role="administrator", phrase=None)
    with open_session(engine, write=True) as session:
        roster.disable(session, gone, actor_id=None)
        people.seed_demo_people(session)
        demo = people.by_handle(session, "administrator").id
    count = len(events(engine))
    for actor in (*actors.values(), gone, 99_999):
        with pytest.raises(NotAllowed):
            attempt(engine, write, actor, whom)
    with pytest.raises(AccountRefused, match="demo"):
        attempt(engine, write, demo, whom)
    # What stands there more is who was refused, an unknown number among them.
    assert len(events(engine)) - count == len(events(engine, "refused")) == 5
    attempt(engine, write, keeper, whom)


@pytest.mark.parametrize("write", ["rights", "disable", "enable"])
def test_nobody_does_these_to_themselves_past_the_screen_either(engine, write):
    keeper = add_person(engine, "keeper", role="administrator", phrase=None)
    add_person(engine, "second", role="administrator", phrase=None)
    with pytest.raises(AccountRefused, match="self"):
        attempt(engine, write, keeper, keeper)


@pytest.mark.parametrize("write", ["rights", "disable", "link", "sign out"])
def test_a_demo_person_is_nobody_to_keep(engine, write):
    keeper = add_person(engine, "keeper", role="administrator", phrase=None)
    with open_session(engine, write=True) as session:
        people.seed_demo_people(session)
        demo = people.by_handle(session, "officer").id
    with pytest.raises(AccountRefused, match="unknown"):
        attempt(engine, write, keeper, demo)


def test_after_somebody_is_added_the_form_is_empty_for_the_next(keeper):
    screen = fill(keeper.open("people", by="keeper"), name="Sandy Madeup", handle="sandy", role="manager")
    assert [screen.text_input(key=f"new_{name}").value for name in ("name", "handle", "email")] == ["", "", ""]
    assert screen.selectbox(key="new_role").value == "officer"
    assert "3 accounts, 2 of them can sign in" in texts(screen)


def test_two_empty_fields_are_both_told_at_the_fields_and_in_their_own_words(keeper):
    screen = press(keeper.open("people", by="keeper"), "Add, and make the link")
    assert "A name has 1 to 80 characters" in texts(screen)
    assert "“Signs in as” takes 2 to 40 small letters" in texts(screen)
    assert not screen.error
    assert "handle" not in texts(screen).lower()


def test_a_refused_field_keeps_what_was_typed(keeper):
    screen = fill(keeper.open("people", by="keeper"), name="Sandy Madeup", handle="Not OK")
    assert screen.text_input(key="new_name").value == "Sandy Madeup"
    assert "takes 2 to 40 small letters" not in texts(press(screen, "Keys :gray[?]"))
