"""The bars: a cell for each slot, and no more green than there was."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.contract.codes import Code
from app.history.slot import SERVICE, Slot
from app.history.timeline import Cell
from app.page.bars import GAP, HEIGHT, WIDTH, Bar, bar

STATES = (None, "", Code.STARTING, Code.CLI_FAILED, Code.STALE, "from_the_future")
LETTERS = "nhpueu"


def drawn(states) -> Bar:
    cells = [Cell(n * 60, 60, slot(state)) for n, state in enumerate(states)]
    return bar("1 h", cells, SERVICE, len(cells) * 60)


def slot(state) -> Slot:
    return Slot() if state is None else Slot(states={SERVICE: {state: 60.0}})


def cells_of(path: str) -> list[int]:
    return [int(x) // WIDTH for x in re.findall(r"M(\d+) ", path)]


def test_each_state_has_its_letter():
    assert drawn(STATES).letters == LETTERS


def test_a_cell_shows_the_worst_of_its_time():
    both = Slot(states={SERVICE: {"": 59.0, Code.CLI_TIMEOUT: 1.0}})
    assert bar("1 m", [Cell(0, 60, both)], SERVICE, 60).letters == "u"


def test_a_component_that_nobody_has_seen_is_not_green():
    seen = Slot(states={SERVICE: {"": 60.0}})
    made = bar("1 m", [Cell(0, 60, seen)], "quota", 60)
    assert (made.letters, made.uptime) == ("n", None)


def test_each_kind_has_a_height_of_its_own():
    heights = {re.search(r"v(\d+)", path)[1] for _, path in drawn(STATES).paths}
    assert len(heights) == len(set(LETTERS))


@given(st.lists(st.sampled_from(STATES), min_size=1))
def test_every_cell_is_drawn_once_in_its_place(states):
    made = drawn(states)
    places = sorted(place for _, path in made.paths for place in cells_of(path))
    assert places == list(range(len(states)))
    assert made.width == len(states) * WIDTH


def test_cells_stand_on_the_ground_beside_each_other():
    [(_, path)] = drawn([""]).paths
    x, y, wide, high = map(int, re.findall(r"[Mhv ](\d+)", path))
    assert (x, y + high, wide) == (0, HEIGHT, WIDTH - GAP)


def test_gaps_are_no_downtime_and_are_told_beside_the_uptime():
    made = drawn(["", None, "", Code.STALE])
    assert made.uptime == pytest.approx(2 / 3)
    assert made.measured == pytest.approx(3 / 4)
