"""The rules of the house, held by reading the code."""

import ast
import re
import sys
from pathlib import Path

import pytest

from settings import Settings

ROOT = Path(__file__).resolve().parents[1]

# Who may import whom, besides the standard library and itself.
ROOMS = {
    "lending": {"numpy", "pandas"},
    "scoring": {"lending", "numpy", "pandas", "pyarrow", "duckdb", "sklearn", "threadpoolctl", "lightgbm"},
    "ingest": {"lending", "numpy", "pyarrow"},
    "demo": {"lending", "numpy", "pandas", "pyarrow"},
    "db": {
        "lending",
        "scoring",
        "sqlmodel",
        "sqlalchemy",
        "alembic",
        "pandas",
        "numpy",
        "pyarrow",
        "pysqlite3",
        "psycopg",
        "argon2",
        "cryptography",
    },
    "components": {"lending", "scoring", "streamlit", "plotly", "pandas", "numpy", "settings"},
    "desk": {
        "db",
        "lending",
        "scoring",
        "ingest",
        "demo",
        "reports",
        "numpy",
        "pandas",
        "sqlalchemy",
        "sqlmodel",
        "settings",
    },
    "reports": {"lending", "scoring", "numpy", "plotly", "xlsxwriter"},
    "routes": {"db", "lending", "scoring", "reports", "starlette", "anyio", "sqlalchemy", "settings"},
    "pages": {
        "desk",
        "db",
        "lending",
        "scoring",
        "ingest",
        "reports",
        "components",
        "streamlit",
        "pandas",
        "settings",
        "sqlmodel",
    },
}
# The files that join the shown with the kept: who is signed in is asked there (ADR 2).
EXTRA = {
    "components/guard.py": {"db", "sqlalchemy"},
    "components/shell.py": {"db"},
    "components/writing.py": {"db"},
    # Streamlit speaks with the organisation's own sign-in; no other route knows of it.
    "routes/single_sign_on.py": {"streamlit"},
}
# Knows figures only, so that it can be tested without a page.
WITHOUT = {"components/charts.py": {"streamlit"}, "components/wording.py": {"streamlit"}}
# Fitting alone needs the first, which takes a second and more to load; the desk runs without the second.
ALONE = {
    "sklearn": {"scoring/fit.py"},
    "threadpoolctl": {"scoring/fit.py"},
    "lightgbm": {"scoring/challenger.py"},
    "argon2": {"db/passphrases.py"},
    "cryptography": {"db/originals.py"},
}

CLOCKS = {("datetime", "now"), ("datetime", "today"), ("date", "today"), ("time", "time"), ("datetime", "utcnow")}


def files(*rooms):
    return sorted(path for room in rooms for path in (ROOT / room).rglob("*.py") if "versions" not in path.parts)


def imported_rooms(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name.split(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module.split(".")[0]


@pytest.mark.parametrize("path", files(*ROOMS), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_room_imports_only_what_it_may(path):
    name = path.relative_to(ROOT).as_posix()
    room = name.split("/")[0]
    allowed = (ROOMS[room] | EXTRA.get(name, set()) | {room}) - WITHOUT.get(name, set())
    allowed -= {library for library, places in ALONE.items() if name not in places}
    foreign = {each for each in imported_rooms(path) if each not in sys.stdlib_module_names}
    assert foreign <= allowed, f"{name} imports {sorted(foreign - allowed)}"


def test_no_page_imports_another_page():
    for path in files("pages"):
        assert "pages" not in set(imported_rooms(path)), path.name


def pins(name):
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    return dict(line.split(";")[0].split("==") for line in lines if "==" in line)


def test_a_library_has_one_version_wherever_it_is_installed():
    run, dev, lab = (pins(f"requirements{name}.txt") for name in ("", "-dev", "-lab"))
    assert {name for name in lab if lab[name] != {**run, **dev}.get(name, lab[name])} == {"protobuf"}
    assert not run.keys() & dev.keys()


def test_rules_and_score_know_no_clock():
    for path in files("lending", "scoring", "ingest"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                owner = node.func.value.id if isinstance(node.func.value, ast.Name) else ""
                assert (owner, node.func.attr) not in CLOCKS, f"{path.name} line {node.lineno} reads the clock"


def functions(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_no_function_is_longer_than_sixty_lines():
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in [*files(*ROOMS), ROOT / "app.py", ROOT / "loam.py", ROOT / "settings.py"]
        for node in functions(path)
        if node.end_lineno - node.lineno + 1 > 60
    ]
    assert long == []


def test_no_page_does_more_than_gather_and_hand_on():
    long = {path.name: count for path in files("pages") if (count := len(path.read_text().splitlines())) > 200}
    assert long == {}


def test_no_file_grows_past_four_hundred_lines():
    # The tables stand in one file, so that the whole record can be read at once.
    long = {
        str(path.relative_to(ROOT)): count
        for path in files(*ROOMS)
        if path != ROOT / "db" / "tables.py" and (count := len(path.read_text().splitlines())) > 400
    }
    assert long == {}


@pytest.mark.parametrize("path", files("pages"), ids=lambda path: path.stem)
def test_the_first_statement_of_a_page_is_its_guard(path):
    body = [
        node
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if not isinstance(node, ast.Import | ast.ImportFrom | ast.FunctionDef)
        and not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
    ]
    assert ast.unparse(body[0]) == f"visit = guard.enter('{path.stem}')"


def test_no_folder_is_named_for_leftovers():
    for name in ("utils", "helpers", "services", "models", "core", "common"):
        assert not list(ROOT.glob(f"*/{name}*")), name
        assert not (ROOT / name).exists(), name


def test_only_the_rooms_of_the_house_stand_at_the_top():
    hidden_or_made = {"var", "tests", "benchmarks", "docs", "reports", "deploy"}
    folders = {path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith((".", "__"))}
    assert folders - hidden_or_made <= set(ROOMS)


def test_sql_is_written_only_in_db():
    verbs = re.compile(r"\b(SELECT .* FROM|INSERT INTO|DELETE FROM|UPDATE \w+ SET)\b")
    for path in files("lending", "ingest", "demo", "desk", "components", "routes", "pages"):
        assert not verbs.search(path.read_text(encoding="utf-8")), path.name


def test_every_setting_is_explained_in_the_readme():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for name, field in Settings.model_fields.items():
        assert f"LOAM_{name.upper()}" in readme, name
        assert field.description, name
