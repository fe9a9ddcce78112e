"""The endpoints of /v1, with a pool that answers as the test says."""

import json
from typing import Any

import pytest

from app.messages.body import LARGEST
from app.pool.errors import PoolTimeout
from app.pool.events import Ended, Kind, Quiet, RateLimit, StreamEvent
from app.web.admission import Admission
from app.web.current import part_of
from tests.messages.conftest import GOOD
from tests.messages.test_request import LEAST
from tests.support.upstream import message

STRANGER = {"REMOTE_ADDR": "203.0.113.9"}


def events(*said: dict[str, Any]) -> list[StreamEvent]:
    return [StreamEvent(json.dumps(each).encode(), each["type"]) for each in said]


ANSWER = [*events(*message("Hello.")), GOOD]


def ask(client, body: Any = LEAST, **more):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return client.post("/v1/messages", data=data, **more)


def problem_of(answer) -> tuple[int, str, str]:
    assert answer.headers["request-id"] == answer.json["request_id"]
    error = answer.json["error"]
    return answer.status_code, error["type"], error["message"]


def test_a_whole_message(client, pool):
    pool.events = [Quiet(), *ANSWER]
    answer = ask(client)
    assert answer.json["content"] == [{"type": "text", "text": "Hello."}]
    assert answer.headers["request-id"] == answer.headers["X-Request-ID"]


def test_a_stream(client, pool):
    pool.events = [Quiet(), *ANSWER]
    answer = ask(client, LEAST | {"stream": True})
    assert answer.mimetype == "text/event-stream"
    assert answer.headers["X-Accel-Buffering"] == "no"
    kinds = [line for line in answer.text.splitlines() if line.startswith("event: ")]
    assert kinds[0] == "event: message_start"
    assert kinds[-1] == "event: message_stop"


def test_what_is_asked_of_the_pool(client, pool):
    pool.events = ANSWER
    headers = {"anthropic-beta": "b-1,a-1"}
    ask(client, LEAST | {"system": "Be kind."}, headers=headers)
    (key, prompt) = pool.asked[0]
    assert (key.caller, key.model, key.system) == (
        "local",
        "claude-sonnet-4-5",
        "Be kind.",
    )
    assert key.betas == ("a-1", "b-1")
    assert prompt.text == "Hello"
    assert json.loads(prompt.body)["messages"] == LEAST["messages"]


def test_beta_in_the_query_changes_nothing(client, pool):
    pool.events = ANSWER
    assert client.post("/v1/messages?beta=true", json=LEAST).status_code == 200


@pytest.mark.parametrize("stream", [False, True])
def test_an_error_before_the_answer_keeps_its_status(client, pool, stream):
    pool.events = [Ended(Kind.UPSTREAM_ERROR, 404, "not_found_error", "model: x")]
    answer = ask(client, LEAST | {"stream": stream})
    assert problem_of(answer) == (404, "not_found_error", "model: x")


def test_an_error_in_a_stream_is_its_last_event(client, pool):
    pool.events = [*ANSWER[:3], Ended(Kind.UPSTREAM_ERROR, 529, "overloaded_error")]
    answer = ask(client, LEAST | {"stream": True})
    assert answer.status_code == 200
    assert answer.text.rstrip().rsplit("\n\n", 1)[1].startswith("event: error\n")
    assert "message_stop" not in answer.text


def test_an_error_in_a_whole_answer_is_an_error(client, pool):
    pool.events = [*ANSWER[:3], Ended(Kind.UPSTREAM_ERROR, 529, "overloaded_error")]
    assert problem_of(ask(client))[:2] == (529, "overloaded_error")


def test_a_quota_says_when_it_is_there_again(client, pool):
    ended = Ended(Kind.UPSTREAM_ERROR, 429, "rate_limit_error", "Limit reached.")
    pool.events = [RateLimit("rejected", resets_at=1.0), ended]
    answer = ask(client)
    assert problem_of(answer) == (429, "rate_limit_error", "Limit reached.")
    assert answer.headers["Retry-After"] == "1"


def test_a_full_pool_asks_to_come_back(client, pool):
    pool.refusal = PoolTimeout()
    answer = ask(client)
    assert problem_of(answer)[:2] == (529, "overloaded_error")
    assert answer.headers["x-should-retry"] == "true"
    assert answer.headers["Retry-After"] == "1"


def test_so_does_a_process_without_a_place(app, client, pool):
    admission = part_of(app, Admission)
    for _ in range(admission.limit):
        admission.enter()
    assert problem_of(ask(client))[:2] == (529, "overloaded_error")


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("end", [GOOD, Ended(Kind.DIED), RuntimeError("x")])
def test_every_place_and_process_is_given_back(app, client, pool, stream, end):
    admission = part_of(app, Admission)
    pool.events = [*ANSWER[:-1], end]
    for _ in range(admission.limit + 1):
        ask(client, LEAST | {"stream": stream}).close()
    assert (pool.lent, pool.closed) == (0, admission.limit + 1)


def test_a_client_that_goes_away_in_a_stream_ends_the_request(client, pool):
    pool.events = ANSWER
    answer = client.post("/v1/messages", json=LEAST | {"stream": True}, buffered=False)
    answer.close()
    assert (pool.lent, pool.closed) == (0, 1)


def test_a_client_that_goes_away_before_the_answer_ends_the_request(
    client, pool, direct
):
    pool.events = [direct["gunicorn.socket"].close, *ANSWER]
    assert ask(client).status_code == 499
    assert (pool.lent, pool.closed) == (0, 1)


def test_so_does_one_that_waits_for_a_process(client, pool, direct, monkeypatch):
    pool.waits = True
    monkeypatch.setattr("app.messages.client.Client.is_to_be_asked", lambda *_: False)
    monkeypatch.setattr("app.messages.client.Client._events", lambda *_: 0x10)
    assert ask(client).status_code == 499
    assert pool.asked == []


@pytest.mark.parametrize(
    ("body", "place"),
    [(b'{"a": NaN}', "a: "), (LEAST | {"betas": []}, "betas: "), ({}, "model: ")],
)
def test_a_body_that_is_wrong_is_told_where(client, pool, body, place):
    status, kind, said = problem_of(ask(client, body))
    assert (status, kind) == (400, "invalid_request_error")
    assert said.startswith(place)


def test_a_name_of_a_beta_that_is_none_is_refused(client, pool):
    answer = ask(client, headers={"anthropic-beta": "a b"})
    assert problem_of(answer)[2].startswith("anthropic-beta: ")


def test_an_unknown_field_passes_where_the_operator_says_so(app, client, pool):
    assert problem_of(ask(client, LEAST | {"new": 1}))[2].startswith("new: ")


def test_a_body_that_says_it_is_too_large_is_not_read(client, pool):
    length = {"CONTENT_LENGTH": str(LARGEST + 1)}
    answer = client.post("/v1/messages", environ_overrides=length)
    assert problem_of(answer)[:2] == (413, "request_too_large")


def test_a_body_that_turns_out_too_large_is_refused(client, pool):
    assert problem_of(ask(client, b" " * (LARGEST + 1)))[0] == 413


@pytest.mark.parametrize("path", ["/v1/messages", "/v1/messages/count_tokens"])
def test_a_stranger_needs_the_key(client, pool, path):
    status, kind, said = problem_of(client.post(path, environ_overrides=STRANGER))
    assert (status, kind) == (401, "authentication_error")
    assert "PROXY_API_KEY" in said


def test_the_key_is_asked_for_before_the_size(client, pool):
    length = {"CONTENT_LENGTH": str(LARGEST + 1)}
    answer = client.post("/v1/messages", environ_overrides=STRANGER | length)
    assert answer.status_code == 401


def test_counting_tokens_is_not_supported(client):
    answer = client.post("/v1/messages/count_tokens", json=LEAST)
    status, kind, said = problem_of(answer)
    assert (status, kind) == (501, "api_error")
    assert said.startswith("not_supported: ")
    assert answer.headers["x-should-retry"] == "false"


def listed(client) -> list[str]:
    return [each["id"] for each in client.get("/v1/models").json["data"]]


def test_the_models_that_are_set_are_listed(fake_claude, make_app, direct):
    client = make_app(MODELS="b-1, a-2").test_client()
    client.environ_base |= direct
    assert listed(client) == ["b-1", "a-2"]


def test_else_those_that_the_cli_offers(client, pool):
    pool.models = ("claude-new-9",)
    assert listed(client) == ["claude-new-9"]


def test_else_those_that_one_offered_when_this_was_written(client):
    page = client.get("/v1/models").json
    assert page["data"][0]["id"] == page["first_id"]
    assert page["has_more"] is False
    assert client.get(f"/v1/models/{page['first_id']}").json == page["data"][0]


def test_a_page_goes_on_where_the_one_before_ended(client):
    names = listed(client)
    first = client.get("/v1/models?limit=1").json
    rest = client.get(f"/v1/models?after_id={first['last_id']}").json
    assert first["has_more"] is True
    assert [first["first_id"], *(each["id"] for each in rest["data"])] == names
    before = client.get(f"/v1/models?before_id={names[1]}").json
    assert [each["id"] for each in before["data"]] == names[:1]


@pytest.mark.parametrize("query", ["limit=0", "limit=x", "limit=1001", "after_id=x"])
def test_a_page_that_is_none_is_refused(client, query):
    assert problem_of(client.get(f"/v1/models?{query}"))[0] == 400


def test_a_model_that_is_not_listed_is_not_found(client):
    assert problem_of(client.get("/v1/models/x"))[:2] == (404, "not_found_error")


def test_a_path_there_is_not_has_the_apis_shape(client):
    assert problem_of(client.get("/v1/nothing"))[:2] == (404, "not_found_error")


def test_a_wrong_method_has_it_too(client):
    answer = client.get("/v1/messages")
    assert problem_of(answer)[0] == 405
    assert "POST" in answer.headers["Allow"]


def test_what_nobody_foresaw_has_it_too(client, pool):
    pool.events = [RuntimeError("secret")]
    status, kind, said = problem_of(ask(client))
    assert (status, kind) == (500, "api_error")
    assert "secret" not in said


def test_claude_code_sees_that_somebody_is_here(client):
    assert client.head("/").status_code == 200


def test_no_prompt_is_in_the_log(client, pool, caplog):
    caplog.set_level("DEBUG")
    pool.events = ANSWER
    said = LEAST | {"messages": [{"role": "user", "content": "a secret"}]}
    ask(client, said | {"system": "a secret"})
    ask(client, said | {"bad": 1})
    pool.events = [RuntimeError("x")]
    ask(client, said)
    assert "answered" in caplog.text
    assert "secret" not in caplog.text
