"""When a proxy counts as changed, and how that is written."""

from datetime import UTC, datetime, timedelta

import pytest

from app.commands.monitor.look import Look, State, unreachable
from app.commands.monitor.proxy import Change, Proxy, exit_code, line

URL = "http://127.0.0.1:8000"
NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
WELL = Look(State.HEALTHY, at=NOON)
UNWELL = Look(State.UNHEALTHY, "No CLI", "Install it.", "cli_not_found", at=NOON)


def away(seconds: int = 0) -> Look:
    at = NOON + timedelta(seconds=seconds)
    return Look(State.UNREACHABLE, "Connection refused", "See.", at=at)


def changes(*looks: Look) -> list[tuple[int, State]]:
    """Return which look was a change, and to what."""
    proxy = Proxy(URL)
    taken = [proxy.take(each) for each in looks]
    return [(at, each.look.state) for at, each in enumerate(taken) if each]


def test_the_first_look_is_a_change_and_the_first():
    proxy = Proxy(URL)
    assert proxy.take(WELL) == Change(URL, WELL, NOON, first=True)
    assert proxy.take(UNWELL) == Change(URL, UNWELL, NOON, first=False)


def test_the_same_again_is_none():
    assert changes(WELL, WELL, UNWELL, UNWELL) == [(0, "healthy"), (2, "unhealthy")]


def test_another_code_is_a_change():
    expired = Look(State.UNHEALTHY, code="login_expired")
    assert changes(UNWELL, expired) == [(0, "unhealthy"), (1, "unhealthy")]


def test_one_lost_answer_is_no_outage():
    assert changes(WELL, away(), WELL, away(), away()) == [
        (0, "healthy"),
        (4, "unreachable"),
    ]


def test_an_outage_is_since_its_first_look():
    proxy = Proxy(URL)
    for each in (WELL, away(5), away(10)):
        proxy.take(each)
    assert proxy.now
    assert proxy.now.since == NOON + timedelta(seconds=5)


def test_what_is_seen_anew_is_as_old_as_it_was():
    proxy = Proxy(URL)
    proxy.take(UNWELL)
    later = Look(State.UNHEALTHY, "No CLI", code="cli_not_found")
    proxy.take(later)
    assert proxy.now == Change(URL, later, NOON)


@pytest.mark.parametrize(
    ("looks", "code"),
    [
        ([WELL, WELL], 0),
        ([WELL, UNWELL], 1),
        ([WELL, Look(State.ERROR)], 1),
        ([WELL, away()], 2),
        ([UNWELL, away()], 1),
        ([], 2),
    ],
)
def test_the_exit_code_is_that_of_check(looks, code):
    assert exit_code(looks) == code


def test_a_line_says_when_who_what_why_and_what_to_do():
    assert line(Change(URL, WELL, NOON)) == f"2026-11-28T12:00:00Z {URL} healthy"
    assert line(Change(URL, UNWELL, NOON)) == (
        f"2026-11-28T12:00:00Z {URL} unhealthy: No CLI. Install it."
    )


def test_what_is_not_reached_is_told_with_its_address():
    look = unreachable(URL, "timed out")
    assert URL in look.remedy
    assert look.state is State.UNREACHABLE
