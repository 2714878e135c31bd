"""Before a decision is called recorded it is on the disk, and not only in the system's memory."""

import re
import subprocess
import sys

import pytest

from db.engine import connect
from tests.faults.many_files import fill
from tests.server import ROOT

DECISIONS = 12
WATCHED = "trace=fsync,fdatasync,sync_file_range,write"


def syncs_before_each(url, folder, decisions):
    """How many syncs came before each decision was called recorded, and after the one before it."""
    told, calls = folder / "said", folder / "calls"
    subprocess.run(
        ["strace", "-f", "-s", "40", "-e", WATCHED, "-o", calls,
         sys.executable, "-m", "tests.faults.deciders", url, str(decisions), told],
        cwd=ROOT, check=True, timeout=120,
    )  # fmt: skip
    counts, syncs = [], 0
    for line in calls.read_text(errors="replace").splitlines():
        if re.search(r"\b(fsync|fdatasync|sync_file_range)\(", line):
            syncs += 1
        elif "write(" in line and '"recorded ' in line:
            counts.append(syncs)
            syncs = 0
    return counts


@pytest.mark.skipif(sys.platform != "linux", reason="strace, which .ci/run installs, is a program of Linux")
def test_each_decision_is_synced_to_the_disk_before_it_is_called_recorded(migrated_file, tmp_path):
    place = tmp_path / "loam.db"
    place.write_bytes(migrated_file.read_bytes())
    engine = connect(f"sqlite:///{place}")
    fill(engine, DECISIONS)
    engine.dispose()
    counts = syncs_before_each(f"sqlite:///{place}", tmp_path, DECISIONS)
    assert len(counts) == DECISIONS
    assert min(counts) >= 1
