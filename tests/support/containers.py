"""Real containers: the images, built from the shipped files, and what runs in them.

There is no registry. The base that a Dockerfile names is made with debootstrap and
imported under that name, into a storage of the tests' own: a developer's real images
keep their names. All is done once on a machine; later runs find each layer there.

``proxy_image()`` builds deploy/docker/Dockerfile and returns the image's id (about a
minute the first time, a second later on; safe in several processes at once).
``podman(...)`` runs podman with that storage and returns what it printed. To free all
of it: ``rm -rf /var/tmp/claude-proxy-containers``.
"""

import fcntl
import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

from tests.support.processes import ROOT
from tests.support.waiting import wait_until

DOCKERFILE = ROOT / "deploy/docker/Dockerfile"
UID = 10001  # of the Dockerfile
HOME = "/var/lib/claude-proxy"
FOLDER = Path("/var/tmp/claude-proxy-containers")
_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
# crun refuses mixed cgroups, and a machine may not allow limits to be raised.
_CONTAINERS_CONF = """
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=30000:30000"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
[network]
network_backend = "netavark"
"""
_STORAGE_CONF = """
[storage]
driver = "overlay"
graphroot = "{folder}/storage"
runroot = "{folder}/run"
"""
# What the real image has not, either.
_LEFT_OUT = ("usr/share/doc", "usr/share/man", "usr/share/locale", "var/lib/apt/lists")
_LEFT_OUT += ("var/cache/apt/archives",)
_PIP_CONF = "[global]\ncert = /etc/ssl/host.crt\n"


@cache
def environment() -> dict[str, str]:
    """Return the variables with which podman, buildah and podman-compose run."""
    FOLDER.mkdir(mode=0o700, exist_ok=True)
    (FOLDER / "containers.conf").write_text(_CONTAINERS_CONF)
    (FOLDER / "storage.conf").write_text(_STORAGE_CONF.format(folder=FOLDER))
    return {
        "PATH": _PATH,
        "HOME": str(FOLDER),
        "CONTAINERS_CONF": str(FOLDER / "containers.conf"),
        "CONTAINERS_STORAGE_CONF": str(FOLDER / "storage.conf"),
    }


def podman(*words: str | Path, program: str = "podman", **variables: str) -> str:
    """Run podman, and return what it printed; a failure fails the test."""
    done = run(*words, program=program, **variables)
    assert done.returncode == 0, f"{program} {words}: {done.stdout}{done.stderr}"
    return done.stdout.strip()


def run(
    *words: str | Path, program: str = "podman", **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run podman, or one of its kin, with these variables; return how it ended."""
    return subprocess.run(
        [program, *map(str, words)],
        env=environment() | variables,
        capture_output=True,
        text=True,
        timeout=600,
    )


@cache
def proxy_image() -> str:
    """Build the proxy's image from the shipped Dockerfile, and return its id."""
    return build(DOCKERFILE)


def mounted(there: Path, here: str = HOME, *options: str) -> str:
    """Return the option that mounts what lies at ``there``."""
    return f"--volume={':'.join((str(there), here, *options))}"


def build(dockerfile: Path, *options: str) -> str:
    """Build a Dockerfile as it is, in the project's folder; return the image's id."""
    with _alone(), TemporaryDirectory() as folder:
        for base in _bases(dockerfile):
            if run("image", "exists", base).returncode:
                _import(base, Path(folder))
        podman(
            *("bud", "--isolation", "chroot", "--format", "docker", "--layers"),
            *("--quiet", "--iidfile", f"{folder}/id", *_as_this_machine(Path(folder))),
            *(*options, "--file", dockerfile, ROOT),
            program="buildah",
        )
        return Path(folder, "id").read_text().removeprefix("sha256:")


@contextmanager
def _alone() -> Iterator[None]:
    """Let one process of the machine build at a time."""
    environment()
    with (FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _bases(dockerfile: Path) -> list[str]:
    return re.findall(r"^FROM (\S+/\S+)", dockerfile.read_text(), re.MULTILINE)


def _import(base: str, folder: Path) -> None:
    """Make the Debian that a tag names, as slim as debootstrap makes it."""
    found = re.fullmatch(r"docker\.io/library/debian:(\w+)-slim", base)
    assert found, f"{base} is no Debian"
    system = folder / "system"
    command = ["debootstrap", "--variant=minbase", found[1], str(system), _mirror()]
    subprocess.run(
        command, env={"PATH": _PATH}, stdout=subprocess.DEVNULL, check=True, timeout=300
    )
    for left_out in _LEFT_OUT:
        shutil.rmtree(system / left_out)
    podman("import", "--quiet", _packed(system), base)


def _packed(system: Path) -> Path:
    archive = system.with_suffix(".tar")
    subprocess.run(["tar", "-C", system, "-cf", archive, "."], check=True, timeout=120)
    return archive


def _mirror() -> str:
    said = subprocess.check_output(
        ["apt-get", "indextargets", "--format", "$(REPO_URI)"], text=True, timeout=60
    )
    return next(line for line in said.splitlines() if "security" not in line)


def _as_this_machine(folder: Path) -> list[str]:
    """Return the options by which a RUN step reaches what this machine reaches.

    They are mounts, which leave no trace in the image: a Dockerfile knows nothing of
    the mirrors and certificates of who builds it.
    """
    (folder / "pip.conf").write_text(_PIP_CONF)
    mounts = {_CERTIFICATES: "/etc/ssl/host.crt", folder / "pip.conf": "/etc/pip.conf"}
    for file in Path("/etc/apt/apt.conf.d").iterdir():
        if file.read_text().startswith("Acquire"):
            mounts[file] = str(file)
    return [f"--volume={there}:{here}:ro" for there, here in mounts.items()]


class Container:
    """One container that runs in the background, hardened as compose.yaml has it."""

    # As in compose.yaml: read-only, without rights, within limits.
    HARDENED = (
        *("--read-only", "--tmpfs=/tmp", "--cap-drop=all"),
        *("--security-opt=no-new-privileges", "--memory=1g", "--pids-limit=256"),
    )

    def __init__(self, *options: str, image: str, command: Sequence[str] = ()) -> None:
        """Start it; ``options`` are those of ``podman run``."""
        started = podman("run", "--detach", *self.HARDENED, *options, image, *command)
        self.id = started

    @classmethod
    def named(cls, name: str) -> Self:
        """Return one that somebody else has started."""
        found = cls.__new__(cls)
        found.id = name
        return found

    @property
    def log(self) -> str:
        """Return what it has written so far, to either stream."""
        done = run("logs", self.id)
        return done.stdout + done.stderr

    def run(self, *command: str) -> str:
        """Run a command in it, and return what it printed."""
        return podman("exec", self.id, *command)

    def check(self) -> tuple[str, str]:
        """Run its own health check, as an engine does; return what it says, in words.

        There is no systemd here, whose timers podman would use. What an engine makes
        of it (``--retries``, ``--start-period``) takes long, and is not waited for.
        """
        failed = run("healthcheck", "run", self.id).returncode
        told = json.loads(self.shown("{{json .State.Health.Log}}") or "[]")
        return "unhealthy" if failed else "healthy", told[-1]["Output"] if told else ""

    def becomes(self, state: str, words: str = "") -> str:
        """Check it until it is in this state and says these words; return them all."""

        def reached() -> str | None:
            found, said = self.check()
            assert self.shown("{{.State.Running}}") == "true", self.log
            return f"{found}: {said}" if found == state and words in said else None

        said: str = wait_until(reached, 90)
        return said

    def shown(self, template: str) -> str:
        """Return what ``podman inspect`` says of it."""
        return podman("inspect", "--format", template, self.id)

    def wait(self) -> int:
        """Wait for its end, and return its exit code."""
        return int(podman("wait", self.id))

    def stop(self, seconds: int = 60) -> int:
        """Stop it as an engine does; return its exit code."""
        podman("stop", "--time", str(seconds), self.id)
        return int(self.shown("{{.State.ExitCode}}"))

    def remove(self) -> None:
        """End it at once, if it still runs, and leave nothing of it."""
        podman("rm", "--force", "--time", "0", "--volumes", self.id)
