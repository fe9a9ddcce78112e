"""Everything that is looked at, in order, each within a time."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypeVar

from app.commands import client
from app.commands.client import Answer
from app.commands.doctor.cli import examine_cli
from app.commands.doctor.finding import Case, Examination, Finding, Name, unknown
from app.commands.doctor.login import examine_login
from app.commands.doctor.service import examine_service
from app.commands.doctor.software import (
    examine_python,
    settings_in_force,
    settings_refused,
)
from app.commands.doctor.storage import examine_storage
from app.commands.doctor.surroundings import examine_surroundings
from app.commands.doctor.upstream import examine_upstream
from config.address import refuse_own_address
from config.loading import SettingsError, load_settings
from config.settings import Settings

# What needs no settings, and what does: by what it is called where it fails.
_ANYWAY: dict[str, Callable[[], Iterator[Finding]]] = {
    "python": examine_python,
    "surroundings": examine_surroundings,
}
_OF_CASE: dict[str, Examination] = {
    "claude_cli": examine_cli,
    "login": examine_login,
    "storage": examine_storage,
    "service": examine_service,
    "upstream": examine_upstream,
}
_SECONDS = 20.0  # for each; a disk that hangs holds the one that looks at it
_SELF_TEST = 40.0  # seconds, beside what the questions to the CLI may take

_A_REQUEST = 150.0  # seconds; its own deadlines are shorter

T = TypeVar("T")


def examine(*, with_request: bool) -> Iterator[Finding]:
    """Find what there is to find; the request comes last, where settings permit."""
    for name, anyway in _ANYWAY.items():
        yield from _found(name, lambda anyway=anyway: list(anyway()))  # type: ignore[misc]
    try:
        settings = _within(_SECONDS, _settings)
    except SettingsError as error:
        yield settings_refused(error.problems)
        return
    except TimeoutError:
        seen = "they could not be read in time"
        yield unknown(Name.SETTINGS, seen, "See STATE_DIR's disk.")
        return
    yield settings_in_force(settings)
    case = Case(settings, _here(settings), _server(settings))
    for name, of_case in _OF_CASE.items():
        yield from _found(name, lambda of=of_case: list(of(case)))  # type: ignore[misc]
    if with_request:
        yield from _found("request", lambda: _request(case), _A_REQUEST)


def _request(case: Case) -> list[Finding]:
    from app.commands.doctor.request import examine_request  # loads the whole app

    return list(examine_request(case))


def _settings() -> Settings:
    settings = load_settings()
    refuse_own_address(settings.host, settings.port)
    return settings


def _here(settings: Settings) -> Answer | None:
    """Ask ``check --local``, which has deadlines of its own; no line of its log."""
    from app.commands.local import here  # loads the whole app

    quiet = replace(settings, log_level="ERROR", pool_spares=0)
    seconds = _SELF_TEST + 6 * settings.health_check_timeout
    try:
        return _within(seconds, lambda: here(quiet))
    except Exception:  # whatever it is, the rest is still worth a look
        return None


def _server(settings: Settings) -> Answer | str:
    if settings.port == 0:
        return "PORT is 0"
    try:
        return _within(_SECONDS, lambda: client.server(None, settings))
    except (client.CannotAsk, TimeoutError) as error:
        return str(error)


def _found(
    name: str, look: Callable[[], list[Finding]], seconds: float | None = None
) -> list[Finding]:
    seconds = seconds or _SECONDS
    try:
        return _within(seconds, look)
    except TimeoutError:
        seen = f"{name}: no end after {seconds:.0f} s"
        remedy = "See whether a disk or the network hangs."
        return [unknown(Name.EXAMINATION, seen, remedy)]
    except Exception as error:  # one that raises keeps no other from being told
        seen = f"{name}: it failed ({type(error).__name__})"
        return [unknown(Name.EXAMINATION, seen, "Report this.")]


def _within(seconds: float, call: Callable[[], T]) -> T:
    """Return what a call returns, or raise what it raises.

    Raises:
        TimeoutError: it had not ended in time, and is left to itself: what waits for a
            disk or for DNS cannot be ended.
    """
    returned: list[T] = []
    raised: list[BaseException] = []

    def work() -> None:
        try:
            returned.append(call())
        except BaseException as error:  # raised again below
            raised.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(seconds)
    if raised:
        raise raised[0]
    if not returned:
        raise TimeoutError(f"no end after {seconds:.0f} s")
    return returned[0]
