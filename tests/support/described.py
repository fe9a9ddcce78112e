"""A test client that holds every answer to the OpenAPI description."""

import re
from functools import cache
from typing import Any

from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012
from werkzeug.test import TestResponse

from app.factory import operations
from app.openai.errors import PREFIXES
from app.web.openapi import describe

_SCHEMAS = "#/components/schemas/"


class DescribedClient(FlaskClient):
    """Fails a test whose answer is not as described, in its status or its body."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        answer = super().open(*args, **kwargs)
        hold(answer, answer.request.method, answer.request.path)
        return answer


def hold(answer: TestResponse, method: str, path: str) -> None:
    """Raise ``jsonschema.ValidationError`` or AssertionError where it differs."""
    operation = operation_of(path, method)
    if method in ("HEAD", "OPTIONS"):
        return
    if operation is None:
        assert answer.status_code >= 400, f"{path} is not described"
        name = "MessagesError" if path.startswith("/v1/") else "Problem"
        name = "OpenAiError" if path.startswith(PREFIXES) else name
        validator({"$ref": _SCHEMAS + name}).validate(answer.json)
        return
    responses = operation["responses"]
    response = responses.get(str(answer.status_code), responses["default"])
    kind = answer.content_type.partition(";")[0]
    assert kind in response["content"]
    if kind == "application/json":
        validator(response["content"][kind]["schema"]).validate(answer.json)


def operation_of(path: str, method: str) -> Any:
    """Return the description of what is asked, if it has one."""
    for described, methods in description()["paths"].items():
        pattern = re.sub(r"\\{\w+\\}", "[^/]+", re.escape(described))
        if re.fullmatch(pattern, path.rstrip("/") or "/"):
            return methods.get(method.lower())
    return None


@cache
def description() -> dict[str, Any]:
    return describe(operations(metrics=True))


def validator(schema: dict[str, Any]) -> Draft202012Validator:
    """Check against a schema that refers to the whole description."""
    document = Resource(contents=description(), specification=DRAFT202012)
    registry = Registry().with_resource("urn:description", document)
    return Draft202012Validator(_absolute(schema), registry=registry)


def _absolute(part: Any) -> Any:
    if isinstance(part, list):
        return [_absolute(each) for each in part]
    if not isinstance(part, dict):
        return part
    return {
        word: f"urn:description{value}" if word == "$ref" else _absolute(value)
        for word, value in part.items()
    }
