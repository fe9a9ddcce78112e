"""Clis that answer as a test says, or do not."""

from pathlib import Path

from app.claude.errors import CliTimeout
from app.claude.probe import Cli
from app.claude.process import Completed


def said(output: bytes, exit_code: int = 0) -> Cli:
    return Cli(Path("/c/claude"), lambda command: Completed(exit_code, output))


def silent() -> Cli:
    def run(command: object) -> Completed:
        raise CliTimeout

    return Cli(Path("/c/claude"), run)


def killed() -> Cli:
    return said(b"", 137)
