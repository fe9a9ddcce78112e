"""What is due when: tables over a clock that is passed in."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from app.components.evidence import Evidence, Timing
from app.monitor.schedule import check_is_due, doubts_due, longest_age

CHECKED = Evidence(None, 100.0, revision=3, checked_revision=3, probed_at=100.0)


@pytest.mark.parametrize(("at", "due"), [(129.9, False), (130.0, True)])
def test_an_unchanged_cli_is_asked_once_an_interval(at, due):
    assert check_is_due(CHECKED, at, 30.0) is due


def test_what_was_never_asked_is_due():
    assert check_is_due(Evidence(None, 0.0), 0.0, 30.0)


def test_any_change_makes_a_check_due():
    assert check_is_due(replace(CHECKED, revision=4), 100.0, 30.0)


@pytest.mark.parametrize(
    ("doubts", "waits"), [(1, 1.0), (2, 2.0), (3, 4.0), (5, 16.0), (6, 30.0)]
)
def test_inconclusive_checks_are_repeated_sooner(doubts, waits):
    doubted = replace(CHECKED, doubts=doubts)
    assert not check_is_due(doubted, 100.0 + waits - 0.01, 30.0)
    assert check_is_due(doubted, 100.0 + waits, 30.0)


@pytest.mark.parametrize(("waited", "doubts"), [(9.9, 0), (10.0, 1), (20.0, 2)])
def test_each_timeout_without_an_answer_is_a_doubt(waited, doubts):
    assert doubts_due(CHECKED, waited, 10.0) == doubts


@pytest.mark.parametrize(("waited", "doubts"), [(24.9, 0), (25.0, 1), (29.9, 1)])
def test_a_cli_that_was_late_and_right_is_given_more_time(waited, doubts):
    late = Timing(22.0, datetime(2026, 1, 1, tzinfo=UTC))
    known = replace(CHECKED, timings={"claude_cli": late})
    assert doubts_due(known, waited, 10.0) == doubts


def test_a_verdict_outlives_every_check_on_its_way():
    assert longest_age(30.0, 10.0) == 90.0
    assert longest_age(1.0, 10.0) == 61.0
