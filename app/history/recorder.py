"""Writes down what is, once a second, and what each request came to.

Every worker counts its own requests and warm processes; the health is noted by the one
that probes, so that a second is counted once. Time in which nobody looked (the service
was down, the machine slept, the clock jumped) is counted nowhere: a gap.
"""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass

import structlog

from app.components.quota import Quota
from app.contract.codes import Code
from app.database import DatabaseError
from app.history.archive import MINUTE, Archive
from app.history.durations import bucket
from app.history.slot import SERVICE, Slot
from app.monitor.report import Report
from app.pool.outcome import Outcome

WRITE_EVERY = 10.0  # seconds: as much is lost by a kill
GAP = 5.0  # seconds without a look, or by which the two clocks disagree
_MOST_UNWRITTEN = 60  # minutes kept while they cannot be written

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Look:
    """What was seen when; ``codes`` is None where another process notes the health."""

    wall: float
    at: float
    codes: dict[str, Code | None] | None
    processes: int


class Recorder:
    """Takes in what this process sees, and writes it to the archive; any thread may."""

    def __init__(
        self,
        archive: Archive,
        processes: Callable[[], int],
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        """Take the archive; ``processes`` returns how many warm ones there are."""
        self._archive, self._processes = archive, processes
        self._clock, self._wall = clock, wall
        self._noting, self._writing = threading.Lock(), threading.Lock()
        self._unwritten: dict[int, Slot] = {}
        self._last: _Look | None = None
        self._write_at = 0.0
        self._failing = self._closed = False

    def look(self, report: Report, leads: bool) -> None:
        """Note the state at this moment, and the time since the last look."""
        codes = _codes(report) if leads else None
        look = _Look(self._wall(), self._clock(), codes, self._processes())
        with self._noting:
            if self._closed:
                return
            last, self._last = self._last, look
            if last is not None:
                self._note_time(last, look)
            if codes is not None:
                now = self._slot(look.wall)
                now.saw(codes, 0.0)
                now.quota |= _quota(report)
        if look.at >= self._write_at:
            self._write()

    def take_in(self, outcome: Outcome) -> None:
        """Count what a request to the model came to, in the minute of its end."""
        with self._noting:
            slot = self._slot(self._wall())
            slot.add(_of(outcome))

    def close(self) -> None:
        """Write what is not written yet; later looks are not noted."""
        with self._noting:
            self._closed = True
        self._write()
        self._archive.close()

    def _note_time(self, last: _Look, now: _Look) -> None:
        passed = now.at - last.at
        if passed > GAP or abs(now.wall - last.wall - passed) > GAP:
            return
        for moment, seconds in _by_minute(now.wall - passed, passed):
            slot = self._slot(moment)
            slot.processes += last.processes * seconds
            if last.codes is not None and now.codes is not None:
                slot.saw(last.codes, seconds)

    def _slot(self, moment: float) -> Slot:
        return self._unwritten.setdefault(int(moment // MINUTE) * MINUTE, Slot())

    def _write(self) -> None:
        """Write what there is; a request that ends meanwhile does not wait for it."""
        with self._writing:
            self._write_at = self._clock() + WRITE_EVERY
            with self._noting:
                noted, self._unwritten = self._unwritten, {}
            minutes = {at: slot for at, slot in noted.items() if slot != Slot()}
            if not minutes:
                return
            try:
                self._archive.add(minutes)
                self._failing = False
            except DatabaseError as error:
                if not self._failing:
                    log.warning("history not written", reason=str(error))
                self._failing = True
                self._take_back(minutes)

    def _take_back(self, minutes: dict[int, Slot]) -> None:
        """Keep the latest of what could not be written, for the next time."""
        with self._noting:
            for at, slot in self._unwritten.items():
                minutes.setdefault(at, Slot()).add(slot)
            latest = sorted(minutes)[-_MOST_UNWRITTEN:]
            self._unwritten = {at: minutes[at] for at in latest}


def _codes(report: Report) -> dict[str, Code | None]:
    components = {name: each.code for name, each in report.components.items()}
    return {SERVICE: report.code, **components}


def _quota(report: Report) -> dict[str, tuple[float | None, float | None]]:
    windows = report.components[Quota.name].described["windows"]
    return {
        name: (
            window["utilization"],
            window["resets_at"].timestamp() if window["resets_at"] else None,
        )
        for name, window in windows.items()
    }


def _of(outcome: Outcome) -> Slot:
    used = {name: n for name, n in asdict(outcome.usage).items() if n}
    first = outcome.first_event
    return Slot(
        requests=1,
        failed=int(outcome.failed),
        duration={bucket(outcome.seconds): 1},
        first_token={} if first is None else {bucket(first): 1},
        tokens=used,
        cost=outcome.cost or 0.0,
    )


def _by_minute(begin: float, seconds: float) -> Iterator[tuple[float, float]]:
    """Cut a time at full minutes: the beginning and the seconds of each piece."""
    while seconds > 0:
        piece = min(seconds, MINUTE - begin % MINUTE)
        yield begin, piece
        begin, seconds = begin + piece, seconds - piece
