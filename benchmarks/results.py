"""What a benchmark hands over: measured figures, beside their bars where they have one, and tables of a study."""

from dataclasses import dataclass


class CannotMeasure(Exception):
    """Something that the measurement needs is not there; the text says what, and where it comes from."""


@dataclass(frozen=True, slots=True)
class Table:
    """Figures that belong side by side, as they are printed."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Result:
    """One measured figure."""

    name: str
    measured: float
    bar: str
    """What it is held against, such as "≤ 400"; empty for a figure that only explains another."""
    unit: str
    holds: bool = True


@dataclass(frozen=True, slots=True)
class Part:
    """What is measured by one command."""

    results: list[Result]
    tables: tuple[Table, ...] = ()
    about: str = ""
    """What a reader has to know of the figures."""


def at_least(name: str, measured: float, bar: float, unit: str) -> Result:
    """A figure that has to reach its bar."""
    return Result(name, measured, f"≥ {bar:g}", unit, measured >= bar)


def at_most(name: str, measured: float, bar: float, unit: str) -> Result:
    """A figure that has to stay below its bar."""
    return Result(name, measured, f"≤ {bar:g}", unit, measured <= bar)
