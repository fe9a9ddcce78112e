"""Every error is one JSON shape, and says nothing it should not."""

import pytest


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


def test_head_on_an_unknown_path_has_no_body(client):
    answer = client.head("/nowhere")
    assert (answer.status_code, answer.data) == (404, b"")
