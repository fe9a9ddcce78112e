"""What people already have, before OpenAI's API: a tool, an image and a stream each.

Each is asked as its own documentation has it; the stub is what the model would be.
"""

import asyncio
import base64
import json
import os
import subprocess
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
import yaml
from langchain_core.messages import HumanMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from openai import AsyncOpenAI
from pydantic import BaseModel
from pydantic_ai import Agent, BinaryContent
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider

from tests.support.processes import BIN
from tests.support.upstream import Answer, Body, Upstream, message, tool_use

MODEL = "claude-haiku-4-5"
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAA"
    "AABJRU5ErkJggg=="
)
IMAGE = {
    "type": "base64",
    "media_type": "image/png",
    "data": base64.b64encode(PNG).decode(),
}


class City(BaseModel):
    """A city."""

    name: str
    people: int


@pytest.fixture
def base(pair) -> str:
    return f"{str(pair[2].base_url).rstrip('/')}/v1"


@pytest.fixture
def model(pair) -> Upstream:
    """Return the stub, as a model that asks for the weather and then tells it."""

    def script(body: Body) -> Answer:
        told = json.dumps(body["messages"])
        if body.get("tools") and "tool_result" not in told:
            return Answer(tool_use("get_weather", {"city": "Köln"}))
        return Answer(message("It is sunny.", "end_turn"))

    pair[0].script = script
    pair[0].requests.clear()
    return pair[0]


def results(upstream: Upstream) -> list[Any]:
    """Return what the tools have given back in the last request."""
    turns = upstream.requests[-1]["messages"]
    blocks = [b for turn in turns for b in turn["content"] if isinstance(b, dict)]
    return [b["content"] for b in blocks if b["type"] == "tool_result"]


def images(upstream: Upstream) -> list[Any]:
    turns = upstream.requests[-1]["messages"]
    return [
        block["source"]
        for turn in turns
        for block in turn["content"]
        if isinstance(block, dict) and block["type"] == "image"
    ]


@tool
def get_weather(city: str) -> str:
    """Tell the weather of a city."""
    return f"sunny in {city}"


@pytest.fixture
def chain(base) -> ChatOpenAI:
    options: Any = {"base_url": base, "api_key": "k3y", "max_retries": 0, "timeout": 30}
    return ChatOpenAI(model=MODEL, stream_usage=True, **options)


def test_langchain_uses_a_tool(chain, model):
    with_tools = chain.bind_tools([get_weather])
    said: list[Any] = [HumanMessage("What is the weather in Köln?")]
    said.append(with_tools.invoke(said))
    said += [get_weather.invoke(call) for call in said[-1].tool_calls]
    assert with_tools.invoke(said).content == "It is sunny."
    assert results(model) == ["sunny in Köln"]


def test_langchain_streams(chain, model):
    pieces = list(chain.stream("Hello"))
    assert "".join(piece.text for piece in pieces) == "It is sunny."
    whole = sum(pieces[1:], pieces[0])
    assert whole.usage_metadata["total_tokens"] == 10
    assert whole.response_metadata["finish_reason"] == "stop"


def test_langchain_shows_an_image(chain, model):
    shown = {"type": "image", "base64": IMAGE["data"], "mime_type": "image/png"}
    asked = HumanMessage(content=[{"type": "text", "text": "What?"}, shown])
    assert chain.invoke([asked]).content == "It is sunny."
    assert images(model) == [IMAGE]


def test_langchain_reads_a_structure(chain, model):
    model.always(Answer(message('{"name": "Köln", "people": 1}')))
    structured = chain.with_structured_output(City)
    assert structured.invoke("Which?") == City(name="Köln", people=1)


@pytest.fixture
def asked_agent(base):
    """Let an agent do something, in a loop whose connections are all closed."""

    async def in_a_loop(work: Callable[[Agent], Coroutine[Any, Any, Any]]) -> Any:
        options: Any = {"base_url": base, "api_key": "k3y", "max_retries": 0}
        async with AsyncOpenAI(**options) as client:
            provider = OpenAIProvider(openai_client=client)
            model = OpenAIChatModel(MODEL, provider=provider)
            agent = Agent(model, instructions="Be brief.")
            agent.tool_plain(get_weather.func, name="get_weather")
            return await work(agent)

    return lambda work: asyncio.run(in_a_loop(work))


def test_pydantic_ai_uses_a_tool_and_shows_an_image(asked_agent, model):
    shown = BinaryContent(PNG, media_type="image/png")
    done = asked_agent(lambda agent: agent.run(["What is the weather here?", shown]))
    assert done.output == "It is sunny."
    assert results(model) == ["sunny in Köln"]
    assert images(model) == [IMAGE]
    assert model.requests[-1]["system"][-1]["text"] == "Be brief."
    assert done.usage.output_tokens == 14


def test_pydantic_ai_streams(asked_agent, model):
    async def streamed(agent: Agent) -> list[str]:
        async with agent.run_stream("What is the weather in Köln?") as answer:
            return [piece async for piece in answer.stream_text(delta=True)]

    assert "".join(asked_agent(streamed)) == "It is sunny."
    assert results(model) == ["sunny in Köln"]


@pytest.fixture
def llm(base, tmp_path: Path):
    """Run `llm`, which finds a model of ours in its own file of models."""
    described = {
        "model_id": "ours",
        "model_name": MODEL,
        "api_base": base,
        "api_key_name": "ours",
        "vision": True,
        "supports_tools": True,
    }
    (tmp_path / "extra-openai-models.yaml").write_text(yaml.safe_dump([described]))
    (tmp_path / "weather.py").write_text(
        'def get_weather(city: str) -> str:\n    return f"sunny in {city}"\n'
    )
    (tmp_path / "a.png").write_bytes(PNG)
    own = {"LLM_USER_PATH": str(tmp_path)}

    def llm(*words: str) -> str:
        ran = subprocess.run(
            [BIN / "llm", "-m", "ours", "--key", "k3y", *words],
            env=os.environ | own,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            stdin=subprocess.DEVNULL,
        )
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    return llm


def test_llm_uses_a_tool_and_shows_an_image(llm, model):
    said = llm("What is the weather?", "--functions", "weather.py", "-a", "a.png")
    assert said == "It is sunny.\n"
    assert results(model) == ["sunny in Köln"]
    assert images(model) == [IMAGE]


@pytest.mark.parametrize("how", [(), ("--no-stream",)], ids=["stream", "whole"])
def test_llm_goes_on_with_a_conversation(llm, model, how):
    assert llm("Hello", "-s", "Be brief.", *how) == "It is sunny.\n"
    assert llm("And?", "-c", *how) == "It is sunny.\n"
    roles = [turn["role"] for turn in model.requests[-1]["messages"]]
    assert roles == ["user", "assistant", "user"]
