"""deploy/monitor.sh: one question, its options, and the shells it runs in."""

import re
import subprocess

import pytest

from tests.support.rude import RUDE, answer, health
from tests.support.watching import SCRIPT, UNWELL, run, with_or_without_jq

pytestmark = pytest.mark.usefixtures("path")
# What bash 3.2, the one of macOS, does not know.
NEWER = (
    r"\b(mapfile|readarray|coproc|EPOCH\w+|BASHPID|SRANDOM|globstar|lastpipe)\b"
    r"|\b(declare|local|typeset) -\w*[Angu]|\bwait -\w*[npf]|%\(.*\)T|&>>|\|&|;;?&"
    r"|\$\{\w+(\^|,|@)|\[\[ -v|\$\{\w+\[-\d|\{\w+\}[<>]|read -\w*[iN]"
)


NEWER_EXAMPLES = [
    *("mapfile -t a", "declare -A a", "local -n a=b", "wait -n", "printf '%(%s)T' -1"),
    *("a &>> b", "a |& b", ";;& b)", "${a^^}", "${a,,}", "${a@Q}", "[[ -v a ]]"),
    *("${a[-1]}", "exec {a}>b", "read -N 1", "coproc a", "$EPOCHSECONDS", "$BASHPID"),
]


@with_or_without_jq
@pytest.mark.parametrize(
    ("behaviour", "code", "said"),
    [
        (health("healthy"), 0, "healthy"),
        (UNWELL, 1, "unhealthy: No CLI. Install it."),
        (health("healthy", 503), 1, "unhealthy: HTTP status 503, while the body says"),
        (health("unhealthy", 200, "No"), 1, "unhealthy: No."),
        (health("error", 500, "Stale"), 1, "error: Stale."),
        (answer(b'{"service": "claude-proxy"}'), 1, "unhealthy"),
        (RUDE["reset"], 2, "unreachable: "),
        (RUDE["another"], 2, "unreachable: What answers at http://127.0.0.1"),
    ],
)
def test_once_says_it_by_its_exit_code(server, behaviour, code, said):
    server.behaviour = behaviour
    done = run("--once", "--url", f"{server.url}/health")
    assert done.returncode == code
    assert done.stdout.partition(" ")[2].startswith(said)
    assert (run("--once", "--quiet", "--url", server.url).stdout, done.stderr) == (
        "",
        "",
    )


@with_or_without_jq
def test_what_a_server_says_stays_one_line_of_text(server):
    server.behaviour = health("unhealthy", 503, 'Say "C:\\dir"', "Do\nit.")
    done = run("--once", "--url", server.url)
    assert done.stdout.partition(" ")[2] == 'unhealthy: Say "C:\\dir". Do it.\n'
    server.behaviour = health("unhealthy", 503, "\x1b[31mRed")
    assert "\x1b" not in run("--once", "--url", server.url).stdout


@pytest.mark.parametrize(
    "options",
    [
        ["--interval"],
        ["--interval=soon"],
        ["--timeout", "0"],
        ["--failures", "0"],
        ["--once=1"],
        ["--what"],
        ["url"],
    ],
)
def test_wrong_options_are_refused(options):
    done = run(*options)
    assert done.returncode == 64
    assert done.stderr.startswith("monitor.sh: ")


def test_without_curl_it_says_so(path):
    (path / "curl").unlink()
    assert (run().returncode, run().stderr) == (69, "monitor.sh: curl is needed.\n")


def test_its_help_names_every_option():
    done = run("--help")
    assert done.returncode == 0
    taken = set(re.findall(r"(--[a-z-]+)(?: \||\))", SCRIPT.read_text()))
    assert taken == set(re.findall(r"^  (--[a-z-]+)", done.stdout, re.MULTILINE))


def test_it_is_clean_and_knows_no_bash_newer_than_3_2(monkeypatch):
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    subprocess.run(["shellcheck", SCRIPT], check=True)
    assert re.findall(NEWER, SCRIPT.read_text()) == []
    assert [each for each in NEWER_EXAMPLES if not re.search(NEWER, each)] == []
