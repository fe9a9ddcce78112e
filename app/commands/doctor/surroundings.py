"""What is around the process: HOME and PATH, who started it, HTTP proxies."""

import os
import pwd
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from app.claude.environment import home, inherited
from app.commands.doctor.finding import Finding, Name, bad, ok, warn
from config.variables import is_set

_CONTAINERS = (
    Path("/.dockerenv"),
    Path("/run/.containerenv"),
    Path("/run/systemd/container"),
)
_CGROUP = Path("/proc/self/cgroup")
_SET_HOME = "Set HOME to a folder of the proxy's user: the login lies below it."
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")


def examine_surroundings() -> Iterator[Finding]:
    """Look at what the proxy and its CLI inherit."""
    yield _home()
    yield _path()
    yield _proxies()


def _home() -> Finding:
    name, where = Name.HOME, _started_by()
    try:
        folder = home()
    except RuntimeError:  # a container that runs as a number
        seen = f"HOME is not set, and uid {os.geteuid()} has no entry{where}"
        return bad(name, seen, _SET_HOME)
    unset = "" if is_set("HOME") else " (HOME is not set; by the user's entry)"
    seen = f"{folder}{unset}{where}"
    if not folder.is_dir():
        return bad(name, f"{seen}: not a folder", _SET_HOME)
    if not os.access(folder, os.W_OK | os.X_OK):
        remedy = (
            "Give HOME to the proxy's user (chown), or the CLI cannot keep a login."
        )
        return bad(name, f"{seen}: not writable", remedy)
    entry = _home_by_entry()
    if entry is not None and entry != folder:
        remedy = (
            f"The login is looked for here and not in {entry}, where this user's"
            " terminal keeps it: log in with the same HOME."
        )
        return warn(name, seen, remedy)
    return ok(name, seen)


def _home_by_entry() -> Path | None:
    try:
        return Path(pwd.getpwuid(os.geteuid()).pw_dir)
    except KeyError:  # a container that runs as a number
        return None


def _path() -> Finding:
    path, where = inherited().get("PATH", ""), _started_by()
    if not path:
        remedy = "Set PATH where the proxy is started: systemd and cron give little."
        return warn(Name.PATH, f"PATH is not set{where}", remedy)
    entries = path.split(os.pathsep)
    if loose := [each for each in entries if not each.startswith("/")]:
        remedy = "Write absolute folders: these are skipped when the CLI is looked for."
        shown = ", ".join(each or "(empty)" for each in loose)
        return warn(Name.PATH, f"not absolute: {shown}{where}", remedy)
    return ok(Name.PATH, f"{path}{where}")


def _started_by() -> str:
    """Say what stands between this process and a person's login shell."""
    container = any(each.exists() for each in _CONTAINERS)
    unit = _unit()
    told = [f"by systemd as {unit}"] if unit else []
    told += ["in a container"] if container else []
    return f" ({', '.join(told)})" if told else ""


def _unit() -> str | None:
    """Return the systemd service that this process is part of."""
    try:
        lines = _CGROUP.read_text().splitlines()
    except OSError:
        return None
    names = [line.rpartition("/")[2] for line in lines]
    services = (name for name in names if name.endswith(".service"))
    return next((name for name in services if not name.startswith("user@")), None)


def _proxies() -> Finding:
    environment = inherited()
    told: list[str] = []
    unreadable: list[str] = []
    differing: list[str] = []
    for name in _PROXIES:
        lower, upper = environment.get(name.lower()), environment.get(name)
        if lower and upper and lower != upper:
            differing.append(name)
        if value := lower or upper:
            host = _host_of(value)
            (told if host else unreadable).append(f"{name} {host or ''}".strip())
    if unreadable:
        remedy = "Write them as http://host:port."
        return bad(Name.PROXIES, f"no address: {', '.join(unreadable)}", remedy)
    if differing:
        remedy = "Programs read either: set both alike, or one."
        both = ", ".join(f"{each} and {each.lower()}" for each in differing)
        return warn(Name.PROXIES, f"not the same: {both}", remedy)
    except_ = environment.get("no_proxy") or environment.get("NO_PROXY")
    told += [f"not for {except_}"] if told and except_ else []
    return ok(Name.PROXIES, ", ".join(told) or "none in the environment")


def _host_of(url: str) -> str | None:
    """Return host and port of a proxy; user and password stay where they are."""
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return None
    return f"{parts.hostname}{port}" if parts.hostname else None
