"""An app's own parts, found by their type: two apps in one process never meet."""

from typing import Any, TypeVar, cast

from flask import Flask, current_app

_KEY = "claude_proxy"

T = TypeVar("T")


def install(app: Flask, *parts: Any) -> None:
    """Give the app its parts, one of each type."""
    app.extensions[_KEY] = {type(part): part for part in parts}


def part_of(app: Flask, kind: type[T]) -> T:
    """Return the app's part of this type."""
    return cast(T, app.extensions[_KEY][kind])


def current(kind: type[T]) -> T:
    """Return the current app's part of this type."""
    return part_of(current_app, kind)
