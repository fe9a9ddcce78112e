"""What cannot be carried: refused by its name, or noted where it may pass."""

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any

from app.messages.malformed import Malformed

UNKNOWN = "no such field is known here"
# What says nothing in whatever field; the last two are what Responses does anyway.
_NOTHING: tuple[Any, ...] = (None, False, [], {}, {"type": "direct"}, ["direct"])
_NO_REASONS: Mapping[str, str] = MappingProxyType({})


class Unsupported(Malformed):
    """A field, or a value of one, that has no counterpart in the Messages API."""


def unsupported(place: str, why: str) -> Unsupported:
    """Say that this cannot be carried, and why or what to do instead."""
    return Unsupported(place, f"this is not supported: {why}")


class Losses:
    """What of one request would be lost: refused, or noted where it may pass."""

    def __init__(self, *, ignoring: bool) -> None:
        """Begin; ``ignoring`` lets fields pass that cannot be carried."""
        self._ignoring = ignoring
        self._names: dict[str, None] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """What was let pass, each once: for the client to read, and to be counted."""
        return tuple(self._names)

    def lose(self, place: str, why: str, name: str) -> None:
        """Let this pass, noted by a name that no client can invent.

        Raises:
            Unsupported: nothing may pass.
        """
        if not self._ignoring:
            raise unsupported(place, why)
        self._names[name] = None

    def beyond(
        self,
        known: Collection[str],
        item: Mapping[str, Any],
        place: str,
        instead: Mapping[str, str] = _NO_REASONS,
    ) -> None:
        """Lose each field that is not known, unless its value says nothing.

        ``instead`` says of fields why, or what to do; the name of any other is not
        noted, only the field of the request in which it is.

        Raises:
            Unsupported: there is one, and nothing may pass.
        """
        for field, value in item.items():
            if field not in known and value not in _NOTHING:
                noted = field if field in instead else "other"
                name = f"{place.partition('.')[0]}.{noted}"
                self.lose(f"{place}.{field[:64]}", instead.get(field, UNKNOWN), name)
