"""A CLI that does not send what was asked is never asked, and /health says so."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.messages.test_request import LEAST
from tests.support.builders import copy_cli
from tests.support.processes import ROOT
from tests.support.upstream import Upstream
from tests.support.waiting import wait_until

_UNDER_POLICY = """
mount -t tmpfs policy /mnt && mkdir /mnt/upper /mnt/work &&
mount -t overlay -o lowerdir=/etc,upperdir=/mnt/upper,workdir=/mnt/work policy /etc &&
mkdir -p /etc/claude-code && printf %s "$1" > /etc/claude-code/managed-settings.json &&
exec "$2" -c "$3" "$4" "$5"
"""
_TRY = """
import sys
from pathlib import Path
from app.pool.errors import CannotStart
from app.pool.folder import OwnFolder
from app.pool.selftest import SelfTest
folder = OwnFolder(Path(sys.argv[2]))
try:
    SelfTest(folder).require(Path(sys.argv[1]))
    print("passed")
except CannotStart as error:
    print(error.code, error)
folder.close()
"""


@pytest.fixture
def upstream(monkeypatch: pytest.MonkeyPatch) -> Iterator[Upstream]:
    with Upstream() as upstream:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", upstream.url)
        monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-made-up")
        yield upstream


def ask(service) -> requests.Response:
    url, key = f"{service.url}/v1/messages", {"x-api-key": "k3y"}
    return requests.post(url, json=LEAST, headers=key, timeout=60)


@pytest.mark.parametrize(
    ("behaviour", "code"),
    [
        ({"mode": "ignores_body"}, "cli_unsupported"),
        ({"version": "2.1.329"}, "cli_too_old"),
    ],
)
def test_an_unfit_cli_is_refused_everywhere_until_another_is_there(
    serve, fake_claude, real_claude, upstream, behaviour, code
):
    fake_claude.set(**behaviour)
    service = serve(PROXY_API_KEY="k3y", POOL_SPARES="1")
    health, refused = service.becomes(code), ask(service)
    assert (health.status_code, refused.status_code) == (503, 503)
    assert refused.json()["error"]["message"].startswith(f"{code}: ")
    assert refused.headers["x-should-retry"] == "false"
    assert upstream.requests == []

    new = copy_cli(real_claude, fake_claude.path.with_suffix(".real"))
    new.rename(fake_claude.path)
    service.becomes(None)
    assert ask(service).status_code == 200
    assert len(upstream.requests) == 1


def test_health_waits_for_the_self_test(serve, fake_claude):
    fake_claude.set(mode="requests_slow", seconds=2.0)
    service = serve(PROXY_API_KEY="k3y")
    wait_until(lambda: fake_claude.processes)
    assert service.get().json()["details"]["code"] == "starting"
    service.becomes(None)


@pytest.fixture
def under_policy(tmp_path: Path, real_claude: Path):
    """Try the real CLI where a managed policy lies in /etc, for its eyes alone."""
    unshare = shutil.which("unshare")
    mine = [unshare or "", "-rm", "--propagation", "private"]
    mount = [*mine, "mount", "-t", "tmpfs", "policy", "/mnt"]
    if not unshare or subprocess.run(mount, check=False).returncode:
        pytest.skip("no mount namespace of one's own here")

    def under_policy(policy: str) -> str:
        arguments = [policy, sys.executable, _TRY, str(real_claude), str(tmp_path)]
        command = [*mine, "sh", "-c", _UNDER_POLICY, "sh", *arguments]
        done = subprocess.run(
            command, cwd=ROOT, check=True, capture_output=True, text=True, timeout=120
        )
        return done.stdout.splitlines()[-1]

    return under_policy


@pytest.mark.parametrize(
    ("policy", "outcome"),
    [
        ('{"cleanupPeriodDays": 30}', "passed"),
        ('{"forceLoginMethod": "claudeai"}', "passed"),
        ('{"env": {"CLAUDE_CODE_EXTRA_BODY": "{}"}}', "other than asked: max_tokens"),
        ('{"env": {"ANTHROPIC_BETAS": "x"}}', "other than asked: betas"),
        ('{"availableModels": ["claude-opus-4-8"]}', "other than asked: model"),
        ('{"env": {"ANTHROPIC_BASE_URL": "http://127.0.0.1:9"}}', "did not reach"),
        ('{"env": {"CLAUDE_CODE_USE_BEDROCK": "1"}}', "did not reach"),
    ],
)
def test_a_managed_policy_that_changes_requests_is_seen(under_policy, policy, outcome):
    said = under_policy(policy)
    assert outcome in said
    assert said == "passed" or said.startswith("cli_unsupported ")
