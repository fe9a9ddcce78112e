"""Takes a JSON object apart into its members, and checks all of it strictly.

The Claude CLI acknowledges a body that it cannot parse and then ignores it, and what
JavaScript reads as another number leaves as another number. So nothing passes here
that would not arrive: NaN, Infinity, a number that overflows or is rounded, a key that
is there twice, a nesting of more than 200. Values are never written anew: each part
knows where it stands in the text.

The scanner is the standard library's in C, called once for each part, so that others
get the GIL in between; msgspec sees neither doubled keys nor overflow (measured).
"""

import math
import re
from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from json import JSONDecodeError, JSONDecoder
from typing import Any

from app.messages.cutting import Body, Cut, cut
from app.messages.malformed import Malformed

DEEPEST = 200
_MOST = 1_000_000  # values; a body with more fits no model's context
_EXACT_DIGITS = 15  # a double holds every whole number of that many
_SPACE = re.compile(r"[ \t\n\r]*")
_SHOWN = 64  # characters of a client's word in a sentence


@dataclass(frozen=True, slots=True)
class Part:
    """A value in a JSON text: where it stands, and the parts it is made of."""

    source: Cut
    start: int
    end: int
    parts: dict[str, "Part"] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """Return the value's first character, which tells its type."""
        return self.source.text[self.start]

    @property
    def skeleton(self) -> str:
        """Return the value's text with marks in place of long strings."""
        return self.source.text[self.start : self.end]

    def raw(self) -> bytes:
        """Return the value as it was sent."""
        return b"".join(self.pieces())

    def pieces(self) -> list[bytes | memoryview]:
        """Return the same, not yet put together."""
        return self.source.restore(self.skeleton)


def take_apart(body: Body, lists: Container[str] = ()) -> Part:
    """Return a JSON object as its members, and those named in ``lists`` as theirs.

    Raises:
        Malformed: it is no object of strict JSON, or has more than a million values.
    """
    return _Reader(cut(body)).read_all(lists)


class _Reader:
    """Reads one text from its start to its end; ``at`` is where it has come to."""

    def __init__(self, source: Cut) -> None:
        self.source = source
        self.text = source.text
        self.at = self.ended = 0

    def read_all(self, lists: Container[str]) -> Part:
        self._skip_space()
        if self._here() != "{":
            raise Malformed("", "a JSON object is expected")
        if self.text.count(",") > _MOST:
            raise Malformed("", f"more than {_MOST:,} values")
        members = self._members(lists)
        if self.at != len(self.text):
            raise Malformed("", "there is more after the end of the JSON")
        return Part(self.source, 0, self.at, members)

    def _members(self, lists: Container[str]) -> dict[str, Part]:
        members: dict[str, Part] = {}
        for _ in self._until("}", ""):
            name = self._name()
            if name in members:
                raise Malformed(_shown(name), "the key is there twice")
            taken_apart = name in lists and self._here() == "["
            read = self._list if taken_apart else self._value
            members[name] = read(_shown(name))
        return members

    def _list(self, place: str) -> Part:
        start, parts = self.at, dict[str, Part]()
        for _ in self._until("]", place):
            parts[str(len(parts))] = self._value(f"{place}.{len(parts)}", 2)
        return Part(self.source, start, self.ended, parts)

    def _until(self, closing: str, place: str) -> Iterator[None]:
        """Go through what stands between brackets and commas."""
        self._step()
        first = True
        while self._here() != closing:
            if not first:
                self._expect(",", place)
            first = False
            yield
            self._skip_space()
        self.ended = self.at + 1
        self._step()

    def _name(self) -> str:
        if self._here() != '"':
            raise Malformed("", "no JSON: a key in double quotes is expected")
        name, self.at = _scanner.scan_once(self.text, self.at)
        self._skip_space()
        self._expect(":", _shown(name))
        return str(name)

    def _value(self, place: str, level: int = 1) -> Part:
        start = self.at
        self._scan(place, level)
        return Part(self.source, start, self.at)

    def _scan(self, place: str, level: int) -> None:
        try:
            value, self.at = _scanner.scan_once(self.text, self.at)
            depth = level + _depth(value)
        except _Wrong as wrong:
            raise Malformed(place, str(wrong)) from None
        except JSONDecodeError as error:
            raise Malformed(place, f"no JSON: {error.msg}") from None
        except StopIteration:
            raise Malformed(place, "no JSON: a value is expected") from None
        except RecursionError:
            depth = DEEPEST + 1
        if depth > DEEPEST:
            raise Malformed(place, f"nested deeper than {DEEPEST}")

    def _here(self) -> str:
        return self.text[self.at : self.at + 1]

    def _expect(self, character: str, place: str) -> None:
        if self._here() != character:
            raise Malformed(place, f"no JSON: {character!r} is expected")
        self._step()

    def _step(self) -> None:
        self.at += 1
        self._skip_space()

    def _skip_space(self) -> None:
        found = _SPACE.match(self.text, self.at)
        self.at = found.end() if found else self.at


class _Wrong(ValueError):
    """What the scanner's hooks found."""


def _object(pairs: list[tuple[str, Any]]) -> int:
    """Take an object for how deep it is, having looked at its keys."""
    names = [name for name, _ in pairs]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise _Wrong(f"the key {_shown(twice)!r} is there twice")
    return 1 + max((_depth(value) for _, value in pairs), default=0)


def _depth(value: Any) -> int:
    if isinstance(value, list):
        return 1 + max(map(_depth, value), default=0)
    return value if type(value) is int else 0


def _whole_number(digits: str) -> None:
    """Refuse what JavaScript would write down as another number."""
    if len(digits) <= _EXACT_DIGITS:
        return
    as_double = _number(digits)
    if Decimal(repr(as_double)) != Decimal(digits):
        raise _Wrong(f"{_shown(digits)} has too many digits: send it as a string")


def _fraction(digits: str) -> None:
    _number(digits)


def _number(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise _Wrong(f"{_shown(digits)} is too large a number")
    return number


def _constant(name: str) -> None:
    raise _Wrong(f"{name} is no JSON")


def _shown(word: str) -> str:
    return word if len(word) <= _SHOWN else f"{word[:_SHOWN]}..."


# Numbers become None, so that an int can only be an object's depth.
_scanner: Any = JSONDecoder(
    object_pairs_hook=_object,
    parse_int=_whole_number,
    parse_float=_fraction,
    parse_constant=_constant,
)
