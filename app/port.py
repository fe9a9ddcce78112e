"""Looks at the port before anything starts, and says at once that it is taken."""

import errno
import json
import socket
import sys
from datetime import UTC, datetime

from app.health.schemas import TroubleSchema


def refuse_taken_port(host: str, port: int) -> None:
    """Say so on stderr as JSON and exit with 1 where the address cannot be had."""
    try:
        family, kind, proto, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, proto) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        sys.stderr.write(json.dumps(_trouble(host, port, error), indent=2) + "\n")
        sys.exit(1)


def _trouble(host: str, port: int, error: OSError) -> object:
    if error.errno == errno.EADDRINUSE:
        said, code = f"Port {port} already in use", "port_in_use"
        remedy = "Change port with --port or PORT environment variable."
    else:
        said, code = f"Cannot listen on {host}: {error.strerror}", "address_unavailable"
        remedy = "Change the address with --host or HOST, or the port with --port."
    body = {
        "status": "unhealthy",
        "timestamp": datetime.now(UTC),
        "error": said,
        "details": {"port": port, "host": host, "code": code, "remedy": remedy},
    }
    return TroubleSchema().dump(body)
