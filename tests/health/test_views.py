"""The endpoints as a caller sees them: body, HTTP status and headers agree."""

import time
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.contract.codes import Code
from app.monitor.monitor import Monitor
from app.web.current import part_of
from tests.support.outcomes import GOOD, REJECTED, limit, outcome, refused
from tests.support.waiting import wait_until

STRANGER = {"X-Forwarded-For": "203.0.113.9"}
Ask = Callable[..., TestResponse]


@pytest.fixture
def ask(client: FlaskClient) -> Ask:
    """Ask once the first check is done, which reads how the fake was set up."""

    def ask(path: str = "/health", **kwargs) -> TestResponse:
        monitor: Monitor = part_of(client.application, Monitor)
        wait_until(lambda: monitor.report().code != Code.STARTING)
        return client.get(path, **kwargs)

    return ask


def test_healthy_is_exactly_the_contracts_body(ask):
    answer = ask()
    assert answer.status_code == 200
    assert list(answer.json) == ["status", "service", "timestamp", "version"]
    assert answer.json["status"] == "healthy"
    assert answer.json["service"] == "claude-proxy"


def test_unhealthy_has_the_contracts_fields_and_what_to_do(ask, fake_claude):
    fake_claude.set(mode="crash")
    answer = ask()
    assert answer.status_code == 503
    assert list(answer.json) == ["status", "service", "timestamp", "error", "details"]
    assert answer.json["error"] == "Claude CLI not available"
    assert answer.json["details"]["code"] == "cli_failed"
    assert answer.json["details"]["remedy"]


def test_a_cli_not_found_has_the_contracts_words(ask, fake_claude):
    fake_claude.path.unlink()
    body = ask().json
    assert body["error"] == "Claude CLI not found in PATH"
    assert body["details"]["searched_paths"] == [str(fake_claude.path)]
    assert "CLAUDE_CLI_PATH names the only place" in body["details"]["remedy"]


def test_a_failed_login_has_the_contracts_words(ask, fake_claude):
    fake_claude.set(logged_in=False)
    body = ask().json
    assert body["error"] == "Claude CLI authentication failed"
    assert body["details"]["claude_cli_status"] == "not_authenticated"


def test_a_stranger_is_told_the_code_and_the_remedy_only(ask, fake_claude):
    fake_claude.path.unlink()
    details = ask(headers=STRANGER).json["details"]
    assert set(details) == {"code", "remedy"}


def test_an_internal_error_is_500(ask, monkeypatch):
    monkeypatch.setattr("app.monitor.prober.check_claude_cli", lambda *_: 1 / 0)
    answer = ask()
    assert (answer.status_code, answer.json["status"]) == (500, "error")


def test_before_the_first_check_it_says_when_to_come_back(client, fake_claude):
    fake_claude.set(mode="hang")
    answer = client.get("/health")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert answer.json["details"]["code"] == "starting"


def test_the_detailed_report_has_every_field_of_the_contract(ask):
    body = ask("/health/detailed").json
    components = body["components"]
    assert components["claude_cli"].keys() >= {
        *("status", "path", "version", "authenticated", "last_check")
    }
    assert components["api_server"].keys() >= {
        *("status", "uptime", "port", "host", "requests_processed", "errors")
    }
    assert components["authentication"].keys() >= {
        *("status", "logged_in", "user", "expires")
    }
    assert body["configuration"] == {
        "host": "127.0.0.1",
        "port": 8000,
        "log_level": "INFO",
        "cors_enabled": False,
    }


def test_the_detailed_report_says_on_what_evidence(ask):
    cli = ask("/health/detailed").json["components"]["claude_cli"]
    assert cli["evidence"]["source"] == "probe"
    assert 0 <= cli["evidence"]["age_seconds"] <= 5


def test_unhealthy_in_detail_has_the_reason_at_the_top(ask, fake_claude):
    fake_claude.set(logged_in=False)
    answer = ask("/health/detailed")
    assert answer.status_code == 503
    assert answer.json["error"] == "Claude CLI authentication failed"
    login = answer.json["components"]["authentication"]
    assert (login["status"], login["code"]) == ("unauthenticated", "not_authenticated")
    assert "claude auth login" in login["remedy"]


def test_a_stranger_sees_statuses_and_codes_only(ask, fake_claude):
    fake_claude.set(logged_in=False)
    body = ask("/health/detailed", headers=STRANGER).json
    assert "configuration" not in body
    assert body["components"]["claude_cli"] == {"status": "healthy"}
    assert set(body["components"]["authentication"]) == {"status", "code", "remedy"}
    assert body["components"]["api_server"] == {"status": "healthy"}


def test_requests_and_errors_are_counted(ask):
    ask("/nowhere")
    server = ask("/health/detailed").json["components"]["api_server"]
    assert (server["requests_processed"], server["errors"]) == (1, 1)


def test_live_says_only_that_this_process_serves(client, fake_claude):
    fake_claude.path.unlink()
    answer = client.get("/health/live")
    assert (answer.status_code, answer.json["status"]) == (200, "healthy")
    assert set(answer.json) == {"status", "service", "timestamp", "version"}


@pytest.mark.parametrize("path", ["/health", "/health/detailed", "/health/live"])
def test_head_is_get_without_its_body_and_nothing_is_stored(ask, client, path):
    got, head = ask(path), client.head(path)
    assert (head.status_code, head.data) == (got.status_code, b"")
    assert head.headers["Content-Type"] == "application/json"
    assert got.headers["Cache-Control"] == "no-store"
    assert len(got.data) < 10 << 10


def test_a_healthy_answer_asks_nobody_who_the_caller_is(ask, monkeypatch):
    monkeypatch.setattr("app.web.access.is_own_user", lambda _: 1 / 0)
    assert ask().status_code == 200
    assert ask("/health/detailed").status_code == 500


def test_a_trailing_slash_is_no_redirect(ask):
    assert ask("/health/").status_code == 200


def test_no_request_starts_a_child(ask, fake_claude):
    ask()
    asked = len(fake_claude.calls)
    for path in ("/health", "/health/detailed", "/health/live"):
        ask(path)
    assert len(fake_claude.calls) == asked


def test_web_pages_are_let_in_only_where_cors_is_enabled(ask):
    answer = ask(headers={"Origin": "https://example.com"})
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_cors_lets_the_origins_in_that_were_set(fake_claude, make_app):
    app = make_app(CORS_ENABLED="true", CORS_ORIGINS="https://a.example")
    answer = app.test_client().get("/health", headers={"Origin": "https://a.example"})
    assert answer.headers["Access-Control-Allow-Origin"] == "https://a.example"


def test_two_trailing_slashes_are_no_redirect(client):
    assert client.get("/health//").status_code in (200, 404, 503)


def test_two_leading_slashes_are_no_redirect(client):
    answer = client.get("/", environ_overrides={"PATH_INFO": "//health"})
    assert answer.status_code in (200, 404, 503)


@pytest.fixture
def ends(ask, client) -> Callable[..., None]:
    """Have requests end so, once the first check is done."""
    ask()
    return part_of(client.application, Monitor).take_in


def test_a_rejected_login_has_the_contracts_words(ask, ends):
    ends(REJECTED)
    answer = ask()
    assert answer.status_code == 503
    assert answer.json["error"] == "Claude CLI authentication failed"
    assert answer.json["details"]["code"] == "login_rejected"
    assert answer.json["details"]["claude_cli_status"] == "not_authenticated"
    components = ask("/health/detailed").json["components"]
    login = components["authentication"]
    assert (login["status"], login["logged_in"]) == ("unauthenticated", False)
    assert login["evidence"] == {"source": "traffic", "age_seconds": 0}
    assert components["claude_cli"]["status"] == "healthy"


@pytest.mark.parametrize("path", ["/health", "/health/detailed"])
def test_an_exhausted_quota_says_when_to_come_back(ask, ends, path):
    said = limit("rejected", "five_hour", time.time() + 100, five_hour=1.0)
    ends(outcome(refused(429), limit=said))
    answer = ask(path)
    assert answer.status_code == 503
    assert answer.json["details"]["code"] == "quota_exhausted"
    assert 98 <= int(answer.headers["Retry-After"]) <= 100


def test_the_detailed_report_has_the_windows_of_the_quota(ask, ends):
    ends(outcome(GOOD, limit=limit("allowed", None, None, five_hour=0.4)))
    quota = ask("/health/detailed").json["components"]["quota"]
    window = {"utilization": 0.4, "resets_at": "2033-05-18T03:33:20Z"}
    assert quota["windows"] == {"five_hour": window}
    assert quota["status"] == "healthy"


@pytest.mark.parametrize(
    ("key", "note"), [(None, "No request has told"), ("sk-ant-x", "with a claude.ai")]
)
def test_a_quota_that_nobody_has_told_is_healthy_and_says_so(
    monkeypatch, request, key, note
):
    if key:
        monkeypatch.setenv("ANTHROPIC_API_KEY", key)
    ask = request.getfixturevalue("ask")
    quota = ask("/health/detailed").json["components"]["quota"]
    assert quota["status"] == "healthy"
    assert note in quota["note"]


def test_an_upstream_that_fails_is_a_note_and_no_outage(ask, ends):
    ends(outcome(refused(529, "overloaded_error")))
    answer = ask("/health/detailed")
    assert answer.status_code == 200
    assert "status 529" in answer.json["components"]["upstream"]["note"]
