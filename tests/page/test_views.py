"""``GET /``: what the page shows, to whom, and that all of it is text."""

import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from app.contract.codes import Code
from app.database import DatabaseError
from app.history.archive import Archive
from app.history.slot import SERVICE, Slot
from app.monitor.monitor import Monitor
from app.page.words import REASONS
from app.web.current import part_of
from tests.support.made_up_past import write
from tests.support.messages_api import write_login
from tests.support.reports import of_components, reported
from tests.support.waiting import wait_until

STRANGER = {"X-Forwarded-For": "203.0.113.9"}


def test_a_healthy_service(see, says):
    says(reported())
    page = see()
    assert "Healthy for 3 days" in page.text
    for heading in ("Claude CLI healthy", "API server healthy", "Uptime", "24 h"):
        assert heading in page.text


@pytest.mark.parametrize(
    ("code", "heading"),
    [
        (Code.LOGIN_EXPIRED, "Authentication unhealthy"),
        (Code.STALE, "Authentication error"),
        (Code.STARTING, "Authentication starting"),
    ],
)
def test_a_service_that_is_not_healthy_is_a_page_all_the_same(see, says, code, heading):
    says(reported(code, of="authentication"))
    page = see()
    assert heading in page.text
    assert f"since 14:30 UTC: {REASONS[code]} {code}" in page.text
    assert "Healthy for" not in page.text


def test_a_remedy_is_said_once_and_its_command_can_be_copied(see, says):
    says(reported(Code.NOT_AUTHENTICATED, of="authentication"))
    page = see()
    assert page.text.count("claude-proxy login") == 1
    assert ("class", "copy") in page.attributes


def test_another_component_that_is_ill_has_its_own_remedy(see, says):
    report = reported(Code.CLI_NOT_FOUND)
    login = reported(Code.NOT_AUTHENTICATED, of="authentication").components
    both = {**report.components, "authentication": login["authentication"]}
    says(replace(report, components=both))
    page = see()
    assert "Install Claude CLI" in page.text
    assert "claude-proxy login" in page.text


def test_a_trusted_caller_sees_what_components_say_of_themselves(see, says):
    ends = datetime(2026, 12, 24, 18, 0, tzinfo=UTC)
    says(of_components(reported(), path="/opt/claude", user="me@x.org", expires=ends))
    page = see()
    for shown in ("/opt/claude", "me@x.org", "expires 2026-12-24 18:00 UTC"):
        assert shown in page.text


def test_a_stranger_sees_statuses_and_the_past_alone(see, says):
    report = of_components(
        reported(Code.CLI_FAILED, warnings=("STATE_DIR is full",)),
        path="/opt/claude",
        version="2.1.330",
        user="me@x.org",
    )
    says(report)
    page = see(STRANGER)
    for hidden in ("/opt/claude", "2.1.330", "me@x.org", "STATE_DIR", "127.0.0.1"):
        assert hidden not in page.text
    assert "Claude CLI unhealthy" in page.text
    assert "nobody measured" in page.text


def test_a_real_login_is_shown_to_its_owner_without_its_secrets(
    client, app, fake_claude, environment
):
    write_login(environment)
    wait_until(lambda: part_of(app, Monitor).report().code is None)
    mine, theirs = client.get("/").text, client.get("/", headers=STRANGER).text
    assert "user@example.com" in mine
    assert str(fake_claude.path) in mine
    for hidden in ("user@example.com", "2.1.330", str(environment.parent)):
        assert hidden not in theirs
    assert "made-up" not in mine + theirs


def test_warnings_are_those_of_the_detailed_health(see, says, client, app, monkeypatch):
    said = ("The history cannot be kept.",)
    monkeypatch.setattr(part_of(app, Archive), "problems", lambda: said)
    real = part_of(app, Monitor).report()
    says(replace(real, warnings=("The state was made anew.",)))
    warned = client.get("/health/detailed").json["warnings"]
    assert len(warned) == 2
    page = see()
    assert all(each in page.text for each in warned)


def test_a_code_of_another_version_is_shown_as_it_is(see, says, app):
    at = int(time.time() // 60) * 60 - 120
    part_of(app, Archive).add({at: Slot(states={SERVICE: {"cli_melted": 60.0}})})
    says(reported())
    assert "cli melted" in see().text


def test_a_history_that_cannot_be_read_is_said_and_never_green(
    see, says, app, monkeypatch
):
    def fail(*_: object) -> None:
        raise DatabaseError("database is locked")

    monkeypatch.setattr(part_of(app, Archive), "slots", fail)
    says(reported())
    page = see()
    assert "The history cannot be read: database is locked." in page.text
    assert "None was measured" not in page.text
    assert "data-letters" not in dict(page.attributes)


def test_without_a_past_nothing_is_green_and_nothing_claimed(see, says):
    says(reported())
    page = see()
    letters = {value for name, value in page.attributes if name == "data-letters"}
    assert set("".join(filter(None, letters))) == {"n"}
    assert "not measured" in page.text
    assert "100 %" not in page.text


def test_it_is_well_formed_and_no_id_is_used_twice(see, says, app):
    write(part_of(app, Archive), time.time())
    says(reported(Code.QUOTA_EXHAUSTED, of="quota"))
    page = see()
    assert len(page.ids) == len(set(page.ids))
    named = {value for name, value in page.attributes if name == "aria-labelledby"}
    assert named <= set(page.ids)


def test_a_full_page_is_light(client, says, app):
    write(part_of(app, Archive), time.time())
    says(of_components(reported(), path="/p" * 50, user="u" * 50))
    assert len(client.get("/").data) < 60 << 10
