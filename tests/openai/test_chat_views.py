"""What POST /v1/chat/completions does in its own words."""

import json

import pytest

from app.openai.parameters import CHAT as PARAMETERS
from app.openai.parameters import Fate
from app.pool.events import Quiet
from tests.messages.test_views import ANSWER
from tests.openai.doors import BUSY, CHAT, problem_of
from tests.openai.test_chat import HELLO


def test_a_completion(client, pool):
    pool.events = [Quiet(), *ANSWER]
    answer = CHAT.ask(client)
    assert answer.json["choices"][0]["message"]["content"] == "Hello."
    assert answer.headers["request-id"] == answer.headers["X-Request-ID"]
    assert "Warning" not in answer.headers


def test_a_stream(client, pool):
    pool.events = [Quiet(), *ANSWER]
    answer = CHAT.ask(client, {"stream": True})
    assert answer.mimetype == "text/event-stream"
    frames = answer.text.split("\n\n")
    assert '"role": "assistant"' in frames[0]
    assert frames[-2:] == ["data: [DONE]", ""]


def test_what_is_asked_of_the_pool(client, pool):
    pool.events = ANSWER
    system = {"role": "system", "content": "Be kind."}
    assert CHAT.ask(client, {"messages": [system, HELLO]}).status_code == 200
    (key, prompt) = pool.asked[0]
    assert (key.caller, key.model, key.system, key.betas) == (
        "local",
        "claude-haiku-4-5",
        "Be kind.",
        (),
    )
    assert prompt.text == "Hello"
    assert json.loads(prompt.body)["messages"] == [HELLO]


def test_an_alias_is_listed_as_a_model(fake_claude, make_app, direct):
    app = make_app(MODEL_ALIASES="gpt-4o=claude-opus-5, o3=claude-fable-5")
    client = app.test_client()
    client.environ_base |= direct
    listed = [each["id"] for each in client.get("/v1/models").json["data"]]
    assert {"gpt-4o", "o3"} <= set(listed)


def test_an_error_in_a_stream_is_its_last_word(client, pool):
    pool.events = [*ANSWER[:3], BUSY]
    answer = CHAT.ask(client, {"stream": True})
    assert answer.status_code == 200
    last = answer.text.rstrip().rsplit("\n\n", 1)[1].removeprefix("data: ")
    assert json.loads(last)["error"]["message"] == "Busy."
    assert "[DONE]" not in answer.text


REFUSED = [name for name, each in PARAMETERS.items() if each.fate is Fate.REFUSED]


@pytest.mark.parametrize("name", [*REFUSED, "novelty"])
def test_what_cannot_be_carried_is_refused_by_name(client, pool, name):
    expected = (400, "invalid_request_error", name, "unsupported_parameter")
    assert problem_of(CHAT.ask(client, {name: 5})) == expected


def test_or_passes_with_a_warning_and_is_counted(ignoring):
    for stream in (False, True):
        lost = {"seed": 5, "novelty": 1, "n": 1, "stream": stream}
        answer = CHAT.ask(ignoring, lost)
        assert answer.status_code == 200
        warning = '299 - "ignored parameters: seed, other"'
        assert answer.headers["Warning"] == warning
    counted = "claude_proxy_ignored_parameters_total{parameter="
    text = ignoring.get("/metrics").text
    assert f'{counted}"seed"}} 2.0' in text
    assert f'{counted}"other"}} 2.0' in text
