"""OpenAI's TypeScript SDK against the real CLI, before the stub."""

import json
import os
import subprocess
from typing import Any

import pytest
from anthropic import Anthropic

from tests.openai.asked import TOOL
from tests.openai.test_completion import ANSWERS
from tests.service.corpus import Request
from tests.service.test_openai import LEAST, TOOLS
from tests.support.processes import ROOT
from tests.support.upstream import Answer, message, tool_use
from tests.support.waiting import wait_until

RESPONSE: Request = {"model": LEAST["model"], "input": "Weather?", "tools": [TOOL]}


def typescript(through: Anthropic, *asked: tuple[str, Request]) -> list[Any]:
    """Send it all with the TypeScript SDK, and return what it says of each."""
    program = ROOT / "tests/typescript/openai.mjs"
    given = [{"how": how, "request": request} for how, request in asked]
    base = {
        "OPENAI_BASE_URL": f"{str(through.base_url).rstrip('/')}/v1",
        "OPENAI_API_KEY": "k3y",
    }
    ran = subprocess.run(
        ["node", program],
        input=json.dumps(given),
        env=os.environ | base,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ran.stderr == ""
    answers: list[Any] = json.loads(ran.stdout)
    return answers


def test_the_typescript_sdk(pair):
    upstream, _, through = pair
    names = [name for name in ANSWERS if name != "cut_call"]
    answers = iter([Answer(ANSWERS[name]) for name in names] * 2)
    upstream.script = lambda _: next(answers)
    asked = LEAST | {"tools": TOOLS}
    given = typescript(
        through,
        *((("create", asked),) * len(names)),
        *((("stream", asked),) * len(names)),
    )
    wholes, streamed = given[: len(names)], given[len(names) :]
    for whole, final in zip(wholes, streamed, strict=True):
        one, other = (each["choices"][0]["message"] for each in (whole, final))
        assert (one["content"] or "") == (other["content"] or "")
        assert one.get("tool_calls") == other.get("tool_calls")
        ends = {each["choices"][0]["finish_reason"] for each in (whole, final)}
        assert len(ends) == 1
    assert "Köln" in json.dumps(wholes, ensure_ascii=False)


def test_responses_by_it(pair):
    upstream, _, through = pair
    names = [name for name in ANSWERS if name != "cut_call"]
    answers = iter([Answer(ANSWERS[name]) for name in names] * 2)
    upstream.script = lambda _: next(answers)
    given = typescript(
        through,
        *((("parse_response", RESPONSE),) * len(names)),
        *((("stream_response", RESPONSE),) * len(names)),
    )
    for whole, final in zip(given[: len(names)], given[len(names) :], strict=True):
        assert whole["status"] == final["status"]
        assert whole["output"] == final["output"]
        assert whole["usage"] == final["usage"]
    assert "Köln" in json.dumps(given, ensure_ascii=False)


@pytest.mark.parametrize(
    ("how", "asked"), [("tool", LEAST), ("tool_response", RESPONSE)]
)
def test_its_session_with_a_tool(pair, how, asked):
    """It runs the tool and asks again: by itself, or as its user does by Responses."""
    upstream, _, through = pair
    upstream.script = lambda body: Answer(
        message("Sunny.")
        if "tool_result" in json.dumps(body["messages"])
        else tool_use("get_weather", {"city": "Köln"})
    )
    [said] = typescript(through, (how, asked))
    assert said == {"asked": [{"city": "Köln"}], "final": "Sunny."}


def test_its_errors_and_models(pair):
    upstream, _, through = pair
    upstream.always(Answer(status=529, error="overloaded_error"))
    refused, busy, unknown, broken, models = typescript(
        through,
        ("create", LEAST | {"seed": 5}),
        ("stream", LEAST),
        ("parse_response", RESPONSE | {"seed": 5}),
        ("stream_response", RESPONSE),
        ("models", {}),
    )
    assert (refused["status"], refused["param"]) == (400, "seed")
    assert (busy["status"], busy["code"]) == (529, "overloaded_error")
    assert (unknown["status"], unknown["param"]) == (400, "seed")
    assert (broken["status"], broken["code"]) == (529, "overloaded_error")
    assert "claude-opus-5-5" in models


@pytest.mark.parametrize(
    ("how", "asked"), [("abort", LEAST), ("abort_response", RESPONSE)]
)
def test_what_it_aborts_ends_upstream(pair, how, asked):
    upstream, _, through = pair
    upstream.always(Answer(message(), pause=60))
    before = len(upstream.gone)
    [aborted] = typescript(through, (how, asked))
    assert aborted["raised"] == "APIUserAbortError"
    wait_until(lambda: len(upstream.gone) > before)
