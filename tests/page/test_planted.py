"""A script planted in every text that comes from outside is text."""

import time

import pytest

from app.contract.codes import Code
from app.history.archive import Archive
from app.history.slot import SERVICE, Slot
from app.monitor.report import Transition
from app.web.current import part_of
from tests.support.reports import NOW, of_components, reported

SCRIPT = "<script>alert(1)</script>"
PLANTED = {
    "described": lambda: of_components(reported(), path=SCRIPT, version=SCRIPT),
    "remedy": lambda: reported(
        Code.CLI_FAILED, remedy=f"Run 'claude {SCRIPT}' {SCRIPT}"
    ),
    "warning": lambda: reported(warnings=(SCRIPT, f"'claude {SCRIPT}'")),
    "component": lambda: reported(
        components={**reported().components, SCRIPT: reported().components["quota"]}
    ),
    "change": lambda: reported(
        changes=(Transition(SCRIPT, SCRIPT, SCRIPT, None, SCRIPT, NOW),)
    ),
}


@pytest.mark.parametrize("where", PLANTED)
def test_what_comes_from_outside_is_text(see, says, where):
    says(PLANTED[where]())
    page = see()
    assert [script.get("src", "")[:13] for script in page.scripts] == ["page/page.js?"]
    assert SCRIPT in page.text


def test_what_comes_out_of_the_archive_is_text(see, says, app):
    at = int(time.time() // 60) * 60 - 120
    planted = Slot(
        states={SERVICE: {SCRIPT: 30.0, "": 30.0}, SCRIPT: {SCRIPT: 60.0}},
        quota={SCRIPT: (0.5, float(at + 3600)), f'"{SCRIPT}': (0.5, None)},
    )
    part_of(app, Archive).add({at: planted})
    says(reported())
    page = see()
    assert len(page.scripts) == 1
    assert page.text.count(SCRIPT) >= 3
