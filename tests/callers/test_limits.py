"""Limits of each caller, over all workers: here two gates on one folder."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from app.callers.caller import Allowance
from app.callers.ledger import Ledger, Tally
from app.callers.limits import Gate, OverLimit
from app.callers.places import Places


@pytest.fixture
def ledgers(tmp_path) -> Iterator[list[Ledger]]:
    with ExitStack() as stack:
        both = [Ledger(tmp_path / "state"), Ledger(tmp_path / "state")]
        yield [stack.enter_context(closing(each)) for each in both]


@pytest.fixture
def gates(ledgers, tmp_path) -> list[Gate]:
    return [Gate(each, Places(tmp_path / "state/callers")) for each in ledgers]


def refusal(gate: Gate, name: str = "bob", **allowance: int) -> OverLimit:
    with pytest.raises(OverLimit) as caught, gate.entered(name, Allowance(**allowance)):
        pass
    return caught.value


def test_without_limits_everybody_may(gates):
    with gates[0].entered("bob", Allowance()), gates[1].entered("bob", Allowance()):
        pass


def test_parallel_requests_are_counted_over_all_workers(gates):
    two = Allowance(parallel=2)
    with gates[0].entered("bob", two), gates[1].entered("bob", two):
        refused = refusal(gates[0], parallel=2)
        assert (refused.seconds, "parallel" in str(refused)) == (1, True)
        with gates[0].entered("alice", two):
            pass
    with gates[0].entered("bob", two), gates[0].entered("bob", two):
        pass


def test_a_place_is_given_back_whatever_happens(gates):
    for _ in range(3):
        with (
            pytest.raises(ZeroDivisionError),
            gates[0].entered("bob", Allowance(parallel=1)),
        ):
            raise ZeroDivisionError


def test_a_place_is_not_kept_by_who_is_refused_for_the_minute(gates):
    once = Allowance(parallel=1, per_minute=1)
    with gates[0].entered("bob", once):
        pass
    assert "per-minute" in str(refusal(gates[1], parallel=1, per_minute=1))
    with gates[0].entered("bob", Allowance(parallel=1)):
        pass


def test_who_finds_no_place_has_not_used_up_its_minute(gates):
    with gates[0].entered("bob", Allowance(parallel=1)):
        refusal(gates[1], parallel=1, per_minute=1)
    with gates[1].entered("bob", Allowance(parallel=1, per_minute=1)):
        pass


def test_a_minute_is_one_for_all_workers(gates):
    for gate in gates:
        with gate.entered("bob", Allowance(per_minute=2)):
            pass
    refused = refusal(gates[0], per_minute=2)
    assert 50 < refused.seconds <= 60
    assert "'bob' has reached its limit per-minute=2 (requests" in str(refused)


def test_so_is_a_days_use_of_tokens(gates, ledgers):
    ledgers[0].note("bob", Tally(1, 0, 600, 400))
    with gates[1].entered("bob", Allowance(tokens_per_day=1001)):
        pass
    refused = refusal(gates[1], tokens_per_day=1000)
    assert 0 < refused.seconds <= 86_400
    assert "tokens-per-day=1000 (until midnight UTC)" in str(refused)


HOLDS_A_PLACE = """
import sys, time
from pathlib import Path
from app.callers.places import Places
with Places(Path(sys.argv[1])).taken("bob", 1) as taken:
    print(taken, flush=True)
    time.sleep(600)
"""


def test_a_killed_worker_leaves_its_place(gates, tmp_path):
    command = [sys.executable, "-c", HOLDS_A_PLACE, str(tmp_path / "state/callers")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as worker:
        assert worker.stdout.readline() == "True\n"
        refusal(gates[0], parallel=1)
        os.kill(worker.pid, signal.SIGKILL)
    with gates[0].entered("bob", Allowance(parallel=1)):
        pass


def test_places_cost_no_descriptors(gates):
    before = len(list(Path("/proc/self/fd").iterdir()))
    with ExitStack() as stack:
        for _ in range(5):
            stack.enter_context(gates[0].entered("bob", Allowance(parallel=5)))
        for _ in range(5):
            refusal(gates[0], parallel=5)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_where_the_state_cannot_be_kept_nobody_is_refused(gates, tmp_path):
    (tmp_path / "state").write_text("a file where the folder should be")
    every = Allowance(1, 1, 1)
    with gates[0].entered("bob", every), gates[0].entered("bob", every):
        pass
    said = " ".join(gates[0].problems())
    assert "parallel requests do not hold" in said
    assert "per minute and day do not hold" in said
