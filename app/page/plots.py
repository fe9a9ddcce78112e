"""What the work has been, as lines over one day; pure.

By hand, in SVG: what draws charts on a server is some fifty times the weight of this
page (matplotlib), or draws them in the browser from a script of its own.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from app.history.durations import quantiles
from app.history.slot import Slot
from app.history.timeline import Cell

WIDTH, HEIGHT = 720, 100
_ROUND = (1, 2, 2.5, 5, 10)

Value = Callable[[Slot], float | None]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a plot: its name, and its points for each piece without a gap.

    ``last`` is its value now, None where there is none; ``until`` (Unix time) when what
    it shows begins anew, where that is known.
    """

    name: str
    pieces: tuple[str, ...]
    last: float | None
    until: float | None = None


@dataclass(frozen=True, slots=True)
class Plot:
    """Some lines with one scale; ``top`` is what the upper edge stands for."""

    title: str
    unit: str
    top: float
    lines: tuple[Line, ...]

    @property
    def is_empty(self) -> bool:
        """Tell whether there is nothing to see."""
        return not any(line.pieces for line in self.lines)


def plots(cells: Sequence[Cell]) -> list[Plot]:
    """Draw the day: what was asked, how long it took, what it cost, what is left."""
    minutes = cells[0].seconds / 60
    windows = sorted({name for cell in cells for name in cell.slot.quota})
    return [
        _plot(
            ("Requests", "a minute"),
            cells,
            [
                ("all", _measured(lambda slot: slot.requests / minutes)),
                ("failed", _measured(lambda slot: slot.failed / minutes)),
            ],
        ),
        _plot(
            ("Duration of requests", "s"),
            cells,
            [_quantile(name, "duration") for name in ("p50", "p95", "p99")],
        ),
        _plot(
            ("Time to first token", "s"),
            cells,
            [_quantile(name, "first_token") for name in ("p50", "p95", "p99")],
        ),
        _plot(
            ("Tokens", "a minute"),
            cells,
            [
                (word, _measured(lambda slot, n=name: slot.tokens.get(n, 0) / minutes))
                for word, name in (("in", "input_tokens"), ("out", "output_tokens"))
            ],
        ),
        _plot(
            ("Cost at list prices", "$ an hour"),
            cells,
            [("cost", _measured(lambda slot: slot.cost * 60 / minutes))],
        ),
        _plot(
            ("Warm processes", ""),
            cells,
            [("on average", _measured(lambda slot: slot.processes / minutes / 60))],
        ),
        _plot(
            ("Quota used", "%"),
            cells,
            [(name, _quota(name)) for name in windows],
            least=100.0,
            until={name: _reset(cells, name) for name in windows},
        ),
    ]


def _plot(
    named: tuple[str, str],
    cells: Sequence[Cell],
    lines: Iterable[tuple[str, Value]],
    least: float = 0.0,
    until: Mapping[str, float | None] | None = None,
) -> Plot:
    values = [(name, [value(cell.slot) for cell in cells]) for name, value in lines]
    most = max((v for _, each in values for v in each if v is not None), default=0.0)
    top = max(_rounded_up(most), least)
    drawn = [
        Line(
            name.replace("_", " "),
            tuple(_pieces(each, top)),
            _last(each),
            (until or {}).get(name),
        )
        for name, each in values
        if any(v is not None for v in each)
    ]
    title, unit = named
    return Plot(title, unit, top, tuple(drawn) if most > 0 else ())


def _measured(value: Callable[..., float]) -> Value:
    """Return the value of a slot in which there was a service, and none of a gap."""
    return lambda slot: value(slot) if slot.states else None


def _quantile(name: str, counts: str) -> tuple[str, Value]:
    rank = int(name[1:]) / 100
    return name, lambda slot: quantiles(getattr(slot, counts), [rank])[0]


def _quota(name: str) -> Value:
    def used(slot: Slot) -> float | None:
        told = slot.quota.get(name, (None, None))[0]
        return None if told is None else 100 * told

    return used


def _pieces(values: Sequence[float | None], top: float) -> Iterable[str]:
    """Write the points of each run of values; a gap is no line."""
    step = WIDTH / max(len(values), 1)
    points: list[str] = []
    for place, value in enumerate([*values, None]):
        if value is not None:
            y = HEIGHT - HEIGHT * value / top if top else HEIGHT
            points.append(f"{round(place * step)},{round(y)}")
        elif points:
            alone = [f"{round(place * step)},{points[0].partition(',')[2]}"]
            yield " ".join(points + (alone if len(points) == 1 else []))
            points = []


def _last(values: Sequence[float | None]) -> float | None:
    """Return the value now; the last cell may have just begun."""
    return next((value for value in values[:-3:-1] if value is not None), None)


def _reset(cells: Sequence[Cell], name: str) -> float | None:
    told = [cell.slot.quota[name][1] for cell in cells if name in cell.slot.quota]
    return told[-1] if told else None


def _rounded_up(value: float) -> float:
    """Return the next number that a person would put at the end of an axis."""
    if value <= 0:
        return 0.0
    power = 1.0
    while power * 10 <= value:
        power *= 10
    while power > value:
        power /= 10
    return next(power * each for each in _ROUND if power * each >= value * 0.999)
