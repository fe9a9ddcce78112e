"""CLIs as a test wants them: a fake one with its fault modes, a copy to break."""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

FAKE = Path(__file__).with_name("fake_claude.py")


class FakeClaude:
    """The fake ``claude`` as one test has set it up, and what it was asked."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self.path = folder / "claude"
        self.install()

    def install(self) -> None:
        body = FAKE.read_text().split("\n", 1)[1]
        new = self.path.with_suffix(".new")
        new.write_text(f"#!{sys.executable} -IS\n{body}")
        new.chmod(0o755)
        new.rename(self.path)

    def set(self, **behaviour: Any) -> None:
        new = self.path.with_suffix(".mode.new")
        new.write_text(json.dumps(behaviour))
        new.rename(self.path.with_suffix(".mode"))

    @property
    def calls(self) -> list[dict[str, Any]]:
        """Return each time it was asked something, in order."""
        return [call for call in self._starts() if call["argv"][:1] != ["-p"]]

    @property
    def processes(self) -> list[dict[str, Any]]:
        """Return each time it was started for requests, or to try those."""
        return [call for call in self._starts() if call["argv"][:1] == ["-p"]]

    def _starts(self) -> list[dict[str, Any]]:
        log = self.path.with_suffix(".calls")
        lines = log.read_text().splitlines() if log.exists() else []
        return [json.loads(line) for line in lines]


def copy_cli(source: Path, target: Path) -> Path:
    """Copy a CLI, for a test that breaks it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(source, target)
    return target
