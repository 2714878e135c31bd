"""What takes long to make and is made once for all of pytest's processes, which run beside each other."""

import os
import time
from pathlib import Path

WAIT_S = 240


def made_once(tmp_path_factory, name, make) -> Path:
    """A folder that the first process to ask fills with `make(folder)`; the others wait for it. Read it or copy it."""
    base = tmp_path_factory.getbasetemp()
    # The folders of xdist's processes lie beside each other in one of this run.
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / f"once-{name}"
    done, failed = folder / "done", folder / "failed"
    try:
        folder.mkdir()
    except FileExistsError:
        _wait_for(done, failed)
        return folder
    try:
        make(folder)
    except BaseException:
        failed.touch()
        raise
    done.touch()
    return folder


def _wait_for(done: Path, failed: Path) -> None:
    end = time.monotonic() + WAIT_S
    while not done.exists():
        if failed.exists() or time.monotonic() > end:
            raise RuntimeError(f"{done.parent.name} was not made; the process that tried says why")
        time.sleep(0.1)
