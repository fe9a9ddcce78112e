"""What a process is told: one line each, whatever a client wrote."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as some

from app.pool import lines

TEXT = some.text(some.characters(exclude_categories=["Cs"]))
VALUE = some.recursive(
    some.none() | some.booleans() | some.integers() | TEXT,
    lambda inner: some.lists(inner) | some.dictionaries(TEXT, inner),
)


def document(line: bytes) -> dict:
    assert line.endswith(b"\n")
    assert len(line.decode().splitlines()) == 1 or b"\x85" in line or b"\x1c" in line
    assert not {"\n", "\r", "\u2028", "\u2029"} & set(line.decode()[:-1])
    return json.loads(line)


@given(some.dictionaries(TEXT, VALUE), some.sampled_from([None, 1, "\t"]))
def test_a_body_is_the_same_in_its_setting(body, indent):
    written = json.dumps(body, ensure_ascii=False, indent=indent).encode()
    line = b"".join(lines.settings(1, "m", (), written))
    env = document(line)["request"]["settings"]["env"]
    assert json.loads(env["CLAUDE_CODE_EXTRA_BODY"]) == body


def test_a_body_longer_than_a_piece_is_the_same():
    body = {"text": 'é"\\\n\u2028' * 200_000}
    written = json.dumps(body, ensure_ascii=False).encode()
    settings = document(b"".join(lines.settings(1, "m", (), written)))
    env = settings["request"]["settings"]["env"]
    assert json.loads(env["CLAUDE_CODE_EXTRA_BODY"]) == body


@given(TEXT, TEXT)
def test_texts_are_one_line(text, system):
    assert document(lines.user(text))["message"]["content"] == text
    assert document(lines.initialize(system))["request"]["systemPrompt"] == [system]


def test_only_our_own_command_is_not_marked_as_a_clients_text():
    assert document(lines.user("/clear"))["client_composed"] is True
    assert "client_composed" not in document(lines.clear())


def test_model_and_betas_are_said_each_time():
    line = b"".join(lines.settings(7, "BODY", ("BODY", "b"), b"{}"))
    said = document(line)
    assert said["request_id"] == "settings-7"
    assert said["request"]["settings"] == {
        "model": "BODY",
        "env": {
            "ANTHROPIC_BETAS": "BODY,b",
            "DISABLE_PROMPT_CACHING": "1",
            "CLAUDE_CODE_PROMPT_CACHE_TTL": "",
            "CLAUDE_CODE_EXTRA_BODY": "{}",
        },
    }


def test_the_cache_of_the_system_prompt_is_said_each_time():
    said = document(b"".join(lines.settings(1, "m", (), b"{}", "1h")))
    env = said["request"]["settings"]["env"]
    assert env["DISABLE_PROMPT_CACHING"] == ""
    assert env["CLAUDE_CODE_PROMPT_CACHE_TTL"] == "1h"


@pytest.mark.parametrize("before", range(lines._PIECE - 4, lines._PIECE + 1))
@pytest.mark.parametrize(
    "character", ["\u2028", "\u2029", "é", "\U0001f600", '"', "\\"]
)
def test_a_piece_ends_anywhere_but_in_a_character(before, character):
    body = json.dumps([character * 3], ensure_ascii=False).encode()
    body = body[:2] + b"x" * (before - 2) + body[2:]
    line = b"".join(lines.escaped(body))
    assert json.loads(json.loads(b'"' + line + b'"')) == json.loads(body)
    assert "\u2028".encode() not in line
    assert "\u2029".encode() not in line
