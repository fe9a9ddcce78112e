"""Whole responses, held against the openai package's own type."""

import json

import pytest
from openai.types.responses import Response

from tests.openai.answers import ANSWERS
from tests.openai.told import streamed, whole
from tests.support.upstream import message


@pytest.mark.parametrize("name", ANSWERS)
def test_a_whole_response_is_one_of_openais(name):
    written = whole(ANSWERS[name])
    known = Response.model_fields.keys() | {"store"}
    assert Response.model_validate_json(json.dumps(written), strict=True)
    assert written.keys() <= known


def test_the_items_of_an_answer():
    thought, said, call = whole(ANSWERS["everything"])["output"]
    assert thought == {
        "id": "rs_1_0",
        "type": "reasoning",
        "status": "completed",
        "summary": [{"type": "summary_text", "text": "Hm, Köln."}],
        "encrypted_content": "c2ln",
    }
    assert (said["role"], said["content"][0]["text"]) == ("assistant", "Let me see.")
    assert (call["call_id"], call["name"]) == ("toolu_1", "get_weather")
    assert call["arguments"] == '{"city": "Köln"}'


def test_texts_in_a_row_are_parts_of_one_message():
    kinds = [
        (each["type"], len(each.get("content", [])))
        for each in whole(ANSWERS["two_parts"])["output"]
    ]
    assert kinds == [("message", 2), ("function_call", 0), ("message", 1)]


@pytest.mark.parametrize(
    ("stop", "status", "reason"),
    [
        ("end_turn", "completed", None),
        ("stop_sequence", "completed", None),
        ("pause_turn", "completed", None),
        ("tool_use", "completed", None),
        ("max_tokens", "incomplete", "max_output_tokens"),
        ("model_context_window_exceeded", "incomplete", "max_output_tokens"),
        ("refusal", "incomplete", "content_filter"),
    ],
)
def test_what_an_answer_ends_with(stop, status, reason):
    told = whole(message("Hello", stop))
    assert (told["status"], told["output"][-1]["status"]) == (status, status)
    assert (told["incomplete_details"] or {}).get("reason") == reason
    assert (told["completed_at"] is None) == (status == "incomplete")
    last = streamed(message("Hello", stop))[-1]
    assert last["type"] == f"response.{status}"


def test_the_usage_counts_the_cache_in_and_tells_the_thoughts():
    said = json.loads(json.dumps(ANSWERS["text"]))
    said[0]["message"]["usage"] |= {
        "cache_read_input_tokens": 5,
        "cache_creation_input_tokens": 2,
        "service_tier": "standard",
    }
    said[-2]["usage"]["output_tokens_details"] = {"thinking_tokens": 4}
    told = streamed(said)[-1]["response"]
    assert told["usage"] == {
        "input_tokens": 10,
        "input_tokens_details": {"cached_tokens": 5, "cache_write_tokens": 2},
        "output_tokens": 7,
        "output_tokens_details": {"reasoning_tokens": 4},
        "total_tokens": 17,
    }
    assert told["service_tier"] == "default"


def test_the_request_is_given_back():
    asked = {
        "instructions": "Be kind.",
        "metadata": {"a": "b"},
        "temperature": 0.5,
        "max_output_tokens": 50,
        "parallel_tool_calls": False,
        "text": {"format": {"type": "json_object"}},
        "reasoning": {"effort": "low"},
        "user": "u",
    }
    told = whole(ANSWERS["text"], **asked)
    asked["reasoning"] = {"effort": "low", "summary": None}
    assert {name: told[name] for name in asked} == asked
    assert told["model"] == "m-stub"
    assert (told["store"], told["previous_response_id"]) == (False, None)
