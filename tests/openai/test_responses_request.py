"""What the fields of a request of Responses become."""

import pytest

from app.messages.request import read_request
from tests.openai.asked import TOOL, made, text, translated


def test_the_least():
    assert made() == {
        "model": "claude-opus-5-5",
        "max_tokens": 32000,
        "messages": [{"role": "user", "content": "Hi"}],
    }


def test_the_messages_api_takes_what_is_made():
    whole = translated(tools=[TOOL], instructions="Be kind.", stream=True)
    assert read_request(whole.body).system == "Be kind."


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"model": "gpt"}, {"model": "claude-x"}),
        ({"max_output_tokens": 50}, {"max_tokens": 50}),
        ({"temperature": 0.2}, {"temperature": 0.2}),
        ({"instructions": "Be kind."}, {"system": [text("Be kind.")]}),
        ({"reasoning": {"effort": "minimal"}}, {"output_config": {"effort": "low"}}),
        ({"reasoning": {"effort": "none"}}, {"thinking": {"type": "disabled"}}),
        (
            {"reasoning": {"summary": "auto"}},
            {"thinking": {"type": "adaptive", "display": "summarized"}},
        ),
        (
            {"reasoning": {"effort": "none", "summary": "auto"}},
            {"thinking": {"type": "disabled"}},
        ),
        (
            {"text": {"format": {"type": "json_schema", "name": "n", "schema": {}}}},
            {"output_config": {"format": {"type": "json_schema", "schema": {}}}},
        ),
        ({"text": {"format": {"type": "text"}, "verbosity": "medium"}}, {}),
        ({"metadata": {"a": "b"}, "include": ["reasoning.encrypted_content"]}, {}),
        ({"store": False, "truncation": "disabled", "background": False}, {}),
        ({"parallel_tool_calls": False, "tool_choice": "auto"}, {}),
    ],
)
def test_a_field(asked, expected):
    least = made()
    assert made(**asked) == least | expected


@pytest.mark.parametrize("model", ["claude-haiku-4-5", "claude-sonnet-4-20250514"])
def test_a_model_that_thinks_only_by_budget_has_nothing_to_summarize(model):
    assert "thinking" not in made(model=model, reasoning={"summary": "auto"})


@pytest.mark.parametrize("model", ["claude-opus-4-8", "claude-sonnet-5"])
def test_any_other_shows_its_thoughts_where_a_summary_is_asked_for(model):
    shown = made(model=model, reasoning={"effort": "high", "summary": "detailed"})
    assert shown["thinking"] == {"type": "adaptive", "display": "summarized"}
    assert shown["output_config"] == {"effort": "high"}


def test_a_json_object_is_asked_for_in_the_system():
    [said] = made(text={"format": {"type": "json_object"}})["system"]
    assert "JSON object" in said["text"]


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ("none", {"type": "none"}),
        ("auto", {"type": "auto", "disable_parallel_tool_use": True}),
        ("required", {"type": "any", "disable_parallel_tool_use": True}),
        (
            {"type": "function", "name": "get_weather"},
            {"type": "tool", "name": "get_weather", "disable_parallel_tool_use": True},
        ),
    ],
)
def test_tools(choice, expected):
    body = made(tools=[TOOL], tool_choice=choice, parallel_tool_calls=False)
    schema = TOOL["parameters"]
    named = {name: TOOL[name] for name in ("name", "description", "strict")}
    assert body["tools"] == [named | {"input_schema": schema}]
    assert body["tool_choice"] == expected


def test_what_the_system_says_stands_after_the_instructions():
    said = [
        {"role": "developer", "content": "Two."},
        {"role": "user", "content": "Hi"},
        {"role": "system", "content": [{"type": "input_text", "text": "Three."}]},
    ]
    body = made(instructions="One.", input=said)
    assert body["system"] == [text("One."), text("Two."), text("Three.")]
    assert body["messages"] == [{"role": "user", "content": "Hi"}]
