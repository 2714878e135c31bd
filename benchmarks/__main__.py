"""Measures and writes benchmarks/RESULTS.md: `python -m benchmarks`, or only some of `KINDS`, named behind it.

Each part of the report tells its own day, so that one can be measured anew without the others. The `STUDIES` are
measured where they are named, since they need the libraries of requirements-lab.txt and the real records.
"""

import importlib
import inspect
import os
import platform
import sys
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table as ScreenTable

from benchmarks.results import CannotMeasure, Part, Result, Table
from db.engine import sqlite

KINDS = (
    "applications", "book", "demo", "exports", "faults", "features", "imports", "lists", "load", "pages", "portfolio",
    "scores", "sessions", "signs",
)  # fmt: skip
STUDIES = ("fitting", "gmsc", "taiwan", "sba", "superlender", "forecast")
TITLES = {"gmsc": "GMSC", "sba": "SBA", "superlender": "SuperLender"}
REPORT = Path(__file__).with_name("RESULTS.md")


def main(wanted: list[str]) -> int:
    """Measure what is wanted, all of `KINDS` by default, and write each part; 0 where every bar holds."""
    kinds = wanted or list(KINDS)
    if unknown := set(kinds) - {*KINDS, *STUDIES}:
        known = ", ".join((*KINDS, *STUDIES))
        print(f"Not measured here: {', '.join(sorted(unknown))}. There is: {known}.", file=sys.stderr)
        return 2
    parts = read_parts()
    all_hold = True
    for kind in kinds:
        try:
            part = measure(kind)
        except CannotMeasure as reason:
            print(f"{title(kind)}: {reason}", file=sys.stderr)
            return 2
        show(kind, part)
        parts[kind] = section(kind, part)
        REPORT.write_text(report(parts), encoding="utf-8")
        all_hold &= all(each.holds for each in part.results)
    return int(not all_hold)


def measure(kind: str) -> Part:
    """Run one benchmark or study; a study's own words about its records go into the report."""
    if kind not in STUDIES:
        return Part(importlib.import_module(f"benchmarks.{kind}").measure())
    study = importlib.import_module(f"benchmarks.studies.{kind}")
    return replace(study.measure(), about=inspect.cleandoc(study.__doc__))


def title(kind: str) -> str:
    """What a part is called in the report."""
    return TITLES.get(kind, kind.capitalize())


def show(kind: str, part: Part) -> None:
    """Print one kind's figures."""
    for each in (*part.tables, bars(part.results, caption=title(kind))):
        table = ScreenTable(*each.columns, title=each.caption)
        for row in each.rows:
            table.add_row(*row)
        Console().print(table)


def read_parts() -> dict[str, str]:
    """The parts of the report as they stand, by kind."""
    if not REPORT.exists():
        return {}
    _, *parts = REPORT.read_text(encoding="utf-8").split("\n## ")
    return {part.split("\n", 1)[0].lower(): f"## {part.strip()}" for part in parts}


def section(kind: str, part: Part) -> str:
    """The figures of one kind as Markdown, with the command that measures them and the day."""
    heading = f"## {title(kind)}\n\n`python -m benchmarks {kind}`, {datetime.now(UTC):%Y-%m-%d}"
    about = [part.about] if part.about else []
    return "\n\n".join([heading, *about, *(markdown(table) for table in (*part.tables, bars(part.results)))])


def bars(results: list[Result], caption: str = "") -> Table:
    """The figures beside their bars."""
    rows = [(each.name, f"{figure(each)} {each.unit}".strip(), each.bar, verdict(each)) for each in results]
    return Table(caption, ("figure", "measured", "bar", "holds"), tuple(rows))


def markdown(table: Table) -> str:
    """A table with its caption above; the first column is of words, as is what holds."""
    places = ["---" if name in {table.columns[0], "holds"} else "---:" for name in table.columns]
    lines = [table.caption, ""] if table.caption else []
    lines += [f"| {' | '.join(table.columns)} |", f"|{'|'.join(places)}|"]
    lines += [f"| {' | '.join(row)} |" for row in table.rows]
    return "\n".join(lines)


def report(parts: dict[str, str]) -> str:
    """All parts, with the machine."""
    begin = (
        f"# What was measured\n\nOn {machine()}. `make bench` measures all of it again, `python -m benchmarks` and a "
        "part's name that part alone; ratios are of figures from one run, taken in turn."
    )
    return "\n\n".join([begin, *(parts[kind] for kind in (*KINDS, *STUDIES) if kind in parts)]) + "\n"


def figure(result: Result) -> str:
    """A measured figure with three digits that count."""
    return f"{result.measured:,.0f}" if result.measured >= 100 else f"{result.measured:.3g}"


def verdict(result: Result) -> str:
    """Whether a figure holds its bar; nothing for one that has none."""
    return ("yes" if result.holds else "**no**") if result.bar else ""


def machine() -> str:
    """The machine and the versions that matter, without its name."""
    memory = psutil.virtual_memory().total / 2**30
    parts = [f"{os.cpu_count()} cores ({processor()})", f"{memory:.0f} GB of memory", platform.system()]
    parts += [f"Python {platform.python_version()}", f"SQLite {sqlite.sqlite_version}"]
    parts += [f"{name} {version(name.lower())}" for name in ("Streamlit", "Plotly", "pandas", "DuckDB")]
    return ", ".join(parts)


def processor() -> str:
    """The processor's name, where the system tells it."""
    told = Path("/proc/cpuinfo")
    names = [line for line in told.read_text().splitlines() if line.startswith("model name")] if told.exists() else []
    return names[0].split(":", 1)[1].strip() if names else platform.processor() or platform.machine()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
