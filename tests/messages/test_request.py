"""What of a request is carried, what is ours, what is refused."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.messages.fields import CARRIED
from app.messages.malformed import Malformed
from app.messages.request import read_request
from tests.messages.test_strict import values

LEAST = {
    "model": "claude-sonnet-4-5",
    "max_tokens": 5,
    "messages": [{"role": "user", "content": "Hello"}],
}
OFF, ON = {"type": "disabled"}, {"type": "adaptive"}
LOST_FIELDS = ["program_use_case_id", "user_profile_id", "workspace_id"]


def read(**fields: Any):
    body = {name: value for name, value in (LEAST | fields).items() if value != ()}
    return read_request(json.dumps(body).encode())


def carried(request) -> dict[str, Any]:
    return json.loads(request.body)


others = sorted(CARRIED - {"model", "max_tokens", "messages", "thinking"})


@given(
    st.dictionaries(st.sampled_from(others), values),
    st.lists(values.map(lambda value: {"role": "user", "content": value}), min_size=1),
)
def test_what_the_client_sent_is_carried(fields, messages):
    sent = LEAST | fields | {"messages": messages}
    assert carried(read(**sent)) == sent | {"thinking": OFF}


def test_a_large_body_is_carried_byte_for_byte():
    image = {"type": "image", "source": {"data": "aGk+" * 100_000}}
    text = {"type": "text", "text": 'A "line".\n' * 10_000}
    messages = [{"role": "user", "content": [image, text]}]
    request = read(messages=messages)
    assert carried(request)["messages"] == messages
    assert request.text == text["text"]


@pytest.mark.parametrize("name", ["model", "max_tokens", "messages"])
def test_a_field_the_api_needs_is_needed(name):
    with pytest.raises(Malformed, match=f"^{name}: this field is required"):
        read(**{name: ()})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("model", value) for value in ("", None, 1, "--x", "a b", "a\n", "x" * 201)],
        *[("max_tokens", value) for value in ("5", None, 1.5, True)],
        *[("messages", value) for value in ([], {}, None, "Hello")],
        *[("stream", value) for value in (None, 1, "true")],
        *[("system", value) for value in (None, 1, {}, [1], [{"type": "image"}])],
    ],
)
def test_a_field_of_the_wrong_kind_is_refused(name, value):
    with pytest.raises(Malformed, match=rf"^{name}[.:]"):
        read(**{name: value})


@pytest.mark.parametrize("name", ["betas", "anthropic_beta"])
def test_betas_are_a_header(name):
    with pytest.raises(Malformed, match=f"^{name}: .*header anthropic-beta"):
        read(**{name: ["x"]})


def test_an_unknown_field_is_refused_unless_the_operator_lets_it_pass():
    body = json.dumps(LEAST | {"new": 1}).encode()
    with pytest.raises(Malformed, match=r"^new: "):
        read_request(body)
    assert carried(read_request(body, unknown_fields=True))["new"] == 1


def test_even_then_betas_are_a_header():
    with pytest.raises(Malformed, match=r"^betas: "):
        read_request(json.dumps(LEAST | {"betas": []}).encode(), unknown_fields=True)


@pytest.mark.parametrize("name", LOST_FIELDS)
def test_nor_does_a_field_pass_that_the_cli_would_lose(name):
    with pytest.raises(Malformed, match=f"^{name}: the CLI does not carry"):
        read_request(json.dumps(LEAST | {name: "a"}).encode(), unknown_fields=True)


@pytest.mark.parametrize(
    ("system", "expected"),
    [
        ("Be kind.", "Be kind."),
        ([{"type": "text", "text": "Be kind."}], "Be kind."),
        (
            [{"type": "text", "text": t} for t in ("One.", "", "Two.\n")],
            "One.\n\nTwo.\n",
        ),
        ("", None),
        ([], None),
        ((), None),
    ],
)
def test_the_system_prompt_is_one_text(system, expected):
    assert read(system=system).system == expected


MARK = {"cache_control": {"type": "ephemeral"}}
HOUR = {"cache_control": {"type": "ephemeral", "ttl": "1h"}}


@pytest.mark.parametrize(
    ("system", "elsewhere", "cache"),
    [
        ([{}], 0, None),
        ([MARK], 0, "5m"),
        ([MARK, {}], 2, "5m"),
        ([MARK, HOUR], 0, "1h"),
        ([MARK], 3, None),
        ([{}], 1, None),
        ([{"cache_control": None}], 0, None),
    ],
)
def test_the_clis_marks_stand_for_the_clients(system, elsewhere, cache):
    blocks = [{"type": "text", "text": "s", **mark} for mark in system]
    said = [{"type": "text", "text": '"cache_control"', **MARK}] * elsewhere
    messages = [{"role": "user", "content": said or "cache_control"}]
    assert read(system=blocks, messages=messages).cache == cache


def test_a_mark_of_the_whole_request_counts_too():
    blocks = [{"type": "text", "text": "s", **MARK}]
    said = [{"type": "text", "text": "x", **MARK}] * 2
    messages = [{"role": "user", "content": said}]
    assert read(system=blocks, messages=messages, **MARK).cache is None


def test_what_is_ours_is_not_carried():
    request = read(stream=True, system="s", metadata={"user_id": "u"})
    assert carried(request) == LEAST | {"thinking": OFF}
    assert request.stream


@pytest.mark.parametrize(
    ("model", "thinking"),
    [
        *[(f"claude-{name}-4-5", OFF) for name in ("opus", "sonnet", "haiku")],
        ("claude-opus-4-8", OFF),
        ("claude-sonnet-4-20250514", OFF),
        ("claude-3-7-sonnet-20250219", OFF),
        ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", OFF),
        ("claude-opus-5", ON),
        ("claude-opus-5-5", ON),
        ("claude-fable-5", ON),
        ("claude-mythos-preview", ON),
        ("claude-sonnet-45", ON),
    ],
)
def test_thinking_left_out_is_the_models_own_default(model, thinking):
    assert carried(read(model=model))["thinking"] == thinking


def test_thinking_that_was_sent_is_carried():
    thinking = {"type": "enabled", "budget_tokens": 2000}
    assert carried(read(thinking=thinking))["thinking"] == thinking


@pytest.mark.parametrize(
    ("messages", "text"),
    [
        ([{"role": "user", "content": "a"}, {"role": "user", "content": "b"}], "a"),
        (
            [{"role": "assistant", "content": "a"}, {"role": "user", "content": "b"}],
            "b",
        ),
        (
            [
                {
                    "role": "user",
                    "content": [{"type": "image"}, {"type": "text", "text": "é"}],
                }
            ],
            "é",
        ),
        ([{"role": "user", "content": "/clear"}], "/clear"),
        ([{"role": "user", "content": [{"type": "image"}]}], ""),
        ([{"role": "user", "content": 5}], ""),
        (["nonsense"], ""),
    ],
)
def test_the_first_user_text_is_known(messages, text):
    assert read(messages=messages).text == text
