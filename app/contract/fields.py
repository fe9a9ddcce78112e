"""How single values are written as JSON, in every answer alike."""

from datetime import UTC, datetime
from typing import Any, ClassVar

from marshmallow import RAISE, Schema, fields, post_dump
from marshmallow.validate import OneOf


def written(moment: datetime) -> str:
    """Write a moment as everywhere: UTC, whole seconds, ``2024-01-15T10:30:00Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Moment(fields.String):
    """A moment as people read it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(metadata={"format": "date-time"}, **kwargs)

    def _serialize(
        self, value: Any, attr: str | None, obj: Any, **kwargs: Any
    ) -> str | None:
        del attr, obj, kwargs
        if value is None:
            return None
        return written(value)


class Uptime(fields.String):
    """Seconds as people read them: ``2h 15m 30s``, days first where there are any."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str:
        del attr, obj, kwargs
        minutes, seconds = divmod(int(value), 60)
        hours, minutes = divmod(minutes, 60)
        days, hours = divmod(hours, 24)
        return (f"{days}d " if days else "") + f"{hours}h {minutes}m {seconds}s"


class Strict(Schema):
    """A schema that has, in the OpenAPI description, no field but those described."""

    class Meta:
        """So marshmallow calls it."""

        unknown = RAISE


class OmitEmpty(Strict):
    """A schema whose ``optional`` fields are left out while they say nothing."""

    optional: ClassVar[tuple[str, ...]] = ()

    @post_dump
    def omit_empty(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Leave out the optional fields that are None or empty."""
        return {k: v for k, v in data.items() if v or k not in self.optional}


def status_of(*words: str) -> fields.String:
    """Make the field of a status that is one of these words."""
    return fields.String(required=True, validate=OneOf(words))


def text_or_null(description: str) -> fields.String:
    """Make the field of a text that is always there, and null while not known."""
    return fields.String(allow_none=True, required=True, metadata=about(description))


def about(description: str) -> dict[str, str]:
    """Describe a field, for the OpenAPI description."""
    return {"description": description}
