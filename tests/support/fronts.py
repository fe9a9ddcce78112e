"""nginx and haproxy, each started by its shipped file, of which only ports change."""

import os
import re
import shutil
import signal
import socket
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support.ports import free_port
from tests.support.waiting import wait_until

_ROOT = Path(__file__).parents[2]
_SBIN = "/usr/sbin:/usr/bin:/sbin:/bin"
_NGINX = """
daemon off; user www-data; worker_processes 2; pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{}}
http {{ access_log {folder}/access.log; include {folder}/claude-proxy.conf; }}
"""


class Front:
    """One of them in front of services, while the block lasts; ``url`` leads there."""

    def __init__(self, program: str, folder: Path, services: list[str]) -> None:
        """Write its configuration into ``folder``; ``services`` are their URLs."""
        address = f"127.0.0.1:{free_port()}"
        targets = [url.removeprefix("http://") for url in services]
        path = shutil.which(program, path=_SBIN)
        assert path, f"{program} is missing: run the tests with `make test`"
        self.url = f"http://{address}"
        self._command = [path, *_WRITERS[program](folder, address, targets)]

    def __enter__(self) -> Self:
        """Wait until it listens."""
        self._process = subprocess.Popen(self._command, start_new_session=True)
        wait_until(lambda: listens(self.url))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End it."""
        os.killpg(self._process.pid, signal.SIGTERM)
        self._process.wait(20)


def listens(url: str) -> bool:
    """Tell whether somebody accepts connections there."""
    host, _, port = url.removeprefix("http://").rpartition(":")
    with socket.socket() as caller:
        return caller.connect_ex((host, int(port))) == 0


def _nginx(folder: Path, address: str, targets: list[str]) -> list[str]:
    shipped = (_ROOT / "deploy/nginx/claude-proxy.conf").read_text()
    text = _a_line_each(shipped, r" +server 127\.0\.0\.1:80\d\d(.*;)\n", targets)
    text = _once(text, "listen 80;", f"listen {address};")
    (folder / "claude-proxy.conf").write_text(text)
    (folder / "nginx.conf").write_text(_NGINX.format(folder=folder))
    return ["-c", str(folder / "nginx.conf")]


def _haproxy(folder: Path, address: str, targets: list[str]) -> list[str]:
    shipped = (_ROOT / "deploy/haproxy/haproxy.cfg").read_text()
    text = _a_line_each(shipped, r" +server \w+ 127\.0\.0\.1:80\d\d\n", targets)
    text = _once(text, "bind :80\n", f"bind {address}\n")
    (folder / "haproxy.cfg").write_text(text)
    return ["-db", "-f", str(folder / "haproxy.cfg")]


_WRITERS = {"nginx": _nginx, "haproxy": _haproxy}


def _a_line_each(shipped: str, pattern: str, targets: list[str]) -> str:
    """Write a line for each target as the file's own first one, in place of its two."""
    first, second = re.finditer(pattern, shipped)
    assert first.end() == second.start()
    lines = [
        re.sub(r"127\.0\.0\.1:80\d\d", target, first[0]).replace("one", f"r{number}")
        for number, target in enumerate(targets)
    ]
    return shipped[: first.start()] + "".join(lines) + shipped[second.end() :]


def _once(text: str, old: str, new: str) -> str:
    assert text.count(old) == 1
    return text.replace(old, new)
