"""Who may import whom, as docs/architecture.md has it."""

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = sorted(
    path for folder in ("app", "config") for path in (ROOT / folder).rglob("*.py")
)
MAY = {
    "flask": {
        *("app/__init__.py", "app/factory.py", "app/health/views.py"),
        *("app/health/gauges.py", "app/metrics/exporter.py"),
        *("app/messages/responses.py", "app/messages/views.py"),
        *("app/messages/answering.py", "app/openai/errors.py"),
        "app/openai/views.py",
        *("app/server/hooks.py", "app/server/worker.py"),
        *("app/web/access.py", "app/web/current.py", "app/web/errors.py"),
        *("app/web/openapi.py", "app/web/requests.py"),
        "app/page/views.py",
    },
    "marshmallow": {
        *("app/components/component.py", "app/components/claude_cli.py"),
        *("app/components/authentication.py", "app/components/api_server.py"),
        *("app/components/quota.py", "app/components/upstream.py"),
        *("app/contract/fields.py", "app/contract/problem.py", "app/health/schemas.py"),
        *("app/messages/schemas.py", "app/openai/schemas.py"),
        *("app/web/openapi.py", "config/key.py"),
        *("config/loading.py", "config/variables.py"),
    },
    "subprocess": {"app/claude/child.py", "app/claude/process.py"},
    "signal": {
        *("app/claude/child.py", "app/claude/guard.py", "app/server/drain.py"),
        "app/commands/monitor/terminal.py",
    },
    "rich": {
        *("app/commands/monitor/command.py", "app/commands/monitor/live.py"),
        "app/commands/monitor/table.py",
    },
    "msgspec": {
        *("app/messages/message.py", "app/pool/events.py", "app/pool/lines.py"),
        "app/openai/answers.py",
        *("app/pool/parsing.py", "app/health/history.py"),
        *("app/history/archive.py", "app/history/slot.py"),
    },
    "prometheus_client": {
        *("app/health/gauges.py", "app/metrics/exporter.py"),
        *("app/metrics/files.py", "app/metrics/multiprocess.py"),
        *("app/metrics/messages.py", "app/metrics/pool.py"),
        "app/metrics/registry.py",
    },
    "sqlite3": {"app/database.py"},
    "gunicorn": {
        *("app/server/hooks.py", "app/server/options.py", "app/server/run.py"),
        *("app/server/connection.py", "app/server/refusal.py", "app/server/repeat.py"),
        *("app/server/notify.py", "app/server/worker.py"),
    },
}
# The rooms in order, from the door to the ground: none imports one before it.
ROOMS = [
    *("app.commands", "app.server", "app.factory", "app.openai", "app.messages"),
    *("app.page", "app.health", "app.history", "app.monitor", "app.components"),
    *("app.pool", "app.claude", "app.web"),
    *("app.callers", "app.logs", "app.metrics"),
    *("app.runtime", "app.database", "app.contract", "config"),
]


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{a.name}" for a in node.names)}
    return found


def module(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def users_of(name: str) -> set[str]:
    return {
        str(path.relative_to(ROOT))
        for path in FILES
        if any(each == name or each.startswith(name + ".") for each in imports(path))
    }


@pytest.mark.parametrize("name", MAY)
def test_a_library_stays_in_its_rooms(name: str):
    assert users_of(name) == MAY[name]


@pytest.mark.parametrize("room", ROOMS)
def test_no_import_runs_upwards(room: str):
    above = tuple(ROOMS[: ROOMS.index(room)])
    inside = [path for path in FILES if module(path).startswith(room)]
    assert inside
    for path in inside:
        assert not [name for name in imports(path) if name.startswith(above)]


def test_messages_know_nothing_of_health():
    for path in (ROOT / "app/messages").glob("*.py"):
        apart = ("app.health", "app.monitor", "app.components")
        assert not [name for name in imports(path) if name.startswith(apart)]


def test_every_file_is_in_a_room():
    loose = [path for path in FILES if not module(path).startswith(tuple(ROOMS))]
    assert [path.name for path in loose] == ["__init__.py", "__main__.py"]


@pytest.mark.parametrize("file", ["verdict.py", "traffic.py"])
def test_the_rules_have_no_clock_and_no_input(file):
    allowed = ("collections.abc", "dataclasses", "datetime", "app.")
    used = imports(ROOT / "app/monitor" / file)
    assert [name for name in used if not name.startswith(allowed)] == []


def test_the_environment_is_read_in_few_places():
    readers = {
        str(path.relative_to(ROOT))
        for path in FILES
        if "os.environ" in path.read_text()
    }
    assert readers == {
        "app/server/run.py",  # whether USR2 has handed it the port
        "config/key.py",
        "config/variables.py",
        "app/claude/environment.py",
        "app/metrics/multiprocess.py",
        "app/server/notify.py",  # takes what systemd has put there
        "app/claude/guard.py",  # hands on what it was started with
        "app/commands/monitor/on_change.py",  # as does this, to an operator's command
        "app/claude/locate.py",  # its main(), for the Makefile
    }


def test_the_environment_has_no_back_door():
    doors = {"os.environ", "os.environb", "os.getenv", "os.getenvb"}
    assert [path.name for path in FILES if imports(path) & doors] == []
    assert [path.name for path in FILES if "os.getenv" in path.read_text()] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_import_is_relative_and_so_unseen_here(path):
    nodes = ast.walk(ast.parse(path.read_text()))
    assert not any(isinstance(node, ast.ImportFrom) and node.level for node in nodes)


def test_the_cli_is_driven_with_the_standard_library_alone():
    allowed = {*sys.stdlib_module_names, "app"}
    for path in (ROOT / "app/claude").glob("*.py"):
        used = imports(path)
        assert {name.partition(".")[0] for name in used} <= allowed
        assert all(n.startswith("app.claude") for n in used if n.startswith("app"))


@pytest.mark.parametrize(
    "file", ["address.py", "key.py", "settings.py", "variables.py"]
)
def test_the_settings_know_nothing_of_the_app(file):
    used = {name.partition(".")[0] for name in imports(ROOT / "config" / file)}
    assert used.isdisjoint({"app", "flask", "gunicorn"})


def test_only_the_factorys_callers_import_the_factory():
    """A room that imports ``app`` itself would import everything."""
    users = {str(p.relative_to(ROOT)) for p in FILES if "app.create_app" in imports(p)}
    assert users == {"app/commands/local.py", "app/server/run.py"}
