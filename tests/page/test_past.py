"""What the page reads of the past: how often, how much, and what of it is an outage."""

from collections.abc import Iterator

import pytest

from app.contract.codes import Code
from app.database import DatabaseError
from app.history.archive import DAY, HOUR, MINUTE, Archive
from app.history.slot import SERVICE, Slot
from app.page.past import Past
from tests.support.made_up_past import write

NOW = 1_700_049_600.0 + 20 * MINUTE  # 20 minutes past a full hour


@pytest.fixture
def archive(tmp_path) -> Iterator[Archive]:
    made = Archive(tmp_path, "one")
    yield made
    made.close()


@pytest.fixture
def past(archive) -> Past:
    return Past(archive, lambda: NOW)


def unwell(code: str, seconds: float = 60.0) -> Slot:
    return Slot(states={SERVICE: {code: seconds}})


def outages(past: Past) -> list[tuple[int, int, str]]:
    found = past.view(()).outages
    return [(int(NOW) - o.start, int(NOW) - o.end, o.code) for o in found]


def test_there_is_a_bar_of_each_length_for_each_component(past):
    view = past.view(("quota",))
    assert list(view.bars) == [SERVICE, "quota"]
    lengths = [(bar.name, len(bar.letters)) for bar in view.bars["quota"]]
    assert lengths == [("24 h", 48), ("7 d", 84), ("90 d", 90)]


def test_the_last_cell_is_the_present_one(past, archive):
    archive.add({int(NOW) - MINUTE: unwell(Code.STALE)})
    for bar in past.view(()).bars[SERVICE]:
        assert bar.letters == "n" * (len(bar.letters) - 1) + "e"
        assert bar.start + len(bar.letters) * bar.step > NOW


def test_the_first_cells_are_no_older_than_what_is_read(past, archive):
    for ago in (DAY - 30 * MINUTE, 7 * DAY - 2 * HOUR, 89 * DAY):
        archive.add({int(NOW) - ago: unwell(Code.STALE)})
    assert [bar.letters[0] for bar in past.view(()).bars[SERVICE]] == ["e"] * 3


def test_an_outage_of_today_is_told_by_the_minute(past, archive):
    for ago in (5, 4, 3):
        archive.add({int(NOW) - ago * MINUTE: unwell(Code.CLI_TIMEOUT)})
    assert outages(past) == [(5 * MINUTE, 2 * MINUTE, "cli_timeout")]
    assert past.view(()).outages[0].seconds == 180


def test_an_outage_of_before_is_told_by_the_hour(past, archive):
    at = int(NOW - 3 * DAY) // HOUR * HOUR
    archive.add({at + 7 * MINUTE: unwell("melted"), at + HOUR: unwell("melted")})
    [outage] = past.view(()).outages
    assert (outage.start, outage.end) == (at, at + 2 * HOUR)
    assert (outage.seconds, outage.code) == (120, "melted")


@pytest.mark.parametrize("ago", range(DAY - 2 * HOUR, DAY + 3 * HOUR, HOUR // 2))
def test_no_outage_is_told_twice(past, archive, ago):
    archive.add({int(NOW) - ago: unwell(Code.STALE)})
    assert len(past.view(()).outages) == 1


def test_the_latest_outages_come_first_and_not_all_of_them(past, archive):
    for ago in range(1, 30, 2):
        archive.add({int(NOW) - ago * MINUTE: unwell(Code.STALE)})
    found = [ended for _, ended, _ in outages(past)]
    assert found == [ago * MINUTE for ago in range(0, 20, 2)]


def test_a_start_and_a_gap_are_no_outages(past, archive):
    archive.add({int(NOW) - 60: unwell(Code.STARTING), int(NOW) - 600: Slot()})
    assert past.view(()).outages == []


def test_what_follows_another_code_is_another_outage(past, archive):
    archive.add({int(NOW) - 120: unwell("one"), int(NOW) - 60: unwell("other")})
    assert [code for *_, code in outages(past)] == ["other", "one"]


def test_many_who_look_are_one_reading(past, archive, monkeypatch):
    first = past.view(("quota",))
    monkeypatch.setattr(archive, "slots", lambda *_: 1 / 0)
    assert past.view(("quota",)) is first


def test_a_history_that_cannot_be_read_is_said(past, archive, monkeypatch):
    def fail(*_: object) -> None:
        raise DatabaseError("disk I/O error")

    monkeypatch.setattr(archive, "slots", fail)
    view = past.view(())
    assert view.problem == "The history cannot be read: disk I/O error."
    assert (view.bars, view.plots, view.outages) == ({}, [], [])


def test_the_made_up_past_has_what_a_newcomer_should_see(past, archive):
    write(archive, NOW)
    view = past.view(("authentication", "quota"))
    letters = "".join(bar.letters for bar in view.bars[SERVICE])
    assert {"h", "u", "n"} <= set(letters)
    assert not any(plot.is_empty for plot in view.plots)
    assert len(view.outages) == 6
