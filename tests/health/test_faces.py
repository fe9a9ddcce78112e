"""The forms of the report: which is given, and what it says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.health.faces import BadQuestion, Face, face_of
from tests.support.waiting import wait_until

JSON, HEALTH_JSON, TEXT = Face
PATHS = ["/health", "/health/detailed", "/health/live"]
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.fixture
def unwell(client, fake_claude):
    """Have a service without a CLI."""
    fake_claude.path.unlink()
    wait_until(lambda: "cli_not_found" in client.get("/health").text)
    return client


@pytest.mark.parametrize(
    ("accept", "face"),
    [
        (None, JSON),
        ("", JSON),
        ("*/*", JSON),
        (BROWSER, JSON),
        ("application/json, text/plain, */*", JSON),
        ("text/plain, application/json", JSON),
        ("application/health+json, application/json", JSON),
        ("application/*", JSON),
        ("text/plain", TEXT),
        ("text/*;q=0.5", TEXT),
        ("TEXT/PLAIN", TEXT),
        ("text/plain, application/json;q=0.9", TEXT),
        ("application/health+json", HEALTH_JSON),
        ("application/health+json, */*;q=0.1", HEALTH_JSON),
        ("text/html", JSON),
        ("image/png;q=1", JSON),
        ("text/plain;q=0", JSON),
        ("nonsense", JSON),
        (";;;,,,q=", JSON),
    ],
)
def test_what_is_given_by_accept(accept, face):
    assert face_of(accept, None) is face


@given(st.text())
def test_whatever_is_accepted_something_is_given(accept):
    assert face_of(accept, None) in Face


@pytest.mark.parametrize(
    ("form", "face"),
    [
        ("json", JSON),
        ("text", TEXT),
        ("health+json", HEALTH_JSON),
        ("health json", HEALTH_JSON),
    ],
)
def test_format_wins_over_accept(form, face):
    assert face_of("image/png", form) is face


def test_an_unknown_format_is_refused_by_name():
    with pytest.raises(BadQuestion, match=r"^format: one of json, health\+json, text"):
        face_of(None, "xml")


@pytest.mark.parametrize("path", PATHS)
def test_an_unknown_format_is_a_400(client, path):
    answer = client.get(f"{path}?format=xml")
    assert (answer.status_code, answer.json["details"]["code"]) == (400, "bad_request")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("face", Face)
def test_every_endpoint_has_every_form(client, path, face):
    answer = client.get(path, headers={"Accept": face.value})
    assert answer.mimetype == face.value
    assert answer.headers["Vary"] == "Accept"
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", PATHS[:2])
@pytest.mark.parametrize("face", Face)
def test_every_form_has_the_same_http_status(unwell, path, face):
    answer = unwell.get(path, headers={"Accept": face.value})
    assert answer.status_code == 503


@pytest.mark.parametrize("face", [TEXT, HEALTH_JSON])
def test_a_form_is_given_also_where_the_healthy_answer_is_repeated(client, face):
    wait_until(lambda: client.get("/health").status_code == 200)
    client.get("/health")
    assert client.get("/health", headers={"Accept": face.value}).mimetype == face.value
    form = face.value.partition("/")[2].replace("plain", "text").replace("+", "%2B")
    assert client.get(f"/health?f%6Frmat={form}").mimetype == face.value


def test_text_is_a_line_a_component(unwell):
    lines = unwell.get("/health/detailed?format=text").text.splitlines()
    assert [line.partition(":")[0] for line in lines] == [
        *("claude-proxy", "claude_cli", "authentication", "quota", "upstream"),
    ]
    assert lines[0].startswith("claude-proxy: unhealthy cli_not_found Claude CLI not")
    assert lines[1].startswith("claude_cli: unhealthy cli_not_found")


def test_text_of_a_healthy_service(client):
    wait_until(lambda: client.get("/health").status_code == 200)
    assert client.get("/health?format=text").text == "claude-proxy: healthy\n"
    assert client.get("/health/live?format=text").text == "claude-proxy: healthy\n"


def test_health_json_is_the_drafts(unwell):
    body = unwell.get("/health/detailed?format=health%2Bjson").json
    assert (body["status"], body["serviceId"]) == ("fail", "claude-proxy")
    [check] = body["checks"]["claude_cli:status"]
    assert (check["status"], check["code"]) == ("fail", "cli_not_found")
    assert body["checks"]["quota:status"][0]["status"] == "pass"


def test_health_json_of_a_healthy_service_says_no_more(client):
    wait_until(lambda: client.get("/health").status_code == 200)
    body = client.get("/health?format=health%2Bjson").json
    assert body["status"] == "pass"
    assert not {"output", "code", "remedy"} & set(body)


@pytest.mark.parametrize("face", [TEXT, HEALTH_JSON])
def test_strangers_see_statuses_and_codes(unwell, face):
    headers = {"Accept": face.value, "X-Forwarded-For": "192.0.2.1"}
    said = unwell.get("/health/detailed", headers=headers).text
    components = said.partition("claude_cli")[2]
    assert "cli_not_found" in components
    assert not any(word in components for word in ("PATH", "since", "time", "/bin"))
