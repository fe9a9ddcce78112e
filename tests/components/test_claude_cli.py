"""The check of the CLI: it works, it fails, it does not answer."""

import pytest

from app.components.claude_cli import check_claude_cli
from app.contract.codes import Code
from tests.support.answers import killed, said, silent


def test_a_cli_that_tells_its_version_works():
    check = check_claude_cli(said(b"2.1.330 (Claude Code)"))
    assert (check.code, check.version) == (None, "2.1.330")


@pytest.mark.parametrize(
    ("cli", "code", "conclusive"),
    [
        (said(b"", 70), Code.CLI_FAILED, True),
        (said(b"???"), Code.CLI_FAILED, False),
        (killed(), Code.CLI_FAILED, False),
        (silent(), Code.CLI_TIMEOUT, False),
    ],
)
def test_a_cli_that_does_not_work(cli, code, conclusive):
    check = check_claude_cli(cli)
    assert (check.code, check.conclusive) == (code, conclusive)
