"""What a request of Responses is refused for, by its name."""

from typing import Any

import pytest
from openai.types.responses import (
    ResponseFormatTextJSONSchemaConfigParam,
    ResponseTextConfigParam,
)
from openai.types.responses.response_create_params import StreamOptions
from openai.types.shared_params import Reasoning

from app.messages.malformed import Malformed
from app.openai.parameters import RESPONSES, RESPONSES_NESTED, Fate
from app.openai.unsupported import Unsupported
from tests.openai.asked import (
    CALL,
    PNG,
    TOOL,
    Body,
    made,
    translated,
)


def item(**fields: Any) -> Body:
    return {"input": [fields]}


def part(**fields: Any) -> Body:
    return item(role="user", content=[fields])


REFUSED = [name for name, each in RESPONSES.items() if each.fate is Fate.REFUSED]


@pytest.mark.parametrize("name", REFUSED)
def test_a_field_that_cannot_be_carried_is_refused_by_its_name(name):
    with pytest.raises(Unsupported) as refused:
        made(**{name: "x"})
    assert refused.value.place == name


@pytest.mark.parametrize(
    ("asked", "place"),
    [
        ({"nobody_knows": 1}, "nobody_knows"),
        ({"text": {"verbosity": "low"}}, "text.verbosity"),
        ({"text": {"novel": 1}}, "text.novel"),
        ({"text": {"format": {"type": "text", "novel": 1}}}, "text.format.novel"),
        ({"reasoning": {"generate_summary": "auto"}}, "reasoning.generate_summary"),
        ({"reasoning": {"context": "all_turns"}}, "reasoning.context"),
        ({"reasoning": {"mode": "pro"}}, "reasoning.mode"),
        (
            {"stream_options": {"include_obfuscation": True}},
            "stream_options.include_obfuscation",
        ),
        ({"include": ["message.output_text.logprobs"]}, "include"),
        ({"service_tier": "flex"}, "service_tier"),
        ({"tools": [{"type": "web_search"}]}, "tools.0.type"),
        ({"tools": [{"type": "custom", "name": "x"}]}, "tools.0.type"),
        ({"tools": [TOOL | {"defer_loading": True}]}, "tools.0.defer_loading"),
        ({"tool_choice": {"type": "allowed_tools"}}, "tool_choice.type"),
        (
            {"tools": [TOOL], "tool_choice": {"type": "function", "name": "f", "x": 1}},
            "tool_choice.x",
        ),
        (item(type="item_reference", id="msg_1"), "input.0.type"),
        (item(type="web_search_call", id="ws_1"), "input.0.type"),
        (item(type="compaction", encrypted_content="x"), "input.0.type"),
        (item(type=[]), "input.0.type"),
        (item(**CALL, namespace="n"), "input.0.namespace"),
        (item(role="user", content="x", novel=1), "input.0.novel"),
        (
            item(type="reasoning", encrypted_content="x", content=[{}]),
            "input.0.content",
        ),
        (part(type="input_audio"), "input.0.content.0.type"),
        (part(type="input_image", file_id="f"), "input.0.content.0.file_id"),
        (part(type="input_file", file_id="f"), "input.0.content.0.file_id"),
        (
            part(type="input_image", image_url=PNG, detail="low"),
            "input.0.content.0.detail",
        ),
        (
            part(type="input_text", text="x", prompt_cache_breakpoint={"mode": "x"}),
            "input.0.content.0.prompt_cache_breakpoint",
        ),
        (
            item(role="system", content=[{"type": "input_image", "image_url": PNG}]),
            "input.0.content",
        ),
    ],
)
def test_so_is_a_value_or_an_item(asked, place):
    with pytest.raises(Unsupported) as refused:
        made(**asked)
    assert refused.value.place == place


@pytest.mark.parametrize(
    ("asked", "place"),
    [
        ({"input": None}, "input"),
        ({"input": 1}, "input"),
        ({"input": []}, "input"),
        ({"input": [1]}, "input.0"),
        ({"model": None}, "model"),
        ({"instructions": ["x"]}, "instructions"),
        ({"metadata": "x"}, "metadata"),
        ({"text": "x"}, "text"),
        ({"text": {"format": "x"}}, "text.format"),
        ({"text": {"format": {"type": "grammar"}}}, "text.format.type"),
        ({"text": {"format": {"type": "json_schema"}}}, "text.format.schema"),
        ({"reasoning": "high"}, "reasoning"),
        ({"reasoning": {"effort": "hard"}}, "reasoning.effort"),
        ({"reasoning": {"summary": "long"}}, "reasoning.summary"),
        ({"include": "x"}, "include"),
        ({"max_output_tokens": 0}, "max_output_tokens"),
        ({"tools": [{"type": "function"}]}, "tools.0.name"),
        ({"tools": [TOOL], "tool_choice": {"type": "function"}}, "tool_choice.name"),
        (item(**CALL | {"name": None}), "input.0.name"),
        (item(role="robot", content="x"), "input.0.role"),
        (item(role="user", content=[]), "input.0.content"),
        (item(role="user"), "input.0.content"),
        (part(type="text", text="x"), "input.0.content.0"),
        (part(type="detail"), "input.0.content.0"),
        (part(type=[]), "input.0.content.0"),
        (part(type={}), "input.0.content.0"),
        (part(type="input_text"), "input.0.content.0.text"),
        (part(type="input_image"), "input.0.content.0.image_url"),
        (part(type="input_file"), "input.0.content.0.file_data"),
        (
            part(type="input_file", file_data="data:", file_url="https:"),
            "input.0.content.0.file_url",
        ),
        (item(**CALL | {"call_id": None}), "input.0.call_id"),
        (item(**CALL | {"arguments": "{"}), "input.0.arguments"),
        (item(type="function_call_output", output="x"), "input.0.call_id"),
        (item(type="function_call_output", call_id="x"), "input.0.output"),
        (item(type="reasoning", summary=[]), "input.0.encrypted_content"),
        (
            item(type="reasoning", summary=["x"], encrypted_content="x"),
            "input.0.summary",
        ),
    ],
)
def test_what_is_malformed_is_named(asked, place):
    with pytest.raises(Malformed) as refused:
        made(**asked)
    assert refused.value.place == place
    assert not isinstance(refused.value, Unsupported)


def test_what_cannot_be_carried_can_be_let_pass_and_is_told():
    told = translated(
        True,
        store=True,
        text={"verbosity": "low"},
        reasoning={"novel": 1},
        tools=[TOOL | {"defer_loading": True}],
        input=[
            CALL | {"namespace": "n"},
            {
                "role": "user",
                "content": [{"type": "input_image", "image_url": PNG, "detail": "low"}],
            },
        ],
    )
    assert told.ignored == (
        *("store", "text.verbosity", "other"),
        *("tools.other", "input.other", "input.detail"),
    )


TYPES = {
    "text": ResponseTextConfigParam,
    "text.format": ResponseFormatTextJSONSchemaConfigParam,
    "reasoning": Reasoning,
    "stream_options": StreamOptions,
}


@pytest.mark.parametrize("name", RESPONSES_NESTED)
def test_the_fields_of_a_field_are_those_of_the_openai_package(name):
    assert RESPONSES[name.partition(".")[0]].fate is not Fate.REFUSED
    assert RESPONSES_NESTED[name].keys() == TYPES[name].__annotations__.keys()
