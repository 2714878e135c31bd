"""`python loam.py consent`, and the consent that comes with an import on the command line."""

import json

import pytest
from typer.testing import CliRunner

from tests.test_import_command import TAOBAO

SHOP = "shop_ref,name,currency\nT9,Tea,CNY\n"


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs a command on a record with one shop, on a fixed day; gives the exit code and all that it said."""
    import loam
    from settings import settings

    monkeypatch.setenv("LOAM_DATABASE_URL", f"sqlite:///{tmp_path / 'command.db'}")
    monkeypatch.setenv("LOAM_BUSINESS_DATE", "2026-11-02")
    settings.cache_clear()

    def run_command(*arguments):
        result = CliRunner().invoke(loam.app, [*map(str, arguments)])
        return result.exit_code, result.stdout + result.stderr

    (tmp_path / "shops.csv").write_text(SHOP)
    assert run_command("import", tmp_path / "shops.csv")[0] == 0
    (tmp_path / "export.csv").write_bytes(TAOBAO.encode("gb18030"))
    yield run_command
    settings.cache_clear()


def bare(said):
    """The words alone, without the box that wrong use is told in."""
    return " ".join(said.replace("│", " ").split())


def scored(run, tmp_path):
    code, _ = run("score", "--all", "--as-of", "2026-11-02", "--out", tmp_path / "scores.csv")
    return code, (tmp_path / "scores.csv").read_text()


def test_a_shop_is_scored_from_its_consent_to_its_withdrawal(run, tmp_path):
    assert run("import", tmp_path / "export.csv", "--shop", "T9")[0] == 0
    assert "no consent" in scored(run, tmp_path)[1]
    code, said = run("consent", "give", "T9", "--see", "form 17")
    assert (code, "T9 consents until 2027-11-02" in said) == (0, True)
    assert "no consent" not in scored(run, tmp_path)[1]
    assert run("consent", "withdraw", "T9", "--see", "letter")[0] == 0
    assert "no consent" in scored(run, tmp_path)[1]
    code, said = run("consent", "show", "T9")
    assert [line.split(" on ")[0] for line in said.strip().splitlines()] == ["Taken back", "Given"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--see", "-"], "Say where the consent can be looked up"),
        (["--see", "form 17", "--by", "nobody"], "Say who spoke for the shop"),
        (["--see", "form 17", "--on", "2026-11-03"], "This day has not come yet"),
        (["--see", "form 17", "--on", "2025-01-01", "--until", "2025-12-31"], "This consent is over already"),
        (["--see", "form 17", "--until", "soon"], "does not match the format"),
    ],
)
def test_a_consent_that_can_not_be_noted_is_wrong_use_in_words(run, options, words):
    code, said = run("consent", "give", "T9", *options)
    assert code == 2
    assert words in bare(said)
    assert "has said nothing yet" in run("consent", "show", "T9")[1]


def test_a_shop_that_is_not_on_record_has_nothing_to_say(run):
    assert run("consent", "give", "T0", "--see", "form 17")[0] == 1
    code, said = run("consent", "withdraw", "T9", "--see", "letter")
    assert (code, "no consent on record" in said) == (1, True)


def test_a_new_shop_comes_in_with_its_first_export_and_its_consent(run, tmp_path):
    export = ("import", tmp_path / "export.csv", "--json")
    code, said = run(*export, "--shop", "T10")
    assert (code, "--new-shop NAME brings it in" in bare(said)) == (2, True)
    assert run(*export, "--shop", "T9", "--new-shop", "Tea")[0] == 2
    assert run(*export, "--shop", "T10 ", "--new-shop", "Tea")[0] == 2
    consent = ("--consent", "form 18", "--consent-on", "2026-11-01", "--consent-until", "2026-12-31")
    code, said = run(*export, "--shop", "T10", "--new-shop", "Silk", *consent)
    assert code == 0
    report = json.loads(said[said.index("{") : said.rindex("}") + 1])
    assert (report["verdict"], report["orders"]) == ("imported", 2)
    assert "Given on 1 Nov 2026 by the owner until 31 Dec 2026, see form 18" in run("consent", "show", "T10")[1]
    assert "T10" in scored(run, tmp_path)[1]


def test_a_dry_run_notes_no_consent_and_brings_in_no_shop(run, tmp_path):
    dry = ("--shop", "T10", "--new-shop", "Silk", "--consent", "form 18", "--dry-run")
    assert run("import", tmp_path / "export.csv", *dry)[0] == 0
    assert run("consent", "show", "T10")[0] == 1
