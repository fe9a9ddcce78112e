"""The OpenAPI description of the endpoints, made from the schemas that write them."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Blueprint, Response, jsonify
from marshmallow import Schema

from app.contract.problem import ProblemSchema
from app.runtime import VERSION

# The key, in one header or the other: see app/web/access.py.
_SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "x-api-key": {"type": "apiKey", "in": "header", "name": "x-api-key"},
}
_WITH_OR_WITHOUT: list[dict[str, list[str]]] = [{}, {"bearer": []}, {"x-api-key": []}]
_MEANINGS = {200: "Healthy", 503: "Unhealthy", 500: "Internal error"}


@dataclass(frozen=True, slots=True)
class Operation:
    """One path as its room describes it.

    ``answers`` has the schemas of each HTTP status, none for any JSON object; ``texts``
    the content types of an answer that is text. Any other status is a ``problem``.
    ``faces`` are other content types in which each of ``answers`` can be had, and
    ``queries`` what may be asked for, by the parameter's name.
    ``keyed`` says that a caller with the key sees more; ``methods`` what it answers.
    """

    path: str
    summary: str
    answers: Mapping[int, tuple[type[Schema], ...]] = field(default_factory=dict)
    texts: tuple[str, ...] = ()
    faces: tuple[str, ...] = ()
    queries: Mapping[str, str] = field(default_factory=dict)
    keyed: bool = False
    methods: tuple[str, ...] = ("get", "head")
    problem: type[Schema] = ProblemSchema


THIS = Operation("/openapi.json", "This description.", {200: ()})


def blueprint(operations: Iterable[Operation]) -> Blueprint:
    """Make the blueprint that serves the description of these operations and itself."""
    bp = Blueprint("openapi", __name__)
    document = describe(operations)

    @bp.get(THIS.path)
    def openapi() -> Response:
        """Return the description of every endpoint."""
        return jsonify(document)

    return bp


def describe(operations: Iterable[Operation]) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of these operations and of the document."""
    operations = (*operations, THIS)
    spec = APISpec(
        title="Claude Code Proxy",
        version=VERSION,
        openapi_version="3.1.0",
        servers=[{"url": "/"}],  # where the description comes from
        plugins=[MarshmallowPlugin(schema_name_resolver=_name)],
    )
    for schema in _schemas(operations):
        spec.components.schema(_name(schema), schema=schema)
    for name, scheme in _SCHEMES.items():
        spec.components.security_scheme(name, scheme)
    for each in operations:
        methods = {method: _operation(method, each) for method in each.methods}
        spec.path(each.path, operations=methods)
    return spec.to_dict()


def _operation(method: str, operation: Operation) -> dict[str, Any]:
    words = re.findall(r"\w+", operation.path)
    described: dict[str, Any] = {
        "operationId": method + "".join(word.capitalize() for word in words),
        "summary": operation.summary,
        "responses": _responses(operation),
    }
    names = re.findall(r"{(\w+)}", operation.path)
    parameters = [
        *map(_parameter, names),
        *(_query(name, meaning) for name, meaning in operation.queries.items()),
    ]
    if parameters:
        described["parameters"] = parameters
    if method == "post":
        content = {"application/json": {"schema": {"type": "object"}}}
        described["requestBody"] = {"required": True, "content": content}
    return described | ({"security": _WITH_OR_WITHOUT} if operation.keyed else {})


def _parameter(name: str) -> dict[str, Any]:
    schema = {"type": "string"}
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _query(name: str, meaning: str) -> dict[str, Any]:
    schema = {"type": "string"}
    return {"name": name, "in": "query", "description": meaning, "schema": schema}


def _schemas(operations: Iterable[Operation]) -> list[type[Schema]]:
    named = [
        schema
        for each in operations
        for schemas in each.answers.values()
        for schema in schemas
    ]
    problems = (each.problem for each in operations)
    return list(dict.fromkeys((ProblemSchema, *problems, *named)))


def _responses(operation: Operation) -> dict[str, Any]:
    responses: dict[str, Any] = {
        str(status): _json(_MEANINGS[status], schemas)
        for status, schemas in operation.answers.items()
    }
    for response in responses.values():
        response["content"] |= {kind: _face(kind) for kind in operation.faces}
    if operation.texts:
        content = {kind: {"schema": {"type": "string"}} for kind in operation.texts}
        content |= responses.get("200", {}).get("content", {})
        responses["200"] = {"description": operation.summary, "content": content}
    return responses | {"default": _json("Any other error", (operation.problem,))}


def _face(kind: str) -> dict[str, Any]:
    return {"schema": {"type": "object" if kind.endswith("json") else "string"}}


def _json(meaning: str, schemas: tuple[type[Schema], ...]) -> dict[str, Any]:
    """Describe one JSON answer; no schema named: any JSON object."""
    refs = [{"$ref": f"#/components/schemas/{_name(schema)}"} for schema in schemas]
    schema = {"anyOf": refs} if refs else {"type": "object"}
    content = {"application/json": {"schema": schema}}
    return {"description": meaning, "content": content}


def _name(schema: Any) -> str:
    kind = schema if isinstance(schema, type) else type(schema)
    return kind.__name__.removesuffix("Schema")
