"""How long the demo takes to make, step by step, and how soon the desk stands in a browser at its second start.

The browser is open already and has been at the desk before, as that of a person who comes back the next morning.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from playwright.sync_api import BrowserContext, Page, expect, sync_playwright

from benchmarks.making import SHOPS
from benchmarks.results import Result, at_most
from tests.server import ROOT, free_port

STARTS = 3
TIMEOUT_MS = 60_000


def measure() -> list[Result]:
    """Make the demo of 1,200 shops on a scratch database, and start the desk on it; takes a minute."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        url = f"sqlite:///{Path(name) / 'loam.db'}"
        seconds, steps = time_making(url)
        answering, standing = time_starts(url)
    return [
        at_most(f"making the demo of {SHOPS:,} shops", seconds, 30, "s"),
        *(Result(f"of it {step}", part, "", "s") for step, part in steps.items()),
        at_most(f"second start until the queue stands in the browser, slowest of {STARTS}", standing, 4, "s"),
        Result("of it until the server answers", answering, "", "s"),
    ]


def time_making(url: str) -> tuple[float, dict[str, float]]:
    """Seconds that a process takes to make the demo, from its start to its end, and of them those of each step."""
    command = [sys.executable, "-m", "benchmarks.making", url]
    began = time.perf_counter()
    told = subprocess.run(command, cwd=ROOT, env=bare(), stdout=subprocess.PIPE, text=True, check=True).stdout
    return time.perf_counter() - began, json.loads(told)


def time_starts(url: str) -> tuple[float, float]:
    """Seconds from the start of `loam.py run` until it answers, and until the queue stands; those of the slowest."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        context.set_default_timeout(TIMEOUT_MS)
        port = free_port()
        with running(url, port) as address:
            wait_for(address)
            sign_in(context, address)
        times = [time_start(url, port, context) for _ in range(STARTS)]
        browser.close()
    return max(times, key=lambda each: each[1])


def time_start(url: str, port: int, context: BrowserContext) -> tuple[float, float]:
    """As `time_starts`, of one start."""
    page = context.new_page()
    began = time.perf_counter()
    with running(url, port) as address:
        wait_for(address)
        answering = time.perf_counter() - began
        page.goto(f"{address}/queue")
        see_queue(page)
        standing = time.perf_counter() - began
        page.close()
    return answering, standing


@contextmanager
def running(url: str, port: int) -> Iterator[str]:
    """The address of `loam.py run`, just started."""
    process = subprocess.Popen(
        [sys.executable, "loam.py", "run"], cwd=ROOT, stderr=subprocess.DEVNULL,
        env=bare() | {"LOAM_DATABASE_URL": url, "LOAM_PORT": str(port)},
    )  # fmt: skip
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=20)


def wait_for(address: str) -> None:
    """Ask until the server answers."""
    for _ in range(TIMEOUT_MS // 20):
        try:
            httpx.get(f"{address}/healthz", timeout=5).raise_for_status()
            return
        except httpx.TransportError:
            time.sleep(0.02)
    raise RuntimeError("the server did not answer")


def sign_in(context: BrowserContext, address: str) -> None:
    """Sit down as the first officer, and look at the queue once."""
    page = context.new_page()
    page.goto(f"{address}/account?next=/queue")
    page.click("button[value=officer]")
    see_queue(page)
    page.close()


def see_queue(page: Page) -> None:
    """Wait until the heading and the table of the queue stand."""
    expect(page.get_by_role("heading", level=4).first).to_contain_text(" wait", timeout=TIMEOUT_MS)
    expect(page.get_by_test_id("stDataFrame").locator("canvas").first).to_be_visible(timeout=TIMEOUT_MS)


def bare() -> dict[str, str]:
    """The environment without a person's own settings."""
    return {name: value for name, value in os.environ.items() if not name.startswith("LOAM_")}


if __name__ == "__main__":
    for result in measure():
        print(result)
