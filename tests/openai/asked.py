"""Requests of Responses, and what is made of them."""

import json
from typing import Any

from app.openai.asking import Translated
from app.openai.responses_request import read_responses

Body = dict[str, Any]
PNG = "data:image/png;base64,iVBORw0K"
PDF = "data:application/pdf;base64,JVBERi0x"
TOOL: Body = {
    "type": "function",
    "name": "get_weather",
    "description": "The weather.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    "strict": True,
}
CALL = {
    "type": "function_call",
    "call_id": "toolu_1",
    "name": "get_weather",
    "arguments": '{"city": "Köln"}',
}
USE = {
    "type": "tool_use",
    "id": "toolu_1",
    "name": "get_weather",
    "input": {"city": "Köln"},
}


def translated(ignoring: bool = False, **asked: Any) -> Translated:
    body = {"model": "claude-opus-5-5", "input": "Hi"} | asked
    return read_responses(
        json.dumps(body).encode(), aliases={"gpt": "claude-x"}, ignoring=ignoring
    )


def made(**asked: Any) -> Body:
    body: Body = json.loads(translated(**asked).body)
    return body


def turns(*items: Body) -> Any:
    return made(input=list(items))["messages"]


def text(words: str) -> Body:
    return {"type": "text", "text": words}
