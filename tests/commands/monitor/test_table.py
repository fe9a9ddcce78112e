"""The table: what it says, and that it takes every text for text."""

from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from rich.console import Console

from app.commands.monitor.look import Look, State
from app.commands.monitor.proxy import Proxy
from app.commands.monitor.table import render, span, sparkline


def drawn(*looks: Look, trouble: str | None = None, width: int = 100) -> str:
    proxy, screen = Proxy("http://127.0.0.1:8000"), StringIO()
    for each in looks:
        proxy.take(each)
    Console(file=screen, width=width).print(render([proxy], 5.0, trouble))
    return screen.getvalue()


def well(seconds: float = 0.01, **more) -> Look:
    return Look(State.HEALTHY, seconds=seconds, **more)


def test_a_row_says_who_what_since_when_and_how_fast():
    since = datetime.now(UTC) - timedelta(hours=2, minutes=5, seconds=1)
    said = drawn(well(0.012, since=since, evidence=7))
    row = next(each for each in said.splitlines() if "127.0.0.1:8000" in each)
    assert row.split() == [
        *("127.0.0.1:8000", "healthy", "2", "h", "5", "min", "12", "ms", "█", "7", "s")
    ]


def test_what_is_wrong_and_what_to_do_stand_below():
    said = drawn(
        Look(State.UNHEALTHY, "No CLI", "Install it.", wrong=("claude_cli unhealthy",))
    )
    below = said.partition("evidence")[2]
    assert "No CLI" in below
    assert "claude_cli unhealthy" in below
    assert "-> Install it." in below


def test_nothing_is_known_before_the_first_look():
    assert "asking" in drawn()
    assert "asking" in drawn(Look(State.UNREACHABLE))


def test_markup_is_text():
    markup = "[red]x[/red] [link=http://127.0.0.1]y[/link] [/]"
    assert markup in drawn(Look(State.ERROR, markup, "[blink]"))


def test_the_evidence_ages_while_nobody_answers():
    at = datetime.now(UTC) - timedelta(seconds=100)
    assert "1 min 42 s" in drawn(well(evidence=2, at=at))


def test_a_look_is_a_bar_as_high_as_its_answer_took():
    line = sparkline([well(0.1), well(0.8), Look(State.UNREACHABLE), well(0.4)])
    assert line.plain == "▂█!▅"


def test_a_bar_has_the_colour_of_what_was_said():
    line = sparkline([well(), Look(State.UNHEALTHY, seconds=0.01)])
    assert [span.style for span in line.spans] == ["green", "red"]


def test_only_the_last_looks_are_drawn():
    assert len(sparkline([well()] * 60).plain) == 20


def test_a_command_that_fails_is_told():
    assert "exit code 3" in drawn(well(), trouble="the command ended with exit code 3")


def test_it_fits_into_80_columns():
    look = Look(State.UNREACHABLE, "x" * 300, "y" * 300)
    lines = drawn(*[look] * 30, width=80).splitlines()
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-1, "0 s"),
        (59.9, "59 s"),
        (61, "1 min 1 s"),
        (7380, "2 h 3 min"),
        (90_000, "1 d 1 h"),
    ],
)
def test_a_duration_is_told_by_its_largest_units(seconds, said):
    assert span(seconds) == said
