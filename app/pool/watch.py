"""What warm processes depend on: the binary, the login, the settings, the policy.

A warm process reads a renewed token by itself, so a login file that the CLI rewrites is
no change. The account it keeps as it was when it started (measured on 2.1.330).
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from app.claude.errors import UnreadableFile
from app.claude.locate import Identity, identity_of
from app.claude.login import account_file, config_folder, read_account
from app.claude.policy import policy_identity

_ACCOUNT_EVERY = 1.0  # seconds; the CLI writes its file often, and it may be large


@dataclass(frozen=True, slots=True)
class _Seen:
    binary: Identity
    settings: Identity
    policy: tuple[Identity, ...]
    logged_in: bool
    account: str | None


class Watch:
    """Tells once of each change; any thread may ask, it takes some stats."""

    def __init__(
        self,
        locate: Callable[[], Path | None],
        environment: Callable[[], Mapping[str, str]],
    ) -> None:
        """Take where the binary is and what the CLI sees, both asked anew each time."""
        self._locate, self._environment = locate, environment
        self._looking = threading.Lock()
        self._seen: _Seen | None = None
        self._account: str | None = None
        self._account_of: Identity = ()
        self._account_at = -_ACCOUNT_EVERY

    def has_changed(self) -> bool:
        """Tell whether anything is other than at the last look; at the first: no."""
        with self._looking:
            before, self._seen = self._seen, self._look()
            return before is not None and before != self._seen

    def _look(self) -> _Seen:
        environment = self._environment()
        folder = config_folder(environment)
        cli = self._locate()
        return _Seen(
            _identity(cli) if cli else (),
            _identity(folder / "settings.json"),
            policy_identity(),
            _identity(folder / ".credentials.json") != (),
            self._whose(account_file(environment)),
        )

    def _whose(self, file: Path) -> str | None:
        """Return the account's id; one that cannot be read now is still the same."""
        identity, now = _identity(file), time.monotonic()
        if identity == self._account_of or now - self._account_at < _ACCOUNT_EVERY:
            return self._account
        self._account_of, self._account_at = identity, now
        try:
            self._account = read_account(file).get("accountUuid")
        except UnreadableFile:
            if identity == ():
                self._account = None
        return self._account


def _identity(file: Path) -> Identity:
    try:
        return identity_of(file.stat())
    except OSError:
        return ()
