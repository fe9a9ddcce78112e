"""The same request of the official SDK, sent to the stub and through the proxy.

What differs is what docs/messages.md lists, and nothing else.
"""

import json
from typing import Any

import pytest
from anthropic import Anthropic
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.messages.test_strict import values
from tests.service.corpus import CORPUS, SAY, Request, text, user
from tests.support.upstream import Answer, blocks, message, tool_use

LEAST = {"model": "claude-haiku-4-5", "max_tokens": 100, "messages": SAY}
NO_ARGUMENTS = ("temperature", "top_p", "top_k")  # of this version of the SDK
HEAD = ("x-anthropic-billing-header: ", "You are a Claude agent, ")


def send(client: Anthropic, request: Request) -> list[dict[str, Any]]:
    """Send a request and return the answer's events."""
    messages: Any = client.beta.messages if "betas" in request else client.messages
    old = {name: value for name, value in request.items() if name in NO_ARGUMENTS}
    new = {name: value for name, value in request.items() if name not in old}
    with messages.create(**LEAST | new, extra_body=old, stream=True) as stream:
        return [event.to_dict() for event in stream]


def both(pair, request: Request) -> tuple[Request, Request]:
    """Send it both ways and return the two bodies that the stub received."""
    upstream, direct, through = pair
    upstream.always(Answer(message()))
    expected = send(direct, request)
    assert send(through, request) == expected
    return upstream.requests[-2], upstream.requests[-1]


def as_listed(sent: Request) -> Request:
    """Return what may come of a body that was sent: the list of docs/messages.md."""
    system = sent.get("system", "")
    parts = [system] if isinstance(system, str) else [each["text"] for each in system]
    unthinking = sent["model"].startswith(("claude-haiku-4", "claude-opus-4"))
    thinking = {"type": "disabled" if unthinking else "adaptive"}
    return {"tools": [], "thinking": thinking} | sent | {"system": "\n\n".join(parts)}


def without_the_clis_own(came: Request) -> Request:
    """Leave out what is the CLI's; its own default of effort is the API's."""
    system = [each["text"] for each in came["system"]]
    assert [
        line.startswith(head) for line, head in zip(system, HEAD, strict=False)
    ] == [
        True,
        True,
    ]
    assert set(json.loads(came["metadata"]["user_id"])) >= {"device_id", "session_id"}
    return came | {"system": "".join(system[2:])}


DEFAULT_EFFORT = {"claude-opus-5-5": "medium", "claude-opus-4-8": "high"}


def same(pair, request: Request) -> None:
    alike(*both(pair, request))


def alike(sent: Request, came: Request) -> None:
    """See that one is what comes of the other, by the list of docs/messages.md."""
    expected, got = as_listed(sent), without_the_clis_own(came)
    if effort := DEFAULT_EFFORT.get(sent["model"]):
        expected["output_config"] = {
            "effort": effort,
            **expected.get("output_config", {}),
        }
    expected.pop("metadata", None)
    got.pop("metadata")
    assert in_doubles(got) == in_doubles(expected)


def in_doubles(body: Request) -> Request:
    """Read numbers as JavaScript does; it may write 5e16 with all its zeros."""
    return json.loads(json.dumps(body), parse_int=float)


@pytest.mark.parametrize("name", CORPUS)
def test_what_was_sent_arrives(pair, name):
    same(pair, CORPUS[name])


contents = st.one_of(
    st.text(min_size=1),
    st.lists(
        st.one_of(
            st.text(min_size=1).map(text),
            values.map(
                lambda value: {
                    "type": "tool_use",
                    "id": "toolu_1",
                    "name": "Bash",
                    "input": {"value": value},
                }
            ),
        ),
        min_size=1,
    ),
)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.lists(st.tuples(st.sampled_from(["user", "assistant"]), contents), max_size=6)
)
def test_any_conversation_arrives(pair, turns):
    said = [{"role": role, "content": content} for role, content in turns]
    same(pair, {"messages": [user("Hello"), *said]})


def marks(came: Request) -> int:
    return json.dumps(came).count('"cache_control"')


@pytest.mark.parametrize(
    ("name", "ttls"),
    [
        ("least", [None]),
        ("system", [None]),
        ("system_blocks", [{"type": "ephemeral"}]),
        ("system_cached_for_an_hour", [{"type": "ephemeral", "ttl": "1h"}]),
        ("four_marks", [None]),
    ],
)
def test_the_system_prompt_is_cached_as_the_client_wishes(pair, name, ttls):
    _, came = both(pair, CORPUS[name])
    assert [came["system"][-1].get("cache_control")] == ttls
    assert marks(came) <= 4


def test_a_betas_name_is_in_the_header(pair):
    upstream = pair[0]
    both(pair, CORPUS["beta"])
    assert "context-management-2025-06-27" in upstream.betas[-1]


STREAMS = {
    "text": message("Hello."),
    "stop_sequence": message("Hello.", "stop_sequence", stop_sequence="END"),
    "max_tokens": message("Hello", "max_tokens"),
    "refusal": message("No.", "refusal"),
    "pause_turn": message("Hm", "pause_turn"),
    "tool_use": tool_use("get_weather", {"city": "Köln", "n": 1.5}),
    "thinking": blocks(
        [
            (
                {"type": "thinking", "thinking": "", "signature": ""},
                [
                    {"type": "thinking_delta", "thinking": "Hm."},
                    {"type": "signature_delta", "signature": "c2ln"},
                ],
            ),
            (text(""), [{"type": "text_delta", "text": "So."}]),
        ],
        "end_turn",
    ),
}


@pytest.mark.parametrize("name", STREAMS)
def test_each_event_comes_as_it_was_sent(pair, name):
    upstream, direct, through = pair
    upstream.always(Answer(STREAMS[name]))
    assert send(through, {}) == send(direct, {})


@pytest.mark.parametrize("name", STREAMS)
def test_a_whole_answer_is_what_the_sdk_makes_of_the_stream(pair, name):
    upstream, direct, through = pair
    upstream.always(Answer(STREAMS[name]))
    with direct.messages.stream(**LEAST) as stream:
        expected = stream.get_final_message().to_dict()
    expected.pop("stop_details")  # null, which the SDK adds
    assert through.messages.create(**LEAST).to_dict() == expected


@pytest.mark.parametrize("name", STREAMS)
def test_one_request_in_is_one_request_upstream(pair, name):
    upstream, _, through = pair
    upstream.always(Answer(STREAMS[name]))
    before = len(upstream.requests)
    for _ in range(3):
        through.messages.create(**LEAST)
    assert len(upstream.requests) == before + 3
