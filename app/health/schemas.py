"""How health is written as JSON: the contract's fields, and ours beside them.

These schemas are also what the OpenAPI description is made of.
"""

from datetime import UTC, datetime
from typing import Any, ClassVar

from marshmallow import RAISE, Schema, fields, post_dump
from marshmallow.validate import OneOf

from app.health.results import Source


class Moment(fields.String):
    """A moment as people read it: UTC, whole seconds, ``2024-01-15T10:30:00Z``."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(metadata={"format": "date-time"}, **kwargs)

    def _serialize(
        self, value: Any, attr: str | None, obj: Any, **kwargs: Any
    ) -> str | None:
        del attr, obj, kwargs
        if value is None:
            return None
        moment: datetime = value
        return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Uptime(fields.String):
    """Seconds as people read them: ``2h 15m 30s``, days first where there are any."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str:
        del attr, obj, kwargs
        minutes, seconds = divmod(int(value), 60)
        hours, minutes = divmod(minutes, 60)
        days, hours = divmod(hours, 24)
        return (f"{days}d " if days else "") + f"{hours}h {minutes}m {seconds}s"


def _status(*words: str) -> fields.String:
    return fields.String(required=True, validate=OneOf(words))


def _maybe(description: str) -> fields.String:
    return fields.String(allow_none=True, required=True, metadata=_about(description))


def _about(description: str) -> dict[str, str]:
    return {"description": description}


class Sparse(Schema):
    """A schema whose ``optional`` fields are left out while they say nothing."""

    class Meta:
        """In the OpenAPI description: no field that is not described."""

        unknown = RAISE

    optional: ClassVar[tuple[str, ...]] = ()

    @post_dump
    def drop_silent(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Leave out the optional fields that are None or empty."""
        return {k: v for k, v in data.items() if v or k not in self.optional}


class ServiceSchema(Sparse):
    """What every answer about health begins with."""

    optional = ("error", "details", "version", "warnings")
    status = _status("healthy", "unhealthy", "error")
    service = fields.Constant("claude-proxy", metadata={"type": "string"})
    timestamp = Moment(required=True)


class DetailsSchema(Sparse):
    """What is wrong and what to do; to a trusted caller also the particulars."""

    searched_paths = fields.List(fields.String())
    claude_cli_status = fields.String(validate=OneOf(["not_authenticated"]))
    port = fields.Integer()
    host = fields.String()
    code = fields.String(required=True, metadata=_about("Stable code of the trouble."))
    remedy = fields.String(required=True, metadata=_about("What to do about it."))
    request_id = fields.String()


class HealthySchema(ServiceSchema):
    """``GET /health`` while all is well: the contract's body."""

    version = fields.String(required=True, metadata=_about("The proxy's version."))


class TroubleSchema(ServiceSchema):
    """Any answer that says what is wrong: ``GET /health`` unwell, and every error."""

    error = fields.String(required=True, metadata=_about("What is wrong."))
    details = fields.Nested(DetailsSchema, required=True)


class ComponentSchema(Sparse):
    """What everyone may know of a component beside its status."""

    optional = ("code", "remedy", "note")
    status = _status("healthy", "unhealthy", "unauthenticated", "error")
    code = fields.String(metadata=_about("Stable code of what is wrong, if anything."))
    remedy = fields.String(metadata=_about("What to do about it."))


class CliStatusSchema(ComponentSchema):
    """The Claude CLI, to everyone."""

    status = _status("healthy", "unhealthy", "error")


class ApiServerStatusSchema(ComponentSchema):
    """This server, to everyone."""

    status = _status("healthy", "unhealthy", "error")


class AuthenticationStatusSchema(ComponentSchema):
    """The login, to everyone."""

    status = _status("healthy", "unauthenticated", "error")


class EvidenceSchema(Sparse):
    """Where a component's status comes from, and how old that is."""

    source = fields.Enum(Source, by_value=True, required=True)
    age_seconds = fields.Integer(required=True)


class CliSchema(CliStatusSchema):
    """The Claude CLI, to a trusted caller."""

    path = _maybe("The executable in use.")
    version = _maybe("The CLI's version.")
    authenticated = fields.Boolean(allow_none=True, required=True)
    last_check = Moment(allow_none=True, required=True)
    since = Moment(required=True)
    evidence = fields.Nested(EvidenceSchema, required=True)


class AuthenticationSchema(AuthenticationStatusSchema):
    """The login, to a trusted caller."""

    logged_in = fields.Boolean(allow_none=True, required=True)
    method = _maybe("claude.ai, api_key, api_key_helper, oauth_token or third_party.")
    user = _maybe("The account's e-mail address, where there is one.")
    expires = Moment(allow_none=True, required=True)
    renewable = fields.Boolean(required=True)
    login_ends = Moment(attribute="ends", allow_none=True, required=True)
    note = fields.String(metadata=_about("What is unusual, though nothing is wrong."))
    since = Moment(required=True)
    evidence = fields.Nested(EvidenceSchema, required=True)


class ApiServerSchema(ApiServerStatusSchema):
    """This server, to a trusted caller; the counts are since its start."""

    uptime = Uptime(required=True)
    uptime_seconds = fields.Integer(required=True)
    host = fields.String(required=True)
    port = fields.Integer(required=True)
    requests_processed = fields.Integer(required=True)
    errors = fields.Integer(required=True)


class ComponentStatusesSchema(Sparse):
    """The three components, to everyone."""

    claude_cli = fields.Nested(CliStatusSchema, required=True)
    api_server = fields.Nested(ApiServerStatusSchema, required=True)
    authentication = fields.Nested(AuthenticationStatusSchema, required=True)


class ComponentsSchema(Sparse):
    """The three components, to a trusted caller."""

    claude_cli = fields.Nested(CliSchema, required=True)
    api_server = fields.Nested(ApiServerSchema, required=True)
    authentication = fields.Nested(AuthenticationSchema, required=True)


class TransitionSchema(Sparse):
    """One change of a component's status."""

    optional = ("code", "from_code")
    time = Moment(required=True)
    component = fields.String(required=True)
    before = fields.String(data_key="from", required=True)
    after = fields.String(data_key="to", required=True)
    code_before = fields.String(data_key="from_code", metadata=_about("Why before."))
    code = fields.String(metadata=_about("Why; absent where it is healthy again."))


class ConfigurationSchema(Sparse):
    """The settings in force that the contract shows."""

    host = fields.String(required=True)
    port = fields.Integer(required=True)
    log_level = fields.String(required=True)
    cors_enabled = fields.Boolean(required=True)


class HealthStatusesSchema(ServiceSchema):
    """``GET /health/detailed`` to everyone."""

    version = fields.String(required=True, metadata=_about("The proxy's version."))
    error = fields.String(metadata=_about("What is wrong, if anything."))
    details = fields.Nested(DetailsSchema)
    components = fields.Nested(ComponentStatusesSchema, required=True)


class DetailedHealthSchema(HealthStatusesSchema):
    """``GET /health/detailed`` to a trusted caller."""

    components = fields.Nested(ComponentsSchema, required=True)
    configuration = fields.Nested(ConfigurationSchema, required=True)
    recent_changes = fields.List(fields.Nested(TransitionSchema), required=True)
    warnings = fields.List(fields.String())
