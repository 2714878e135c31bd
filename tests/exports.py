"""Reads platforms' exports as the import does: the samples beside the project, and small ones written here."""

import csv
import io
import json
from pathlib import Path

from ingest.export_records import Hasher
from ingest.exports import Export, recognise

SAMPLES = Path(__file__).resolve().parents[2] / "shared" / "formats"
HASHER = Hasher(b"made up, and long enough to be a key")


def read_export(path, shop=None):
    """Its records by kind, its bad rows, and what it adds up to; it was recognised without being told."""
    found = recognise(path)
    assert found is not None, path
    export = Export.of(path, path.name, found, HASHER, shop)
    rows, bad_rows = {}, []
    for chunk in export.chunks():
        bad_rows += chunk.bad_rows
        if chunk.kind.name != "shops":
            rows.setdefault(chunk.kind.name, []).extend(chunk.rows.to_pylist())
    return rows, bad_rows, export.told() | {"format": found.format.name, "differences": export.differences}


def written(path, usual, *rows, delimiter=","):
    """A file of rows, each with these cells besides the usual ones; cells of None are left out of the header."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    names = [name for name, cell in usual.items() if cell is not None]
    writer.writerow(names)
    for row in rows:
        assert row.keys() <= set(names), row
        writer.writerow([(usual | row)[name] for name in names])
    path.write_text(text.getvalue(), encoding="utf-8")
    return path


def read_or_refuse(path, shop=None):
    """Read a file that may be spoilt to its end; all that may come of it are records, and faults that say where."""
    found = recognise(path)
    if found is None:
        return None
    export = Export.of(path, path.name, found, HASHER, shop)
    chunks = list(export.chunks())
    content = path.read_bytes()
    most = content.count(b"\n") + content.count(b"\r") + 1
    for chunk in chunks:
        assert chunk.rows.num_rows == len(chunk.lines)
        assert all(found.header.line < line <= most for line in chunk.lines.tolist() if chunk.file)
        for row in chunk.bad_rows:
            assert row.file == path.name, row
            assert 1 <= row.line <= most, row
            assert row.problem, row
    for difference in export.differences:
        assert 1 <= difference.line <= most, difference
        assert difference.in_words()
    json.dumps(export.told())
    return export, chunks
