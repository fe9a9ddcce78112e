"""What a slot holds, and how slots add up."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.contract.codes import Code, Status
from app.history.slot import HEALTHY, SERVICE, Slot, is_passing, status_of, total

STATES = st.dictionaries(
    st.sampled_from(["", *Code]), st.integers(0, 60).map(float), max_size=3
)
SLOTS = st.builds(
    Slot,
    states=st.dictionaries(st.sampled_from([SERVICE, "quota"]), STATES),
    requests=st.integers(0, 9),
    duration=st.dictionaries(st.integers(-9, 9), st.integers(1, 9)),
    tokens=st.dictionaries(st.sampled_from(["input_tokens"]), st.integers(0, 9)),
    quota=st.dictionaries(st.just("five_hour"), st.just((0.5, None))),
)


@given(st.lists(SLOTS), st.integers(0, 10))
def test_it_does_not_matter_in_which_pieces_they_are_added(slots, cut):
    whole = total([total(slots[:cut]), total(slots[cut:])])
    assert whole == total(slots)


@given(st.lists(SLOTS))
def test_no_second_is_lost_and_none_counted_twice(slots):
    assert total(slots).measured() == sum(slot.measured() for slot in slots)


@given(SLOTS)
def test_what_is_written_is_read_the_same(slot):
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(slot), type=Slot) == slot


def test_a_moment_is_enough_to_be_the_worst():
    slot = Slot()
    slot.saw({SERVICE: None}, 59.0)
    slot.saw({SERVICE: Code.LOGIN_EXPIRED}, 0.0)
    assert slot.worst() == Code.LOGIN_EXPIRED


@pytest.mark.parametrize(
    ("states", "worst"),
    [
        ([Code.CHECK_FAILED, Code.CLI_NOT_FOUND], Code.CHECK_FAILED),
        ([Code.LOGIN_EXPIRED, Code.CLI_NOT_FOUND], Code.CLI_NOT_FOUND),
        ([Code.STARTING, Code.QUOTA_EXHAUSTED], Code.QUOTA_EXHAUSTED),
        ([Code.DRAINING, None], Code.DRAINING),
        ([None], HEALTHY),
        ([], None),
    ],
)
def test_the_worst_state(states, worst):
    slot = Slot()
    for each in states:
        slot.saw({SERVICE: each}, 1.0)
    assert slot.worst() == worst


@pytest.mark.parametrize(
    ("state", "status"),
    [
        (None, None),
        (HEALTHY, Status.HEALTHY),
        ("stale", Status.ERROR),
        ("login_expired", Status.UNHEALTHY),
        ("of_another_version", Status.UNHEALTHY),
    ],
)
def test_the_status_of_a_state(state, status):
    assert status_of(state) == status


def test_a_restart_is_no_outage():
    assert is_passing("starting")
    assert not is_passing("stale")
    assert not is_passing(None)
