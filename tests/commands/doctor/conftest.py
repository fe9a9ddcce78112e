"""The doctor, run as its user does, where its upstream is a stub."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from click.testing import CliRunner

from app.commands import main
from app.commands.client import Answer
from app.commands.doctor.finding import Case, Examination, Finding
from config.loading import load_settings
from tests.support.messages_api import MessagesApi
from tests.support.ports import free_port


@pytest.fixture(autouse=True)
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[MessagesApi]:
    """Lead every look at the upstream to a stub."""
    with MessagesApi() as api:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", api.url)
        yield api


@pytest.fixture(autouse=True)
def port(monkeypatch: pytest.MonkeyPatch) -> int:
    """Set PORT to one that nobody has."""
    port = free_port()
    monkeypatch.setenv("PORT", str(port))
    return port


class Report:
    """What one run has said."""

    def __init__(self, *options: str) -> None:
        result = CliRunner().invoke(main.main, ["doctor", "--json", *options])
        assert result.exception is None or isinstance(result.exception, SystemExit)
        self.exit_code, self.text = result.exit_code, result.output
        self.findings = {
            each["name"]: each for each in json.loads(result.stdout)["findings"]
        }

    @property
    def bad(self) -> list[str]:
        return [n for n, each in self.findings.items() if each["level"] == "bad"]


@pytest.fixture
def doctor() -> type[Report]:
    return Report


@pytest.fixture
def found() -> Callable[..., dict[str, Finding]]:
    """Examine a case with these components, and return its findings by name."""

    def found(
        examine: Examination,
        server: Answer | str = "nobody",
        **components: dict[str, Any],
    ) -> dict[str, Finding]:
        body = {"status": "healthy", "components": components}
        case = Case(load_settings(), Answer(200, body), server)
        return {each.name: each for each in examine(case)}

    return found
