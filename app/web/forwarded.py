"""Who really asks, where a trusted proxy passes a request on.

Anybody can send ``X-Forwarded-For``, ``-Proto`` and ``-Host``. They are believed only
where the connection comes from a network of TRUSTED_PROXIES, and the caller is the
first address from the right that is in none of them.

This decides what is written of a caller, and nothing of what it may do: the headers
stay, so ``web/access.py`` sees that the request was passed on. ``Forwarded`` (RFC 7239)
is not read: where one thing is said in two ways, the two can be made to differ.

By hand, since werkzeug's ProxyFix trusts a number of proxies, whoever connects, and
reads quotation marks: with one, a caller hides all that proxies write behind it.
"""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_SCHEMES = ("http", "https")


class Forwarded:
    """A WSGI application around another one, which then sees the caller."""

    def __init__(
        self,
        inner: "WSGIApplication",
        trusted: tuple[IPv4Network | IPv6Network, ...],
    ) -> None:
        self._inner = inner
        self._trusted = trusted

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Ask it, with what the headers say where they are to be believed."""
        if self._is_trusted(_address(environ.get("REMOTE_ADDR", ""))):
            self._believe(environ)
        return self._inner(environ, start_response)

    def _believe(self, environ: "WSGIEnvironment") -> None:
        if caller := self._caller(_said(environ, "FOR")):
            environ["REMOTE_ADDR"] = str(caller)
        scheme = _said(environ, "PROTO")[-1].lower()
        if scheme in _SCHEMES:
            environ["wsgi.url_scheme"] = scheme
        if host := _said(environ, "HOST")[-1]:
            environ["HTTP_HOST"] = host

    def _caller(self, chain: list[str]) -> IPv4Address | IPv6Address | None:
        """Walk from the right past all that are trusted.

        What is no address was made up: whoever passed it on is the last one known.
        """
        known = None
        for address in map(_address, reversed(chain)):
            known = address or known
            if not self._is_trusted(address):
                break
        return known

    def _is_trusted(self, address: IPv4Address | IPv6Address | None) -> bool:
        return address is not None and any(address in each for each in self._trusted)


def _said(environ: "WSGIEnvironment", name: str) -> list[str]:
    """Return the words of one of the headers; the last is the nearest proxy's."""
    words: str = environ.get(f"HTTP_X_FORWARDED_{name}", "")
    return [word.strip() for word in words.split(",")]


def _address(word: str) -> IPv4Address | IPv6Address | None:
    """Read an address; one of IPv4 in IPv6's clothes is one of IPv4.

    Without a scope (``fe80::1%eth0``), which may be any text.
    """
    try:
        address = ip_address(word.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
