"""Where this proxy is reached, and whether a URL leads to it."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from config.settings import Settings

_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104


def own_url(settings: Settings) -> str:
    """Return the URL of a proxy with these settings, for a caller on this machine."""
    host = _ANY.get(settings.host, settings.host)
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"


def is_loopback(url: str) -> bool:
    """Tell whether a URL names this machine's loopback, as written."""
    try:
        return _on_loopback(urlsplit(url).hostname or "")
    except ValueError:
        return False


def _on_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
