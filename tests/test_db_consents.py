"""What a shop says of the use of its record: given, over, taken back, and given again."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select

from db import applications, consents, decisions, events, peers, queue, scores, shops, tables
from db.engine import open_session
from db.tables import table_of
from desk import scoring
from lending.consent import Given, check_given
from lending.errors import ConsentRefused, NoConsent, Stale
from tests import desk as made
from tests.desk import AS_OF, NOW

A_YEAR = AS_OF + timedelta(days=365)
FORM = Given("owner", "form 17", AS_OF, A_YEAR)
LATER = NOW + timedelta(days=1)


@pytest.fixture
def desk(engine):
    return made.Desk(engine)


@pytest.fixture
def silent_shop(desk):
    """The number of a shop without any application."""
    with open_session(desk.engine, write=True) as session:
        return made.add_shop(session, "S9", name="Quiet Corner")


def give(desk, shop_id, given=FORM, who="officer", today=AS_OF):
    with open_session(desk.engine, write=True) as session:
        return consents.give(session, shop_id, given, today=today, time_zone="Asia/Shanghai", person_id=desk.id_of(who))


def withdraw(desk, shop_id, who="officer"):
    with open_session(desk.engine, write=True) as session:
        return consents.withdraw(
            session, shop_id, said_by="owner", evidence="e-mail of today", person_id=desk.id_of(who)
        )


def may_be_scored(desk, shop_id, day=AS_OF):
    with open_session(desk.engine) as session:
        return shop_id in events.consented_shop_ids(session, as_of=day)


def seen(desk, shop_id, now=LATER):
    with open_session(desk.engine) as session:
        facts = shops.facts(session, shop_id, now=now)
        line = shops.line(session, shops.ShopsView(consent="given"), now=now)
        assert facts.consented == (shop_id in line)
        assert bool(shops.rows(session, [shop_id], now=now)["consented"][0]) == facts.consented
        return facts.consented


def test_a_shop_that_has_said_nothing_can_not_be_scored_until_it_consents(desk, silent_shop):
    assert not may_be_scored(desk, silent_shop)
    with pytest.raises(NoConsent):
        scoring.score_shop(desk.engine, silent_shop, as_of=AS_OF, person_id=desk.id_of("officer"))
    give(desk, silent_shop)
    assert scoring.score_shop(desk.engine, silent_shop, as_of=AS_OF, person_id=desk.id_of("officer"))
    assert seen(desk, silent_shop)


@pytest.mark.parametrize(
    ("day", "covered"),
    [(AS_OF - timedelta(days=1), False), (AS_OF, True), (A_YEAR, True), (A_YEAR + timedelta(days=1), False)],
)
def test_a_word_covers_its_first_day_and_its_last_and_no_other(desk, silent_shop, day, covered):
    give(desk, silent_shop)
    assert may_be_scored(desk, silent_shop, day) == covered
    noon = datetime(day.year, day.month, day.day, 4, tzinfo=UTC)  # noon in Shanghai
    assert seen(desk, silent_shop, noon) == covered


def test_what_is_taken_back_closes_the_file_of_an_application_that_named_its_own_consent(desk):
    assert may_be_scored(desk, desk.shop_id)
    withdraw(desk, desk.shop_id)
    assert not may_be_scored(desk, desk.shop_id)
    with open_session(desk.engine) as session:
        dossier = applications.dossier(session, desk.application_id, now=LATER)
        assert (dossier.consented_at, dossier.category, dossier.purpose) == (None, None, None)
        asked = applications.of_shop(session, desk.shop_id, now=LATER)
        assert asked["amount_minor"].isna().all()
        told = queue.line(session, queue.QueueView(state="no-consent"), person_id=desk.id_of("officer"), now=LATER)
        assert told == [desk.application_id]
        assert desk.shop_id not in scores.map_points(session, as_of=AS_OF, now=LATER)["shop_id"].tolist()
    assert not seen(desk, desk.shop_id)


def test_an_earlier_day_is_no_way_round_a_withdrawal(desk, silent_shop):
    give(desk, silent_shop)
    withdraw(desk, silent_shop)
    with pytest.raises(NoConsent):
        scoring.score_shop(desk.engine, silent_shop, as_of=AS_OF, person_id=desk.id_of("officer"))


def test_nobody_lends_on_the_score_of_a_shop_that_took_its_consent_back(desk):
    withdraw(desk, desk.shop_id)
    with pytest.raises(Stale):
        decisions.record(desk.engine, desk.request(), person_id=desk.id_of("officer"), decided_on=AS_OF)


def test_a_consent_after_a_withdrawal_opens_the_file_again(desk):
    withdraw(desk, desk.shop_id)
    give(desk, desk.shop_id)
    assert may_be_scored(desk, desk.shop_id)
    with open_session(desk.engine) as session:
        assert applications.dossier(session, desk.application_id, now=LATER).consented_at is not None
        words = consents.of_shop(session, desk.shop_id, time_zone="Asia/Shanghai")
    assert [word.act for word in words] == ["given", "withdrawn"]
    assert (words[0].begins_on, words[0].until_on, words[0].evidence) == (AS_OF, A_YEAR, "form 17")
    assert decisions.record(desk.engine, desk.request(), person_id=desk.id_of("officer"), decided_on=AS_OF)


def test_a_withdrawal_shows_at_once_in_what_was_kept_in_memory(desk, silent_shop):
    give(desk, silent_shop)
    assert seen(desk, silent_shop)
    withdraw(desk, silent_shop)
    assert not seen(desk, silent_shop)


def test_peers_are_found_among_shops_that_still_consent(desk, silent_shop):
    with open_session(desk.engine) as session:
        before = peers._read(session, "currency", "CNY", "CNY", "Asia/Shanghai", AS_OF + timedelta(days=1))
        assert desk.shop_id in before.shop_ids.tolist()
    withdraw(desk, desk.shop_id)
    with open_session(desk.engine) as session:
        after = peers._read(session, "currency", "CNY", "CNY", "Asia/Shanghai", AS_OF + timedelta(days=1))
    assert desk.shop_id not in after.shop_ids.tolist()


def test_there_is_nothing_to_take_back_where_nothing_was_given(desk, silent_shop):
    for _again in range(2):
        with pytest.raises(ConsentRefused) as refused:
            withdraw(desk, silent_shop)
        assert refused.value.because == "nothing"
        give(desk, silent_shop)
        withdraw(desk, silent_shop)


@pytest.mark.parametrize(
    ("given", "because"),
    [
        (Given("somebody", "form 17", AS_OF, A_YEAR), "speaker"),
        (Given("owner", " - ", AS_OF, A_YEAR), "evidence"),
        (Given("owner", "x" * 201, AS_OF, A_YEAR), "evidence"),
        (Given("owner", "form 17", AS_OF + timedelta(days=1), A_YEAR), "future"),
        (Given("owner", "form 17", AS_OF, AS_OF - timedelta(days=1)), "days"),
        (Given("owner", "form 17", date(2025, 1, 1), AS_OF - timedelta(days=1)), "over"),
    ],
)
def test_a_consent_that_says_too_little_or_is_over_is_refused(given, because):
    with pytest.raises(ConsentRefused) as refused:
        check_given(given, today=AS_OF)
    assert refused.value.because == because


def test_every_word_of_a_shop_is_in_the_register_and_in_the_audit(desk, silent_shop):
    give(desk, silent_shop)
    withdraw(desk, silent_shop)
    links, told = table_of(tables.Link), table_of(tables.AuditEvent)
    with open_session(desk.engine) as session:
        linked = select(func.count()).select_from(links).where(links.c.subject == "consents")
        assert session.execute(linked).scalar_one() == 2
        kinds = select(told.c.kind).where(told.c.subject_id == silent_shop, told.c.subject == "shops")
        assert session.execute(kinds.order_by(told.c.sequence)).scalars().all() == ["consent", "withdraw consent"]
