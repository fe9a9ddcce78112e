"""How health is written as JSON: the contract's fields, and ours beside them.

These schemas are also what the OpenAPI description is made of.
"""

from marshmallow import fields

from app.components.evidence import Source
from app.contract.fields import (
    Moment,
    OmitEmpty,
    Uptime,
    about,
    status_of,
    text_or_null,
)
from app.contract.problem import DetailsSchema, ServiceSchema


class HealthySchema(ServiceSchema):
    """``GET /health`` while all is well: the contract's body."""

    version = fields.String(required=True, metadata=about("The proxy's version."))


class ComponentSchema(OmitEmpty):
    """What everyone may know of a component beside its status."""

    optional = ("code", "remedy", "note")
    status = status_of("healthy", "unhealthy", "unauthenticated", "error")
    code = fields.String(metadata=about("Stable code of what is wrong, if anything."))
    remedy = fields.String(metadata=about("What to do about it."))


class CliStatusSchema(ComponentSchema):
    """The Claude CLI, to everyone."""

    status = status_of("healthy", "unhealthy", "error")


class ApiServerStatusSchema(ComponentSchema):
    """This server, to everyone."""

    status = status_of("healthy", "unhealthy", "error")


class AuthenticationStatusSchema(ComponentSchema):
    """The login, to everyone."""

    status = status_of("healthy", "unauthenticated", "error")


class EvidenceSchema(OmitEmpty):
    """Where a component's status comes from, and how old that is."""

    source = fields.Enum(Source, by_value=True, required=True)
    age_seconds = fields.Integer(required=True)


class CliSchema(CliStatusSchema):
    """The Claude CLI, to a trusted caller."""

    path = text_or_null("The executable in use.")
    version = text_or_null("The CLI's version.")
    authenticated = fields.Boolean(allow_none=True, required=True)
    last_check = Moment(allow_none=True, required=True)
    since = Moment(required=True)
    evidence = fields.Nested(EvidenceSchema, required=True)


class AuthenticationSchema(AuthenticationStatusSchema):
    """The login, to a trusted caller."""

    logged_in = fields.Boolean(allow_none=True, required=True)
    method = text_or_null(
        "claude.ai, api_key, api_key_helper, oauth_token or third_party."
    )
    user = text_or_null("The account's e-mail address, where there is one.")
    expires = Moment(allow_none=True, required=True)
    renewable = fields.Boolean(required=True)
    login_ends = Moment(attribute="ends", allow_none=True, required=True)
    note = fields.String(metadata=about("What is unusual, though nothing is wrong."))
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


class ComponentStatusesSchema(OmitEmpty):
    """The three components, to everyone."""

    claude_cli = fields.Nested(CliStatusSchema, required=True)
    api_server = fields.Nested(ApiServerStatusSchema, required=True)
    authentication = fields.Nested(AuthenticationStatusSchema, required=True)


class ComponentsSchema(OmitEmpty):
    """The three components, to a trusted caller."""

    claude_cli = fields.Nested(CliSchema, required=True)
    api_server = fields.Nested(ApiServerSchema, required=True)
    authentication = fields.Nested(AuthenticationSchema, required=True)


class TransitionSchema(OmitEmpty):
    """One change of a component's status."""

    optional = ("code", "from_code")
    time = Moment(required=True)
    component = fields.String(required=True)
    before = fields.String(data_key="from", required=True)
    after = fields.String(data_key="to", required=True)
    code_before = fields.String(data_key="from_code", metadata=about("Why before."))
    code = fields.String(metadata=about("Why; absent where it is healthy again."))


class ConfigurationSchema(OmitEmpty):
    """The settings in force that the contract shows."""

    host = fields.String(required=True)
    port = fields.Integer(required=True)
    log_level = fields.String(required=True)
    cors_enabled = fields.Boolean(required=True)


class HealthStatusesSchema(ServiceSchema):
    """``GET /health/detailed`` to everyone."""

    version = fields.String(required=True, metadata=about("The proxy's version."))
    error = fields.String(metadata=about("What is wrong, if anything."))
    details = fields.Nested(DetailsSchema)
    components = fields.Nested(ComponentStatusesSchema, required=True)


class DetailedHealthSchema(HealthStatusesSchema):
    """``GET /health/detailed`` to a trusted caller."""

    components = fields.Nested(ComponentsSchema, required=True)
    configuration = fields.Nested(ConfigurationSchema, required=True)
    recent_changes = fields.List(fields.Nested(TransitionSchema), required=True)
    warnings = fields.List(fields.String())
