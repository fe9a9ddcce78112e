"""Whom the headers of a proxy are believed."""

from ipaddress import ip_address, ip_network

import pytest
from flask import request
from hypothesis import given
from hypothesis import strategies as st

from app.callers.keys import Keys
from app.web.access import caller_of, sees_details
from app.web.current import part_of
from app.web.forwarded import Forwarded
from config.settings import Settings

TRUSTED = (ip_network("127.0.0.1"), ip_network("10.0.0.0/8"), ip_network("fd00::/8"))
SEEN = ("REMOTE_ADDR", "wsgi.url_scheme", "HTTP_HOST")
WORDS = st.text('0123456789.:," af', max_size=40)


def seen(peer: str, **headers: str) -> dict[str, str]:
    """Return what an app learns of a caller whose connection comes from ``peer``."""
    environ = {"REMOTE_ADDR": peer, "wsgi.url_scheme": "http", "HTTP_HOST": "proxy"}
    environ |= {f"HTTP_X_FORWARDED_{name}": said for name, said in headers.items()}
    learned = {}

    def app(environ, _):
        learned.update({name: environ[name] for name in SEEN})
        return []

    Forwarded(app, TRUSTED)(environ, lambda *_: None)
    return learned


def caller(peer: str, chain: str) -> str:
    return seen(peer, FOR=chain)["REMOTE_ADDR"]


@pytest.mark.parametrize(
    ("chain", "expected"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("6.6.6.6, 203.0.113.9", "203.0.113.9"),
        ("6.6.6.6, 203.0.113.9, 10.1.2.3", "203.0.113.9"),
        ("203.0.113.9,10.1.2.3,fd00::1", "203.0.113.9"),
        ("10.1.2.3, 10.1.2.4", "10.1.2.3"),
        ("2001:db8::1", "2001:db8::1"),
        ("fe80::1%caller=admin", "fe80::1"),
    ],
)
def test_the_caller_is_the_first_from_the_right_who_is_no_proxy(chain, expected):
    assert caller("127.0.0.1", chain) == expected


@pytest.mark.parametrize(
    "word", ["unknown", "", "_hidden", "6.6.6.6:80", "a\tb", '"', '"6.6.6.6"']
)
def test_what_is_no_address_is_nobodys(word):
    assert caller("127.0.0.1", word) == "127.0.0.1"
    assert caller("127.0.0.1", f"6.6.6.6, {word}, 10.1.2.3") == "10.1.2.3"


def test_no_quotation_mark_hides_who_asks():
    assert caller("127.0.0.1", '", 203.0.113.9') == "203.0.113.9"
    assert caller("127.0.0.1", '6.6.6.6, "x, 203.0.113.9, 10.1.2.3') == "203.0.113.9"


@pytest.mark.parametrize("peer", ["203.0.113.9", "127.0.0.2", "11.0.0.1", "", "::1"])
def test_nobody_else_is_believed(peer):
    forged = {"FOR": "10.0.0.1", "PROTO": "https", "HOST": "localhost"}
    assert [*seen(peer, **forged).values()] == [peer, "http", "proxy"]


def test_a_proxy_that_listens_on_ipv6_as_well_is_known():
    assert caller("::ffff:10.0.0.1", "203.0.113.9") == "203.0.113.9"
    assert caller("127.0.0.1", "203.0.113.9, ::ffff:10.0.0.1") == "203.0.113.9"


def test_scheme_and_host_are_taken_over():
    said = seen("10.0.0.1", PROTO="HTTPS", HOST="claude.example")
    assert [*said.values()] == ["10.0.0.1", "https", "claude.example"]


def test_a_scheme_that_is_none_is_not():
    assert seen("10.0.0.1", PROTO="https, javascript")["wsgi.url_scheme"] == "http"


@given(WORDS)
def test_whatever_the_chain_the_caller_is_an_address(chain):
    assert ip_address(caller("127.0.0.1", chain))


def test_who_passes_for_this_machine_is_not_direct(make_app, fake_claude, direct):
    app = make_app(TRUSTED_PROXIES="127.0.0.1")
    forged = {"X-Forwarded-For": "127.0.0.1", "X-Forwarded-Host": "localhost"}
    learned = []

    @app.before_request
    def look() -> None:
        settings = part_of(app, Settings)
        learned.append(request.remote_addr)
        learned.append(sees_details(request, settings))
        learned.append(caller_of(request, settings, part_of(app, Keys)))

    app.test_client().get("/health/live", headers=forged, environ_base=direct)
    assert learned == ["127.0.0.1", False, None]


def test_the_log_names_who_asked(make_app, fake_claude, capfd):
    client = make_app(TRUSTED_PROXIES="127.0.0.1").test_client()
    forged = {"X-Forwarded-For": "6.6.6.6, 203.0.113.9"}
    client.get("/nowhere", headers=forged)
    assert "caller=203.0.113.9" in capfd.readouterr().err


@pytest.mark.parametrize("host", ["a b", "[", "evil:port", "x" * 5000, "é"])
def test_no_host_that_is_passed_on_breaks_an_answer(make_app, fake_claude, host):
    client = make_app(TRUSTED_PROXIES="127.0.0.1").test_client()
    answer = client.get("/health/live", headers={"X-Forwarded-Host": host})
    assert answer.status_code in (200, 400)
