"""Where each setting comes from, and how its value is shown."""

from config.loading import load_settings
from config.origins import Origin, origins


def found(name: str) -> tuple[str, Origin]:
    each = next(each for each in origins(load_settings()) if each.name == name)
    return each.value, each.origin


def test_a_variable_is_where_a_setting_comes_from(monkeypatch):
    monkeypatch.setenv("PORT", "9000")
    assert found("PORT") == ("9000", Origin.ENVIRONMENT)


def test_what_is_empty_comes_from_the_default(monkeypatch):
    monkeypatch.setenv("PORT", " ")
    assert found("PORT") == ("8000", Origin.DEFAULT)


def test_a_key_is_set_and_never_shown(monkeypatch):
    monkeypatch.setenv("PROXY_API_KEY", "planted-key")
    assert found("PROXY_API_KEY") == ("set", Origin.ENVIRONMENT)


def test_a_key_of_a_file_comes_from_there(monkeypatch, tmp_path):
    (tmp_path / "key").write_text("planted-key")
    monkeypatch.setenv("PROXY_API_KEY_FILE", str(tmp_path / "key"))
    assert found("PROXY_API_KEY") == ("set", Origin.FILE)


def test_without_a_key_there_is_none():
    assert found("PROXY_API_KEY") == ("unset", Origin.DEFAULT)


def test_values_are_written_as_they_are_set(monkeypatch):
    monkeypatch.setenv("TRUSTED_PROXIES", "10.0.0.0/8,::1")
    assert found("TRUSTED_PROXIES")[0] == "10.0.0.0/8,::1/128"
    assert found("CORS_ENABLED")[0] == "false"


def test_a_path_that_is_not_in_the_home_folder_is_shown_whole(monkeypatch):
    monkeypatch.setenv("CLAUDE_CLI_PATH", "/opt/claude")
    monkeypatch.setenv("HOME", "/")
    assert found("CLAUDE_CLI_PATH")[0] == "/opt/claude"
