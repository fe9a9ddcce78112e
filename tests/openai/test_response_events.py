"""The events of Responses, held against the openai package's own types."""

import json
from itertools import groupby
from typing import Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai import DefaultHttpxClient, OpenAI
from openai.types.responses import ResponseStreamEvent
from pydantic import TypeAdapter

from app.contract.codes import Code
from app.messages.errors import ApiError, ours
from app.pool.events import StreamEvent
from tests.openai.answers import ANSWERS, call
from tests.openai.told import Body, shape, streamed, undated, whole
from tests.support.upstream import blocks

TYPES: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)


def by_the_sdk(said: list[Body]) -> list[Any]:
    """Return what the SDK's own ``stream()`` makes of the events."""
    writer = shape()
    events = [StreamEvent(json.dumps(each).encode(), each["type"]) for each in said]
    written = b"".join([*map(writer.event, events), writer.end()])
    answer = httpx2.Response(
        200, content=written, headers={"content-type": "text/event-stream"}
    )
    transport = httpx2.MockTransport(lambda _: answer)
    with (
        DefaultHttpxClient(transport=transport) as http,
        OpenAI(api_key="k", http_client=http) as client,
        client.responses.stream(model="m", input="Hi") as stream,
    ):
        return list(stream)


def unparsed(made: Body) -> Body:
    """Leave out what the SDK's ``parse`` adds to what it was told."""
    added = ("parsed", "parsed_arguments")
    return {name: value for name, value in made.items() if name not in added}


@pytest.mark.parametrize("name", ANSWERS)
def test_every_event_is_one_of_openais(name):
    for event in streamed(ANSWERS[name]):
        told = TYPES.validate_python(event, strict=True)
        assert told.to_dict(mode="json") == event  # no field that they do not know


@pytest.mark.parametrize("name", ANSWERS)
def test_the_last_event_has_the_whole_answer(name):
    *_, last = streamed(ANSWERS[name])
    assert undated(last["response"]) == undated(whole(ANSWERS[name]))


@pytest.mark.parametrize("name", ANSWERS)
def test_each_item_is_whole_when_it_is_done(name):
    *told, last = streamed(ANSWERS[name])
    done = [each for each in told if each["type"] == "response.output_item.done"]
    assert [each["item"] for each in done] == last["response"]["output"]
    assert [each["output_index"] for each in done] == list(range(len(done)))


@pytest.mark.parametrize("name", ANSWERS)
def test_the_sdk_makes_the_whole_answer_of_the_events(name):
    *told, last = by_the_sdk(ANSWERS[name])
    made = json.loads(last.response.to_json(), object_hook=unparsed)
    assert undated(made) == undated(whole(ANSWERS[name]))
    said = [each for each in told if each.type == "response.output_text.delta"]
    done = [each for each in told if each.type == "response.output_text.done"]
    assert "".join(each.delta for each in said) == last.response.output_text
    assert [each.text for each in done] == [
        snapshots[-1]
        for _, group in groupby(said, lambda e: (e.output_index, e.content_index))
        if (snapshots := [each.snapshot for each in group])
    ]


@pytest.mark.parametrize("name", ANSWERS)
def test_the_events_are_numbered_and_what_begins_ends(name):
    told = streamed(ANSWERS[name])
    assert [event["sequence_number"] for event in told] == list(range(len(told)))
    opened: list[str] = []
    for event in told:
        place = event["type"].removesuffix(".added").removesuffix(".done")
        if event["type"].endswith(".added"):
            opened.append(place)
        elif place == (opened or [""])[-1] and event["type"].endswith(".done"):
            opened.pop()
    assert opened == []


def test_the_events_of_thought_text_and_call_are_in_openais_order():
    names = [each["type"] for each in streamed(ANSWERS["everything"])]
    assert [name.removeprefix("response.") for name in names] == [
        "created",
        "in_progress",
        "output_item.added",
        "reasoning_summary_part.added",
        "reasoning_summary_text.delta",
        "reasoning_summary_text.delta",
        "reasoning_summary_text.done",
        "reasoning_summary_part.done",
        "output_item.done",
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "output_item.added",
        "function_call_arguments.delta",
        "function_call_arguments.delta",
        "function_call_arguments.done",
        "output_item.done",
        "completed",
    ]


def test_a_call_without_arguments_has_an_object_without_any():
    told = streamed(ANSWERS["a_call_without_arguments"])
    [delta] = [each["delta"] for each in told if each["type"].endswith(".delta")]
    assert delta == "{}"


ERROR = ours(Code.CLI_FAILED)


@pytest.mark.parametrize("cut", range(1, 19))
def test_a_stream_that_breaks_off_has_failed_and_says_so_last(cut):
    *told, last = streamed(ANSWERS["everything"][:cut], error=ERROR)
    TYPES.validate_python(last, strict=True)
    failed = last["response"]
    assert (last["type"], failed["status"]) == ("response.failed", "failed")
    assert failed["completed_at"] is None
    begun = [each for each in told if each["type"] == "response.output_item.added"]
    done = [each for each in told if each["type"] == "response.output_item.done"]
    assert len(done) == max(0, len(begun) - 1)
    assert len(failed["output"]) == len(begun)
    assert [each["status"] for each in failed["output"][-1:]] == ["incomplete"] * (
        len(begun) > 0
    )


def test_nothing_is_done_of_a_block_that_the_cli_ends_for_a_broken_stream():
    told = streamed(blocks([call("toolu_1")], None)[:3], error=ERROR)
    assert not [each for each in told if each["type"].endswith((".done", ".delta"))]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ApiError(529, "overloaded"), "rate_limit_exceeded"),
        (ApiError(429, "quota"), "rate_limit_exceeded"),
        (ApiError(400, "too long"), "invalid_prompt"),
        (ERROR, "server_error"),
    ],
)
def test_what_it_failed_with_is_one_of_openais_codes(error, code):
    last = streamed(ANSWERS["text"][:3], error=error)[-1]
    TYPES.validate_python(last, strict=True)
    told = last["response"]["error"]
    assert (told["code"], told["message"]) == (code, error.message)


@given(st.lists(st.text(min_size=1), min_size=1, max_size=5))
def test_any_text_comes_as_it_was_said(pieces):
    deltas = [{"type": "text_delta", "text": piece} for piece in pieces]
    told = streamed(blocks([({"type": "text", "text": ""}, deltas)], "end_turn"))
    said = [e["delta"] for e in told if e["type"] == "response.output_text.delta"]
    assert said == pieces
    [item] = told[-1]["response"]["output"]
    assert item["content"][0]["text"] == "".join(pieces)
