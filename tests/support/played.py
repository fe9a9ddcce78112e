"""What podman makes of manifests: real pods, without a cluster.

podman 4.3 makes a volume of an emptyDir, publishes each containerPort, gives every pod
10 s of grace, and makes a livenessProbe a command of curl, which the image has not and
nothing here calls. It knows no StatefulSet; ``stateful`` is what that would make.
"""

import base64
import json
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import yaml

from tests.support.containers import podman, run
from tests.support.kubelet import Probe, probes_of
from tests.support.manifests import Object, one
from tests.support.ports import free_port
from tests.support.waiting import wait_until


class Played:
    """One pod that runs while the block lasts; ``url`` leads to its container."""

    def __init__(self, folder: Path, image: str, *played: Object) -> None:
        """Take objects as rendered, and the image that theirs stands for."""
        self._file = folder / "played.yaml"
        *_, last = played
        is_pod = last["kind"] == "Pod"
        spec = last["spec"] if is_pod else last["spec"]["template"]["spec"]
        (container,) = spec["containers"]
        port = free_port()
        container["image"] = image
        container["ports"][0] |= {"hostPort": port, "hostIP": "127.0.0.1"}
        self._file.write_text(yaml.safe_dump_all(played))
        self.url = f"http://127.0.0.1:{port}"
        self.probes: dict[str, Probe] = {each.name: each for each in probes_of(spec)}
        self._pod = last["metadata"]["name"] + ("" if is_pod else "-pod-0")
        self.id = f"{self._pod}-{container['name']}"

    def __enter__(self) -> Self:
        """Start it anew; where that fails, leave no half of it."""
        self._end()
        done = run("kube", "play", self._file)
        if done.returncode:
            self._end()
        assert done.returncode == 0, done.stderr
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End it at once; what it has claimed stays."""
        self._end()

    def _end(self) -> None:
        run("pod", "stop", "--time", "0", self._pod)
        run("kube", "down", self._file)

    def run(self, *command: str) -> str:
        """Run a command in it, and return what it printed."""
        return podman("exec", self.id, *command)

    @property
    def log(self) -> str:
        """Return what it has written so far."""
        done = run("logs", self.id)
        return done.stdout + done.stderr

    def ask(self) -> dict[str, str]:
        """Ask every probe once; return why each fails, nothing where it does not."""
        return {name: probe.ask(self.url) for name, probe in self.probes.items()}

    def becomes(self, readiness: str) -> None:
        """Wait until it is as ready as that, while the other probes never fail."""
        wait_until(lambda: self.ask()["startup"] == "", 60)
        began = time.monotonic()

        def reached() -> bool:
            said = self.ask()
            assert said["liveness"] == "", self.log
            return said["readiness"] == readiness

        wait_until(reached, 60)
        print(f"{time.monotonic() - began:6.2f} s  {readiness or 'ready'}")

    def stop(self, seconds: int) -> tuple[int, float]:
        """Send SIGTERM and wait; return its exit code, and the seconds that it took.

        To the container alone: with the whole pod its network would end at once.
        """
        began = time.monotonic()
        podman("stop", "--time", str(seconds), self.id)
        code = podman("inspect", "--format", "{{.State.ExitCode}}", self.id)
        return int(code), time.monotonic() - began


def playable(overlay: str | Path) -> list[Object]:
    """Return of an overlay what podman knows: the settings, and the Deployment."""
    return [one(overlay, "ConfigMap"), one(overlay, "Deployment")]


def stateful(overlay: str | Path) -> list[Object]:
    """Return what a StatefulSet makes: a claim, and a pod that mounts it."""
    stateful = one(overlay, "StatefulSet")
    (claim,) = stateful["spec"]["volumeClaimTemplates"]
    volume = claim["metadata"]["name"]
    name = f"{volume}-{stateful['metadata']['name']}-0"
    spec = stateful["spec"]["template"]["spec"]
    mounted = {"name": volume, "persistentVolumeClaim": {"claimName": name}}
    spec["volumes"].append(mounted)
    metadata = stateful["spec"]["template"]["metadata"]
    return [
        one(overlay, "ConfigMap"),
        {
            **claim,
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {"name": name},
        },
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": metadata | {"name": f"{stateful['metadata']['name']}-0"},
            "spec": spec,
        },
    ]


def make_secret(folder: Path, name: str, **values: str) -> None:
    """Make a Secret as podman 4.3 reads one for a variable: not as it plays one."""
    encoded = {key: base64.b64encode(values[key].encode()).decode() for key in values}
    (folder / "secret.json").write_text(json.dumps(encoded))
    run("secret", "rm", name)
    podman("secret", "create", name, folder / "secret.json")
