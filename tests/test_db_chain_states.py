"""What was altered past the desk is never sealed with what the desk writes, and no row of an editor lets anybody in."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import insert, update

from db import accounts, audit, branches, roster, sign_ins
from db.engine import DatabaseUnavailable, open_session, sqlite
from db.tables import ShopBranch, table_of
from db.verification import verify
from tests.accounts import OTHER_PHRASE, PHRASE, add_person
from tests.branch_desk import BranchDesk
from tests.chain_desk import change_unseen, editor

pytestmark = pytest.mark.usefixtures("cheap_passphrases")


def rights_are_whole(engine):
    """Rights are checked before shops, and those of the two branches came with no import."""
    broken = verify(engine).broken
    return broken is None or broken.table == "shops"


@pytest.mark.parametrize(
    "altered",
    [
        "UPDATE people SET role = 'manager' WHERE handle = 'anna'",
        "UPDATE people SET branch_id = (SELECT max(id) FROM branches) WHERE handle = 'anna'",
        "UPDATE people SET name = 'Another Madeup' WHERE handle = 'anna'",
        "DELETE FROM personal_salts WHERE subject = 'people'",
    ],
)
def test_a_persons_own_change_does_not_seal_what_was_altered_about_them(engine, altered):
    with open_session(engine, write=True) as session:
        branches.add(session, "North", person_id=None)
    anna = add_person(engine)
    _, token = accounts.sign_in(engine, "anna", PHRASE, address=None)
    change_unseen(engine, altered)
    with pytest.raises(DatabaseUnavailable, match=rf"people {anna} was altered"):
        accounts.change_passphrase(engine, anna, old=PHRASE, new=OTHER_PHRASE, token=token)
    assert verify(engine).broken.table == "people"


def test_somebody_who_was_let_in_again_with_an_editor_is_not_sealed_as_enabled(engine):
    anna = add_person(engine)
    with open_session(engine, write=True) as session:
        roster.disable(session, anna, actor_id=None)
    change_unseen(engine, "UPDATE people SET enabled = 1")
    with pytest.raises(DatabaseUnavailable, match="altered"), open_session(engine, write=True) as session:
        session.execute(update(accounts.rows_of_people).values(email="anna@example.org"))
    assert verify(engine).broken.table == "people"


def test_a_person_who_was_added_with_an_editor_is_not_sealed_by_their_first_change(engine):
    change_unseen(engine, "INSERT INTO people (handle, name, role, enabled, demo) VALUES ('x', 'X', 'manager', 1, 0)")
    with pytest.raises(DatabaseUnavailable, match="people 1 was altered"), open_session(engine, write=True) as session:
        session.execute(update(accounts.rows_of_people).values(name="Y"))
    assert "no link" in str(verify(engine).broken)


def test_a_shop_and_a_region_that_were_moved_with_an_editor_are_not_sealed_by_the_next_move(engine):
    desk = BranchDesk(engine)
    shops = table_of(ShopBranch)
    with open_session(engine, write=True) as session:
        branches.give_region(session, "Far", desk.other, person_id=None)
    with open_session(engine) as session:
        shop_id = session.execute(shops.select().where(shops.c.branch_id == desk.other)).first().shop_id
    assert rights_are_whole(engine)
    change_unseen(engine, f"UPDATE shop_branches SET branch_id = {desk.own} WHERE shop_id = {shop_id}")
    with pytest.raises(DatabaseUnavailable, match="shop_branches"), open_session(engine, write=True) as session:
        branches.move_shop(session, shop_id, desk.other, person_id=None)
    change_unseen(engine, f"UPDATE shop_branches SET branch_id = {desk.other} WHERE shop_id = {shop_id}")
    change_unseen(engine, f"UPDATE branch_regions SET branch_id = {desk.own} WHERE region = 'Far'")
    with pytest.raises(DatabaseUnavailable, match="branch_regions Far"), open_session(engine, write=True) as session:
        branches.give_region(session, "Far", desk.other, person_id=None)
    assert verify(engine).broken.table == "branch_regions"


def test_what_the_desk_itself_changes_is_sealed_again_and_again(engine):
    desk = BranchDesk(engine)
    anna = add_person(engine, handle="berta")
    for _ in range(3):
        with open_session(engine, write=True) as session:
            branches.give_region(session, "Far", desk.other, person_id=None)
            branches.give_region(session, "Far", desk.own, person_id=None)
            shop_id = session.execute(table_of(ShopBranch).select()).first().shop_id
            branches.move_shop(session, shop_id, desk.own, person_id=None)
            roster.disable(session, anna, actor_id=None)
        with open_session(engine, write=True) as session:
            roster.enable(session, anna, actor_id=None)
    assert rights_are_whole(engine)


def test_a_row_that_somebody_adds_beside_an_open_transaction_is_not_sealed_with_it(engine):
    if engine.dialect.name == "sqlite":
        with open_session(engine, write=True), editor(engine, triggers=True) as file:
            file.execute("PRAGMA busy_timeout = 0")
            with pytest.raises(sqlite.OperationalError, match="locked"):
                file.execute("INSERT INTO audit_events (recorded_at, kind, subject, body) VALUES (1, 'x', 'x', '{}')")
        return
    with open_session(engine, write=True) as session:
        audit.record(session, None, "start", "desk", None, {})
        with engine.begin() as other:
            other.execute(
                insert(audit.events).values(recorded_at=datetime.now(UTC), kind="sly", subject="desk", body="{}")
            )
        audit.record(session, None, "stop", "desk", None, {})
    with open_session(engine) as session:
        sly = session.execute(audit.events.select().where(audit.events.c.kind == "sly")).one().sequence
    broken = verify(engine).broken
    assert (broken.table, broken.key) == ("audit_events", str(sly))
    with pytest.raises(DatabaseUnavailable, match="past the desk"), open_session(engine, write=True):
        pass


def test_a_sign_in_that_was_written_with_an_editor_lets_nobody_in_and_is_named(engine):
    anna = add_person(engine)
    token = "a token of one's own"
    for seal in ("NULL", "''", f"'{'0' * 64}'"):
        hashed = sign_ins.hash_of(token + seal)
        at = int(datetime.now(UTC).timestamp() * 1_000_000)
        change_unseen(
            engine,
            "INSERT INTO sign_ins (token_hash, person_id, signed_in_at, last_seen_at, seal) "
            f"VALUES ('{hashed}', {anna}, {at}, {at}, {seal})",
        )
        with open_session(engine) as session:
            assert sign_ins.signed_in(session, token + seal) is None
        broken = verify(engine).broken
        # An empty seal is that of a sign-in without a key: it opens nothing, so that it is no break.
        assert (broken is None) == (seal == "''")
        assert broken is None or (broken.table, broken.key) == ("sign_ins", f"of person {anna}")
        change_unseen(engine, f"DELETE FROM sign_ins WHERE token_hash = '{hashed}'")


def test_a_sign_in_is_of_nobody_else_after_an_editor_gave_it_away(engine):
    anna, berta = add_person(engine), add_person(engine, handle="berta", role="manager")
    _, token = accounts.sign_in(engine, "anna", PHRASE, address=None)
    with open_session(engine) as session:
        assert sign_ins.signed_in(session, token).id == anna
    assert verify(engine).whole
    change_unseen(engine, f"UPDATE sign_ins SET person_id = {berta} WHERE person_id = {anna}")
    with open_session(engine) as session:
        assert sign_ins.signed_in(session, token) is None
    assert verify(engine).broken.table == "sign_ins"


def test_a_set_up_link_that_was_written_with_an_editor_sets_no_passphrase_and_is_named(engine):
    anna, berta = add_person(engine), add_person(engine, handle="berta", phrase=None)
    with open_session(engine, write=True) as session:
        token = accounts.make_link(session, berta, actor_id=None)
    assert verify(engine).whole
    change_unseen(engine, f"UPDATE setup_links SET person_id = {anna} WHERE used_at IS NULL")
    with open_session(engine) as session:
        assert accounts.person_of_link(session, token) is None
    assert not accounts.use_link(engine, token, OTHER_PHRASE)
    assert verify(engine).broken.table == "setup_links"
