"""What the page shows of the past, made every few seconds however many look."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock

from app.database import DatabaseError
from app.history.archive import DAY, HOUR, MINUTE, Archive
from app.history.slot import SERVICE, Slot, is_passing, status_of
from app.history.timeline import Cell, cells
from app.page.bars import Bar, bar
from app.page.plots import Plot, plots

_LASTS = 10.0  # seconds: the archive is written as often
_SPANS = (("24 h", DAY, HOUR // 2), ("7 d", 7 * DAY, 2 * HOUR), ("90 d", 90 * DAY, DAY))
_PLOTTED = 10 * MINUTE
_OUTAGES_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Outage:
    """Minutes of the last day, or hours before, in which the service was not healthy.

    ``start`` and ``end`` are Unix times, ``seconds`` how long it was so in between, and
    ``code`` the worst that was wrong.
    """

    start: int
    end: int
    seconds: float
    code: str


@dataclass(frozen=True, slots=True)
class View:
    """The past at one moment: bars by component, plots, outages, latest first."""

    bars: dict[str, list[Bar]]
    plots: list[Plot]
    outages: list[Outage]
    problem: str | None = None


class Past:
    """The past of one archive, kept for a few seconds."""

    def __init__(
        self, archive: Archive, clock: Callable[[], float] = time.time
    ) -> None:
        """Read nothing yet."""
        self._archive, self._clock = archive, clock
        self._lock = Lock()
        self._view: tuple[float, tuple[str, ...], View] | None = None

    def view(self, components: Sequence[str]) -> View:
        """Return the past of the service and of these components."""
        names = (SERVICE, *components)
        with self._lock:
            at = time.monotonic()
            if self._view and self._view[1] == names and at < self._view[0]:
                return self._view[2]
            view = self._read(names)
            self._view = at + _LASTS, names, view
            return view

    def _read(self, names: Sequence[str]) -> View:
        now = self._clock()
        day_ago = int((now - DAY) // HOUR) * HOUR
        try:
            minutes = self._archive.slots(MINUTE, day_ago, now)
            hours = self._archive.slots(HOUR, now - 91 * DAY, now)
        except DatabaseError as error:
            return View({}, [], [], f"The history cannot be read: {error}.")
        bars: dict[str, list[Bar]] = {name: [] for name in names}
        for title, length, step in _SPANS:
            found = _cells(minutes if step < HOUR else hours, now, length, step)
            for name in names:
                bars[name].append(bar(title, found, name, now))
        day = _cells(minutes, now, DAY, _PLOTTED)
        before = [(at, slot) for at, slot in hours if at < day_ago]
        outages = [*_outages(before, HOUR), *_outages(minutes, MINUTE)]
        return View(bars, plots(day), outages[: -_OUTAGES_SHOWN - 1 : -1])


def _cells(
    slots: list[tuple[int, Slot]], now: float, length: int, step: int
) -> list[Cell]:
    """Return the cells of a length of time, the last of which is the present one."""
    end = int(now // step + 1) * step
    return cells(slots, end - length, end, step)


def _outages(slots: list[tuple[int, Slot]], length: int) -> list[Outage]:
    """Return the runs of slots of this length in which the service was unwell."""
    found: list[Outage] = []
    for at, slot in slots:
        worst = slot.worst()
        if status_of(worst) in (None, "healthy") or is_passing(worst):
            continue
        begin, unwell = at, slot.measured() - slot.healthy()
        if found and found[-1].end == at and found[-1].code == worst:
            last = found.pop()
            begin, unwell = last.start, unwell + last.seconds
        found.append(Outage(begin, at + length, unwell, str(worst)))
    return found
