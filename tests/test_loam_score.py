"""`python loam.py score`: the list of scores, what is stored, and wrong use."""

import csv
import os
from datetime import date

import pytest
from sqlalchemy import func, select
from typer.testing import CliRunner

import loam
from db.engine import connect, open_session
from db.tables import AuditEvent, ScoreRun, table_of
from settings import settings
from tests.desk import AS_OF, add_application, add_batch, add_shop


@pytest.fixture
def desk(migrated_url, tmp_path, monkeypatch):
    """Two shops with sales, one of which consented, on the desk's database."""
    monkeypatch.setenv("LOAM_DATABASE_URL", migrated_url)
    monkeypatch.setenv("LOAM_BUSINESS_DATE", AS_OF.isoformat())
    monkeypatch.chdir(tmp_path)
    settings.cache_clear()
    engine = connect(migrated_url)
    with open_session(engine, write=True) as session:
        batch = add_batch(session)
        add_application(session, add_shop(session, "=1+1", batch_id=batch), batch_id=batch)
        add_application(session, add_shop(session, "S2", batch_id=batch), "A2", consented=False, batch_id=batch)
    yield engine
    settings.cache_clear()
    engine.dispose()


def run(*words):
    return CliRunner().invoke(loam.app, ["score", *words])


def listed(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def stored(engine):
    with open_session(engine) as session:
        return [
            session.execute(select(func.count()).select_from(table_of(row))).scalar_one()
            for row in (ScoreRun, AuditEvent)
        ]


def test_shops_with_consent_are_scored_stored_and_listed(desk, tmp_path):
    found = run("--all", "--as-of", AS_OF.isoformat(), "--out", str(tmp_path / "scores.csv"))
    assert found.exit_code == 0, found.output
    first, second = listed(tmp_path / "scores.csv")
    assert first["shop_ref"] == "'=1+1"
    assert int(first["points"]) == int(first["soundness_points"]) + int(first["reputation_points"])
    assert 0 < float(first["default_probability"]) < 1
    assert (first["not_scored"], second["not_scored"], second["points"]) == ("", "no consent", "")
    assert stored(desk) == [1, 1]


def test_a_study_scores_all_and_stores_nothing(desk, tmp_path):
    found = run("--all", "--as-of", AS_OF.isoformat(), "--out", "scores.csv", "--without-consent")
    assert found.exit_code == 0, found.output
    assert all(row["points"] for row in listed(tmp_path / "scores.csv"))
    assert "Nothing was stored" in found.stderr
    assert found.stdout == ""
    assert stored(desk) == [0, 0]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--all", "--as-of", "1900-01-01"], "nothing was sold before"),
        (["--all", "--as-of", "2026-11-03"], "has not come yet"),
        (["--all", "--as-of", "yesterday"], "is no day"),
        (["--all", "--out", "nowhere/scores.csv"], "no folder"),
        (["--all", "--as-of", "20261101"], "is no day"),
        (["--all", "--as-of", "2026-W45-1"], "is no day"),
        (["--all", "--out", ""], "no ordinary file"),
        (["--all", "--out", "."], "no ordinary file"),
        (["--all", "--out", "/dev/full"], "no ordinary file"),
        (["--all", "--out", "/dev/stdout"], "no ordinary file"),
        (["--all", "--out", "/proc/scores.csv"], "can be written to the folder"),
        (["--all", "--out", "x" * 300], "cannot be written"),
        ([], "say --all"),
    ],
)
def test_wrong_use_is_said_in_a_sentence_and_changes_nothing(desk, tmp_path, words, sentence):
    found = run(*words)
    assert found.exit_code == 2
    assert sentence in " ".join(found.stderr.replace("│", " ").split())
    assert stored(desk) == [0, 0]
    assert list(tmp_path.glob("*.csv")) == []


@pytest.mark.parametrize("kind", ["queue", "link"])
def test_what_is_no_ordinary_file_is_not_replaced(desk, tmp_path, kind):
    place = tmp_path / "scores.csv"
    if kind == "queue":
        os.mkfifo(place)
    else:
        place.symlink_to(tmp_path / "elsewhere")
    before = place.lstat()
    found = run("--all", "--out", str(place))
    assert found.exit_code == 2
    # All but when it was last looked at.
    assert (place.lstat().st_ino, place.lstat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert stored(desk) == [0, 0]


def test_an_earlier_list_is_replaced_and_nothing_lies_beside_it(desk, tmp_path):
    (tmp_path / "lists").mkdir()
    out = tmp_path / "lists" / ("s" * 250 + ".csv")
    out.write_text("an earlier list")
    assert run("--all", "--out", str(out)).exit_code == 0
    assert len(listed(out)) == 2
    assert list(out.parent.iterdir()) == [out]


def test_without_a_day_the_business_date_counts(desk):
    run("--all")
    with open_session(desk) as session:
        assert session.execute(select(table_of(ScoreRun).c.as_of)).scalar_one() == date(2026, 11, 2)
