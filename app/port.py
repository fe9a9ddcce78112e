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
            host,
            port,
            family=_family(host),
            type=socket.SOCK_STREAM,
            flags=socket.AI_PASSIVE,
        )[0]
        with socket.socket(family, kind, proto) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except (OSError, UnicodeError) as error:
        sys.stderr.write(json.dumps(_trouble(host, port, error), indent=2) + "\n")
        sys.exit(1)


def _family(host: str) -> socket.AddressFamily:
    """Return the family gunicorn will bind: IPv6 for such an address, else IPv4."""
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _trouble(host: str, port: int, error: OSError | UnicodeError) -> object:
    reason = getattr(error, "strerror", None) or "not a host name"
    if getattr(error, "errno", None) == errno.EADDRINUSE:
        said, code = f"Port {port} already in use", "port_in_use"
        remedy = "Change port with --port or PORT environment variable."
    else:
        said, code = f"Cannot listen on {host}: {reason}", "address_unavailable"
        remedy = "Change the address with --host or HOST, or the port with --port."
    body = {
        "status": "unhealthy",
        "timestamp": datetime.now(UTC),
        "error": said,
        "details": {"port": port, "host": host, "code": code, "remedy": remedy},
    }
    return TroubleSchema().dump(body)
