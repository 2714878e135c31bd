"""The commands about models: from known outcomes to a card in force, and what they refuse."""

import json

import pytest
from typer.testing import CliRunner

import loam
from db import people, policies, register, scores
from db.engine import connect, migrate, open_session
from scoring.card import load_expert, read_card
from settings import settings
from tests.desk import AS_OF, add_application, add_batch, add_shop

SHOPS = 80
DAY = AS_OF.isoformat()


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    """The address of a record of shops that sell little or much; every fifth has not consented."""
    url = f"sqlite:///{tmp_path_factory.mktemp('models') / 'loam.db'}"
    engine = connect(url)
    migrate(engine)
    with open_session(engine, write=True) as session:
        people.seed_demo_people(session)
        policies.seed(session)
        register.seed(session)
        add_batch(session)
        for number in range(SHOPS):
            shop_id = add_shop(session, f"S{number}", daily_minor=2_000 + number * 3_000, days=200 + 5 * number)
            add_application(session, shop_id, f"A{number}", consented=number % 5 > 0)
    return url


@pytest.fixture
def desk(record, tmp_path, monkeypatch):
    """The commands on this record, run in an empty folder."""
    monkeypatch.setenv("LOAM_DATABASE_URL", record)
    monkeypatch.setenv("LOAM_BUSINESS_DATE", DAY)
    monkeypatch.chdir(tmp_path)
    settings.cache_clear()
    yield tmp_path
    settings.cache_clear()


def run(*words):
    return CliRunner().invoke(loam.app, [str(word) for word in words])


def outcomes(folder, *, turned=(3, 11, 40), rows=range(SHOPS)):
    """The small shops went bad, but for a few that went the other way."""
    path = folder / "outcomes.csv"
    lines = [f"S{number},{DAY},{int((number < 30) != (number in turned))}" for number in rows]
    path.write_text("shop_ref,as_of,bad\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def fitted(record, tmp_path_factory):
    """The file of a card fitted on the outcomes, made once."""
    folder = tmp_path_factory.mktemp("fitted")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOAM_DATABASE_URL", record)
        settings.cache_clear()
        found = run("fit", "--outcomes", outcomes(folder), "--out", folder / "card.json")
    settings.cache_clear()
    assert found.exit_code == 0, found.output
    return folder / "card.json", found


def test_a_fit_leaves_out_who_did_not_consent_and_says_how_sure_it_is(fitted):
    path, found = fitted
    card = read_card(path.read_text(encoding="utf-8"))
    assert "16 loans left out" in found.stderr
    assert "Fitted on 64 loans" in found.stderr
    assert "sure" in found.stderr
    assert card.provenance["rows"] == 64
    assert card.hash != load_expert().hash


def test_a_fit_on_the_same_outcomes_gives_the_same_card(desk, fitted):
    again = run("fit", "--outcomes", outcomes(desk), "--out", desk / "card.json")
    assert again.exit_code == 0, again.output
    assert (desk / "card.json").read_bytes() == fitted[0].read_bytes()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("shop_ref,as_of\n", "the header needs"),
        (f"shop_ref,as_of,bad\nS1,{DAY},maybe\n", "line 2, bad 'maybe'"),
        (f"shop_ref,as_of,bad\nS1,{DAY},0\nNobody,{DAY},1\n", "no shop on record"),
        (f"shop_ref,as_of,bad\nS1,{DAY},0\nS2,{DAY},0\n", "good"),
        ("shop_ref,as_of,bad\n", ""),
    ],
)
def test_outcomes_that_cannot_be_learnt_from_are_refused_in_a_sentence(desk, text, said):
    path = desk / "wrong.csv"
    path.write_text(text, encoding="utf-8")
    found = run("fit", "--outcomes", path, "--out", desk / "card.json")
    assert found.exit_code == 1, found.output
    assert said in " ".join(found.stderr.split())
    assert "Traceback" not in found.output
    assert not (desk / "card.json").exists()


@pytest.mark.parametrize("words", [["--outcomes", "nowhere.csv", "--out", "card.json"], ["--out", "card.json"]])
def test_wrong_use_of_fit_is_told(desk, words):
    assert run("fit", *words).exit_code == 2


def test_a_card_goes_through_the_register_until_it_scores(desk, fitted):
    path, known = fitted[0], outcomes(desk)
    card = read_card(path.read_text(encoding="utf-8"))
    added = run("model", "add", path, "--outcomes", known, "--by", "administrator")
    assert added.exit_code == 0, added.output
    short = card.hash[:12]
    assert run("model", "move", short, "champion", "--by", "manager", "--note", "x").exit_code == 1
    for stage in ("shadow", "champion"):
        moved = run("model", "move", short, stage, "--by", "manager", "--note", "Better on last year's loans.")
        assert moved.exit_code == 0, moved.output
    listed = run("model", "list").stdout
    assert f"{short}  champion" in listed
    assert "Morgan Manager" in listed
    assert run("score", "--all", "--out", desk / "scores.csv").exit_code == 0
    with open_session(connect(settings().database_url)) as session:
        assert {each.card_hash for each in scores.run_keys(session)} == {card.hash}
    replayed = run("replay", "--all")
    assert (replayed.exit_code, replayed.stdout) == (0, "64 replayed, 0 differ\n")
    assert run("model", "report", short, "--out", desk / "report.html").exit_code == 0
    page = (desk / "report.html").read_text(encoding="utf-8")
    told = json.loads((desk / "report.json").read_text(encoding="utf-8"))
    assert "Plotly.newPlot" in page
    assert 'src="http' not in page
    assert f"AUC</td><td>{told['auc']['value']:.3f}" in page
    assert told["rows"] == 64


def test_the_register_refuses_in_a_sentence(desk, fitted):
    path, known = fitted[0], outcomes(desk)
    assert run("model", "add", path, "--outcomes", known, "--by", "nobody").exit_code == 2
    assert "not open to your role" in run("model", "add", path, "--outcomes", known, "--by", "officer").stderr
    assert run("model", "move", "zzz", "shadow", "--by", "manager", "--note", "x").exit_code == 2
    expert = load_expert().hash[:12]
    assert run("model", "report", expert, "--out", desk / "report.html").exit_code == 1


@pytest.mark.parametrize("change", ["hash", "form", "cut", "nothing"])
def test_a_file_that_is_no_whole_card_is_not_taken(desk, fitted, change):
    content = json.loads(fitted[0].read_text(encoding="utf-8"))
    broken = {
        "hash": json.dumps(content | {"hash": "0" * 64}),
        "form": json.dumps(content | {"form": 99}),
        "cut": fitted[0].read_text(encoding="utf-8")[:-30],
        "nothing": "",
    }[change]
    (desk / "broken.json").write_text(broken, encoding="utf-8")
    found = run("model", "add", desk / "broken.json", "--outcomes", outcomes(desk), "--by", "administrator")
    assert found.exit_code == 1
    assert "Traceback" not in found.output


def test_a_challenger_is_fitted_kept_in_shadow_and_scores_beside(desk):
    known = outcomes(desk)
    made = run("fit", "--challenger", "--outcomes", known, "--out", desk / "challenger.json")
    assert made.exit_code == 0, made.output
    added = run("model", "add", desk / "challenger.json", "--outcomes", known, "--by", "administrator")
    assert added.exit_code == 0, added.output
    with open_session(connect(settings().database_url)) as session:
        (found,) = (each for each in register.all_standing(session) if each.kind == "boosting")
    assert run("model", "move", found.model_hash, "shadow", "--by", "manager", "--note", "To compare.").exit_code == 0
    assert run("model", "move", found.model_hash, "champion", "--by", "manager", "--note", "Now.").exit_code == 1
    assert run("score", "--all", "--out", desk / "scores.csv").exit_code == 0
    with connect(settings().database_url).connect() as connection:
        beside = connection.exec_driver_sql(
            f"SELECT count(*) FROM shadow_scores WHERE model_hash = '{found.model_hash}'"
        ).scalar_one()
    assert beside == 64
