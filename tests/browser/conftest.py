"""A browser beside a service."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.service.conftest import serve as serve
from tests.support import made_up_past
from tests.support.browser import Browser, browser
from tests.support.processes import Service


@pytest.fixture(scope="module")
def chromium(tmp_path_factory) -> Iterator[Browser]:
    """Start one browser for the tests of a file: it takes longer than most of them."""
    folder: Path = tmp_path_factory.mktemp("chromium")
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
            patch.delenv(name)
        patch.setenv("HOME", str(folder))
        with browser(folder / "profile") as window:
            yield window


@pytest.fixture
def window(chromium: Browser) -> Iterator[Browser]:
    """Open a window that knows nothing of the last test, and leave its page again."""
    chromium.begin_anew()
    yield chromium
    chromium.begin_anew()


@pytest.fixture
def past(fake_claude) -> None:
    """Write 90 days for the service that will start."""
    made_up_past.main()


@pytest.fixture
def service(serve, fake_claude) -> Service:
    """Start a service that is healthy."""
    service: Service = serve()
    service.becomes(None)
    return service


@pytest.fixture
def page(window: Browser, service: Service) -> Browser:
    """Open its status page."""
    window.open(service.url)
    return window
