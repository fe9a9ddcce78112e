"""One minute or one hour of the service, or the sum of several; pure.

Everything in it can be added up, so an hour is the sum of its minutes, and a minute the
sum of what each worker saw of it.
"""

from collections.abc import Iterable, Mapping

import msgspec

from app.contract.codes import MEANINGS, PASSING_CODES, Code, Status
from app.history.durations import Counts

SERVICE = "service"  # beside the components: what ``/health`` said
HEALTHY = ""  # in place of a code
_ORDER = {code.value: place for place, code in enumerate(Code)}

Seconds = dict[str, float]


class Slot(msgspec.Struct, omit_defaults=True):
    """What was seen in a span of time.

    ``states``: seconds by component and code; ``processes``: seconds of warm processes,
    all together; ``duration``, ``first_token``: counts by bucket, of requests to the
    model; ``quota``: last told of each window, its used part and its reset (Unix time).
    """

    states: dict[str, Seconds] = msgspec.field(default_factory=dict)
    requests: int = 0
    failed: int = 0
    duration: Counts = msgspec.field(default_factory=dict)
    first_token: Counts = msgspec.field(default_factory=dict)
    tokens: dict[str, int] = msgspec.field(default_factory=dict)
    cost: float = 0.0
    processes: float = 0.0
    quota: dict[str, tuple[float | None, float | None]] = msgspec.field(
        default_factory=dict
    )

    def add(self, later: "Slot") -> None:
        """Add another one to this; of what is a level and no sum, the later counts."""
        for component, seconds in later.states.items():
            _add(self.states.setdefault(component, {}), seconds)
        self.requests += later.requests
        self.failed += later.failed
        _add(self.duration, later.duration)
        _add(self.first_token, later.first_token)
        _add(self.tokens, later.tokens)
        self.cost += later.cost
        self.processes += later.processes
        self.quota.update(later.quota)

    def saw(self, codes: Mapping[str, Code | None], seconds: float) -> None:
        """Take in for how long each component was in its state; 0: a moment."""
        for component, code in codes.items():
            of_component = self.states.setdefault(component, {})
            state = code.value if code else HEALTHY
            of_component[state] = of_component.get(state, 0.0) + seconds

    def measured(self, component: str = SERVICE) -> float:
        """Return for how many seconds anybody has looked."""
        return sum(self.states.get(component, {}).values())

    def healthy(self, component: str = SERVICE) -> float:
        """Return for how many seconds it was healthy."""
        return self.states.get(component, {}).get(HEALTHY, 0.0)

    def worst(self, component: str = SERVICE) -> str | None:
        """Return the worst state seen, a code or ``HEALTHY``; None: nobody looked."""
        return min(self.states.get(component, ()), key=_how_bad, default=None)


def status_of(state: str | None) -> Status | None:
    """Return the status that a state is; None where nobody looked.

    A code of another version, which we do not know, is unhealthy.
    """
    if state is None:
        return None
    if state == HEALTHY:
        return Status.HEALTHY
    if state in _ORDER:
        return MEANINGS[Code(state)].status
    return Status.UNHEALTHY


def is_passing(state: str | None) -> bool:
    """Tell whether a state only says that the service was starting or stopping."""
    return state in PASSING_CODES


def total(slots: Iterable[Slot]) -> Slot:
    """Return the sum of slots, given in their order."""
    whole = Slot()
    for each in slots:
        whole.add(each)
    return whole


def _how_bad(state: str) -> tuple[int, int]:
    if state == HEALTHY:
        return 3, 0
    if is_passing(state):
        return 2, 0
    rank = 0 if status_of(state) is Status.ERROR else 1
    return rank, _ORDER.get(state, len(_ORDER))


def _add(counts: dict, later: Mapping) -> None:  # type: ignore[type-arg]
    for key, value in later.items():
        counts[key] = counts.get(key, 0) + value
