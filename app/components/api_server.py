"""This server as it runs; costs nothing to check, so every answer does."""

import time
from dataclasses import dataclass

from app.contract.codes import MEANINGS, Code, Status
from app.runtime import Runtime


@dataclass(frozen=True, slots=True)
class ApiServer:
    """This server as it runs; counts are of all its workers since its start."""

    status: Status
    uptime_seconds: int
    host: str
    port: int
    requests_processed: int
    errors: int
    code: Code | None = None
    remedy: str | None = None

    @property
    def uptime(self) -> int:
        """Return the same seconds, which the schema writes for people."""
        return self.uptime_seconds


def check_api_server(runtime: Runtime, requests: int, errors: int) -> ApiServer:
    """Report the server's uptime, address and counts; healthy unless it is stopping."""
    code = Code.DRAINING if runtime.draining else None
    return ApiServer(
        status=Status.UNHEALTHY if code else Status.HEALTHY,
        uptime_seconds=int(time.monotonic() - runtime.started_at),
        host=runtime.host,
        port=runtime.port,
        requests_processed=requests,
        errors=errors,
        code=code,
        remedy=MEANINGS[code].remedy if code else None,
    )
