"""The rendered manifests, run by podman: the real image, the real CLI, no cluster."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread

import pytest
import requests

from tests.messages.test_request import LEAST
from tests.support.containers import UID, mounted, podman, run
from tests.support.keys import ALICE, BOB
from tests.support.manifests import with_settings
from tests.support.messages_api import __file__ as stub
from tests.support.messages_api import write_login
from tests.support.played import Played, make_secret, playable, stateful
from tests.support.ports import free_port
from tests.support.waiting import wait_until

KEY = {"x-api-key": "k3y"}
UPSTREAM = 9999  # in the pod, whose network is its own
OWN = {
    "DRAIN_SECONDS": "8",
    "ANTHROPIC_BASE_URL": f"http://127.0.0.1:{UPSTREAM}",
    "HTTPS_PROXY": "http://127.0.0.1:9",  # nothing leaves this machine
    "NO_PROXY": "127.0.0.1",
}


@pytest.fixture
def secret(tmp_path) -> Iterator[None]:
    keys = {"PROXY_API_KEY": "k3y", "ANTHROPIC_API_KEY": "sk-ant-made-up"}
    make_secret(tmp_path, "claude-proxy", **keys)
    yield
    run("secret", "rm", "claude-proxy")


@pytest.fixture
def deployed(image, secret, tmp_path) -> Iterator[Played]:
    objects = playable(with_settings("api-key", tmp_path, **OWN))
    with Played(tmp_path, image, *objects) as played:
        yield played


def test_the_deployment_serves_and_drains(deployed):
    deployed.becomes("")
    source = Path(stub).read_text()
    command = ("python3", "-c", source, "--port", str(UPSTREAM))
    podman("exec", "--detach", deployed.id, *command)
    answer = wait_until(lambda: answered(deployed), 60)
    assert answer["content"][0]["text"] == "Hello from the stub."

    stopped: list[tuple[int, float]] = []
    stop = Thread(target=lambda: stopped.append(deployed.stop(60)))
    stop.start()
    deployed.becomes("503 draining")
    assert answered(deployed)
    stop.join(90)
    ((code, seconds),) = stopped
    print(f"{seconds:6.2f} s  ended with {code}")
    assert code == 0


def answered(played: Played) -> dict | None:
    """Ask for a message; None while there is no upstream."""
    url = f"{played.url}/v1/messages"
    answer = requests.post(url, json=LEAST, headers=KEY, timeout=60)
    return answer.json() if answer.status_code == 200 else None


def test_the_deployment_is_as_restricted_as_it_says(deployed):
    deployed.becomes("")
    text = deployed.run("cat", "/proc/1/status")
    status = dict(line.split(":\t") for line in text.splitlines())
    assert set(status["Uid"].split()) == {"10001"}
    assert (int(status["CapBnd"], 16), status["NoNewPrivs"]) == (0, "1")
    assert status["Seccomp"] == "2"  # a filter
    said = run("exec", deployed.id, "touch", "/here").stderr
    assert "Read-only file system" in said


def test_a_missing_secret_is_named(image, tmp_path):
    run("secret", "rm", "claude-proxy")
    played = Played(tmp_path, image, *playable("api-key"))
    with pytest.raises(AssertionError, match=r'no secret.*"claude-proxy"'), played:
        pass


@pytest.fixture
def claim() -> Iterator[str]:
    """Name the volume of the one login; nothing of it is left."""
    name = "home-claude-proxy-0"
    run("volume", "rm", "--force", name)
    yield name
    run("volume", "rm", "--force", name)


def test_a_login_is_waited_for_and_outlives_its_pod(image, secret, claim, tmp_path):
    settings, claimed, spec = stateful(with_settings("login", tmp_path, **OWN))
    with Played(tmp_path, image, settings, claimed, spec) as pod:
        pod.becomes("503 not_authenticated")
        log_in(pod, tmp_path)
        pod.becomes("")
    with Played(tmp_path, image, settings, spec) as pod:
        pod.becomes("")
        pod.run("claude", "auth", "logout")
        pod.becomes("503 not_authenticated")


def log_in(pod: Played, folder: Path) -> None:
    """Put a made-up login where ``claude-proxy login`` would put a real one."""
    write_login(folder)
    for name in (".claude/.credentials.json", ".claude.json"):
        text = (folder / name).read_text()
        script = 'umask 077; cd; mkdir -p .claude; printf %s "$1" > "$2"'
        pod.run("sh", "-c", script, "sh", text, name)


@pytest.fixture
def keys(tmp_path) -> Callable[[str], Path]:
    """Write a folder as a kubelet mounts a Secret, and change it as a kubelet does.

    What it shows is a link to a link to a folder of the time; one rename changes all.
    """
    folder = tmp_path / "secret"
    folder.mkdir()
    (folder / "keys").symlink_to("..data/keys")

    def keys(text: str) -> Path:
        version = f"..{len(list(folder.iterdir()))}"
        (folder / version).mkdir()
        file = folder / version / "keys"
        file.write_text(text)
        os.chown(file, 0, UID)  # the fsGroup
        file.chmod(0o440)
        (folder / "..data_tmp").symlink_to(version)
        (folder / "..data_tmp").rename(folder / "..data")
        return folder

    return keys


def test_keys_as_kubernetes_mounts_them_are_read_and_read_again(start, login, keys):
    port = str(free_port())
    secret = mounted(keys(f"alice {ALICE}"), "/run/keys", "ro")
    own = ("--env=HOST=127.0.0.1", f"--env=PORT={port}", "--network=host")
    file = "--env=PROXY_API_KEYS_FILE=/run/keys/keys"
    start(mounted(login), secret, file, *own)
    wait_until(lambda: usage(port, ALICE) == 200, 60)
    assert usage(port, BOB) == 401
    keys(f"bob {BOB}")
    wait_until(lambda: usage(port, BOB) == 200, 30)
    assert usage(port, ALICE) == 401


def usage(port: str, key: str) -> int:
    """Ask what only who has a key is told; 0 while nobody listens."""
    url = f"http://127.0.0.1:{port}/v1/usage"
    try:
        return requests.get(url, headers={"x-api-key": key}, timeout=10).status_code
    except requests.ConnectionError:
        return 0
