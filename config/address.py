"""Where this proxy is reached, and whether a URL leads to it."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from config.loading import SettingsError
from config.settings import Settings
from config.variables import Variables

_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104
_PORTS = {"http": 80, "https": 443}
_UPSTREAM = "ANTHROPIC_BASE_URL"


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


def refuse_own_address(host: str, port: int) -> None:
    """See that the CLI's requests do not come back to the proxy at this address.

    They would where the exports of ``claude-proxy env`` stand in the environment that
    the proxy is started from. Names are not resolved: what is compared is what is
    written.

    Raises:
        SettingsError: ``ANTHROPIC_BASE_URL`` leads to this address.
    """
    url = Variables({}).str(_UPSTREAM, "") or ""
    if _leads_to(url, host, port):
        raise SettingsError(
            [
                f"{_UPSTREAM}: It points at this proxy itself ({host}, port {port}), so"
                " its CLI would ask the proxy: unset what 'claude-proxy env' has set"
                f" ({_UPSTREAM}, ANTHROPIC_AUTH_TOKEN)."
            ]
        )


def _leads_to(url: str, host: str, port: int) -> bool:
    try:
        asked = urlsplit(url)
        asked_host, asked_port = asked.hostname or "", asked.port
    except ValueError:
        return False
    if not asked_host or (asked_port or _PORTS.get(asked.scheme)) != port:
        return False
    near = all(name in _ANY or _on_loopback(name) for name in (asked_host, host))
    return near or asked_host == host.lower()


def _on_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
