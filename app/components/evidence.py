"""What a look or a check has found: frozen, with its source, no logic."""

from dataclasses import dataclass
from enum import StrEnum

from app.claude.locate import Location
from app.claude.login import Login
from app.claude.probe import LoginAnswer
from app.contract.codes import Code


class Source(StrEnum):
    """Where evidence comes from, from weak to strong."""

    STATIC = "static"
    PROBE = "probe"


@dataclass(frozen=True, slots=True)
class Facts:
    """What a look at the disk shows, without asking the CLI."""

    location: Location
    login: Login


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
