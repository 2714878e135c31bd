"""How fast a platform's export is read and checked before anything is stored, and in how much memory.

The file is made up: a Taobao order report of one million orders by some 600,000 buyers, with 61 columns, all quoted, in
GB18030, every twentieth with a line break inside a message. It is read in a process of its own.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.results import Result, at_least, at_most
from ingest.export_records import Hasher
from ingest.exports import Export, recognise
from ingest.taobao import COLUMNS

ROOT = Path(__file__).resolve().parents[1]
ROWS, BUYERS, COLUMN_COUNT = 1_000_000, 600_011, 61
ROWS_AT_ONCE = 20_000


def measure() -> list[Result]:
    """Write the file, and read it; takes half a minute."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        path = Path(name) / "export.csv"
        write_report(path, ROWS)
        command = [sys.executable, "-m", "benchmarks.exports", str(path)]
        told = json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout)
    return [
        at_least(
            "Taobao's order report of a million rows, read and checked", told["rows_per_second"], 150_000, "rows/s"
        ),
        Result("the same in processor time of all threads", told["rows_per_busy_second"], "", "rows/s"),
        at_most("peak memory of reading it", told["peak_mb"], 400, "MB"),
    ]


def write_report(path: Path, rows: int) -> None:
    """A made-up order report."""
    names = [wordings[0] for wordings in COLUMNS.values()]
    others = [f"其他{number}" for number in range(COLUMN_COUNT - len(names))]
    with path.open("wb") as file:
        file.write((",".join(f'"{name}"' for name in names + others) + "\r\n").encode("gb18030"))
        for first in range(0, rows, ROWS_AT_ONCE):
            lines = [_line(number, len(others)) for number in range(first, min(first + ROWS_AT_ONCE, rows))]
            file.write("".join(lines).encode("gb18030"))


def _line(number: int, others: int) -> str:
    paid = f"{number % 900 + 20}.{number % 100:02}"
    day, second = number % 28 + 1, number % 60
    message = "第一行留言\n第二行留言" if number % 20 == 0 else "样例家居小店"
    cells = [
        f'=""{4_900_000_000_000_000_000 + number}""', f"样例买家_{number * 7919 % BUYERS}", paid, "0.00", paid, paid,
        "交易成功", f"2026-03-{day:02} 10:11:{second:02}", f"2026-03-{day:02} 10:12:{second:02}", "0", "0.00",
        f"2026-04-{day:02} 09:00:{second:02}", f"{paid}元", message, "样例省 样例市 样例区 样例路*号(000000)",
    ]  # fmt: skip
    return '"' + '","'.join([*cells, *[""] * (others - 2)]) + '"\r\n'


def read(path: Path) -> dict[str, float]:
    """Read a report to its end, and keep nothing."""
    began, began_busy = time.perf_counter(), time.process_time()
    found = recognise(path)
    if found is None:
        raise ValueError(path)
    export = Export.of(path, path.name, found, Hasher(bytes(32)), None)
    rows = sum(chunk.row_count - len(chunk.bad_rows) for chunk in export.chunks())
    if export.told()["orders"] != rows:
        raise ValueError(rows)
    seconds, busy_seconds = time.perf_counter() - began, time.process_time() - began_busy
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"rows_per_second": rows / seconds, "rows_per_busy_second": rows / busy_seconds, "peak_mb": peak_mb}


if __name__ == "__main__":
    print(json.dumps(read(Path(sys.argv[1]))))
