"""The live table: every text in it is put there as text, never as markup."""

from collections.abc import Iterable
from datetime import UTC, datetime

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from app.commands.monitor.look import Look, State
from app.commands.monitor.proxy import Proxy

_STYLES = {
    State.HEALTHY: "green",
    State.UNHEALTHY: "red",
    State.ERROR: "magenta",
    State.UNREACHABLE: "red",
}
_BARS, _GAP = "▁▂▃▄▅▆▇█", "!"
_SHOWN = 20  # looks
_COLUMNS = ("proxy", "state", "since", "answer", "last looks", "evidence")
_UNKNOWN = "-"


def render(
    proxies: Iterable[Proxy], interval: float, trouble: str | None
) -> RenderableType:
    """Draw all that is known now."""
    proxies, now = list(proxies), datetime.now(UTC)
    table = Table(*_COLUMNS, box=SIMPLE_HEAD, pad_edge=False)
    for column in table.columns:
        column.no_wrap = True
    table.columns[1].min_width = max(map(len, _STYLES))  # never cut: it is the point
    for proxy in proxies:
        table.add_row(*_row(proxy, now))
    about = [each for proxy in proxies for each in _problem(proxy)]
    foot = Text(f"q quit · r ask now · every {interval:g} s · {now:%H:%M:%S}Z", "dim")
    troubles = [Text(trouble, "yellow")] if trouble else []
    return Group(table, *about, *troubles, foot)


def _row(proxy: Proxy, now: datetime) -> list[Text]:
    name = Text(proxy.url.removeprefix("http://"), overflow="ellipsis")
    if proxy.now is None or not proxy.looks:
        return [
            name,
            Text("asking", "dim"),
            *[Text(_UNKNOWN)] * 2,
            sparkline(proxy.looks),
        ]
    look, last = proxy.now.look, proxy.looks[-1]
    since = (now - (look.since or proxy.now.since)).total_seconds()
    answer = f"{last.seconds * 1000:.0f} ms" if last.seconds is not None else "none"
    return [
        name,
        Text(look.state, _STYLES[look.state]),
        Text(span(since)),
        Text(answer),
        sparkline(proxy.looks),
        Text(_evidence(look, now)),
    ]


def _evidence(look: Look, now: datetime) -> str:
    """Say how old what it goes by is now; it grows where nobody answers."""
    if look.evidence is None:
        return _UNKNOWN
    return span(look.evidence + (now - look.at).total_seconds())


def _problem(proxy: Proxy) -> list[Text]:
    if proxy.now is None or proxy.now.look.state is State.HEALTHY:
        return []
    look = proxy.now.look
    said = Text.assemble((proxy.url, "bold"), f" {look.reason or look.state}")
    lines = [said, *(Text(f"  {each}", "red") for each in look.wrong)]
    return [*lines, *([Text(f"  -> {look.remedy}")] if look.remedy else []), Text()]


def sparkline(looks: Iterable[Look]) -> Text:
    """Draw how long the last answers took, each in the colour of what it said."""
    last = list(looks)[-_SHOWN:]
    longest = max((each.seconds or 0.0 for each in last), default=0.0) or 1.0
    drawn = Text()
    for each in last:
        drawn.append(_bar(each.seconds, longest), _STYLES[each.state])
    return drawn


def _bar(seconds: float | None, longest: float) -> str:
    if seconds is None:
        return _GAP
    return _BARS[min(len(_BARS) - 1, int(seconds / longest * len(_BARS)))]


def span(seconds: float) -> str:
    """Write a duration by its two largest units."""
    whole = max(0, int(seconds))
    minutes, seconds_ = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {seconds_} s" if minutes else f"{seconds_} s"
