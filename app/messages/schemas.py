"""The Messages API's error, as the OpenAPI description has it."""

from marshmallow import fields

from app.contract.fields import Strict, about


class MessagesErrorDetailSchema(Strict):
    """What is wrong: the API's own type, and a sentence."""

    type = fields.String(required=True, metadata=about("The Messages API's own type."))
    message = fields.String(required=True, metadata=about("What is wrong, and where."))


class UsageLineSchema(Strict):
    """What one key has used on one day."""

    day = fields.String(required=True, metadata=about("UTC, as YYYY-MM-DD."))
    caller = fields.String(required=True, metadata=about("The key's name."))
    requests = fields.Integer(required=True)
    errors = fields.Integer(required=True, metadata=about("Those that ended badly."))
    input_tokens = fields.Integer(required=True)
    output_tokens = fields.Integer(required=True)
    cache_creation_input_tokens = fields.Integer(required=True)
    cache_read_input_tokens = fields.Integer(required=True)


class UsageSchema(Strict):
    """What has been used since a day, by day and key; days without use are left out."""

    since = fields.String(required=True, metadata=about("UTC, as YYYY-MM-DD."))
    data = fields.List(fields.Nested(UsageLineSchema), required=True)


class MessagesErrorSchema(Strict):
    """Any answer of /v1 that is an error."""

    type = fields.Constant("error", required=True, metadata={"type": "string"})
    error = fields.Nested(MessagesErrorDetailSchema, required=True)
    request_id = fields.String(required=True, metadata=about("As in the log."))
