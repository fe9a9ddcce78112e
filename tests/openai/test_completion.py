"""An answer as a completion: whole, and in chunks that the SDK puts together."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openai.lib.streaming.chat import ChatCompletionStreamState
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from app.messages.errors import ApiError
from app.messages.message import Message
from app.openai.asking import Translated
from app.openai.completion import FINISH_REASONS, ChatShape
from app.pool.events import StreamEvent
from tests.support.upstream import Body, blocks, message

Events = list[Body]


def thinking(*pieces: str) -> tuple[Body, Events]:
    block = {"type": "thinking", "thinking": "", "signature": ""}
    said = [{"type": "thinking_delta", "thinking": each} for each in pieces]
    return block, [*said, {"type": "signature_delta", "signature": "c2ln"}]


def saying(*pieces: str) -> tuple[Body, Events]:
    said = [{"type": "text_delta", "text": each} for each in pieces]
    return {"type": "text", "text": ""}, said


def calling(id_: str, *pieces: str, **started: Any) -> tuple[Body, Events]:
    block = {"type": "tool_use", "id": id_, "name": "f", "input": started}
    return block, [{"type": "input_json_delta", "partial_json": p} for p in pieces]


NEW: tuple[Body, Events] = ({"type": "novelty", "x": 1}, [{"type": "novel_delta"}])
HOSTED = (
    {"type": "server_tool_use", "id": "s", "name": "n", "input": {}},
    calling("", '{"a": 1}')[1],
)
ANSWERS: dict[str, Events] = {
    "text": message("Hello."),
    "nothing": message(""),
    "pieces": blocks([saying("Hel", "", "lo. ", "\U0001f600 \u2028 Köln")], "end_turn"),
    "two_texts": blocks([saying("a"), saying("b")], "end_turn"),
    "begun": blocks([({"type": "text", "text": "a"}, saying("b")[1])], "end_turn"),
    "call": blocks([calling("toolu_1", "", '{"a": ', "1.50}")], "tool_use"),
    "bare_call": blocks([calling("toolu_1")], "tool_use"),
    "call_begun": blocks([calling("toolu_1", city="Köln")], "tool_use"),
    "calls": blocks(
        [saying("Hm."), calling("toolu_1", '{"a":1}'), calling("toolu_2", "{}")],
        "tool_use",
    ),
    "cut_call": blocks([calling("toolu_1", '{"a": "b')], "max_tokens"),
    "thought": blocks([thinking("Hm", ", so."), saying("So.")], "end_turn"),
    "empty_thought": blocks([thinking(""), saying("So.")], "end_turn"),
    "hidden_thought": blocks([thinking(), saying("So.")], "end_turn"),
    "redacted": blocks(
        [({"type": "redacted_thinking", "data": "eA=="}, []), saying("So.")], "end_turn"
    ),
    "novelties": blocks([NEW, saying("a"), HOSTED, saying("b")], "end_turn"),
}


def shape(**asked: Any) -> ChatShape:
    return ChatShape(Translated(b"", asked, ()))


def whole(events: Events) -> ChatCompletion:
    put_together = Message()
    for event in events:
        put_together.take(json.dumps(event).encode())
    return ChatCompletion.model_validate_json(shape().whole(put_together), strict=True)


def written(events: Events, **asked: Any) -> list[str]:
    """Return what each frame of the stream holds."""
    writer = shape(stream=True, **asked)
    frames = [
        writer.event(StreamEvent(json.dumps(each).encode(), each["type"]))
        for each in events
    ]
    text = b"".join([*frames, writer.end()]).decode()
    assert text.endswith("\n\n")
    return [line.removeprefix("data: ") for line in text[:-2].split("\n\n")]


def chunks(events: Events, **asked: Any) -> list[ChatCompletionChunk]:
    *said, done = written(events, **asked)
    assert done == "[DONE]"
    return [ChatCompletionChunk.model_validate_json(each, strict=True) for each in said]


def put_together(events: Events) -> dict[str, Any]:
    """Let the SDK's own accumulator do it."""
    state: Any = ChatCompletionStreamState()
    for chunk in chunks(events, stream_options={"include_usage": True}):
        state.handle_chunk(chunk)
    return told(state.current_completion_snapshot)


def told(completion: ChatCompletion) -> dict[str, Any]:
    """Leave out what a stream cannot tell, and what is no part of an answer.

    That there is no text at all is not known when a stream begins with an empty one;
    the pieces of a call have its number.
    """
    fields = completion.model_dump(exclude_none=True, exclude={"created"})
    said = fields["choices"][0]["message"]
    said.setdefault("content", "")
    for call in said.get("tool_calls", []):
        call.pop("index", None)
        call["function"].pop("parsed_arguments", None)
    return fields


def same_either_way(events: Events) -> None:
    assert put_together(events) == told(whole(events))


@pytest.mark.parametrize("name", ANSWERS)
def test_the_chunks_put_together_are_the_whole_answer(name):
    same_either_way(ANSWERS[name])


any_text = st.text(min_size=1)
arguments = st.dictionaries(any_text, any_text).map(json.dumps)
any_block = st.one_of(
    st.lists(any_text, min_size=1).map(lambda pieces: saying(*pieces)),
    st.lists(any_text, min_size=1).map(lambda pieces: thinking(*pieces)),
    st.tuples(st.uuids().map(str), arguments).map(
        lambda made: calling(made[0], made[1][:3], made[1][3:])
    ),
    st.just(NEW),
)


@settings(max_examples=50, deadline=None)
@given(st.lists(any_block, max_size=5), st.sampled_from(sorted(FINISH_REASONS)))
def test_so_are_those_of_any_answer(contents, stop_reason):
    same_either_way(blocks(contents, stop_reason))


@settings(max_examples=50, deadline=None)
@given(st.lists(any_block, max_size=5))
def test_nothing_is_lost_or_invented(contents):
    told = whole(blocks(contents, "end_turn")).choices[0].message
    texts, thoughts, calls = "", "", []
    for block, deltas in contents:
        texts += "".join(d.get("text", "") for d in deltas)
        thoughts += "".join(d.get("thinking", "") for d in deltas)
        if block["type"] == "tool_use":
            said = "".join(d["partial_json"] for d in deltas)
            calls.append((block["id"], "f", said))
    assert (told.content or "") == texts
    assert (told.model_extra or {}).get("reasoning_content", "") == thoughts
    made: Any = told.tool_calls or []
    assert [(c.id, c.function.name, c.function.arguments) for c in made] == calls


@pytest.mark.parametrize(
    ("stop_reason", "finish_reason"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("pause_turn", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("tool_use", "tool_calls"),
        ("refusal", "content_filter"),
        ("something_new", "stop"),
    ],
)
def test_why_it_ended(stop_reason, finish_reason):
    answer = message("Hello.", stop_reason)
    assert whole(answer).choices[0].finish_reason == finish_reason
    ends = [chunk.choices[0].finish_reason for chunk in chunks(answer)]
    assert ends[-1] == finish_reason
    assert set(ends[:-1]) == {None}


def test_every_end_that_the_table_has_is_tried():
    tried = test_why_it_ended.pytestmark[0].args[1]
    assert {reason for reason, _ in tried} == {*FINISH_REASONS, "something_new"}


def test_the_parts_of_the_usage_are_one_sum():
    answer = message("Hello.")
    answer[0]["message"]["usage"] = {
        "input_tokens": 3,
        "cache_read_input_tokens": 40,
        "cache_creation_input_tokens": 500,
        "output_tokens": 1,
    }
    answer[-2]["usage"] = {
        "output_tokens": 7,
        "input_tokens": None,
        "output_tokens_details": {"thinking_tokens": 6},
    }
    used: Any = whole(answer).usage
    assert (used.prompt_tokens, used.completion_tokens) == (543, 7)
    assert used.total_tokens == 550
    assert used.prompt_tokens_details.cached_tokens == 40
    assert used.prompt_tokens_details.cache_write_tokens == 500
    assert used.completion_tokens_details.reasoning_tokens == 6
    streamed = chunks(answer, stream_options={"include_usage": True})
    assert streamed[-1].usage == used


def test_usage_is_streamed_to_who_asks_for_it():
    asked = chunks(ANSWERS["text"], stream_options={"include_usage": True})
    assert [chunk.usage is None for chunk in asked[:-1]] == [True] * (len(asked) - 1)
    assert asked[-1].choices == []
    others = written(ANSWERS["text"], stream_options={"include_usage": False})
    assert not any('"usage"' in each for each in others)


def test_who_answered_and_when():
    completion = whole(ANSWERS["text"])
    assert (completion.id, completion.model) == ("chatcmpl-1", "m-stub")
    assert completion.created > 1_700_000_000
    heads = {(c.id, c.model, c.object) for c in chunks(ANSWERS["text"])}
    assert heads == {("chatcmpl-1", "m-stub", "chat.completion.chunk")}


def test_arguments_are_as_the_model_wrote_them():
    (call,) = whole(ANSWERS["call"]).choices[0].message.tool_calls or []
    assert call.to_dict()["function"] == {"name": "f", "arguments": '{"a": 1.50}'}


def test_the_halves_of_a_character_become_one():
    halves = blocks([saying("\ud83d", "\ude00")], "end_turn")
    assert whole(halves).choices[0].message.content == "\U0001f600"
    said = [json.loads(each) for each in written(halves)[1:3]]
    deltas = [each["choices"][0]["delta"]["content"] for each in said]
    assert deltas == ["\ud83d", "\ude00"]


def test_a_call_that_may_have_broken_off_is_not_called_whole():
    """The CLI ends the last block of a broken stream itself."""
    events = blocks([calling("toolu_1")], "tool_use")
    ended = [each["type"] for each in events].index("content_block_stop")
    assert "{}" not in "".join(written(events[: ended + 1]))
    assert '"arguments": "{}"' in "".join(written(events))


def test_an_error_says_what_it_is():
    error = ApiError(529, "Busy.", "overloaded_error")
    text = shape().error(error, "r1").removeprefix(b"data: ")
    assert json.loads(text) == {
        "error": {
            "message": "Busy.",
            "type": "server_error",
            "param": None,
            "code": "overloaded_error",
        }
    }
