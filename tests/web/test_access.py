"""Who is trusted."""

import pytest
from flask import request

from app import create_app
from app.web.access import sees_details
from app.web.current import part_of
from config.settings import Settings, load_settings

LOOPBACK = {"REMOTE_ADDR": "127.0.0.1", "SERVER_PROTOCOL": "HTTP/1.1"}
STRANGER = {"REMOTE_ADDR": "203.0.113.9", "SERVER_PROTOCOL": "HTTP/1.1"}


def trusted(environ, headers=None, url="http://localhost:8000", **options) -> bool:
    app = create_app(load_settings(options))
    with app.test_request_context(
        "/health", base_url=url, environ_overrides=environ, headers=headers
    ):
        return sees_details(request, part_of(app, Settings))


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"]
)
def test_a_direct_loopback_caller_is_trusted(address):
    assert trusted(LOOPBACK | {"REMOTE_ADDR": address})


@pytest.mark.parametrize("address", ["203.0.113.9", "10.0.0.1", "::2", "", "nonsense"])
def test_anybody_else_is_not(address):
    assert not trusted(LOOPBACK | {"REMOTE_ADDR": address})


@pytest.mark.parametrize(
    "header",
    ["X-Forwarded-For", "Forwarded", "Via", "X-Real-IP", "X-Forwarded-Proto", "Origin"],
)
def test_a_request_that_was_passed_on_is_not(header):
    assert not trusted(LOOPBACK, {header: "127.0.0.1"})


def test_http_1_0_is_how_an_unconfigured_nginx_passes_on():
    assert not trusted(LOOPBACK | {"SERVER_PROTOCOL": "HTTP/1.0"})


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:8000", True),
        ("http://[::1]:8000", True),
        ("http://[::1]", True),
        ("http://localhost", True),
        ("http://rebound.example:8000", False),
        ("http://localhost.rebound.example", False),
        ("http://127.0.0.1.rebound.example:8000", False),
        ("http://10.0.0.1:8000", False),
    ],
)
def test_the_host_has_to_be_this_machines_name(url, expected):
    assert trusted(LOOPBACK, url=url) is expected


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Authorization": "Bearer k3y"}, True),
        ({"Authorization": "bearer k3y"}, True),
        ({"X-Api-Key": "k3y"}, True),
        ({"Authorization": "Basic k3y"}, False),
        ({"Authorization": "Bearer k3"}, False),
        ({"Authorization": "k3y"}, False),
        ({"Authorization": "Bearer"}, False),
        ({"X-Api-Key": "k3"}, False),
        ({"X-Api-Key": "k3yy"}, False),
        ({"X-Api-Key": "K3Y"}, False),
        ({"X-Api-Key": "\xff"}, False),
        ({}, False),
    ],
)
def test_the_key_makes_a_stranger_trusted(headers, expected):
    assert trusted(STRANGER, headers, PROXY_API_KEY="k3y") is expected


def test_without_a_key_set_no_key_is_right():
    assert not trusted(STRANGER, {"X-Api-Key": ""})


def test_always_opens_the_details_to_all():
    assert trusted(STRANGER, HEALTH_DETAILS="always")


def test_never_closes_them_to_all_but_the_key():
    options = {"HEALTH_DETAILS": "never", "PROXY_API_KEY": "k3y"}
    assert not trusted(LOOPBACK, **options)
    assert trusted(STRANGER, {"X-Api-Key": "k3y"}, **options)


def test_an_empty_forwarding_header_is_one_too():
    assert not trusted(LOOPBACK, {"X-Forwarded-For": ""})


def test_the_key_counts_through_a_reverse_proxy():
    headers = {"X-Forwarded-For": "203.0.113.9", "X-Api-Key": "k3y"}
    environ = LOOPBACK | {"SERVER_PROTOCOL": "HTTP/1.0"}
    assert trusted(environ, headers, PROXY_API_KEY="k3y")


def test_a_wrong_key_takes_nothing_from_a_direct_caller():
    assert trusted(LOOPBACK, {"X-Api-Key": "wrong"}, PROXY_API_KEY="k3y")


def test_a_key_in_the_address_is_no_key():
    url = "http://localhost:8000"
    app = create_app(load_settings({"PROXY_API_KEY": "k3y"}))
    with app.test_request_context(
        "/health?x-api-key=k3y", base_url=url, environ_overrides=STRANGER
    ):
        assert not sees_details(request, part_of(app, Settings))


def test_always_opens_them_through_a_reverse_proxy_too():
    assert trusted(LOOPBACK, {"Forwarded": "for=x"}, HEALTH_DETAILS="always")


def test_never_without_a_key_set_is_never():
    assert not trusted(LOOPBACK, {"X-Api-Key": ""}, HEALTH_DETAILS="never")
