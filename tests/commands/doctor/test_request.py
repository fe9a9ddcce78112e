"""``claude-proxy doctor --request``: one smallest request, and its price."""

import pytest

from app.commands.doctor.finding import Level
from app.commands.doctor.request import examine_request
from tests.support.messages_api import Mode, write_login


@pytest.fixture(autouse=True)
def cli(real_claude, environment, monkeypatch):
    """Use the real CLI with a made-up login, cut off from all but the stub."""
    write_login(environment)
    monkeypatch.setenv("CLAUDE_CLI_PATH", str(real_claude))
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def test_one_request_is_sent_and_its_cost_told(doctor, api, tmp_path):
    report = doctor("--request")
    said = report.findings["request"]
    assert (said["level"], report.exit_code) == ("ok", 0)
    assert "3 tokens in, 4 out, $0.0" in said["seen"]
    assert len(api.requests) == 1
    assert api.requests[0]["max_tokens"] == 16
    assert list((tmp_path / "state").glob("claude-pool-*")) == []


def test_without_being_told_to_it_sends_none(doctor, api):
    assert "request" not in doctor().findings
    assert api.requests == []


def test_a_refusal_is_told_in_the_upstreams_words(found, api):
    api.mode = Mode.UNAUTHORIZED
    said = found(examine_request)["request"]
    assert said.level is Level.BAD
    assert "authentication_error 401: The stub says authentication_error." in said.seen


def test_a_cli_that_is_not_there_is_told(found, monkeypatch, tmp_path):
    monkeypatch.setenv("CLAUDE_CLI_PATH", str(tmp_path / "none"))
    assert found(examine_request)["request"].seen.endswith(": cli_not_found")


def test_a_request_that_cannot_be_made_keeps_nothing_from_being_told(
    doctor, monkeypatch
):
    monkeypatch.setenv("MODELS", "no model")
    report = doctor("--request")
    assert report.findings["examination"]["seen"] == "request: it failed (Malformed)"
    assert (report.exit_code, report.findings["login"]["level"]) == (2, "ok")
