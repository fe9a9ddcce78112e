"""What is seen of a request while it goes, and who is told of it."""

import json

from msgspec import Raw

from app.messages.course import Course, Listeners
from app.pool.errors import TooManyRequests
from app.pool.events import Ended, Kind, Quiet, RateLimit, Result, StreamEvent
from app.pool.outcome import Outcome, Usage
from app.pool.request import Key
from app.web.current import part_of
from tests.messages.conftest import GOOD
from tests.messages.test_views import ANSWER, ask

KEY = Key("alice", "claude-sonnet-4-5", None)
START = {"input_tokens": 7, "output_tokens": 1, "cache_read_input_tokens": 5}


def event(kind: str, **more: object) -> StreamEvent:
    return StreamEvent(json.dumps({"type": kind, **more}).encode(), kind)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_good_answer():
    clock = Clock()
    course = Course(KEY, clock)
    clock.now = 1
    course.lent()
    clock.now = 3
    course.take(event("message_start", message={"usage": START}))
    course.take(event("message_delta", delta={}, usage={"output_tokens": 9}))
    course.take(GOOD)
    clock.now = 4
    assert course.outcome() == Outcome(
        *("alice", "claude-sonnet-4-5", GOOD, None, None),
        *(Usage(7, 9, 0, 5), 1, 3, 4),
    )


def test_one_that_got_no_process():
    course = Course(KEY)
    course.refused(TooManyRequests("full"))
    outcome = course.outcome()
    assert (outcome.ended, outcome.refusal) == (None, "too_many_requests")


def test_one_that_was_left():
    course = Course(KEY)
    course.lent()
    course.take(Quiet())
    assert course.outcome().ended == Ended(Kind.CANCELLED)
    assert course.outcome().first_event is None


def test_the_last_word_on_the_quota():
    course = Course(KEY)
    course.take(RateLimit("allowed"))
    course.take(RateLimit("rejected"))
    assert course.outcome().limit == RateLimit("rejected")


def test_the_cost_comes_after_the_end():
    course = Course(KEY)
    course.take(GOOD)
    assert course.outcome().cost is None
    usage = b'{"m":{"costUSD":0.5,"costBasis":"list"}}'
    course.take(Result(modelUsage=Raw(usage)))
    assert course.outcome().cost == 0.5


def test_usage_of_an_unknown_shape_is_not_counted():
    course = Course(KEY)
    course.take(event("message_start", message={"usage": "much"}))
    assert course.outcome().usage == Usage()


def test_a_listener_that_fails_harms_nobody():
    told: list[Outcome] = []
    outcome = Course(KEY).outcome()
    Listeners(lambda _: 1 / 0, told.append).tell(outcome)
    assert told == [outcome]


def test_every_request_is_told_of(app, client, pool):
    told: list[Outcome] = []
    part_of(app, Listeners)._listeners = (told.append,)
    pool.events = ANSWER
    ask(client)
    pool.events = [*ANSWER[:1], Ended(Kind.NETWORK)]
    ask(client)
    assert [each.ended.kind for each in told if each.ended] == ["good", "network"]
