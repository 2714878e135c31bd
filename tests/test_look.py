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


# The colours that were looked at and measured. Whoever changes one changes it here, too, and looks at every page again.
CHOSEN = {
    "light": {
        "primary": "#1F5C4D", "page": "#FFFFFF", "second": "#F6F4EE", "text": "#191713", "border": "#DDD7CB",
        "roles": "#1F5C4D #8C857A #E9E3D5 #00786C #CC7A00 #A8240F #3E86C6 #B0802A #655F55 #191713",
        "sequential": "#F3EEDF #D9E2CC #BFD6B9 #9CC2A6 #74AB95 #51907D #357261 #1D5749 #144238 #0C2E28",
        "diverging": "#7A1E10 #B34B2C #DA8760 #EFC3A2 #F4EFE4 #EDF0EC #B1CED4 #6FA2B6 #32718F #123F5E",
    },
    "dark": {
        "primary": "#2E846F", "page": "#171613", "second": "#23211D", "text": "#EDE9E1", "border": "#3D3932",
        "roles": "#8AD6BD #8F887C #35312A #43BFAE #F2B84B #E5664C #5E9BD8 #E3C46A #ACA497 #EDE9E1",
        "sequential": "#26302A #2B433A #2E564A #396F5F #478C77 #62A88F #89C4A7 #AFDCBD #D1E8CC #F2F3DC",
        "diverging": "#FFB59E #E57D60 #B2573F #764031 #3A322C #2C3336 #345568 #487E9C #73ADCD #B5DDF5",
    },
}  # fmt: skip
# Mark, ground and text of each hue.
CHOSEN_HUES = {
    "light": {
        "red": "#A8240F #FBE9E4 #8F1F0D", "orange": "#CC7A00 #FDF1DC #7A4700", "yellow": "#B0802A #F7F0DA #66490C",
        "green": "#00786C #E0F1EC #005B52", "blue": "#3E86C6 #E6F0F9 #1F5688", "violet": "#7B3F72 #F4E9F2 #67305E",
        "gray": "#655F55 #EFECE4 #544F46",
    },
    "dark": {
        "red": "#E5664C #43201A #FFB3A1", "orange": "#F2B84B #3D2E12 #F7CE82", "yellow": "#E3C46A #38311A #EBD593",
        "green": "#43BFAE #12352F #83DACC", "blue": "#5E9BD8 #1B2E42 #A9CDF0", "violet": "#E2B3DD #3B2839 #E9C6E5",
        "gray": "#ACA497 #2E2B26 #C4BDB0",
    },
}  # fmt: skip


@MODES
def test_the_theme_has_the_colours_that_were_chosen(mode):
    colours, chosen = theme(mode), CHOSEN[mode]
    single = {
        "primary": "primaryColor", "page": "backgroundColor", "second": "secondaryBackgroundColor",
        "text": "textColor", "border": "borderColor",
    }  # fmt: skip
    assert {name: colours[option] for name, option in single.items()} == {name: chosen[name] for name in single}
    for name, option in (("roles", "Categorical"), ("sequential", "Sequential"), ("diverging", "Diverging")):
        assert colours[f"chart{option}Colors"] == chosen[name].split()
    hues = {
        hue: " ".join(colours[f"{hue}{part}"] for part in ("Color", "BackgroundColor", "TextColor")) for hue in HUES
    }
    assert hues == CHOSEN_HUES[mode]
    assert colours["dataframeBorderColor"] == chosen["border"]
    assert colours["dataframeHeaderBackgroundColor"] == chosen["second"]


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
    assert round(contrast(mixed(theme(mode)["textColor"], page, 0.6), page), 2) >= 4.67


@MODES
def test_lines_and_words_stand_out_from_the_band_as_well(mode):
    band = roles(mode)["band"]
    assert all(contrast(roles(mode)[role], band) >= 4.5 for role in ("subject", "muted", "strong"))


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
