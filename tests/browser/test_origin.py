"""The page asks nobody but its own server, and runs nothing but its own script."""

import os

import pytest

from tests.support.builders import FakeClaude
from tests.support.waiting import wait_until

SCRIPT = "<script>window.owned = 1</script>"
IMAGE = "<img src=x onerror=window.owned=1>"


def test_it_asks_its_own_server_alone_and_complains_of_nothing(page, service):
    page.renewals(3)
    asked = page.asked_for()
    assert len(asked) >= 6  # itself, its style, script and icon, itself again
    assert [url for url in asked if not url.startswith(service.url + "/")] == []
    assert page.complaints() == []


def test_its_policy_lets_nobody_else_act(page):
    page.run("""
    const script = document.createElement("script");
    script.textContent = "window.owned = 1";
    document.body.append(script);
    document.body.insertAdjacentHTML("beforeend", "<img src=x onerror=window.owned=1>");
    new Image().src = "http://127.0.0.1:9/";
    """)
    wait_until(lambda: sum("Content Security" in c for c in page.complaints()) >= 1)
    assert page.run("return window.owned") is None


@pytest.fixture
def planted(tmp_path, monkeypatch) -> FakeClaude:
    """Have a CLI whose path and user are markup."""
    fake = FakeClaude(tmp_path / IMAGE)
    fake.set(email=SCRIPT)
    monkeypatch.setenv("CLAUDE_CLI_PATH", str(fake.path))
    return fake


def test_markup_from_outside_is_text(planted, serve, window):
    service = serve()
    service.becomes(None)
    window.open(service.url)
    window.renewals(2)
    assert SCRIPT in window.text("#component-authentication")
    assert IMAGE in window.text("#component-claude_cli")
    planted.set(logged_in=False)
    os.utime(planted.path)
    window.says("the Claude CLI is not logged in")
    assert window.run("return window.owned") is None
    assert window.complaints() == []
