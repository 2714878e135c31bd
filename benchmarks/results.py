"""What a benchmark hands over: a measured figure, beside its bar where it has one."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Result:
    """One measured figure."""

    name: str
    measured: float
    bar: str
    """What it is held against, such as "≤ 400"; empty for a figure that only explains another."""
    unit: str
    holds: bool = True


def at_least(name: str, measured: float, bar: float, unit: str) -> Result:
    """A figure that has to reach its bar."""
    return Result(name, measured, f"≥ {bar:g}", unit, measured >= bar)


def at_most(name: str, measured: float, bar: float, unit: str) -> Result:
    """A figure that has to stay below its bar."""
    return Result(name, measured, f"≤ {bar:g}", unit, measured <= bar)
