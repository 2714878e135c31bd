"""What a branch sees: its own shops in every table, whatever a statement asks for."""

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import SQLModel

from db import (
    applications,
    audit,
    branches,
    collecting,
    exposure,
    imports,
    loan_lists,
    people,
    queue,
    roster,
    scope,
    shops,
)
from db.engine import DatabaseUnavailable, open_session, whole
from db.scope import NO_SHOP, ROWS_OF_BRANCH, engine_for, whole_record
from db.tables import LoanAct, table_of
from lending.errors import BranchRefused, NotAllowed
from tests.branch_desk import OTHER_SHOP, BranchDesk
from tests.desk import AS_OF, NOW, Desk, add_application, add_loan
from tests.loan_desk import later

# Those in which the desk of these tests has rows that tell a shop, each of one branch.
WITH_ROWS = (
    "shops", "sales_days", "applications", "loans", "instalments", "repayments", "score_runs", "decisions", "loan_acts",
)  # fmt: skip
POINTS_AT_A_SHOP = {"shop_id", "application_id", "loan_id", "score_run_id", "act_id"}


@pytest.fixture
def desk(engine):
    return BranchDesk(engine)


def as_seen_by(desk, handle):
    return engine_for(desk.engine, desk.staff(handle).sees)


def names(engine):
    with open_session(engine) as session:
        return set(session.execute(text("SELECT name FROM shops")).scalars())


def test_every_table_that_tells_of_a_shop_is_held_back_from_other_branches():
    telling = {
        table.name
        for table in SQLModel.metadata.tables.values()
        if POINTS_AT_A_SHOP & set(table.columns.keys()) or table.name in ("shops", "shops_history")
    }
    assert telling <= set(ROWS_OF_BRANCH)


def test_a_person_of_a_branch_sees_its_shops_and_a_person_of_all_branches_all(desk):
    assert names(as_seen_by(desk, "here")) == {"Grey Tile Teas"}
    assert names(as_seen_by(desk, "there")) == {OTHER_SHOP}
    for handle in ("everywhere", "head", "reader"):
        assert names(as_seen_by(desk, handle)) == {"Grey Tile Teas", OTHER_SHOP}
    assert names(as_seen_by(desk, "keeper")) == set()


def test_where_there_is_one_branch_nothing_is_held_back(engine):
    desk = Desk(engine)
    with open_session(engine) as session:
        assert people.by_handle(session, "officer").sees is None
        assert people.by_handle(session, "administrator").sees == NO_SHOP
    with open_session(engine, write=True) as session:
        branches.add(session, "North", person_id=None)
        session.execute(text("UPDATE people SET branch_id = 1 WHERE handle = 'officer'"))
    with open_session(engine) as session:
        assert people.by_handle(session, "officer").sees == 1
    assert desk.shop_id


def test_the_parts_of_each_table_are_apart_and_none_has_a_row_that_is_not_there(desk):
    desk.disburse()
    with open_session(desk.engine, write=True) as session:
        add_loan(
            session, desk.other_shop_id, "L2", principal_minor=1_000, disbursed_on=AS_OF, lines=[(AS_OF, 1_000)],
            paid=[(AS_OF, 10)],
        )  # fmt: skip
    found = {}
    for part in (None, desk.own, desk.other, NO_SHOP):
        with open_session(engine_for(desk.engine, part)) as session:
            found[part] = {
                table: {tuple(row) for row in session.execute(text(f"SELECT * FROM {table}"))}
                for table in ROWS_OF_BRANCH
            }
    for table, whole_table in found[None].items():
        own, other, none = (found[part][table] for part in (desk.own, desk.other, NO_SHOP))
        assert own <= whole_table, table
        assert other <= whole_table, table
        assert own.isdisjoint(other), table
        assert none == set() or table == "audit_events", table
        if table in WITH_ROWS:
            assert own or other, table
            assert own | other == whole_table, table


def test_the_queue_the_list_of_shops_and_the_register_hold_nothing_of_another_branch(desk):
    engine = as_seen_by(desk, "there")
    with open_session(engine) as session:
        assert queue.count(session, queue.QueueView(), person_id=desk.staff("there").id, now=NOW) == 1
        assert len(shops.line(session, shops.ShopsView(), now=NOW)) == 1
        assert not (audit.newest(session)["subject"] == "applications").any()
        with pytest.raises(applications.UnknownApplication):
            applications.dossier(session, desk.application_id, now=NOW)
        assert applications.dossier(session, desk.other_application_id, now=NOW).shop_name == OTHER_SHOP


def test_what_is_written_through_a_part_goes_to_the_whole(desk):
    engine = as_seen_by(desk, "there")
    with open_session(engine, write=True) as session:
        assert session.connection().engine is whole(engine) is desk.engine
        assert session.execute(text("SELECT count(*) FROM shops")).scalar_one() == 2


def test_a_part_refuses_to_be_written(desk):
    with pytest.raises((DBAPIError, DatabaseUnavailable)), open_session(as_seen_by(desk, "there")) as session:
        session.execute(text("DELETE FROM shops"))
    assert len(names(desk.engine)) == 2


def test_an_owners_debt_in_another_branch_counts_and_its_shop_is_not_named(desk):
    with open_session(desk.engine, write=True) as session:
        session.execute(text("UPDATE shops SET owner_ref = 'O2'"))
        asked = add_application(session, desk.other_shop_id, "A3")
    with open_session(as_seen_by(desk, "there")) as session:
        found = exposure.exposure_of(session, asked, as_of=AS_OF, currency="CNY")
    # ¥15,000 that the first branch has approved.
    assert (found.owed.debt.balance_minor, found.other_shops, found.other_names) == (1_500_000, 1, ())
    with open_session(as_seen_by(desk, "head")) as session:
        named = exposure.exposure_of(session, asked, as_of=AS_OF, currency="CNY")
    assert (named.owed, named.other_names) == (found.owed, ("Grey Tile Teas",))


def test_the_whole_record_is_read_beside_a_part_and_is_the_same_session_without_one(desk):
    with open_session(as_seen_by(desk, "there")) as session, whole_record(session) as everything:
        assert everything.execute(text("SELECT count(*) FROM shops")).scalar_one() == 2
    with open_session(desk.engine) as session, whole_record(session) as everything:
        assert everything is session


def test_reports_of_what_others_brought_in_are_not_told(desk):
    with open_session(desk.engine, write=True) as session:
        session.execute(text("UPDATE people SET branch_id = 2 WHERE handle = 'second'"))
        session.execute(
            text(
                "INSERT INTO import_batches (id, recorded_at, person_id, source, format, report) "
                "SELECT 90, 1, id, 'theirs.csv', 'loam', '{}' FROM people WHERE handle = 'there'"
            )
        )
    with open_session(as_seen_by(desk, "here")) as session:
        assert "theirs.csv" not in imports.newest(session)["source"].tolist()
        assert session.execute(text("SELECT max(id) FROM import_batches")).scalar_one() == 90
    with open_session(as_seen_by(desk, "there")) as session:
        assert imports.newest(session)["source"].tolist() == ["theirs.csv"]


def test_who_moves_to_another_branch_takes_along_nothing_that_was_done_for_the_old_one(desk):
    officer = desk.staff("here").id
    with open_session(desk.engine, write=True) as session:
        for subject, number in (
            ("applications", desk.application_id), ("shops", desk.shop_id), ("score_runs", desk.score_run_id),
            ("shops", None), ("import_batches", 1),
        ):  # fmt: skip
            audit.record(session, officer, "before", subject, number, {})
        session.execute(
            text(
                "INSERT INTO import_batches (id, recorded_at, person_id, source, format, report) "
                "VALUES (90, 1, :who, 'ours.csv', 'loam', '{}')"
            ),
            {"who": officer},
        )
    seen = ["import_batches", "shops", "score_runs", "shops", "applications"]
    assert told(desk, "here") == (seen, ["ours.csv"])
    with open_session(desk.engine, write=True) as session:
        roster.set_rights(session, officer, actor_id=None, role="officer", branch_id=desk.other)
        audit.record(session, officer, "before", "shops", None, {"after": "the move"})
        audit.record(session, officer, "before", "shops", desk.shop_id, {})
    assert told(desk, "there") == (["shops"], [])
    assert told(desk, "head-here") == (["shops", *seen], ["ours.csv"])
    assert told(desk, "head") == (["shops", "shops", *seen], ["ours.csv", "made up"])


def told(desk, handle):
    with open_session(as_seen_by(desk, handle)) as session:
        sources = imports.newest(session)["source"].tolist()
        return audit.newest(session, kinds=("before",))["subject"].tolist(), [each for each in sources if each]


def test_an_administrator_reads_of_people_and_files_and_of_no_shop(desk):
    with open_session(desk.engine, write=True) as session:
        audit.record(session, desk.staff("here").id, "sign in", "people", desk.staff("here").id, {})
    with open_session(as_seen_by(desk, "keeper")) as session:
        told = audit.newest(session)
        assert imports.newest(session)["source"].tolist() == ["made up"]
    assert "sign in" in told["kind"].tolist()
    assert set(told["subject"]).isdisjoint({"applications", "loans", "shops", "score_runs"})


def test_a_new_shop_goes_to_the_branch_of_its_region_and_else_to_the_first(desk):
    with open_session(desk.engine, write=True) as session:
        moved = branches.give_region(session, "Elsewhere", desk.own, person_id=None)
        assert moved == 1
        branches.give_region(session, "Uplands", desk.other, person_id=None)
        made = "INSERT INTO shops (shop_ref, name, region, time_zone, currency, generated, batch_id) VALUES "
        session.execute(
            text(made + "('U', 'Up', 'Uplands', 'UTC', 'CNY', 1, 1), ('N', 'No', NULL, 'UTC', 'CNY', 1, 1)")
        )
        given = "SELECT s.shop_ref, b.branch_id FROM shops s JOIN shop_branches b ON b.shop_id = s.id"
        assert dict(session.execute(text(given)).all()) == {"S1": 1, "S2": 1, "U": desk.other, "N": 1}


@pytest.mark.parametrize(("name", "because"), [(" ", "name_missing"), ("x" * 61, "name_long"), ("North", "name_taken")])
def test_a_branch_needs_a_name_of_its_own(desk, name, because):
    with pytest.raises(BranchRefused) as refused, open_session(desk.engine, write=True) as session:
        branches.add(session, name, person_id=desk.staff("keeper").id)
    assert refused.value.because == because


def test_a_shop_and_a_branch_that_are_not_there_are_refused(desk):
    for shop_id, branch_id in ((desk.shop_id, 99), (99, desk.own)):
        with pytest.raises(BranchRefused), open_session(desk.engine, write=True) as session:
            branches.move_shop(session, shop_id, branch_id, person_id=None)
    with pytest.raises(BranchRefused), open_session(desk.engine) as session:
        branches.named(session, "Nowhere")


def test_nobody_brings_in_a_shop_of_another_branch_and_new_shops_are_of_ones_own(desk, tmp_path):
    from tests.test_db_imports import store

    line = "shop_ref,name,currency\n{},{},CNY\n"
    for ref in ("S1", "NEW"):
        (tmp_path / ref).mkdir()
        (tmp_path / ref / "shops.csv").write_text(line.format(ref, f"Shop {ref}"))
    officer = desk.staff("there")
    for dry_run in (True, False):
        with pytest.raises(NotAllowed) as refused:
            store(desk.engine, tmp_path / "S1", person_id=officer.id, dry_run=dry_run)
        assert refused.value.because == "scope"
    assert store(as_seen_by(desk, "there"), tmp_path / "NEW", person_id=officer.id).verdict == "imported"
    assert "Shop NEW" in names(as_seen_by(desk, "there"))
    assert names(as_seen_by(desk, "here")) == {"Grey Tile Teas"}


def test_the_acts_of_a_loan_are_of_its_branch(desk):
    desk.disburse()
    acts = select(table_of(LoanAct).c.id)
    with open_session(as_seen_by(desk, "here")) as session:
        assert len(session.execute(acts).all()) == 6
    with open_session(as_seen_by(desk, "there")) as session:
        assert session.execute(acts).all() == []


def test_no_branch_has_the_number_of_nobodys_shops(desk):
    with open_session(desk.engine) as session:
        assert scope.NO_SHOP not in {branch.id for branch in branches.all_branches(session)}
        assert branches.overview(session)[["name", "shops", "people"]].to_numpy().tolist() == [
            ["Head office", 1, 2], ["North", 1, 2],
        ]  # fmt: skip


def test_a_shop_that_moved_to_another_branch_is_nowhere_on_the_lists_of_the_one_before(engine):
    desk = BranchDesk(engine)
    desk.disburse()
    own = engine_for(engine, desk.own)
    with open_session(own) as session:
        assert len(loan_lists.loan_rows(session, today=AS_OF)) == 1
        assert len(collecting.work(session, today=later(40), now=NOW, currency="CNY").rows) == 1
    with open_session(engine, write=True) as session:
        branches.move_shop(session, desk.shop_id, desk.other, person_id=None)
    with open_session(own) as session:
        assert len(loan_lists.loan_rows(session, today=AS_OF)) == 0
        assert len(collecting.work(session, today=later(40), now=NOW, currency="CNY").rows) == 0
