"""How a warm process is started: its arguments and its environment; pure.

No prompt is ever among them: other users of the host can read both. Each switch is
there because its absence was measured to change what is sent (CLI 2.1.330).
"""

from collections.abc import Mapping
from pathlib import Path

# fmt: off
_ARGUMENTS = (
    "-p",
    "--input-format", "stream-json",
    "--output-format", "stream-json",
    "--verbose", "--include-partial-messages",
    "--tools", "",              # no built-in tool exists, so none can run
    "--setting-sources", "",    # no settings, hooks, memory or CLAUDE.md of a user
    "--strict-mcp-config",      # no MCP server
    "--no-session-persistence",
    "--max-turns", "1",         # it does not ask again after a tool_use
    # Nor after an answer that was cut off, refused or empty: the first answer spends
    # this budget, and the /clear after it restores it (measured).
    "--max-budget-usd", "0.0000001",
)
# fmt: on
_SWITCHES = (
    "CLAUDE_CODE_DISABLE_EXPERIMENTAL_BETAS",  # else asks again after a 400
    "CLAUDE_CODE_DISABLE_NONSTREAMING_FALLBACK",  # else after a broken stream
    "CLAUDE_CODE_DISABLE_REFUSAL_FALLBACK",
    "CLAUDE_CODE_DISABLE_FILE_MENTIONS",  # else it reads what "@/path" names
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC",
    "DISABLE_AUTOUPDATER",
)
# What an operator's shell may hold and every request would carry, or lose. Without its
# retry, which the budget stops, the CLI closes a refused answer as if it were broken.
_OVERRULED = frozenset(
    {
        *("CLAUDE_CODE_EXTRA_BODY", "ANTHROPIC_BETAS", "CLAUDE_CODE_SIMPLE"),
        "CLAUDE_CODE_DISABLE_REFUSAL_RETRY",
    }
)


def command(cli: Path, settings: Path | None = None) -> list[str]:
    """Return the arguments of a warm process; ``settings`` is a file of those.

    It has no model of its own: each request sets it (see ``lines.settings``).
    """
    handed_on = ["--settings", str(settings)] if settings else []
    return [str(cli), *_ARGUMENTS, *handed_on]


def environment(inherited: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Return the environment of a warm process whose private folder this is."""
    passed = {n: v for n, v in inherited.items() if n not in _OVERRULED}
    private = {
        "CLAUDE_CODE_TMPDIR": str(folder),
        "CLAUDE_CODE_PLUGIN_CACHE_DIR": str(folder / "plugins"),  # it writes there
        "CLAUDE_CODE_MAX_RETRIES": "0",
    }
    return {**passed, **dict.fromkeys(_SWITCHES, "1"), **private}
