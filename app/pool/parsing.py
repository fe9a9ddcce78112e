"""Reads what a warm process prints, line by line; pure.

Only what is looked at is decoded: the event of a line is cut out of it as it is.
"""

from typing import TypeVar

import msgspec

from app.pool.events import Acknowledged, Failure, Line, RateLimit, Result, StreamEvent

_Shape = TypeVar("_Shape")


class _Head(msgspec.Struct):
    type: str = ""
    event: msgspec.Raw = msgspec.Raw()
    response: msgspec.Raw = msgspec.Raw()
    rate_limit_info: msgspec.Raw = msgspec.Raw()


class _Response(msgspec.Struct):
    request_id: str = ""
    subtype: str = ""
    error: str = ""


class _RateLimit(msgspec.Struct, rename="camel"):
    status: str = ""
    rate_limit_type: str | None = None
    resets_at: float | None = None
    utilization: float | None = None


class _Typed(msgspec.Struct):
    type: str = ""


class _Delta(msgspec.Struct):
    stop_reason: str | None = None
    text: str = ""


class _Detail(msgspec.Struct):
    delta: _Delta = msgspec.field(default_factory=_Delta)
    content_block: _Typed = msgspec.field(default_factory=_Typed)


_head = msgspec.json.Decoder(_Head)
_typed = msgspec.json.Decoder(_Typed)
_detail = msgspec.json.Decoder(_Detail)


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
        said = _decode(head.response, _Response)
        return Acknowledged(
            said.request_id, said.error if said.subtype == "error" else None
        )
    if head.type == "rate_limit_event":
        return _rate_limit(bytes(head.rate_limit_info))
    if head.type == "result":
        return _decode(line, Result)
    if head.type == "assistant":
        failure = _decode(line, Failure)
        return failure if failure.is_api_error_message else None
    return None


def _decode(raw: bytes | msgspec.Raw, into: type[_Shape]) -> _Shape:
    return msgspec.json.decode(raw, type=into)


def _rate_limit(raw: bytes) -> RateLimit:
    told = _decode(raw, _RateLimit)
    return RateLimit(
        told.status, told.rate_limit_type, told.resets_at, told.utilization, raw
    )


def stop_reason(event: StreamEvent) -> str | None:
    """Return why the model stopped, of a ``message_delta``."""
    return _detail.decode(event.raw).delta.stop_reason


def shows(event: StreamEvent) -> str | None:
    """Return ``tool_use`` or ``text`` where this event makes either visible."""
    detail = _detail.decode(event.raw)
    if detail.content_block.type == "tool_use":
        return "tool_use"
    return "text" if detail.delta.text.strip() else None
