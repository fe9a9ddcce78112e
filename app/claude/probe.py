"""Asks the CLI the two questions that cost nothing: its version, and its login."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

from app.claude.errors import ClaudeError, CliCrashed, CliGarbled, CliInterrupted
from app.claude.guard import SIGNALLED, TRY_AGAIN
from app.claude.process import Run

# The first version whose `auth status` is a command: an older CLI takes these words
# for a prompt and sends them to the model.
_KNOWS_AUTH_STATUS = (2, 1, 41)
_VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)\S*")


@dataclass(frozen=True, slots=True)
class LoginAnswer:
    """What ``auth status`` said; ``method`` is in its own words."""

    logged_in: bool
    method: str | None = None
    user: str | None = None


def has_auth_status(version: str) -> bool:
    """Tell whether this version can be asked for its login without a prompt."""
    return is_at_least(version, _KNOWS_AUTH_STATUS)


def is_at_least(version: str, least: tuple[int, int, int]) -> bool:
    """Tell whether this is that version or a later one; nonsense is none."""
    match = _VERSION.match(version)
    return match is not None and tuple(map(int, match.groups())) >= least


@dataclass(frozen=True, slots=True)
class Cli:
    """One Claude CLI that can be asked; ``run`` runs a command to its end."""

    path: Path
    run: Run

    def version(self) -> str:
        """Return the CLI's version, such as ``2.1.330``.

        Raises:
            CliCrashed, CliGarbled, CliInterrupted, CliTimeout: it does not work, or
                did not this time.
        """
        completed = self.run([str(self.path), "--version"])
        if completed.exit_code != 0:
            raise _failure("--version", completed.exit_code)
        match = _VERSION.match(completed.output.decode(errors="replace"))
        if match is None:
            raise CliGarbled("--version printed no version")
        return match.group()

    def login(self) -> LoginAnswer:
        """Return what the CLI says of its login.

        The JSON is read before the exit code, which is 1 for "not logged in".

        Raises:
            CliCrashed, CliGarbled, CliInterrupted, CliTimeout: it does not work, or
                did not this time.
        """
        completed = self.run([str(self.path), "auth", "status"])
        try:
            said = json.loads(completed.output)
            logged_in = said["loggedIn"]
        except (ValueError, RecursionError, TypeError, KeyError):
            if completed.exit_code != 0:
                raise _failure("auth status", completed.exit_code) from None
            raise CliGarbled("auth status printed no answer") from None
        if not isinstance(logged_in, bool):
            raise CliGarbled("auth status printed no answer")
        return LoginAnswer(logged_in, _word(said, "authMethod"), _word(said, "email"))


def _failure(question: str, exit_code: int) -> ClaudeError:
    """Tell a CLI that fails from one that was killed, or is still being written."""
    if exit_code == TRY_AGAIN or exit_code > SIGNALLED:
        return CliInterrupted(f"{question} was interrupted")
    return CliCrashed(f"{question} ended with exit code {exit_code}")


def _word(said: dict[str, object], name: str) -> str | None:
    word = said.get(name)
    return word if isinstance(word, str) else None
