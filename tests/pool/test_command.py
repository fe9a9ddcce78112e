"""How a process is started: nothing of an operator's shell changes a request."""

from pathlib import Path

from app.pool.command import command, environment


def test_no_tool_no_settings_and_no_server_is_there():
    words = command(Path("/bin/claude"))
    assert words[words.index("--tools") + 1] == ""
    assert words[words.index("--setting-sources") + 1] == ""
    assert "--strict-mcp-config" in words


def test_what_would_change_every_request_is_left_out():
    outer = {"CLAUDE_CODE_EXTRA_BODY": "{}", "ANTHROPIC_BETAS": "x", "HOME": "/h"}
    inner = environment(outer, Path("/private"))
    assert not {"CLAUDE_CODE_EXTRA_BODY", "ANTHROPIC_BETAS"} & inner.keys()
    assert (inner["HOME"], inner["CLAUDE_CODE_TMPDIR"]) == ("/h", "/private")


def test_what_keeps_it_from_asking_again_cannot_be_switched_off():
    name = "CLAUDE_CODE_DISABLE_NONSTREAMING_FALLBACK"
    assert environment({name: "0"}, Path("/private"))[name] == "1"


def test_a_refusal_is_left_to_the_budget():
    name = "CLAUDE_CODE_DISABLE_REFUSAL_RETRY"
    assert name not in environment({name: "1"}, Path("/private"))
    assert "--max-budget-usd" in command(Path("/bin/claude"))
