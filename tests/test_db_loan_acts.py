"""The life of a loan on record: each step once, by whom may, and what it does to the books; on both databases."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import IntegrityError

from db import loan_acts, loans
from db.engine import open_session
from db.loan_acts import ActRequest
from db.loan_standing import known_loan
from db.tables import ImportBatch, LoanActAnswer, table_of
from lending.errors import ActRefused, KeyConflict, NotAllowed, UnknownApplication, UnknownLoan
from lending.loan_life import CHECKS, Act
from tests.desk import AS_OF, NOW, add_loan
from tests.loan_desk import WHY, LoanDesk, later

# 15,000 at 9 % over 6 months: 2,565.10 a month; interest of the first month 112.50.
LEVEL, FIRST_INTEREST = 256_603, 11_250


@pytest.fixture
def desk(engine):
    """On SQLite and PostgreSQL."""
    return LoanDesk(engine)


@pytest.fixture
def lite(sqlite_engine):
    """Where the kind of database does not matter, with the loan paid out."""
    desk = LoanDesk(sqlite_engine)
    desk.disburse()
    return desk


def standing(desk, today=AS_OF):
    with open_session(desk.engine) as session:
        return known_loan(session, desk.loan_id, today=today).standing


def frames(desk, as_of):
    with open_session(desk.engine) as session:
        return loans.loan_frames(session, as_of=as_of)


def refused(desk, *args, **named):
    with pytest.raises(ActRefused) as caught:
        desk.act(*args, **named)
    return caught.value.because


def agree(desk, recorded, *, by="manager", today=AS_OF, agrees=True):
    return loan_acts.answer(desk.engine, recorded.act_id, agrees=agrees, note="", person_id=desk.id_of(by), today=today)


def test_an_approved_application_is_accepted_looked_at_paid_out_paid_back_and_closed(desk):
    desk.disburse()
    with open_session(desk.engine) as session:
        known = known_loan(session, desk.loan_id, today=AS_OF)
    assert (known.loan_ref, known.standing.outstanding_minor) == ("L-A1", 1_500_000)
    assert [each.kind for each in known.acts] == ["accept", *["check"] * 4, "disburse"]
    desk.act("pay", today=later(30), amount_minor=LEVEL)
    # What is not due yet waits: the first instalment falls due on 2 December.
    assert standing(desk, later(30)).outstanding_minor == 1_500_000 - LEVEL + FIRST_INTEREST
    owed = standing(desk, later(31)).owed_minor
    desk.act("pay", today=later(31), amount_minor=owed)
    assert standing(desk, later(31)).state == "paid"
    assert frames(desk, later(40)).funding_shares["share_ppm"].tolist() == [1_000_000]


def test_a_back_dated_payment_moves_the_books_only_once_a_second_person_agreed(desk):
    desk.disburse()
    waiting = desk.act("pay", today=later(40), day=later(30), amount_minor=LEVEL, reason=WHY)
    assert waiting.waits
    assert standing(desk, later(40)).outstanding_minor == 1_500_000
    agree(desk, waiting, today=later(41))
    assert standing(desk, later(41)).outstanding_minor == 1_500_000 - LEVEL + FIRST_INTEREST
    paid = frames(desk, later(60)).repayments.iloc[0]
    assert paid["booked_day"] - paid["paid_day"] == 11


def test_a_reversed_payment_is_taken_back_on_its_own_day_and_once(desk):
    desk.disburse()
    desk.act("pay", today=later(30), amount_minor=LEVEL)
    with open_session(desk.engine) as session:
        ref = session.execute(text("SELECT repayment_ref FROM repayments")).scalar_one()
    asked = {"today": later(35), "day": later(30), "amount_minor": LEVEL, "reason": WHY, "repayment_ref": ref}
    agree(desk, desk.act("reverse", **asked), today=later(35))
    assert standing(desk, later(35)).outstanding_minor == 1_500_000
    assert frames(desk, later(60)).repayments["amount_minor"].tolist() == [LEVEL, -LEVEL]
    assert refused(desk, "reverse", **asked) == "reversed"
    assert refused(desk, "reverse", **asked | {"repayment_ref": "none"}) == "unknown"


def test_a_written_off_loan_is_in_no_balance_and_what_comes_later_is_a_recovery(desk):
    desk.disburse()
    waiting = desk.act("write_off", today=later(200), reason=WHY)
    agree(desk, waiting, today=later(200))
    assert standing(desk, later(200)).state == "written_off"
    loan = frames(desk, later(201)).loans.iloc[0]
    assert (loan["written_off_amount_minor"], loan["written_off_day"] > loan["disbursed_day"]) == (1_500_000, True)
    desk.act("recover", today=later(210), amount_minor=40_000)
    assert refused(desk, "pay", today=later(210), amount_minor=1) == "written_off"


def test_a_restructured_loan_has_a_new_schedule_and_keeps_the_old_one(desk):
    desk.disburse()
    waiting = desk.act("restructure", today=later(65), reason=WHY, term_months=12, annual_rate_ppm=60_000)
    agree(desk, waiting, today=later(65))
    lines = frames(desk, later(66)).instalments
    assert len(lines) == 6 + 12
    new = lines[lines["sequence"] > 6]
    assert new["principal_minor"].sum() == 1_500_000
    # The interest of two instalments was due and unpaid: 112.50 and what the second month bears.
    assert new["interest_minor"].iloc[0] == 7_500 + FIRST_INTEREST + 9_410
    assert standing(desk, later(65)).waivable_minor == 0


def test_a_new_schedule_takes_hold_when_it_is_agreed_to_so_that_no_payment_counts_twice(lite):
    asked = lite.act("restructure", today=later(65), reason=WHY, term_months=12, annual_rate_ppm=60_000)
    lite.act("pay", today=later(66), amount_minor=300_000)
    agree(lite, asked, today=later(67))
    left = standing(lite, later(67)).outstanding_minor
    # 3,000.00 paid the first instalment and, of the second, its interest and 433.97 - 94.10 = 339.87 of principal.
    assert left == 1_500_000 - (LEVEL - FIRST_INTEREST) - (300_000 - LEVEL - 9_410)
    new = frames(lite, later(68)).instalments
    assert new[new["sequence"] > 6]["principal_minor"].sum() == left
    assert (
        refused(lite, "restructure", today=later(67), reason=WHY, term_months=6, annual_rate_ppm=0) == "changed_today"
    )
    late = {"today": later(70), "day": later(40), "amount_minor": 100, "reason": WHY}
    assert refused(lite, "pay", **late) == "changed"


def test_an_early_settlement_closes_the_loan_and_gives_up_the_rest_of_the_interest(lite):
    assert refused(lite, "settle", today=later(20), amount_minor=1_499_999, reason=WHY) == "amount"
    agree(lite, lite.act("settle", today=later(20), amount_minor=1_510_000, reason=WHY), today=later(20))
    assert standing(lite, later(20)).state == "paid"
    told = frames(lite, later(21))
    owed = told.instalments[["principal_minor", "interest_minor", "fee_minor"]].to_numpy().sum()
    assert told.loans["waived_amount_minor"].tolist() == [owed - 1_510_000]


def test_interest_that_is_due_can_be_waived_and_no_more(lite):
    assert refused(lite, "waive", today=later(35), amount_minor=FIRST_INTEREST + 1, reason=WHY) == "too_much"
    agree(lite, lite.act("waive", today=later(35), amount_minor=FIRST_INTEREST, reason=WHY), today=later(35))
    assert standing(lite, later(35)).waivable_minor == 0
    assert frames(lite, later(60)).waivers["amount_minor"].tolist() == [FIRST_INTEREST]


def test_nothing_is_paid_out_before_all_is_looked_at(sqlite_engine):
    desk = LoanDesk(sqlite_engine)
    assert refused(desk, "disburse") == "not_accepted"
    desk.act("accept")
    for check in CHECKS:
        assert refused(desk, "disburse") == "check_missing"
        desk.act("check", check=check)
    assert refused(desk, "disburse", today=later(31)) == "old_score"
    assert refused(desk, "disburse", by="officer") == "approved_it"
    desk.act("disburse")
    desk.loan_id = None
    assert refused(desk, "disburse") == "has_a_loan"


def test_the_same_request_again_records_nothing_new_and_another_under_its_key_is_refused(lite):
    first = lite.act("pay", today=later(30), amount_minor=100, key="same")
    assert lite.act("pay", today=later(30), amount_minor=100, key="same") == first
    with pytest.raises(KeyConflict):
        lite.act("pay", today=later(30), amount_minor=200, key="same")
    assert len(frames(lite, later(31)).repayments) == 1


def request(desk, kind="pay", *, loan_id=None, application_id=None, key="same", day=AS_OF, by="second", **details):
    asked = ActRequest(key, Act(kind, day, 100 if kind == "pay" else None, ""), loan_id, application_id, details)
    return loan_acts.record(desk.engine, asked, person_id=desk.id_of(by), today=day)


def test_a_key_answers_for_no_other_loan_application_or_details(desk):
    desk.disburse()
    with open_session(desk.engine, write=True) as session:
        add_loan(session, desk.shop_id, "L2", principal_minor=1_000, disbursed_on=AS_OF, lines=[(later(30), 1_000)])
        other = session.execute(text("SELECT id FROM loans WHERE loan_ref = 'L2'")).scalar_one()
    first = request(desk, loan_id=desk.loan_id)
    assert request(desk, loan_id=desk.loan_id) == first
    contact = request(desk, "contact", loan_id=desk.loan_id, key="call", channel="phone")
    assert request(desk, "contact", loan_id=desk.loan_id, key="call", channel="phone") == contact
    for changed in (
        {"loan_id": other}, {"application_id": desk.application_id}, {"loan_id": desk.loan_id, "by": "manager"},
        {"loan_id": desk.loan_id, "repayment_ref": "R1"},
        {"kind": "contact", "loan_id": desk.loan_id, "key": "call", "channel": "visit"},
    ):  # fmt: skip
        with pytest.raises(KeyConflict):
            request(desk, **changed)


def test_a_disbursement_sent_twice_is_answered_as_the_first_and_one_loan_begins(desk):
    desk.make_ready()
    about = {"kind": "disburse", "application_id": desk.application_id, "key": "out"}
    with ThreadPoolExecutor(2) as both:
        first, second = both.map(lambda _: request(desk, **about), range(2))
    assert first == second == request(desk, **about)
    assert first.loan_id is not None
    with pytest.raises(KeyConflict):
        request(desk, **about | {"day": later(1)})
    with pytest.raises(KeyConflict):
        request(desk, "disburse", loan_id=first.loan_id, key="out")
    with pytest.raises(ActRefused) as caught:
        request(desk, **about | {"key": "again"})
    assert caught.value.because == "has_a_loan"


def test_a_step_is_answered_once_and_not_by_its_maker(lite):
    waiting = lite.act("write_off", today=later(100), reason=WHY)
    for by, because in (("second", "same_person"), ("officer", "approved_it")):
        with pytest.raises(ActRefused) as caught:
            agree(lite, waiting, by=by, today=later(100))
        assert caught.value.because == because
    assert refused(lite, "waive", today=later(100), amount_minor=100, reason=WHY) == "waiting"
    agree(lite, waiting, today=later(100), agrees=False)
    assert standing(lite, later(100)).state == "active"
    with pytest.raises(ActRefused) as caught:
        agree(lite, waiting, today=later(100))
    assert caught.value.because == "answered"


def test_a_step_that_no_longer_fits_the_loan_is_refused_when_it_is_agreed_to(lite):
    waiting = lite.act("waive", today=later(35), amount_minor=FIRST_INTEREST, reason=WHY)
    lite.act("pay", today=later(36), amount_minor=LEVEL)
    with pytest.raises(ActRefused) as caught:
        agree(lite, waiting, today=later(36))
    assert caught.value.because == "too_much"


def test_an_auditor_books_nothing_and_unknown_numbers_are_refused(lite):
    with pytest.raises(NotAllowed):
        lite.act("pay", by="auditor", amount_minor=1)
    lite.loan_id = 999
    with pytest.raises(UnknownLoan):
        lite.act("pay", amount_minor=1)
    lite.loan_id, lite.application_id = None, 999
    with pytest.raises(UnknownApplication):
        lite.act("accept")


def test_a_borrower_is_not_contacted_more_often_than_the_limit(lite):
    for _ in range(7):
        lite.act("contact", today=later(40), channel="phone")
    assert refused(lite, "contact", today=later(40), channel="phone") == "too_many_contacts"
    lite.act("contact", today=later(47), channel="letter")
    assert refused(lite, "contact", today=later(48), channel="drum") == "channel"


def test_a_dispute_stands_until_it_is_closed(lite):
    assert refused(lite, "close_case", today=later(40)) == "no_case"
    lite.act("dispute", today=later(40), reason="goods came back broken")
    with open_session(lite.engine) as session:
        assert loan_acts.open_cases(known_loan(session, lite.loan_id, today=later(40)).acts) == {"dispute"}
    lite.act("close_case", today=later(41))


def test_a_booking_is_a_batch_of_its_own_so_that_what_was_seen_before_stays_readable(lite):
    with open_session(lite.engine) as session:
        before = (
            session.execute(select(table_of(ImportBatch).c.id).order_by(table_of(ImportBatch).c.id.desc()))
            .scalars()
            .first()
        )
    lite.act("pay", today=later(30), amount_minor=100)
    with open_session(lite.engine) as session:
        assert loans.loan_frames(session, as_of=later(40), batch_id=before).repayments.empty
        assert len(loans.loan_frames(session, as_of=later(40)).repayments) == 1


@pytest.mark.parametrize(
    ("kind", "asked"),
    [
        ("pay", {"amount_minor": LEVEL}),
        ("settle", {"amount_minor": 1_500_000, "reason": WHY}),
        ("write_off", {"reason": WHY}),
        ("restructure", {"reason": WHY, "term_months": 9, "annual_rate_ppm": 90_000}),
    ],
)
def test_who_approved_a_loan_neither_books_on_it_nor_writes_it_off(lite, kind, asked):
    assert refused(lite, kind, by="officer", today=later(40), **asked) == "approved_it"


def test_the_database_itself_refuses_a_second_person_who_is_the_first(engine):
    desk = LoanDesk(engine)
    desk.disburse()
    waiting = desk.act("write_off", today=later(100), reason=WHY)
    row = {"act_id": waiting.act_id, "agreed": 1, "note": "", "booked_on": AS_OF, "recorded_at": NOW}
    maker, other = desk.id_of("second"), desk.id_of("manager")
    for makes, answers in ((maker, maker), (other, maker)):
        with pytest.raises(IntegrityError), open_session(desk.engine, write=True) as session:
            session.execute(insert(table_of(LoanActAnswer)).values(**row, maker_id=makes, person_id=answers))
    for statement in (f"UPDATE loan_acts SET reason = '' WHERE id = {waiting.act_id}", "DELETE FROM loan_acts"):
        with (
            pytest.raises(Exception, match=r"register|not authorized"),
            open_session(desk.engine, write=True) as session,
        ):
            session.execute(text(statement))
