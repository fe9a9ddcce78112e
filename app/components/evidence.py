"""What is known: what an inspection or a check has found, frozen, with source and age.

Moments called ``…_at`` are ``time.monotonic()`` seconds; a datetime is always UTC.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from app.claude.locate import Identity, Location
from app.claude.login import Login
from app.claude.probe import LoginAnswer
from app.contract.codes import Code


class Source(StrEnum):
    """Where evidence comes from, from weak to strong."""

    STATIC = "static"
    PROBE = "probe"
    TRAFFIC = "traffic"


@dataclass(frozen=True, slots=True)
class Facts:
    """What an inspection of the disk shows, without asking the CLI.

    ``policy`` changes whenever a file of the machine's managed policy does.
    """

    location: Location
    login: Login
    policy: tuple[Identity, ...] = ()


@dataclass(frozen=True, slots=True)
class CliCheck:
    """What came of running the CLI: ``code`` is None where it works.

    An inconclusive check (no answer in time, or garbage) proves nothing by itself.
    """

    code: Code | None = None
    conclusive: bool = True
    version: str | None = None
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class LoginCheck:
    """What came of asking for the login: an answer, or the code of why there is none.

    ``source`` is static where the CLI has no ``auth status`` and its file was read.
    """

    answer: LoginAnswer | None = None
    code: Code | None = None
    conclusive: bool = True
    source: Source = Source.PROBE
    seconds: float = 0.0

    @property
    def logged_in(self) -> bool:
        """Tell whether the CLI said that it is logged in."""
        return self.answer is not None and self.answer.logged_in


@dataclass(frozen=True, slots=True)
class Timing:
    """How long a component's last check took, and when one last found it healthy."""

    seconds: float
    succeeded: datetime | None


@dataclass(frozen=True, slots=True)
class Breaker:
    """A circuit breaker: how many requests in a row failed, and how long that counts.

    Open for ``wait`` seconds after ``failed_at``; then half-open, so that the next
    request decides; closed where ``wait`` is 0.
    """

    failures: int = 0
    failed_at: float = 0.0
    wait: float = 0.0

    def is_open(self, at: float) -> bool:
        """Tell whether the failures still count at ``at``."""
        return self.wait > 0 and at < self.failed_at + self.wait


@dataclass(frozen=True, slots=True)
class Window:
    """One window of the quota: the part of it that is used, and when it begins anew.

    ``utilization`` from 0 to 1, ``resets_at`` in seconds since 1970.
    """

    utilization: float | None = None
    resets_at: float | None = None


@dataclass(frozen=True, slots=True)
class Quota:
    """What the upstream has said of the account's quota, and when; empty: nothing.

    ``exhausted`` is the window for which every request is rejected, ``until`` when
    that ends (seconds since 1970).
    """

    windows: Mapping[str, Window] = field(default_factory=dict)
    told_at: float | None = None
    told: datetime | None = None
    exhausted: str | None = None
    exhausted_at: float = 0.0
    until: float = 0.0


@dataclass(frozen=True, slots=True)
class Traffic:
    """What the last real requests ended with, of the login with identity ``about``.

    ``revision`` counts what was shared, ``noted_at`` is when; ``succeeded_at`` when the
    upstream last began an answer. ``failing`` says how the last request failed that
    reached the upstream and was not refused, None once one was answered.
    """

    about: tuple[Identity, ...] = ()
    revision: int = 0
    noted_at: float = 0.0
    succeeded_at: float | None = None
    login: Breaker = Breaker()
    network: Breaker = Breaker()
    failing: str | None = None
    quota: Quota = Quota()


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is known at a moment.

    ``facts`` is None where the inspection itself failed. ``revision`` counts the
    changes that inspections saw, ``checked_revision`` is that of the last check, and
    ``found_at`` is when the present binary was first seen, ``login_changed_at`` when
    the present login was, if in place of another. ``cli`` and ``login`` are the last
    conclusive checks of the present binary and of the present login, None before the
    first; ``doubts`` counts the inconclusive checks since, ``doubt`` names the last.
    ``timings`` are by component. ``at`` is the moment to be judged.
    """

    facts: Facts | None
    inspected_at: float
    revision: int = 0
    checked_revision: int | None = None
    found_at: float = 0.0
    login_changed_at: float = 0.0
    cli: CliCheck | None = None
    login: LoginCheck | None = None
    probed_at: float | None = None
    probed: datetime | None = None
    doubts: int = 0
    doubt: Code | None = None
    timings: Mapping[str, Timing] = field(default_factory=dict)
    traffic: Traffic = Traffic()
    at: float = 0.0

    @property
    def present_traffic(self) -> Traffic:
        """Return the traffic of the present login; none, where it is another's."""
        of_another = self.facts and self.facts.login.identity != self.traffic.about
        return Traffic() if of_another else self.traffic

    @property
    def cli_found(self) -> bool:
        """Tell whether there is a CLI that could be asked."""
        return self.facts is not None and self.facts.location.path is not None


@dataclass(frozen=True, slots=True)
class Judgement:
    """What evidence says of one component: ``code`` is None where all is well.

    ``seen_at`` is when a request told so.
    """

    code: Code | None
    source: Source
    seen_at: float | None = None
