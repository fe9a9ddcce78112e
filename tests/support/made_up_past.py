"""Write a past into STATE_DIR, so that a new page has something to show.

`make demo` runs it before the service, in the service's own environment; tests draw
their pages from the same. Nothing of it has happened.
"""

import math
import random
import time
from collections.abc import Iterator

from app.contract.codes import Code
from app.history.archive import DAY, HOUR, MINUTE, Archive, history_subject
from app.history.durations import bucket
from app.history.slot import SERVICE, Slot
from config.loading import load_settings

COMPONENTS = ("claude_cli", "authentication", "quota", "upstream")
_OUTAGES = (  # hours ago, how many minutes, whose, what
    (70.0 * 24, 190, "authentication", Code.LOGIN_EXPIRED),
    (41.3 * 24, 25, "claude_cli", Code.CLI_NOT_FOUND),
    (16.0 * 24, 240, "quota", Code.QUOTA_EXHAUSTED),
    (5.2 * 24, 12, "upstream", Code.UPSTREAM_UNREACHABLE),
    (9.5, 22, "authentication", Code.NOT_AUTHENTICATED),
    (3.1, 4, "claude_cli", Code.CLI_TIMEOUT),
)
_OFF = ((55.0 * 24, 50 * HOUR), (14.0, 65 * MINUTE))  # hours ago, seconds


def write(archive: Archive, now: float, seed: int = 1) -> None:
    """Write 90 days that end a minute before ``now``: hours, then minutes."""
    chance = random.Random(seed)
    recent = int((now - 47 * HOUR) // HOUR) * HOUR
    begin, end = int((now - 90 * DAY) // HOUR) * HOUR, int(now // MINUTE) * MINUTE
    archive.add(dict(slots(begin, recent, HOUR, now, chance)))
    archive.add(dict(slots(recent, end, MINUTE, now, chance)))


def slots(
    begin: int, end: int, span: int, now: float, chance: random.Random | None = None
) -> Iterator[tuple[int, Slot]]:
    """Make minutes or hours, as they would have been when it is ``now``."""
    chance = chance or random.Random(begin)
    for at in range(begin, end, span):
        if not any(0 <= at - (now - ago * HOUR) < long for ago, long in _OFF):
            yield at, _slot(at, span, now, chance)


def _slot(at: int, span: int, now: float, chance: random.Random) -> Slot:
    made = Slot()
    wrong = {
        whose: (code, _common(at, span, now - ago * HOUR, minutes * MINUTE))
        for ago, minutes, whose, code in _OUTAGES
        if _common(at, span, now - ago * HOUR, minutes * MINUTE) > 0
    }
    for name in COMPONENTS:
        code, unwell = wrong.get(name, (None, 0.0))
        made.saw({name: None}, span - unwell)
        if code:
            made.saw({name: code}, unwell)
    for code, unwell in wrong.values():
        made.saw({SERVICE: code}, unwell)
    down = min(sum(unwell for _, unwell in wrong.values()), span)
    made.saw({SERVICE: None}, span - down)
    _work(made, at, span, (span - down) / span, chance)
    return made


def _common(at: int, span: int, begin: float, seconds: float) -> float:
    return max(0.0, min(at + span, begin + seconds) - max(at, begin))


def _work(made: Slot, at: int, span: int, part: float, chance: random.Random) -> None:
    """Fill in a working day's load: more at noon than at night."""
    busy = 0.3 + 0.7 * max(0.0, math.sin((at % DAY / DAY - 0.25) * 2 * math.pi))
    asked = min(int(part * busy * span / MINUTE * chance.uniform(0.2, 3)), 400)
    made.requests, made.failed = (
        asked,
        sum(chance.random() < 0.02 for _ in range(asked)),
    )
    for _ in range(asked):
        first = chance.lognormvariate(-0.3, 0.5)
        whole = bucket(first + chance.lognormvariate(1.2, 0.8))
        made.first_token[bucket(first)] = made.first_token.get(bucket(first), 0) + 1
        made.duration[whole] = made.duration.get(whole, 0) + 1
    if asked:
        made.tokens = {"input_tokens": 2100 * asked, "output_tokens": 340 * asked}
    made.cost = 0.011 * asked
    made.processes = span * part * (1 + round(3 * busy))
    for name, length in (("five_hour", 5 * HOUR), ("seven_day", 7 * DAY)):
        used = at % length / length * (0.4 + 0.5 * busy)
        made.quota[name] = (round(used, 3), float(at - at % length + length))


def main() -> None:
    """Write it for the service that will start with this environment."""
    settings = load_settings()
    archive = Archive(settings.state_dir, history_subject(settings))
    write(archive, time.time())
    archive.close()


if __name__ == "__main__":
    main()
