"""``claude-proxy doctor``: its options, its lines, its exit code."""

import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict

import click

from app.commands.doctor.finding import Finding, Level
from app.commands.printable import one_line
from app.runtime import VERSION

_MARKS = {Level.OK: "✓", Level.WARN: "!", Level.BAD: "✗", Level.UNKNOWN: "?"}
_COLOURS = {
    Level.OK: "green",
    Level.WARN: "yellow",
    Level.BAD: "red",
    Level.UNKNOWN: "yellow",
}
_WIDTH = 17  # of the longest name, and a blank


@click.command()
@click.option("--request", is_flag=True, help="Send one smallest real request, too.")
@click.option("--json", "as_json", is_flag=True, help="Print all findings as JSON.")
def doctor(*, request: bool, as_json: bool) -> None:
    """Look at all that can be wrong: exit 0 well, 1 something is bad, 2 cannot tell.

    Shows no key and no token: made to be pasted into an issue.
    """
    findings = []
    for found in _examine(with_request=request):
        findings.append(_printable(found))
        if not as_json:
            click.echo("\n".join(_lines(findings[-1])))
    if as_json:
        told = {"version": VERSION, "findings": [asdict(each) for each in findings]}
        click.echo(json.dumps(told, indent=2))
    sys.exit(_exit_code(findings))


def _examine(*, with_request: bool) -> Iterator[Finding]:
    from app.commands.doctor.examination import examine  # loads much of the app

    return examine(with_request=with_request)


def _printable(found: Finding) -> Finding:
    return Finding(
        found.name, found.level, one_line(found.seen), one_line(found.remedy)
    )


def _lines(found: Finding) -> Iterable[str]:
    mark = click.style(_mark(found.level), fg=_COLOURS[found.level])
    yield f"{mark} {found.name.ljust(_WIDTH)}{found.seen}"
    if found.remedy:
        yield f"{' ' * (_WIDTH + 2)}-> {found.remedy}"


def _mark(level: Level) -> str:
    """Return the level's mark; its word where the terminal has no such character."""
    mark = _MARKS[level]
    try:
        mark.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return level.value
    return mark


def _exit_code(findings: list[Finding]) -> int:
    levels = {each.level for each in findings}
    if Level.BAD in levels:
        return 1
    return 2 if Level.UNKNOWN in levels else 0
