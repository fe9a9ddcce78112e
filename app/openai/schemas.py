"""OpenAI's error, as the OpenAPI description has it."""

from marshmallow import fields

from app.contract.fields import Strict, about


class OpenAiErrorDetailSchema(Strict):
    """What is wrong."""

    message = fields.String(required=True, metadata=about("What is wrong, and where."))
    type = fields.String(required=True)
    param = fields.String(
        required=True, allow_none=True, metadata=about("The field that is meant.")
    )
    code = fields.String(required=True, metadata=about("A stable code."))


class OpenAiErrorSchema(Strict):
    """Any answer of OpenAI's API that is an error."""

    error = fields.Nested(OpenAiErrorDetailSchema, required=True)
