"""Cells, their gaps, and the uptime."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.contract.codes import Code
from app.history.archive import DAY, HOUR, MINUTE
from app.history.slot import SERVICE, Slot, total
from app.history.timeline import cells, measured, uptime

NOON = 1_700_049_600  # a full hour
PAST = st.dictionaries(
    st.integers(0, 2000).map(lambda n: NOON + n * MINUTE), st.integers(0, 60)
)


def slot(healthy: float = 0.0, code: Code | None = None, unwell: float = 0.0) -> Slot:
    made = Slot()
    made.saw({SERVICE: None}, healthy)
    if code:
        made.saw({SERVICE: code}, unwell)
    return made


@given(PAST, st.sampled_from([MINUTE, 7 * MINUTE, HOUR, DAY]))
def test_every_slot_is_in_one_cell(past, step):
    slots = [(at, slot(seconds)) for at, seconds in sorted(past.items())]
    found = cells(slots, NOON, NOON + 2001 * MINUTE, step)
    assert total(cell.slot for cell in found).measured() == sum(past.values())


@given(PAST)
def test_a_gap_stays_a_gap(past):
    slots = [(at, slot(seconds)) for at, seconds in past.items()]
    for cell in cells(slots, NOON, NOON + 2001 * MINUTE, MINUTE):
        assert (cell.slot.worst() is not None) == (cell.start in past)


def test_cells_of_a_day_begin_at_midnight():
    starts = [cell.start for cell in cells([], NOON, NOON + 2 * DAY, DAY)]
    assert [start % DAY for start in starts] == [0, 0, 0]


@pytest.mark.parametrize(
    ("slots", "ratio"),
    [
        ([], None),
        ([Slot()], None),
        ([slot(60.0)], 1.0),
        ([slot(0.0, Code.STALE, 60.0)], 0.0),
        ([slot(30.0), Slot(), slot(15.0, Code.STALE, 15.0)], 0.75),
    ],
)
def test_uptime_is_the_healthy_part_of_what_was_measured(slots, ratio):
    assert uptime(slots) == ratio


def test_how_much_was_measured_is_told_beside_it():
    assert measured([slot(30.0), slot(60.0)], 180.0) == 0.5
    assert measured([slot(61.0)], 60.0) == 1.0
