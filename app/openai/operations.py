"""The description of OpenAI's API for OpenAPI; its bodies are OpenAI's own."""

from functools import partial

from app.openai.schemas import OpenAiErrorSchema
from app.web.openapi import Operation

_operation = partial(
    Operation,
    answers={200: ()},
    texts=("text/event-stream",),
    methods=("post",),
    problem=OpenAiErrorSchema,
    keyed=True,
)

OPERATIONS = (
    _operation(
        "/v1/chat/completions", "The model's answer, as OpenAI's Chat Completions."
    ),
    _operation("/v1/responses", "The model's answer, as OpenAI's Responses."),
)
