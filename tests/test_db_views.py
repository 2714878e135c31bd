"""Kept views on both databases: each person has their own, under names that say something."""

import pytest

from db import people, views
from db.engine import open_session
from lending.errors import NotAllowed, ViewRefused


@pytest.fixture
def desk(engine):
    with open_session(engine, write=True) as session:
        people.seed_demo_people(session)
    with open_session(engine) as session:
        engine.numbers = {each.handle: each.id for each in people.demo_people(session)}
    return engine


def save(desk, name, query="grade=A", *, who="officer", page="queue"):
    with open_session(desk, write=True) as session:
        return views.save(session, person_id=desk.numbers[who], page=page, name=name, query=query)


def kept(desk, *, who="officer", page="queue"):
    with open_session(desk) as session:
        return [(view.name, view.query) for view in views.of_person(session, desk.numbers[who], page)]


def test_views_are_kept_by_person_and_page_in_alphabetical_order(desk):
    save(desk, "tea")
    save(desk, "Big ones", "order=amount")
    save(desk, "Other page", page="shops")
    save(desk, "Not mine", who="second")
    assert kept(desk) == [("Big ones", "order=amount"), ("tea", "grade=A")]
    assert kept(desk, page="shops") == [("Other page", "grade=A")]


def test_a_view_of_the_same_name_is_replaced(desk):
    assert save(desk, "Mine") == save(desk, "  Mine ", "holder=mine")
    assert kept(desk) == [("Mine", "holder=mine")]


@pytest.mark.parametrize(
    ("name", "because"), [("", "name_missing"), (" \t\n", "name_missing"), ("x" * 41, "name_long")]
)
def test_a_name_that_says_nothing_or_too_much_is_refused(desk, name, because):
    with pytest.raises(ViewRefused) as refused:
        save(desk, name)
    assert refused.value.because == because
    assert kept(desk) == []


def test_a_person_keeps_no_more_views_than_a_menu_can_show(desk):
    for number in range(views.MOST_VIEWS):
        save(desk, f"View {number}")
    with pytest.raises(ViewRefused) as refused:
        save(desk, "One more")
    assert (refused.value.because, refused.value.most) == ("too_many", views.MOST_VIEWS)
    save(desk, "View 3", "grade=B")
    assert len(kept(desk)) == views.MOST_VIEWS


def test_a_view_is_renamed_but_not_to_the_name_of_another(desk):
    number, _ = save(desk, "First"), save(desk, "Second")
    with open_session(desk, write=True) as session:
        views.rename(session, number, person_id=desk.numbers["officer"], page="queue", name="Third")
    assert [name for name, _ in kept(desk)] == ["Second", "Third"]
    with pytest.raises(ViewRefused), open_session(desk, write=True) as session:
        views.rename(session, number, person_id=desk.numbers["officer"], page="queue", name="Second")


def test_what_was_deleted_can_be_kept_again(desk):
    number = save(desk, "First")
    with open_session(desk, write=True) as session:
        gone = views.delete(session, number, person_id=desk.numbers["officer"])
    assert kept(desk) == []
    save(desk, gone.name, gone.query)
    assert kept(desk) == [("First", "grade=A")]


def test_nobody_touches_the_view_of_another(desk):
    number = save(desk, "First")
    second = desk.numbers["second"]
    with open_session(desk, write=True) as session:
        assert views.delete(session, number, person_id=second) is None
        views.rename(session, number, person_id=second, page="queue", name="Taken")
    assert kept(desk) == [("First", "grade=A")]


def test_a_page_that_is_not_open_to_a_role_has_no_views_for_it(desk):
    with pytest.raises(NotAllowed):
        save(desk, "Mine", who="administrator")
    save(desk, "Mine", who="auditor")
