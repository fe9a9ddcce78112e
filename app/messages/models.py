"""The models that clients are told of: those set, or those the CLI says it offers.

One document for two families of clients: the Messages API's fields, and OpenAI's.

Any other can be asked for as well: the CLI takes any name, and the upstream decides.
"""

from collections.abc import Mapping
from typing import Any

from app.messages.errors import ApiError, bad_request

_UNKNOWN_DATE = "1970-01-01T00:00:00Z"  # as the API writes a date that is not known
_MOST = 1000
# What CLI 2.1.330 offers, for as long as ours has not said so itself: one has to start.
_USUAL = (
    *("claude-opus-5-5", "claude-fable-5-2"),
    *("claude-sonnet-5-5", "claude-haiku-5-5"),
)


def models_known(set_: tuple[str, ...], offered: tuple[str, ...]) -> tuple[str, ...]:
    """Return the models to tell of, of those that are set and those the CLI offers."""
    return set_ or offered or _USUAL


def list_models(names: tuple[str, ...], query: Mapping[str, str]) -> dict[str, Any]:
    """Return a page of the models, as ``GET /v1/models`` writes it.

    Raises:
        ApiError: the query has a limit or a model that is none.
    """
    first, last = 0, len(names)
    if after := query.get("after_id"):
        first = _index(names, after) + 1
    if before := query.get("before_id"):
        last = _index(names, before)
    page = names[first:last][: _limit(query)]
    return {
        "object": "list",
        "data": [_model(name) for name in page],
        "has_more": len(page) < last - first,
        "first_id": page[0] if page else None,
        "last_id": page[-1] if page else None,
    }


def find_model(names: tuple[str, ...], name: str) -> dict[str, Any]:
    """Return one model.

    Raises:
        ApiError: 404, it is not among them.
    """
    if name not in names:
        raise ApiError(404, f"model: {name[:200]}")
    return _model(name)


def _model(name: str) -> dict[str, Any]:
    return {
        "type": "model",
        "id": name,
        "display_name": name,
        "created_at": _UNKNOWN_DATE,
        "object": "model",
        "created": 0,
        "owned_by": "anthropic",
    }


def _index(names: tuple[str, ...], name: str) -> int:
    if name not in names:
        raise bad_request(f"no such model: {name[:200]}")
    return names.index(name)


def _limit(query: Mapping[str, str]) -> int:
    limit = query.get("limit", str(_MOST))
    if not limit.isdecimal() or not 1 <= int(limit) <= _MOST:
        raise bad_request(f"limit: a number from 1 to {_MOST} is expected")
    return int(limit)
