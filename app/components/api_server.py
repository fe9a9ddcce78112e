"""This server as it runs: its uptime, address and counts.

Healthy unless it is stopping. It costs nothing to check, so every answer does.
"""

import time
from typing import Any

from marshmallow import fields

from app.components.component import Component, ComponentSchema
from app.contract.codes import MEANINGS, Code, Status
from app.contract.fields import Uptime, status_of
from app.runtime import Runtime


class ApiServerStatusSchema(ComponentSchema):
    """This server, to everyone."""

    status = status_of("healthy", "unhealthy", "error")


class ApiServerSchema(ApiServerStatusSchema):
    """This server, to a trusted caller; the counts are since its start."""

    uptime = Uptime(required=True)
    uptime_seconds = fields.Integer(required=True)
    host = fields.String(required=True)
    port = fields.Integer(required=True)
    requests_processed = fields.Integer(required=True)
    errors = fields.Integer(required=True)


class ApiServer(Component):
    """This server."""

    name = "api_server"
    status_schema = ApiServerStatusSchema
    schema = ApiServerSchema


def check_api_server(runtime: Runtime, requests: int, errors: int) -> dict[str, Any]:
    """Return the server's status and what ``ApiServerSchema`` shows of it.

    The counts are of all its workers since its start.
    """
    code = Code.DRAINING if runtime.draining else None
    uptime = int(time.monotonic() - runtime.started_at)
    return {
        "status": Status.UNHEALTHY if code else Status.HEALTHY,
        "code": code,
        "remedy": MEANINGS[code].remedy if code else None,
        "uptime": uptime,
        "uptime_seconds": uptime,
        "host": runtime.host,
        "port": runtime.port,
        "requests_processed": requests,
        "errors": errors,
    }
