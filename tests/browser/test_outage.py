"""What the page says through an outage, without anybody reloading it."""

import os
import signal
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tests.support.waiting import wait_until

SOON = 3.0  # seconds after /health says so


def test_each_turn_of_an_outage_is_on_the_page_soon(page, service, serve, fake_claude):
    page.says("Healthy for")
    fake_claude.set(logged_in=False)
    os.utime(fake_claude.path)
    service.becomes("not_authenticated")
    page.says("the Claude CLI is not logged in", seconds=SOON)
    assert "claude-proxy login" in page.text("#verdict .remedy")

    fake_claude.path.unlink()
    service.becomes("cli_not_found")
    page.says("there is no Claude CLI", seconds=SOON)
    assert "unhealthy" in page.text("#component-claude_cli h3")

    service.stop()
    page.says("The server no longer answers.", "#lost", SOON)

    fake_claude.set()
    fake_claude.install()
    again = serve(PORT=service.url.rpartition(":")[2])
    again.becomes(None)
    page.says("Healthy for", seconds=SOON)
    wait_until(lambda: page.text("#lost") == "")
    assert "starting → healthy" in page.text("#changes")


def test_a_page_that_has_lost_its_server_does_not_stay_green(page, service):
    service.stop()
    page.says("What is shown below was true at", "#lost")
    assert page.run("return document.title").startswith("No answer")
    for part in ("header", "main"):
        style = f"getComputedStyle(document.querySelector('{part}')).filter"
        assert page.run(f"return {style}") == "grayscale(1)"


def test_a_server_that_hangs_is_told_from_one_that_is_gone(page, service):
    os.kill(service.process.pid, signal.SIGSTOP)
    workers = service.workers()
    for pid in workers:
        os.kill(pid, signal.SIGSTOP)
    try:
        page.says("The server does not answer in time.", "#lost")
    finally:
        for pid in (*workers, service.process.pid):
            os.kill(pid, signal.SIGCONT)
    wait_until(lambda: page.text("#lost") == "")


class BadGateway(BaseHTTPRequestHandler):
    """What a proxy in front says of a service that is gone."""

    def do_GET(self) -> None:
        self.send_error(502)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


def test_the_page_of_somebody_else_is_not_taken_for_an_answer(page, service):
    service.stop()
    address = ("127.0.0.1", int(service.url.rpartition(":")[2]))
    with HTTPServer(address, BadGateway) as front:
        thread = threading.Thread(target=front.serve_forever, args=(0.05,))
        thread.start()
        try:
            page.says("The server answers, but not with this page.", "#lost")
        finally:
            front.shutdown()
            thread.join()


@pytest.mark.parametrize("code", ["not_authenticated", "cli_failed"])
def test_the_title_of_the_tab_says_it_as_well(page, service, fake_claude, code):
    fault = {"logged_in": False} if code == "not_authenticated" else {"mode": "crash"}
    fake_claude.set(**fault)
    os.utime(fake_claude.path)
    service.becomes(code)
    page.says("Cannot serve since")
    assert page.run("return document.title").startswith("Cannot serve since")
