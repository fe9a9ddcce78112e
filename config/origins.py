"""Where each setting in force comes from, for whoever looks for a wrong one."""

from dataclasses import dataclass
from enum import StrEnum

from config.loading import described, shown
from config.settings import Settings
from config.variables import KEY, is_set


class Origin(StrEnum):
    """Where a setting's value was found."""

    ENVIRONMENT = "environment"
    FILE = "file"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Found:
    """One setting: its variable's name, its value as it may be shown, its origin."""

    name: str
    value: str
    origin: Origin


def origins(settings: Settings) -> list[Found]:
    """Return every setting with its origin; a key is told as set, never shown."""
    return [
        Found(name, shown(value), _origin(name, value))
        for each in described()
        for name, value in [(each.metadata["name"], getattr(settings, each.name))]
    ]


def _origin(name: str, value: object) -> Origin:
    if is_set(name):
        return Origin.ENVIRONMENT
    from_file = name == KEY and value is not None  # PROXY_API_KEY_FILE, STATE_DIR/key
    return Origin.FILE if from_file else Origin.DEFAULT
