"""Where the proxy is reached, and whether a URL leads to it."""

import pytest

from config.address import is_loopback, own_url
from config.settings import load_settings


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
