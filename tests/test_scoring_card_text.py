"""The text of a card: forms, hashes, calibration, and what is refused by name."""

import json

import pytest

from scoring.card import (
    EXPERT,
    BrokenTable,
    NewerForm,
    NotACard,
    WrongHash,
    card_file_text,
    load_expert,
    read_card,
)
from tests import cards

SIZE = cards.numeric("size", [1.0, 2.0], [-5, 0, 5], sign=1)
TRADE = cards.textual("trade", {"tea": 3, "shoes": -2})
CARD = cards.card(SIZE, TRADE)


def text(**more):
    return json.dumps(cards.content(SIZE, **more))


def test_a_card_written_to_a_file_reads_back_as_itself():
    written = card_file_text(CARD)
    assert json.loads(written)["hash"] == CARD.hash
    assert read_card(written) == CARD
    assert read_card(written, CARD.hash).hash == CARD.hash


def test_a_card_of_form_1_reads_and_keeps_its_hash():
    expert = read_card(EXPERT.read_text(encoding="utf-8"), load_expert().hash)
    assert json.loads(expert.body)["form"] == 1
    assert all(each.missing_seen and each.categories is None for each in expert.features)


def test_a_card_that_was_changed_by_hand_is_refused():
    changed = json.loads(card_file_text(CARD))
    changed["features"][0]["points"][0] = -6
    with pytest.raises(WrongHash, match="was changed"):
        read_card(json.dumps(changed))


def test_another_card_than_the_expected_one_is_refused():
    with pytest.raises(WrongHash, match="another card"):
        read_card(CARD.body, load_expert().hash)


def test_a_card_of_a_newer_version_says_so():
    with pytest.raises(NewerForm, match="newer version of Loam"):
        read_card(text(form=3))


@pytest.mark.parametrize(
    "said",
    [
        "",
        "[]",
        "{}",
        "null",
        '{"form": "2"}',
        '{"form": true}',
        '{"form": 0}',
        '{"form": 2, "form": 2}',
        text().replace("300", "NaN", 1),
        text().replace("300", "Infinity", 1),
        text().replace("300", "1e999", 1),
        text().replace("300", "1" + "0" * 301, 1),
        "[" * 100_000,
    ],
    ids=lambda said: said[:20],
)
def test_what_is_no_card_is_refused_by_name(said):
    with pytest.raises(NotACard):
        read_card(said)


@pytest.mark.parametrize(
    "broken",
    [
        text(features=[SIZE, SIZE]),
        text(features=[{**SIZE, "name": "points"}]),
        text(features=[{**SIZE, "name": 3}]),
        text(features=[{**SIZE, "sign": 2}]),
        text(features=[{**SIZE, "sign": -1}]),
        text(features=[{**SIZE, "edges": [1.0, 1.0]}]),
        text(features=[{**SIZE, "edges": ["1", "2"]}]),
        text(features=[{**SIZE, "points": [0, 1, True]}]),
        text(features=[{**SIZE, "points": [0, 1, 10**9]}]),
        text(features=[{**SIZE, "missing": {}}]),
        text(features=[{**SIZE, "missing_seen": 1}]),
        text(features=[{**TRADE, "categories": {"tea": 1.5}}]),
        text(features=[{**TRADE, "categories": ["tea"]}]),
        text(features=["size"]),
        text(features=None),
        text(base={"soundness": 300}),
        text(base={"soundness": 300, "reputation": 300, "luck": 1}),
        text(base={"soundness": 300.5, "reputation": 300}),
        text(scale={"points": 600, "odds": 0, "double_points": 20}),
        text(grades=[]),
        text(grades=[{"grade": "A", "least_points": 0}, {"grade": "B", "least_points": 0}]),
        text(calibration={"assumed": True}),
        text(calibration={"a": 0, "b": 0}),
        text(calibration={"a": 0, "b": -1}),
        text(calibration={"a": "0", "b": 1}),
        text(calibration=None),
    ],
)
def test_a_table_that_does_not_hold_together_is_refused_by_name(broken):
    with pytest.raises(BrokenTable):
        read_card(broken)


@pytest.mark.parametrize(("points", "ppm"), [(580, 62_500), (600, 32_258), (620, 16_393), (640, 8_264)])
def test_a_plain_calibration_gives_the_probability_of_the_scale(points, ppm):
    assert CARD.probability_ppm(points) == ppm


def test_a_calibration_moves_and_stretches_the_log_odds():
    # At 600 points the scale's odds are 30, at 620 they are 60. With b = 0.5 they become their roots, and with
    # a = ln 2 they double: 2 * sqrt(30) = 10.954451, so 1 / 11.954451 = 0.083651; 2 * sqrt(60) gives 0.060636.
    card = cards.card(SIZE, calibration={"assumed": False, "a": 0.6931471805599453, "b": 0.5})
    assert (card.probability_ppm(600), card.probability_ppm(620)) == (83_651, 60_636)


@pytest.mark.parametrize("points", [-2_000_000, 2_000_000])
@pytest.mark.parametrize("b", [1, 5.0])
def test_points_far_off_the_scale_are_as_good_as_certain(points, b):
    card = cards.card(SIZE, calibration={"assumed": False, "a": 0, "b": b})
    assert card.probability_ppm(points) == (0 if points > 0 else 1_000_000)
