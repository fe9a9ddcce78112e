"""The Claude CLI: whether it is there and runs, and which version it is.

Healthy once ``claude --version`` has answered and a self-test has shown that it sends
requests as they were asked. It is unhealthy as soon as the file is gone or cannot be
executed, when it ends with a failure, is too old or sends something else, and when it
gave no answer that can be understood twice in a row.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from marshmallow import fields

from app.claude.errors import (
    ClaudeError,
    CliCrashed,
    CliGarbled,
    CliInterrupted,
    CliTimeout,
)
from app.claude.probe import Cli
from app.components.component import (
    DOUBTS_BELIEVED,
    ComponentSchema,
    Monitored,
    MonitoredSchema,
)
from app.components.evidence import CliCheck, Evidence, Judgement, Source
from app.contract.codes import LOGIN_CODES, Code
from app.contract.fields import Moment, status_of, text_or_null
from app.pool.errors import CannotStart, CliTooOld, CliUnsupported

_ONLY_PLACE_SEARCHED = (
    "CLAUDE_CLI_PATH names the only place that is searched: correct it, or unset it."
)


def check_claude_cli(cli: Cli) -> CliCheck:
    """See that the Claude CLI runs, and which version it is (``claude --version``)."""
    try:
        return CliCheck(version=cli.version())
    except CliCrashed:
        return CliCheck(Code.CLI_FAILED)
    except (CliGarbled, CliInterrupted):
        return CliCheck(Code.CLI_FAILED, conclusive=False)
    except CliTimeout:
        return CliCheck(Code.CLI_TIMEOUT, conclusive=False)


def check_exactness(check: CliCheck, require: Callable[[str], None]) -> CliCheck:
    """See that requests are sent as they were asked (the pool's self-test).

    ``require`` is given the version, and returns where they are.
    """
    if check.code or not check.conclusive or check.version is None:
        return check
    try:
        require(check.version)
    except CliTooOld:
        return replace(check, code=Code.CLI_TOO_OLD)
    except CliUnsupported:
        return replace(check, code=Code.CLI_UNSUPPORTED)
    except CliTimeout:
        return replace(check, code=Code.CLI_TIMEOUT, conclusive=False)
    except (ClaudeError, CannotStart, OSError):
        return replace(check, code=Code.CLI_FAILED, conclusive=False)
    return check


class CliStatusSchema(ComponentSchema):
    """The Claude CLI, to everyone."""

    status = status_of("healthy", "unhealthy", "error")


class CliSchema(MonitoredSchema, CliStatusSchema):
    """The Claude CLI, to a trusted caller."""

    path = text_or_null("The executable in use.")
    version = text_or_null("The CLI's version.")
    authenticated = fields.Boolean(allow_none=True, required=True)
    last_check = Moment(allow_none=True, required=True)


class ClaudeCli(Monitored):
    """The Claude CLI."""

    name = "claude_cli"
    status_schema = CliStatusSchema
    schema = CliSchema

    def judge(self, evidence: Evidence, now: datetime) -> Judgement | None:
        """Say whether the CLI works."""
        del now
        if evidence.facts is None:
            return Judgement(Code.CHECK_FAILED, Source.STATIC)
        location = evidence.facts.location
        if location.path is None:
            unusable = location.unusable is not None
            code = Code.CLI_NOT_EXECUTABLE if unusable else Code.CLI_NOT_FOUND
            return Judgement(code, Source.STATIC)
        if evidence.doubts >= DOUBTS_BELIEVED:
            return Judgement(evidence.doubt, Source.PROBE)
        if evidence.cli is None:
            return None
        return Judgement(evidence.cli.code, Source.PROBE)

    def describe(
        self, evidence: Evidence, codes: Mapping[str, Code | None], now: datetime
    ) -> dict[str, Any]:
        """Return its path and version; ``authenticated`` is None while not known."""
        del now
        location = evidence.facts.location if evidence.facts else None
        path = location and (location.path or location.unusable)
        return {
            "path": str(path) if path else None,
            "version": evidence.cli.version if evidence.cli else None,
            "authenticated": authenticated(codes["authentication"]),
            "last_check": evidence.probed,
        }

    def remedy(self, code: Code, evidence: Evidence) -> str | None:
        """Name the setting where it is what keeps the CLI from being found."""
        configured = evidence.facts and evidence.facts.location.configured
        return _ONLY_PLACE_SEARCHED if configured and _missing(code) else None

    def particulars(self, code: Code, evidence: Evidence) -> dict[str, Any]:
        """Return the places searched in vain."""
        if not _missing(code) or evidence.facts is None:
            return {}
        return {"searched_paths": list(evidence.facts.location.searched)}


def authenticated(code: Code | None) -> bool | None:
    """Tell by the login's code whether there is a usable one; None: not known."""
    if code is None:
        return True
    return False if code in LOGIN_CODES else None


def _missing(code: Code) -> bool:
    return code == Code.CLI_NOT_FOUND
