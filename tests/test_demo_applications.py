"""Who asks in the demo, what the desk answered before, and how far the card sees the hidden health."""

from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from pandas.tseries.offsets import MonthBegin

from demo import loans, seasons
from demo.applications import LEAST_AMOUNT, MOST_AMOUNT, PROMISED_DAYS, applications_of
from demo.decisions import answer, past, referral
from demo.shops import SEED
from demo.stories import all_shops
from lending import policy
from lending.authority import is_override
from lending.offer import assess
from lending.reasons import REASONS
from lending.stress import sales_base
from scoring.card import load_expert
from scoring.shops import score_events
from tests import made_up
from tests.made_up import AS_OF, SHOPS

POLICY = policy.load(policy.FIRST_POLICY.read_text(encoding="utf-8"))
TODAY = datetime.combine(AS_OF, datetime.min.time())
# A loan of a year to a shop of usual health fails in one case of eighteen, and of health two below in every second.
DEFAULT_ODDS, PER_HEALTH = -2.9, -1.6
SCORED_EVERY_DAYS = 30


@pytest.fixture(scope="module")
def applications():
    shops = list(made_up.market().shops.values())
    asked = applications_of(shops, seed=SEED, as_of=AS_OF)
    return loans.asking(loans.history(shops, asked, seed=SEED, as_of=AS_OF), asked, as_of=AS_OF)


@pytest.fixture(scope="module")
def waiting(applications):
    return [each for each in applications if each.decided_days_ago is None]


@pytest.fixture(scope="module")
def decided(applications):
    return {each.ref: each for each in applications if each.decided_days_ago is not None}


@pytest.fixture(scope="module")
def scores():
    """The score of each shop as of today, by number."""
    made = made_up.market()
    return {
        each.shop_id: each.result
        for each in score_events(made_up.events(made, made.shops), as_of=AS_OF, card=load_expert())
    }


@pytest.fixture(scope="module")
def sales():
    """Net sales: a row per day, a column per shop; missing before its first sale."""
    orders = made_up.market().orders
    kept = orders[orders["status"] != "cancelled"]
    days = seasons.window(AS_OF)
    sold = _daily(kept, "placed_at", "gross_minor").reindex(days, fill_value=0)
    back = _daily(kept[kept["refunded_minor"] > 0], "refunded_at", "refunded_minor").reindex(days, fill_value=0)
    net = sold.sub(back.reindex(columns=sold.columns, fill_value=0))
    return net.where(sold.cumsum() > 0)


def _daily(orders, moment, amount):
    day = orders[moment].to_numpy().astype("datetime64[D]").astype("datetime64[s]")
    return orders.groupby([day, "shop"])[amount].sum().unstack(fill_value=0)


def months_before(net, as_of):
    """A row per month before a day: its net sales, and whether it is on record whole."""
    known = net[: pd.Timestamp(as_of) - pd.Timedelta(days=1)].dropna()
    month = known.index.to_period("M").to_timestamp()
    sums = known.groupby(month).sum().rename_axis("month").reset_index(name="net_minor")
    sums["complete"] = (sums["month"] >= known.index.min()) & (sums["month"] + MonthBegin() <= pd.Timestamp(as_of))
    return sums


def offer_to(application, result, sales, *, as_of):
    """What the policy offered on an application, and the median month under it."""
    base = sales_base(
        months_before(sales[application.shop.number], as_of), as_of=as_of, term_months=application.term_months
    )
    offer = assess(
        POLICY,
        grade=result.grade,
        default_probability_ppm=result.default_probability_ppm,
        sales=base,
        asked_minor=application.amount * 100,
        term_months=application.term_months,
    )
    return offer, base.median_minor


# --- Who asks -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("shops", "waiting", "decided"), [(12, 4, 5), (60, 20, 45), (600, 81, 450), (1_200, 150, 900)])
def test_how_many_ask_and_have_asked_goes_with_the_number_of_shops(shops, waiting, decided):
    asked = applications_of(all_shops(shops, seed=SEED, as_of=AS_OF), seed=SEED, as_of=AS_OF)
    assert sum(each.decided_days_ago is None for each in asked) == waiting
    assert decided <= sum(each.decided_days_ago is not None for each in asked) <= decided + 4
    assert [each.ref for each in asked] == [f"A-{number:04d}" for number in range(1, len(asked) + 1)]


def test_most_who_wait_are_due_within_days_a_few_today_and_a_few_are_overdue(waiting):
    assert len({each.shop.ref for each in waiting}) == len(waiting)
    due = [each.submitted_at + timedelta(days=PROMISED_DAYS) for each in waiting]
    overdue = sum(moment < TODAY for moment in due)
    today = sum(TODAY <= moment < TODAY + timedelta(days=1) for moment in due)
    assert 2 <= overdue <= 6
    assert 8 <= today <= 25
    assert max(due) < TODAY + timedelta(days=PROMISED_DAYS)
    assert all(each.submitted_at < TODAY for each in waiting)


def test_a_few_who_wait_have_not_consented_but_the_stories_have(waiting):
    assert 2 <= sum(not each.consented for each in waiting) <= 6
    assert {each.shop.number for each in waiting if each.consented} >= {1, 2, 3}


@pytest.fixture(scope="module")
def offers(waiting, scores, sales):
    """What the policy offers to each who waits, and his median month."""
    return [offer_to(each, scores[each.shop.number], sales, as_of=AS_OF) for each in waiting]


def test_what_is_asked_is_a_believable_share_of_what_is_sold(waiting, offers, sales):
    of_months = [offer.asked_minor / median for offer, median in offers if median]
    assert np.median(of_months) == pytest.approx(1.2, abs=0.15)
    last_year = sales[pd.Timestamp(AS_OF) - pd.Timedelta(days=365) :].sum()
    of_years = [each.amount * 100 / last_year[each.shop.number] for each in waiting]
    assert 0.08 < np.median(of_years) < 0.18
    amounts = [each.amount for each in waiting]
    assert LEAST_AMOUNT <= min(amounts) < max(amounts) <= MOST_AMOUNT
    assert sum(amount > 50_000 for amount in amounts) > 5


def test_those_who_wait_are_of_all_grades_and_get_all_answers(waiting, scores, offers):
    grades = pd.Series([scores[each.shop.number].grade for each in waiting]).value_counts(normalize=True)
    assert set(grades.index) == {"A", "B", "C", "D", "E"}
    assert grades.max() < 0.45
    assert grades["D"] + grades["E"] > 0.08
    recommended = pd.Series([offer.recommended for offer, _ in offers]).value_counts()
    assert recommended.min() >= 5
    assert set(recommended.index) == {"approve", "approve_less", "decline", "refer"}


def test_no_shop_applies_before_it_has_sold_for_two_months_or_after_it_has_closed(applications):
    for each in applications:
        assert (each.submitted_at.date() - each.shop.opened_on).days > 60
        assert each.shop.closed_on is None or each.submitted_at.date() < each.shop.closed_on
    assert any(each.shop.closed_on for each in applications)


# --- What was decided ---------------------------------------------------------------------------------------------


def test_past_decisions_answer_the_earlier_applications(decided):
    decisions = past(shops=SHOPS, as_of=AS_OF)
    assert {each.application_ref for each in decisions} == set(decided)
    assert [each.days_ago for each in decisions] == sorted((each.days_ago for each in decisions), reverse=True)
    for each in decisions:
        application = decided[each.application_ref]
        decided_on = AS_OF - timedelta(days=each.days_ago)
        assert timedelta(0) < decided_on - application.submitted_at.date() <= timedelta(days=6)
        assert set(each.reasons) <= set(REASONS)
        assert (each.amount_minor is None) == (each.outcome == "decline")
        assert bool(each.reasons) == (each.outcome != "approve")
        if each.outcome == "approve_less":
            assert 0 < each.amount_minor < each.asked_minor
    assert {each.officer for each in decisions} == {0, 1}


def test_decisions_are_spread_over_the_last_twelve_months(decided):
    months = np.array([each.decided_days_ago for each in decided.values()]) // 30
    counts = np.bincount(months, minlength=12)
    assert len(counts) == 12
    assert counts.min() > 0.5 * len(decided) / 12


@pytest.fixture(scope="module")
def answers(decided, sales):
    """What the desk answers to every second earlier application, scored at the beginning of its thirty days."""
    made, told = made_up.market(), {each.application_ref: each for each in past(shops=SHOPS, as_of=AS_OF)}
    every_second, rows = list(decided.values())[::2], []
    for period in range(12):
        of_period = [each for each in every_second if each.decided_days_ago // SCORED_EVERY_DAYS == period]
        day = AS_OF - timedelta(days=(period + 1) * SCORED_EVERY_DAYS - SCORED_EVERY_DAYS // 2)
        scored = score_events(
            made_up.events(made, {each.shop.number for each in of_period}), as_of=day, card=load_expert()
        )
        results = {each.shop_id: each.result for each in scored}
        for each in of_period:
            decided_on = AS_OF - timedelta(days=each.decided_days_ago)
            rows.append(_answered(each, told[each.ref], results[each.shop.number], sales, decided_on))
    return pd.DataFrame(rows)


def _answered(application, told, result, sales, decided_on):
    offer, _ = offer_to(application, result, sales, as_of=decided_on)
    given = answer(told, offer, POLICY, score_reasons=())
    against = is_override(
        POLICY, outcome=given.outcome, amount_minor=given.amount_minor, grade=offer.grade,
        limit_minor=offer.limit_minor, flags=offer.flags,
    )  # fmt: skip
    return {
        "outcome": given.outcome,
        "override": against,
        "referred": referral(told, offer) is not None,
        "room": bool(offer.limit_minor) and not offer.flags,
        "health": application.shop.health,
    }


def test_the_desk_decides_in_the_shares_of_its_trade(answers):
    shares = answers["outcome"].value_counts(normalize=True)
    assert 0.45 < shares["approve"] < 0.60
    assert shares["approve_less"] == pytest.approx(0.15, abs=0.05)
    assert 0.25 < shares["decline"] < 0.35
    assert 0.04 < answers["override"].mean() < 0.08
    assert 0.02 < answers["referred"].mean() < 0.12


def test_nothing_was_lent_where_the_policy_leaves_no_room(answers):
    assert (answers.loc[~answers["room"], "outcome"] == "decline").all()


def test_officers_see_the_health_of_a_shop_dimly(answers):
    health = answers.groupby("outcome")["health"].mean()
    assert health["approve"] > health["decline"] + 0.2


# --- How far the card sees ----------------------------------------------------------------------------------------


def test_the_card_tells_bad_loans_from_good_about_as_well_as_real_cards_do(scores):
    shops = [shop for shop in made_up.market().shops.values() if shop.closed_on is None]
    points = pd.Series([scores[shop.number].points for shop in shops])
    chance = 1 / (1 + np.exp(-(DEFAULT_ODDS + PER_HEALTH * np.array([shop.health for shop in shops]))))
    rng = np.random.default_rng(1)
    drawn = [_area_under_the_curve(points.rank(), rng.random(len(shops)) < chance) for _ in range(40)]
    assert 0.70 < np.mean(drawn) < 0.78
    assert 0.03 < chance.mean() < 0.12


def test_within_a_band_of_size_the_card_still_orders_the_bad_below_the_good(scores):
    shops = [shop for shop in made_up.market().shops.values() if shop.closed_on is None]
    size = pd.Series([_value(scores[shop.number], "median_month_minor") for shop in shops])
    points = pd.Series([scores[shop.number].points for shop in shops])
    chance = 1 / (1 + np.exp(-(DEFAULT_ODDS + PER_HEALTH * np.array([shop.health for shop in shops]))))
    rng = np.random.default_rng(2)
    for band in range(3):
        within = (pd.qcut(size, 3, labels=False) == band).to_numpy()
        drawn = [
            _area_under_the_curve(points[within].rank().to_numpy(), rng.random(within.sum()) < chance[within])
            for _ in range(40)
        ]
        assert np.mean(drawn) > 0.6, band


def _value(result, feature):
    return next(each.value for each in result.contributions if each.feature == feature)


def _area_under_the_curve(ranks, bad):
    """The chance that a good loan has more points than a bad one. Source: Mann and Whitney, 1947."""
    below = ranks[bad].sum() - bad.sum() * (bad.sum() + 1) / 2
    return 1 - below / (bad.sum() * (~bad).sum())
