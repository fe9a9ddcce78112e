"""OpenAI's SDKs against the real CLI: what they ask arrives as if by the other door.

The same conversation is asked by the ``anthropic`` SDK at /v1/messages and by the
``openai`` SDK at /v1/chat/completions, and the stub compares what it received.
"""

import asyncio
import json
import time
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openai import AsyncOpenAI, OpenAI
from pydantic import BaseModel

from tests.messages.test_strict import values
from tests.openai.test_completion import ANSWERS, told
from tests.service.corpus import BASH, USE, Request, assistant, text, user
from tests.service.openai_corpus import CORPUS, HELLO, call, function, says
from tests.service.test_differential import LEAST as MESSAGES_LEAST
from tests.service.test_differential import in_doubles
from tests.support.upstream import Answer, Upstream, message, tool_use
from tests.support.waiting import wait_until

LEAST = {"model": "claude-haiku-4-5", "max_tokens": 100, "messages": [HELLO]}
OPTIONS: Any = {"api_key": "k3y", "max_retries": 0, "timeout": 30}
TOOLS = [function(BASH)]


class City(BaseModel):
    """What `.parse()` is to make of an answer."""

    name: str
    people: int


@pytest.fixture(scope="module")
def client(pair) -> Iterator[OpenAI]:
    with OpenAI(
        base_url=f"{str(pair[2].base_url).rstrip('/')}/v1", **OPTIONS
    ) as client:
        yield client


def send(client: Any, request: Request) -> Any:
    if not request.get("stream"):
        return client.chat.completions.create(**request)
    with client.chat.completions.create(**request) as stream:
        return list(stream)


def both(pair, client: OpenAI, messages: Request, chat: Request) -> list[Request]:
    """Ask it by either door, and return what the stub received but for who asks."""
    upstream, _, through = pair
    upstream.always(Answer(message()))
    asked = MESSAGES_LEAST | messages
    old = {n: asked.pop(n) for n in ("temperature", "top_p") if n in asked}
    before = len(upstream.requests)
    through.messages.create(**asked, extra_body=old)
    send(client, LEAST | chat)
    return [without_the_clis_own(each) for each in upstream.requests[before:]]


def without_the_clis_own(came: Request) -> Request:
    """Leave out who asks, and the version that the CLI tells."""
    (line, *rest) = came.pop("system")
    assert line["text"].startswith("x-anthropic-billing-header: ")
    came.pop("metadata")
    return in_doubles(came | {"system": rest})


@pytest.mark.parametrize("name", CORPUS)
def test_either_door_leads_to_the_same_request(pair, client, name):
    one, other = both(pair, client, *CORPUS[name])
    assert other == one


def in_parts(texts: list[str]) -> tuple[Request, Request]:
    parts = [text(each) for each in texts]
    return {"role": "user", "content": parts}, says("user", parts)


def calls_bash(words: str, arguments: Request) -> tuple[Request, Request]:
    use = USE | {"input": arguments}
    told = says("assistant", words, tool_calls=[call(use, json.dumps(arguments))])
    return assistant(text(words), use), told


words = st.text(min_size=1)
turns = st.one_of(
    words.map(lambda said: (user(said), says("user", said))),
    st.lists(words, min_size=1).map(in_parts),
    st.builds(calls_bash, words, st.dictionaries(st.text(), values)),
)


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(turns, max_size=5))
def test_so_does_any_conversation(pair, client, said):
    one, other = both(
        pair,
        client,
        {"messages": [user("Hello"), *(each for each, _ in said)]},
        {"messages": [HELLO, *(each for _, each in said)]},
    )
    assert other == one


@pytest.mark.parametrize("name", ANSWERS)
def test_the_sdks_stream_ends_with_the_whole_answer(pair, client, name):
    pair[0].always(Answer(ANSWERS[name]))
    whole = client.chat.completions.create(**LEAST)
    options = {"include_usage": True}
    with client.chat.completions.stream(**LEAST, stream_options=options) as stream:
        for _ in stream:
            pass
        streamed = stream.current_completion_snapshot
    assert told(streamed) == told(whole)


def test_the_asynchronous_client(pair, client):
    pair[0].always(Answer(ANSWERS["calls"]))

    async def session() -> tuple[Any, Any]:
        async with AsyncOpenAI(base_url=client.base_url, **OPTIONS) as awaited:
            asked = LEAST | {"tools": TOOLS}
            whole = await awaited.chat.completions.create(**asked)
            options = {"include_usage": True}
            async with awaited.chat.completions.stream(
                **asked, stream_options=options
            ) as stream:
                return whole, await stream.get_final_completion()

    whole, streamed = asyncio.run(session())
    assert told(streamed) == told(whole)
    calls = [each.function.arguments for each in whole.choices[0].message.tool_calls]
    assert calls == ['{"a":1}', "{}"]


def test_what_is_parsed(pair, client):
    upstream = pair[0]
    upstream.always(Answer(message('{"name": "Köln", "people": 1}')))
    parsed = client.chat.completions.parse(**LEAST, response_format=City)
    assert parsed.choices[0].message.parsed == City(name="Köln", people=1)
    with client.chat.completions.stream(**LEAST, response_format=City) as stream:
        final = stream.get_final_completion()
    assert final.choices[0].message.parsed == City(name="Köln", people=1)
    sent = upstream.requests[-1]["output_config"]["format"]["schema"]
    assert sent["required"] == ["name", "people"]


def test_a_tool_that_is_parsed(pair, client):
    tool = openai.pydantic_function_tool(City)
    pair[0].always(Answer(tool_use("City", {"name": "Köln", "people": 1})))
    parsed = client.chat.completions.parse(**LEAST, tools=[tool])
    (called,) = parsed.choices[0].message.tool_calls or []
    assert called.function.parsed_arguments == City(name="Köln", people=1)
    assert pair[0].requests[-1]["tools"][0]["strict"] is True


@pytest.mark.parametrize(
    ("stop", "raised"),
    [
        ("max_tokens", openai.LengthFinishReasonError),
        ("refusal", openai.ContentFilterFinishReasonError),
    ],
)
def test_what_cannot_be_parsed_is_the_sdks_own_error(pair, client, stop, raised):
    pair[0].always(Answer(message("{", stop)))
    with pytest.raises(raised):
        client.chat.completions.parse(**LEAST, response_format=City)


def test_an_agents_session(pair, client):
    """What the SDK gives is sent back as it is, as its documentation has it."""
    upstream = pair[0]
    upstream.always(Answer(ANSWERS["calls"]))
    said: list[Any] = [HELLO]
    answer = client.chat.completions.create(**LEAST | {"messages": said}, tools=TOOLS)
    said.append(answer.choices[0].message)
    said += [
        says("tool", "1", tool_call_id=each.id)
        for each in answer.choices[0].message.tool_calls
    ]
    upstream.always(Answer(ANSWERS["thought"]))
    asked = LEAST | {"messages": said}
    with client.chat.completions.stream(**asked, tools=TOOLS) as stream:
        said.append(stream.get_final_completion().choices[0].message.to_dict())
    last = client.chat.completions.create(
        **LEAST | {"messages": [*said, HELLO]}, tools=TOOLS
    )
    assert last.choices[0].message.content == "So."
    received = upstream.requests[-1]["messages"]
    assert [block["type"] for block in received[1]["content"]] == [
        "text",
        "tool_use",
        "tool_use",
    ]
    assert [block["tool_use_id"] for block in received[2]["content"]] == [
        "toolu_1",
        "toolu_2",
    ]
    assert received[3]["content"] == "So."


@pytest.mark.parametrize(
    ("answer", "raised"),
    [
        (Answer(status=429, error="rate_limit_error"), openai.RateLimitError),
        (Answer(status=529, error="overloaded_error"), openai.InternalServerError),
        (Answer(status=404, error="not_found_error"), openai.NotFoundError),
        (Answer(status=400, error="invalid_request_error"), openai.BadRequestError),
        (Answer(status=413, error="request_too_large"), openai.APIStatusError),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_an_error_is_the_sdks_own(pair, client, answer, raised, stream):
    pair[0].always(answer)
    with pytest.raises(raised) as error:
        send(client, LEAST | {"stream": stream})
    assert error.value.status_code == answer.status
    assert error.value.code == answer.error


def test_an_error_in_a_stream_is_raised(pair, client):
    pair[0].always(Answer(message("Hello."), cut=4))
    got = []
    with (
        pytest.raises(openai.APIError) as error,
        client.chat.completions.create(**LEAST, stream=True) as stream,
    ):
        got.extend(each.choices[0].delta.content for each in stream)
    assert "".join(got) == "Hello."
    assert error.value.code == "upstream_unreachable"


def test_what_is_refused_is_named(pair, client):
    with pytest.raises(openai.BadRequestError) as error:
        client.chat.completions.create(**LEAST, seed=5)
    assert (error.value.param, error.value.code) == ("seed", "unsupported_parameter")


def test_a_wrong_key(client):
    wrong = client.with_options(api_key="another")
    with pytest.raises(openai.AuthenticationError) as error:
        wrong.chat.completions.create(**LEAST)
    assert error.value.code == "invalid_api_key"


def test_the_models(client):
    names = [each.id for each in client.models.list()]
    assert "claude-opus-5-5" in names
    assert client.models.retrieve(names[0]).object == "model"


def test_leaving_a_stream_ends_upstream(pair, client):
    upstream: Upstream = pair[0]
    upstream.always(Answer(message(), pause=60))
    before, began = len(upstream.gone), time.monotonic()
    with client.chat.completions.create(**LEAST, stream=True) as stream:
        next(stream)
    wait_until(lambda: len(upstream.gone) > before)
    assert time.monotonic() - began < 30
