"""A stream's events make the API's message object."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.messages.message import Message
from tests.support.upstream import blocks, message, tool_use


def put_together(events: list[dict[str, Any]]) -> dict[str, Any]:
    together = Message()
    for event in events:
        together.take(json.dumps(event).encode())
    return json.loads(together.json())


def delta(kind: str, **fields: Any) -> dict[str, Any]:
    return {"type": f"{kind}_delta", **fields}


@given(st.lists(st.text(), max_size=5))
def test_a_text_in_pieces(pieces):
    said = [delta("text", text=each) for each in pieces]
    whole = put_together(blocks([({"type": "text", "text": ""}, said)], "end_turn"))
    assert whole["content"] == [{"type": "text", "text": "".join(pieces)}]


def test_the_head_and_the_end():
    whole = put_together(message("Hi", "stop_sequence", stop_sequence="END"))
    assert whole["id"] == "msg_1"
    assert whole["stop_reason"] == "stop_sequence"
    assert whole["stop_sequence"] == "END"
    assert whole["usage"] == {"input_tokens": 3, "output_tokens": 7}


def test_the_input_of_a_tool():
    said = [
        delta("input_json", partial_json=each) for each in ('{"a": [1', ".50, ", "2]}")
    ]
    block = {"type": "tool_use", "id": "t", "name": "n", "input": {}}
    together = Message()
    for event in blocks([(block, said)], "tool_use"):
        together.take(json.dumps(event).encode())
    assert b'"input":{"a": [1.50, 2]}' in together.json()


def test_the_input_of_a_tool_without_parameters_stays_empty():
    whole = put_together(tool_use("now", {}, "tool_use"))
    assert whole["content"][0]["input"] == {}


def test_an_input_that_was_cut_off_stays_empty():
    said = [delta("input_json", partial_json='{"a": "b')]
    block = {"type": "tool_use", "id": "t", "name": "n", "input": {}}
    whole = put_together(blocks([(block, said)], "max_tokens"))
    assert whole["content"][0]["input"] == {}


@pytest.mark.parametrize(
    ("block", "said", "whole"),
    [
        (
            {"type": "thinking", "thinking": "", "signature": ""},
            [
                *(delta("thinking", thinking=each) for each in ("Hm", "m.")),
                delta("signature", signature="c2ln"),
            ],
            {"type": "thinking", "thinking": "Hmm.", "signature": "c2ln"},
        ),
        (
            {"type": "text", "text": ""},
            [
                delta("citations", citation={"type": "char_location", "start": 1}),
                delta("text", text="So."),
                delta("citations", citation={"type": "char_location", "start": 2}),
            ],
            {
                "type": "text",
                "text": "So.",
                "citations": [
                    {"type": "char_location", "start": 1},
                    {"type": "char_location", "start": 2},
                ],
            },
        ),
        (
            {"type": "compaction", "content": None},
            [delta("compaction", content="All of it.")],
            {"type": "compaction", "content": "All of it."},
        ),
        (
            {"type": "new", "words": "a", "list": [1]},
            [delta("new", words="b", list=[2], number=3)],
            {"type": "new", "words": "ab", "list": [1, 2], "number": 3},
        ),
        (
            {"type": "redacted_thinking", "data": "x"},
            [],
            {"type": "redacted_thinking", "data": "x"},
        ),
    ],
)
def test_every_kind_of_block(block, said, whole):
    assert put_together(blocks([(block, said)], "end_turn"))["content"] == [whole]


def test_what_the_last_event_has_beside_is_carried():
    events = message()
    events[-2] |= {"context_management": {"applied_edits": []}}
    events[-2]["usage"] |= {"cache_read_input_tokens": None}
    whole = put_together(events)
    assert whole["context_management"] == {"applied_edits": []}
    assert "cache_read_input_tokens" not in whole["usage"]


def test_the_halves_of_a_character_in_two_pieces_are_joined():
    said = [delta("text", text=half) for half in ("\ud83d", "\ude00")]
    whole = put_together(blocks([({"type": "text", "text": ""}, said)], "end_turn"))
    assert whole["content"][0]["text"] == "\U0001f600"


def test_they_are_in_a_tools_input_too():
    said = [
        {"type": "input_json_delta", "partial_json": piece}
        for piece in ('{"a": "\ud83d', '\ude00"}')
    ]
    block = {"type": "tool_use", "id": "toolu_1", "name": "x", "input": {}}
    whole = put_together(blocks([(block, said)], "tool_use"))
    assert whole["content"][0]["input"] == {"a": "\U0001f600"}


def test_half_a_character_is_none():
    said = [delta("text", text="\ud83d")]
    whole = put_together(blocks([({"type": "text", "text": ""}, said)], "end_turn"))
    assert whole["content"][0]["text"] == "\ufffd"
