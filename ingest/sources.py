"""What lies in a folder or an upload: platforms' exports, Olist's tables, Loam's own files, and what nobody knows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ingest import exports, folder, olist, olist_tables
from ingest.export_records import ExportFormat
from ingest.exports import Recognised
from ingest.mapped_file import PLATFORM
from ingest.olist_tables import TableFile

PLATFORMS = (*exports.PLATFORMS, olist.NAME)
NAMES_TOLD = 3


@dataclass(frozen=True, slots=True)
class Sources:
    """Files by what they are."""

    names: Mapping[Path, str]
    """Each file's given name."""
    exports: Mapping[Path, Recognised]
    tables: tuple[TableFile, ...]
    own: tuple[Path, ...]
    """Those that go by the names of Loam's own files."""
    unknown: tuple[Path, ...]

    def named(self, paths: Sequence[Path]) -> tuple[str, ...]:
        """The given names of some of them."""
        return tuple(self.names[path] for path in paths)

    def left_alone(self, kept: Sequence[Path]) -> tuple[str, ...]:
        """The names of all the others."""
        return tuple(name for path, name in self.names.items() if path not in kept)

    def question(self) -> str:
        """What only a person can know of them; empty where nothing is unclear."""
        for path, found in self.exports.items():
            if found.rivals:
                fitting = [found.format, *found.rivals]
                titles = " and ".join(each.title for each in fitting)
                return f"{self.names[path]} fits {titles} equally well. Which is it? Say {_flags(fitting)}."
        there = self._kinds()
        if len(there) < 2:
            return ""
        flags = " or ".join(f"--format {name}" for names in there.values() for name in names)
        return (
            f"There are {' and '.join(there)} here. Which are to be brought in? Say {flags}, or put each kind into a "
            "folder of its own."
        )

    def _kinds(self) -> dict[str, list[str]]:
        """For each kind of files that is there, in words, the names by which `--format` chooses among them."""
        there = {}
        if self.own:
            there[f"Loam's own files ({_listed(self.named(self.own))})"] = ["loam"]
        if self.exports:
            platforms = sorted({found.format.platform for found in self.exports.values()})
            there[f"exports of platforms ({_listed(self.named(list(self.exports)))})"] = platforms
        if self.tables:
            there[f"Olist's tables ({_listed([file.name for file in self.tables])})"] = [olist.NAME]
        return there


def _flags(formats: Sequence[ExportFormat]) -> str:
    return " or ".join(f"--format {each.name}" for each in formats)


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMES_TOLD:,} more" if len(names) > NAMES_TOLD else ""
    return ", ".join(names[:NAMES_TOLD]) + more


def formats_of(name: str | None) -> tuple[ExportFormat, ...]:
    """The formats of a platform, or the one of that name; all where nothing was said."""
    return tuple(each for each in exports.FORMATS if name in (None, each.platform, each.name))


def mapped(path: Path, formats: Sequence[ExportFormat]) -> Recognised | None:
    """The saved columns that a file has all of; None where it has all of none."""
    found = exports.recognise(path, formats)
    return None if found is None or found.format.fit(found.header.names) < 1 else _likely(found)


def _likely(found: Recognised) -> Recognised:
    """A file that has saved columns: that it means the same by them is likely, and no more."""
    known, count = found.format.known(found.header.names), len(found.format.columns)
    told = f"all {count}" if known == count else f"{known} of the {count}"
    why = f"Line {found.header.line} has {told} columns that were saved."
    if found.rivals:
        why += f" It has those of {' and '.join(each.title for each in found.rivals)} as well."
    return replace(found, sure="likely", why=why)


def sorted_out(
    names: Mapping[Path, str],
    said: Mapping[str, Sequence[ExportFormat]],
    *,
    tables: bool = True,
    saved: Sequence[ExportFormat] = (),
) -> Sources:
    """What each of some files is, by its header; Loam's own files by their names.

    Args:
        names: each file's given name.
        said: for a file's given name the formats that a person says it may have. Where its header does not name
            enough of their columns, it is unknown.
        tables: whether Olist's tables are looked for.
        saved: formats of saved columns, which are looked for last, in files of which nothing was said.
    """
    found: dict[Path, Recognised] = {}
    own: list[Path] = []
    unknown: list[Path] = []
    parts: list[TableFile] = []
    for path, name in names.items():
        if recognised := exports.recognise(path, said.get(name, exports.FORMATS)):
            found[path] = _likely(recognised) if recognised.format.platform == PLATFORM else recognised
        elif name not in said and folder.is_own_name(name):
            own.append(path)
        elif tables and (table := olist_tables.recognise(path, name)):
            parts.append(table)
        elif name not in said and (likely := mapped(path, saved)):
            found[path] = likely
        else:
            unknown.append(path)
    parts.sort(key=lambda file: olist_tables.TABLES.index(file.layout))
    return Sources(names, found, tuple(parts), tuple(own), tuple(unknown))
