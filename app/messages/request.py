"""A request of the Messages API, checked, and what of it goes where.

What is carried goes as it was sent; the rest is for the upstream to judge.
"""

import json
import re
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from threading import Lock
from typing import Any

from app.messages.cutting import Body
from app.messages.fields import CARRIED, OURS, REFUSED
from app.messages.malformed import Malformed
from app.messages.strict import Part, take_apart

_LARGE = 1 << 20  # bytes
# The GIL, which this lets others have in time, is the process's as well: eight large
# bodies that take turns keep everybody else waiting.
_ONE_AT_A_TIME = Lock()
_MARK, _ROOM = '"cache_control"', 2
_MODEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@\[\]-]{0,199}")
# Without `thinking` these do not think; every later model decides by itself.
_UNTHINKING = re.compile(r".*claude-(3|(opus|sonnet|haiku)-4)\b.*")


@dataclass(frozen=True, slots=True)
class MessagesRequest:
    """What a client asked for.

    ``body`` is JSON with everything but ``system``; ``text`` the first user text;
    ``stream`` whether the client wants events; ``cache`` how long the system prompt is
    to be kept in the upstream's cache (``5m``, ``1h``), None for not at all.
    """

    model: str
    system: str | None
    body: bytes
    text: str
    stream: bool
    cache: str | None


def read_request(body: Body, *, unknown_fields: bool = False) -> MessagesRequest:
    """Check a request's body; ``unknown_fields`` lets keys pass that nobody knows.

    Raises:
        Malformed: it cannot be carried exactly.
    """
    with taking_turns(body):
        members = take_apart(body, lists={"messages"}).parts
    _check_names(members, unknown_fields)
    model = _model(members)
    _whole(members, "max_tokens")
    return MessagesRequest(
        model=model,
        system=_joined(system := _system_blocks(members.get("system"))),
        cache=_cache(system, members),
        text=_first_user_text(_messages(members)),
        stream=_flag(members, "stream"),
        body=_body(members, model),
    )


def taking_turns(body: Body) -> AbstractContextManager[object]:
    """Read this body while no other large one is read."""
    return _ONE_AT_A_TIME if len(body) > _LARGE else nullcontext()


def _check_names(members: dict[str, Part], unknown_fields: bool) -> None:
    for name in members:
        if name in REFUSED:
            raise Malformed(name, REFUSED[name])
        if name not in CARRIED | OURS and not unknown_fields:
            raise Malformed(name[:64], "no field of a request that this proxy knows")


def _body(members: dict[str, Part], model: str) -> bytes:
    """Write what is carried, with the documented default of what the CLI always sends.

    Left out by the client, the CLI's own ``thinking`` and ``max_tokens`` would slip in.
    """
    pieces: list[bytes | memoryview] = []
    for name, part in members.items():
        if name not in OURS:
            pieces += [b",", json.dumps(name).encode(), b":", *part.pieces()]
    if "thinking" not in members:
        kind = "disabled" if _UNTHINKING.fullmatch(model) else "adaptive"
        pieces.append(b',"thinking":{"type":"%b"}' % kind.encode())
    return b"".join([b"{", *pieces[1:], b"}"])


def _model(members: dict[str, Part]) -> str:
    model = _needed(members, "model", '"')
    if not isinstance(model, str) or not _MODEL.fullmatch(model):
        raise Malformed("model", "a model's name is expected")
    return model


def _messages(members: dict[str, Part]) -> list[Part]:
    part = members.get("messages")
    if part is None:
        raise Malformed("messages", "this field is required")
    if not part.parts:
        raise Malformed("messages", "a list with one message at least is expected")
    return list(part.parts.values())


def _whole(members: dict[str, Part], name: str) -> None:
    if type(_needed(members, name, "-0123456789")) is not int:
        raise Malformed(name, "a whole number is expected")


def _flag(members: dict[str, Part], name: str) -> bool:
    value = _load(members[name]) if name in members else False
    if not isinstance(value, bool):
        raise Malformed(name, "true or false is expected")
    return value


def _needed(members: dict[str, Part], name: str, kinds: str) -> Any:
    if name not in members:
        raise Malformed(name, "this field is required")
    return _load(members[name]) if members[name].kind in kinds else None


def _load(part: Part) -> Any:
    return json.loads(part.raw())


def _system_blocks(part: Part | None) -> list[dict[str, Any]]:
    system = [] if part is None else _load(part)
    if isinstance(system, str):
        return [{"type": "text", "text": system}]
    if not isinstance(system, list):
        raise Malformed("system", "a string or a list of text blocks is expected")
    for number, block in enumerate(system):
        text = block.get("text") if isinstance(block, dict) else None
        if not isinstance(text, str) or block.get("type") != "text":
            raise Malformed(f"system.{number}", "a text block is expected")
    return system


def _joined(system: list[dict[str, Any]]) -> str | None:
    """Join the system prompt to one text; the CLI keeps no borders of blocks."""
    return "\n\n".join(block["text"] for block in system if block["text"]) or None


def _cache(system: list[dict[str, Any]], members: dict[str, Part]) -> str | None:
    """Tell how the CLI is to mark the system prompt for the cache.

    The API takes four marks, and the CLI has two of its own at ``system``: they stand
    for the client's there where there is room. Where there is none, the client's marks
    in ``messages`` keep what is before them, ``system`` included.
    """
    marks = [mark for block in system if (mark := block.get("cache_control"))]
    others = [each for name, each in members.items() if name != "system"]
    elsewhere = sum(each.skeleton.count(_MARK) for each in others)
    elsewhere += "cache_control" in members
    if not marks or elsewhere > _ROOM:
        return None
    return (
        "1h" if isinstance(marks[-1], dict) and marks[-1].get("ttl") == "1h" else "5m"
    )


def _first_user_text(messages: list[Part]) -> str:
    """Return the text the CLI is told, so that what it computes from it is true."""
    for part in messages:
        message = json.loads(part.skeleton)  # long strings are marks: quickly read
        if isinstance(message, dict) and message.get("role") == "user":
            return _restored(part, _text(message.get("content")))
    return ""


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    blocks = content if isinstance(content, list) else []
    for block in blocks:
        if isinstance(block, dict) and block.get("type") == "text":
            return str(block.get("text", ""))
    return ""


def _restored(part: Part, text: str) -> str:
    written = json.dumps(text, ensure_ascii=False)
    return str(json.loads(b"".join(part.source.restore(written))))
