"""Measures and writes benchmarks/RESULTS.md: `python -m benchmarks`, or only some of `KINDS`, named behind it.

Each part of the report tells its own day, so that one can be measured anew without the others.
"""

import importlib
import os
import platform
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

from benchmarks.results import Result
from db.engine import sqlite

KINDS = ("demo", "imports", "lists", "pages", "portfolio", "scores", "sessions", "signs")
REPORT = Path(__file__).with_name("RESULTS.md")


def main(wanted: list[str]) -> int:
    """Measure what is wanted, all by default; 0 where every bar holds. Each part is written once it is measured."""
    kinds = wanted or list(KINDS)
    if unknown := set(kinds) - set(KINDS):
        print(f"Not measured here: {', '.join(sorted(unknown))}. There is: {', '.join(KINDS)}.", file=sys.stderr)
        return 2
    parts = read_parts()
    all_hold = True
    for kind in kinds:
        results = importlib.import_module(f"benchmarks.{kind}").measure()
        show(kind, results)
        parts[kind] = part_of(kind, results)
        REPORT.write_text(report(parts), encoding="utf-8")
        all_hold &= all(each.holds for each in results)
    return int(not all_hold)


def show(kind: str, results: list[Result]) -> None:
    """Print one kind's figures."""
    table = Table("figure", "measured", "bar", "holds", title=kind)
    for each in results:
        table.add_row(each.name, f"{figure(each)} {each.unit}", each.bar, verdict(each))
    Console().print(table)


def read_parts() -> dict[str, str]:
    """The parts of the report as they stand, by kind."""
    if not REPORT.exists():
        return {}
    _, *parts = REPORT.read_text(encoding="utf-8").split("\n## ")
    return {part.split("\n", 1)[0].lower(): f"## {part.strip()}" for part in parts}


def part_of(kind: str, results: list[Result]) -> str:
    """The figures of one kind as Markdown, with the command that measures them and the day."""
    lines = [f"## {kind.capitalize()}", "", f"`python -m benchmarks {kind}`, {datetime.now(UTC):%Y-%m-%d}", ""]
    lines += ["| figure | measured | bar | holds |", "|---|---:|---:|---|"]
    lines += [f"| {each.name} | {figure(each)} {each.unit} | {each.bar} | {verdict(each)} |" for each in results]
    return "\n".join(lines)


def report(parts: dict[str, str]) -> str:
    """All parts, with the machine."""
    begin = (
        f"# What was measured\n\nOn {machine()}. `make bench` measures all of it again, `python -m benchmarks` and a "
        "part's name that part alone; ratios are of figures from one run, taken in turn."
    )
    return "\n\n".join([begin, *(parts[kind] for kind in KINDS if kind in parts)]) + "\n"


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
