"""The CLI's login: whether there is one that can be used, and whose.

Unauthenticated once ``claude auth status`` says so, once the login file is gone, and
once the access token has expired with nothing to renew it, whatever the CLI says. A CLI
before 2.1.41 has no such command; there its login file has to be believed.

What real requests show outranks what the CLI says of itself. One that is rejected for
its login makes it unauthenticated until another one succeeds or the login changes.
Without traffic that is believed for a minute (after each further rejection twice as
long, up to a quarter of an hour); then the CLI's word counts again, so that a request
can decide. A success is believed for a quarter of an hour.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from marshmallow import fields

from app.claude.errors import CliCrashed, CliGarbled, CliInterrupted, CliTimeout
from app.claude.login import Login, Method, read_user
from app.claude.probe import Cli, LoginAnswer, has_auth_status
from app.components.claude_cli import authenticated
from app.components.component import (
    DOUBTS_BELIEVED,
    ComponentSchema,
    Monitored,
    MonitoredSchema,
)
from app.components.evidence import (
    Evidence,
    Judgement,
    LoginCheck,
    Source,
    Traffic,
)
from app.contract.codes import LOGIN_CODES, Code, Status
from app.contract.fields import Moment, about, status_of, text_or_null

SUCCESS_LASTS = 900.0  # seconds
_CONTRACT_STATUS = "not_authenticated"
_RENEWS = (
    "The access token has expired; the CLI renews it with its refresh token on its"
    " next request."
)


def check_authentication(
    cli: Cli, version: str, login: Login, environment: Mapping[str, str]
) -> LoginCheck:
    """Ask the CLI for its login (``claude auth status``, cut off from the network)."""
    if not has_auth_status(version):
        return _believe_file(login, environment)
    try:
        return LoginCheck(cli.login())
    except CliCrashed:
        return LoginCheck(code=Code.CLI_FAILED)
    except (CliGarbled, CliInterrupted):
        return LoginCheck(code=Code.CLI_FAILED, conclusive=False)
    except CliTimeout:
        return LoginCheck(code=Code.CLI_TIMEOUT, conclusive=False)


class AuthenticationStatusSchema(ComponentSchema):
    """The login, to everyone."""

    status = status_of("healthy", "unauthenticated", "error")


class AuthenticationSchema(MonitoredSchema, AuthenticationStatusSchema):
    """The login, to a trusted caller.

    ``expires`` is the access token's end, ``login_ends`` the whole login's.
    """

    logged_in = fields.Boolean(allow_none=True, required=True)
    method = text_or_null(
        "claude.ai, api_key, api_key_helper, oauth_token or third_party."
    )
    user = text_or_null("The account's e-mail address, where there is one.")
    expires = Moment(allow_none=True, required=True)
    renewable = fields.Boolean(required=True)
    login_ends = Moment(allow_none=True, required=True)
    note = fields.String(metadata=about("What is unusual, though nothing is wrong."))


class Authentication(Monitored):
    """The CLI's login."""

    name = "authentication"
    unwell = Status.UNAUTHENTICATED
    status_schema = AuthenticationStatusSchema
    schema = AuthenticationSchema

    def judge(self, evidence: Evidence, now: datetime) -> Judgement | None:
        """Say whether the login can be used."""
        if evidence.facts is None:
            return Judgement(Code.CHECK_FAILED, Source.STATIC)
        login, check = evidence.facts.login, evidence.login
        if check and check.code:
            return Judgement(check.code, check.source)
        traffic, at = evidence.present_traffic, evidence.at
        works = _has_worked(traffic, at)
        # A logout from the macOS Keychain shows nowhere but in the CLI's answer.
        if check and not check.logged_in and not (works and login.method):
            return Judgement(Code.NOT_AUTHENTICATED, check.source)
        dead = _why_dead(login, now)
        method = check.answer.method if check and check.answer else login.method
        if dead and method == Method.CLAUDE_AI:
            return Judgement(dead, Source.STATIC)
        if traffic.login.is_open(at):
            rejected_at = traffic.login.failed_at
            return Judgement(Code.LOGIN_REJECTED, Source.TRAFFIC, rejected_at)
        if works:
            return Judgement(None, Source.TRAFFIC, traffic.succeeded_at)
        if check:
            return Judgement(None, check.source)
        if _can_be_asked(evidence):
            return None
        code = None if login.method else Code.NOT_AUTHENTICATED
        return Judgement(code, Source.STATIC)

    def describe(
        self, evidence: Evidence, codes: Mapping[str, Code | None], now: datetime
    ) -> dict[str, Any]:
        """Return whose login it is, how it was made, and when it ends."""
        answer = evidence.login.answer if evidence.login else None
        static = evidence.facts.login if evidence.facts else None
        method: str | None = static.method if static else None
        if answer:
            method = answer.method
        file = static if method == Method.CLAUDE_AI else None
        expired = file and file.expires and file.expires <= now
        return {
            "logged_in": authenticated(codes[self.name]),
            "method": method,
            "user": answer.user if answer else None,
            "expires": file.expires if file else None,
            "renewable": bool(file and file.renewable),
            "login_ends": file.ends if file else None,
            "note": _RENEWS if expired and codes[self.name] is None else None,
        }

    def particulars(self, code: Code, evidence: Evidence) -> dict[str, Any]:
        """Return the contract's word for a login that cannot be used."""
        del evidence
        unusable = code in LOGIN_CODES
        return {"claude_cli_status": _CONTRACT_STATUS} if unusable else {}


def _has_worked(traffic: Traffic, at: float) -> bool:
    """Tell whether a request succeeded a short time ago, and none was rejected since.

    After a rejection that is no longer believed nothing is known but the CLI's word.
    """
    succeeded_at = traffic.succeeded_at
    if succeeded_at is None or traffic.login.failures:
        return False
    return at < succeeded_at + SUCCESS_LASTS


def _believe_file(login: Login, environment: Mapping[str, str]) -> LoginCheck:
    method = login.method
    user = read_user(environment) if method else None
    answer = LoginAnswer(method is not None, method, user)
    return LoginCheck(answer, source=Source.STATIC)


def _why_dead(login: Login, now: datetime) -> Code | None:
    if login.damaged:
        return Code.NOT_AUTHENTICATED
    if login.ends and login.ends <= now:
        return Code.LOGIN_EXPIRED
    expired = login.expires is not None and login.expires <= now
    return Code.LOGIN_EXPIRED if expired and not login.renewable else None


def _can_be_asked(evidence: Evidence) -> bool:
    works = evidence.cli is None or evidence.cli.code is None
    return evidence.cli_found and works and evidence.doubts < DOUBTS_BELIEVED
