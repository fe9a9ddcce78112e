"""What the page says, in words."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.contract.codes import MEANINGS, Code, Status
from app.page import words
from tests.support.reports import NOW, reported

OF_REQUESTS = {  # codes of an answer, which no component can have
    *(Code.PORT_IN_USE, Code.ADDRESS_UNAVAILABLE, Code.BAD_REQUEST, Code.NOT_FOUND),
    *(Code.METHOD_NOT_ALLOWED, Code.OVERLOADED, Code.UPSTREAM_TIMEOUT),
    Code.INTERNAL_ERROR,
}


def test_every_code_of_the_health_has_its_phrase():
    assert set(words.REASONS) == set(Code) - OF_REQUESTS


def test_a_code_of_another_version_is_its_own_phrase():
    assert words.reason("cli_on_fire") == "cli on fire"


def test_what_is_healthy_has_no_reason():
    assert (words.reason(None), words.reason("")) == ("", "")


def test_healthy_says_for_how_long():
    assert words.verdict(reported()) == "Healthy for 3 days"


def test_the_last_to_recover_says_since_when_it_is_healthy():
    report = reported(Code.CLI_FAILED, NOW - timedelta(minutes=2))
    well = reported(components=report.components)
    assert words.verdict(well) == "Healthy for 2 minutes"


def test_an_outage_says_since_when_and_why():
    report = reported(Code.LOGIN_EXPIRED, NOW.replace(hour=14, minute=2))
    said = "Cannot serve since 14:02 UTC: the login has expired"
    assert words.verdict(report) == said


def test_an_outage_of_yesterday_has_its_day():
    report = reported(Code.CLI_NOT_FOUND, NOW - timedelta(days=1))
    assert words.verdict(report).startswith("Cannot serve since 27 November 14:30 UTC:")


def test_an_error_is_not_called_an_outage():
    assert words.verdict(reported(Code.STALE)).startswith("Not known since 14:30 UTC:")


def test_what_passes_is_no_outage():
    assert words.verdict(reported(Code.STARTING)).startswith("Starting:")
    assert words.verdict(reported(Code.DRAINING)).startswith("Stopping:")


@pytest.mark.parametrize("code", words.REASONS)
def test_no_verdict_ends_like_a_sentence_or_repeats_its_remedy(code):
    verdict = words.verdict(reported(code))
    assert not verdict.endswith(".")
    assert MEANINGS[code].remedy.rstrip(".").lower() not in verdict.lower()


@pytest.mark.parametrize(
    ("name", "title"),
    [("claude_cli", "Claude CLI"), ("api_server", "API server"), ("quota", "Quota")],
)
def test_a_component_has_a_heading(name, title):
    assert words.title(name) == title


def test_a_state_that_passes_has_its_own_word():
    assert words.state(Status.UNHEALTHY, Code.STARTING) == "starting"
    assert words.state(Status.UNHEALTHY, Code.CLI_FAILED) == "unhealthy"
    assert words.state(Status.HEALTHY, None) == "healthy"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.4, "a moment"),
        (1, "1 second"),
        (119, "1 minute"),
        (7200, "2 hours"),
        (86400 * 3.9, "3 days"),
    ],
)
def test_a_length_of_time_is_told_in_its_largest_unit(seconds, text):
    assert words.lasting(seconds) == text


@pytest.mark.parametrize(
    ("minutes_ago", "until", "text"),
    [
        (50, 40, "13:40 to 13:50 UTC"),
        (10, 0, "since 14:20 UTC"),
        (2 * 1440, 2 * 1440 - 60, "26 November 14:30 to 15:30 UTC"),
        (1440, 10, "27 November 14:30 to 14:20 UTC"),
    ],
)
def test_a_span_says_its_day_once(minutes_ago, until, text):
    now = NOW.timestamp()
    said = words.span(now - minutes_ago * 60, now - until * 60, NOW)
    assert said == text


def test_a_command_can_be_told_from_its_sentence():
    cut = list(words.pieces("Run 'claude-proxy login' now, not 'rm'."))
    assert [(each.text, each.is_command) for each in cut] == [
        ("Run ", False),
        ("claude-proxy login", True),
        (" now, not 'rm'.", False),
    ]


def test_no_remedy_has_no_pieces():
    assert list(words.pieces(None)) == []


@pytest.mark.parametrize(
    ("ratio", "text"),
    [
        (None, "not measured"),
        (0.0, "0 %"),
        (0.5, "50 %"),
        (0.98127, "98.13 %"),
        (0.999999, "99.99 %"),
        (1.0, "100 %"),
    ],
)
def test_a_ratio_in_percent(ratio, text):
    assert words.percent(ratio) == text


@given(st.floats(0, 1, exclude_max=True))
def test_what_is_not_all_is_never_called_all(ratio):
    assert words.percent(ratio) != "100 %"
