"""What the Portfolio page shows: the figures of `portfolio --json`, and those of any part of the book."""

import numpy as np
import pandas as pd
import pytest

from lending.book_figures import portfolio_figures, stock
from lending.book_loans import loan_rows
from lending.book_panel import panel_of
from lending.book_picks import known_picks, mask_of, months_of
from lending.book_rows import Tape, rows_as_of
from lending.book_traits import funding_of, traits_of
from lending.book_view import view_of
from lending.expected_loss import loss_parameters
from lending.loan_book import day_of
from tests.loan_tapes import random_tape

PARAMETERS = loss_parameters()
AS_OF = day_of(450)


@pytest.fixture(scope="module")
def tape():
    tape = random_tape(seed=31, count=400)
    rng = np.random.default_rng(31)
    count = len(tape.book)
    facts = tape.facts.assign(
        rural=rng.integers(-1, 2, count),
        marketplace=rng.choice(["North", "South"], count),
        loan_ref=[f"L{number}" for number in tape.book.loan_id],
        own_share=np.where(rng.random(count) < 0.3, 0.3, 1.0),
    )
    return Tape(tape.book, facts, *(getattr(tape, name) for name in Tape.__slots__[2:]))


@pytest.fixture(scope="module")
def panel(tape):
    shared = np.flatnonzero(tape.facts["own_share"] < 1)
    funding = pd.DataFrame(
        {"loan_id": tape.book.loan_id[shared], "share_ppm": 700_000, "funder_ref": "Partner Bank One"}
    )
    table, funders = funding_of(tape.book.loan_id, funding, tape.facts["own_share"].to_numpy())
    traits = traits_of(tape.facts, tape.book.principal_minor, grades={1: "A", 2: "B"}, minor_units=100)
    return panel_of(
        tape, currency="CNY", as_of=AS_OF, parameters=PARAMETERS, funding=table,
        traits={**traits, "funder": (np.zeros(len(tape.book), dtype=np.int64), funders)},
    )  # fmt: skip


@pytest.fixture(scope="module")
def figures(tape):
    return portfolio_figures(tape, as_of=AS_OF, parameters=PARAMETERS)


def test_the_page_tells_the_figures_of_the_command(panel, figures):
    view = view_of(panel, (), holding="managed")
    assert (view.now.active_loans, view.now.outstanding_minor) == (
        figures["active_loans"], pytest.approx(figures["outstanding_minor"]),
    )  # fmt: skip
    for name, given in (
        ("par30", "par30"), ("par30_renegotiated", "par30_renegotiated"), ("npl", "npl"),
        ("write_off", "write_off_ratio_12m"), ("yield", "portfolio_yield_12m"), ("par30_lagged", "par30_lagged"),
    ):  # fmt: skip
        assert view.now.ratios[name].value == pytest.approx(figures[given]), name
    assert view.now.ratios["collected"].value == pytest.approx(
        figures["collected_12m_minor"] / figures["due_12m_minor"]
    )
    assert view.now.loss_minor == pytest.approx(figures["expected_credit_loss_minor"], abs=0.5)
    ageing = view.ageing.set_index("bucket")["outstanding"]
    assert {name: each["outstanding_minor"] for name, each in figures["buckets"].items()} == {
        name: pytest.approx(ageing[name]) for name in figures["buckets"]
    }


def test_the_vintages_of_the_page_are_those_of_the_command(panel, figures):
    told = view_of(panel, (), holding="managed").cohorts
    for name, shares in figures["vintages"].items():
        row = months_of(name)[0] - told.first
        assert (told.gone_bad[row, : len(shares)] / told.originated[row]).tolist() == pytest.approx(shares), name
    par = view_of(panel, (), holding="managed").over_time
    assert par["par30"].iloc[-1] == pytest.approx(figures["par30"])


@pytest.mark.parametrize("pick", [{"category": "tea"}, {"region": "Hunan"}, {"bucket": "31-60"}, {"stage": "2"}])
def test_what_is_picked_has_the_figures_of_its_own_rows(tape, panel, pick):
    picks = known_picks(panel, pick)
    view = view_of(panel, picks, holding="managed")
    rows = rows_as_of(tape, as_of=AS_OF, parameters=PARAMETERS)
    mask = mask_of(panel, picks)[rows["place"].to_numpy()]
    told = stock(rows[mask])
    assert view.now.active_loans == told["active_loans"]
    assert view.now.outstanding_minor == pytest.approx(told["outstanding_minor"])
    assert view.now.ratios["par30"].value == (told["par30"] and pytest.approx(told["par30"]))
    assert view.loans == int(mask_of(panel, picks).sum())


def test_the_own_book_counts_the_share_that_is_our_own_money(tape, panel):
    managed, own = (view_of(panel, (), holding=holding) for holding in ("managed", "own"))
    rows = rows_as_of(tape, as_of=AS_OF, parameters=PARAMETERS)
    by_hand = float((rows["outstanding_minor"] * rows["own_share"]).sum())
    assert own.now.outstanding_minor == pytest.approx(by_hand)
    assert own.now.outstanding_minor < managed.now.outstanding_minor


def test_parts_add_up_to_the_book(panel):
    view = view_of(panel, (), holding="managed")
    for name in ("category", "region", "rural", "size", "owner", "marketplace", "funder"):
        assert view.parts[name]["outstanding"].sum() == pytest.approx(view.now.outstanding_minor), name
    assert view.stages["outstanding"].sum() == pytest.approx(view.now.outstanding_minor)


def test_a_pick_that_means_nothing_is_left_out(panel):
    wanted = {"category": "=1+1", "stage": "9", "roll": "x~y", "origin": "2025-13", "week": "soon", "sort": "x"}
    assert known_picks(panel, wanted) == ()
    assert months_of("1970-Q1") == (0, 3)


def test_a_chart_shows_all_groups_whichever_is_picked(panel):
    view = view_of(panel, (("category", "tea"),), holding="managed")
    assert len(view.parts["category"]) == 3
    assert view.parts["category"].set_index("group")["picked"].to_dict() == {
        name: name == "tea" for name in ("tea", "toys", "tools")
    }


def test_the_list_begins_with_the_worst(panel):
    view = view_of(panel, (), holding="managed")
    rows = loan_rows(panel, view.order)
    active = rows[rows["state"] == "active"]
    assert active["past_due"].tolist() == sorted(active["past_due"], reverse=True)
    assert len(rows) == view.loans == len(set(rows["loan_ref"]))


def test_a_range_holds_its_figure_and_few_borrowers_have_none(panel):
    told = view_of(panel, (), holding="managed").now.ratios["par30"]
    assert told.interval[0] <= told.value <= told.interval[1]
