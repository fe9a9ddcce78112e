"""A container that is started wrongly: one line says what is wrong and what to do.

The exit codes are those of deploy/docker/README.md.
"""

import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.containers import Container, mounted, run

HERE = "/var/lib/claude-proxy"
KEY = "--env=ANTHROPIC_API_KEY=sk-ant-made-up"


def ends(image: str, *options: str) -> tuple[int, list[str]]:
    """Run a container that ends by itself; return its code, and its words."""
    done = run("run", "--rm", *Container.HARDENED, *options, image)
    lines = [line for line in done.stderr.splitlines() if "systemd" not in line]
    return done.returncode, lines


def settings_refused(image: str, *options: str) -> str:
    """Return the one problem of a start that is refused."""
    code, (head, problem) = ends(image, *options)
    assert (code, head) == (2, "These settings cannot be used:")
    return problem.strip()


def warning(container: Container, words: str) -> str:
    """Return the one line of the log with these words."""
    (line,) = [each for each in container.log.splitlines() if words in each]
    assert "level=warning" in line
    return line


def test_a_missing_secret_is_named(image, login):
    said = settings_refused(
        image, mounted(login), "--env=PROXY_API_KEY_FILE=/run/secrets/key"
    )
    assert said == (
        "PROXY_API_KEY: Cannot read /run/secrets/key (PROXY_API_KEY_FILE): No such file"
        " or directory. Put a key there that uid 10001 may read, or unset"
        " PROXY_API_KEY_FILE."
    )


def test_a_secret_of_another_user_is_named(image, login, tmp_path):
    (tmp_path / "key").write_text("k3y")
    (tmp_path / "key").chmod(0o600)
    key = mounted(tmp_path / "key", "/run/secrets/key", "ro")
    said = settings_refused(
        image, mounted(login), key, "--env=PROXY_API_KEY_FILE=/run/secrets/key"
    )
    assert "Permission denied. Put a key there that uid 10001 may read" in said


def test_a_volume_of_another_user_is_named(image, tmp_path):
    said = settings_refused(image, mounted(tmp_path))
    assert f"no permission in {HERE} for uid 10001; it is of uid 0." in said
    assert "Give it to this user (chown -R 10001:10001), or set STATE_DIR." in said


def test_a_start_without_a_volume_is_refused(image):
    said = settings_refused(image)
    assert f"{HERE} is read-only. Mount a volume there that can be written to" in said


def test_a_taken_port_is_told(image, login):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, lines = ends(
            image, mounted(login), "--network=host", f"--env=PORT={port}"
        )
    assert code == 1
    assert f'  "error": "Port {port} already in use",' in lines
    assert "Change port with --port or PORT" in "".join(lines)


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        (".claude", f"{HERE}/.claude is read-only"),
        (".claude/.credentials.json", "is a mount of its own"),
    ],
)
def test_a_login_that_cannot_be_renewed_is_told(start, login, what, reason):
    container = start(mounted(login), mounted(login / what, f"{HERE}/{what}", "ro"))
    container.becomes("healthy")
    line = warning(container, "will not stay renewed")
    assert reason in line
    assert "Keep it in a volume, a whole folder" in line


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Path]:
    """Make a disk without room, of the container's user."""
    (tmp_path / "full").mkdir()
    options = ["-o", "size=64k,uid=10001,mode=700"]
    disk = str(tmp_path / "full")
    subprocess.run(["mount", "-t", "tmpfs", *options, "none", disk], check=True)
    with pytest.raises(OSError, match="No space left"):
        (tmp_path / "full/large").write_bytes(bytes(1 << 20))
    yield tmp_path / "full"
    subprocess.run(["umount", disk], check=True)


def test_a_full_disk_is_told_and_served_with(full, start):
    container = start(mounted(full), KEY)
    container.becomes("healthy")
    line = warning(container, "No key could be made")
    assert "there is no room. Free some, and start again" in line


def test_a_cli_of_another_libc_is_told(start, login, tmp_path):
    ours = Path(os.path.realpath("/bin/cat")).read_bytes()
    (tmp_path / "claude").write_bytes(ours.replace(b"/ld-linux", b"/ld-other"))
    (tmp_path / "claude").chmod(0o755)
    cli = mounted(tmp_path / "claude", "/usr/local/bin/claude", "ro")
    container = start(mounted(login), cli)
    told = "/usr/local/bin/claude cannot run here: it is made for another libc"
    said = container.becomes("unhealthy", "Run 'claude-proxy status'")
    assert "Claude CLI not available" in said
    assert told in warning(container, "another libc")
    asked = run("exec", container.id, "claude-proxy", "status")
    assert (asked.returncode, told in asked.stderr) == (1, True)
