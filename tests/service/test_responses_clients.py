"""Clients that can ask by Responses, through real gunicorn and CLI."""

import asyncio
from functools import reduce
from operator import add

from langchain_core.messages import HumanMessage, ToolMessage
from langchain_openai import ChatOpenAI
from openai import AsyncOpenAI
from pydantic_ai import Agent, BinaryContent
from pydantic_ai.models.openai import OpenAIResponsesModel
from pydantic_ai.profiles.openai import OpenAIModelProfile
from pydantic_ai.providers.openai import OpenAIProvider

from tests.openai.answers import ANSWERS, CALL, THINKING
from tests.openai.asked import PNG, TOOL
from tests.support.upstream import Answer, blocks, message

IMAGE = BinaryContent(b"\x89PNG", media_type="image/png")


def test_langchain(pair):
    upstream, _, through = pair
    upstream.always(Answer(ANSWERS["everything"]))
    model = ChatOpenAI(
        model="claude-opus-5-5",
        base_url=f"{str(through.base_url).rstrip('/')}/v1",
        api_key="k3y",
        max_retries=0,
        use_responses_api=True,
    ).bind_tools([TOOL])
    image = {"type": "image_url", "image_url": {"url": PNG}}
    said = HumanMessage([{"type": "text", "text": "Weather?"}, image])
    streamed = reduce(add, model.stream([said]))
    assert [call["args"] for call in streamed.tool_calls] == [{"city": "Köln"}]
    assert model.invoke([said]).tool_calls == streamed.tool_calls
    model.invoke([said, streamed, ToolMessage("rain", tool_call_id="toolu_1")])
    asked, answered, result = upstream.requests[-1]["messages"]
    assert [each["type"] for each in asked["content"]] == ["text", "image"]
    kinds = [each["type"] for each in answered["content"]]
    assert kinds == ["thinking", "text", "tool_use"]
    assert result["content"][0]["tool_use_id"] == "toolu_1"


def test_pydantic_ai(pair):
    upstream, _, through = pair
    base = f"{str(through.base_url).rstrip('/')}/v1"
    agent = Agent()

    @agent.tool_plain
    def get_weather(city: str) -> str:
        return f"rain in {city}"

    async def ask() -> str:
        async with AsyncOpenAI(base_url=base, api_key="k3y") as client:
            provider = OpenAIProvider(openai_client=client)
            model = OpenAIResponsesModel(
                "claude-opus-5-5",
                provider=provider,
                profile=OpenAIModelProfile(
                    openai_supports_encrypted_reasoning_content=True
                ),
            )
            async with agent.run_stream(["Weather?", IMAGE], model=model) as result:
                return await result.get_output()

    calls = blocks([THINKING, CALL], "tool_use")
    answers = iter([Answer(calls), Answer(message("It rains."))])
    upstream.script = lambda _: next(answers)
    assert asyncio.run(ask()) == "It rains."
    asked, answered, gave = upstream.requests[-1]["messages"]
    assert [each["type"] for each in asked["content"]] == ["text", "image"]
    kinds = [each["type"] for each in answered["content"]]
    assert kinds == ["thinking", "tool_use"]
    assert gave["content"][0]["content"] == "rain in Köln"
