"""Durations in buckets, and their quantiles."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.history.durations import bucket, quantiles

DURATIONS = st.floats(1e-3, 1e4)


def counted(durations: list[float]) -> dict[int, int]:
    counts: dict[int, int] = {}
    for each in durations:
        counts[bucket(each)] = counts.get(bucket(each), 0) + 1
    return counts


@given(st.lists(DURATIONS, min_size=1), st.floats(0, 1))
def test_a_quantile_is_at_most_5_percent_off(durations, rank):
    ordered = sorted(durations)
    found = quantiles(counted(durations), [rank])[0]
    near = [each for each in ordered if abs(found / each - 1) <= 0.051]
    assert near
    below = sum(each < near[0] for each in ordered)
    upto = sum(each <= near[-1] for each in ordered)
    assert below <= rank * len(ordered) <= upto + 1e-6


def test_without_counts_there_is_none():
    assert quantiles({}, [0.5, 0.99]) == [None, None]


@pytest.mark.parametrize("seconds", [0.0, -1.0, 1e-9, 1e9])
def test_what_is_out_of_range_is_counted_at_its_end(seconds):
    assert quantiles({bucket(seconds): 1}, [0.5])[0] == pytest.approx(
        1e5 if seconds > 1 else 1e-4, rel=0.1
    )
