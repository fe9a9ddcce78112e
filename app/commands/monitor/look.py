"""One look at one proxy: what it says of itself, or that it says nothing."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from app.commands import client
from app.commands.printable import one_line
from config.settings import Settings

_LONGEST_AGE = 10**9  # seconds; what is older is no age


class State(StrEnum):
    """What a proxy is: ``/health``'s words, and one for where nobody answers."""

    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"
    ERROR = "error"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen at ``at`` (UTC); all text is one line that no terminal obeys.

    ``seconds`` is how long the answer took, None where there was none; ``since`` the
    server's word for how long it has been so; ``evidence`` the age in seconds of the
    oldest thing it goes by; ``wrong`` its components that are not healthy.
    """

    state: State
    reason: str = ""
    remedy: str = ""
    code: str = ""
    seconds: float | None = None
    since: datetime | None = None
    evidence: int | None = None
    wrong: tuple[str, ...] = ()
    at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def key(self) -> tuple[State, str]:
        """Return what makes one state another."""
        return self.state, self.code


def look(url: str, settings: Settings) -> Look:
    """Ask a proxy for its health; it has 5 s for a whole answer."""
    began = time.monotonic()
    try:
        answer = client.server(url, settings)
    except client.CannotAsk as error:
        address_and_why = str(error)
        return unreachable(url, address_and_why.partition(": ")[2] or address_and_why)
    seconds = time.monotonic() - began
    body, details = answer.body, _object(answer.body.get("details"))
    components = _object(body.get("components"))
    code = one_line(details.get("code", ""))
    state, reason = _state(body["status"]), one_line(body.get("error", ""))
    if state is State.HEALTHY and not answer.healthy:
        state, code = State.UNHEALTHY, str(answer.status)
        reason = f"HTTP status {answer.status}, while the body says healthy"
    return Look(
        state,
        reason,
        one_line(details.get("remedy", "")),
        code,
        seconds,
        _since(components, code),
        _oldest(components),
        tuple(_wrong(components)),
    )


def unreachable(url: str, why: str) -> Look:
    """Say that nobody gives a whole answer there, and why."""
    remedy = f"See whether claude-proxy runs and listens there: {url}."
    return Look(State.UNREACHABLE, one_line(why), one_line(remedy))


def _state(word: object) -> State:
    known = {each.value: each for each in (State.HEALTHY, State.ERROR)}
    return known.get(str(word), State.UNHEALTHY)


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _since(components: Mapping[str, Any], code: str) -> datetime | None:
    """Return since when it is so: of what explains it, or of the last that got well."""
    parts = map(_object, components.values())
    known = [part for part in parts if (part.get("code") or "") == code]
    moments = [moment for part in known if (moment := _moment(part.get("since")))]
    return max(moments, default=None)


def _moment(text: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return moment if moment and moment.tzinfo else None


def _oldest(components: Mapping[str, Any]) -> int | None:
    ages = [_object(_object(part).get("evidence")) for part in components.values()]
    known = [age for each in ages if isinstance(age := each.get("age_seconds"), int)]
    return max((age for age in known if 0 <= age < _LONGEST_AGE), default=None)


def _wrong(components: Mapping[str, Any]) -> list[str]:
    told = []
    for name, part in components.items():
        status, code = _object(part).get("status"), _object(part).get("code")
        if status != State.HEALTHY:
            told.append(one_line(f"{name} {status}" + (f" ({code})" if code else "")))
    return told
