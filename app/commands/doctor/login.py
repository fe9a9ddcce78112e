"""The login: by what method, until when, and whether its files are private."""

import os
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from app.callers.file import UnusableFile, read_callers
from app.claude.environment import child_environment
from app.claude.login import Method, config_folder, read_login, why_not_renewed
from app.commands.doctor.cli import judged
from app.commands.doctor.finding import Case, Finding, Name, bad, ok, warn
from app.contract.fields import written
from config.key import key_file
from config.settings import Settings

_SOON = timedelta(days=7)
_WITHOUT_RENEWAL = timedelta(hours=24)
_LOG_IN = "Run 'claude-proxy login' as the proxy's user, before it ends."


def examine_login(case: Case) -> Iterator[Finding]:
    """Say what ``check --local`` found of the login, and look at its files."""
    yield _login(case)
    if expiry := _expiry(case, datetime.now(UTC)):
        yield expiry
    yield from _renewal()
    yield _files(case.settings)
    yield from _keys(case.settings)


def _login(case: Case) -> Finding:
    login = case.component("authentication")
    method = login.get("method")
    found = judged(Name.LOGIN, login, f"method {method}" if method else "")
    file = read_login(child_environment())
    outranked = file.has_file and file.method not in (None, Method.CLAUDE_AI)
    if login.get("code") is None and outranked:
        remedy = (
            "A key, token, cloud or helper outranks the claude.ai login in the file:"
            " unset it where that login is meant."
        )
        return warn(Name.LOGIN, found.seen, remedy)
    return found


def _expiry(case: Case, now: datetime) -> Finding | None:
    """Say when the login of a file ends; None where it is another kind of login."""
    login = case.component("authentication")
    expires, ends = _moment(login.get("expires")), _moment(login.get("login_ends"))
    if expires is None and ends is None:
        return None
    renewable = bool(login.get("renewable"))
    renews = "renews itself" if renewable else "cannot renew itself"
    told = [f"access token until {written(expires)}, {renews}"] if expires else []
    told += [f"login until {written(ends)}"] if ends else []
    seen, name = "; ".join(told), Name.LOGIN_EXPIRY
    last = ends if renewable else min(filter(None, (expires, ends)))
    if last and last <= now:
        return bad(name, f"{seen}: over", _LOG_IN.replace(", before it ends", ""))
    if last and last <= now + (_SOON if renewable else _WITHOUT_RENEWAL):
        return warn(name, seen, _LOG_IN)
    return ok(name, seen)


def _moment(text: object) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) else None


def _files(settings: Settings) -> Finding:
    """See that no other user can read what opens this login or this proxy."""
    login = config_folder(child_environment()) / ".credentials.json"
    private = [login, key_file(settings.state_dir)]
    unusable, open_, fine = [], [], []
    for file in private:
        try:
            about = file.stat()
        except FileNotFoundError:
            continue
        except OSError as error:
            unusable.append(f"{file}: {error.strerror}")
            continue
        mode = f"{stat.S_IMODE(about.st_mode):04o}"
        if about.st_uid != os.geteuid() or not os.access(file, os.R_OK):
            unusable.append(f"{file}: owner {about.st_uid}, mode {mode}")
        elif about.st_mode & 0o077:
            open_.append(f"{file}: mode {mode}")
        else:
            fine.append(f"{file} {mode}")
    if unusable:
        remedy = "Give them to the proxy's user (chown), mode 0600, folder 0700."
        return bad(Name.FILE_MODES, "; ".join(unusable), remedy)
    if open_:
        remedy = "Other users may read it: chmod 600."
        return warn(Name.FILE_MODES, "; ".join(open_), remedy)
    return ok(Name.FILE_MODES, ", ".join(fine) or "no file that has to be private")


def _renewal() -> Iterator[Finding]:
    """Say what keeps the CLI from renewing its login, as the start does."""
    if reason := why_not_renewed(child_environment()):
        remedy = "Keep the login in a whole folder that the proxy's user may write to."
        yield warn(Name.LOGIN_RENEWAL, reason, remedy)


def _keys(settings: Settings) -> Iterator[Finding]:
    """Read the file of keys as the start does, which it ends where it is unusable."""
    if settings.proxy_api_keys_file is None:
        return
    try:
        callers = read_callers(settings.proxy_api_keys_file, settings.proxy_api_key)
    except UnusableFile as error:
        remedy = "Mend the file that PROXY_API_KEYS_FILE names; the start refuses it."
        yield bad(Name.KEYS_FILE, " ".join(error.problems), remedy)
    else:
        yield ok(Name.KEYS_FILE, f"{settings.proxy_api_keys_file}: {len(callers)} keys")
