"""What both of OpenAI's answers say in the same words; pure."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from app.messages.errors import ApiError
from app.messages.message import Message

_TYPES = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
}


class Usage(NamedTuple):
    """The tokens of a question and its answer, as OpenAI counts them."""

    asked: int  # those from the cache and those written to it among them
    cached: int
    cache_written: int
    answered: int  # those thought among them
    thought: int

    @property
    def total(self) -> int:
        """Of question and answer together."""
        return self.asked + self.answered


def usage(told: Mapping[str, Any]) -> Usage:
    """Count a message's usage as OpenAI does.

    The Messages API counts what the cache gave and took beside the rest, OpenAI's in
    it.
    """
    written = told.get("cache_creation_input_tokens") or 0
    cached = told.get("cache_read_input_tokens") or 0
    return Usage(
        asked=(told.get("input_tokens") or 0) + written + cached,
        cached=cached,
        cache_written=written,
        answered=told.get("output_tokens") or 0,
        thought=(told.get("output_tokens_details") or {}).get("thinking_tokens") or 0,
    )


def blocks(message: Message) -> list[dict[str, Any]]:
    """Return the blocks, arguments that were cut off as far as there are any."""
    return [
        block | ({"input": message.cut_off[at]} if at in message.cut_off else {})
        for at, block in enumerate(message.fields["content"])
    ]


def arguments(value: Any) -> str:
    """Return a tool's input as the model wrote it; a string was cut off."""
    if isinstance(value, str):
        return value
    if isinstance(value, msgspec.Raw):
        return bytes(value).decode()
    return json.dumps(value)


def error_object(
    error: ApiError, param: str | None = None, code: str | None = None
) -> dict[str, Any]:
    """Return an error in OpenAI's shape; ``code`` in place of the error's own."""
    if error.status in _TYPES:
        kind = _TYPES[error.status]
    else:
        kind = "invalid_request_error" if error.status < 500 else "server_error"
    return {
        "message": error.message,
        "type": kind,
        "param": param,
        "code": code or error.code or error.type or error.known_type,
    }
