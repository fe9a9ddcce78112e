"""What a request of Chat Completions is refused for, by its name."""

from typing import Any

import pytest

from app.messages.malformed import Malformed
from app.openai.unsupported import Unsupported
from tests.openai.test_chat import (
    CALL,
    FUNCTION,
    HELLO,
    PDF,
    TOOL,
    file,
    shown,
    translated,
)


def user(content: Any, **more: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": content, **more}]}


def calling(**call: Any) -> dict[str, Any]:
    return {"messages": [HELLO, {"role": "assistant", "tool_calls": [CALL | call]}]}


AT = "messages.0.content.0"
CALLED = "messages.1.tool_calls.0"


@pytest.mark.parametrize(
    ("asked", "place"),
    [
        ({"model": None}, "model"),
        ({"model": 5}, "model"),
        ({"messages": None}, "messages"),
        ({"messages": {}}, "messages"),
        ({"messages": ["a"]}, "messages.0"),
        ({"messages": [{"role": "robot", "content": "a"}]}, "messages.0.role"),
        ({"messages": [{"role": [], "content": "a"}]}, "messages.0.role"),
        (user(None), "messages.0.content"),
        (user([]), "messages.0.content"),
        (user(5), "messages.0.content"),
        (user(["a"]), AT),
        (user([{"type": "novelty"}]), AT),
        (user([{"type": {}}]), AT),
        (user([{"type": "text", "text": 5}]), f"{AT}.text"),
        (user([{"type": "image_url", "image_url": "u"}]), f"{AT}.image_url"),
        (user([shown("ftp://a")]), f"{AT}.image_url"),
        (user([shown("data:image/png,abc")]), f"{AT}.image_url"),
        (user([{"type": "file", "file": {}}]), f"{AT}.file.file_data"),
        (
            user([{"type": "file", "file": {"file_data": PDF, "file_url": "https:"}}]),
            f"{AT}.file.file_url",
        ),
        (
            {"messages": [{"role": "assistant", "content": "a", "refusal": "b"}]},
            "messages.0.refusal",
        ),
        (user([file("data:text/plain;base64,*")]), f"{AT}.file.file_data"),
        ({"messages": [{"role": "tool", "content": "a"}]}, "messages.0.tool_call_id"),
        (
            {"messages": [{"role": "tool", "content": "a", "tool_call_id": ""}]},
            "messages.0.tool_call_id",
        ),
        (
            {"messages": [{"role": "assistant", "tool_calls": 5}]},
            "messages.0.tool_calls",
        ),
        (calling(id=None), f"{CALLED}.id"),
        (calling(function="f"), f"{CALLED}.function"),
        (
            calling(function={"name": "f", "arguments": "[]"}),
            f"{CALLED}.function.arguments",
        ),
        (
            calling(function={"name": "f", "arguments": '{"a": '}),
            f"{CALLED}.function.arguments",
        ),
        (
            calling(function={"name": "f", "arguments": 5}),
            f"{CALLED}.function.arguments",
        ),
        (calling(function={"arguments": "{}"}), f"{CALLED}.function.name"),
        (calling(function={"name": ""}), f"{CALLED}.function.name"),
        (
            calling(function={"name": "f", "arguments": '{"a": NaN}'}),
            f"{CALLED}.function.arguments",
        ),
        (
            calling(function={"name": "f", "arguments": '{"a": "\\ud800"}'}),
            f"{CALLED}.function.arguments",
        ),
        ({"temperature": 2.1}, "temperature"),
        ({"temperature": "1"}, "temperature"),
        ({"top_p": True}, "top_p"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_tokens": 1.5}, "max_tokens"),
        ({"stop": 0}, "stop"),
        ({"stop": [5]}, "stop"),
        ({"stream_options": "a"}, "stream_options"),
        ({"service_tier": []}, "service_tier"),
        ({"reasoning_effort": {}}, "reasoning_effort"),
        ({"response_format": "json"}, "response_format"),
        ({"response_format": {"type": "xml"}}, "response_format.type"),
        (
            {"response_format": {"type": "json_schema"}},
            "response_format.json_schema.schema",
        ),
        ({"tools": 5}, "tools"),
        (
            {"tools": [{"type": "function", "function": "f"}]},
            "tools.0.function.name",
        ),
        ({"tools": [TOOL], "tool_choice": "any"}, "tool_choice"),
        ({"tool_choice": "required"}, "tool_choice"),
        (
            {"tools": [TOOL], "tool_choice": {"type": "function"}},
            "tool_choice.function.name",
        ),
    ],
)
def test_what_is_wrong_is_told_where(asked, place):
    with pytest.raises(Malformed) as told:
        translated(**asked)
    assert told.value.place == place
    assert not isinstance(told.value, Unsupported)


@pytest.mark.parametrize(
    ("asked", "place"),
    [
        ({"tools": [{"type": "custom", "custom": {}}]}, "tools.0.type"),
        ({"tools": [TOOL], "tool_choice": {"type": "custom"}}, "tool_choice.type"),
        ({"service_tier": "flex"}, "service_tier"),
        (user([{"type": "input_audio"}]), f"{AT}.type"),
        (user([{"type": "file", "file": {"file_id": "f"}}]), f"{AT}.file.file_id"),
        (user([file("data:video/mp4;base64,")]), f"{AT}.file.file_data"),
        (
            {"messages": [{"role": "system", "content": [shown("https://a")]}]},
            "messages.0.content",
        ),
        (calling(type="custom"), f"{CALLED}.type"),
    ],
)
def test_what_the_api_does_not_have_is_refused_by_name(asked, place):
    for ignoring in (False, True):
        with pytest.raises(Unsupported) as told:
            translated(ignoring, **asked)
        assert told.value.place == place


MARK = {"prompt_cache_breakpoint": {"mode": "explicit"}}
CACHED = {"cache_control": {"type": "ephemeral"}}


def formatted(**more: Any) -> dict[str, Any]:
    described = {"name": "n", "schema": {}, **more}
    return {"response_format": {"type": "json_schema", "json_schema": described}}


def choosing(**more: Any) -> dict[str, Any]:
    chosen = {"type": "function", "function": {"name": "f"}}
    return {"tools": [TOOL], "tool_choice": chosen | more}


@pytest.mark.parametrize(
    ("asked", "place", "name"),
    [
        (user("a", name="ann"), "messages.0.name", "messages.name"),
        (user("a", x=1), "messages.0.x", "messages.other"),
        (
            {"messages": [HELLO, {"role": "assistant", "audio": {"id": "a"}}]},
            "messages.1.audio",
            "messages.audio",
        ),
        (
            user([shown("https://a", detail="low")]),
            f"{AT}.image_url.detail",
            "messages.detail",
        ),
        (
            user([{"type": "text", "text": "a", **MARK}]),
            f"{AT}.prompt_cache_breakpoint",
            "messages.other",
        ),
        (user([shown("https://a", x="1")]), f"{AT}.image_url.x", "messages.other"),
        (user([file(PDF, x="1")]), f"{AT}.file.x", "messages.other"),
        (calling(x=1), f"{CALLED}.x", "messages.other"),
        (
            calling(function={"name": "f", "x": 1}),
            f"{CALLED}.function.x",
            "messages.other",
        ),
        ({"tools": [TOOL | CACHED]}, "tools.0.cache_control", "tools.other"),
        (
            {"tools": [TOOL | {"function": FUNCTION | CACHED}]},
            "tools.0.function.cache_control",
            "tools.other",
        ),
        ({"tools": [TOOL | {"x": 1}]}, "tools.0.x", "tools.other"),
        (choosing(x=1), "tool_choice.x", "tool_choice.other"),
        (
            choosing(function={"name": "f", "x": 1}),
            "tool_choice.function.x",
            "tool_choice.other",
        ),
        ({"stream_options": {"x": 1}}, "stream_options.x", "other"),
        (
            {"stream_options": {"include_obfuscation": True}},
            "stream_options.include_obfuscation",
            "stream_options.include_obfuscation",
        ),
        ({"response_format": {"type": "text", "x": 1}}, "response_format.x", "other"),
        (formatted(x=1), "response_format.json_schema.x", "other"),
    ],
)
def test_what_would_be_lost_is_refused_unless_it_may_pass(asked, place, name):
    with pytest.raises(Unsupported) as told:
        translated(**asked)
    assert told.value.place == place
    assert translated(ignoring=True, **asked).ignored == (name,)
