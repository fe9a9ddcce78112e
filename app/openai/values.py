"""Values of a client's JSON, held to be what they have to be; pure."""

from collections.abc import Mapping
from typing import Any

from app.messages.malformed import Malformed


def an_object(value: Any, place: str) -> dict[str, Any]:
    """Return it, without its nulls, which say nothing.

    Raises:
        Malformed: it is none.
    """
    if not isinstance(value, dict):
        raise Malformed(place, "an object is expected")
    return {name: each for name, each in value.items() if each is not None}


def a_list(value: Any, place: str) -> list[Any]:
    """Return it.

    Raises:
        Malformed: it is none.
    """
    if not isinstance(value, list):
        raise Malformed(place, "a list is expected")
    return value


def one_of(value: Any, known: dict[str, str], place: str) -> str:
    """Return what the API says for this word.

    Raises:
        Malformed: it is none of these words.
    """
    if not isinstance(value, str) or value not in known:
        raise Malformed(place, f"one of {', '.join(known)} is expected")
    return known[value]


def required(item: Mapping[str, Any], field: str, place: str) -> str:
    """Return what this field of the object at a place says.

    Raises:
        Malformed: it is no string, or an empty one.
    """
    value = item.get(field)
    if not isinstance(value, str) or not value:
        raise Malformed(f"{place}.{field}", "this field is required")
    return value
