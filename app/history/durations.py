"""How durations are counted: in buckets that can be summed up, each 10 % wide.

Quantiles of sums cannot be made from quantiles of parts, so the counts are kept. By
hand, in a dozen lines: the libraries for it (DDSketch, HdrHistogram) bring a format and
a dependency of their own for the same logarithm.
"""

import math
from collections.abc import Iterable, Mapping

_RATIO = math.log(1.1)
_LEAST, _MOST = 1e-4, 1e5  # seconds: nothing shorter or longer is told apart

Counts = dict[int, int]


def bucket(seconds: float) -> int:
    """Return the number of the bucket in which a duration is counted."""
    return math.ceil(math.log(min(max(seconds, _LEAST), _MOST)) / _RATIO)


def quantiles(counts: Mapping[int, int], ranks: Iterable[float]) -> list[float | None]:
    """Return the duration in seconds at each rank (0.5: the median); None: no counts.

    It is the middle of its bucket: at most 5 % from the true one.
    """
    total, ordered = sum(counts.values()), sorted(counts)
    return [_at(rank * total, counts, ordered) for rank in ranks]


def _at(place: float, counts: Mapping[int, int], ordered: list[int]) -> float | None:
    for number in ordered:
        place -= counts[number]
        if place <= 0:
            return math.exp((number - 0.5) * _RATIO)
    return None
