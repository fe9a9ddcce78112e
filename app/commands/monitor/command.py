"""``claude-proxy monitor``: its options, and where it shows what."""

import sys
from concurrent.futures import ThreadPoolExecutor

import click

from app.commands.monitor.look import look
from app.commands.monitor.on_change import OnChange
from app.commands.monitor.proxy import Change, exit_code, line
from app.commands.monitor.watch import Watch
from config.address import own_url
from config.loading import SettingsError, load_settings, refuse
from config.settings import Settings

_WAIT = 0.5  # seconds
_INTERRUPTED = 130  # a shell's exit code for what Ctrl-C ended


@click.command()
@click.option(
    "--url",
    "urls",
    multiple=True,
    help="A proxy's address, as often as there are some; default: as HOST, PORT say.",
)
@click.option(
    "--interval",
    type=click.FloatRange(0.1, 86_400),
    default=5.0,
    show_default=True,
    help="Seconds between two questions.",
)
@click.option("--once", is_flag=True, help="Ask once, print a line for each, and exit.")
@click.option(
    "--on-change",
    metavar="CMD",
    help="Run CMD by sh at a change, with CLAUDE_PROXY_STATE, _REASON, _REMEDY, _SINCE"
    " and _URL in its environment; it has a minute, and what it prints is not shown.",
)
def monitor(
    urls: tuple[str, ...], interval: float, *, once: bool, on_change: str | None
) -> None:
    """Watch proxies: a live table in a terminal, a line a change elsewhere.

    Exit 0 healthy, 1 unhealthy, 2 could not ask: as it was last. Keys: q quits, r asks
    now. A first state that is healthy runs no command.
    """
    try:
        settings = load_settings()
    except SettingsError as error:
        refuse(error)
    urls = tuple(dict.fromkeys(urls)) or (own_url(settings),)
    sys.exit(
        _once(urls, settings) if once else _watch(urls, interval, on_change, settings)
    )


def _once(urls: tuple[str, ...], settings: Settings) -> int:
    with ThreadPoolExecutor(len(urls)) as all_at_once:
        looks = list(all_at_once.map(lambda url: look(url, settings), urls))
    for url, seen in zip(urls, looks, strict=True):
        click.echo(line(Change(url, seen, seen.at)))
    return exit_code(looks)


def _watch(
    urls: tuple[str, ...], interval: float, command: str | None, settings: Settings
) -> int:
    with OnChange(command) as on_change, Watch(urls, interval, settings) as watch:
        try:
            if _at_a_terminal():
                from app.commands.monitor.live import show  # loads rich

                show(watch, on_change)
                for each in watch.proxies:  # stays when the table has gone
                    click.echo(line(each.now) if each.now else f"{each.url} not known")
            else:
                _tell(watch, on_change)
        except KeyboardInterrupt:
            return _INTERRUPTED
        return exit_code([each.now.look for each in watch.proxies if each.now])


def _tell(watch: Watch, on_change: OnChange) -> None:
    """Print a line at each change, for ever; a command's trouble goes to stderr."""
    trouble = None
    while True:
        for change in watch.changes(_WAIT):
            click.echo(line(change))
            on_change.tell(change)
        if on_change.trouble not in (None, trouble):
            click.echo(on_change.trouble, err=True)
        trouble = on_change.trouble


def _at_a_terminal() -> bool:
    if not sys.stdout.isatty():
        return False
    from rich.console import Console

    return not Console().is_dumb_terminal
