"""One line a request, and none that a caller could forge."""

import json

import pytest

from app import create_app
from config.settings import load_settings


def lines(capsys, path="/nowhere", headers=None, **options) -> list[str]:
    app = create_app(load_settings(options))
    app.extensions["monitor"].ensure_running = lambda: None
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


@pytest.mark.parametrize("offered", ["", "a b", "x" * 129, "a;b", "ä"])
def test_a_malformed_request_id_is_replaced(client, offered):
    answer = client.get("/nowhere", headers={"X-Request-ID": offered})
    assert len(answer.headers["X-Request-ID"]) == 32
