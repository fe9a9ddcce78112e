"""Every setting's bad values, and how problems are told."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from config.choices import HealthDetails, LogFormat
from config.loading import SettingsError, describe_settings, load_settings

BAD = [
    ("PORT", "eighty"),
    ("PORT", "-1"),
    ("PORT", "65536"),
    ("PORT", "80.5"),
    ("WORKERS", "0"),
    ("WORKERS", "65"),
    ("THREADS", "0"),
    ("THREADS", "100000"),
    ("MAX_CONCURRENT_REQUESTS", "0"),
    ("MAX_CONCURRENT_REQUESTS", "29"),
    ("LOG_LEVEL", "loud"),
    ("LOG_FORMAT", "xml"),
    ("LOG_PROMPTS", "maybe"),
    ("CORS_ENABLED", "maybe"),
    ("METRICS_ENABLED", "maybe"),
    ("MAX_CONNECTIONS", "15"),
    ("HEADER_TIMEOUT_SECONDS", "0"),
    ("SEND_TIMEOUT_SECONDS", "0"),
    ("MAX_HEADER_BYTES", "1023"),
    ("HEALTH_CHECK_INTERVAL_SECONDS", "0"),
    ("HEALTH_CHECK_INTERVAL_SECONDS", "nan"),
    ("HEALTH_CHECK_TIMEOUT_SECONDS", "inf"),
    ("HEALTH_CHECK_TIMEOUT_SECONDS", "601"),
    ("DRAIN_SECONDS", "-1"),
    ("DRAIN_SECONDS", "nan"),
    ("GRACEFUL_TIMEOUT_SECONDS", "0"),
    ("GRACEFUL_TIMEOUT_SECONDS", "soon"),
    ("HEALTH_DETAILS", "everyone"),
    ("TRUSTED_PROXIES", "10.0.0.1/8"),
    ("TRUSTED_PROXIES", "127.0.0.1,"),
    ("TRUSTED_PROXIES", "nginx"),
    ("POOL_MAX", "0"),
    ("POOL_SPARES", "-1"),
    ("POOL_IDLE_SECONDS", "0"),
    ("POOL_REUSE", "maybe"),
    ("UNKNOWN_FIELDS", "maybe"),
    ("UNSUPPORTED_PARAMETERS", "maybe"),
    ("MODEL_ALIASES", "gpt-4o"),
    ("BODY_TIMEOUT_SECONDS", "0"),
    ("QUEUE_TIMEOUT_SECONDS", "-1"),
    ("FIRST_EVENT_TIMEOUT_SECONDS", "0"),
    ("STALL_TIMEOUT_SECONDS", "0"),
    ("TOTAL_TIMEOUT_SECONDS", "0"),
    ("STATE_DIR", "/dev/null"),
    ("STATE_DIR", "/dev/null/below-a-file"),
    ("PROXY_API_KEY", "schlüssel"),
    ("PROXY_API_KEY", "two\nlines"),
]
ANYTHING_GOES = {
    *("HOST", "MODELS", "CORS_ORIGINS", "CLAUDE_CLI_PATH"),
    "PROXY_API_KEYS_FILE",  # what is in it is seen to at the server's start
}


def problems(**options: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load_settings(options)
    return caught.value.problems


def test_the_defaults_are_the_houses():
    settings = load_settings()
    assert (settings.host, settings.port) == ("127.0.0.1", 8000)
    assert (settings.workers, settings.threads) == (1, 32)
    assert (settings.health_check_interval, settings.health_check_timeout) == (30, 10)
    assert settings.health_details is HealthDetails.TRUSTED


@pytest.mark.parametrize(
    ("threads", "most"), [(1, 1), (2, 1), (8, 6), (32, 28), (64, 56)]
)
def test_some_threads_are_kept_free_of_slow_requests(threads: int, most: int):
    some = {"THREADS": str(threads)}
    assert load_settings(some).max_concurrent_requests == most
    fewer = load_settings(some | {"MAX_CONCURRENT_REQUESTS": "1"})
    assert fewer.max_concurrent_requests == 1
    (said,) = problems(**some, MAX_CONCURRENT_REQUESTS=str(most + 1))
    assert f"THREADS={threads}" in said


@pytest.mark.parametrize(("name", "value"), BAD)
def test_a_bad_value_is_told_with_its_name(name: str, value: str):
    assert [problem.split(":")[0] for problem in problems(**{name: value})] == [name]


def test_no_setting_is_without_a_bad_value():
    names = {name for name, _ in describe_settings()}
    assert {name for name, _ in BAD} == names - ANYTHING_GOES


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "0"),
        ("PORT", "65535"),
        ("WORKERS", "64"),
        ("DRAIN_SECONDS", "0"),
        ("HEALTH_CHECK_INTERVAL_SECONDS", "0.1"),
    ],
)
def test_the_bounds_themselves_are_allowed(name: str, value: str):
    settings = load_settings({name: value})
    assert float(value) in [getattr(settings, each) for each in settings.__slots__]


def test_a_problem_does_not_tell_the_key():
    assert "schlüssel" not in str(SettingsError(problems(PROXY_API_KEY="schlüssel")))


def test_all_problems_are_told_together():
    told = problems(PORT="no", WORKERS="0", LOG_LEVEL="loud", STATE_DIR="/dev/null/x")
    assert len(told) == 4


def test_an_empty_value_counts_as_unset(monkeypatch):
    monkeypatch.setenv("PORT", "")
    monkeypatch.setenv("CLAUDE_CLI_PATH", " ")
    assert load_settings().port == 8000
    assert load_settings().claude_cli_path is None


@pytest.mark.parametrize("nothing", ["", " "])
def test_every_setting_may_be_empty(monkeypatch, nothing):
    expected = load_settings()
    for name, _ in describe_settings():
        if name not in ("STATE_DIR", "POOL_SPARES"):  # the tests' own
            monkeypatch.setenv(name, nothing)
    assert load_settings() == expected


def test_options_override_the_environment(monkeypatch):
    monkeypatch.setenv("PORT", "9000")
    assert load_settings().port == 9000
    assert load_settings({"PORT": "9001"}).port == 9001


def test_an_option_cures_a_bad_variable(monkeypatch):
    monkeypatch.setenv("PORT", "no")
    assert load_settings({"PORT": "9001"}).port == 9001


def test_the_error_itself_names_every_problem():
    with pytest.raises(SettingsError, match=r"PORT: .*; WORKERS: "):
        load_settings({"WORKERS": "0", "PORT": "no"})


def test_words_are_read_in_any_case(monkeypatch):
    settings = load_settings({"LOG_LEVEL": "debug", "LOG_FORMAT": "JSON"})
    assert (settings.log_level, settings.log_format) == ("DEBUG", LogFormat.JSON)


def test_a_cli_path_starts_at_the_home_folder(environment):
    path = load_settings({"CLAUDE_CLI_PATH": "~/bin/claude"}).claude_cli_path
    assert path == environment / "bin/claude"


def test_reading_the_settings_makes_nothing(tmp_path):
    before = sorted(tmp_path.rglob("*"))
    load_settings({"STATE_DIR": str(tmp_path / "a/b")})
    load_settings({"STATE_DIR": str(tmp_path)})
    assert sorted(tmp_path.rglob("*")) == before


def test_a_dangling_link_is_no_state_folder(tmp_path):
    (tmp_path / "link").symlink_to("nowhere")
    assert "not a folder" in problems(STATE_DIR=str(tmp_path / "link"))[0]


def test_a_state_folder_that_cannot_be_made_is_a_problem(tmp_path, monkeypatch):
    # Root may write everywhere.
    monkeypatch.setattr(os, "access", lambda *_, **__: False)
    (said,) = problems(STATE_DIR=str(tmp_path / "a/b"))
    assert f"no permission in {tmp_path} for uid {os.geteuid()}" in said
    assert f"chown -R {os.geteuid()}:{os.getegid()}" in said


def test_the_default_state_folder_is_in_the_home_folder(monkeypatch, environment):
    monkeypatch.delenv("STATE_DIR")
    program = "from config.loading import load_settings as l; print(l().state_dir)"
    folder = subprocess.check_output([sys.executable, "-c", program], text=True).strip()
    assert folder.startswith(str(environment))
    assert not Path(folder).exists()


def test_every_setting_is_described():
    described = dict(describe_settings())
    assert "Default: 8000." in described["PORT"]
    assert "Default: unset." in described["CLAUDE_CLI_PATH"]
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    assert [name for name in described if f"`{name}`" not in readme] == []


def test_a_cli_path_of_an_unknown_user_is_told():
    with pytest.raises(SettingsError):
        load_settings({"CLAUDE_CLI_PATH": "~nosuchuser/claude"})


def test_a_state_dir_starts_at_the_home_folder(environment, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert load_settings({"STATE_DIR": "~/st"}).state_dir == environment / "st"


def test_a_state_dir_is_absolute(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert load_settings({"STATE_DIR": "st"}).state_dir == tmp_path / "st"
