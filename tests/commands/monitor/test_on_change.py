"""The command that is run at a change."""

import re
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.commands.monitor import on_change
from app.commands.monitor.look import Look, State
from app.commands.monitor.on_change import OnChange
from app.commands.monitor.proxy import Change
from tests.support.waiting import wait_until

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
URL = "http://127.0.0.1:8000"
UNWELL = Change(URL, Look(State.UNHEALTHY, "No CLI", "Install it."), NOON)


def well(*, first: bool) -> Change:
    return Change(URL, Look(State.HEALTHY), NOON, first=first)


@pytest.fixture
def told(tmp_path) -> Path:
    return tmp_path / "told"


def says(told: Path) -> str:
    text: str = wait_until(lambda: told.exists() and told.read_text(), 30)
    return text


def test_it_knows_what_has_changed_by_the_names_of_monitor_sh(told):
    names = ("STATE", "REASON", "REMEDY", "SINCE", "URL")
    with OnChange(f'echo "{"|".join(f"${each}" for each in names)}" > {told}') as run:
        run.tell(UNWELL)
        assert (
            says(told) == f"unhealthy|No CLI|Install it.|2026-11-28T12:00:00Z|{URL}\n"
        )


def test_it_knows_that_by_names_of_our_own_too(told):
    names = [
        f"$CLAUDE_PROXY_{n}" for n in ("STATE", "REASON", "REMEDY", "SINCE", "URL")
    ]
    with OnChange(f'echo "{"|".join(names)}" > {told}') as run:
        run.tell(UNWELL)
        assert re.fullmatch(
            r"unhealthy\|No CLI\|Install it\.\|.*Z\|http.*\n", says(told)
        )


def test_what_a_server_says_is_no_command(told, tmp_path):
    evil = Look(State.ERROR, f"$(touch {tmp_path}/evil) `touch {tmp_path}/evil`; '\"")
    with OnChange(f'echo "$REASON" > {told}') as run:
        run.tell(Change(URL, evil, NOON))
        assert says(told).startswith("$(touch")
    assert not (tmp_path / "evil").exists()


def test_a_first_state_that_is_healthy_is_no_change(told):
    with OnChange(f"echo $STATE >> {told}") as run:
        run.tell(well(first=True))
        run.tell(UNWELL)
        run.tell(well(first=False))
        wait_until(lambda: says(told).count("\n") == 2, 30)
    assert told.read_text() == "unhealthy\nhealthy\n"


def test_one_that_prints_without_end_is_let_print(told, capfd):
    with OnChange(f"head -c 1000000 /dev/zero; echo done > {told}") as run:
        run.tell(UNWELL)
        assert says(told) == "done\n"
    assert capfd.readouterr().out == ""


def test_one_that_fails_is_told_and_forgotten_once_it_works(told):
    with OnChange(f"[ -e {told} ] || exit 3") as run:
        run.tell(UNWELL)
        wait_until(lambda: run.trouble == "the command ended with exit code 3", 30)
        told.touch()
        run.tell(UNWELL)
        wait_until(lambda: run.trouble is None, 30)


def test_one_that_hangs_is_ended(monkeypatch):
    monkeypatch.setattr(on_change, "_SECONDS", 0.3)
    with OnChange("sleep 300") as run:
        run.tell(UNWELL)
        wait_until(lambda: "no end before the deadline" in (run.trouble or ""), 30)


def test_the_end_of_the_monitor_ends_it_and_what_it_started(told):
    with OnChange(f"sleep 300 & echo $! > {told}; wait") as run:
        run.tell(UNWELL)
        run.tell(UNWELL)
        pid = says(told).strip()
        ending = time.monotonic()
    assert time.monotonic() - ending < 30  # of the minute that it has
    wait_until(lambda: not Path(f"/proc/{pid}").exists(), 30)


def test_without_a_command_nothing_runs():
    with OnChange(None) as run:
        run.tell(UNWELL)
        assert run.trouble is None
