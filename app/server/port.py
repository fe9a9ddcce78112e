"""Looks at the port before anything starts, and says at once that it is taken."""

import errno
import json
import socket
import sys
from typing import Any

from app.contract.codes import Code
from app.contract.problem import problem


def refuse_taken_port(host: str, port: int) -> None:
    """Say so on stderr as JSON and exit with 1 where the address cannot be had."""
    if (why := why_not(host, port)) is not None:
        sys.stderr.write(json.dumps(why, indent=2) + "\n")
        sys.exit(1)


def why_not(host: str, port: int) -> dict[str, Any] | None:
    """Return the problem where the address cannot be had; None where it can."""
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
        return _problem(host, port, error)
    return None


def _family(host: str) -> socket.AddressFamily:
    """Return the family gunicorn will bind: IPv6 for such an address, else IPv4."""
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _problem(host: str, port: int, error: OSError | UnicodeError) -> dict[str, Any]:
    if getattr(error, "errno", None) == errno.EADDRINUSE:
        code, said = Code.PORT_IN_USE, f"Port {port} already in use"
    else:
        reason = getattr(error, "strerror", None) or "not a host name"
        code, said = Code.ADDRESS_UNAVAILABLE, f"Cannot listen on {host}: {reason}"
    return problem(code, error=said, port=port, host=host)
