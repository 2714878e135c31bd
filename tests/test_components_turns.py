"""Few pages run at a time; none is left out, and an import holds up nobody."""

import threading

from components import turns


def test_no_more_pages_run_at_once_than_have_a_turn():
    running, most, lock = 0, 0, threading.Lock()
    together = threading.Barrier(3 * turns.AT_ONCE)

    def run():
        nonlocal running, most
        together.wait()
        with turns.turn("queue"):
            with lock:
                running += 1
                most = max(most, running)
            threading.Event().wait(0.01)
            with lock:
                running -= 1

    threads = [threading.Thread(target=run) for _ in range(3 * turns.AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (most, running) == (turns.AT_ONCE, 0)


def test_a_page_that_fails_gives_its_turn_back(monkeypatch):
    monkeypatch.setattr(turns, "LONGEST_WAIT_S", 0)
    for _ in range(2 * turns.AT_ONCE):
        try:
            with turns.turn("queue"):
                raise KeyError
        except KeyError:
            pass
    assert all(turns._turns.acquire(blocking=False) for _ in range(turns.AT_ONCE))
    turns._turns.release(turns.AT_ONCE)


def test_imports_take_no_turn_and_after_the_longest_wait_a_page_goes_on_without_one(monkeypatch):
    monkeypatch.setattr(turns, "LONGEST_WAIT_S", 0)
    assert all(turns._turns.acquire(blocking=False) for _ in range(turns.AT_ONCE))
    ran = []
    for page in ("imports", "queue"):
        with turns.turn(page):
            ran.append(page)
    turns._turns.release(turns.AT_ONCE)
    assert ran == ["imports", "queue"]
