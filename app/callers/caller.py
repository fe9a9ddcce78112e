"""One caller by name: the digest of its key, and how much it may use."""

from dataclasses import dataclass, field

# Names of callers that have no line in the file: see ``app/web/access.py``.
OPERATOR, LOCAL = "key", "local"


@dataclass(frozen=True, slots=True)
class Allowance:
    """How much one caller may use, all workers together; None: as much as there is.

    ``parallel`` requests at a time, ``per_minute`` in any 60 seconds, and tokens in a
    UTC day: those that came in (cached ones do not count) and those that went out.
    """

    parallel: int | None = None
    per_minute: int | None = None
    tokens_per_day: int | None = None


@dataclass(frozen=True, slots=True)
class Caller:
    """A name, the SHA-256 of its key, its allowance."""

    name: str
    digest: bytes = field(repr=False)
    allowance: Allowance = Allowance()
