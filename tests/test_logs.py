"""One line a request, and none that a caller could forge."""

import json
import logging

import pytest

from app import create_app
from app.logs import logging_config
from app.monitor.monitor import Monitor
from app.web.current import part_of
from config.loading import load_settings


def lines(capsys, path="/nowhere", headers=None, **options) -> list[str]:
    app = create_app(load_settings(options))
    part_of(app, Monitor).ensure_running = lambda: None
    capsys.readouterr()
    app.test_client().get(path, headers=headers)
    return capsys.readouterr().err.splitlines()


def test_a_request_is_one_line(capsys):
    (line,) = lines(capsys)
    for part in ("level=info", "method=GET", "path=/nowhere", "status=404"):
        assert part in line


def test_a_line_can_be_json(capsys):
    (line,) = lines(capsys, LOG_FORMAT="json")
    assert json.loads(line)["status"] == 404
    assert json.loads(line)["timestamp"].endswith("Z")


def test_probes_are_logged_at_debug_only(capsys):
    assert lines(capsys, "/health") == []
    assert "path=/health" in lines(capsys, "/health", LOG_LEVEL="DEBUG")[-1]


def test_a_level_above_info_logs_no_request(capsys):
    assert lines(capsys, LOG_LEVEL="WARNING") == []


def test_a_newline_in_the_path_forges_no_line(capsys):
    assert len(lines(capsys, "/a%0Atimestamp=2026 level=info event=forged")) == 1


def test_the_query_is_not_logged(capsys):
    (line,) = lines(capsys, "/nowhere?key=sk-ant-secret")
    assert "secret" not in line


def test_a_request_id_is_kept(client):
    answer = client.get("/nowhere", headers={"X-Request-ID": "abc-123"})
    assert answer.headers["X-Request-ID"] == "abc-123"


@pytest.mark.parametrize("offered", ["", "a b", "x" * 129, "a;b", "ä", "<a>"])
def test_a_malformed_request_id_is_replaced(client, offered):
    answer = client.get("/nowhere", headers={"X-Request-ID": offered})
    assert len(answer.headers["X-Request-ID"]) == 32


def test_the_longest_request_id_is_kept(client):
    answer = client.get("/nowhere", headers={"X-Request-ID": "x" * 128})
    assert answer.headers["X-Request-ID"] == "x" * 128


@pytest.mark.parametrize("mark", ["a\nb", "a\n", "a\r\nb"])
def test_a_request_id_with_a_newline_is_replaced(client, mark):
    answer = client.get("/nowhere", environ_overrides={"HTTP_X_REQUEST_ID": mark})
    assert len(answer.headers["X-Request-ID"]) == 32


def test_two_requests_have_two_ids(client):
    ids = {client.get("/nowhere").headers["X-Request-ID"] for _ in range(2)}
    assert len(ids) == 2


def test_the_line_has_the_answers_request_id(capsys):
    (line,) = lines(capsys, headers={"X-Request-ID": "look-here"})
    assert "request_id=look-here" in line


@pytest.mark.parametrize("path", ["/health/live", "/health/detailed", "/metrics"])
def test_every_probe_is_logged_at_debug_only(capsys, path):
    assert lines(capsys, path) == []
    assert f"path={path}" in lines(capsys, path, LOG_LEVEL="DEBUG")[-1]


def test_a_key_is_not_logged(capsys):
    headers = {"Authorization": "Bearer planted", "X-Api-Key": "planted"}
    (line,) = lines(capsys, headers=headers, LOG_LEVEL="DEBUG")
    assert "planted" not in line


def test_a_newline_in_the_path_forges_no_json_either(capsys):
    (line,) = lines(capsys, '/a%0A{"status": 200}', LOG_FORMAT="json")
    assert json.loads(line)["path"] == "/a%0A%7B%22status%22%3A%20200%7D"


def test_a_quote_in_the_path_forges_no_field(capsys):
    (line,) = lines(capsys, '/a" status=200 x="')
    assert "path=/a%22%20status%3D200%20x%3D%22 " in line


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_traceback_stays_on_its_one_line(capsys, fake_claude, make_app, form):
    app = make_app(LOG_FORMAT=form)
    app.add_url_rule("/broken", view_func=lambda: [][0])
    capsys.readouterr()
    app.test_client().get("/broken")
    error, request = capsys.readouterr().err.splitlines()
    assert "IndexError" in error
    assert "500" in request


@pytest.mark.parametrize(
    ("level", "gunicorns"), [("DEBUG", "INFO"), ("INFO", "INFO"), ("ERROR", "ERROR")]
)
def test_gunicorns_own_lines_are_never_at_debug(level, gunicorns):
    config = logging_config(load_settings({"LOG_LEVEL": level}))
    assert config["loggers"]["gunicorn.error"]["level"] == gunicorns
    assert config["root"]["level"] == level


def test_a_line_of_another_library_looks_like_ours(capsys):
    create_app(load_settings())
    capsys.readouterr()
    logging.getLogger("another").warning("said %s", "so")
    assert 'level=warning event="said so"' in capsys.readouterr().err


@pytest.mark.parametrize("mark", ["%0D", "%C2%85", "%E2%80%A8", "%0B", "%1B[2K"])
def test_no_line_mark_in_the_path_forges_a_line(capsys, mark):
    app = create_app(load_settings())
    part_of(app, Monitor).ensure_running = lambda: None
    capsys.readouterr()
    app.test_client().get(f"/a{mark}timestamp=2026")
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 1
    assert said.rstrip("\n").isprintable()


def test_the_log_of_a_bug_is_one_line(capsys, fake_claude, make_app):
    app = make_app()

    @app.get("/broken")
    def broken():
        raise RuntimeError("a\nlevel=info event=forged")

    capsys.readouterr()
    app.test_client().get("/broken")
    assert len(capsys.readouterr().err.splitlines()) == 2
