"""The description of /v1 for OpenAPI; its bodies are the Messages API's own."""

from functools import partial

from app.messages.schemas import MessagesErrorSchema, UsageSchema
from app.web.openapi import Operation

_operation = partial(Operation, problem=MessagesErrorSchema, keyed=True)

OPERATIONS = (
    _operation(
        "/v1/messages",
        "The model's answer, whole or as server-sent events.",
        {200: ()},
        texts=("text/event-stream",),
        methods=("post",),
    ),
    _operation(
        "/v1/messages/count_tokens",
        "Not supported: 501.",
        methods=("post",),
    ),
    _operation("/v1/models", "The models of the setting MODELS.", {200: ()}),
    _operation("/v1/models/{name}", "One of them.", {200: ()}),
    _operation(
        "/v1/usage",
        "Requests and tokens by UTC day and key; since: the first day, as YYYY-MM-DD.",
        {200: (UsageSchema,)},
    ),
)
