"""Whatever officers do in whatever order, the record says the same as a few lines of plain Python."""

import itertools
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import select, update

from db import backups, chain_key, decisions, holds, people, tables
from db.decisions import DecisionRequest
from db.engine import connect, open_session
from db.tables import table_of
from lending.errors import BrokenRule
from tests.desk import AS_OF, Desk, add_application, add_batch, add_score

DECISIONS, HOLDS = table_of(tables.Decision), table_of(tables.Hold)
OFFICERS = ("officer", "second", "manager")
PEOPLE = (*OFFICERS, "auditor")
OUTCOMES = ("decline", "refer")
FILES = 3


@dataclass
class File:
    """What the model knows of one file."""

    score: int
    batch: int = 1
    """The import that brought it."""
    holder: str | None = None
    rounds: dict[str, str] = field(default_factory=dict)
    """Who answered what, in this order; nobody answers twice."""
    final: bool = False


@dataclass
class Model:
    """What ought to be on record."""

    files: dict[int, File] = field(default_factory=dict)
    closed: set[str] = field(default_factory=set)
    keys: dict[str, tuple[DecisionRequest, str]] = field(default_factory=dict)

    def copy(self):
        files = {number: File(each.score, each.batch, each.holder, dict(each.rounds), each.final)
                 for number, each in self.files.items()}  # fmt: skip
        return Model(files, set(self.closed), dict(self.keys))

    def refusal_of_taking(self, number, who):
        """The name of the error of somebody who takes a file, or None."""
        if who in self.closed or who not in OFFICERS:
            return "NotAllowed"
        file = self.files[number]
        if file.final:
            return "AlreadyDecided"
        return "HeldByAnother" if file.holder not in (None, who) else None

    def refusal_of_deciding(self, request, who):
        """The name of the error of somebody who sends a form, None where it is recorded or was."""
        if who in self.closed or who not in OFFICERS:
            return "NotAllowed"
        if request.request_key in self.keys:
            return None if self.keys[request.request_key] == (request, who) else "KeyConflict"
        file = self.files[request.application_id]
        if file.final:
            return "AlreadyDecided"
        if request.round != len(file.rounds) + 1:
            return "AlreadyDecided" if file.rounds else "Stale"
        if who in file.rounds:
            return "NotAllowed"
        if file.holder not in (None, who):
            return "HeldByAnother"
        if request.score_run_id != file.score:
            return "Stale"
        # A second officer can't confirm what only a manager settles.
        above = request.outcome == "decline" and who != "manager" and "decline" in file.rounds.values()
        return "AboveAuthority" if above else None

    def decide(self, request, who):
        """Note a round that is recorded; nothing for a form that was recorded before."""
        if request.request_key in self.keys:
            return
        file = self.files[request.application_id]
        file.rounds[who] = request.outcome
        file.holder = None
        # Declining a shop that the policy would lend to is settled by a manager alone.
        file.final = request.outcome == "decline" and who == "manager"
        self.keys[request.request_key] = (request, who)


class DeskMachine(RuleBasedStateMachine):
    """A desk of four people and a few files, and what happens at it."""

    template = None

    def __init__(self):
        super().__init__()
        self.place = Path(tempfile.mkdtemp(prefix="loam-model-"))
        self.engine = connect(f"sqlite:///{shutil.copy(self.template, self.place / 'loam.db')}")
        shutil.copy(chain_key.file_of(connect(f"sqlite:///{self.template}")), self.place)
        with open_session(self.engine) as session:
            known = {each.handle: each.id for each in people.demo_people(session)}
            scores = session.execute(select(table_of(tables.ScoreRun).c.id)).scalars().all()
        self.ids = known
        self.model = Model({1: File(max(scores))})
        self.sent = []
        self.numbers = itertools.count(1)
        self.saved = None

    def teardown(self):
        self.engine.dispose()
        connect.cache_clear()
        shutil.rmtree(self.place)

    # --- What happens -------------------------------------------------------------------------------------------

    @precondition(lambda self: len(self.model.files) < FILES)
    @rule()
    def apply(self):
        """A shop applies once more."""
        with open_session(self.engine, write=True) as session:
            batch = add_batch(session)
            number = add_application(session, 1, f"A{next(self.numbers) + 1}", batch_id=batch)
        self.model.files[number] = File(self.model.files[1].score, batch)

    @rule()
    def score_anew(self):
        """The shop of all files is scored again."""
        with open_session(self.engine, write=True) as session:
            score = add_score(session, 1)
        for file in self.model.files.values():
            file.score = score

    @rule(pick=st.integers(0, FILES - 1), who=st.sampled_from(PEOPLE))
    def take(self, pick, who):
        """Somebody takes a file."""
        number = self.file(pick)
        refused = self.model.refusal_of_taking(number, who)
        self.expect(refused, lambda session: holds.take(session, number, person_id=self.ids[who]))
        if refused is None:
            self.model.files[number].holder = who

    @rule(pick=st.integers(0, FILES - 1), who=st.sampled_from(PEOPLE))
    def release(self, pick, who):
        """Somebody gives a file back."""
        number = self.file(pick)
        holder = self.model.files[number].holder
        refused = None
        if who in self.model.closed or who not in OFFICERS:
            refused = "NotAllowed"
        elif holder not in (None, who) and who != "manager":
            refused = "HeldByAnother"
        self.expect(refused, lambda session: holds.release(session, number, person_id=self.ids[who]))
        if refused is None:
            self.model.files[number].holder = None

    @rule(pick=st.integers(0, FILES - 1), who=st.sampled_from(OFFICERS), outcome=st.sampled_from(OUTCOMES))
    def decide(self, pick, who, outcome):
        """Somebody sends a form as it was just drawn."""
        number = self.file(pick)
        file = self.model.files[number]
        self.send(self.form(number, outcome, round_number=len(file.rounds) + 1, score=file.score), who)

    @rule(pick=st.integers(0, FILES - 1), who=st.sampled_from(PEOPLE), back=st.integers(0, 1))
    def decide_on_an_old_form(self, pick, who, back):
        """Somebody sends a form of an earlier round or score."""
        number = self.file(pick)
        round_number = max(1, len(self.model.files[number].rounds) + 1 - back)
        self.send(self.form(number, "decline", round_number=round_number, score=1), who)

    @precondition(lambda self: self.sent)
    @rule(pick=st.integers(0, 50))
    def send_again(self, pick):
        """The same form comes once more, from the same person."""
        self.send(*self.sent[pick % len(self.sent)])

    @precondition(lambda self: self.sent)
    @rule(pick=st.integers(0, 50), who=st.sampled_from(PEOPLE), note=st.booleans())
    def send_again_changed(self, pick, who, note):
        """The key of a form comes back with another note, or from another person."""
        request, before = self.sent[pick % len(self.sent)]
        if note:
            request = DecisionRequest(**{name: getattr(request, name) for name in request.__slots__} | {"note": "x"})
            self.send(request, before, remember=False)
        else:
            self.send(request, who, remember=False)

    @rule(who=st.sampled_from(PEOPLE))
    def close_account(self, who):
        """Somebody leaves."""
        self.enable([who], enabled=0)
        self.model.closed.add(who)

    @precondition(lambda self: self.model.closed)
    @rule()
    def open_accounts(self):
        """All of them are back."""
        self.enable(self.ids, enabled=1)
        self.model.closed.clear()

    @rule()
    def back_up(self):
        """A copy is taken."""
        made = backups.take(self.engine, self.place, loam="0.1.0", tell=lambda *_: None, keep=1)
        self.saved = (made.path, self.model.copy(), list(self.sent))

    @precondition(lambda self: self.saved)
    @rule()
    def restore(self):
        """The copy is put back, and with it what was known then."""
        path, model, sent = self.saved
        self.engine.dispose()
        backups.restore(self.engine, backups.read(path), tell=lambda *_: None)
        self.model, self.sent = model.copy(), list(sent)

    # --- And what is on record ----------------------------------------------------------------------------------

    @invariant()
    def record_says_what_the_model_says(self):
        """Rounds, final or not, holders and keys."""
        names = {number: handle for handle, number in self.ids.items()}
        with open_session(self.engine) as session:
            rows = session.execute(select(DECISIONS).order_by(DECISIONS.c.id)).all()
            held = {row.application_id: names[row.person_id] for row in session.execute(select(HOLDS))}
        for number, file in self.model.files.items():
            told = [row for row in rows if row.application_id == number]
            assert [names[row.person_id] for row in told] == list(file.rounds)
            assert [row.round for row in told] == list(range(1, len(told) + 1))
            assert any(row.final for row in told) == file.final
        assert held == {number: file.holder for number, file in self.model.files.items() if file.holder}
        assert {row.request_key for row in rows} == self.model.keys.keys()

    def enable(self, handles, *, enabled):
        """Close or open accounts."""
        chosen = people.people.c.handle.in_(list(handles))
        with open_session(self.engine, write=True) as session:
            session.execute(update(people.people).where(chosen).values(enabled=enabled))

    def form(self, number, outcome, *, round_number, score):
        """A form with a key of its own: a decline of what the policy would lend to, or a referral."""
        return DecisionRequest(
            request_key=f"key-{next(self.numbers)}", application_id=number,
            application_batch_id=self.model.files[number].batch, round=round_number,
            outcome=outcome, amount_minor=None, term_months=None, rate_bps=None,
            reasons=() if outcome == "refer" else ("unable_to_verify",), note="Could not be reached",
            score_run_id=score, policy_version=1,
        )  # fmt: skip

    def file(self, pick):
        """The number of one of the files that there are."""
        return sorted(self.model.files)[pick % len(self.model.files)]

    def expect(self, refused, act):
        """Do something in one transaction, and be refused as the model says."""
        said = None
        try:
            with open_session(self.engine, write=True) as session:
                act(session)
        except BrokenRule as error:
            said = type(error).__name__
        assert said == refused

    def send(self, request, who, *, remember=True):
        """Send a form, and be told what the model says."""
        refused = self.model.refusal_of_deciding(request, who)
        said = None
        try:
            decisions.record(self.engine, request, person_id=self.ids[who], decided_on=AS_OF)
        except BrokenRule as error:
            said = type(error).__name__
        assert said == refused, (request, who)
        if remember:
            self.sent.append((request, who))
        if refused is None:
            self.model.decide(request, who)


@pytest.fixture
def template(migrated_file, tmp_path):
    """The file of a small desk, of which each run gets a copy."""
    place = shutil.copy(migrated_file, tmp_path / "loam.db")
    engine = connect(f"sqlite:///{place}")
    Desk(engine)
    engine.dispose()
    connect.cache_clear()
    return place


def play(template, *, runs, steps):
    """Let hypothesis play on the desk."""
    DeskMachine.template = template
    plan = settings(
        max_examples=runs,
        stateful_step_count=steps,
        suppress_health_check=list(HealthCheck),
        database=None,
        phases=[Phase.generate],
        report_multiple_bugs=False,
    )
    run_state_machine_as_test(DeskMachine, settings=plan)


def test_the_record_says_the_same_as_a_model_of_it(template):
    play(template, runs=15, steps=30)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_the_record_says_the_same_as_a_model_of_it_in_many_long_runs(template):
    play(template, runs=500, steps=50)
