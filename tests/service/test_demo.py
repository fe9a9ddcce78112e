"""What ``make demo`` starts: the real CLI, a made-up login, no account."""

import sys


def test_a_newcomer_sees_every_component_healthy(serve, real_claude):
    stub = [sys.executable, "tests/support/messages_api.py"]
    service = serve(
        *stub, sys.executable, "-m", "app", "serve", CLAUDE_CLI_PATH=str(real_claude)
    )
    body = service.becomes(None, "/health/detailed").json()
    statuses = {part["status"] for part in body["components"].values()}
    assert statuses == {"healthy"}
    assert body["components"]["authentication"]["user"] == "demo@example.com"
