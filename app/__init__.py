"""The Claude proxy whose health you can believe."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from config.settings import Settings


def create_app(settings: "Settings | None" = None) -> "Flask":
    """Make the WSGI application; without settings it reads them from the environment.

    Imported only when called: a room that needs no Flask starts without it.

    Raises:
        SettingsError: the environment's settings cannot be used.
    """
    from app.factory import compose

    return compose(settings)
