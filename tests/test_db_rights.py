"""Every write × role × scope, past the screen: what is not given is refused, and the register says so."""

import inspect
import json
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import func, select, text
from sqlmodel import SQLModel

import db
from components.wording import cell
from db import (
    audit,
    branches,
    consents,
    decisions,
    drafts,
    holds,
    interests,
    loan_acts,
    mappings,
    people,
    policies,
    register,
    roster,
    views,
)
from db.engine import open_session
from desk import exports, scoring
from lending.consent import Given
from lending.errors import BrokenRule, NotAllowed
from lending.loan_life import Act
from lending.policy import FIRST_POLICY
from lending.rounds import Draft
from tests.branch_desk import STAFF, BranchDesk
from tests.desk import AS_OF, NOW
from tests.loan_desk import WHY


@dataclass(frozen=True)
class Write:
    """One way to write: how, by which right or page, and whether it is about the shop of the first branch."""

    do: object
    right: str
    of_shop: bool = True
    page: bool = False


def within(desk, act):
    with open_session(desk.engine, write=True) as session:
        return act(session)


def export(desk, who):
    asked = exports.Export("csv", who, AS_OF, NOW, (), NOW, True, cell)
    return exports.export_table(desk.engine, asked, "x", pd.DataFrame({"a": [1]}))


def step(desk, who, kind, **details):
    request = loan_acts.ActRequest(f"k-{kind}-{who}", Act(kind, AS_OF, None, "why"), application_id=desk.application_id,
                                   details=details)  # fmt: skip
    return loan_acts.record(desk.engine, request, person_id=who, today=AS_OF)


def model(desk, who):
    return within(desk, lambda session: register.add(
        session, kind="card", model_hash="x" * 64, name="x", body="{}", validation="{}", report="", person_id=who,
    ))  # fmt: skip


ALL = [handle for handle, *_ in STAFF]

WRITES = {
    "db.holds.take": Write(
        lambda d, who: within(d, lambda s: holds.take(s, d.application_id, person_id=who)), "decide"
    ),
    "db.holds.release": Write(
        lambda d, who: within(d, lambda s: holds.release(s, d.application_id, person_id=who)), "decide"
    ),
    "db.drafts.keep": Write(
        lambda d, who: within(d, lambda s: drafts.keep(
            s, d.application_id, Draft("approve", None, None, (), ""), person_id=who, round_number=1)),
        "decide",
    ),
    "db.decisions.record": Write(
        lambda d, who: decisions.record(d.engine, d.request(request_key=f"k{who}"), person_id=who, decided_on=AS_OF),
        "decide",
    ),
    "db.decisions.record_within": Write(
        lambda d, who: within(d, lambda s: decisions.record_within(
            s, d.request(request_key=f"w{who}"), person_id=who, decided_on=AS_OF)),
        "decide",
    ),
    "desk.scoring.score_shop": Write(
        lambda d, who: scoring.score_shop(d.engine, d.shop_id, as_of=AS_OF, person_id=who), "score"
    ),
    "db.loan_acts.record": Write(lambda d, who: step(d, who, "accept"), "book"),
    "db.loan_acts.record (a note)": Write(lambda d, who: step(d, who, "contact", channel="phone"), "keep contact"),
    "db.loan_acts.answer": Write(
        lambda d, who: loan_acts.answer(d.engine, d.waiting_act, agrees=True, note="", person_id=who, today=AS_OF),
        "book",
    ),
    "db.imports.store": Write(lambda d, who: d.bring_in(who), "import"),
    "db.register.add": Write(model, "model", of_shop=False),
    "db.register.move": Write(
        lambda d, who: within(d, lambda s: register.move(s, "none", "shadow", person_id=who, note="n")),
        "approve model",
        of_shop=False,
    ),
    "db.policies.propose": Write(
        lambda d, who: within(d, lambda s: policies.propose(s, policy_body(d), who)), "propose policy", of_shop=False
    ),
    "db.policies.propose_again": Write(
        lambda d, who: within(d, lambda s: policies.propose_again(s, d.waiting_policy, who)),
        "propose policy",
        of_shop=False,
    ),
    "db.policies.approve": Write(
        lambda d, who: within(d, lambda s: policies.approve(s, d.waiting_policy, who, "n")),
        "approve policy",
        of_shop=False,
    ),
    "db.interests.declare": Write(
        lambda d, who: within(d, lambda s: interests.declare(
            s, d.shop_id, kind="referred", note="n", person_id=who, about=next(
                each for each in d.ids.values() if each != who))),
        interests.RIGHT,
    ),
    "db.interests.end": Write(
        lambda d, who: within(d, lambda s: interests.end(s, d.interest_id, note="n", person_id=who)), interests.RIGHT
    ),
    "db.consents.give": Write(
        lambda d, who: within(d, lambda s: consents.give(
            s, d.shop_id, Given("owner", "form 7", AS_OF, AS_OF), today=AS_OF, time_zone="UTC", person_id=who)),
        consents.RIGHT,
    ),
    "db.mappings.save": Write(
        lambda d, who: within(d, lambda s: mappings.save(s, f"m{who}", "{}", person_id=who)),
        mappings.RIGHT,
        of_shop=False,
    ),
    "db.mappings.delete": Write(
        lambda d, who: within(d, lambda s: mappings.delete(s, "m", person_id=who)), mappings.RIGHT, of_shop=False
    ),
    "db.consents.withdraw": Write(
        lambda d, who: within(d, lambda s: consents.withdraw(
            s, d.shop_id, said_by="owner", evidence="letter", person_id=who)),
        consents.RIGHT,
    ),
    "db.branches.add": Write(
        lambda d, who: within(d, lambda s: branches.add(s, f"B{who}", person_id=who)), branches.RIGHT, of_shop=False
    ),
    "db.branches.rename": Write(
        lambda d, who: within(d, lambda s: branches.rename(s, d.other, f"R{who}", person_id=who)),
        branches.RIGHT,
        of_shop=False,
    ),
    "db.branches.give_region": Write(
        lambda d, who: within(d, lambda s: branches.give_region(s, "R", d.own, person_id=who)),
        branches.RIGHT,
        of_shop=False,
    ),
    "db.branches.move_shop": Write(
        lambda d, who: within(d, lambda s: branches.move_shop(s, d.shop_id, d.own, person_id=who)),
        branches.RIGHT,
        of_shop=False,
    ),
    "db.roster.add": Write(
        lambda d, who: within(d, lambda s: roster.add(s, actor_id=who, handle=f"new{who}", name="New", role="auditor")),
        roster.RIGHT,
        of_shop=False,
    ),
    "db.roster.set_rights": Write(
        lambda d, who: within(d, lambda s: roster.set_rights(s, d.ids["gone"], actor_id=who, role="officer",
                                                             branch_id=d.other)),
        roster.RIGHT,
        of_shop=False,
    ),
    **{
        f"db.roster.{name}": Write(
            lambda d, who, do=do: within(d, lambda s: do(s, d.ids["gone"], actor_id=who)), roster.RIGHT, of_shop=False
        )
        for name, do in (("disable", roster.disable), ("enable", roster.enable), ("new_link", roster.new_link),
                         ("unlock", roster.unlock), ("sign_out", roster.sign_out))
    },
    "desk.exports": Write(export, "portfolio", of_shop=False, page=True),
    "db.views.save": Write(
        lambda d, who: within(d, lambda s: views.save(s, person_id=who, page="queue", name="v", query="")),
        "queue", of_shop=False, page=True,
    ),
    "db.views.rename": Write(
        lambda d, who: within(d, lambda s: views.rename(s, 1, person_id=who, page="queue", name="w")),
        "queue", of_shop=False, page=True,
    ),
}  # fmt: skip

# Functions of db that name a person and write nothing, or write what another one has asked for and checked.
NO_WRITES = {
    "db.drafts.read": "reads", "db.queue.line": "reads", "db.queue.count": "reads",
    "db.queue.counts": "reads", "db.queue.waiting": "reads", "db.queue.next_in_line": "reads",
    "db.views.of_person": "reads",
    "db.audit.newest": "reads", "db.audit.count": "reads", "db.holds.refuse_if_held_by_another": "compares",
    "db.people.require": "is the check", "db.people.require_page": "is the check",
    "db.people.require_enabled": "is the check", "db.people.of_id": "reads",
    **{f"db.sign_ins.{name}": "is the door's own" for name in ("sign_in", "open_of", "end_one", "end_all")},
    **{f"db.accounts.{name}": "is the door's own, or asked for by db.roster"
       for name in ("change_passphrase", "has_passphrase", "make_link", "unlock")},
    **{f"db.token_seals.{name}": "works out a seal" for name in ("seal", "seal_now")},
    **{f"db.audit.{name}": "belongs to what it tells of" for name in ("record", "record_refusal")},
    "db.desk_batches.begin": "belongs to a step of a loan",
    "db.scores.save": "belongs to desk.scoring", "db.scores.append": "belongs to desk.scoring",
    "db.scores.record_run": "belongs to desk.scoring", "db.month_ends.store": "is the command line's",
    "db.collecting.approved_by": "reads", "db.consents.give_with": "asks db.consents.give",
    "db.interests.barred": "reads", "db.interests.barred_shops": "reads",
    "db.views.delete": "is tested apart: a view of nobody else",
}  # fmt: skip


def policy_body(desk):
    """A version with the next number."""
    with open_session(desk.engine) as session:
        members = json.loads(FIRST_POLICY.read_text(encoding="utf-8"))
        return json.dumps(members | {"version": policies.all_versions(session)[0].policy.version + 1})


class WritingDesk(BranchDesk):
    """A desk on which each of the writes would find its subject."""

    def __init__(self, engine, folder):
        super().__init__(engine)
        self.folder = folder
        self.ids = {handle: self.staff(handle).id for handle in ALL}
        (folder / "shops.csv").write_text("shop_ref,name,currency\nS1,Grey Tile Teas & Co,CNY\n")
        with open_session(engine, write=True) as session:
            session.execute(text("UPDATE people SET branch_id = 1 WHERE handle IN ('officer', 'second')"))
        self.disburse()
        self.waiting_act = self.act("write_off", reason=WHY).act_id
        body, keeper, gone = policy_body(self), self.ids["keeper"], self.ids["gone"]
        with open_session(engine, write=True) as session:
            self.waiting_policy = policies.propose(session, body, self.id_of("deputy")).version
            interests.declare(session, self.shop_id, kind="own", note="n", person_id=keeper, about=gone)
            (known,) = interests.of_shop(session, self.shop_id)
        self.interest_id = known.id

    def bring_in(self, who):
        from tests.test_db_imports import store

        return store(self.engine, self.folder, person_id=who, dry_run=True)


@pytest.fixture
def desk(engine, tmp_path):
    return WritingDesk(engine, tmp_path)


def gives(person, write, desk):
    """Whether role and branch give a write, by the two tables in code."""
    held = people.PAGES_OF_ROLE if write.page else people.RIGHTS_OF_ROLE
    return write.right in held[person.role] and not (write.of_shop and person.branch_id == desk.other)


def rows_in_all_tables(engine):
    with open_session(engine) as session:
        return {
            name: session.execute(select(func.count()).select_from(table)).scalar_one()
            for name, table in SQLModel.metadata.tables.items()
        }


def refusals_told(engine):
    with open_session(engine) as session:
        return audit.count(session, kinds=("refused",))


def test_a_write_that_a_person_has_no_right_to_is_refused_and_told(desk):
    for person in map(desk.staff, ALL):
        for name, write in WRITES.items():
            if person.handle == "gone" or not gives(person, write, desk):
                refuse(desk, person, name, write)


def refuse(desk, person, name, write):
    before, told = rows_in_all_tables(desk.engine), refusals_told(desk.engine)
    with pytest.raises(NotAllowed) as refused:
        write.do(desk, person.id)
    assert refused.value.person_id == person.id, (person.handle, name)
    after = rows_in_all_tables(desk.engine)
    grown = {table for table in after if after[table] != before[table]}
    # A dry run writes nothing, so its refusal stands on the screen alone.
    expected = set() if name == "db.imports.store" else {"audit_events"}
    assert grown - {"chain", "chain_pending"} == expected, (person.handle, name)
    assert refusals_told(desk.engine) == told + len(expected)


def test_no_right_is_missing_where_role_and_branch_give_it(desk):
    for person in map(desk.staff, ALL):
        for name, write in WRITES.items():
            if person.handle != "gone" and gives(person, write, desk):
                assert refusal_of(desk, person, write) not in ("role", "scope", "disabled"), (person.handle, name)


def refusal_of(desk, person, write):
    """Why a write was refused; another rule may do so, such as one that wants a further person."""
    try:
        write.do(desk, person.id)
    except NotAllowed as refusal:
        return refusal.because
    except BrokenRule as rule:
        return type(rule).__name__
    return ""


def test_a_person_who_was_disabled_a_moment_ago_writes_nothing_more(desk):
    person = desk.staff("here")
    desk.enable("here", enabled=False)
    for name, write in WRITES.items():
        with pytest.raises(NotAllowed) as refused:
            write.do(desk, person.id)
        assert refused.value.because == "disabled", name


def test_nobody_deletes_a_view_that_is_not_theirs_or_once_they_are_gone(desk):
    here = desk.staff("here").id
    number = within(desk, lambda s: views.save(s, person_id=here, page="queue", name="mine", query=""))
    assert within(desk, lambda s: views.delete(s, number, person_id=desk.staff("everywhere").id)) is None
    desk.enable("here", enabled=False)
    with pytest.raises(NotAllowed):
        within(desk, lambda s: views.delete(s, number, person_id=here))


def test_each_function_of_db_that_names_a_person_is_among_the_writes_or_said_to_be_none():
    named = {
        f"db.{module}.{name}"
        for module in (path.stem for path in Path(db.__file__).parent.glob("*.py"))
        for name, function in inspect.getmembers(import_module(f"db.{module}"), inspect.isfunction)
        if function.__module__ == f"db.{module}" and not name.startswith("_")
        if {"person_id", "actor_id"} & set(inspect.signature(function).parameters)
    }
    listed = {name.split(" (")[0] for name in WRITES} | set(NO_WRITES)
    assert named - listed == set()
    assert set(NO_WRITES) <= named


def test_every_right_and_page_of_the_table_is_held_by_somebody():
    rights = set().union(*people.RIGHTS_OF_ROLE.values())
    assert {write.right for write in WRITES.values() if not write.page} == rights
    assert people.RIGHTS_OF_ROLE["auditor"] == frozenset()


def test_an_import_of_another_branch_is_refused_while_it_is_stored_too(desk):
    from tests.test_db_imports import store

    before = rows_in_all_tables(desk.engine)
    with pytest.raises(NotAllowed):
        store(desk.engine, desk.folder, person_id=desk.staff("there").id)
    assert rows_in_all_tables(desk.engine) == before
