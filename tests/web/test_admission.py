"""Places for slow work."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from app.web.admission import Admission, Overloaded, Turns
from tests.support.waiting import wait_until


@pytest.fixture
def turns():
    return Turns()


@pytest.fixture
def crowd(turns):
    """Have the turn, and two who wait for it; return what the two did."""
    done: list[int] = []

    def take(number: int) -> None:
        with turns.one():
            done.append(number)

    with ThreadPoolExecutor() as pool, ExitStack() as ours:
        ours.enter_context(turns.one())
        for number in range(2):
            pool.submit(take, number)
        wait_until(lambda: turns._places._value == 0)
        yield done


def test_a_place_can_be_taken_again():
    admission = Admission(1)
    admission.enter()
    with pytest.raises(Overloaded):
        admission.enter()
    admission.leave()
    admission.enter()


def test_one_computes_at_a_time(crowd):
    assert crowd == []


def test_who_comes_to_a_crowd_is_refused(turns, crowd):
    with pytest.raises(Overloaded), turns.one():
        pass


def test_a_turn_is_had_again_after_an_error(turns):
    for _ in range(5):
        with pytest.raises(LookupError), turns.one():
            raise LookupError
