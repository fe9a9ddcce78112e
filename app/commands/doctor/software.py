"""The Python that runs this, and the settings: read before anything else."""

import platform
import sys
from collections.abc import Iterator

from app.commands.doctor.finding import Finding, Name, bad, ok
from app.runtime import VERSION
from config.origins import Origin, origins
from config.settings import Settings

LEAST = (3, 11)


def examine_python() -> Iterator[Finding]:
    """See which Python runs this proxy."""
    seen = f"{platform.python_version()} ({sys.executable}), proxy {VERSION}"
    if sys.version_info >= LEAST:
        yield ok(Name.PYTHON, seen)
    else:
        least = ".".join(map(str, LEAST))
        yield bad(Name.PYTHON, seen, f"Install the proxy with Python {least} or newer.")


def settings_in_force(settings: Settings) -> Finding:
    """Say of each setting where it comes from; the defaults by their number."""
    found = origins(settings)
    told = [
        f"{each.name}={each.value} ({each.origin})"
        for each in found
        if each.origin is not Origin.DEFAULT
    ]
    defaults = len(found) - len(told)
    told.append(f"the other {defaults} by default" if told else "all by default")
    return ok(Name.SETTINGS, ", ".join(told))


def settings_refused(problems: list[str]) -> Finding:
    """Say what keeps the server from starting."""
    return bad(
        Name.SETTINGS,
        " ".join(problems),
        "Correct them: with these the server does not start, so nothing that depends"
        " on settings was looked at.",
    )
