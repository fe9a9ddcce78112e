"""``claude-proxy usage``: what each key has used, by UTC day."""

import json
import sys
from collections.abc import Iterable, Mapping
from typing import Any

import click

from app.commands import client
from config.loading import SettingsError, load_settings, refuse

_COLUMNS = {
    "day": "day",
    "caller": "key",
    "requests": "requests",
    "errors": "errors",
    "input_tokens": "input",
    "output_tokens": "output",
    "cache_creation_input_tokens": "cache write",
    "cache_read_input_tokens": "cache read",
}
_WORDS = 2  # columns on the left that are no numbers


@click.command()
@click.option("--since", help="The first day, YYYY-MM-DD (UTC); default: 90 days back.")
@click.option("--url", help="The proxy's address; default: the one set by HOST, PORT.")
@click.option("--json", "as_json", is_flag=True, help="Print the whole answer as JSON.")
def usage(since: str | None, url: str | None, *, as_json: bool) -> None:
    """Print requests and tokens by day and key: exit 2 where nobody could be asked."""
    try:
        body = client.usage(url, since, load_settings())
    except SettingsError as error:
        refuse(error)
    except client.CannotAsk as error:
        click.echo(f"could not ask: {error}", err=True)
        sys.exit(2)
    click.echo(json.dumps(body, indent=2) if as_json else "\n".join(_table(body)))


def _table(body: Mapping[str, Any]) -> Iterable[str]:
    """Write one line a day and key, below the names of the columns."""
    rows = [[*_COLUMNS.values()]]
    rows += [[_shown(line.get(name)) for name in _COLUMNS] for line in body["data"]]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [
            cell.ljust(width) if at < _WORDS else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield "  ".join(cells)


def _shown(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)
