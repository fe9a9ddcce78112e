"""What a child sees of our environment: an explicit list, never all of it.

The values (API keys among them) are copied for one start and not kept. Empty ones are
left out: an empty ``CLAUDE_CONFIG_DIR`` makes the CLI write into its working directory
(measured on 2.1.330).
"""

import os
from pathlib import Path

_NAMES = frozenset(
    {
        *("PATH", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "TMPDIR"),
        *("NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "SSL_CERT_DIR", "CLOUD_ML_REGION"),
        *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"),
        *("http_proxy", "https_proxy", "all_proxy", "no_proxy"),
        *("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"),
    }
)
# What a login at a terminal needs beside that: to draw, and to open a browser.
_TERMINAL = frozenset(
    {
        *("TERM", "COLORTERM", "NO_COLOR", "BROWSER", "DISPLAY", "WAYLAND_DISPLAY"),
        *(
            "XAUTHORITY",
            "XDG_RUNTIME_DIR",
            "DBUS_SESSION_BUS_ADDRESS",
            "SSH_CONNECTION",
        ),
    }
)
_PREFIXES = ("ANTHROPIC_", "CLAUDE_", "AWS_", "AZURE_", "GOOGLE_", "VERTEX_", "LC_")

# Port 9 is the discard service: nothing listens there, so a connection fails at once.
_NOWHERE = "http://127.0.0.1:9"
_SEAL = dict.fromkeys(
    ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"), _NOWHERE
)


# All that a self-test sees of ours: nothing that holds or leads to a secret.
_HARMLESS = frozenset({"PATH", "LANG", "LANGUAGE", "TZ"})


def home() -> Path:
    """Return the home folder that the CLI will use, also where HOME is not set."""
    return Path.home()


def inherited() -> dict[str, str]:
    """Return what a Claude CLI is handed of our environment as it is: all but HOME."""
    return _passed(_NAMES, _PREFIXES)


def child_environment() -> dict[str, str]:
    """Return the environment a Claude CLI is started with."""
    quiet = {
        "DISABLE_AUTOUPDATER": "1",
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    }
    return {**inherited(), "HOME": str(home()), **quiet}


def terminal_environment() -> dict[str, str]:
    """Return a child's environment with what a person at a terminal needs beside it.

    Nothing of that changes which login the CLI reads or writes.
    """
    return {**_passed(_TERMINAL), **child_environment()}


def _passed(names: frozenset[str], prefixes: tuple[str, ...] = ()) -> dict[str, str]:
    return {
        name: value
        for name, value in os.environ.items()
        if value and (name in names or name.startswith(prefixes))
    }


def probe_environment() -> dict[str, str]:
    """Return the environment of a probe: a child's, but cut off from every network.

    ``auth status`` refreshes an expired token where it can reach the login service
    (measured on 2.1.330: the login file was rewritten). Refresh tokens are single-use,
    and a probe must change nothing, so its proxies lead nowhere.
    """
    sealed = {
        name: value
        for name, value in child_environment().items()
        if name.upper() not in ("NO_PROXY", "ALL_PROXY")
    }
    return {**sealed, **_SEAL}


def selftest_environment(folder: Path, url: str) -> dict[str, str]:
    """Return the environment of a CLI that is to reach ``url``, and nothing else.

    Its home is ``folder``, its login is made up. It is a token and no API key, since an
    administrator's policy can forbid the latter (``forceLoginMethod``, measured).
    """
    own = {
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "CLAUDE_CONFIG_DIR": str(folder / ".claude"),
        "CLAUDE_CODE_OAUTH_TOKEN": "made-up",
        "ANTHROPIC_BASE_URL": url,
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
    }
    return {**_passed(_HARMLESS, ("LC_",)), **_SEAL, **own}
