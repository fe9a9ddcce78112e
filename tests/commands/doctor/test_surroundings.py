"""What the doctor says of HOME, PATH, who started it, and HTTP proxies."""

import pytest

from app.commands.doctor import surroundings
from app.commands.doctor.finding import Finding, Level, Name
from app.commands.doctor.surroundings import examine_surroundings


def found(name: str) -> Finding:
    return next(each for each in examine_surroundings() if each.name == name)


@pytest.fixture(autouse=True)
def nowhere(monkeypatch, tmp_path, environment) -> None:
    """Stand in no container and no unit, where the user's entry is HOME."""
    monkeypatch.setattr(surroundings, "_CONTAINERS", ())
    monkeypatch.setattr(surroundings, "_CGROUP", tmp_path / "none")
    monkeypatch.setattr(surroundings, "_home_by_entry", lambda: environment)


def test_a_home_that_is_its_users_is_well(environment):
    assert found("home") == Finding(Name.HOME, Level.OK, str(environment))


def test_a_home_other_than_the_users_is_told(monkeypatch, tmp_path):
    monkeypatch.setattr(surroundings, "_home_by_entry", lambda: tmp_path / "own")
    assert found("home").level is Level.WARN
    assert str(tmp_path / "own") in found("home").remedy


def test_a_home_that_is_not_there_is_bad(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path / "none"))
    assert found("home").level is Level.BAD


def test_a_home_that_cannot_be_written_is_bad(monkeypatch):
    monkeypatch.setattr(surroundings.os, "access", lambda *_: False)
    assert found("home").seen.endswith("not writable")


def test_a_home_that_is_not_set_is_said_so(monkeypatch):
    monkeypatch.delenv("HOME")
    assert "HOME is not set" in found("home").seen


@pytest.mark.parametrize(
    ("path", "level"),
    [
        ("/usr/bin:/bin", "ok"),
        ("/usr/bin::/bin", "warn"),
        ("bin", "warn"),
        ("", "warn"),
    ],
)
def test_a_path_is_looked_at(monkeypatch, path, level):
    monkeypatch.setenv("PATH", path)
    assert found("path").level == level


def test_a_container_and_a_unit_are_named(monkeypatch, tmp_path):
    cgroup, mark = tmp_path / "cgroup", tmp_path / ".dockerenv"
    cgroup.write_text("0::/system.slice/claude-proxy.service\n")
    mark.touch()
    monkeypatch.setattr(surroundings, "_CONTAINERS", (mark,))
    monkeypatch.setattr(surroundings, "_CGROUP", cgroup)
    assert found("path").seen == (
        "/usr/bin:/bin (by systemd as claude-proxy.service, in a container)"
    )


@pytest.mark.parametrize(
    "cgroup", ["0::/user.slice/user-0.slice/session-1.scope\n", "0::/user@0.service\n"]
)
def test_a_terminal_is_no_unit(monkeypatch, tmp_path, cgroup):
    (tmp_path / "cgroup").write_text(cgroup)
    monkeypatch.setattr(surroundings, "_CGROUP", tmp_path / "cgroup")
    assert "systemd" not in found("path").seen


@pytest.mark.parametrize(
    ("proxies", "level", "seen"),
    [
        ({}, "ok", "none in the environment"),
        ({"https_proxy": "http://me:pw@px:3128"}, "ok", "HTTPS_PROXY px:3128"),
        ({"HTTP_PROXY": "px:3128"}, "ok", "HTTP_PROXY px:3128"),
        (
            {"HTTPS_PROXY": "http://a", "https_proxy": "http://b"},
            "warn",
            "not the same",
        ),
        ({"ALL_PROXY": "http://:8080"}, "bad", "no address: ALL_PROXY"),
        ({"HTTP_PROXY": "http://[x"}, "bad", "no address: HTTP_PROXY"),
        (
            {"HTTPS_PROXY": "http://a", "NO_PROXY": "10.0.0.1"},
            "ok",
            "HTTPS_PROXY a, not for 10.0.0.1",
        ),
    ],
)
def test_http_proxies_are_told_without_their_passwords(
    monkeypatch, proxies, level, seen
):
    for name, value in proxies.items():
        monkeypatch.setenv(name, value)
    assert found("proxies").level == level
    assert found("proxies").seen.startswith(seen)
    assert "pw" not in found("proxies").seen
