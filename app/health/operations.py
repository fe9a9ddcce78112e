"""The description of the health endpoints, for OpenAPI."""

from app.contract.problem import ProblemSchema
from app.health.schemas import (
    DetailedHealthSchema,
    HealthStatusesSchema,
    HealthySchema,
)
from app.web.openapi import Operation

_BASIC = (ProblemSchema,)
_DETAILED = (DetailedHealthSchema, HealthStatusesSchema)  # to a trusted caller, others

OPERATIONS = (
    Operation(
        "/health",
        "Whether to send this service traffic.",
        {200: (HealthySchema,), 503: _BASIC, 500: _BASIC},
        keyed=True,
    ),
    Operation(
        "/health/detailed",
        "What is wrong, since when, and what to do.",
        {200: _DETAILED, 503: _DETAILED, 500: (*_DETAILED, ProblemSchema)},
        keyed=True,
    ),
    Operation("/health/live", "That this process serves.", {200: (HealthySchema,)}),
)
