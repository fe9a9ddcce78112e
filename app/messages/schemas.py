"""The Messages API's error, as the OpenAPI description has it."""

from marshmallow import RAISE, Schema, fields

from app.contract.fields import about


class _Strict(Schema):
    class Meta:
        """In the OpenAPI description: no field that is not described."""

        unknown = RAISE


class MessagesErrorDetailSchema(_Strict):
    """What is wrong: the API's own type, and a sentence."""

    type = fields.String(required=True, metadata=about("The Messages API's own type."))
    message = fields.String(required=True, metadata=about("What is wrong, and where."))


class MessagesErrorSchema(_Strict):
    """Any answer of /v1 that is an error."""

    type = fields.Constant("error", required=True, metadata={"type": "string"})
    error = fields.Nested(MessagesErrorDetailSchema, required=True)
    request_id = fields.String(required=True, metadata=about("As in the log."))
