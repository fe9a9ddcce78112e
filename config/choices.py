"""The words that some settings choose among."""

from enum import StrEnum


class HealthDetails(StrEnum):
    """Who sees more than statuses and codes: see ``app/web/access.py``."""

    TRUSTED = "trusted"
    ALWAYS = "always"
    NEVER = "never"


class LogFormat(StrEnum):
    """How a log line is written: for a person or for a machine."""

    TEXT = "text"
    JSON = "json"


class UnknownFields(StrEnum):
    """What happens to a request's field that the proxy does not know."""

    REFUSE = "refuse"
    CARRY = "pass"


class UnsupportedParameters(StrEnum):
    """What happens to a parameter of OpenAI's API that cannot be carried."""

    REFUSE = "refuse"
    IGNORE = "ignore"
