"""A planted token is looked for wherever a person or a program could see it."""

import json
from pathlib import Path

import pytest
import requests

from tests.messages.test_request import LEAST
from tests.service.test_messages import KEY as KEY_HEADER
from tests.support.messages_api import write_login
from tests.support.upstream import Answer, message
from tests.support.waiting import wait_until

KEY, TOKEN, PROXY_KEY = "sk-ant-planted-key", "planted-token", "planted-proxy-key"
PATHS = ("/health", "/health/detailed", "/health/live", "/openapi.json", "/nowhere")


def plant(home: Path) -> None:
    write_login(home)
    file = home / ".claude/.credentials.json"
    login = json.loads(file.read_text())
    login["claudeAiOauth"] |= {"accessToken": TOKEN, "refreshToken": TOKEN}
    file.write_text(json.dumps(login))


def command_line(file: Path) -> str:
    try:
        return file.read_text(errors="replace")
    except OSError:  # it has ended
        return ""


def seen_of(service) -> str:
    answers = [service.get(path) for path in PATHS]
    answers.append(service.get("/health", headers={"x-api-key": "wrong"}))
    commands = "".join(map(command_line, Path("/proc").glob("[0-9]*/cmdline")))
    headers = "".join(str(answer.headers) for answer in answers)
    return headers + "".join(answer.text for answer in answers) + commands


def test_no_secret_shows_with_the_real_cli(serve, real_claude, environment):
    plant(environment)
    secrets = {"ANTHROPIC_API_KEY": KEY, "PROXY_API_KEY": PROXY_KEY}
    cli = {"CLAUDE_CLI_PATH": str(real_claude), "LOG_LEVEL": "DEBUG"}
    service = serve(**secrets, **cli)
    service.becomes(None)
    seen = seen_of(service) + service.log
    assert not [secret for secret in (KEY, TOKEN, PROXY_KEY) if secret in seen]


def test_no_secret_shows_when_everything_fails(serve, fake_claude, environment):
    plant(environment)
    fake_claude.set(mode="crash")
    file = environment / ".claude/.credentials.json"
    file.write_text(file.read_text() + "broken")
    service = serve(PROXY_API_KEY=PROXY_KEY, LOG_LEVEL="DEBUG")
    service.becomes("cli_failed")
    seen = seen_of(service) + service.log
    assert "sk-ant-secret-on-stderr" not in seen
    assert not [secret for secret in (TOKEN, PROXY_KEY) if secret in seen]


PROMPT = "planted-prompt"
BODY = {
    **LEAST,
    "system": f"{PROMPT}-system",
    "messages": [{"role": "user", "content": f"{PROMPT}-text\u009b\u2028"}],
    "tools": [{"name": f"{PROMPT}-tool", "input_schema": {"type": "object"}}],
}


@pytest.fixture
def talking(serve, real_claude, upstream):
    """Serve with these settings, ask once, and return the service."""
    upstream.always(Answer(message(f"{PROMPT}-answer")))

    def talking(**settings: str):
        cli = {"CLAUDE_CLI_PATH": str(real_claude), "PROXY_API_KEY": "k3y"}
        service = serve(**cli, **settings)
        headers = KEY_HEADER | {"x-note": f"{PROMPT}-header"}
        answer = requests.post(
            f"{service.url}/v1/messages?n={PROMPT}", json=BODY, headers=headers
        )
        assert f"{PROMPT}-answer" in answer.text
        wait_until(lambda: answer.headers["request-id"] in service.log)
        return service

    return talking


def test_no_prompt_shows(talking):
    service = talking(LOG_LEVEL="DEBUG")
    wait_until(lambda: "answered" in service.log)
    assert PROMPT not in seen_of(service) + service.log


def test_prompts_are_logged_where_an_operator_wants_them_and_is_warned(talking):
    service = talking(LOG_PROMPTS="true")
    (line,) = [line for line in service.log.splitlines() if "event=prompt " in line]
    assert all(f"{PROMPT}-{part}" in line for part in ("system", "text", "tool"))
    assert "\u009b" not in service.log
    assert "\u2028" not in service.log
    assert f"{PROMPT}-header" not in service.log
    assert "level=warning" in service.log.partition("LOG_PROMPTS is on")[0]


def test_the_proxys_key_is_not_handed_to_the_cli(serve, fake_claude):
    serve(PROXY_API_KEY=PROXY_KEY).becomes(None)
    assert "PROXY_API_KEY" not in wait_until(lambda: fake_claude.calls)[0]["names"]


def test_no_secret_is_on_a_childs_command_line(serve, fake_claude, environment):
    plant(environment)
    fake_claude.set(mode="hang")
    serve(ANTHROPIC_API_KEY=KEY)
    call = wait_until(lambda: fake_claude.calls)[0]
    command = Path(f"/proc/{call['pid']}/cmdline").read_text()
    assert "claude" in command
    assert KEY not in command
