"""The documents say what the code does: nothing of it is missing in them, and no link leads nowhere."""

import ast
import json
import re
from pathlib import Path

import pytest
import typer

import import_commands
import loam
from components import factor_words, offer_words, wording
from db.people import DEMO_PEOPLE, PAGES_OF_ROLE
from demo.applications import applications_of
from demo.shops import BUSINESS_DATE
from demo.stories import STORIES, all_shops
from ingest import folder
from lending import policy
from lending.offer import assess
from lending.records import RECORD_KINDS
from lending.stress import SalesBase
from scoring import bought_signs, features, suspects
from scoring.card import load_expert
from settings import Settings
from tests.test_house import ROOMS

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
DOCUMENTS = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
COMMANDS = typer.main.get_command(loam.app).commands


def words_of(*names):
    return "\n".join((ROOT / name).read_text(encoding="utf-8") for name in names)


README = words_of("README.md")
GLOSSARY = words_of("docs/GLOSSARY.md")
IMPORTING = words_of("docs/importing.md")
SCORING = words_of("docs/scoring.md")
POLICY = words_of("docs/lending-policy.md")
SCREENS = words_of("docs/screens.md")


def section(text, heading):
    """What stands under a heading, up to the next one of its level or above."""
    level = heading.split()[0]
    after = text.split(f"\n{heading}\n", 1)[1]
    return re.split(rf"\n#{{1,{len(level)}}} ", after)[0]


def rows(text):
    """The cells of all table rows of a text."""
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]


def row_of(text, name):
    """The one row whose first cell is this name as code."""
    (found,) = [cells for cells in rows(text) if cells[0] == f"`{name}`"]
    return found


def points(value):
    return f"{value:g}".replace("-", "−")


@pytest.mark.parametrize("name", COMMANDS)
def test_the_readme_names_each_command(name):
    assert row_of(section(README, "## Commands"), name)


@pytest.mark.parametrize(
    ("command", "flag"),
    [
        (name, flag)
        for name, command in COMMANDS.items()
        for parameter in command.params
        if parameter.param_type_name == "option"
        for flag in (*parameter.opts, *parameter.secondary_opts)
        if flag != "--help"
    ],
)
def test_the_readme_names_each_flag(command, flag):
    assert re.search(rf"{flag}\b", README), f"{command} {flag}"
    if command == "import":
        assert f"`{flag}" in IMPORTING


def test_the_exit_codes_of_an_import_are_told():
    told = {cells[1]: cells[0] for cells in rows(section(IMPORTING, "## The command")) if cells[0].isdigit()}
    for verdict, code in import_commands.EXIT_CODES.items():
        (said,) = [number for verdicts, number in told.items() if f"`{verdict}`" in verdicts]
        assert int(said) == code
        assert f"{code} " in README.split("Exit codes:")[1].split("\n\n")[0]


@pytest.mark.parametrize("page", sorted({page for pages in PAGES_OF_ROLE.values() for page in pages}))
def test_each_screen_is_described_and_shown_to_the_roles_that_have_it(page):
    assert section(SCREENS, f"## {page.capitalize()}")
    _, *roles = rows(SCREENS)[0]
    (told,) = [cells[1:] for cells in rows(SCREENS)[2:] if page.capitalize() in cells[0].split(", ")]
    assert {role for role, cell in zip(roles, told, strict=True) if cell} == {
        role for role, pages in PAGES_OF_ROLE.items() if page in pages
    }


@pytest.mark.parametrize("name", Settings.model_fields)
def test_the_readme_tells_each_setting_in_its_own_sentence(name):
    _, default, meaning = row_of(section(README, "## Settings"), f"LOAM_{name.upper()}")
    field = Settings.model_fields[name]
    assert meaning == field.description
    assert (
        default == "none"
        or name == "database_url"
        or default == f"`{str(field.default).replace('True', 'true').replace('False', 'false')}`"
    )


@pytest.mark.parametrize("kind", RECORD_KINDS, ids=lambda kind: kind.name)
def test_each_column_of_an_import_file_is_described(kind):
    described = section(IMPORTING, f"## {kind.name}")
    for column in kind.columns:
        _, required, word, meaning = row_of(described, column.name)
        assert (required == "yes") == column.required, column.name
        assert word == column.kind, column.name
        assert all(f"`{choice}`" in meaning for choice in column.choices), column.name
    assert {cells[0] for cells in rows(described)[2:]} == {f"`{column.name}`" for column in kind.columns}
    _, required, _ = row_of(README, f"{kind.name}.csv")
    assert required == ", ".join(kind.required)


def test_the_example_can_be_imported_and_is_quoted_whole():
    source = folder.find(DOCS / "example")
    assert [file.kind for file in source.files] == list(RECORD_KINDS)
    chunks = list(folder.read(source, shops={}, default_zone="Asia/Shanghai"))
    assert [row for chunk in chunks for row in chunk.bad_rows] == []
    assert all(len(chunk.rows) for chunk in chunks)
    for file in source.files:
        assert f"```csv\n{file.path.read_text(encoding='utf-8')}```" in README + IMPORTING, file.name


@pytest.mark.parametrize("feature", features.FEATURES, ids=lambda feature: feature.name)
def test_each_feature_is_explained(feature):
    _, label, unit, _, meaning, reason = row_of(section(GLOSSARY, "## Features"), feature.name)
    shown = factor_words.factor(feature.name)
    assert label.startswith(feature.label)
    assert shown in label
    assert unit == feature.unit
    assert reason == f"`{feature.reason}`"
    assert len(meaning) > 20


@pytest.mark.parametrize("feature", load_expert().features, ids=lambda feature: feature.name)
def test_the_points_of_the_card_are_told(feature):
    _, edges, bins, missing, usual = row_of(section(SCORING, "## The card"), feature.name)
    money = feature.unit == "money"
    assert edges == "; ".join(f"{edge / 100:,.0f}" if money else points(edge) for edge in feature.edges)
    assert bins == "; ".join(points(each) for each in feature.points)
    told = [points(each) if why == "any" else f"{why} {points(each)}" for why, each in feature.missing.items()]
    assert missing == ", ".join(told)
    assert usual == points(feature.usual_points)


@pytest.mark.parametrize("kind", bought_signs.SIGNS, ids=lambda kind: kind.name)
def test_each_sign_of_bought_sales_is_explained(kind):
    assert row_of(section(SCORING, "### The flag and the signs"), kind.name)


@pytest.mark.parametrize("rule", suspects.RULES)
def test_each_rule_that_sets_an_order_aside_is_explained(rule):
    assert row_of(section(SCORING, "### What is set aside"), rule)


def test_the_grades_and_the_scale_of_the_card_are_told():
    card = load_expert()
    told = {cells[0]: cells[1:] for cells in rows(section(SCORING, "## From points to odds"))}
    for grade, least in card.grades[:-1]:
        assert told[grade] == [str(least), wording.probability(card.probability_ppm(least))]
        assert f"{grade} (" in GLOSSARY
    assert set(card.base.values()) == {306}
    assert "306 points" in SCORING
    assert (card.scale["points"], card.scale["odds"], card.scale["double_points"]) == (600, 30, 20)
    assert f"which has {card.usual_points}" in SCORING


@pytest.mark.parametrize("why", features.MISSING)
def test_each_reason_for_a_missing_value_is_told(why):
    assert row_of(section(SCORING, "## What is missing"), why)[1] == features.MISSING[why]


@pytest.mark.parametrize("code", policy.load(policy.FIRST_POLICY.read_text(encoding="utf-8")).reasons)
def test_each_reason_of_a_decision_is_explained(code):
    _, words, scored = row_of(section(GLOSSARY, "## Reasons"), code)
    assert words == wording.REASONS[code]
    card = load_expert()
    given = {feature.code for feature in card.features} | {
        each for feature in card.features for each in feature.missing_codes.values()
    }
    assert scored.startswith("yes") == (code in given)


def test_outcomes_authorities_flags_caps_and_roles_are_explained():
    for code, words in wording.OUTCOMES.items():
        assert f"{words} (`{code}`" in GLOSSARY
        assert [cells for cells in rows(POLICY) if cells[:2] == [words, f"`{code}`"]]
    for code, words in wording.AUTHORITIES.items():
        assert f"{words} (`{code}`)" in GLOSSARY
    for code, words in wording.CAPS.items():
        assert words in section(GLOSSARY, "## Offer")
        assert [cells for cells in rows(POLICY) if cells[:2] == [words, f"`{code}`"]]
    for code in ("sales_unknown", "short_history", "unusual_sales"):
        assert f"*{wording.FLAGS[code]}* (`{code}`)" in GLOSSARY
        assert f"`{code}`" in POLICY
    for code in offer_words.WHY:
        assert [cells for cells in rows(POLICY) if cells[1:2] == [f"`{code}`"]]
    for role in PAGES_OF_ROLE:
        assert f"{role} (" in GLOSSARY


def test_each_member_of_the_policy_is_named():
    body = json.loads(policy.FIRST_POLICY.read_text(encoding="utf-8"))
    members = {*body, *body["rate"], *body["authority"], *body["grades"]["A"]} - {
        "version",
        "currency",
        "grades",
        "rate",
    }
    members -= {"authority"}
    missing = [name for name in members if not name.endswith("comment") and f"`{name}`" not in POLICY]
    assert missing == []


def test_the_worked_example_of_the_policy_comes_out_as_it_says():
    example = section(POLICY, "## A worked example")
    card, rules = load_expert(), policy.load(policy.FIRST_POLICY.read_text(encoding="utf-8"))
    ppm = card.probability_ppm(625)
    sales = SalesBase(complete_months=24, median_minor=4_000_000, stressed_minor=3_200_000, lowest_minor=2_800_000)
    offer = assess(
        rules, grade=card.grade(625), default_probability_ppm=ppm, sales=sales, asked_minor=6_000_000, term_months=12
    )
    rooms = {cap.name: wording.money(cap.room_minor, "CNY") for cap in offer.caps}
    price = offer.price
    for said in (
        f"grade {offer.grade}, a default probability of {wording.probability(ppm)}",
        f"The largest loan is {rooms['product']}",
        f"= {rooms['grade_multiple']}",
        rooms["affordability"],
        f"{wording.CAPS[offer.binding_cap]} binds",
        f"the limit is {wording.money(offer.limit_minor, 'CNY')}",
        f"funding {wording.rate(price.funding_bps)}, risk {wording.rate(price.risk_bps)}, "
        f"handling {wording.rate(price.work_bps)}, margin {wording.rate(price.margin_bps)}",
        wording.rate(offer.rate_bps),
        wording.money(offer.instalment_minor, "CNY"),
    ):
        assert said in example, said
    assert (offer.recommended, offer.authority) == ("approve_less", "officer")


def page_titles():
    """The titles of the pages; the shell is a script that draws, so it is read and not imported."""
    for node in ast.parse(words_of("components/shell.py")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "TITLES":
            return ast.literal_eval(node.value)
    raise AssertionError("the shell has no titles")


@pytest.mark.parametrize("name", sorted(path.stem for path in (ROOT / "pages").glob("*.py")))
def test_each_page_is_in_the_documents(name):
    title = page_titles()[name]
    assert f"*{title}*" in README, "in the README"
    assert re.search(rf"^### .*\b{title}\b", GLOSSARY, re.MULTILINE), "with its figures in the glossary"


def test_the_people_and_the_stories_of_the_demo_are_as_told():
    for _, name, role in DEMO_PEOPLE:
        assert f"| {name} | {role} |" in README
    shops = all_shops(loam.DEMO_SHOPS, seed=loam.DEMO_SEED, as_of=BUSINESS_DATE)
    told = {each.shop.number: each for each in applications_of(shops, seed=loam.DEMO_SEED, as_of=BUSINESS_DATE)}
    for number, story in enumerate(STORIES, start=1):
        asked = told[number]
        (line,) = [line for line in README.splitlines() if line.startswith(f"- **{story.style} {story.thing}")]
        assert f"(shop S-{number:04d}, application {asked.ref})" in line
        assert wording.money(asked.amount * 100, "CNY") in README.split(line)[1].split("\n- ")[0] + line
    assert f"{loam.DEMO_SHOPS:,} made-up shops" in README


def test_each_make_command_of_the_documents_exists():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    named = set(re.findall(r"\bmake ([a-z]+)\b(?=[`\s]*(?:[`#,]|$|\n))", README + words_of("CONTRIBUTING.md")))
    assert {"run", "test", "lint", "bench"} <= named <= targets


def test_the_import_table_of_the_house_is_the_one_that_is_tested():
    told = {cells[0].strip("`"): cells[1] for cells in rows(section(words_of("CONTRIBUTING.md"), "## The house"))}
    for room, allowed in ROOMS.items():
        assert set(told[room].split(";")[0].split(", ")) == allowed, room


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_each_link_and_picture_leads_somewhere(path):
    text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith(("http://", "https://")):
            continue
        file, _, anchor = target.partition("#")
        found = (path.parent / file).resolve() if file else path
        assert found.exists(), target
        assert not anchor or anchor in anchors(found), target


def anchors(path):
    """The marks that the headings of a document get on a code host."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_each_picture_is_shown_somewhere_and_small_enough_for_a_slow_line():
    text = words_of(*(path.relative_to(ROOT) for path in DOCUMENTS))
    for picture in (DOCS / "pictures").glob("*.png"):
        assert f"pictures/{picture.name}" in text, picture.name
        assert picture.stat().st_size <= 250_000, picture.name


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_documents_do_not_shout(path):
    text = re.sub(r"!\[", "[", path.read_text(encoding="utf-8"))
    assert "!" not in text
