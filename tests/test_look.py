"""The look, checked by number from the theme itself: contrast, and what people without some cone still tell apart."""

import tomllib
from pathlib import Path

import pytest
from streamlit.elements.lib import streamlit_plotly_theme as streamlit_slots

from components import figure, wording
from tests.colour import SIGHTS, closest, contrast, distance, lab, mixed

ROOT = Path(__file__).resolve().parents[1]
CONFIG = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
HUES = ("red", "orange", "yellow", "green", "blue", "violet", "gray")
ROLES = ("subject", "comparison", "band", "good", "warn", "bad", "blue", "ochre", "muted", "strong")

MODES = pytest.mark.parametrize("mode", ["light", "dark"])
SIGHT = pytest.mark.parametrize("sight", SIGHTS)


def theme(mode):
    return CONFIG["theme"][mode]


def roles(mode):
    return dict(zip(ROLES, theme(mode)["chartCategoricalColors"], strict=True))


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
        ((50, 2.5, 0), (50, 0, -2.5), 4.3065),
        ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    ],
)
def test_distances_are_those_that_sharma_and_others_published(one, other, expected):
    assert distance(one, other) == pytest.approx(expected, abs=5e-5)


@MODES
def test_text_is_readable_on_the_page_and_on_the_second_ground(mode):
    page, second = theme(mode)["backgroundColor"], theme(mode)["secondaryBackgroundColor"]
    texts = [theme(mode)[name] for name in ("textColor", "linkColor", "dataframeHeaderTextColor")]
    for text in [*texts, roles(mode)["muted"], roles(mode)["strong"]]:
        assert round(contrast(text, page), 2) >= 6.3
        assert round(contrast(text, second), 2) >= 5.75
    header = theme(mode)["dataframeHeaderBackgroundColor"]
    assert round(contrast(theme(mode)["dataframeHeaderTextColor"], header), 2) >= 5.75


@MODES
@pytest.mark.parametrize("hue", HUES)
def test_coloured_text_is_readable_on_its_ground_and_its_mark_on_the_page(mode, hue):
    colours = theme(mode)
    assert contrast(colours[f"{hue}TextColor"], colours[f"{hue}BackgroundColor"]) >= 6.6
    assert contrast(colours[f"{hue}Color"], colours["backgroundColor"]) >= 3.3


@MODES
def test_every_mark_but_the_band_stands_out_from_the_page(mode):
    page = theme(mode)["backgroundColor"]
    assert all(contrast(colour, page) >= 3.3 for role, colour in roles(mode).items() if role != "band")


@MODES
def test_captions_which_are_text_at_sixty_percent_are_readable(mode):
    page = theme(mode)["backgroundColor"]
    assert contrast(mixed(theme(mode)["textColor"], page, 0.6), page) >= 4.5


@MODES
def test_white_is_readable_on_the_primary_button(mode):
    assert contrast("#FFFFFF", theme(mode)["primaryColor"]) >= 4.5


@MODES
@SIGHT
def test_good_warn_and_bad_differ_for_every_kind_of_sight(mode, sight):
    three = [roles(mode)[role] for role in ("good", "warn", "bad")]
    assert round(closest(three, sight), 1) >= {"light": 20.6, "dark": 14.5}[mode]


@MODES
@SIGHT
def test_more_is_always_further_from_the_page_for_every_kind_of_sight(mode, sight):
    lightness = [lab(colour, sight)[0] for colour in theme(mode)["chartSequentialColors"]]
    assert len(lightness) == 10
    assert lightness == sorted(lightness, reverse=mode == "light")


@MODES
@SIGHT
def test_both_arms_of_the_diverging_ramp_are_monotone_for_every_kind_of_sight(mode, sight):
    lightness = [lab(colour, sight)[0] for colour in theme(mode)["chartDivergingColors"]]
    assert len(lightness) == 10
    assert lightness[:5] == sorted(lightness[:5], reverse=mode == "dark")
    assert lightness[5:] == sorted(lightness[5:], reverse=mode == "light")


@SIGHT
def test_grade_chips_are_readable_and_differ_for_every_kind_of_sight(sight):
    chips = list(wording.GRADE_CHIPS.values())
    assert all(round(contrast("#FFFFFF", chip), 2) >= 4.87 for chip in chips)
    assert round(closest(chips, sight), 1) >= 9


@MODES
def test_chart_roles_are_the_same_colours_as_the_words(mode):
    assert roles(mode)["subject"] == theme(mode)["linkColor"]
    assert roles(mode)["good"] == theme(mode)["greenColor"]
    assert roles(mode)["warn"] == theme(mode)["orangeColor"]
    assert roles(mode)["bad"] == theme(mode)["redColor"]
    assert roles(mode)["muted"] == theme(mode)["grayColor"]


def test_chart_slots_are_those_that_streamlit_replaces():
    named = (
        figure.SUBJECT, figure.COMPARISON, figure.GRID, figure.GOOD, figure.WARN, figure.BAD, figure.BLUE,
        figure.OCHRE, figure.MUTED_TEXT, figure.TEXT,
    )  # fmt: skip
    assert named == tuple(getattr(streamlit_slots, f"CATEGORY_{place}") for place in range(10))
    assert tuple(getattr(streamlit_slots, f"SEQUENTIAL_{place}") for place in range(10)) == figure.SEQUENTIAL
    assert streamlit_slots.BG_COLOR == figure.PAGE


def test_both_modes_set_the_same_options():
    assert theme("light").keys() == theme("dark").keys()


def test_the_desk_serves_this_machine_only_and_asks_nobody_else():
    assert CONFIG["server"]["address"] == "127.0.0.1"
    assert CONFIG["server"]["enableStaticServing"] is False
    assert CONFIG["server"]["enableAgentApi"] is False
    assert CONFIG["browser"]["gatherUsageStats"] is False
    assert CONFIG["client"]["showErrorDetails"] == "none"
    assert "fontFaces" not in CONFIG["theme"]
    assert "http" not in (ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["logo.svg", "icon.svg"])
def test_the_images_ask_for_nothing_and_stand_out_from_both_pages(name):
    drawing = (ROOT / "components" / "images" / name).read_text(encoding="utf-8")
    assert drawing.count("http") == 1  # the name of the SVG language
    assert not any(tag in drawing for tag in ("<script", "<image", "<text", "href"))
    colours = {drawing[at : at + 7] for at in range(len(drawing)) if drawing[at] == "#"}
    for mode in ("light", "dark"):
        assert all(contrast(colour, theme(mode)["backgroundColor"]) >= 3 for colour in colours)
