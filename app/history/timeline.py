"""The past as cells of one length, gaps included, and the uptime over them; pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from app.history.slot import SERVICE, Slot


@dataclass(frozen=True, slots=True)
class Cell:
    """What was seen from ``start`` (Unix time) on, for ``seconds``.

    ``slot`` is empty where nobody looked.
    """

    start: int
    seconds: int
    slot: Slot = field(default_factory=Slot)


def cells(
    slots: Iterable[tuple[int, Slot]], since: float, until: float, seconds: int
) -> list[Cell]:
    """Return all cells that touch this time, summed up from slots in their order.

    A cell begins at a multiple of its length, so those of a day begin at midnight, UTC.
    """
    first = int(since // seconds) * seconds
    found = {start: Slot() for start in range(first, max(first, int(until)), seconds)}
    for at, slot in slots:
        start = at - at % seconds
        if start in found:
            found[start].add(slot)
    return [Cell(start, seconds, slot) for start, slot in found.items()]


def uptime(slots: Iterable[Slot], component: str = SERVICE) -> float | None:
    """Return the healthy part of the time in which somebody looked, from 0 to 1.

    The rule: seconds in which the component was healthy (of the service: in which
    ``/health`` said so), divided by the seconds in which its state was known. When it
    was down altogether, nobody looked, which is no uptime and no downtime: how much was
    measured is told beside it. None: nothing was.
    """
    healthy = measured = 0.0
    for slot in slots:
        healthy += slot.healthy(component)
        measured += slot.measured(component)
    return healthy / measured if measured else None


def measured(slots: Iterable[Slot], seconds: float) -> float:
    """Return the part of a time in which somebody looked, from 0 to 1."""
    seen = sum(slot.measured() for slot in slots)
    return min(seen / seconds, 1.0) if seconds > 0 else 0.0
