"""Takes the pictures of docs/images anew: ``make screenshots``.

It is no test by its name, so that nobody's run of the tests changes the pictures.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.support import made_up_past
from tests.support.browser import Browser
from tests.support.builders import FakeClaude

IMAGES = Path(__file__).parents[2] / "docs/images"
SCREEN, PHONE = (1280, 960), (360, 960)


@pytest.fixture
def fake_claude(monkeypatch) -> Iterator[FakeClaude]:
    """Have a CLI whose path may be in a picture."""
    with TemporaryDirectory(prefix="demo-") as folder:
        fake = FakeClaude(Path(folder))
        fake.set(email="demo@example.com")
        monkeypatch.setenv("CLAUDE_CLI_PATH", str(fake.path))
        yield fake


def take(window: Browser, name: str, size: tuple[int, int], scheme: str) -> None:
    window.look(*size, scheme=scheme)
    window.driver.save_screenshot(str(IMAGES / f"status-page-{name}.png"))


def test_screenshots(window, serve, fake_claude):
    IMAGES.mkdir(exist_ok=True)
    made_up_past.main()
    service = serve()
    service.becomes(None)
    window.command("Emulation.setScrollbarsHidden", hidden=True)
    window.open(service.url)
    window.says("Healthy for")
    take(window, "light", SCREEN, "light")
    take(window, "dark", SCREEN, "dark")
    take(window, "narrow", PHONE, "light")
    fake_claude.set(logged_in=False)
    os.utime(fake_claude.path)
    window.says("the Claude CLI is not logged in")
    take(window, "outage", SCREEN, "light")
