"""`claude-proxy usage`: a table of what each key has used."""

import json

import pytest
from click.testing import CliRunner

from app.commands import client, main
from tests.commands.test_client import key, proxy, url_of

__all__ = ["key", "proxy"]
LINE = {
    **{"day": "2026-11-24", "caller": "alice", "requests": 12, "errors": 1},
    **{"input_tokens": 34567, "output_tokens": 8},
    **{"cache_creation_input_tokens": 0, "cache_read_input_tokens": 1234567},
}
BODY = {"since": "2026-11-24", "data": [LINE, LINE | {"caller": "b", "requests": 1}]}
TABLE = """\
day         key    requests  errors   input  output  cache write  cache read
2026-11-24  alice        12       1  34,567       8            0   1,234,567
2026-11-24  b             1       1  34,567       8            0   1,234,567
"""


def run(*words: str):
    return CliRunner().invoke(main.main, ("usage", *words))


@pytest.fixture
def answering(proxy):
    proxy.answer = 200, json.dumps(BODY).encode()
    return proxy


def test_it_is_a_table_by_day_and_key(answering):
    assert run("--url", url_of(answering)).output == TABLE


def test_it_can_be_the_whole_answer(answering):
    assert json.loads(run("--json", "--url", url_of(answering)).output) == BODY


def test_without_use_there_are_the_columns_alone(proxy):
    proxy.answer = 200, b'{"since": "2026-11-24", "data": []}'
    assert run("--url", url_of(proxy)).output.split() == TABLE.splitlines()[0].split()


def test_the_first_day_is_asked_for(answering):
    run("--since", "2026-11-24", "--url", url_of(answering))
    assert answering.asked[0][0] == "/v1/usage?since=2026-11-24"


def test_the_address_that_is_set_is_asked_with_the_key(answering, key, monkeypatch):
    monkeypatch.setenv("PORT", str(answering.server_port))
    assert run().output == TABLE
    assert answering.keys == [key]


def test_the_key_goes_nowhere_else(answering, key, monkeypatch):
    monkeypatch.setattr(client, "is_loopback", lambda _: False)
    run("--url", url_of(answering))
    assert answering.keys == [None]


def test_a_refusal_is_told_in_the_proxys_words(proxy):
    error = {"type": "invalid_request_error", "message": "since: a day is expected"}
    proxy.answer = 400, json.dumps({"type": "error", "error": error}).encode()
    result = run("--since", "x", "--url", url_of(proxy))
    assert result.exit_code == 2
    assert "since: a day is expected" in result.stderr


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"data": 1}', b"\xff"])
def test_what_is_not_the_proxys_answer_is_none(proxy, body):
    proxy.answer = 200, body
    result = run("--url", url_of(proxy))
    assert (result.exit_code, result.stdout) == (2, "")
    assert "not claude-proxy" in result.stderr


def test_who_cannot_be_asked_is_told():
    assert run("--url", "http://127.0.0.1:1").exit_code == 2
    assert run("--url", "http://[::1").exit_code == 2
