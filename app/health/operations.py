"""The description of the health endpoints, for OpenAPI."""

from app.contract.problem import ProblemSchema
from app.health.faces import Face
from app.health.schemas import (
    DetailedHealthSchema,
    HealthStatusesSchema,
    HealthySchema,
    HistorySchema,
)
from app.web.openapi import Operation

_BASIC = (ProblemSchema,)
_DETAILED = (DetailedHealthSchema, HealthStatusesSchema)  # to a trusted caller, others

_FACES = tuple(face.value for face in Face if face is not Face.JSON)
_FORMAT = {"format": "json, health+json or text, in place of Accept."}

OPERATIONS = (
    Operation(
        "/health",
        "Whether to send this service traffic.",
        {200: (HealthySchema,), 503: _BASIC, 500: _BASIC},
        faces=_FACES,
        queries=_FORMAT,
        keyed=True,
    ),
    Operation(
        "/health/detailed",
        "What is wrong, since when, and what to do.",
        {200: _DETAILED, 503: _DETAILED, 500: (*_DETAILED, ProblemSchema)},
        faces=_FACES,
        queries=_FORMAT,
        keyed=True,
    ),
    Operation(
        "/health/history",
        "What the health and the work have been.",
        {200: (HistorySchema,), 503: _BASIC},
        queries={
            "since": "How long ago (30m, 24h, 90d), or a moment (RFC 3339).",
            "step": "minute, hour or day.",
        },
    ),
    Operation(
        "/health/live",
        "That this process serves.",
        {200: (HealthySchema,)},
        faces=_FACES,
        queries=_FORMAT,
    ),
)
