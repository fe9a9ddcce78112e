"""Who has the port, and whether a server there says what is said here."""

import socket

import pytest

from app.commands.client import Answer
from app.commands.doctor.finding import Level
from app.commands.doctor.service import examine_service
from tests.service.conftest import serve as serve
from tests.support.messages_api import write_login
from tests.support.rude import RUDE, RudeServer


def healthy(**components) -> Answer:
    return Answer(200, {"status": "healthy", "components": components})


def unwell(code: str) -> Answer:
    return Answer(503, {"status": "unhealthy", "details": {"code": code}})


def test_a_free_port_is_well(found):
    said = found(examine_service)
    assert said["port"].seen.endswith("free, no server runs there")
    assert "server" not in said


@pytest.mark.parametrize("rude", ["another", "garbage", "reset"])
def test_a_port_that_somebody_else_has_is_bad(doctor, fake_claude, monkeypatch, rude):
    with RudeServer() as server:
        server.behaviour = RUDE[rude]
        monkeypatch.setenv("PORT", server.url.rpartition(":")[2])
        report = doctor()
    assert report.bad == ["port"]
    assert "no claude-proxy answers" in report.findings["port"]["seen"]
    assert report.findings["port"]["remedy"].startswith("Change port")


def test_an_address_that_cannot_be_had_is_bad(found, monkeypatch):
    monkeypatch.setenv("HOST", "192.0.2.1")
    assert found(examine_service)["port"].level is Level.BAD


def test_any_free_port_is_well(found, monkeypatch):
    monkeypatch.setenv("PORT", "0")
    assert found(examine_service)["port"].level is Level.OK


@pytest.mark.parametrize(
    ("server", "level"),
    [
        (healthy(), "ok"),
        (healthy(claude_cli={"path": "/other"}), "warn"),
        (unwell("login_rejected"), "bad"),
        (Answer(503, {"status": "healthy"}), "bad"),
    ],
)
def test_a_servers_verdict_is_held_against_the_one_from_here(found, server, level):
    said = found(examine_service, server, claude_cli={"path": "/own"})["server"]
    assert said.level == level


@pytest.mark.parametrize(
    ("server", "seen"),
    [
        (unwell("login_rejected"), "it says login_rejected, the check here healthy"),
        (Answer(503, {"status": "healthy"}), "it says HTTP status 503, the check here"),
    ],
)
def test_a_server_that_differs_is_told_with_both_words(found, server, seen):
    said = found(examine_service, server)["server"]
    assert said.seen.startswith(seen)
    assert "as its user" in said.remedy


def test_a_real_server_says_what_is_said_here(
    doctor, serve, fake_claude, monkeypatch, environment
):
    write_login(environment)
    service = serve()
    service.becomes(None)
    monkeypatch.setenv("PORT", service.url.rpartition(":")[2])
    report = doctor()
    assert report.findings["port"]["seen"].endswith("claude-proxy 0.1.0 answers")
    assert report.findings["server"]["seen"] == "healthy, as the check here says"
    fake_claude.path.unlink()
    service.becomes("cli_not_found")
    report = doctor()
    assert report.bad == ["claude_cli", "server"]


def test_a_real_server_with_another_cli_is_told(
    doctor, serve, fake_claude, monkeypatch, tmp_path
):
    other = tmp_path / "copy"
    other.write_bytes(fake_claude.path.read_bytes())
    other.chmod(0o755)
    service = serve(CLAUDE_CLI_PATH=str(other), STATE_DIR=str(tmp_path / "its"))
    service.becomes(None)
    monkeypatch.setenv("PORT", service.url.rpartition(":")[2])
    monkeypatch.setenv("HEALTH_DETAILS", "trusted")
    assert "its path is" in doctor().findings["server"]["seen"]


def test_a_listener_that_says_nothing_is_given_up(doctor, fake_claude, monkeypatch):
    monkeypatch.setattr("app.commands.client.SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("PORT", str(silent.getsockname()[1]))
        assert doctor().bad == ["port"]
