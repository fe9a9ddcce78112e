"""Reads what a warm process prints, line by line; pure.

Only what is looked at is decoded: the event of a line is cut out of it as it is.
"""

from typing import TypeVar

import msgspec

from app.pool.events import (
    Acknowledged,
    Line,
    Models,
    RateLimit,
    Reply,
    Result,
    StreamEvent,
    Window,
)
from app.pool.lines import MODELS

_Shape = TypeVar("_Shape")
_LAST_MOMENT = 253_402_300_799  # seconds since 1970; the end of the year 9999


class _Head(msgspec.Struct):
    type: str = ""
    event: msgspec.Raw = msgspec.Raw()
    response: msgspec.Raw = msgspec.Raw()
    rate_limit_info: msgspec.Raw = msgspec.Raw()


class _Response(msgspec.Struct):
    request_id: str = ""
    subtype: str = ""
    error: str = ""
    response: msgspec.Raw = msgspec.Raw()


class _Model(msgspec.Struct, rename="camel"):
    resolved_model: str


class _Catalog(msgspec.Struct):
    models: list[_Model]


class _RateLimit(msgspec.Struct, rename="camel"):
    status: str = ""
    rate_limit_type: str | None = None
    resets_at: float | None = None
    utilization: float | None = None
    unified_windows: dict[str, Window] = msgspec.field(default_factory=dict)


class _Typed(msgspec.Struct):
    type: str = ""


class _Delta(msgspec.Struct):
    stop_reason: str | None = None
    text: str = ""


class _Detail(msgspec.Struct):
    delta: _Delta = msgspec.field(default_factory=_Delta)
    content_block: _Typed = msgspec.field(default_factory=_Typed)


class _Told(msgspec.Struct):
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    cache_read_input_tokens: int | None = None


class _Priced(msgspec.Struct, rename={"cost": "costUSD", "basis": "costBasis"}):
    cost: float
    basis: str


class _Started(msgspec.Struct):
    usage: _Told | None = None


class _Counted(msgspec.Struct):
    message: _Started | None = None
    usage: _Told | None = None


_KNOWN_PRICES = ("list", "managed")  # the CLI's own table, an organisation's
_head = msgspec.json.Decoder(_Head)
_typed = msgspec.json.Decoder(_Typed)
_detail = msgspec.json.Decoder(_Detail)
_counted = msgspec.json.Decoder(_Counted)


def read_line(line: bytes) -> Line | None:
    """Return what a line means; None for one that means nothing to us, or is broken."""
    try:
        head = _head.decode(line)
        return _meaning(head, line)
    except (msgspec.DecodeError, RecursionError):
        return None


def _meaning(head: _Head, line: bytes) -> Line | None:
    if head.type == "stream_event":
        return StreamEvent(bytes(head.event), _typed.decode(head.event).type)
    if head.type == "control_response":
        return _controlled(_decode(head.response, _Response))
    if head.type == "rate_limit_event":
        return _rate_limit(bytes(head.rate_limit_info))
    if head.type == "result":
        return _decode(line, Result)
    if head.type == "assistant":
        return _decode(line, Reply)
    return None


def _controlled(said: _Response) -> Line:
    if said.request_id == MODELS:
        models = _decode(said.response, _Catalog).models
        return Models(tuple(dict.fromkeys(each.resolved_model for each in models)))
    return Acknowledged(
        said.request_id, said.error if said.subtype == "error" else None
    )


def _decode(raw: bytes | msgspec.Raw, into: type[_Shape]) -> _Shape:
    return msgspec.json.decode(raw, type=into)


def _rate_limit(raw: bytes) -> RateLimit:
    told = _decode(raw, _RateLimit)
    return RateLimit(
        told.status,
        told.rate_limit_type,
        _moment(told.resets_at),
        told.utilization,
        raw,
        told.unified_windows,
    )


def _moment(seconds: float | None) -> float | None:
    """Take a moment that people could be told, and no other."""
    return seconds if seconds and 0 < seconds < _LAST_MOMENT else None


def stop_reason(event: StreamEvent) -> str | None:
    """Return why the model stopped, of a ``message_delta``."""
    return _detail.decode(event.raw).delta.stop_reason


def shows(event: StreamEvent) -> str | None:
    """Return ``tool_use`` or ``text`` where this event makes either visible."""
    detail = _detail.decode(event.raw)
    if detail.content_block.type == "tool_use":
        return "tool_use"
    return "text" if detail.delta.text.strip() else None


def tokens(event: StreamEvent) -> dict[str, int]:
    """Return the counts of tokens that an event tells, by the API's names."""
    if event.type not in ("message_start", "message_delta"):
        return {}
    try:
        found = _counted.decode(event.raw)
    except msgspec.DecodeError:  # not the API's shape: passed on, not counted
        return {}
    told = found.usage or (found.message.usage if found.message else None)
    counts = msgspec.structs.asdict(told) if told else {}
    return {name: count for name, count in counts.items() if count is not None}


def cost(result: Result) -> float | None:
    """Return what the CLI says an answer costs, in US dollars.

    None where it says nothing, or guesses: it takes a price for models it has none of.
    """
    try:
        priced = _decode(result.modelUsage, dict[str, _Priced]).values()
    except msgspec.DecodeError:
        return None
    known = priced and all(each.basis in _KNOWN_PRICES for each in priced)
    return sum(each.cost for each in priced) if known else None
