"""The past of one component as a bar of cells; pure.

Each kind of cell is one SVG path, so that a page of twenty bars stays small, and has a
height of its own, the worse the higher, so that nobody has to tell colours apart.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from app.contract.codes import Status
from app.history.slot import Slot, is_passing, status_of
from app.history.timeline import Cell, measured, uptime

WIDTH, GAP, HEIGHT = 6, 1, 30
_KINDS = {  # letter: name, height; in the letters' order
    "h": ("healthy", 20),
    "p": ("passing", 12),
    "u": ("unhealthy", 26),
    "e": ("error", 30),
    "n": ("nobody", 4),
}


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar: ``paths`` by kind, ``letters`` one a cell, from ``start`` (Unix time).

    ``uptime`` and ``measured`` are parts of 1.
    """

    name: str
    start: int
    step: int
    letters: str
    paths: tuple[tuple[str, str], ...]
    uptime: float | None
    measured: float

    @property
    def width(self) -> int:
        """Return the width of the drawing, in its own units."""
        return len(self.letters) * WIDTH


def bar(name: str, cells: Sequence[Cell], component: str, until: float) -> Bar:
    """Draw the past of a component; ``until`` is now, for how much was measured."""
    slots = [cell.slot for cell in cells]
    letters = "".join(_letter(slot, component) for slot in slots)
    return Bar(
        name,
        cells[0].start,
        cells[0].seconds,
        letters,
        tuple(
            (kind, _path(letters, letter, height))
            for letter, (kind, height) in _KINDS.items()
            if letter in letters
        ),
        uptime(slots, component),
        measured(slots, until - cells[0].start),
    )


def _letter(slot: Slot, component: str) -> str:
    worst = slot.worst(component)
    status = status_of(worst)
    if status is None:
        return "n"
    if is_passing(worst):
        return "p"
    return {Status.HEALTHY: "h", Status.ERROR: "e"}.get(status, "u")


def _path(letters: str, letter: str, height: int) -> str:
    top = HEIGHT - height
    return "".join(
        f"M{place * WIDTH} {top}h{WIDTH - GAP}v{height}h-{WIDTH - GAP}z"
        for place, each in enumerate(letters)
        if each == letter
    )
