"""The table of every field: as OpenAI's own types have them, and as docs/openai.md."""

import re
from typing import Any, get_type_hints

import pytest
from openai.types.chat import ChatCompletionStreamOptionsParam
from openai.types.chat import completion_create_params as chat
from openai.types.responses import response_create_params as responses
from openai.types.shared_params import ResponseFormatJSONSchema
from openai.types.shared_params.response_format_json_schema import JSONSchema

from app.openai.parameters import (
    CHAT,
    CHAT_NESTED,
    RESPONSES,
    RESPONSES_NESTED,
    Fate,
    Parameter,
)
from app.openai.parameters import check as hold
from app.openai.unsupported import Losses, Unsupported
from tests.support.processes import ROOT

REFUSED = [
    pytest.param(table, name, id=f"{kind}-{name}")
    for kind, table in (("chat", CHAT), ("responses", RESPONSES))
    for name, parameter in table.items()
    if parameter.fate is Fate.REFUSED
]


def check(asked: dict[str, Any], table: Any, *, ignoring: bool) -> tuple[str, ...]:
    losses = Losses(ignoring=ignoring)
    hold(asked, table, losses)
    return losses.names


def test_the_fields_are_those_of_the_sdks_types():
    assert set(CHAT) == set(get_type_hints(chat.CompletionCreateParamsStreaming))
    assert set(RESPONSES) == set(
        get_type_hints(responses.ResponseCreateParamsStreaming)
    )


@pytest.mark.parametrize(
    ("name", "of_the_sdk"),
    [
        ("response_format", ResponseFormatJSONSchema),
        ("response_format.json_schema", JSONSchema),
        ("stream_options", ChatCompletionStreamOptionsParam),
    ],
)
def test_so_are_the_fields_within_a_field_of_chat(name, of_the_sdk):
    assert CHAT_NESTED[name].keys() == of_the_sdk.__annotations__.keys()


@pytest.mark.parametrize("tables", [CHAT_NESTED, RESPONSES_NESTED])
def test_the_page_names_each_field_within_a_field(tables):
    page = (ROOT / "docs/openai.md").read_text()
    names = [f"{place}.{name}" for place, known in tables.items() for name in known]
    assert [name for name in names if f"`{name}`" not in page] == []


def documented(heading: str) -> list[tuple[str, ...]]:
    page = (ROOT / "docs/openai.md").read_text()
    (section,) = re.findall(rf"^## {heading}\n(.*?)(?:^## |\Z)", page, re.M | re.S)
    return re.findall(r"^\| `(\w+)` \| (\w+) \| (.*) \|$", section, re.M)


def in_words(parameter: Parameter) -> str:
    neutral = [str(each) for each in parameter.neutral if each not in ([], {})]
    passing = f"; {neutral[0].lower()} passes" if neutral else ""
    return (parameter.how + passing).replace("['text']", "text")


@pytest.mark.parametrize(
    ("heading", "table"),
    [("The fields of Chat Completions", CHAT), ("The fields of Responses", RESPONSES)],
)
def test_the_page_says_what_the_code_does(heading, table):
    rows = [(name, each.fate.value, in_words(each)) for name, each in table.items()]
    assert sorted(documented(heading)) == sorted(rows)


@pytest.mark.parametrize(("table", "name"), REFUSED)
def test_a_refused_field_is_refused_by_its_name(table, name):
    asked: dict[str, Any] = {"model": "m", name: {"anything": 1}}
    with pytest.raises(Unsupported) as told:
        check(asked, table, ignoring=False)
    assert told.value.place == name
    assert check(asked, table, ignoring=True) == (name,)


@pytest.mark.parametrize(("table", "name"), REFUSED)
def test_what_says_nothing_passes(table, name):
    for value in (None, *table[name].neutral):
        assert check({name: value}, table, ignoring=False) == ()


def test_a_field_that_nobody_knows_is_refused_and_has_no_label_of_its_own():
    with pytest.raises(Unsupported):
        check({"top_k": 5}, CHAT, ignoring=False)
    assert check({"top_k": 5, "min_p": 1}, CHAT, ignoring=True) == ("other",)
