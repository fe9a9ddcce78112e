"""The port, and what a server that runs there says."""

from collections.abc import Iterator
from typing import Any

from app.commands.client import Answer
from app.commands.doctor.finding import (
    Case,
    Finding,
    Name,
    bad,
    code_of,
    component,
    ok,
    unknown,
    warn,
)
from app.contract.codes import Code
from app.server.port import why_not
from config.settings import Settings

_COMPARED = (
    ("claude_cli", "path"),
    ("claude_cli", "version"),
    ("authentication", "method"),
)


def examine_service(case: Case) -> Iterator[Finding]:
    """Look who has the port; compare a server's verdict with the one from here."""
    settings, server = case.settings, case.server
    problem = why_not(settings.host, settings.port)
    yield _port(settings, server, problem)
    if isinstance(server, Answer):
        yield _server(server, case.here)


def _port(
    settings: Settings, server: Answer | str, problem: dict[str, Any] | None
) -> Finding:
    name, seen = Name.PORT, f"{settings.host}, port {settings.port}"
    if settings.port == 0:
        return ok(name, f"{settings.host}, any free port")
    if isinstance(server, Answer):
        return ok(
            name, f"{seen}: claude-proxy {server.body.get('version', '')} answers"
        )
    if problem is None:
        return ok(name, f"{seen}: free, no server runs there")
    remedy = str(problem["details"]["remedy"])
    if problem["details"]["code"] != Code.PORT_IN_USE:
        return bad(name, str(problem["error"]), remedy)
    return bad(name, f"{seen}: taken, and no claude-proxy answers: {server}", remedy)


def _server(server: Answer, here: Answer | None) -> Finding:
    name, says = Name.SERVER, code_of(server)
    remedy = "It is told above what to do; claude-proxy check asks it again."
    if here is None:
        return unknown(name, f"it says {says or 'healthy'}; nothing is known here", "")
    own = code_of(here)
    if says != own:
        remedy = (
            "It runs as another user or with another environment (HOME, PATH, keys), or"
            " knows of requests that failed. See 'claude-proxy check', and run the"
            " doctor as its user, in its environment."
        )
        seen = f"it says {says or 'healthy'}, the check here {own or 'healthy'}"
        return bad(name, seen, remedy)
    if says:
        return bad(name, f"it says {says}, as the check here does", remedy)
    if differing := _differing(server, here):
        remedy = (
            "It uses another CLI or login than this terminal: see that it is meant."
        )
        return warn(name, f"healthy; {'; '.join(differing)}", remedy)
    return ok(name, "healthy, as the check here says")


def _differing(server: Answer, here: Answer) -> list[str]:
    """Say where a server that shows its details has something else than is here."""
    told = []
    for name, field in _COMPARED:
        there, own = (
            component(server, name).get(field),
            component(here, name).get(field),
        )
        if there and own and there != own:
            told.append(f"its {field} is {there}, here it is {own}")
    return told
