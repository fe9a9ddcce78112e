"""A real browser, Debian's Chromium, driven by its own driver, without a screen."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.support.waiting import wait_until

_OPTIONS = (
    "--headless=new",
    "--no-sandbox",  # it refuses to be root otherwise
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-extensions",
    # Whatever else it would like to reach is not there.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
_SCREEN = (1280, 900)


class Browser:
    """A window with one page."""

    def __init__(self, driver: Chrome) -> None:
        self.driver = driver

    def open(self, url: str) -> None:
        """Load a page, and wait until it has run its script."""
        self.driver.get(url)

    def begin_anew(self) -> None:
        """Leave the page, and forget how it was looked at and what it asked for."""
        self.driver.get("about:blank")
        self.command("Browser.resetPermissions")
        self.look(*_SCREEN)
        self.asked_for()
        self.complaints()

    def run(self, script: str, *given: Any) -> Any:
        """Run a script within the page, and return what it returns."""
        return self.driver.execute_script(script, *given)

    def command(self, name: str, **parameters: Any) -> Any:
        """Give a command of the Chrome DevTools Protocol."""
        return self.driver.execute_cdp_cmd(name, parameters)

    def text(self, selector: str) -> str:
        """Return the text of an element as a person sees it; "" of a hidden one."""
        script = """
        const element = document.querySelector(arguments[0]);
        return element.checkVisibility() ? element.innerText : "";
        """
        return str(self.run(script, selector))

    def says(self, text: str, selector: str = "h1", seconds: float = 10.0) -> None:
        """Wait until an element says this."""
        wait_until(lambda: text in self.text(selector), seconds)

    def press(self, *keys: str) -> None:
        """Press keys, whatever has the focus."""
        self.driver.switch_to.active_element.send_keys(*keys)

    def press_tab(self) -> None:
        """Go on to what can be reached next by the keyboard."""
        self.press(Keys.TAB)

    def look(
        self, width: int, height: int = 900, scheme: str = "light", media: str = ""
    ) -> None:
        """See the page on a screen of this size, or as on paper (``print``)."""
        scheme_ = {"name": "prefers-color-scheme", "value": scheme}
        self.command("Emulation.setEmulatedMedia", media=media, features=[scheme_])
        size = {"width": width, "height": height}
        self.command(
            "Emulation.setDeviceMetricsOverride",
            **size,
            deviceScaleFactor=1,
            mobile=False,
        )

    def renewals(self, number: int = 2) -> None:
        """Wait until the page has renewed itself so often."""
        for _ in range(number):
            shown = self.text("#verdict time")
            wait_until(lambda before=shown: self.text("#verdict time") != before)

    def asked_for(self) -> list[str]:
        """Return the addresses asked for since this was last asked."""
        log = self.driver.get_log("performance")  # type: ignore[no-untyped-call]
        events = [json.loads(each["message"])["message"] for each in log]
        return [
            event["params"]["request"]["url"]
            for event in events
            if event["method"] == "Network.requestWillBeSent"
        ]

    def complaints(self) -> list[str]:
        """Return what the console says since this was last asked."""
        log = self.driver.get_log("browser")  # type: ignore[no-untyped-call]
        return [each["message"] for each in log]

    def count(self, selector: str) -> int:
        """Return how many such elements there are."""
        return len(self.driver.find_elements(By.CSS_SELECTOR, selector))


@contextmanager
def browser(folder: Path, *, scripts: bool = True) -> Iterator[Browser]:
    """Open a browser that keeps what it keeps in this folder, and close it again.

    Without ``scripts`` it runs none of the page's.
    """
    options = ChromeOptions()
    options.binary_location = str(shutil.which("chromium"))
    for each in (*_OPTIONS, f"--user-data-dir={folder}"):
        options.add_argument(each)
    options.add_argument("--window-size={},{}".format(*_SCREEN))
    options.set_capability(
        "goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"}
    )
    if not scripts:
        setting = "profile.managed_default_content_settings.javascript"
        options.add_experimental_option("prefs", {setting: 2})
    driver = Chrome(options, Service(str(shutil.which("chromedriver"))))
    try:
        yield Browser(driver)
    finally:
        driver.quit()
