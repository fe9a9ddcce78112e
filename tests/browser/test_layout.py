"""The page fits: a phone, a screen on the wall, paper."""

import os

import pytest

pytestmark = pytest.mark.usefixtures("past")
PHONE, WALL, PAPER = (360, 740), (2560, 1440), (718, 1000)
LONG = "a-user-with-a-name-of-seventy-letters-" * 2 + "@example.com"


def is_within(page) -> bool:
    """Tell whether nothing is wider than the screen, nor cut off at its edge."""
    return page.run("""
    const wide = document.documentElement.clientWidth;
    return document.documentElement.scrollWidth <= wide &&
      [...document.querySelectorAll("body *")].every(
        (element) => element.getBoundingClientRect().right <= wide + 0.5);
    """)


@pytest.mark.parametrize("size", [PHONE, (800, 600), (1280, 900), WALL])
def test_nothing_is_wider_than_the_screen(page, size):
    page.look(*size)
    assert is_within(page)


def test_nothing_that_is_long_is_wider_than_a_phone(page, service, fake_claude):
    fake_claude.set(email=LONG)
    os.utime(fake_claude.path)
    page.look(*PHONE)
    page.says(LONG, "#component-authentication")
    assert is_within(page)
    fake_claude.set(logged_in=False)
    os.utime(fake_claude.path)
    page.says("the Claude CLI is not logged in")
    assert is_within(page)
    service.stop()
    page.says("The server no longer answers.", "#lost")
    assert is_within(page)


def test_what_matters_is_seen_at_once_on_a_wall(page):
    page.look(*WALL)
    seen = "return document.querySelector('#components').getBoundingClientRect().bottom"
    assert page.run(seen) <= WALL[1]
    assert page.run("return parseFloat(getComputedStyle(document.body).fontSize)") >= 20


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_paper_it_is_black_on_white_and_within_the_page(page, scheme):
    page.look(*PAPER, scheme=scheme, media="print")
    assert is_within(page)
    style = page.run("return {...getComputedStyle(document.body)}")
    assert (style["backgroundColor"], style["color"]) == (
        "rgb(255, 255, 255)",
        "rgb(27, 31, 36)",
    )
    assert page.text("#more") == ""
    printed = page.command("Page.printToPDF", printBackground=True)["data"]
    assert printed.startswith("JVBERi0")  # %PDF-
