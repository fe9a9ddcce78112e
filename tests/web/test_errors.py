"""Every error is one JSON shape, and says nothing it should not."""

import re

import pytest
from flask import abort


@pytest.fixture
def broken(client):
    @client.application.get("/broken")
    def broken():
        raise RuntimeError("/etc/secret sk-ant-secret")

    return client


def test_an_unknown_path_is_404_json(client):
    answer = client.get("/nowhere")
    assert answer.status_code == 404
    assert answer.json["service"] == "claude-proxy"
    assert answer.json["details"]["code"] == "not_found"


def test_a_wrong_method_is_405_with_what_is_allowed(client):
    answer = client.delete("/health")
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]
    assert answer.json["details"]["code"] == "method_not_allowed"


def test_a_bug_is_500_without_its_text(broken):
    answer = broken.get("/broken")
    assert answer.status_code == 500
    assert answer.json["details"]["code"] == "internal_error"
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text


def test_a_bug_can_be_found_in_the_log_by_its_request_id(broken, caplog):
    answer = broken.get("/broken", headers={"X-Request-ID": "look-here"})
    assert answer.json["details"]["request_id"] == "look-here"
    assert any("look-here" in str(record.msg) for record in caplog.records)


@pytest.mark.parametrize("path", ["/health", "/health/live", "/openapi.json"])
def test_every_wrong_method_is_told_the_right_ones(client, path):
    answer = client.post(path)
    assert answer.status_code == 405
    assert {"GET", "HEAD"} <= set(answer.headers["Allow"].split(", "))


@pytest.mark.parametrize(
    ("method", "path", "error"),
    [
        ("GET", "/nowhere", "Not Found"),
        ("DELETE", "/health", "Method Not Allowed"),
        ("GET", "/broken", "Internal Server Error"),
    ],
)
def test_every_error_has_the_one_shape(broken, method, path, error):
    answer = broken.open(path, method=method)
    body = answer.json
    assert list(body) == ["status", "service", "timestamp", "error", "details"]
    assert (body["status"], body["error"]) == ("error", error)
    assert set(body["details"]) == {"code", "remedy", "request_id"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", body["timestamp"])
    assert body["details"]["request_id"] == answer.headers["X-Request-ID"]
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_bug_is_named_neither_by_file_nor_by_kind(broken):
    text = broken.get("/broken").text
    assert [word for word in ("RuntimeError", ".py", "/etc") if word in text] == []


def test_an_unknown_path_is_not_repeated(client):
    assert "script" not in client.get("/<script>").text


def test_any_other_error_keeps_its_status(client):
    client.application.add_url_rule("/teapot", view_func=lambda: abort(418))
    answer = client.get("/teapot")
    assert (answer.status_code, answer.json["status"]) == (418, "error")


@pytest.mark.parametrize(("path", "status"), [("/nowhere", 404), ("/broken", 500)])
def test_an_error_tells_head_what_it_tells_get(broken, path, status):
    got, head = broken.get(path), broken.head(path)
    assert (head.status_code, head.data) == (status, b"")
    assert head.headers["Content-Type"] == got.headers["Content-Type"]
