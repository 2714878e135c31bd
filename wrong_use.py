"""Wrong use of a command, told before anything is made: a place that cannot be written, a port that is taken."""

import socket
import stat
import sys
import tempfile
from datetime import date
from pathlib import Path

import typer

EARLIEST_DEMO = date(2000, 1, 1)


def refuse_taken_port(host: str, port: int) -> None:
    """Say so where another program listens there, before anything is made."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            print(f"{host}:{port} cannot be used: {error.strerror}. LOAM_PORT names another port.", file=sys.stderr)
            raise typer.Exit(1) from error


def refuse_unwritable(path: Path, flag: str) -> None:
    """A file that could not be written at the end, or that would take the place of what is no file."""
    if not path.parent.is_dir():
        raise typer.BadParameter(f"there is no folder {path.parent} to write to.", param_hint=flag)
    try:
        # Not followed: a link such as /dev/stdout would be replaced, and not what it leads to.
        there = path.lstat()
        if not stat.S_ISREG(there.st_mode):
            raise typer.BadParameter(f"{path} is there already, and is no ordinary file.", param_hint=flag)
        path.open("r+b").close()
    except FileNotFoundError:
        pass  # a new one
    except OSError as error:
        raise typer.BadParameter(f"{path} cannot be written: {error.strerror}.", param_hint=flag) from error
    try:
        tempfile.TemporaryFile(dir=path.parent).close()
    except OSError as error:
        raise typer.BadParameter(
            f"nothing can be written to the folder {path.parent}: {error.strerror}.", param_hint=flag
        ) from error


def refuse_missing_folder(path: Path, flag: str) -> None:
    """A folder that is not there, or in which nothing can be written."""
    if not path.is_dir():
        raise typer.BadParameter(f"there is no folder {path}; make it first.", param_hint=flag)
    try:
        tempfile.TemporaryFile(dir=path).close()
    except OSError as error:
        raise typer.BadParameter(
            f"nothing can be written to the folder {path}: {error.strerror}.", param_hint=flag
        ) from error


def refuse_unreadable(path: Path) -> None:
    """A place that is not there, or may not be looked into. The files of a folder are opened later."""
    try:
        if not path.exists():
            raise typer.BadParameter(f"there is no file or folder {path}.")
        if path.is_file():
            path.open("rb").close()
        elif path.is_dir():
            for found in path.iterdir():
                found.is_file()
    except OSError as error:
        raise typer.BadParameter(f"{path} cannot be read: {error.strerror}.") from error


def refuse_early_demo(today: date) -> None:
    """A day on which the made-up shops would have opened before the oldest records that are read."""
    if today < EARLIEST_DEMO:
        print(f"The demo can be made as of {EARLIEST_DEMO} at the earliest, not {today}.", file=sys.stderr)
        raise typer.Exit(2)
