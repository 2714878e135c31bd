"""What one version of the policy says otherwise than another, member by member.

Two versions are held against each other by what they mean, not by how they are written: comments and the order of
members don't count, and a member that is not there stands for what is taken in its place.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from lending.policy import Policy


@dataclass(frozen=True, slots=True)
class Change:
    """A member under its path, as `rate.margin_bps`, before and after; None where a version has no such member."""

    member: str
    before: Any
    after: Any


def changes(before: Policy, after: Policy) -> tuple[Change, ...]:
    """Every member that two versions have otherwise, in the order of the policy."""
    old, new = (dict(members(each)) for each in (before, after))
    return tuple(
        Change(member, old.get(member), new.get(member))
        for member in dict.fromkeys([*old, *new])
        if old.get(member) != new.get(member)
    )


def members(policy: Policy) -> Iterator[tuple[str, Any]]:
    """Every member of a version under its path, but the number of the version."""
    told = asdict(policy)
    del told["version"]
    yield from _members("", told)


def _members(path: str, value: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401  (a member of a policy)
    if isinstance(value, dict):
        for name, each in value.items():
            yield from _members(f"{path}.{name}" if path else name, each)
    else:
        yield path, value
