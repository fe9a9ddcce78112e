"""Callers by name at OpenAI's API: the same keys, limits and counts."""

import pytest

from app.pool.events import Ended, Kind
from tests.messages.test_callers import AS_ALICE, AS_BOB, answered, app
from tests.messages.test_views import ANSWER, STRANGER
from tests.openai.doors import CHAT, problem_of

__all__ = ["answered", "app"]


@pytest.mark.parametrize("app", ["per-minute=2"], indirect=True)
def test_a_minutes_limit_is_429_and_says_when(client, pool):
    assert [CHAT.ask(client, headers=AS_BOB).status_code for _ in "abc"] == [200] * 3
    alices = {"Authorization": f"Bearer {AS_ALICE['x-api-key']}"}
    assert [CHAT.ask(client, headers=alices).status_code for _ in "ab"] == [200, 200]
    answer = CHAT.ask(client, headers=alices)
    assert problem_of(answer) == (429, "rate_limit_error", None, "over_limit")
    assert 50 <= int(answer.headers["Retry-After"]) <= 60
    assert answer.headers["x-should-retry"] == "true"
    assert {key.caller for key, _ in pool.asked} == {"alice", "bob"}


@pytest.mark.parametrize("app", ["parallel=1"], indirect=True)
@pytest.mark.parametrize("stream", [False, True])
def test_a_parallel_limit_is_429_for_a_second(client, pool, stream):
    refused = []
    pool.events = [lambda: refused.append(CHAT.ask(client, headers=AS_ALICE)), *ANSWER]
    for _ in "ab":
        with CHAT.ask(client, {"stream": stream}, headers=AS_ALICE) as answer:
            assert answer.status_code == 200
    assert [problem_of(each)[0] for each in refused] == [429, 429]


@pytest.mark.parametrize("app", ["parallel=1"], indirect=True)
def test_what_is_refused_or_left_gives_its_place_back(client):
    for body in ({"seed": 1}, {"stream": True}, b"[", {}):
        answer = CHAT.ask(client, body, headers=AS_ALICE, buffered=False)
        assert answer.status_code in (200, 400)
        answer.close()


def test_a_request_whose_key_is_revoked_is_told_so(client, pool):
    pool.events = [Ended(Kind.REVOKED)]
    answer = CHAT.ask(client, headers=AS_ALICE)
    assert problem_of(answer) == (401, "authentication_error", None, "revoked")
    assert answer.headers["x-should-retry"] == "false"


def test_a_key_that_nobody_has_is_refused(client):
    answer = CHAT.ask(client, headers={"Authorization": "Bearer x"})
    assert problem_of(answer)[3] == "invalid_api_key"
    assert CHAT.ask(client, environ_overrides=STRANGER).status_code == 401


def test_usage_and_metrics_count_it(client, pool):
    CHAT.ask(client, headers=AS_ALICE)
    assert "[DONE]" in CHAT.ask(client, {"stream": True}, headers=AS_ALICE).text
    (line,) = client.get("/v1/usage", headers=AS_ALICE).json["data"]
    assert (line["requests"], line["output_tokens"]) == (2, 14)
    scraped = client.get("/metrics").text
    labels = '{endpoint="/v1/chat/completions",method="POST",status="200"}'
    assert f"claude_proxy_requests_total{labels} 2.0" in scraped
    assert 'by_caller_total{caller="alice",outcome="good"} 2.0' in scraped


def test_a_stranger_reads_no_name_of_a_caller_in_the_metrics(client, pool):
    for headers in (AS_ALICE, AS_ALICE, AS_BOB):
        CHAT.ask(client, headers=headers)
    scraped = client.get("/metrics", environ_overrides=STRANGER).text
    assert 'by_caller_total{caller="",outcome="good"} 3.0' in scraped
    assert "alice" not in scraped
