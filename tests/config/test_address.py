"""Where the proxy is reached, and whether a URL leads to it."""

import pytest

from config.address import is_loopback, own_url, refuse_own_address
from config.loading import SettingsError, load_settings


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("0.0.0.0", "http://127.0.0.1:8000"),
        ("::", "http://[::1]:8000"),
        ("proxy.test", "http://proxy.test:8000"),
    ],
)
def test_an_address_for_everyone_is_asked_over_loopback(host, url):
    assert own_url(load_settings({"HOST": host})) == url


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1", "http://localhost", "https://[::1]:8000/health"]
)
def test_loopback_is_told_by_its_name(url):
    assert is_loopback(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://192.0.2.1:8000",
        "http://localhost@proxy.test",
        "http://127.0.0.1.proxy.test",
        "http://[::1",
        "localhost:8000",
        "",
    ],
)
def test_what_is_not_surely_loopback_is_not(url):
    assert not is_loopback(url)


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        ("http://127.0.0.1:8000", "127.0.0.1", 8000),
        ("http://127.0.0.1:8000/", "0.0.0.0", 8000),
        ("http://localhost:8000", "::", 8000),
        ("http://0.0.0.0:8000", "localhost", 8000),
        ("http://[::1]:8000/x", "::1", 8000),
        ("http://Proxy.test:9000", "proxy.test", 9000),
        ("http://localhost", "127.0.0.1", 80),
        ("https://localhost", "127.0.0.1", 443),
    ],
)
def test_an_upstream_that_is_the_proxy_itself_is_refused(monkeypatch, url, host, port):
    monkeypatch.setenv("ANTHROPIC_BASE_URL", url)
    with pytest.raises(SettingsError, match="It points at this proxy"):
        refuse_own_address(host, port)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://127.0.0.1:8001",
        "http://gateway.test:8000",
        "https://127.0.0.1",
        "http://127.0.0.1:nonsense",
        "not a url",
    ],
)
def test_any_other_upstream_is_let_be(monkeypatch, url):
    monkeypatch.setenv("ANTHROPIC_BASE_URL", url)
    refuse_own_address("127.0.0.1", 8000)
