"""Answers of the Messages API, as events, that between them have all kinds of ends."""

from typing import Any

from tests.support.upstream import Body, blocks, message, tool_use

THINKING = (
    {"type": "thinking", "thinking": "", "signature": ""},
    [
        {"type": "thinking_delta", "thinking": "Hm, "},
        {"type": "thinking_delta", "thinking": "Köln."},
        {"type": "signature_delta", "signature": "c2ln"},
    ],
)
HIDDEN = (
    {"type": "thinking", "thinking": "", "signature": ""},
    [{"type": "signature_delta", "signature": "c2ln"}],
)
REDACTED: Any = ({"type": "redacted_thinking", "data": "eA=="}, [])
TEXT = (
    {"type": "text", "text": ""},
    [{"type": "text_delta", "text": "Let me "}, {"type": "text_delta", "text": "see."}],
)


def call(id_: str, *pieces: str) -> Any:
    block = {"type": "tool_use", "id": id_, "name": "get_weather", "input": {}}
    said = [{"type": "input_json_delta", "partial_json": each} for each in pieces]
    return block, said


CALL = call("toolu_1", "", '{"city": ', '"Köln"}')
UNKNOWN: Any = ({"type": "novelty", "x": 1}, [{"type": "novelty_delta", "x": 2}])

ANSWERS: dict[str, list[Body]] = {
    "text": message("Hello."),
    "nothing": message(""),
    "stop_sequence": message("Hello.", "stop_sequence", stop_sequence="END"),
    "max_tokens": message("Hello", "max_tokens"),
    "refusal": message("No.", "refusal"),
    "a_call": tool_use("get_weather", {"city": "Köln", "n": 1.5}),
    "a_call_without_arguments": blocks([call("toolu_1")], "tool_use"),
    "two_calls": blocks([CALL, call("toolu_2", "{}")], "tool_use"),
    "a_call_cut_off": blocks([call("toolu_1", '{"city": "K')], "max_tokens"),
    "everything": blocks([THINKING, TEXT, CALL], "tool_use"),
    "two_parts": blocks([TEXT, TEXT, CALL, TEXT], "end_turn"),
    "thoughts": blocks([HIDDEN, REDACTED, THINKING, TEXT], "end_turn"),
    "thought_only": blocks([THINKING], "max_tokens"),
    "something_new": blocks([TEXT, UNKNOWN, TEXT], "end_turn"),
    "begun": blocks([({"type": "text", "text": "Al"}, TEXT[1])], "end_turn"),
}
