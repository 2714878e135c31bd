"""Two processes of the desk behind nginx, with the project's own file: one is killed while two officers decide."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import httpx
import pytest
from playwright.sync_api import expect

from db import chain_key
from db.engine import connect, open_session
from tests.browser.files import decisions_on
from tests.browser.visitor import settle
from tests.desk import AS_OF, Desk, add_application, add_batch, add_score, add_shop
from tests.server import ROOT, free_port, wait_for

pytestmark = pytest.mark.browser

NGINX = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")


@pytest.fixture(scope="module")
def record(postgresql_server):
    """A desk in PostgreSQL with three waiting applications: its address, and their numbers."""
    name = postgresql_server.create(postgresql_server.migrated)
    url = postgresql_server.address(name)
    engine = connect(url)
    numbers = [Desk(engine).application_id]
    with open_session(engine, write=True) as session:
        batch_id = add_batch(session)
        for ref in ("S2", "S3"):
            shop_id = add_shop(session, ref, name=f"Shop {ref}", batch_id=batch_id)
            numbers.append(add_application(session, shop_id, f"A-{ref}", batch_id=batch_id))
            add_score(session, shop_id, batch_id=batch_id)
    yield url, numbers
    engine.dispose()
    postgresql_server.drop(name)
    for kept in chain_key.FOLDER.glob(f"{name}.*"):
        kept.unlink()


@contextmanager
def desks(url, place, ports):
    """A process of the desk on each port, by port."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LOAM_")} | {
        "LOAM_DATABASE_URL": url, "LOAM_BUSINESS_DATE": AS_OF.isoformat(), "LOAM_DEMO": "true",
        "STREAMLIT_SERVER_COOKIE_SECRET": "made up",
    }  # fmt: skip
    started, logs = {}, []
    try:
        for port in ports:
            log = (place / f"desk-{port}.log").open("w+b")
            logs.append(log)
            started[port] = subprocess.Popen(
                [sys.executable, "-m", "uvicorn", "app:app", "--host", "127.0.0.1", "--port", str(port)],
                cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT,
            )  # fmt: skip
        for (port, process), log in zip(started.items(), logs, strict=True):
            wait_for(f"http://127.0.0.1:{port}", process, log)
        yield started
    finally:
        for process in started.values():
            process.terminate()
        for process in started.values():
            process.wait(timeout=20)
        for log in logs:
            log.close()


@contextmanager
def nginx(place, ports):
    """The address of an nginx with the project's file before the desks."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
         "-keyout", place / "desk.key", "-out", place / "desk.crt"],
        check=True, capture_output=True,
    )  # fmt: skip
    plain, tls = free_port(), free_port()
    ours = (ROOT / "deploy" / "nginx" / "loam.conf").read_text(encoding="utf-8")
    for said, put in {
        "8501": str(ports[0]), "8502": str(ports[1]), "listen 80;": f"listen 127.0.0.1:{plain};",
        "listen 443 ssl;": f"listen 127.0.0.1:{tls} ssl;", "/etc/loam/tls": str(place),
    }.items():  # fmt: skip
        assert said in ours
        ours = ours.replace(said, put)
    kept = "\n".join(
        f"{kind}_temp_path {place}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (place / "nginx.conf").write_text(
        f"daemon off; worker_processes 1; pid {place}/nginx.pid; error_log {place}/error.log;\n"
        f"events {{}}\nhttp {{\n{kept}\n{ours}\n}}\n"
    )
    with (place / "nginx.log").open("w+b") as log:
        process = subprocess.Popen([NGINX, "-p", place, "-c", place / "nginx.conf"], stdout=log, stderr=log)
        try:
            wait_for(f"http://127.0.0.1:{ports[0]}", process, log)
            yield f"https://127.0.0.1:{tls}"
        finally:
            process.terminate()
            process.wait(timeout=20)


@pytest.fixture(scope="module")
def running(record, tmp_path_factory):
    """The address of nginx, and the processes behind it by port."""
    if NGINX is None:
        assert os.environ.get("CI") != "true", "no nginx"
        pytest.skip("no nginx")
    place = tmp_path_factory.mktemp("several")
    ports = free_port(), free_port()
    with desks(record[0], place, ports) as started, nginx(place, ports) as address:
        yield address, started


def seat(browser, address, handle, port, application):
    """A person's tab at a file, served by the process on a port."""
    context = browser.new_context(ignore_https_errors=True, viewport={"width": 1280, "height": 800})
    context.add_cookies([{"name": "loam_process", "value": f"127.0.0.1:{port}", "url": address, "secure": True}])
    page = context.new_page()
    page.goto(f"{address}/review?application={application}")
    page.click(f'button[value="{handle}"]')
    settle(page)
    assert process_of(context) == port
    return page


def process_of(context):
    (said,) = [each["value"] for each in context.cookies() if each["name"] == "loam_process"]
    return int(said.rpartition(":")[2])


def ask(page):
    page.get_by_role("button", name=re.compile("^(Approve|Offer) ¥")).click()
    page.get_by_role("button", name="Record it").wait_for()


def test_when_a_process_is_killed_its_page_comes_back_through_the_other_and_nothing_is_lost_or_twice(
    browser,
    running,
    record,
):
    address, started = running
    url, (first, second, third) = record
    dies, lives = started
    officer = seat(browser, address, "officer", dies, first)
    other = seat(browser, address, "second", lives, second)
    ask(officer)
    ask(other)
    officer.get_by_role("button", name="Record it").click(no_wait_after=True)
    started[dies].send_signal(signal.SIGKILL)
    killed_at = time.monotonic()
    other.get_by_role("button", name="Record it").click()
    expect(other.get_by_role("heading", name="Recorded")).to_be_visible()

    # Nobody touches the officer's tab: it comes back by itself, and nobody has to sign in.
    while process_of(officer.context) != lives:
        assert time.monotonic() - killed_at < 60
        officer.wait_for_timeout(100)
    settle(officer)
    recorded = officer.get_by_role("heading", name="Recorded")
    again = officer.get_by_role("button", name=re.compile("^(Approve|Offer) ¥"))
    expect(recorded.or_(again)).to_be_visible()
    # What was said to be recorded is; what was not is pressed again.
    assert recorded.is_visible() == bool(decisions_on(url, first))
    if again.is_visible():
        ask(officer)
        officer.get_by_role("button", name="Record it").click()
        expect(recorded).to_be_visible()

    other.goto(f"{address}/review?application={third}")
    settle(other)
    ask(other)
    other.get_by_role("button", name="Record it").click()
    expect(other.get_by_role("heading", name="Recorded")).to_be_visible()
    assert [len(decisions_on(url, number)) for number in (first, second, third)] == [1, 1, 1]
    for page in (officer, other):
        page.context.close()


def test_under_tls_the_cookies_are_for_tls_alone_and_the_desk_knows_it(running):
    address, _ = running
    answer = httpx.post(f"{address}/account", data={"person": "officer"}, verify=False)
    assert answer.status_code == 303
    cookies = {each.split("=")[0]: each.lower() for each in answer.headers.get_list("set-cookie")}
    assert cookies.keys() >= {"loam_sign_in", "loam_process"}
    for name in ("loam_sign_in", "loam_process"):
        assert "secure" in cookies[name]
        assert "httponly" in cookies[name]
    assert "strict-transport-security" in answer.headers
    assert "server" not in answer.headers or "/" not in answer.headers["server"]
