"""Responses by the openai SDK, through real gunicorn and CLI, before the stub."""

import asyncio
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from openai import AsyncOpenAI, OpenAI
from pydantic import BaseModel

from tests.openai.answers import ANSWERS
from tests.openai.asked import CALL, TOOL
from tests.service.corpus import CORPUS, IMAGE, Request
from tests.service.test_differential import alike, send
from tests.support.upstream import Answer, Upstream, message
from tests.support.waiting import wait_until

MODEL = "claude-opus-5-5"
OPTIONS: Any = {"max_retries": 0, "timeout": 30}


class Weather(BaseModel):
    """What the model is to answer in."""

    city: str


@pytest.fixture
def upstream(pair) -> Upstream:
    pair[0].always(Answer(message("Hello.")))
    stub: Upstream = pair[0]
    return stub


@pytest.fixture
def client(pair) -> Iterator[OpenAI]:
    base = f"{str(pair[2].base_url).rstrip('/')}/v1"
    with OpenAI(base_url=base, api_key="k3y", **OPTIONS) as client:
        yield client


def awaited(work, one: OpenAI, **asked: Any) -> Any:
    """Do it with an asynchronous client, made like this one, in a loop of its own."""

    async def run() -> Any:
        options = {"base_url": one.base_url, "api_key": one.api_key, **OPTIONS}
        async with AsyncOpenAI(**options) as client:
            return await work(client, **asked)

    return asyncio.run(run())


def final(client: OpenAI, **asked: Any) -> Any:
    with client.responses.stream(model=MODEL, **asked) as stream:
        return stream.get_final_response()


async def final_awaited(client: AsyncOpenAI, **asked: Any) -> Any:
    async with client.responses.stream(model=MODEL, **asked) as stream:
        return await stream.get_final_response()


def undated(response: Any) -> dict[str, Any]:
    told: dict[str, Any] = response.to_dict()
    return told | {"created_at": 0, "completed_at": 0}


@pytest.mark.parametrize("name", ["text", "two_calls", "everything", "thoughts"])
def test_streamed_and_awaited_it_is_the_same_answer(client, upstream, name):
    upstream.always(Answer(ANSWERS[name]))
    asked: Any = {"input": "Hi", "tools": [TOOL]}
    whole = undated(client.responses.parse(model=MODEL, **asked))
    assert whole["status"] == "completed"
    assert undated(final(client, **asked)) == whole
    assert undated(awaited(final_awaited, client, **asked)) == whole


def test_a_tools_whole_session_goes_round(client, upstream):
    upstream.always(Answer(ANSWERS["everything"]))
    said: list[Any] = [{"role": "user", "content": "Weather?"}]
    with client.responses.stream(model=MODEL, input=said, tools=[TOOL]) as stream:
        answer = stream.get_final_response()
    [call] = [each for each in answer.output if each.type == "function_call"]
    assert call.parsed_arguments == {"city": "Köln"}
    rain = {"type": "function_call_output", "call_id": call.call_id, "output": "rain"}
    client.responses.create(model=MODEL, input=[*said, *answer.output, rain])
    _, answered, result = upstream.requests[-1]["messages"]
    thought, text, use = answered["content"]
    assert (thought["thinking"], thought["signature"]) == ("Hm, Köln.", "c2ln")
    assert text == {"type": "text", "text": "Let me see."}
    assert (use["id"], use["input"]) == ("toolu_1", {"city": "Köln"})
    assert result["content"][0]["content"] == "rain"


def test_an_answer_in_a_schema_is_parsed(client, upstream):
    upstream.always(Answer(message('{"city": "Köln"}')))
    asked: Any = {"input": "Hi", "text_format": Weather}
    parsed = client.responses.parse(model=MODEL, **asked)
    assert parsed.output_parsed == Weather(city="Köln")
    assert final(client, **asked).output_parsed == parsed.output_parsed
    format_ = upstream.requests[-1]["output_config"]["format"]
    assert format_["schema"]["required"] == ["city"]


def user(*content: Any) -> Request:
    return {"role": "user", "content": content[0] if len(content) == 1 else content}


# What is asked of OpenAI's API, and the same of the Messages API.
SAME: dict[str, tuple[Request, Request]] = {
    "least": ({}, {}),
    "system": ({"instructions": "Be kind."}, {"system": "Be kind."}),
    "sampling": ({"temperature": 0.2}, {"temperature": 0.2}),
    "image": (
        {
            "input": [
                user(
                    {"type": "input_text", "text": "a"},
                    {
                        "type": "input_image",
                        "image_url": f"data:image/png;base64,{IMAGE['source']['data']}",
                    },
                )
            ]
        },
        {"messages": [user({"type": "text", "text": "a"}, IMAGE)]},
    ),
    "tools": (
        {"tools": [TOOL], "tool_choice": "required", "parallel_tool_calls": False},
        {
            "tools": [
                {
                    "name": TOOL["name"],
                    "description": TOOL["description"],
                    "input_schema": TOOL["parameters"],
                    "strict": True,
                }
            ],
            "tool_choice": {"type": "any", "disable_parallel_tool_use": True},
        },
    ),
    "a_result": (
        {
            "input": [
                user("a"),
                CALL,
                {"type": "function_call_output", "call_id": "toolu_1", "output": "x"},
                user("And?"),
            ]
        },
        {
            "messages": [
                user("a"),
                {
                    "role": "assistant",
                    "content": [
                        {
                            "type": "tool_use",
                            "id": "toolu_1",
                            "name": "get_weather",
                            "input": {"city": "Köln"},
                        }
                    ],
                },
                user(
                    {
                        "type": "tool_result",
                        "tool_use_id": "toolu_1",
                        "content": "x",
                    },
                    {"type": "text", "text": "And?"},
                ),
            ]
        },
    ),
    "structured": (
        {
            "text": {
                "format": {
                    "type": "json_schema",
                    "name": "n",
                    "schema": {"type": "object", "properties": {}},
                }
            }
        },
        CORPUS["structured"],
    ),
    "effort": (
        {"model": "claude-opus-4-8", "reasoning": {"effort": "low"}},
        CORPUS["effort"],
    ),
    "thoughts_shown": (
        {"model": MODEL, "reasoning": {"summary": "auto"}},
        {
            "model": MODEL,
            "thinking": {"type": "adaptive", "display": "summarized"},
        },
    ),
}


@pytest.mark.parametrize("name", SAME)
def test_what_reaches_the_upstream_is_what_the_anthropic_sdk_sends(
    pair, client, upstream, name
):
    asked, the_same = SAME[name]
    send(pair[1], the_same)
    least = {"model": "claude-haiku-4-5", "max_output_tokens": 100, "input": "Hello"}
    client.responses.create(**least | asked)
    alike(upstream.requests[-2], upstream.requests[-1])


@pytest.mark.parametrize(
    ("asked", "param"),
    [
        ({"store": True}, "store"),
        ({"previous_response_id": "resp_1"}, "previous_response_id"),
        ({"background": True}, "background"),
        ({"conversation": "conv_1"}, "conversation"),
        ({"tools": [{"type": "web_search"}]}, "tools.0.type"),
        ({"text": {"verbosity": "low"}}, "text.verbosity"),
        ({"input": [{"type": "item_reference", "id": "msg_1"}]}, "input.0.type"),
    ],
)
def test_what_is_not_stateless_is_refused_by_name(client, upstream, asked, param):
    before = len(upstream.requests)
    with pytest.raises(openai.BadRequestError) as refused:
        client.responses.create(**{"model": MODEL, "input": "Hi"} | asked)
    assert (refused.value.code, refused.value.param) == (
        "unsupported_parameter",
        param,
    )
    assert len(upstream.requests) == before


def test_an_error_has_the_sdks_own_class(client, upstream):
    upstream.always(Answer(status=429, error="rate_limit_error"))
    with pytest.raises(openai.RateLimitError):
        client.responses.create(model=MODEL, input="Hi")
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve("resp_1")
    wrong = client.with_options(api_key="wrong")
    with pytest.raises(openai.AuthenticationError):
        wrong.responses.create(model=MODEL, input="Hi")


def test_a_stream_that_breaks_off_fails_and_never_completes(client, upstream):
    upstream.always(Answer(ANSWERS["a_call"], cut=3))
    told = list(client.responses.create(model=MODEL, input="Hi", stream=True))
    assert told[-1].type == "response.failed"
    assert told[-1].response.error.code == "server_error"
    assert not [each for each in told if each.type.endswith((".done", ".completed"))]
    with pytest.raises(RuntimeError, match=r"response\.completed"):
        final(client, input="Hi")


def test_one_that_is_cut_off_by_its_limit_is_incomplete(client, upstream):
    upstream.always(Answer(ANSWERS["max_tokens"]))
    asked: Any = {"model": MODEL, "input": "Hi", "max_output_tokens": 16}
    whole = client.responses.create(**asked)
    *_, last = client.responses.create(stream=True, **asked)
    assert (last.type, whole.status) == ("response.incomplete", "incomplete")
    assert undated(last.response) == undated(whole)
    assert whole.incomplete_details.reason == "max_output_tokens"


def test_a_client_that_leaves_ends_it_upstream(client, upstream):
    upstream.always(Answer(message(), pause=60))
    before = len(upstream.gone)
    with client.responses.create(model=MODEL, input="Hi", stream=True) as stream:
        next(iter(stream))
    wait_until(lambda: len(upstream.gone) > before)
