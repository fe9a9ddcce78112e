"""The Claude CLI: whether it runs, and which version it is."""

from pathlib import Path

from app.claude.errors import CliCrashed, CliGarbled, CliTimeout
from app.claude.probe import ask_version
from app.claude.process import Run
from app.components.evidence import CliCheck
from app.contract.codes import Code


def check_claude_cli(cli: Path, run: Run) -> CliCheck:
    """See that the Claude CLI runs, and which version it is (``claude --version``)."""
    try:
        return CliCheck(version=ask_version(cli, run))
    except CliCrashed:
        return CliCheck(Code.CLI_FAILED)
    except CliGarbled:
        return CliCheck(Code.CLI_FAILED, conclusive=False)
    except CliTimeout:
        return CliCheck(Code.CLI_TIMEOUT, conclusive=False)
