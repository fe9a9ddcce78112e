"""deploy/monitor.sh, the contract's loop as one would keep it: what it tells, when."""

import re
import signal
from pathlib import Path

import pytest

from tests.support.rude import RUDE, health, in_turn
from tests.support.waiting import wait_until
from tests.support.watching import SCRIPT, UNWELL, with_or_without_jq


@with_or_without_jq
def test_it_tells_an_outage_of_a_real_service(serve, fake_claude, monitor):
    service = serve()
    service.becomes(None)
    watching = monitor(service.url)
    assert watching.says(1) == "healthy"
    fake_claude.path.unlink()
    said = "unhealthy: Claude CLI not found in PATH. CLAUDE_CLI_PATH names"
    assert watching.says(2).startswith(said)
    fake_claude.install()
    assert watching.says(3) == "healthy"
    service.process.kill()
    assert watching.says(4).startswith("unreachable: ")


def test_the_command_knows_what_has_changed(server, monitor, tmp_path):
    told = tmp_path / "told"
    command = f'echo "$STATE|$REASON|$REMEDY|$SINCE" >> {told}'
    watching = monitor(server.url, "--on-change", command)
    watching.says(1)
    server.behaviour = UNWELL
    wait_until(lambda: told.exists() and told.read_text(), 60)
    assert re.fullmatch(
        r"unhealthy\|No CLI\|Install it\.\|20[\d-]+T[\d:]+Z\n", told.read_text()
    )


@with_or_without_jq
@pytest.mark.parametrize("rude", RUDE)
def test_it_survives_a_server_that_is_rude(server, monitor, rude):
    server.behaviour = RUDE[rude]
    watching = monitor(server.url, "--timeout", "1")
    assert watching.says(1).startswith("unreachable: ")
    server.behaviour = health("healthy")
    assert watching.says(2) == "healthy"


def test_it_speaks_only_after_enough_answers(server, monitor):
    well = health("healthy")
    server.behaviour = in_turn(UNWELL, UNWELL, well, well, UNWELL, UNWELL, UNWELL, well)
    watching = monitor(server.url, "--failures", "3", "--successes", "2")
    assert watching.says(3) == "healthy"
    assert [line.partition(":")[0] for line in watching.lines] == [
        *("healthy", "unhealthy", "healthy")
    ]
    asked = server.asked
    wait_until(lambda: server.asked > asked + 5, 60)
    assert len(watching.lines) == 3


def test_an_outage_of_two_faces_is_told(server, monitor):
    turns = [UNWELL, RUDE["reset"]] * 3
    server.behaviour = in_turn(health("healthy"), *turns, UNWELL)
    watching = monitor(server.url)
    watching.says(1)
    wait_until(lambda: len(watching.lines) > 1, 60)
    assert watching.lines[1].startswith("unreachable: ")


def test_another_reason_is_a_change(server, monitor):
    server.behaviour = UNWELL
    watching = monitor(server.url)
    assert watching.says(1) == "unhealthy: No CLI. Install it."
    server.behaviour = health("error", 500, "Stale", "Restart.")
    assert watching.says(2) == "error: Stale. Restart."


def test_quiet_prints_nothing_and_runs_the_command(server, monitor, tmp_path):
    server.behaviour = UNWELL
    told = tmp_path / "told"
    watching = monitor(server.url, "--quiet", f"--on-change=echo $STATE > {told}")
    assert wait_until(lambda: told.exists() and told.read_text(), 60) == "unhealthy\n"
    assert watching.lines == []


def test_a_command_that_hangs_is_ended(server, monitor, tmp_path):
    impatient = tmp_path / "monitor.sh"
    impatient.write_text(SCRIPT.read_text().replace("PATIENCE=60", "PATIENCE=0.5"))
    impatient.chmod(0o755)
    server.behaviour = UNWELL
    options = ("--on-change", "sleep 300 & wait")
    watching = monitor(server.url, *options, script=impatient)
    watching.says(1)
    server.behaviour = health("healthy")
    assert watching.says(2) == "healthy"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_and_leaves_nothing(server, monitor, number):
    watching = monitor(server.url, "--interval", "300")
    watching.says(1)
    wait_until(lambda: "sleep" in names_of(watching.process.pid))
    assert watching.stop(number) == -number
    wait_until(lambda: names_of(watching.process.pid) == [])


def names_of(session: int) -> list[str]:
    """Return the names of a session's processes."""
    found = []
    for each in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, _, rest = each.read_text().partition("(")[2].rpartition(")")
        except OSError:
            continue
        if rest.split()[3] == str(session) and rest.split()[0] != "Z":
            found.append(name)
    return found
