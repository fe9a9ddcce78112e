"""The page renews itself, and whoever reads it does not notice."""

import os

import pytest

MARK = "for (const e of document.querySelectorAll('body *')) e.marked = true;"
NEW = "return [...document.querySelectorAll('body *')].filter(e => !e.marked).length"
WATCH = """
window.taken = 0;
new MutationObserver((changes) => {
  for (const change of changes) window.taken += change.removedNodes.length;
}).observe(document.body, { childList: true, subtree: true });
"""


def test_what_has_not_changed_is_left_alone(page):
    page.run(MARK + WATCH)
    page.renewals(3)
    assert page.run(NEW) == 0
    assert page.run("return window.taken") == 0


@pytest.mark.usefixtures("past")
def test_what_has_changed_is_there_without_the_rest_being_replaced(
    page, service, fake_claude
):
    page.run(MARK)
    fake_claude.path.unlink()
    page.says("there is no Claude CLI")
    for same in ("#verdict h1", "#past svg", "#component-quota", ".plot polyline"):
        assert page.run(f"return document.querySelector('{same}').marked")


def test_the_place_where_one_reads_stays(page, service, fake_claude):
    page.look(500)
    page.run("scrollTo(0, 700)")
    page.renewals(3)
    assert page.run("return scrollY") == 700


def test_the_focus_stays_through_a_change(page, service, fake_claude):
    page.run("document.querySelector('#more a').focus()")
    fake_claude.path.unlink()
    page.says("there is no Claude CLI")
    assert page.run("return document.activeElement.textContent") == "health/detailed"


def test_the_focus_stays_on_a_button(page, service, fake_claude):
    fake_claude.set(logged_in=False)
    os.utime(fake_claude.path)
    page.says("the Claude CLI is not logged in")
    page.run("document.querySelector('.copy').focus()")
    page.renewals(3)
    assert page.run("return document.activeElement.className") == "copy"


def test_what_is_selected_stays_selected(page):
    page.run("getSelection().selectAllChildren(document.querySelector('#work h2'))")
    page.renewals(3)
    assert page.run("return getSelection().toString()").startswith("Requests to")


@pytest.mark.usefixtures("past")
def test_a_cell_tells_its_time_and_goes_on_telling(page):
    page.run("""
    const box = document.querySelector("#past svg").getBoundingClientRect();
    const at = { clientX: box.left + box.width * 0.49, clientY: box.top + 5 };
    document.querySelector("#past svg").dispatchEvent(
      new PointerEvent("pointermove", { bubbles: true, ...at }));
    """)
    told = page.text("#past output")
    assert told.endswith((": healthy", ": unhealthy"))
    page.renewals(2)
    assert page.text("#past output") == told
