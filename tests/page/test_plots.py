"""The plots: what was, in the scale of a person, and no line over a gap."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.history.durations import bucket
from app.history.slot import SERVICE, Slot
from app.history.timeline import Cell
from app.page.plots import HEIGHT, WIDTH, Line, Plot, plots

STEP = 600


def seen(**more) -> Slot:
    return Slot(states={SERVICE: {"": 600.0}}, **more)


def drawn(*slots: Slot) -> dict[str, Plot]:
    cells = [Cell(n * STEP, STEP, slot) for n, slot in enumerate(slots)]
    return {plot.title: plot for plot in plots(cells)}


def points(line: Line) -> list[list[tuple[int, int]]]:
    return [
        [tuple(map(int, point.split(","))) for point in piece.split()]
        for piece in line.pieces
    ]


def test_nothing_seen_is_nothing_drawn():
    assert all(plot.is_empty for plot in drawn(Slot(), Slot()).values())


def test_a_gap_breaks_the_line():
    plot = drawn(seen(requests=10), Slot(), seen(requests=10))["Requests"]
    pieces = points(plot.lines[0])
    assert len(pieces) == 2
    assert pieces[0][-1][0] <= WIDTH / 3
    assert pieces[1][0][0] >= WIDTH * 2 / 3


def test_a_time_without_requests_is_zero_and_no_gap():
    plot = drawn(seen(requests=10), seen(), seen(requests=10))["Requests"]
    assert points(plot.lines[0]) == [[(0, 0), (240, HEIGHT), (480, 0)]]


def test_a_single_value_is_still_a_line():
    [piece] = points(drawn(seen(cost=1.0))["Cost at list prices"].lines[0])
    assert len(piece) == 2


@pytest.mark.parametrize(
    ("title", "slot", "last"),
    [
        ("Requests", seen(requests=50, failed=5), [5.0, 0.5]),
        ("Tokens", seen(tokens={"input_tokens": 90, "output_tokens": 10}), [9.0, 1.0]),
        ("Cost at list prices", seen(cost=0.5), [3.0]),
        ("Warm processes", seen(processes=1200.0), [2.0]),
        ("Quota used", seen(quota={"five_hour": (0.25, None)}), [25.0]),
    ],
)
def test_each_figure_is_in_its_unit(title, slot, last):
    assert [line.last for line in drawn(slot)[title].lines] == pytest.approx(last)


@pytest.mark.parametrize(
    ("title", "counted"),
    [("Duration of requests", "duration"), ("Time to first token", "first_token")],
)
def test_how_long_it_took_is_drawn_by_rank(title, counted):
    counts = {bucket(1.0): 90, bucket(20.0): 10}
    plot = drawn(seen(**{counted: counts}))[title]
    assert [line.name for line in plot.lines] == ["p50", "p95", "p99"]
    assert [line.last for line in plot.lines] == pytest.approx([1, 20, 20], rel=0.06)


def test_a_quota_says_when_it_begins_anew_and_is_drawn_against_all_of_it():
    plot = drawn(seen(quota={"five_hour": (0.5, 9999.0)}))["Quota used"]
    assert (plot.top, plot.lines[0].name) == (100.0, "five hour")
    assert plot.lines[0].until == 9999.0


def test_what_was_long_ago_is_not_told_as_now():
    told = seen(quota={"five_hour": (0.5, None)})
    [line] = drawn(told, seen(), seen())["Quota used"].lines
    assert line.last is None


@given(st.lists(st.one_of(st.none(), st.integers(0, 10**9)), min_size=1))
def test_every_point_is_within_the_picture(counts):
    slots = [Slot() if n is None else seen(requests=n) for n in counts]
    plot = drawn(*slots)["Requests"]
    for line in plot.lines:
        for x, y in (point for piece in points(line) for point in piece):
            assert 0 <= x <= WIDTH
            assert 0 <= y <= HEIGHT


@given(st.integers(1, 10**9))
def test_the_scale_ends_at_a_round_number_not_far_above(count):
    top = drawn(seen(requests=count))["Requests"].top
    most = count / (STEP / 60)
    assert most * 0.998 <= top <= most * 2.5
    assert f"{top:e}"[:3] in ("1.0", "2.0", "2.5", "5.0")
