"""Answers that go back as items; Chat and Responses that ask the same."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.messages.message import Message
from app.openai.asking import Translated
from app.openai.chat import read_chat
from app.openai.response_events import ResponseShape
from tests.openai.answers import ANSWERS
from tests.openai.asked import (
    CALL,
    Body,
    translated,
    turns,
)
from tests.support.upstream import blocks


def answered(events: list[Body]) -> tuple[list[Body], list[Body]]:
    """Return an answer's blocks, and the items that they come to."""
    told = Message()
    for each in events:
        told.take(json.dumps(each).encode())
    written = ResponseShape(Translated(b"", {}, ())).whole(told)
    return json.loads(told.json())["content"], json.loads(written)["output"]


def goes_round(events: list[Body]) -> None:
    said, items = answered(events)
    [_, turn, _] = turns(
        {"role": "user", "content": "a"}, *items, {"role": "user", "content": "b"}
    )
    assert turn == {"role": "assistant", "content": said}


LOST = {"nothing", "something_new", "a_call_cut_off"}


@pytest.mark.parametrize("name", sorted(ANSWERS.keys() - LOST))
def test_an_answer_goes_round(name):
    goes_round(ANSWERS[name])


texts = st.text(min_size=1)
parts = st.one_of(
    texts.map(lambda said: ({"type": "text", "text": said}, [])),
    st.tuples(st.text(), st.text("abcXYZ+/=", min_size=1)).map(
        lambda it: ({"type": "thinking", "thinking": it[0], "signature": it[1]}, [])
    ),
    texts.map(lambda data: ({"type": "redacted_thinking", "data": data}, [])),
    st.dictionaries(st.text(), st.integers(-9, 9) | st.text()).map(
        lambda given: (
            {"type": "tool_use", "id": "toolu_1", "name": "f", "input": given},
            [],
        )
    ),
)


@given(st.lists(parts, min_size=1, max_size=6))
def test_any_answer_goes_round(contents):
    goes_round(blocks(contents, "end_turn"))


def in_chat(turn: Body) -> Body:
    """Say the same as a message of Chat Completions."""
    if turn["kind"] == "call":
        named = {"name": "get_weather", "arguments": turn["said"]}
        call = {"id": turn["id"], "type": "function", "function": named}
        return {"role": "assistant", "tool_calls": [call]}
    if turn["kind"] == "output":
        return {"role": "tool", "tool_call_id": turn["id"], "content": turn["said"]}
    return {"role": turn["kind"], "content": turn["said"]}


def as_item(turn: Body) -> Body:
    """Say the same as an item of Responses."""
    if turn["kind"] == "call":
        return CALL | {"call_id": turn["id"], "arguments": turn["said"]}
    if turn["kind"] == "output":
        kind = "function_call_output"
        return {"type": kind, "call_id": turn["id"], "output": turn["said"]}
    return {"role": turn["kind"], "content": turn["said"]}


@st.composite
def conversations(draw: Any) -> list[Body]:
    """Draw turns; the model says or calls one thing at a time, as both can say it."""
    said: list[Body] = [{"kind": "user", "said": draw(texts)}]
    for number in range(draw(st.integers(0, 4))):
        kind = draw(st.sampled_from(["assistant", "call", "system", "developer"]))
        if kind == "call":
            given = json.dumps(draw(st.dictionaries(st.text(), st.text())))
            said.append({"kind": kind, "id": f"t{number}", "said": given})
            said.append({"kind": "output", "id": f"t{number}", "said": draw(texts)})
        else:
            said.append({"kind": kind, "said": draw(texts)})
        said.append({"kind": "user", "said": draw(texts)})
    return said


@given(conversations())
def test_chat_and_responses_asked_the_same_ask_the_same(said):
    chat = {"model": "m", "max_tokens": 9, "messages": [in_chat(each) for each in said]}
    expected = read_chat(json.dumps(chat).encode(), aliases={})
    items = [as_item(each) for each in said]
    asked = translated(model="m", max_output_tokens=9, input=items)
    assert json.loads(asked.body) == json.loads(expected.body)
