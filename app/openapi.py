"""The OpenAPI description of the endpoints, made from the schemas that write them."""

from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Blueprint, Response, jsonify

from app import extensions
from app.contract.problem import ProblemSchema
from app.health.schemas import DetailedHealthSchema, HealthStatusesSchema, HealthySchema
from app.version import VERSION

bp = Blueprint("openapi", __name__)

_SCHEMAS = {
    "Healthy": HealthySchema,
    "Problem": ProblemSchema,
    "HealthStatuses": HealthStatusesSchema,
    "DetailedHealth": DetailedHealthSchema,
}
_DETAILED = ("DetailedHealth", "HealthStatuses")  # to a trusted caller, to others
# By path: what it answers, and the schemas of each HTTP status.
_PATHS: dict[str, tuple[str, dict[int, tuple[str, ...]]]] = {
    "/health": (
        "Whether to send this service traffic.",
        {200: ("Healthy",), 503: ("Problem",), 500: ("Problem",)},
    ),
    "/health/detailed": (
        "What is wrong, since when, and what to do.",
        {200: _DETAILED, 503: _DETAILED, 500: (*_DETAILED, "Problem")},
    ),
    "/health/live": ("That this process serves.", {200: ("Healthy",)}),
    "/openapi.json": ("This description.", {200: ()}),
}
_TEXT = {"/metrics": "Metrics for Prometheus, as text or OpenMetrics."}
_MEANINGS = {200: "Healthy", 503: "Unhealthy", 500: "Internal error"}


@bp.get("/openapi.json")
def openapi() -> Response:
    """Return the description of every endpoint."""
    return jsonify(describe(metrics=extensions.settings().metrics_enabled))


def describe(*, metrics: bool = True) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document, with or without ``/metrics``."""
    spec = APISpec(
        title="Claude Code Proxy",
        version=VERSION,
        openapi_version="3.1.0",
        plugins=[MarshmallowPlugin()],
    )
    for name, schema in _SCHEMAS.items():
        spec.components.schema(name, schema=schema)
    for path, (summary, answers) in _PATHS.items():
        responses = {str(code): _response(code, answers[code]) for code in answers}
        responses["default"] = _response(0, ("Problem",))
        operation = {"summary": summary, "responses": responses}
        spec.path(path, operations={"get": operation, "head": operation})
    kinds = ("text/plain", "application/openmetrics-text")
    text = {"content": {kind: {"schema": {"type": "string"}} for kind in kinds}}
    for path, summary in _TEXT.items() if metrics else ():
        responses = {"200": {"description": summary, **text}}
        responses["default"] = _response(0, ("Problem",))
        operation = {"summary": summary, "responses": responses}
        spec.path(path, operations={"get": operation, "head": operation})
    return spec.to_dict()


def _response(status: int, names: tuple[str, ...]) -> dict[str, Any]:
    """Describe one answer; no schema named: any JSON object."""
    refs = [{"$ref": f"#/components/schemas/{name}"} for name in names]
    schema = {"anyOf": refs} if refs else {"type": "object"}
    content = {"application/json": {"schema": schema}}
    return {"description": _MEANINGS.get(status, "Any other error"), "content": content}
