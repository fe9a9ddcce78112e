"""The watch at a terminal: a table that is drawn anew four times a second."""

from rich.console import Console
from rich.live import Live

from app.commands.monitor.on_change import OnChange
from app.commands.monitor.table import render
from app.commands.monitor.terminal import keys
from app.commands.monitor.watch import Watch

_FRAME = 0.25  # seconds


def show(watch: Watch, on_change: OnChange) -> None:
    """Show the table until somebody presses q; r asks all proxies now."""
    with (
        keys() as key,
        Live(console=Console(), screen=True, auto_refresh=False) as live,
    ):
        while (pressed := key(_FRAME)) != "q":
            if pressed == "r":
                watch.refresh()
            for change in watch.changes(0):
                on_change.tell(change)
            table = render(watch.proxies, watch.interval, on_change.trouble)
            live.update(table, refresh=True)
