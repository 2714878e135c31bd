"""Files that lie in packed ones: ZIP files, and gzip files of platforms, taken apart before anybody looks at them."""

import gzip
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

from ingest import folder
from ingest.encodings import Source

MOST_MEMBERS = 24
PIECE_BYTES = 1024 * 1024


class UnusableZip(Exception):
    """A packed file that can't be taken apart; the text says why."""


def taken_apart(names: Mapping[Path, str], place: Path, *, most_bytes: int) -> dict[Path, str]:
    """Some files, with those that lie in ZIP files in their place, and those packed by gzip unpacked.

    A file of a ZIP file goes by its own name, without folders; where another file has it, the ZIP file's name stands
    before it. Loam's own files are read as they are, also where gzip packed them.

    Args:
        names: each file's given name.
        place: a folder for what is unpacked, empty or not there yet.
        most_bytes: how much all that lies in one packed file may be.

    Raises:
        UnusableZip: for one that is broken, has a password, or holds too much.
    """
    apart: dict[Path, str] = {}
    place.mkdir(parents=True, exist_ok=True)
    for number, (path, name) in enumerate(names.items()):
        put_down = place / str(number)
        if name.lower().endswith(".zip"):
            taken = set(apart.values()) | set(names.values())
            for member, own in _members(path, name, put_down, most_bytes).items():
                apart[member] = f"{name}/{own}" if own in taken else own
        elif name.lower().endswith(".gz") and not folder.is_own_name(name):
            apart[_unzipped(path, name, put_down, most_bytes)] = name
        else:
            apart[path] = name
    return apart


def _unzipped(path: Path, name: str, put_down: Path, most_bytes: int) -> Path:
    try:
        with gzip.open(path) as inside:
            _unpacked(inside, put_down, most_bytes, name)
    except (EOFError, OSError, zlib.error) as error:
        raise UnusableZip(f"{name} is no whole gzip file; download it anew.") from error
    return put_down


def _members(path: Path, name: str, place: Path, most_bytes: int) -> dict[Path, str]:
    place.mkdir(parents=True)
    try:
        with zipfile.ZipFile(path) as packed:
            members = [each for each in packed.infolist() if not each.is_dir()]
            if len(members) > MOST_MEMBERS:
                raise UnusableZip(
                    f"{name} holds {len(members)} files; at most {MOST_MEMBERS} can be looked at at once."
                )
            found, left = {}, most_bytes
            for number, member in enumerate(members):
                # Under a number, since a name in a ZIP file may lead anywhere.
                put_down = place / str(number)
                with packed.open(member) as inside:
                    left -= _unpacked(inside, put_down, left, name)
                found[put_down] = Path(_named(member)).name or str(number)
            return found
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError) as error:
        raise UnusableZip(f"{name} is no whole ZIP file; download it anew.") from error
    except RuntimeError as error:  # what zipfile says of a member with a password
        raise UnusableZip(f"{name} has a password; unpack it, and bring in the files.") from error


def _named(member: zipfile.ZipInfo) -> str:
    """A member's name; those that Chinese platforms pack have it in GBK, which ZIP takes for code page 437."""
    is_utf8 = member.flag_bits & 0x800
    try:
        return member.filename if is_utf8 else member.filename.encode("cp437").decode("gbk")
    except UnicodeError:
        return member.filename


def _unpacked(inside: Source, path: Path, most_bytes: int, name: str) -> int:
    """Write what is packed to a file, as long as it stays within what is left; how many bytes it has."""
    size = 0
    with path.open("wb") as outside:
        while piece := inside.read(PIECE_BYTES):
            size += len(piece)
            if size > most_bytes:
                raise UnusableZip(f"{name} holds more than one upload may have; bring in its files one by one.")
            outside.write(piece)
    return size
