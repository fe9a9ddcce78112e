"""What the upstream will refuse is refused here, until its time is over."""

import time

import pytest

from app.messages.errors import ApiError
from app.messages.held import Held
from app.pool.events import RateLimit
from app.pool.outcome import Outcome
from tests.messages.conftest import GOOD
from tests.messages.test_request import LEAST
from tests.messages.test_views import ANSWER, ask, problem_of
from tests.support.outcomes import LIMITED, limit, outcome, refused

MODEL, OTHER = "claude-sonnet-4-5", "claude-haiku-4-5"


class Clock:
    def __init__(self) -> None:
        self.now = time.time()

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def login() -> list[object]:
    return ["a login"]


@pytest.fixture
def held(clock, login) -> Held:
    return Held(lambda: login[-1], clock)


def until(seconds: float, window: str | None = "five_hour") -> RateLimit:
    return limit("rejected", window, time.time() + seconds)


def refusing(said: RateLimit | None):
    return outcome(refused(429, "rate_limit_error", "Slow down."), limit=said)


def refusal(held: Held, model: str = MODEL) -> ApiError | None:
    try:
        held.refuse(model)
    except ApiError as error:
        return error
    return None


def test_nothing_is_held_before_anything_was_refused(held):
    held.take_in(outcome(GOOD, limit=limit("allowed", "five_hour", 2e9)))
    assert refusal(held) is None


def test_the_same_answer_is_given_with_the_time_that_is_left(held):
    held.take_in(refusing(until(100)))
    error = refusal(held)
    assert (error.status, error.known_type) == (429, "rate_limit_error")
    assert error.message == "Slow down."
    assert 98 <= error.retry_after <= 100


def test_it_ends_with_the_reset(held, clock):
    held.take_in(refusing(until(100)))
    clock.now += 99
    assert refusal(held)
    clock.now += 2
    assert refusal(held) is None


def test_the_upstream_is_asked_again_after_a_quarter_of_an_hour(held, clock):
    held.take_in(refusing(until(1e6)))
    clock.now += 899
    assert refusal(held)
    clock.now += 1
    assert refusal(held) is None


def test_another_login_is_asked(held, login):
    held.take_in(refusing(until(100)))
    login.append("another one")
    assert refusal(held) is None


@pytest.mark.parametrize(
    ("window", "all_models"),
    [("five_hour", True), ("seven_day", True), (None, True), ("seven_day_opus", False)],
)
def test_a_window_of_the_account_holds_every_model(held, window, all_models):
    held.take_in(refusing(until(100, window)))
    assert refusal(held, MODEL)
    assert bool(refusal(held, OTHER)) is all_models


@pytest.mark.parametrize(
    "ended",
    [
        LIMITED,
        refusing(limit("rejected", "five_hour", None)),
        refusing(limit("allowed", "five_hour", 2e9)),
        refusing(until(-1)),
        outcome(refused(529), limit=until(100)),
    ],
)
def test_what_names_no_time_holds_nobody(held, ended):
    held.take_in(ended)
    assert refusal(held) is None


def test_models_that_nobody_asks_for_any_more_are_forgotten(held, clock):
    for number in range(100):
        clock.now += 1000
        said = limit("rejected", "seven_day_opus", clock.now + 500)
        held.take_in(Outcome("alice", f"m-{number}", refused(429), limit=said))
    assert len(held._refusals) == 1


def test_a_hundred_requests_after_one_429_ask_nobody(client, pool):
    pool.events = [until(100), refused(429, "rate_limit_error", "Slow down.")]
    first = ask(client)
    assert problem_of(first) == (429, "rate_limit_error", "Slow down.")
    for _ in range(100):
        answer = ask(client)
        assert problem_of(answer) == problem_of(first)
        assert 98 <= int(answer.headers["Retry-After"]) <= 100
        assert answer.headers["x-should-retry"] == "false"
    assert len(pool.asked) == 1


def test_a_stream_is_refused_before_it_begins(client, pool):
    pool.events = [until(100), refused(429)]
    ask(client)
    assert ask(client, LEAST | {"stream": True}).status_code == 429


def test_without_a_time_every_request_is_asked(client, pool):
    pool.events = [refused(429)]
    assert [ask(client).status_code for _ in range(3)] == [429] * 3
    pool.events = ANSWER
    assert ask(client).status_code == 200
    assert len(pool.asked) == 4
