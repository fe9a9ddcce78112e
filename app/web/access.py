"""Who is trusted: a direct caller on this machine, or one who has the key.

A direct caller connects over loopback and nothing shows that it passes on somebody
else's request: no forwarding header, no HTTP/1.0 (what nginx before 1.29.7 speaks to
its upstream, with no such header unless told), no web page's ``Origin``, and a ``Host``
that is this machine's own name (a page that rebinds its DNS name has another).
"""

import hashlib
import hmac
from ipaddress import ip_address

from flask import Request

from config.settings import HealthDetails, Settings

_PASSED_ON = (
    "Forwarded",
    "Via",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Proto",
    "X-Real-Ip",
    "Origin",
)


def sees_details(request: Request, settings: Settings) -> bool:
    """Tell whether this caller may see paths, user and configuration."""
    if settings.health_details is HealthDetails.ALWAYS:
        return True
    if has_key(request, settings):
        return True
    trusting = settings.health_details is HealthDetails.TRUSTED
    return trusting and is_direct_loopback(request)


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


def is_direct_loopback(request: Request) -> bool:
    """Tell whether the caller itself is on this machine."""
    if not _is_loopback(request.remote_addr or ""):
        return False
    if request.environ.get("SERVER_PROTOCOL") == "HTTP/1.0":
        return False
    if any(name in request.headers for name in _PASSED_ON):
        return False
    host = request.host.rpartition(":")[0] if _has_port(request.host) else request.host
    return host == "localhost" or _is_loopback(host.strip("[]"))


def _has_port(host: str) -> bool:
    return ":" in host and not host.endswith("]")


def _is_loopback(address: str) -> bool:
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    mapped = getattr(ip, "ipv4_mapped", None)
    return bool((mapped or ip).is_loopback)
