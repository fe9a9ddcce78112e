"""What a request of Chat Completions is in the Messages API's words."""

import json
from typing import Any

import pytest

from app.messages.request import read_request
from app.openai.chat import read_chat
from tests.service.corpus import PIXEL

HELLO = {"role": "user", "content": "Hello"}
LEAST = {"model": "claude-haiku-4-5", "messages": [HELLO]}
FUNCTION = {"name": "f", "description": "d", "parameters": {"type": "object"}}
TOOL = {"type": "function", "function": FUNCTION}
CALL = {
    "id": "toolu_1",
    "type": "function",
    "function": {"name": "f", "arguments": '{"a": 1.5}'},
}
PDF = "data:application/pdf;base64,JVBERi0="
IMAGE = {
    "type": "image",
    "source": {"type": "base64", "media_type": "image/png", "data": PIXEL},
}


def translated(ignoring: bool = False, **fields: Any):
    body = json.dumps(LEAST | fields).encode()
    return read_chat(body, aliases={"gpt-4o": "claude-opus-5"}, ignoring=ignoring)


def made(**fields: Any) -> dict[str, Any]:
    """Return the request, which has to be one that can be carried."""
    body = translated(**fields).body
    read_request(body)
    return json.loads(body)


def said(*messages: Any) -> list[dict[str, Any]]:
    return made(messages=[HELLO, *messages])["messages"][1:]


def parts(*content: Any) -> list[dict[str, Any]]:
    return said({"role": "user", "content": list(content)})[0]["content"]


def shown(url: str, **more: str) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url, **more}}


def file(data: str, **more: str) -> dict[str, Any]:
    return {"type": "file", "file": {"file_data": data, **more}}


def test_the_least_is_the_least():
    assert made() == LEAST | {"max_tokens": 32_000}


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"max_tokens": 5}, {"max_tokens": 5}),
        ({"max_tokens": 5, "max_completion_tokens": 6}, {"max_tokens": 6}),
        ({"temperature": 0.2}, {"temperature": 0.2}),
        ({"temperature": 0}, {"temperature": 0}),
        ({"top_p": 0.5}, {"top_p": 0.5}),
        ({"stop": "END"}, {"stop_sequences": ["END"]}),
        ({"stop": ["a", "b"]}, {"stop_sequences": ["a", "b"]}),
        ({"stream": True}, {"stream": True}),
        ({"stream": False}, {"stream": False}),
        ({"service_tier": "auto"}, {"service_tier": "auto"}),
        ({"service_tier": "default"}, {"service_tier": "standard_only"}),
        ({"reasoning_effort": "minimal"}, {"output_config": {"effort": "low"}}),
        ({"reasoning_effort": "xhigh"}, {"output_config": {"effort": "xhigh"}}),
        ({"reasoning_effort": "none"}, {"thinking": {"type": "disabled"}}),
        ({"model": "gpt-4o"}, {"model": "claude-opus-5"}),
        (
            {"tools": [TOOL], "tool_choice": "required", "parallel_tool_calls": False},
            {"tool_choice": {"type": "any", "disable_parallel_tool_use": True}},
        ),
        (
            {"tools": [TOOL], "tool_choice": "none", "parallel_tool_calls": False},
            {"tool_choice": {"type": "none"}},
        ),
        (
            {"tools": [TOOL], "parallel_tool_calls": False},
            {"tool_choice": {"type": "auto", "disable_parallel_tool_use": True}},
        ),
        (
            {
                "tools": [TOOL],
                "tool_choice": {"type": "function", "function": {"name": "f"}},
            },
            {"tool_choice": {"type": "tool", "name": "f"}},
        ),
        (
            {
                "response_format": {
                    "type": "json_schema",
                    "json_schema": {"name": "n", "schema": {"a": 1}},
                },
                "reasoning_effort": "low",
            },
            {
                "output_config": {
                    "format": {"type": "json_schema", "schema": {"a": 1}},
                    "effort": "low",
                }
            },
        ),
    ],
)
def test_a_field_goes_over(asked, expected):
    assert {name: made(**asked)[name] for name in expected} == expected


@pytest.mark.parametrize(
    "asked",
    [
        {"temperature": 1, "top_p": 1.0},
        {"temperature": 1.7},
        {"tool_choice": "auto", "parallel_tool_calls": False},
        {"tools": [], "tool_choice": "none"},
        {"stop": []},
        {"response_format": {"type": "text"}},
        {"stream_options": {"include_usage": True}},
        {"user": "u", "safety_identifier": "s", "prompt_cache_key": "k"},
        {"temperature": None, "stop": None, "tools": None, "response_format": None},
    ],
)
def test_what_is_the_apis_default_or_ours_alone_is_left_out(asked):
    assert made(**asked) == made()


@pytest.mark.parametrize(
    ("model", "most"),
    [
        ("claude-3-haiku-20240307", 4096),
        ("us.anthropic.claude-3-5-haiku-20241022-v1:0", 8192),
        ("claude-3-7-sonnet-20250219", 32_000),
        ("claude-opus-5-5", 32_000),
    ],
)
def test_an_answer_has_a_limit_that_its_model_knows(model, most):
    assert made(model=model)["max_tokens"] == most


def test_a_function_is_a_tool():
    strict = {"type": "function", "function": {"name": "g", "strict": True}}
    assert made(tools=[TOOL, strict])["tools"] == [
        {"name": "f", "description": "d", "input_schema": {"type": "object"}},
        {
            "name": "g",
            "input_schema": {"type": "object", "properties": {}},
            "strict": True,
        },
    ]


def test_json_alone_is_asked_for_in_words():
    asked = made(response_format={"type": "json_object"})
    assert asked["system"][-1]["text"].startswith("Answer with a single JSON object")


def test_what_the_system_says_comes_first_from_wherever():
    speech = [{"type": "text", "text": "Two."}, {"type": "text", "text": "Three."}]
    asked = made(
        messages=[
            {"role": "system", "content": "One."},
            HELLO,
            {"role": "developer", "content": speech},
        ]
    )
    assert asked["messages"] == [HELLO]
    assert [block["text"] for block in asked["system"]] == ["One.", "Two.\n\nThree."]


@pytest.mark.parametrize("url", ["https://a.example/b.png", "http://a.example/b"])
def test_an_image_at_a_url(url):
    image = {"type": "image", "source": {"type": "url", "url": url}}
    assert parts(shown(url, detail="high")) == [image]


def test_an_image_in_a_url():
    assert parts(shown(f"data:image/png;base64,{PIXEL}")) == [IMAGE]


def test_a_pdf_and_a_text_are_documents():
    pdf, words = parts(
        file(PDF, filename="a.pdf"),
        file("data:text/plain;charset=utf-8;base64,S8O2bG4="),
    )
    assert pdf["title"] == "a.pdf"
    assert pdf["source"]["media_type"] == "application/pdf"
    assert words["source"] == {
        "type": "text",
        "media_type": "text/plain",
        "data": "Köln",
    }


def test_an_empty_text_beside_an_image_is_left_out():
    empty = {"type": "text", "text": ""}
    assert parts(empty, shown(f"data:image/png;base64,{PIXEL}"), empty) == [IMAGE]


def test_calls_and_their_results():
    other = CALL | {"id": "toolu_2", "function": {"name": "f", "arguments": ""}}
    answered, given = said(
        {"role": "assistant", "content": "Hm.", "tool_calls": [CALL, other]},
        {"role": "tool", "tool_call_id": "toolu_1", "name": "f", "content": "1"},
        {
            "role": "tool",
            "tool_call_id": "toolu_2",
            "content": [
                {"type": "text", "text": "2"},
                shown(f"data:image/png;base64,{PIXEL}"),
            ],
        },
        {"role": "user", "content": "And?"},
    )
    assert answered["content"] == [
        {"type": "text", "text": "Hm."},
        {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {"a": 1.5}},
        {"type": "tool_use", "id": "toolu_2", "name": "f", "input": {}},
    ]
    results = [block.get("content") for block in given["content"]]
    assert results == ["1", [{"type": "text", "text": "2"}, IMAGE], None]
    assert given["content"][2] == {"type": "text", "text": "And?"}


@pytest.mark.parametrize("empty", ["", None, [], [{"type": "text", "text": ""}]])
def test_an_answer_without_anything_in_it_says_nothing(empty):
    assert said({"role": "assistant", "content": empty}) == []


def test_an_empty_text_before_a_call_is_left_out():
    empty = {"role": "assistant", "content": [{"type": "text", "text": ""}]}
    (answered,) = said(empty | {"tool_calls": [CALL]})
    assert [block["type"] for block in answered["content"]] == ["tool_use"]


def test_what_is_only_an_empty_text_is_empty():
    assert parts({"type": "text", "text": ""}) == ""


def test_what_an_sdk_has_added_to_an_answer_passes():
    function = {**CALL["function"], "parsed_arguments": {"a": 1.5}}
    call = CALL | {"index": 0, "function": function}
    sent = {"role": "assistant", "content": "b", "parsed": {"c": 1}, "audio": None}
    assert said(sent | {"tool_calls": [call]}) == said(
        {"role": "assistant", "content": "b", "tool_calls": [CALL]}
    )


def test_what_a_schema_is_for_is_said_by_the_schema():
    def wanted(schema: dict[str, str]) -> Any:
        asked = {"name": "n", "description": "d", "strict": True, "schema": schema}
        form = {"type": "json_schema", "json_schema": asked}
        return made(response_format=form)["output_config"]["format"]["schema"]

    assert wanted({"type": "object"}) == {"description": "d", "type": "object"}
    assert wanted({"description": "own"}) == {"description": "own"}


def test_what_the_model_refused_or_thought_before():
    refused = {"role": "assistant", "content": None, "refusal": "No."}
    thought = {"role": "assistant", "content": "b", "reasoning_content": "Hm."}
    part = {"role": "assistant", "content": [{"type": "refusal", "refusal": "No."}]}
    assert [turn["content"] for turn in said(refused, thought, part)] == [
        "No.",
        "b",
        [{"type": "text", "text": "No."}],
    ]
