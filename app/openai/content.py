"""What people and tools say, as blocks of the Messages API; pure."""

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from typing import Any

from app.messages.malformed import Malformed
from app.openai.unsupported import unsupported
from app.openai.values import a_list

Block = dict[str, Any]
Read = Callable[[Any, str], Block]
_DATA_URL = re.compile(r"data:([\w.+-]+/[\w.+-]+)(?:;[\w=.-]+)*;base64,(.*)", re.DOTALL)


def spoken(said: Any, place: str, read: Read) -> str | list[Block]:
    """Return what somebody says: a string, or parts, of which there has to be one.

    Raises:
        Malformed: it is neither; what ``read`` raises of a part.
    """
    if isinstance(said, str):
        return said
    if not said:
        raise Malformed(place, "a string or a list of parts is expected")
    return parts(said, place, read) or ""


def parts(said: Any, place: str, read: Read) -> list[Block]:
    """Return parts as blocks, each by ``read``; an empty text says nothing.

    Raises:
        Malformed: no list; what ``read`` raises of a part.
    """
    each = enumerate(a_list(said, place))
    blocks = [read(part, f"{place}.{number}") for number, part in each]
    return [block for block in blocks if block.get("text") != ""]


def only_text(said: str | list[Block], place: str) -> str:
    """Return what the system says.

    Raises:
        Unsupported: not all of it is text.
    """
    if isinstance(said, str):
        return said
    if any(block["type"] != "text" for block in said):
        raise unsupported(place, "the system speaks in text")
    return "\n\n".join(block["text"] for block in said)


def text(value: str) -> Block:
    """Return a block of text."""
    return {"type": "text", "text": value}


def image(url: Any, place: str) -> Block:
    """Return the image at a URL, or in a ``data:`` URL.

    Raises:
        Malformed: it is no such URL.
    """
    if not isinstance(url, str):
        raise Malformed(place, "a URL is expected")
    if found := _DATA_URL.fullmatch(url):
        return {"type": "image", "source": _base64(found[1], found[2])}
    if not url.startswith(("https://", "http://")):
        raise Malformed(place, "an http(s) URL, or data:image/…;base64,… is expected")
    return {"type": "image", "source": {"type": "url", "url": url}}


def file(part: Mapping[str, Any], place: str) -> Block:
    """Return a document: a PDF or plain text in a ``data:`` URL, or a PDF's URL.

    Raises:
        Malformed: it is none; Unsupported: it is stored somewhere else.
    """
    if part.get("file_id") is not None:
        raise unsupported(f"{place}.file_id", "send the file as file_data")
    source = _source(part, place)
    title = part.get("filename")
    return {"type": "document", "source": source} | ({"title": title} if title else {})


def _source(part: Mapping[str, Any], place: str) -> Block:
    if url := part.get("file_url"):
        if part.get("file_data"):
            wanted = "file_data or this is expected, not both"
            raise Malformed(f"{place}.file_url", wanted)
        return {"type": "url", "url": url}
    found = _DATA_URL.fullmatch(str(part.get("file_data", "")))
    if not found:
        raise Malformed(f"{place}.file_data", "data:application/pdf;base64,… expected")
    kind, data = found[1], found[2]
    if kind == "application/pdf":
        return _base64(kind, data)
    if kind == "text/plain":
        return {"type": "text", "media_type": kind, "data": _decoded(data, place)}
    raise unsupported(f"{place}.file_data", "application/pdf or text/plain is")


def _base64(kind: str, data: str) -> Block:
    return {"type": "base64", "media_type": kind, "data": data}


def _decoded(data: str, place: str) -> str:
    try:
        return base64.b64decode(data, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise Malformed(f"{place}.file_data", "UTF-8 in base64 is expected") from None
