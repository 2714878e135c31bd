"""A PostgreSQL that crashes under load has lost nothing that was called recorded, and the desk finds it again."""

import pytest

from tests.faults.crashing import crash_under_load, durable_server
from tests.faults.many_files import UNHARMED


def expect_unharmed(crashed):
    assert crashed.harm == UNHARMED
    assert crashed.longest_away_s < 30
    assert crashed.refusals, "nobody noticed the crashes"
    assert all("The database cannot be reached" in said or "was lost" in said or "read again" in said
               for said in crashed.refusals)  # fmt: skip


def test_a_crash_of_the_server_loses_nothing_and_the_desk_goes_on_by_itself(tmp_path):
    with durable_server(tmp_path / "server") as server:
        expect_unharmed(crash_under_load(server, crashes=2, files=3_000))


@pytest.mark.soak
def test_eight_crashes_of_the_server_lose_nothing(tmp_path):
    with durable_server(tmp_path / "server") as server:
        expect_unharmed(crash_under_load(server, crashes=8, files=20_000))
