"""The register of models: each step once, approved by somebody else, and never changed."""

import json

import pytest
import sqlalchemy
from sqlalchemy import func, select

from db import audit, references, register
from db.engine import open_session
from db.tables import ShadowScore, table_of
from lending.errors import ModelRefused, NotAllowed
from scoring.card import load_expert, read_card
from scoring.card_text import WrongHash, canonical
from tests.desk import AS_OF, Desk

REPORTED = {"validation": '{"auc":0.7}', "report": "<html></html>"}


def another_card(name="fitted-1", base=300):
    content = json.loads(load_expert().body)
    content["name"], content["base"]["soundness"] = name, base
    return read_card(canonical(content))


@pytest.fixture
def desk(engine):
    made = Desk(engine)
    with open_session(engine, write=True) as session:
        register.seed(session)
    return made


def add(desk, card, *, by="administrator", kind="card", **told):
    with open_session(desk.engine, write=True) as session:
        register.add(
            session, kind=kind, model_hash=card.hash, name=card.name, body=card.body, person_id=desk.id_of(by),
            **(REPORTED | told),
        )  # fmt: skip


def move(desk, card, stage, *, by="manager", note="Better on last year's loans."):
    with open_session(desk.engine, write=True) as session:
        register.move(session, card.hash, stage, person_id=desk.id_of(by), note=note)


def stages(desk):
    with open_session(desk.engine) as session:
        return {each.name: each.stage for each in register.all_standing(session)}


def refused(act, *given, **named):
    with pytest.raises(ModelRefused) as error:
        act(*given, **named)
    return error.value.because


def test_the_card_that_loam_comes_with_is_the_first_champion(desk):
    with open_session(desk.engine, write=True) as session:
        register.seed(session)
        assert register.champion(session).hash == load_expert().hash
        (only,) = register.all_standing(session)
    assert (only.stage, only.approver) == ("champion", None)


def test_in_an_empty_register_the_card_that_loam_comes_with_scores(engine):
    with open_session(engine) as session:
        assert register.champion(session).hash == load_expert().hash


def test_a_new_champion_retires_the_one_before(desk):
    card = another_card()
    add(desk, card)
    move(desk, card, "shadow")
    move(desk, card, "champion")
    assert stages(desk) == {"expert-2": "retired", "fitted-1": "champion"}
    with open_session(desk.engine) as session:
        assert register.champion(session).hash == card.hash
        assert register.champion_standing(session).approver == "Morgan Manager"
        assert audit.newest(session)["kind"].tolist().count("model") >= 5


def test_a_step_that_does_not_follow_is_refused(desk):
    card = another_card()
    add(desk, card)
    assert refused(move, desk, card, "champion") == "step"
    move(desk, card, "retired")
    for stage in ("draft", "shadow", "champion", "retired"):
        assert refused(move, desk, card, stage) == "step"
    assert refused(move, desk, another_card("unknown", 1), "shadow") == "unknown"
    assert stages(desk)["fitted-1"] == "retired"


def test_who_added_a_model_does_not_approve_it(desk):
    card = another_card()
    add(desk, card, by="manager")
    assert refused(move, desk, card, "shadow") == "own"
    assert stages(desk)["fitted-1"] == "draft"


@pytest.mark.parametrize("role", ["officer", "auditor"])
def test_other_roles_keep_no_models(desk, role):
    card = another_card()
    with pytest.raises(NotAllowed):
        add(desk, card, by=role)
    add(desk, card)
    for handle in (role, "administrator"):
        with pytest.raises(NotAllowed):
            move(desk, card, "shadow", by=handle)


def test_a_step_needs_a_reason_and_a_champion_a_report(desk):
    card = another_card()
    add(desk, card, validation="{}", report="")
    assert refused(move, desk, card, "shadow", note="  ") == "note"
    move(desk, card, "shadow")
    assert refused(move, desk, card, "champion") == "report"


def test_a_boosting_never_becomes_champion(desk):
    card = another_card()
    add(desk, card, kind="boosting")
    move(desk, card, "shadow")
    assert refused(move, desk, card, "champion") == "kind"


def test_the_last_champion_steps_down_only_for_another(desk):
    assert refused(move, desk, load_expert(), "retired") == "last"
    assert stages(desk) == {"expert-2": "champion"}


def test_a_model_stands_in_the_register_once(desk):
    card = another_card()
    add(desk, card)
    assert refused(add, desk, card) == "known"


@pytest.mark.parametrize("table", ["models", "model_stages", "score_references", "shadow_scores"])
def test_what_stands_in_the_register_cannot_be_changed(desk, table):
    with open_session(desk.engine, write=True) as session:
        references.make(session, card_hash=load_expert().hash, as_of=AS_OF)
        register.keep_shadow_scores(session, load_expert().hash, [(desk.score_run_id, 10_000)])
    with (
        pytest.raises(sqlalchemy.exc.DBAPIError, match=r"never changed|not authorized"),
        open_session(desk.engine, write=True) as session,
    ):
        session.execute(sqlalchemy.text(f"DELETE FROM {table}"))


def test_a_card_whose_text_is_another_than_its_hash_says_does_not_score():
    card = another_card()
    with pytest.raises(WrongHash):
        register.card_of(load_expert().body, card.hash)


def test_what_a_model_in_shadow_says_is_kept_beside_the_score(desk):
    with open_session(desk.engine, write=True) as session:
        register.keep_shadow_scores(session, load_expert().hash, [(desk.score_run_id, 12_345)])
        register.keep_shadow_scores(session, load_expert().hash, [])
    table = table_of(ShadowScore)
    with open_session(desk.engine) as session:
        assert session.execute(select(table.c.default_probability_ppm)).scalars().all() == [12_345]
        assert session.execute(select(func.count()).select_from(table)).scalar_one() == 1
