"""What a request came to: who asked, how it ended, what it used, how long it took.

Whoever counts, judges or keeps anything of requests is told by one of these.
"""

from dataclasses import dataclass, replace

from app.pool.errors import GaveUp, Revoked
from app.pool.events import Ended, Kind, RateLimit


@dataclass(frozen=True, slots=True)
class Usage:
    """The tokens that the upstream has counted, as far as it has told."""

    input_tokens: int = 0
    output_tokens: int = 0
    cache_creation_input_tokens: int = 0
    cache_read_input_tokens: int = 0

    def updated(self, told: dict[str, int]) -> "Usage":
        """Take what an event tells; later events tell totals, not increments."""
        return replace(self, **told)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One request, once it is over.

    ``ended`` is None where nobody was asked; ``refusal`` then is the code of why it got
    no process. ``limit`` is what the upstream last said of the quota. ``queued``,
    ``first_event`` (from the request on; None: none came) and ``seconds`` are seconds.
    ``cost`` is in US dollars, at list prices, by the CLI; None where it has told none:
    its process was ended first, or it knows no price of the model.
    """

    caller: str
    model: str
    ended: Ended | None = None
    refusal: str | None = None
    limit: RateLimit | None = None
    usage: Usage = Usage()
    queued: float = 0.0
    first_event: float | None = None
    seconds: float = 0.0
    cost: float | None = None

    @property
    def failed(self) -> bool:
        """Whether it ended badly; one that was given up or taken back has not."""
        if self.ended is None:
            return self.refusal not in (GaveUp.code, Revoked.code)
        return self.ended.kind not in (Kind.GOOD, Kind.CANCELLED, Kind.REVOKED)
