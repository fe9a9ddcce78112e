"""Run a proxy so that a newcomer has something to look at: what `make demo` does.

`python -m tests.support.demo COMMAND`: the command sees a stub of the Messages API, a
made-up login and a made-up past, in a throw-away HOME, never the login of a person. A
small request every few seconds keeps it from standing idle.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support.messages_api import MessagesApi, write_login

PASSED_ON = "PATH LANG HOST PORT WORKERS THREADS LOG_LEVEL LOG_FORMAT CLAUDE_CLI_PATH"
MADE_UP = "The past on the status page is made up: nothing of it has happened."
EVERY = 4.0  # seconds
ASKED = {
    "model": "claude-sonnet-4-5",
    "max_tokens": 16,
    "messages": [{"role": "user", "content": "Hello?"}],
}


def environment(home: str, url: str) -> dict[str, str]:
    """Spell out all that the command may see, so that no real login leaks into it."""
    quiet = ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "DISABLE_AUTOUPDATER")
    outer = {name: os.environ[name] for name in PASSED_ON.split() if name in os.environ}
    stub = {"HOME": home, "ANTHROPIC_BASE_URL": url}
    # With a claude.ai login the CLI also asks for the account, wherever the stub is.
    stub |= {"HTTPS_PROXY": "http://127.0.0.1:9", "NO_PROXY": "127.0.0.1"}
    return {"LANG": "C.UTF-8", **outer, **dict.fromkeys(quiet, "1"), **stub}


def run(command: list[str], url: str) -> int:
    """Run the command in a throw-away HOME with a past, and return its exit code.

    SIGINT, SIGTERM and SIGHUP are passed on to it. OSError when it cannot be started.
    """
    with TemporaryDirectory("-claude-home", ignore_cleanup_errors=True) as home:
        write_login(Path(home))
        seen = environment(home, url)
        past = [sys.executable, "-m", "tests.support.made_up_past"]
        subprocess.run(past, env=seen, check=True)
        print(MADE_UP, flush=True)
        # In a group of its own, Ctrl-C reaches it once, through us, and not twice.
        child = subprocess.Popen(command, env=seen, process_group=0)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda received, _: child.send_signal(received))
        ended = threading.Event()
        threading.Thread(target=_ask, args=(seen, ended), daemon=True).start()
        code = child.wait()
        ended.set()
    return code if code >= 0 else 128 - code


def _ask(seen: Mapping[str, str], ended: threading.Event) -> None:
    """Ask the model now and then; what goes wrong shows on the page."""
    url = f"http://127.0.0.1:{seen.get('PORT', '8000')}/v1/messages"
    asked = urllib.request.Request(url, json.dumps(ASKED).encode())
    asked.add_header("Content-Type", "application/json")
    straight = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while not ended.wait(EVERY):
        with suppress(OSError), straight.open(asked, timeout=30) as answer:
            answer.read()


def main() -> int:
    """Serve for as long as the command runs, and return its exit code."""
    with MessagesApi() as api, suppress(KeyboardInterrupt):
        return run(sys.argv[1:], api.url)
    return 0


if __name__ == "__main__":
    sys.exit(main())
