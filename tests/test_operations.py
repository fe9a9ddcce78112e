"""The runbook, held against the code: no code, alert or command without a section."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from app.commands.doctor.finding import Name
from app.commands.main import main
from app.contract.codes import MEANINGS, Code

ROOT = Path(__file__).parents[1]
RUNBOOK = (ROOT / "docs/operations.md").read_text()
RULES = yaml.safe_load((ROOT / "deploy/prometheus/rules.yml").read_text())
ALERTS = [
    rule for group in RULES["groups"] for rule in group["rules"] if "alert" in rule
]
MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))
TEXTS = [
    *(ROOT / "docs").glob("*.md"),
    *(ROOT / "deploy").rglob("README.md"),
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md")),
]


def chapter(title: str) -> str:
    return RUNBOOK.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def headings(title: str) -> list[str]:
    return re.findall(r"^### (.*)$", chapter(title), re.MULTILINE)


def anchor(heading: str) -> str:
    """Make a heading's anchor as GitHub does."""
    kept = re.sub(r"[^\w\- ]", "", heading.lower())
    return "#" + kept.replace(" ", "-")


def test_every_code_has_its_section():
    told = [code for each in headings("Codes of /health") for code in _words(each)]
    assert sorted(told) == sorted(code.value for code in Code)


def _words(heading: str) -> list[str]:
    return re.findall(r"`(\w+)`", heading)


def test_every_alert_has_its_section():
    assert sorted(headings("Alerts")) == sorted(rule["alert"] for rule in ALERTS)


def test_every_finding_of_the_doctor_has_its_section():
    told = [name for each in headings("Findings of doctor") for name in _words(each)]
    assert sorted(told) == sorted(name.value for name in Name)


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule["alert"])
def test_every_alert_leads_to_its_section(rule):
    url = rule["annotations"]["runbook_url"]
    assert url == "docs/operations.md" + anchor(rule["alert"])


def test_every_section_says_something():
    for section in re.split(r"^### ", RUNBOOK, flags=re.MULTILINE)[1:]:
        assert len(section.split()) > 12, section


def test_every_link_within_leads_somewhere():
    titles = re.findall(r"^#+ (.*)$", RUNBOOK, re.MULTILINE)
    known = {anchor(title) for title in titles}
    assert set(re.findall(r"\((#[^)]+)\)", RUNBOOK)) <= known


def test_every_link_to_another_file_leads_somewhere():
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", RUNBOOK):
        assert (ROOT / "docs" / target).exists(), target


@pytest.mark.parametrize("code", MEANINGS)
def test_every_remedy_names_commands_that_exist(code):
    assert_exist(re.findall(r"(?<!\w)'([^']+)'", MEANINGS[code].remedy))


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_in_the_texts_exists(path):
    text = path.read_text()
    blocks = re.findall(r"^```.*?^```|^    .*?$", text, re.MULTILINE | re.DOTALL)
    assert_exist([*blocks, *re.findall(r"`[^`\n]+`", text)])


def assert_exist(pieces: list[str]) -> None:
    """Hold that what is called in these pieces of shell is there to be called."""
    for piece in pieces:
        assert _called("claude-proxy", piece) <= set(main.commands), piece
        assert _called("make", piece) <= TARGETS, piece
        assert _called("claude auth", piece) <= {"login", "logout", "status"}, piece


def _called(command: str, piece: str) -> set[str]:
    return set(re.findall(rf"(?<![\w-]){command} ([a-z]\w*)", piece))


def test_the_real_cli_has_the_commands_that_are_named(real_claude):
    command = [str(real_claude), "auth", "--help"]
    told = subprocess.run(command, capture_output=True, text=True, timeout=60).stdout
    assert {"login", "logout", "status"} <= set(told.split())
