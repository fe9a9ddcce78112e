"""Cuts the long strings out of a JSON text, so that the rest is small to work on.

What makes a body large are images and documents: a few strings of megabytes. A parser
copies each of them in one go and holds the GIL meanwhile (``json.loads`` of 34 MB: 75
to 450 ms, msgspec's Raw: 25 to 95), and no probe is answered. Here everything is done
a window at a time, and every string of the text is checked on the way.
"""

import codecs
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass

from app.messages.malformed import Malformed

Body = bytes | bytearray
LONG = 4096  # bytes; shorter strings stay where they are
_WINDOW = 64 << 10  # bytes looked at in one go
_PLAIN = rb'[^"\\\x00-\x1f]*'
# An escape, but no half of a surrogate pair without the other.
_ESCAPE = (
    rb'\\(?:["\\/bfnrt]|u(?![dD][89a-fA-F])[0-9a-fA-F]{4}'
    rb"|u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})"
)
_CHARACTERS = re.compile(rb"%b(?:%b%b)*" % (_PLAIN, _ESCAPE, _PLAIN))
_WHOLE_STRINGS = re.compile(rb'(?:[^"]*"%b")*' % _CHARACTERS.pattern)


@dataclass(frozen=True, slots=True)
class Cut:
    """A JSON text whose long strings are ``runs``, each with a mark in its place.

    No caller can foresee a mark: it holds a random number of this very text.
    """

    text: str
    runs: tuple[memoryview, ...]
    mark: str

    def restore(self, part: str) -> list[bytes | memoryview]:
        """Return a part of ``text`` as it was sent, in pieces: copying takes time."""
        first, *pieces = part.split(self.mark)
        whole: list[bytes | memoryview] = [first.encode()]
        for piece in pieces:
            number, _, rest = piece.partition(";")
            whole += self.runs[int(number)], rest.encode()
        return whole


def cut(body: Body) -> Cut:
    """Cut the long strings out of a JSON text.

    Raises:
        Malformed: it is no UTF-8, or a string in it is none: an unknown escape, a
            control character, half of a surrogate pair, no end.
    """
    view, mark = memoryview(body), secrets.token_hex(16)
    kept: list[str] = []
    runs: list[memoryview] = []
    at = 0
    try:
        for start, end in _long_strings(body):
            kept += str(view[at:start], "utf-8"), f"{mark}{len(runs)};"
            _check_utf8(view[start:end])
            runs.append(view[start:end])
            at = end
        kept.append(str(view[at:], "utf-8"))
    except UnicodeDecodeError:
        raise Malformed("", "not UTF-8") from None
    return Cut("".join(kept), tuple(runs), mark)


def _check_utf8(run: memoryview) -> None:
    decoder = codecs.getincrementaldecoder("utf-8")()
    for start in range(0, len(run), _WINDOW):
        decoder.decode(run[start : start + _WINDOW])
    decoder.decode(b"", final=True)


def _long_strings(body: Body) -> Iterator[tuple[int, int]]:
    """Check every string, and find where the content of a long one is."""
    at = 0
    while True:
        at = _end(_WHOLE_STRINGS, body, at)
        start = end = body.find(b'"', at) + 1
        if not start:
            return
        while body[end : end + 1] != b'"':
            at, end = end, _end(_CHARACTERS, body, end)
            if at == end:
                raise Malformed("", _wrong_in_string(body, at))
        if end - start >= LONG:
            yield start, end
        at = end + 1


def _end(pattern: re.Pattern[bytes], body: Body, at: int) -> int:
    found = pattern.match(body, at, at + _WINDOW)
    return found.end() if found else at


def _wrong_in_string(body: Body, at: int) -> str:
    if at >= len(body):
        return "a string has no end"
    if body[at] < ord(" "):
        return f"byte {at}: a control character in a string has to be escaped"
    if body[at : at + 3].lower() == b"\\ud":
        return f"byte {at}: half of a surrogate pair is no character"
    return f"byte {at}: no such escape in JSON"
