"""Measures and writes benchmarks/RESULTS.md: `python -m benchmarks`, or only some of `KINDS`, named behind it."""

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

KINDS = ("demo", "imports", "lists", "pages", "portfolio", "scores", "sessions")
REPORT = Path(__file__).with_name("RESULTS.md")


def main(wanted: list[str]) -> int:
    """Measure what is wanted, all by default; 0 where every bar holds. Only a whole run writes the report."""
    kinds = wanted or list(KINDS)
    if unknown := set(kinds) - set(KINDS):
        print(f"Not measured here: {', '.join(sorted(unknown))}. There is: {', '.join(KINDS)}.", file=sys.stderr)
        return 2
    results: dict[str, list[Result]] = {}
    for kind in kinds:
        results[kind] = importlib.import_module(f"benchmarks.{kind}").measure()
        show(kind, results[kind])
    if set(kinds) == set(KINDS):
        REPORT.write_text(report(results), encoding="utf-8")
    return int(any(not each.holds for part in results.values() for each in part))


def show(kind: str, results: list[Result]) -> None:
    """Print one kind's figures."""
    table = Table("figure", "measured", "bar", "holds", title=kind)
    for each in results:
        table.add_row(each.name, f"{figure(each)} {each.unit}", each.bar, verdict(each))
    Console().print(table)


def report(results: dict[str, list[Result]]) -> str:
    """All figures as Markdown, with the machine and the command that measures them."""
    lines = [
        "# What was measured",
        "",
        f"{datetime.now(UTC):%Y-%m-%d}, on {machine()}. `make bench` measures all of it again; ratios are of figures "
        "from one run, taken in turn.",
    ]
    for kind, part in results.items():
        lines += ["", f"## {kind.capitalize()}", "", f"`python -m benchmarks {kind}`", ""]
        lines += ["| figure | measured | bar | holds |", "|---|---:|---:|---|"]
        lines += [f"| {each.name} | {figure(each)} {each.unit} | {each.bar} | {verdict(each)} |" for each in part]
    return "\n".join(lines) + "\n"


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
