"""Who is trusted."""

import pytest
from flask import request

from app import create_app
from app.callers.keys import Keys
from app.server.key import make_key
from app.web.access import caller_of, has_key, sees_details, sees_usage_of_all
from app.web.current import part_of
from config.loading import load_settings
from config.settings import Settings
from tests.support.keys import ALICE

STRANGER = {"REMOTE_ADDR": "203.0.113.9", "SERVER_PROTOCOL": "HTTP/1.1"}


def ask_trust(environ, headers=None, url="http://localhost:8000", **options) -> bool:
    app = create_app(load_settings(options))
    with app.test_request_context(
        "/health", base_url=url, environ_overrides=environ, headers=headers
    ):
        return sees_details(request, part_of(app, Settings))


@pytest.fixture
def trusted(direct):
    """Tell whether a caller over a connection of our own user is trusted."""

    def trusted(environ=None, headers=None, **more) -> bool:
        direct_caller = direct | {"SERVER_PROTOCOL": "HTTP/1.1"}
        return ask_trust(direct_caller | (environ or {}), headers, **more)

    return trusted


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"]
)
def test_a_direct_loopback_caller_is_trusted(trusted, address):
    assert trusted({"REMOTE_ADDR": address})


@pytest.mark.parametrize("address", ["203.0.113.9", "10.0.0.1", "::2", "", "nonsense"])
def test_anybody_else_is_not(trusted, address):
    assert not trusted({"REMOTE_ADDR": address})


@pytest.mark.parametrize(
    "header",
    [
        *("X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Client-Cert"),
        *("Forwarded", "Via", "X-Real-IP", "True-Client-IP", "X-Client-IP"),
        *("CF-Connecting-IP", "CF-Ray", "X-Envoy-External-Address"),
        *("X-Envoy-Original-Path", "X-Original-URI", "X-Original-Host", "Origin"),
    ],
)
def test_a_request_that_was_passed_on_is_not(trusted, header):
    assert not trusted({}, {header: "127.0.0.1"})


@pytest.mark.parametrize(
    ("site", "expected"),
    [("none", True), ("same-origin", True), ("cross-site", False), ("", False)],
)
def test_of_a_browser_only_a_person_and_our_own_page_are_direct(
    trusted, site, expected
):
    assert trusted(headers={"Sec-Fetch-Site": site}) is expected


def test_headers_of_every_client_pass_nothing_on(trusted):
    headers = {"Accept": "*/*", "User-Agent": "curl/8", "Accept-Encoding": "gzip"}
    assert trusted(headers=headers)


def test_a_server_that_shows_no_connection_has_no_direct_callers(trusted):
    assert not trusted({"gunicorn.socket": None})


def test_a_closed_connection_is_nobodys(trusted, direct):
    direct["gunicorn.socket"].close()
    assert not trusted()


def test_http_1_0_is_how_an_unconfigured_nginx_passes_on(trusted):
    assert not trusted({"SERVER_PROTOCOL": "HTTP/1.0"})


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
def test_the_host_has_to_be_this_machines_name(trusted, url, expected):
    assert trusted(url=url) is expected


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
def test_the_key_makes_a_stranger_trusted(trusted, headers, expected):
    assert trusted(STRANGER, headers, PROXY_API_KEY="k3y") is expected


def test_without_a_key_set_no_key_is_right(trusted):
    assert not trusted(STRANGER, {"X-Api-Key": ""})


def test_always_opens_the_details_to_all(trusted):
    assert trusted(STRANGER, HEALTH_DETAILS="always")


def test_never_closes_them_to_all_but_the_key(trusted):
    options = {"HEALTH_DETAILS": "never", "PROXY_API_KEY": "k3y"}
    assert not trusted(**options)
    assert trusted(STRANGER, {"X-Api-Key": "k3y"}, **options)


def test_an_empty_forwarding_header_is_one_too(trusted):
    assert not trusted({}, {"X-Forwarded-For": ""})


def test_the_key_counts_through_a_reverse_proxy(trusted):
    headers = {"X-Forwarded-For": "203.0.113.9", "X-Api-Key": "k3y"}
    environ = {"SERVER_PROTOCOL": "HTTP/1.0"}
    assert trusted(environ, headers, PROXY_API_KEY="k3y")


def test_a_wrong_key_takes_nothing_from_a_direct_caller(trusted):
    assert trusted({}, {"X-Api-Key": "wrong"}, PROXY_API_KEY="k3y")


def test_a_key_in_the_address_is_no_key():
    url = "http://localhost:8000"
    app = create_app(load_settings({"PROXY_API_KEY": "k3y"}))
    with app.test_request_context(
        "/health?x-api-key=k3y", base_url=url, environ_overrides=STRANGER
    ):
        assert not sees_details(request, part_of(app, Settings))


def test_always_opens_them_through_a_reverse_proxy_too(trusted):
    assert trusted({}, {"Forwarded": "for=x"}, HEALTH_DETAILS="always")


def test_never_without_a_key_set_is_never(trusted):
    assert not trusted({}, {"X-Api-Key": ""}, HEALTH_DETAILS="never")


def test_a_wrong_bearer_does_not_hide_a_right_key(fake_claude):
    app = create_app(load_settings({"PROXY_API_KEY": "k3y"}))
    headers = {"Authorization": "Bearer other", "X-Api-Key": "k3y"}
    with app.test_request_context("/", headers=headers):
        assert has_key(request, part_of(app, Settings))


def ask_caller(environ, headers=None, **options) -> str | None:
    app = create_app(load_settings(options))
    with app.test_request_context(
        "/v1/messages",
        base_url="http://localhost:8000",
        environ_overrides={"SERVER_PROTOCOL": "HTTP/1.1"} | environ,
        headers=headers,
    ):
        return caller_of(request, part_of(app, Settings), part_of(app, Keys))


def test_without_a_key_set_v1_is_open_to_a_direct_caller(direct):
    assert ask_caller(direct) == "local"


@pytest.mark.parametrize(
    "options", [{"HOST": "0.0.0.0"}, {"HOST": "::"}, {"PROXY_API_KEY": "k3y"}]
)
def test_otherwise_even_a_direct_caller_needs_the_key(direct, options):
    assert ask_caller(direct, **options) is None


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_each_name_of_loopback_is_one(direct, host):
    assert ask_caller(direct, HOST=host) == "local"


def test_a_stranger_has_to_have_the_key():
    assert ask_caller(STRANGER) is None
    headers = {"X-Api-Key": "k3y"}
    assert ask_caller(STRANGER, headers, PROXY_API_KEY="k3y") == "key"


def test_a_key_that_the_start_made_opens_and_does_not_close(direct):
    settings = load_settings()
    make_key(settings)
    made = (settings.state_dir / "key").read_text().strip()
    assert ask_caller(direct) == "local"
    assert ask_caller(STRANGER, {"X-Api-Key": made}) == "key"


@pytest.fixture
def named(write_keys) -> dict[str, str]:
    """Have a file of keys, and return the headers of who is in it."""
    write_keys(f"alice {ALICE}\n")
    return {"X-Api-Key": ALICE}


def test_a_caller_is_called_as_its_key_is(direct, named):
    assert ask_caller(STRANGER, named) == "alice"
    assert ask_caller(direct, {"Authorization": f"Bearer {ALICE}"}) == "alice"


def test_a_file_of_keys_closes_as_a_key_does(direct, named):
    assert ask_caller(direct) is None
    assert ask_caller(direct, {"X-Api-Key": f"{ALICE}x"}) is None


def test_a_key_with_a_name_makes_nobody_trusted(trusted, named):
    assert not trusted(STRANGER, named)
    assert trusted({}, named)


def sees_all(environ, headers=None, **options) -> bool:
    app = create_app(load_settings(options))
    with app.test_request_context(
        "/v1/usage",
        base_url="http://localhost:8000",
        environ_overrides={"SERVER_PROTOCOL": "HTTP/1.1"} | environ,
        headers=headers,
    ):
        parts = part_of(app, Settings), part_of(app, Keys)
        return sees_usage_of_all(request, *parts)


def test_the_operator_sees_the_usage_of_all(direct, named):
    assert sees_all(STRANGER, {"X-Api-Key": "k3y"}, PROXY_API_KEY="k3y")
    assert sees_all(direct)


def test_nobody_else_does(direct, named):
    assert not sees_all(STRANGER)
    assert not sees_all(STRANGER, HEALTH_DETAILS="always")
    assert not sees_all(direct, HEALTH_DETAILS="never")
    assert not sees_all(direct, named)
