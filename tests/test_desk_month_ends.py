"""Closing months: what was reported stays, what came in later is told beside it, and the command prints it all."""

import json
from datetime import date

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

import loam
from db import loan_acts, month_ends
from db.engine import open_session
from desk.month_ends import booked_by, close, days_to_close, figures_as_of, restatements
from settings import settings
from tests.loan_desk import WHY, LoanDesk, later

DECEMBER, JANUARY = date(2026, 12, 1), date(2027, 1, 1)
LEVEL = 256_603


@pytest.fixture
def desk(sqlite_engine):
    """A loan of 15,000, paid out on 2 November; its first instalment falls due on 2 December."""
    desk = LoanDesk(sqlite_engine)
    desk.disburse()
    return desk


def pay_late(desk):
    """A payment of 2 December that somebody booked on 12 January."""
    asked = desk.act("pay", today=later(71), day=later(30), amount_minor=LEVEL, reason=WHY)
    loan_acts.answer(desk.engine, asked.act_id, agrees=True, note="", person_id=desk.id_of("manager"), today=later(71))


def test_every_month_end_since_the_first_loan_is_closed_once(desk):
    days = days_to_close(desk.engine, until=date(2027, 1, 15), again=False)
    assert days == [DECEMBER, JANUARY]
    assert close(desk.engine, days, person_id=None) == 2
    assert days_to_close(desk.engine, until=date(2027, 1, 15), again=False) == []
    assert days_to_close(desk.engine, until=date(2027, 1, 15), again=True) == days


def test_a_back_dated_payment_leaves_what_was_reported_and_is_told_beside_it(desk):
    close(desk.engine, [DECEMBER, JANUARY], person_id=None)
    assert restatements(desk.engine, [DECEMBER, JANUARY]) == []
    pay_late(desk)
    told = {each.name: (each.reported, each.restated) for each in restatements(desk.engine, [DECEMBER, JANUARY])}
    assert told["outstanding_minor"] == (1_500_000, 1_500_000 - LEVEL + 11_250)
    assert told["overdue_minor"] == (LEVEL, 0)
    assert {each.as_of for each in restatements(desk.engine, [DECEMBER, JANUARY])} == {JANUARY}
    close(desk.engine, [JANUARY], person_id=None)
    with open_session(desk.engine) as session:
        first, newest = (
            month_ends.reported(session, first=each).set_index("as_of")["figures"] for each in (True, False)
        )
    assert (first[JANUARY]["overdue_minor"], newest[JANUARY]["overdue_minor"]) == (LEVEL, 0)


def test_figures_as_reported_leave_out_what_was_booked_on_the_day_or_later(desk):
    pay_late(desk)
    assert figures_as_of(desk.engine, as_of=JANUARY)["CNY"]["overdue_minor"] == 0
    assert figures_as_of(desk.engine, as_of=JANUARY, reported=True)["CNY"]["overdue_minor"] == LEVEL


def test_month_ends_are_never_changed(desk):
    close(desk.engine, [DECEMBER], person_id=None)
    for statement in ("UPDATE month_ends SET figures = '{}'", "DELETE FROM month_ends"):
        with (
            pytest.raises(Exception, match=r"register|not authorized"),
            open_session(desk.engine, write=True) as session,
        ):
            session.execute(text(statement))


def test_a_closing_that_breaks_off_leaves_nothing(desk, monkeypatch):
    monkeypatch.setattr(month_ends.audit, "record", lambda *_: (_ for _ in ()).throw(RuntimeError("the power went")))
    with pytest.raises(RuntimeError):
        close(desk.engine, [DECEMBER, JANUARY], person_id=None)
    with open_session(desk.engine) as session:
        assert month_ends.closed_days(session) == set()


@pytest.fixture
def command(desk, monkeypatch):
    monkeypatch.setenv("LOAM_DATABASE_URL", desk.engine.url.render_as_string(hide_password=False))
    monkeypatch.setenv("LOAM_BUSINESS_DATE", "2027-01-15")
    settings.cache_clear()
    yield lambda *words: CliRunner().invoke(loam.app, list(words))
    settings.cache_clear()


NAMES = {
    "active_loans", "outstanding_minor", "overdue_minor", "arrears_rate", "par1", "par30", "par60", "par90",
    "par30_renegotiated", "npl", "written_off_12m_minor", "write_off_ratio_12m", "recovered_12m_minor",
    "disbursed_12m_minor", "collected_12m_minor", "due_12m_minor", "expected_credit_loss_minor", "loss_parameters",
    "hhi_shop", "hhi_owner", "hhi_category", "hhi_region", "buckets", "vintages", "roll_rates",
}  # fmt: skip


def test_the_command_prints_all_figures_under_their_names(command):
    told = json.loads(command("portfolio", "--as-of", "2027-01-04", "--json").stdout)
    assert told["as_of"] == "2027-01-04"
    figures = told["currencies"]["CNY"]
    assert set(figures) >= NAMES
    assert (figures["active_loans"], figures["outstanding_minor"], figures["par30"]) == (1, 1_500_000, 1.0)
    assert figures["buckets"]["31-60"] == {"loans": 1, "outstanding_minor": 1_500_000}
    assert figures["vintages"] == {"2026-11": [0.0, 0.0]}
    assert figures["roll_rates"]["current"] == {"1-30": 1.0}
    assert figures["roll_rates"]["90+"] is None


def test_the_command_prints_words_and_refuses_days_that_are_none_or_have_not_come(command):
    assert "PAR30" in command("portfolio").stdout
    assert command("portfolio", "--as-of", "2026-10-01").stdout.startswith("No loan was paid out before")
    for day in ("tomorrow", "2027-01-16"):
        assert command("portfolio", "--as-of", day).exit_code == 2


def test_the_command_closes_months_and_rebuilds_them(command):
    assert "2 month ends closed, 2 rows stored" in command("month-ends").stderr
    assert "Nothing to close" in command("month-ends").stderr
    assert "2 month ends closed, 2 rows stored" in command("month-ends", "--rebuild").stderr


def test_what_was_booked_later_is_left_out_of_payments_and_waivers(desk):
    from db.loans import loan_frames

    pay_late(desk)
    with open_session(desk.engine) as session:
        frames = loan_frames(session, as_of=later(80))
    assert len(frames.repayments) == 1
    assert booked_by(frames, later(71)).repayments.empty
    assert len(booked_by(frames, later(72)).repayments) == 1
