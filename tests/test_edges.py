"""Edges that once went wrong: of the command, the port, the settings and the logs."""

import json
import socket
import threading
import time

import pytest
from click.testing import CliRunner

from app import create_app
from app.commands import client, main
from app.metrics.multiprocess import share_metrics
from app.monitor.monitor import Monitor
from app.server.port import refuse_taken_port
from app.web.current import part_of
from config.settings import Settings, SettingsError, load_settings


@pytest.fixture
def raw():
    """Serve raw bytes to one caller, then hang up."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer(*parts: bytes, every: float = 0.0) -> str:
            def talk():
                caller, _ = server.accept()
                with caller:
                    caller.recv(65536)
                    for part in parts:
                        try:
                            caller.sendall(part)
                        except OSError:
                            return
                        time.sleep(every)

            threading.Thread(target=talk, daemon=True).start()
            return f"http://127.0.0.1:{server.getsockname()[1]}"

        yield answer


def run(*words):
    return CliRunner().invoke(main.main, words)


def test_a_host_name_may_begin_with_health():
    assert (
        client._health_url("http://health.test") == "http://health.test/health/detailed"
    )


def test_an_error_cut_off_half_way_could_not_be_asked(raw):
    url = raw(b"HTTP/1.1 503 X\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{")
    result = run("check", "--url", url)
    assert result.exit_code == 2, repr(result.exception)


def test_an_ok_cut_off_half_way_could_not_be_asked(raw):
    url = raw(b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{")
    result = run("check", "--url", url)
    assert result.exit_code == 2, repr(result.exception)


def test_an_error_that_never_ends_could_not_be_asked(raw, monkeypatch):
    monkeypatch.setattr(client, "_SECONDS", 0.2)
    head = b"HTTP/1.1 503 X\r\nContent-Length: 100\r\n\r\n"
    result = run("check", "--url", raw(head, b"{", every=1))
    assert result.exit_code == 2, repr(result.exception)


def test_deeply_nested_json_is_garbage(raw):
    head = b"HTTP/1.1 200 X\r\n\r\n"
    result = run("check", "--url", raw(head, b"[" * 60000))
    assert result.exit_code == 2, repr(result.exception)


def test_a_dripping_server_is_given_up_after_the_time_allowed(raw, monkeypatch):
    monkeypatch.setattr(client, "_SECONDS", 0.3)
    head = b"HTTP/1.1 200 X\r\nContent-Length: 1000\r\n\r\n"
    began = time.monotonic()
    run("check", "--url", raw(head, *[b" "] * 20, every=0.1))
    assert time.monotonic() - began < 1


@pytest.mark.parametrize("host", ["a..b", "x" * 64])
def test_a_host_that_is_no_name_is_told(capsys, host):
    with pytest.raises(SystemExit):
        refuse_taken_port(host, 8000)
    code = json.loads(capsys.readouterr().err)["details"]["code"]
    assert code == "address_unavailable"


def test_localhost_is_looked_at_where_gunicorn_binds_it(monkeypatch):
    """gunicorn binds every name with AF_INET."""
    found = socket.getaddrinfo
    six = (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("::1", 0, 0, 0))

    def both(host, port, family=0, **more):
        four = found("127.0.0.1", port, family, **more)
        return four if family == socket.AF_INET else [six, *four]

    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setattr(socket, "getaddrinfo", both)
        with pytest.raises(SystemExit):
            refuse_taken_port("localhost", taken.getsockname()[1])


def test_a_cli_path_of_an_unknown_user_is_told():
    with pytest.raises(SettingsError):
        load_settings({"CLAUDE_CLI_PATH": "~nosuchuser/claude"})


def test_a_state_dir_starts_at_the_home_folder(environment, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert load_settings({"STATE_DIR": "~/st"}).state_dir == environment / "st"


def test_a_state_dir_is_absolute(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert load_settings({"STATE_DIR": "st"}).state_dir == tmp_path / "st"


@pytest.mark.parametrize("mark", ["%0D", "%C2%85", "%E2%80%A8", "%0B", "%1B[2K"])
def test_no_line_mark_in_the_path_forges_a_line(capsys, mark):
    app = create_app(load_settings())
    part_of(app, Monitor).ensure_running = lambda: None
    capsys.readouterr()
    app.test_client().get(f"/a{mark}timestamp=2026")
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 1
    assert said.rstrip("\n").isprintable()


def test_two_trailing_slashes_are_no_redirect(client):
    assert client.get("/health//").status_code in (200, 404, 503)


def test_two_leading_slashes_are_no_redirect(client):
    answer = client.get("/", environ_overrides={"PATH_INFO": "//health"})
    assert answer.status_code in (200, 404, 503)


def test_metrics_are_described_only_where_they_are(fake_claude, make_app):
    app = make_app(METRICS_ENABLED="false")
    rules = {rule.rule for rule in app.url_map.iter_rules()}
    assert set(app.test_client().get("/openapi.json").json["paths"]) == rules


def test_a_strange_folder_in_the_state_dir_does_not_stop_the_start(monkeypatch):
    monkeypatch.delenv("PROMETHEUS_MULTIPROC_DIR", raising=False)
    state = load_settings().state_dir
    (state / "metrics-old").mkdir(parents=True)
    monkeypatch.setattr("app.metrics.multiprocess.use_shared_values", lambda _: None)
    monkeypatch.setattr("app.metrics.multiprocess.atexit.register", lambda *_: None)
    share_metrics(state)


def test_the_log_of_a_bug_is_one_line(capsys, fake_claude, make_app):
    app = make_app()

    @app.get("/broken")
    def broken():
        raise RuntimeError("a\nlevel=info event=forged")

    capsys.readouterr()
    app.test_client().get("/broken")
    assert len(capsys.readouterr().err.splitlines()) == 2


def test_a_wrong_bearer_does_not_hide_a_right_key(fake_claude):
    from flask import request

    from app.web.access import has_key

    app = create_app(load_settings({"PROXY_API_KEY": "k3y"}))
    headers = {"Authorization": "Bearer other", "X-Api-Key": "k3y"}
    with app.test_request_context("/", headers=headers):
        assert has_key(request, part_of(app, Settings))


def test_local_asks_the_cli_once(fake_claude):
    assert run("check", "--local").exit_code == 0
    time.sleep(1.5)
    assert [call["argv"] for call in fake_claude.calls] == [
        ["--version"],
        ["auth", "status"],
    ]


def test_local_json_is_clean_at_debug(fake_claude, monkeypatch):
    monkeypatch.setenv("LOG_LEVEL", "DEBUG")
    json.loads(run("check", "--local", "--json").stdout)


def test_local_as_never_still_shows(fake_claude, monkeypatch):
    monkeypatch.setenv("HEALTH_DETAILS", "never")
    body = json.loads(run("check", "--local", "--json").stdout)
    assert "path" in body["components"]["claude_cli"]


def test_a_body_without_status_could_not_be_asked(raw):
    head = b"HTTP/1.1 200 X\r\n\r\n"
    result = run("check", "--url", raw(head, b'{"service":"claude-proxy"}'))
    assert result.exit_code == 2
