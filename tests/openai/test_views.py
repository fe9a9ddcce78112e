"""What both endpoints do alike, with a pool that answers as the test says."""

import pytest

from app.messages.body import LARGEST
from app.pool.errors import PoolTimeout
from app.pool.events import Ended, Kind, RateLimit
from tests.messages.test_views import ANSWER, STRANGER
from tests.openai.doors import BUSY, problem_of


@pytest.mark.parametrize("stream", [False, True])
def test_an_error_before_the_answer_keeps_its_status(client, pool, door, stream):
    pool.events = [BUSY]
    answer = door.ask(client, {"stream": stream})
    assert problem_of(answer) == (529, "server_error", None, "overloaded_error")
    assert answer.headers["x-should-retry"] == "true"


def test_an_error_in_a_whole_answer_is_an_error(client, pool, door):
    pool.events = [*ANSWER[:3], BUSY]
    assert problem_of(door.ask(client))[0] == 529


def test_a_quota_says_when_it_is_there_again(client, pool, door):
    ended = Ended(Kind.UPSTREAM_ERROR, 429, "rate_limit_error", "Limit reached.")
    pool.events = [RateLimit("rejected", resets_at=1.0), ended]
    answer = door.ask(client)
    assert problem_of(answer)[:2] == (429, "rate_limit_error")
    assert answer.headers["Retry-After"] == "1"


def test_a_full_pool_asks_to_come_back(client, pool, door):
    pool.refusal = PoolTimeout()
    answer = door.ask(client)
    assert problem_of(answer)[0] == 529
    assert answer.headers["Retry-After"] == "1"


@pytest.mark.parametrize("said", ["prompt is too long: 3 > 2", "Prompt is too long"])
def test_what_is_too_long_has_openais_code(client, pool, door, said):
    pool.events = [Ended(Kind.UPSTREAM_ERROR, 400, "invalid_request_error", said)]
    expected = (400, "invalid_request_error", None, "context_length_exceeded")
    assert problem_of(door.ask(client)) == expected


@pytest.mark.parametrize(
    ("end", "status", "code"),
    [
        (Ended(Kind.NOT_LOGGED_IN), 503, "not_authenticated"),
        (Ended(Kind.DIED), 503, "cli_failed"),
        (Ended(Kind.REVOKED), 401, "revoked"),
        (Ended(Kind.NETWORK), 503, "upstream_unreachable"),
        (Ended(Kind.TIMED_OUT), 504, "upstream_timeout"),
        (RuntimeError("secret"), 500, "internal_error"),
    ],
)
def test_a_fault_of_ours_has_its_code_and_its_remedy(
    client, pool, door, end, status, code
):
    pool.events = [end]
    answer = door.ask(client)
    assert (answer.status_code, answer.json["error"]["code"]) == (status, code)
    assert "secret" not in answer.text


def test_a_stranger_needs_the_key(client, pool, door):
    answer = door.ask(client, environ_overrides=STRANGER)
    expected = (401, "authentication_error", None, "invalid_api_key")
    assert problem_of(answer) == expected
    assert "PROXY_API_KEY" in answer.json["error"]["message"]


def test_a_body_that_says_it_is_too_large_is_not_read(client, pool, door):
    length = {"CONTENT_LENGTH": str(LARGEST + 1)}
    assert door.ask(client, b"", environ_overrides=length).status_code == 413


def test_a_wrong_method_has_the_shape_too(client, door):
    answer = client.get(door.path)
    assert problem_of(answer)[:2] == (405, "invalid_request_error")
    assert "POST" in answer.headers["Allow"]


@pytest.mark.parametrize(
    ("body", "param"),
    [
        (b"", None),
        (b"[]", None),
        (b'{"model": "a", "model": "b"}', "model"),
        (b'{"seed": NaN}', "seed"),
        (b'{"SAID": [{"content": "\\ud800"}]}', None),
        (b'{"a": "\xff"}', None),
        (b'{"SAID": ' + b"[" * 300 + b"]" * 300 + b"}", "SAID"),
        ({"stream": 1}, "stream"),
        ({"model": "a b"}, "model"),
    ],
)
def test_a_body_that_is_wrong_is_told_where(client, pool, door, body, param):
    if isinstance(body, bytes):
        body = body.replace(b"SAID", door.said.encode())
    param = door.said if param == "SAID" else param
    expected = (400, "invalid_request_error", param, "invalid_value")
    assert problem_of(door.ask(client, body)) == expected
    assert pool.asked == []


def test_something_has_to_be_said(client, pool, door):
    expected = (400, "invalid_request_error", door.said, "invalid_value")
    assert problem_of(door.ask(client, {door.said: []})) == expected
    assert pool.asked == []


def test_no_prompt_is_in_the_log(client, pool, door, caplog):
    caplog.set_level("DEBUG")
    pool.events = ANSWER
    secret = {door.said: [{"role": "user", "content": "a secret"}]}
    assert door.ask(client, secret).status_code == 200
    assert door.ask(client, secret | {"store": True}).status_code == 400
    assert "answered" in caplog.text
    assert "secret" not in caplog.text
