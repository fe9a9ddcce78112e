"""Callers by name at /v1: who may ask, how much, and what they have used."""

from datetime import UTC, datetime, timedelta

import pytest

from app.callers.ledger import Ledger, Tally
from app.pool.errors import GaveUp, PoolTimeout, Revoked
from app.pool.events import Ended, Kind
from app.web.current import part_of
from tests.messages.conftest import GOOD
from tests.messages.test_views import ANSWER, LEAST, STRANGER, ask, problem_of
from tests.support.described import DescribedClient
from tests.support.keys import ALICE, BOB

OPERATOR = {"x-api-key": "operator"}
AS_ALICE = {"x-api-key": ALICE}
AS_BOB = {"Authorization": f"Bearer {BOB}"}
NO_TOKENS = dict.fromkeys(
    (
        *("input_tokens", "output_tokens"),
        *("cache_creation_input_tokens", "cache_read_input_tokens"),
    ),
    0,
)


@pytest.fixture
def app(fake_claude, make_app, write_keys, monkeypatch, request):
    """Make the app with an operator's key and two named ones, alice's with limits."""
    monkeypatch.setenv("PROXY_API_KEY", "operator")
    limits = getattr(request, "param", "")
    write_keys(f"alice {ALICE} {limits}\nbob {BOB}\n")
    app = make_app()
    app.test_client_class = DescribedClient
    app.testing = False
    return app


@pytest.fixture(autouse=True)
def answered(pool):
    pool.events = ANSWER


@pytest.fixture
def today() -> str:
    return datetime.now(UTC).date().isoformat()


def test_a_caller_has_the_name_of_its_key(client, pool):
    for headers in (AS_ALICE, AS_BOB, OPERATOR):
        assert ask(client, headers=headers).status_code == 200
    assert [key.caller for key, _ in pool.asked] == ["alice", "bob", "key"]


def test_all_others_are_told_of_the_file(client):
    for more in ({}, {"headers": {"x-api-key": "other"}}):
        status, kind, said = problem_of(ask(client, **more))
        assert (status, kind) == (401, "authentication_error")
        assert "PROXY_API_KEYS_FILE" in said


def test_a_key_that_was_taken_out_is_refused_at_once(client, write_keys):
    assert ask(client, headers=AS_ALICE).status_code == 200
    write_keys(f"bob {BOB}\n")
    assert ask(client, headers=AS_ALICE).status_code == 401
    assert ask(client, headers=AS_BOB).status_code == 200


def test_a_named_key_shows_nobody_the_details(client):
    stranger = {"environ_overrides": STRANGER}
    named = client.get("/health/detailed", headers=AS_ALICE, **stranger).json
    operators = client.get("/health/detailed", headers=OPERATOR, **stranger).json
    assert "configuration" not in named
    assert "configuration" in operators


def test_a_bad_file_is_a_warning(client, write_keys):
    write_keys("alice\n")
    (said,) = client.get("/health/detailed", headers=OPERATOR).json["warnings"]
    assert "PROXY_API_KEYS_FILE" in said
    assert "Line 1: " in said


@pytest.mark.parametrize("app", ["per-minute=2"], indirect=True)
def test_a_minutes_limit_is_429_and_says_when(client, pool):
    assert [ask(client, headers=AS_ALICE).status_code for _ in "ab"] == [200, 200]
    answer = ask(client, headers=AS_ALICE)
    status, kind, said = problem_of(answer)
    assert (status, kind) == (429, "rate_limit_error")
    assert "per-minute=2" in said
    assert 50 <= int(answer.headers["Retry-After"]) <= 60
    assert answer.headers["x-should-retry"] == "true"
    assert len(pool.asked) == 2
    assert ask(client, headers=AS_BOB).status_code == 200


@pytest.mark.parametrize("app", ["tokens-per-day=20"], indirect=True)
def test_a_days_limit_is_429_until_midnight(client):
    """Each answer is 3 tokens in and 7 out."""
    assert [ask(client, headers=AS_ALICE).status_code for _ in "ab"] == [200, 200]
    answer = ask(client, headers=AS_ALICE)
    assert problem_of(answer)[0] == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 86_400


@pytest.mark.parametrize("app", ["parallel=1"], indirect=True)
@pytest.mark.parametrize("stream", [False, True])
def test_a_parallel_limit_is_429_for_a_second(client, pool, stream):
    refused = []
    pool.events = [lambda: refused.append(ask(client, headers=AS_ALICE)), *ANSWER]
    for _ in "ab":
        with ask(client, LEAST | {"stream": stream}, headers=AS_ALICE) as answer:
            assert answer.status_code == 200
    assert len(refused) == 2
    for answer in refused:
        assert problem_of(answer)[0] == 429
        assert "parallel=1" in answer.json["error"]["message"]
        assert answer.headers["Retry-After"] == "1"


@pytest.mark.parametrize("app", ["parallel=1"], indirect=True)
def test_a_stream_that_is_left_gives_its_place_back(client):
    for _ in "ab":
        streamed = LEAST | {"stream": True}
        answer = ask(client, streamed, headers=AS_ALICE, buffered=False)
        assert answer.status_code == 200
        answer.close()


@pytest.mark.parametrize("revoked", ["busy", "waiting"])
def test_a_request_whose_key_is_revoked_is_told_so(client, pool, revoked):
    pool.events = [Ended(Kind.REVOKED)]
    pool.refusal = Revoked() if revoked == "waiting" else None
    answer = ask(client, headers=AS_ALICE)
    assert problem_of(answer)[1:] == ("authentication_error", "The key was revoked.")
    assert answer.headers["x-should-retry"] == "false"


def test_usage_is_what_the_upstream_has_counted(client, today):
    for _ in "ab":
        ask(client, headers=AS_ALICE)
    (line,) = client.get("/v1/usage", headers=AS_ALICE).json["data"]
    counted = {"requests": 2, "errors": 0, "input_tokens": 6, "output_tokens": 14}
    assert line == NO_TOKENS | {"day": today, "caller": "alice"} | counted


@pytest.mark.parametrize(
    ("end", "errors"),
    [
        (GOOD, 0),
        (Ended(Kind.CANCELLED), 0),
        (Ended(Kind.REVOKED), 0),
        (Ended(Kind.DIED), 1),
        (Ended(Kind.UPSTREAM_ERROR, 429), 1),
    ],
)
def test_what_ends_badly_is_an_error_and_what_is_given_up_is_none(
    client, pool, end, errors
):
    pool.events = [end]
    ask(client, headers=AS_ALICE)
    (line,) = client.get("/v1/usage", headers=AS_ALICE).json["data"]
    assert (line["requests"], line["errors"]) == (1, errors)


@pytest.mark.parametrize(
    ("error", "errors"), [(GaveUp(), 0), (Revoked(), 0), (PoolTimeout(), 1)]
)
def test_so_is_who_got_no_process(client, pool, error, errors):
    pool.refusal = error
    ask(client, headers=AS_ALICE)
    (line,) = client.get("/v1/usage", headers=AS_ALICE).json["data"]
    assert (line["requests"], line["errors"]) == (1, errors)


@pytest.fixture
def used(client) -> None:
    for headers in (AS_ALICE, AS_BOB, OPERATOR):
        ask(client, headers=headers)


def callers(answer) -> list[str]:
    return [line["caller"] for line in answer.json["data"]]


def test_a_named_key_sees_its_own_usage_alone(client, used):
    assert callers(client.get("/v1/usage", headers=AS_BOB)) == ["bob"]


def test_the_operator_sees_everybodys(client, used):
    stranger = {"environ_overrides": STRANGER}
    for more in ({"headers": OPERATOR, **stranger}, {}):  # by key; directly
        assert callers(client.get("/v1/usage", **more)) == ["alice", "bob", "key"]


def test_a_stranger_sees_none(client, used):
    answer = client.get("/v1/usage", environ_overrides=STRANGER)
    assert problem_of(answer)[0] == 401


def test_usage_since_a_day(app, client, today):
    ledger = part_of(app, Ledger)
    ledger.note("alice", Tally(1))
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    answer = client.get(f"/v1/usage?since={today}", headers=OPERATOR)
    assert (answer.json["since"], callers(answer)) == (today, ["alice"])
    assert callers(client.get(f"/v1/usage?since={tomorrow}", headers=OPERATOR)) == []


@pytest.mark.parametrize("said", ["x", "20261124", "2026-02-30", "2026-W47-2", "2026"])
def test_a_since_that_is_no_day_is_told(client, said):
    answer = client.get(f"/v1/usage?since={said}", headers=OPERATOR)
    status, kind, sentence = problem_of(answer)
    assert (status, kind) == (400, "invalid_request_error")
    assert sentence.startswith("since: ")


def test_usage_that_cannot_be_read_is_no_empty_list(app, client, tmp_path):
    (tmp_path / "state").mkdir(exist_ok=True)
    (tmp_path / "state/callers.sqlite").mkdir()
    answer = client.get("/v1/usage", headers=OPERATOR)
    assert problem_of(answer)[:2] == (503, "api_error")
    assert ask(client, headers=AS_ALICE).status_code == 200


def test_names_are_in_the_log_and_keys_are_not(client, pool, caplog):
    caplog.set_level("DEBUG")
    ask(client, headers=AS_ALICE)
    assert "alice" in caplog.text
    assert ALICE not in caplog.text
