"""The past as ``GET /health/history`` writes it: the slots that anybody measured.

msgspec writes the body, not its schema: two thousand slots are 10 ms and not 200. A
test holds every body against the schema.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from app.contract.fields import written
from app.health.faces import BadQuestion
from app.history.archive import DAY, HOUR, KEPT, MINUTE, Archive
from app.history.durations import quantiles
from app.history.slot import SERVICE, Slot, status_of
from app.history.timeline import Cell, cells, measured, uptime

STEPS = {"minute": MINUTE, "hour": HOUR, "day": DAY}
RANKS = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
_UNITS = {"m": MINUTE, "h": HOUR, "d": DAY}
_LONGEST = 90 * DAY
_MINUTES_SHOWN = 6 * HOUR  # in minutes, unless asked otherwise; in hours
_HOURS_SHOWN = 14 * DAY
_AGO = re.compile(r"([0-9]{1,6})([mhd])")
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked for: Unix times, and the seconds of a slot."""

    since: float
    until: float
    step: int


def question(query: Mapping[str, str], now: float) -> Question:
    """Read the parameters of a query: ``since`` (24h, unless given) and ``step``.

    Raises:
        BadQuestion: one of them cannot be understood.
    """
    since = max(_since(query.get("since") or "24h", now), now - _LONGEST)
    length = now - since
    step = query.get("step") or (
        "minute"
        if length <= _MINUTES_SHOWN
        else "hour"
        if length <= _HOURS_SHOWN
        else "day"
    )
    if step not in STEPS:
        raise BadQuestion(f"step: one of {', '.join(STEPS)} is expected")
    if step == "minute" and length > KEPT[MINUTE] * MINUTE:
        raise BadQuestion("step: minutes are kept for 48 h; ask for hours or days")
    return Question(since, now, STEPS[step])


def read(archive: Archive, asked: Question) -> list[Cell]:
    """Return all cells of that time, those that nobody measured included.

    Raises:
        DatabaseError: the history cannot be read now.
    """
    span = MINUTE if asked.step == MINUTE else HOUR
    begin = asked.since - asked.since % asked.step
    slots = archive.slots(span, begin, asked.until)
    return cells(slots, asked.since, asked.until, asked.step)


def body(found: list[Cell], asked: Question) -> bytes:
    """Write the answer."""
    slots = [cell.slot for cell in found]
    return (
        _encode(
            {
                "service": "claude-proxy",
                "since": _moment(found[0].start if found else asked.since),
                "until": _moment(asked.until),
                "step_seconds": asked.step,
                "healthy_ratio": _rounded(uptime(slots)),
                "measured_ratio": _rounded(measured(slots, asked.until - asked.since)),
                "slots": [_shown(each) for each in found if each.slot != Slot()],
            }
        )
        + b"\n"
    )


def _shown(cell: Cell) -> dict[str, Any]:
    slot = cell.slot
    return {
        "start": _moment(cell.start),
        **_state(slot, SERVICE),
        "measured_seconds": _rounded(slot.measured()),
        "components": {
            name: _state(slot, name) for name in slot.states if name != SERVICE
        },
        "requests": slot.requests,
        "failed_requests": slot.failed,
        "duration_seconds": _quantiles(slot.duration),
        "first_token_seconds": _quantiles(slot.first_token),
        "tokens": slot.tokens,
        "cost_dollars": round(slot.cost, 6),
        "warm_processes": _rounded(slot.processes / cell.seconds),
        "quota": {
            name: {
                "utilization": used,
                "resets_at": None if resets is None else _moment(resets),
            }
            for name, (used, resets) in slot.quota.items()
        },
    }


def _state(slot: Slot, component: str) -> dict[str, Any]:
    worst = slot.worst(component)
    return {
        "status": status_of(worst),
        "code": worst or None,
        "healthy_ratio": _rounded(uptime([slot], component)),
    }


def _quantiles(counts: Mapping[int, int]) -> dict[str, float | None]:
    found = quantiles(counts, RANKS.values())
    return dict(zip(RANKS, map(_rounded, found), strict=True))


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(number, 4)


def _moment(seconds: float) -> str:
    return written(datetime.fromtimestamp(seconds, UTC))


def _since(said: str, now: float) -> float:
    """Return the Unix time that is meant by ``24h``, or by a moment of RFC 3339."""
    if ago := _AGO.fullmatch(said):
        return now - int(ago[1]) * _UNITS[ago[2]]
    try:
        moment = datetime.fromisoformat(said)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise BadQuestion(
            "since: how long ago (30m, 24h, 90d) or a moment as 2024-01-15T10:30:00Z"
            " is expected"
        )
    if moment.timestamp() > now:
        raise BadQuestion("since: it has not been yet")
    return moment.timestamp()
