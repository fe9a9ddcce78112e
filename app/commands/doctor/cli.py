"""The Claude CLI: which one is used, whether it works, and which others there are."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from app.claude.environment import child_environment, home
from app.claude.locate import installed
from app.claude.probe import is_at_least
from app.commands.doctor.finding import (
    Case,
    Finding,
    Level,
    Name,
    bad,
    ok,
    unknown,
    warn,
)
from app.contract.codes import MEANINGS, Code
from app.pool.selftest import LEAST

_UNDECIDED = (Code.STARTING, Code.STALE, Code.CHECK_FAILED)


def examine_cli(case: Case) -> Iterator[Finding]:
    """Say what ``check --local`` found of the CLI, and what stands beside it."""
    cli = case.component("claude_cli")
    yield _cli(case)
    if version := cli.get("version"):
        yield _version(str(version))
    yield _others(cli.get("path"))


def judged(name: Name, of: dict[str, object], seen: str) -> Finding:
    """Find what a component of the health says of itself; nothing is judged anew."""
    if not of:
        remedy = "See what the lines above say, or raise HEALTH_CHECK_TIMEOUT_SECONDS."
        return unknown(name, "the check here did not end in time", remedy)
    if of.get("code") is None:
        return ok(name, seen)
    code = Code(str(of["code"]))
    level = Level.UNKNOWN if code in _UNDECIDED else Level.BAD
    error = f"{MEANINGS[code].error} ({code.value})"
    told = f"{error}: {seen}" if seen else error
    return Finding(name, level, told, str(of.get("remedy") or MEANINGS[code].remedy))


def _cli(case: Case) -> Finding:
    cli = case.component("claude_cli")
    details = case.here.body.get("details", {}) if case.here else {}
    searched = ", ".join(details.get("searched_paths", ()))
    path = cli.get("path")
    seen = str(path) if path else f"looked in {searched}" if searched else ""
    works = "" if cli.get("code") else ", answers and sends requests exactly"
    return judged(Name.CLAUDE_CLI, cli, f"{seen}{works}")


def _version(version: str) -> Finding:
    least = ".".join(map(str, LEAST))
    seen = f"{version}, {least} at least"
    if is_at_least(version, LEAST):
        return ok(Name.CLI_VERSION, seen)
    remedy = MEANINGS[Code.CLI_TOO_OLD].remedy
    return bad(Name.CLI_VERSION, seen, remedy)


def _others(used: object) -> Finding:
    name, search_path = Name.OTHER_CLIS, child_environment().get("PATH", "")
    there = Path(str(used)) if used else None
    others = [each for each in installed(search_path, home()) if not _same(each, there)]
    if not others:
        return ok(name, "none")
    typed = shutil.which("claude", path=search_path or None)
    shown = f"not used: {', '.join(map(str, others))}"
    if there and typed and not _same(Path(typed), there):
        remedy = (
            f"A terminal's 'claude' is {typed}, the proxy's is not: update and log in"
            " the proxy's ('claude-proxy login'), or change CLAUDE_CLI_PATH."
        )
        return warn(name, shown, remedy)
    return ok(name, shown)


def _same(one: Path, other: Path | None) -> bool:
    try:
        return other is not None and one.samefile(other)
    except OSError:
        return False
