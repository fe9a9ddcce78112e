"""The official SDKs beside the one of the corpus: asynchronous Python, TypeScript.

The same is sent to the stub directly and through the proxy.
"""

import asyncio
import json
import os
import subprocess
import time
from typing import Any

import anthropic
import pytest
from anthropic import AsyncAnthropic

from tests.service.corpus import CORPUS, Request
from tests.service.test_differential import LEAST, STREAMS, alike
from tests.support.processes import ROOT
from tests.support.upstream import Answer, Upstream, message
from tests.support.waiting import wait_until

# What is asked, and what is answered; each SDK's own way to write and read it.
SESSION = {
    **dict.fromkeys(("least", "system_blocks", "turns", "images", "documents"), "text"),
    **dict.fromkeys(("tools", "tool_choice", "tool_results"), "tool_use"),
    **dict.fromkeys(("thinking", "thinking_in_history"), "thinking"),
    **{"stop_sequences": "stop_sequence", "max_tokens": "max_tokens"},
    **{"structured": "json", "a_command": "refusal"},
}
ANSWERS = STREAMS | {"json": message('{"a": 1}')}


def asked(name: str) -> Request:
    return LEAST | CORPUS[name]


def without(final: dict[str, Any]) -> dict[str, Any]:
    """Leave out what an SDK adds to a message that it makes of a stream."""
    added = ("stop_details", "parsed_output")
    return {name: value for name, value in final.items() if name not in added}


@pytest.fixture
def received(pair):
    """Return how to run something and what the stub received meanwhile."""

    def received(run, *arguments: Any) -> tuple[Any, list[Request]]:
        before = len(pair[0].requests)
        outcome = run(*arguments)
        return outcome, pair[0].requests[before:]

    return received


async def stream(client: AsyncAnthropic, request: Request) -> tuple[Any, Any]:
    async with client, client.messages.stream(**request) as stream:
        events = [event.to_dict() async for event in stream]
        return events, without((await stream.get_final_message()).to_dict())


async def create(client: AsyncAnthropic, request: Request) -> Any:
    async with client:
        return (await client.messages.create(**request)).to_dict()


def awaited(work, one: anthropic.Anthropic, request: Request) -> Any:
    """Do it with an asynchronous client, made like this one, in a loop of its own."""
    options: Any = {"max_retries": 0, "timeout": 30}
    client = AsyncAnthropic(base_url=one.base_url, api_key=one.api_key, **options)
    return asyncio.run(work(client, request))


@pytest.mark.parametrize("name", SESSION)
def test_the_asynchronous_client(pair, received, name):
    upstream, direct, through = pair
    upstream.always(Answer(ANSWERS[SESSION[name]]))
    expected, [sent] = received(awaited, stream, direct, asked(name))
    streamed, [came] = received(awaited, stream, through, asked(name))
    assert streamed == expected
    alike(sent, came)
    whole, [came] = received(awaited, create, through, asked(name))
    assert whole == expected[1]
    alike(sent, came)


def test_many_at_once_are_each_told_their_own(pair):
    upstream, _, through = pair
    upstream.script = lambda body: Answer(message(body["messages"][0]["content"]))

    async def crowd(client: AsyncAnthropic, _: Request) -> list[str]:
        async with client:
            asking = [
                client.messages.create(
                    **LEAST | {"messages": [{"role": "user", "content": f"{number}"}]}
                )
                for number in range(12)
            ]
            return [answer.content[0].text for answer in await asyncio.gather(*asking)]

    assert awaited(crowd, through, {}) == [f"{number}" for number in range(12)]


def test_an_error_is_the_sdks_own_also_when_awaited(pair):
    upstream, _, through = pair
    upstream.always(Answer(status=529, error="overloaded_error"))
    with pytest.raises(anthropic.OverloadedError):
        awaited(create, through, LEAST)


def typescript(client: anthropic.Anthropic, *asked: tuple[str, Request]) -> list[Any]:
    """Send it all with the TypeScript SDK, and return what it says of each."""
    program = ROOT / "tests/typescript/client.mjs"
    given = [{"how": how, "request": request} for how, request in asked]
    base = {"ANTHROPIC_BASE_URL": str(client.base_url), "ANTHROPIC_API_KEY": "k3y"}
    said = subprocess.run(
        ["node", program],
        input=json.dumps(given),
        env=os.environ | base,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert said.stderr == ""
    answers: list[Any] = json.loads(said.stdout)
    return answers


def in_order(upstream: Upstream) -> None:
    """Answer each of the session's requests as it says, and no request more."""
    answers = iter([Answer(ANSWERS[answer]) for answer in SESSION.values()])
    upstream.script = lambda _: next(answers)


def test_the_typescript_sdk(pair, received):
    upstream, direct, through = pair
    streams = [("stream", asked(name)) for name in SESSION]
    wholes = [("create", asked(name)) for name in SESSION]
    in_order(upstream)
    expected, sent = received(typescript, direct, *streams)
    in_order(upstream)
    streamed, came = received(typescript, through, *streams)
    assert streamed == expected
    in_order(upstream)
    whole, came_again = received(typescript, through, *wholes)
    assert whole == [without(each["final"]) for each in expected]
    for one, two, three in zip(sent, came, came_again, strict=True):
        alike(one, two)
        alike(one, three)


def test_its_errors_and_models(pair):
    upstream, _, through = pair
    upstream.always(Answer(status=529, error="overloaded_error"))
    wrong = LEAST | {"nobody_knows": 1}
    refused, busy, models = typescript(
        through, ("create", wrong), ("stream", LEAST), ("models", {})
    )
    assert (refused["status"], refused["type"]) == (400, "invalid_request_error")
    assert (busy["status"], busy["type"]) == (529, "overloaded_error")
    assert "claude-opus-5-5" in models


def test_what_it_aborts_ends_upstream(pair):
    upstream, _, through = pair
    upstream.always(Answer(message(), pause=60))
    before, began = len(upstream.gone), time.monotonic()
    [aborted] = typescript(through, ("abort", LEAST))
    assert aborted["raised"] == "APIUserAbortError"
    wait_until(lambda: len(upstream.gone) > before)
    assert time.monotonic() - began < 30
