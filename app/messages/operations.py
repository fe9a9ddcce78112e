"""The description of /v1 for OpenAPI; its bodies are the Messages API's own."""

from functools import partial

from app.messages.schemas import MessagesErrorSchema
from app.web.openapi import Operation

_operation = partial(Operation, problem=MessagesErrorSchema, keyed=True)

OPERATIONS = (
    Operation("/", "Answers HEAD, with which clients look for the API.", {200: ()}),
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
)
