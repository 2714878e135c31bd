"""`python loam.py run` opens the desk, or says in a sentence why not."""

import os
import socket
import subprocess
import sys

import pytest

from tests.server import ROOT, free_port


def run(tmp_path, *, seconds=30, **settings):
    named = {f"LOAM_{name.upper()}": str(value) for name, value in settings.items()}
    bare = {name: value for name, value in os.environ.items() if not name.startswith("LOAM_")}
    return subprocess.run(
        [sys.executable, "loam.py", "run"],
        cwd=ROOT,
        env=bare | {"LOAM_DATABASE_URL": f"sqlite:///{tmp_path / 'loam.db'}"} | named,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.7"])
def test_the_demo_does_not_start_where_others_can_reach_it(tmp_path, host):
    done = run(tmp_path, host=host)
    assert done.returncode == 1
    assert "demo people sign in without a password" in done.stderr
    assert not (tmp_path / "loam.db").exists()


def test_a_taken_port_is_named_and_nothing_is_made(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = run(tmp_path, port=taken.getsockname()[1])
    assert done.returncode == 1
    assert "LOAM_PORT" in done.stderr
    assert not (tmp_path / "loam.db").exists()


@pytest.mark.parametrize("url", ["mysql://somewhere/loam", "sqlite://"])
def test_a_database_that_cannot_be_used_is_named(tmp_path, url):
    done = run(tmp_path, database_url=url, port=free_port())
    assert done.returncode == 1
    assert "LOAM_DATABASE_URL" in done.stderr
    assert "Traceback" not in done.stderr


def test_settings_are_printed_each_with_its_sentence(tmp_path):
    done = subprocess.run([sys.executable, "loam.py", "settings"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "LOAM_DATABASE_URL=" in done.stdout
    assert "LOAM_BUSINESS_DATE=None" in done.stdout
