"""Minutes and hours in their file: kept, rolled up, damaged, forgotten."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.contract.codes import Code
from app.history.archive import DAY, HOUR, KEPT, MINUTE, Archive, history_subject
from app.history.slot import SERVICE, Slot
from config.loading import load_settings

ROOT = Path(__file__).parents[2]
NOON = 1_700_049_600
ALL = (0.0, 2.0**40)
WRITES = (
    "import sys; from pathlib import Path;"
    "from app.history.archive import Archive; from app.history.slot import Slot;"
    "archive = Archive(Path(sys.argv[1]), 'one')\n"
    "for n in range(10**9): archive.add({n * 60: Slot(requests=1)}); print(n, flush=1)"
)


@pytest.fixture
def archive(tmp_path) -> Iterator[Archive]:
    made = Archive(tmp_path, "one")
    yield made
    made.close()


def healthy(seconds: float = 60.0) -> Slot:
    made = Slot()
    made.saw({SERVICE: None}, seconds)
    return made


def test_nothing_is_known_of_before(archive):
    assert archive.slots(MINUTE, *ALL) == []


def test_a_minute_is_in_its_own_row_and_in_its_hours(archive):
    archive.add({NOON + 120: healthy(), NOON + HOUR: healthy()})
    minutes = [(NOON + 120, healthy()), (NOON + HOUR, healthy())]
    assert archive.slots(MINUTE, *ALL) == minutes
    assert archive.slots(HOUR, *ALL) == [(NOON, healthy()), (NOON + HOUR, healthy())]


def test_nothing_is_held_between_two_uses(archive, tmp_path):
    archive.add({NOON: healthy()})
    archive.slots(MINUTE, *ALL)
    held = [os.path.realpath(each) for each in Path("/proc/self/fd").iterdir()]
    assert str(tmp_path / "history.sqlite") not in held


def test_what_several_saw_of_a_minute_is_added_up(archive, tmp_path):
    other = Archive(tmp_path, "one")
    archive.add({NOON: healthy(20.0)})
    other.add({NOON: Slot(requests=3)})
    archive.add({NOON: healthy(40.0)})
    other.close()
    [(_, slot)] = archive.slots(MINUTE, *ALL)
    assert (slot.measured(), slot.requests) == (60.0, 3)


def test_of_another_subject_nothing_is_seen(archive, tmp_path):
    other = Archive(tmp_path, "two")
    other.add({NOON: healthy()})
    other.close()
    assert archive.slots(MINUTE, *ALL) == []


def test_a_year_stays_small_and_every_second_of_90_days_is_there(archive, tmp_path):
    """Hour by hour, as a year of minutes would take longer than a test may."""
    for day in range(365):
        hours = range(NOON + day * DAY, NOON + (day + 1) * DAY, HOUR)
        archive.add({at: busy() for at in hours})
    recent = range(NOON + 365 * DAY - KEPT[MINUTE] * MINUTE, NOON + 365 * DAY, MINUTE)
    archive.add({at: busy() for at in recent if at % HOUR})
    assert len(archive.slots(HOUR, *ALL)) == 90 * 24
    assert len(archive.slots(MINUTE, *ALL)) == KEPT[MINUTE]
    assert sum(s.measured() for _, s in archive.slots(HOUR, *ALL)) == (
        (90 - 2) * 24 * 60.0 + 48 * 3600.0
    )
    assert (tmp_path / "history.sqlite").stat().st_size < 5_000_000


def busy() -> Slot:
    made = Slot(requests=100, cost=0.25, tokens={"input_tokens": 1, "output_tokens": 2})
    made.saw(dict.fromkeys((SERVICE, *"abcde"), None), 60.0)
    made.saw({SERVICE: Code.LOGIN_EXPIRED}, 0.0)
    made.duration = dict.fromkeys(range(20), 5)
    made.first_token = dict.fromkeys(range(10), 5)
    made.quota = {"five_hour": (0.5, 1.0), "seven_day": (0.5, 1.0)}
    return made


def test_a_clock_that_jumps_ahead_for_a_moment_costs_no_history(archive):
    archive.add({NOON: healthy()})
    archive.add({NOON + 3650 * DAY: healthy()})
    assert archive.slots(MINUTE, NOON, NOON + DAY) == [(NOON, healthy())]


def test_a_damaged_file_is_set_aside_begins_anew_and_is_told(archive, tmp_path):
    archive.add({NOON: healthy()})
    file = tmp_path / "history.sqlite"
    os.truncate(file, 5000)
    with file.open("r+b") as opened:
        opened.write(b"damaged" * 100)
    archive.add({NOON: healthy(1.0)})
    assert archive.slots(MINUTE, *ALL) == [(NOON, healthy(1.0))]
    assert (tmp_path / "history.sqlite.damaged").exists()
    assert "begins anew" in archive.problems()[0]


def test_a_slot_that_cannot_be_understood_is_a_gap(archive, tmp_path):
    archive.add({NOON: healthy()})
    archive._database.write(lambda file: file.execute("UPDATE slots SET slot = x'c1'"))
    assert archive.slots(MINUTE, *ALL) == [(NOON, Slot())]


def test_killed_while_it_writes_it_loses_nothing_that_was_written(archive, tmp_path):
    command = [sys.executable, "-c", WRITES, str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as writer:
        assert writer.stdout
        while (last := int(writer.stdout.readline())) < 50:
            pass
        writer.send_signal(signal.SIGKILL)
        last = max(int(line) for line in [last, *writer.stdout])
    minutes = sum(slot.requests for _, slot in archive.slots(MINUTE, *ALL))
    hours = sum(slot.requests for _, slot in archive.slots(HOUR, *ALL))
    assert minutes == hours
    assert minutes - (last + 1) in (0, 1)


def test_the_subject_outlives_a_boot_and_a_key(monkeypatch):
    before = history_subject(load_settings())
    monkeypatch.setattr("app.monitor.store._BOOT_ID", Path("/dev/null"))
    monkeypatch.setenv("ANTHROPIC_API_KEY", "another")
    assert history_subject(load_settings()) == before


def test_another_login_folder_is_another_subject(monkeypatch):
    before = history_subject(load_settings())
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", "/elsewhere")
    assert history_subject(load_settings()) != before
