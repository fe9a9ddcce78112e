"""Who is trusted: a direct caller on this machine, or one who has the operator's key.

Who has a key with a name may use ``/v1``, and is no more than a stranger elsewhere.

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

from app.callers.caller import LOCAL, OPERATOR
from app.callers.keys import Keys
from app.web.peer import is_own_user
from config.choices import HealthDetails
from config.settings import Settings

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


def caller_of(request: Request, settings: Settings, keys: Keys) -> str | None:
    """Return the name of who may use ``/v1``; None: nobody we know.

    Without a key set, with a name or without, a service on loopback is open to direct
    callers.
    """
    if has_key(request, settings):
        return OPERATOR
    if name := keys.name_of(_offered(request)):
        return name
    open_here = not settings.key_is_set and is_on_loopback(settings.host)
    return LOCAL if open_here and is_direct(request) else None


def sees_usage_of_all(request: Request, settings: Settings, keys: Keys) -> bool:
    """Tell whether the caller may see what others have used.

    Who shows a key with a name sees its own. ``HEALTH_DETAILS=always`` opens nothing
    here, ``never`` leaves the operator's key alone.
    """
    if has_key(request, settings):
        return True
    if keys.name_of(_offered(request)):
        return False
    return settings.health_details is not HealthDetails.NEVER and is_direct(request)


def why_refused(settings: Settings) -> str:
    """Tell a caller that was refused what is missing, and the operator what to set."""
    if not settings.key_is_set:
        return (
            "No key is set here, so only direct callers on this machine may ask, and"
            " only while HOST is a loopback address. Set PROXY_API_KEY or"
            " PROXY_API_KEY_FILE, or send the key that 'claude-proxy env' shows."
        )
    return (
        "The key is missing or wrong. Send the value of PROXY_API_KEY, or a key of"
        " PROXY_API_KEYS_FILE, as x-api-key or as Authorization: Bearer."
    )


def is_on_loopback(host: str) -> bool:
    """Tell whether a service that listens there is reached from this machine only."""
    return host == "localhost" or _is_loopback(host)


def has_key(request: Request, settings: Settings) -> bool:
    """Compare the caller's key with ours in constant time; no key set: False."""
    key = settings.proxy_api_key
    return key is not None and any(
        hmac.compare_digest(digest, key) for digest in _offered(request)
    )


def _offered(request: Request) -> list[bytes]:
    """Return the SHA-256 of each key that the caller shows."""
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    offered = [request.headers.get("X-Api-Key", "")]
    if scheme.lower() == "bearer":
        offered.append(bearer)
    return [hashlib.sha256(key.strip().encode()).digest() for key in offered]


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
    # A browser's, for a page of somebody else; "none" is what a person typed, and
    # "same-origin" our own page (by a Host that is this machine's, see below).
    if request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
        return True
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
