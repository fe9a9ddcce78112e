"""Everybody can use the page: by ear, by keyboard, in the dark, without JavaScript."""

import os
from pathlib import Path

import pytest
from selenium.webdriver.common.keys import Keys

from tests.support.browser import Browser, browser
from tests.support.waiting import wait_until

pytestmark = pytest.mark.usefixtures("past")
AXE = Path(__file__).parent / "node_modules/axe-core/axe.min.js"
REACHED = ["health/detailed", "health/history", "metrics", "openapi.json"]


def violations(page: Browser) -> list[str]:
    """Have axe-core look at the page, and return what it finds, with where."""
    page.run(AXE.read_text())
    found = page.driver.execute_async_script(
        "axe.run(document).then(arguments[arguments.length - 1])"
    )
    assert len(found["passes"]) > 20
    return [
        f"{rule['id']}: {node['html'][:200]} {node['failureSummary']}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_a_healthy_page(page, scheme):
    page.look(1280, scheme=scheme)
    assert violations(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_an_outage(page, service, fake_claude, scheme):
    page.look(360, scheme=scheme)
    fake_claude.set(logged_in=False)
    os.utime(fake_claude.path)
    page.says("the Claude CLI is not logged in")
    assert violations(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_without_the_server(page, service, scheme):
    page.look(1280, scheme=scheme)
    service.stop()
    page.says("The server no longer answers.", "#lost")
    assert violations(page) == []


def test_the_dark_page_is_dark(page):
    back = "return getComputedStyle(document.body).backgroundColor"
    page.look(1280)
    assert page.run(back) == "rgb(255, 255, 255)"
    page.look(1280, scheme="dark")
    assert page.run(back) == "rgb(13, 17, 23)"


def test_the_keyboard_reaches_everything_in_order_and_shows_where_it_is(page):
    bars = page.count(".bar svg")
    reached = []
    for _ in range(bars + len(REACHED)):
        page.press_tab()
        reached.append(page.run("return document.activeElement.textContent"))
        outline = "return getComputedStyle(document.activeElement).outlineWidth"
        assert page.run(outline) == "3px"
    assert reached == [""] * bars + REACHED


def test_each_cell_of_a_bar_is_told_by_keyboard(page):
    """From the latest back, to the first one, and no further."""
    page.press_tab()
    told = []
    for key in (Keys.ARROW_LEFT, Keys.ARROW_LEFT, Keys.HOME, Keys.ARROW_LEFT, Keys.END):
        page.press(key)
        told.append(page.text("#past output"))
    latest, before, first, no_further, last = told
    assert first == no_further < before < latest == last


def test_a_command_is_copied_by_keyboard(page, service, fake_claude):
    granted = ["clipboardReadWrite", "clipboardSanitizedWrite"]
    page.command("Browser.grantPermissions", permissions=granted, origin=service.url)
    fake_claude.set(logged_in=False)
    os.utime(fake_claude.path)
    page.says("the Claude CLI is not logged in")
    page.press_tab()
    name = page.run("return document.activeElement.getAttribute('aria-label')")
    assert name == "Copy claude-proxy login"
    page.press(Keys.ENTER)
    wait_until(
        lambda: page.run("return document.activeElement.textContent") == "Copied"
    )
    copied = page.driver.execute_async_script(
        "navigator.clipboard.readText().then(arguments[0])"
    )
    assert copied == "claude-proxy login"


def test_without_javascript_it_is_readable_and_renews_itself(
    service, fake_claude, tmp_path
):
    with browser(tmp_path / "plain", scripts=False) as page:
        page.open(service.url)
        page.says("Healthy for")
        assert "loads itself anew every ten seconds" in page.text("#more")
        assert page.count("#past path.healthy") == 3
        fake_claude.set(logged_in=False)
        os.utime(fake_claude.path)
        page.says("the Claude CLI is not logged in", seconds=30)
        assert page.text("#verdict .copy") == ""  # it could do nothing
