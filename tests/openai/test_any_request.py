"""Whatever stands at whatever place of a request, it is no fault of ours."""

from collections.abc import Iterator
from contextlib import suppress
from copy import deepcopy
from functools import reduce
from operator import getitem
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.openai.parameters import CHAT, CHAT_NESTED, RESPONSES, RESPONSES_NESTED
from tests.messages.test_strict import values
from tests.messages.test_views import ANSWER
from tests.openai.sensible import SENSIBLE

Place = tuple[Any, ...]
KINDS: list[Any] = [[], ["a"], {}, "odd", "", 0, True, None]


def places(value: Any, at: Place = ()) -> Iterator[Place]:
    """Yield where each value within this one stands."""
    inner = value.items() if isinstance(value, dict) else []
    for name, each in enumerate(value) if isinstance(value, list) else inner:
        yield (*at, name)
        yield from places(each, (*at, name))


def put(body: Any, place: Place, value: Any) -> None:
    """Put a value at a place, if that is still there."""
    with suppress(LookupError, TypeError):
        reduce(getitem, place[:-1], body)[place[-1]] = deepcopy(value)


def asked(client, door, *changes: tuple[Place, Any]) -> int:
    body = deepcopy(SENSIBLE[door.path])
    for place, value in changes:
        put(body, place, value)
    return door.ask(client, body).status_code


def test_what_is_sensible_is_answered(client, pool, door):
    pool.events = ANSWER
    assert asked(client, door) == 200


def test_any_kind_of_value_may_stand_anywhere(client, pool, door):
    pool.events = ANSWER
    faults = [
        (place, kind)
        for place in places(SENSIBLE[door.path])
        for kind in KINDS
        if asked(client, door, (place, kind)) not in (200, 400)
    ]
    assert faults == []


at = st.sampled_from([place for body in SENSIBLE.values() for place in places(body)])
tables = (CHAT, RESPONSES, *CHAT_NESTED.values(), *RESPONSES_NESTED.values())
fields = sorted({name for table in tables for name in table})
beside = st.builds(
    lambda place, name: (*place[:-1], name),
    at,
    st.sampled_from([*fields, "type", "role", "content", "text", "call_id", "file_id"]),
)
words = st.sampled_from(
    [
        *("text", "image_url", "file", "refusal", "input_text", "output_text"),
        *("message", "function_call", "function_call_output", "reasoning"),
        *("user", "assistant", "tool", "system", "function", "json_object", "auto"),
    ]
)
change = st.tuples(at | beside, st.sampled_from(KINDS) | words | values)


@settings(
    max_examples=100,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(changes=st.lists(change, min_size=2, max_size=4))
def test_nothing_that_is_asked_is_a_fault_of_ours(client, pool, door, changes):
    pool.events = ANSWER
    assert asked(client, door, *changes) in (200, 400)
