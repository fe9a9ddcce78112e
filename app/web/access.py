"""Who is trusted: a direct caller on this machine, or one who has the key.

A direct caller connects over loopback with a socket of the service's own user, by the
kernel's word: what passes requests on runs as another user. And nothing in the request
shows that it was passed on: no header of a proxy, no HTTP/1.0, no other web page, and a
``Host`` that is this machine's own name (a page that rebinds its DNS name has another).
"""

import hashlib
import hmac
import socket
from ipaddress import ip_address

from flask import Request

from app.web.peer import is_own_user
from config.settings import HealthDetails, Settings

_PASSED_ON = frozenset({"forwarded", "via", "true-client-ip", "x-client-ip"})
_PASSED_ON_BEGIN = ("x-forwarded", "x-real-ip", "x-envoy-", "x-original-", "cf-")


def sees_details(request: Request, settings: Settings) -> bool:
    """Tell whether this caller may see paths, user and configuration."""
    if settings.health_details is HealthDetails.ALWAYS:
        return True
    if has_key(request, settings):
        return True
    trusting = settings.health_details is HealthDetails.TRUSTED
    return trusting and is_direct(request)


def caller_of(request: Request, settings: Settings) -> str | None:
    """Return the name of who may use ``/v1``; None: nobody we know.

    Without a key set, a service on loopback is open to direct callers.
    """
    if has_key(request, settings):
        return "key"
    open_here = not settings.key_is_set and is_on_loopback(settings.host)
    return "local" if open_here and is_direct(request) else None


def why_refused(settings: Settings) -> str:
    """Tell a caller that was refused what is missing, and the operator what to set."""
    if not settings.key_is_set:
        return (
            "No key is set here, so only direct callers on this machine may ask, and"
            " only while HOST is a loopback address. Set PROXY_API_KEY or"
            " PROXY_API_KEY_FILE, or send the key that 'claude-proxy env' shows."
        )
    return (
        "The key is missing or wrong. Send the value of PROXY_API_KEY as x-api-key or"
        " as Authorization: Bearer."
    )


def is_on_loopback(host: str) -> bool:
    """Tell whether a service that listens there is reached from this machine only."""
    return host == "localhost" or _is_loopback(host)


def has_key(request: Request, settings: Settings) -> bool:
    """Compare the caller's key with ours in constant time; no key set: False."""
    if settings.proxy_api_key is None:
        return False
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    offered = [request.headers.get("X-Api-Key", "")]
    if scheme.lower() == "bearer":
        offered.append(bearer)
    digests = [hashlib.sha256(key.strip().encode()).digest() for key in offered]
    return any(hmac.compare_digest(d, settings.proxy_api_key) for d in digests)


def is_direct(request: Request) -> bool:
    """Tell whether the caller itself is on this machine, as the service's own user."""
    if not _is_loopback(request.remote_addr or "") or _was_passed_on(request):
        return False
    host = request.host.rpartition(":")[0] if _has_port(request.host) else request.host
    if host != "localhost" and not _is_loopback(host.strip("[]")):
        return False
    # The real ends: other variables of the request come from its headers.
    connection = request.environ.get("gunicorn.socket")
    return isinstance(connection, socket.socket) and is_own_user(connection)


def _was_passed_on(request: Request) -> bool:
    """Tell whether the request shows that it is somebody else's."""
    if request.environ.get("SERVER_PROTOCOL") == "HTTP/1.0":
        return True
    if "Origin" in request.headers:
        return True
    if request.headers.get("Sec-Fetch-Site", "none") != "none":
        return True  # a browser's, for a page; "none" is what a person typed
    names = [name.lower() for name, _ in request.headers]
    return any(n in _PASSED_ON or n.startswith(_PASSED_ON_BEGIN) for n in names)


def _has_port(host: str) -> bool:
    return ":" in host and not host.endswith("]")


def _is_loopback(address: str) -> bool:
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    mapped = getattr(ip, "ipv4_mapped", None)
    return bool((mapped or ip).is_loopback)
