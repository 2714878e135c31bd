"""Tries a platform's reader on one odd file after another, led by which lines of Loam each one reaches (atheris).

    python -m tests.fuzz NAME SECONDS

NAME is a format of `ingest.exports.FORMATS`, or `all` for one after another. What brings a reader down is kept in
`var/fuzz` and named on the way out. The first files are the small ones of tests/made_up_exports.py in each encoding.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from tests.made_up_exports import ENCODINGS, SOUND

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / "var" / "fuzz"
LONGEST_BYTES = 8_192
# So long may one file take, which is at most eight kilobytes.
SECONDS_FOR_ONE = 10


def begin(name, folder):
    """Write the files with which the search for one format begins, and the words that it may put in."""
    corpus = folder / "corpus"
    corpus.mkdir()
    for encoding in ENCODINGS:
        (corpus / f"{name}-{encoding}").write_bytes(SOUND[name].encode(encoding))
    words = sorted({word for line in SOUND[name].splitlines() for word in line.replace("\t", ",").split(",") if word})
    quoted = ("".join(f"\\x{byte:02x}" for byte in word.encode()) for word in [*words, '"', "\n", "1e3", "1.234,56"])
    (folder / "words").write_text("".join(f'"{word}"\n' for word in quoted), encoding="utf-8")
    return corpus


def search(folder, seconds):
    """Try files until the time is up or a reader falls; atheris ends the process."""
    import atheris

    with atheris.instrument_imports(include=["ingest"]):
        from tests.exports import read_or_refuse

    path = folder / "x.csv"

    def try_one(content):
        path.write_bytes(content)
        read_or_refuse(path)

    KEPT.mkdir(parents=True, exist_ok=True)
    options = [
        f"-max_total_time={seconds}", f"-max_len={LONGEST_BYTES}", f"-timeout={SECONDS_FOR_ONE}",
        f"-dict={folder / 'words'}", f"-artifact_prefix={KEPT}/", "-rss_limit_mb=2048", "-print_final_stats=1",
    ]  # fmt: skip
    atheris.Setup([sys.argv[0], *options, str(folder / "corpus")], try_one)
    atheris.Fuzz()


def main():
    """Search for one format after another, each in a process of its own, since a search ends its process."""
    name, seconds, *folder = sys.argv[1:]
    if folder:
        search(Path(folder[0]), seconds)
    fallen = []
    for each in SOUND if name == "all" else [name]:
        with tempfile.TemporaryDirectory(prefix="fuzz-") as made:
            begin(each, Path(made))
            command = [sys.executable, "-m", "tests.fuzz", each, seconds, made]
            if subprocess.run(command, cwd=ROOT, check=False).returncode:
                fallen.append(each)
    sys.exit(f"brought down: {', '.join(fallen)}; see {KEPT}" if fallen else 0)


if __name__ == "__main__":
    main()
