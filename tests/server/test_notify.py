"""What the notifier takes from its environment, and says to nobody."""

import os

import pytest

from app.server.notify import Notifier

NAMES = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID")


def test_it_leaves_gunicorn_and_every_child_nothing(monkeypatch):
    for name in NAMES:
        monkeypatch.setenv(name, "1")
    Notifier().take_over()
    assert not set(NAMES) & set(os.environ)


@pytest.mark.parametrize("address", ["", "/nowhere/notify", "@nobody", "vsock:2:9"])
def test_nobody_who_listens_is_no_error(monkeypatch, address):
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    notifier = Notifier()
    notifier.take_over()
    notifier.stopping()
