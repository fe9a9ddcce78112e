"""A monitor that reports what a test says, and the page it makes of it."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.monitor.monitor import Monitor
from app.monitor.report import Report
from app.web.current import part_of
from tests.support.html import Page


@pytest.fixture
def says(app: Flask, monkeypatch) -> Callable[[Report], None]:
    """Have the monitor report this."""

    def says(report: Report) -> None:
        monkeypatch.setattr(part_of(app, Monitor), "report", lambda: report)

    return says


@pytest.fixture
def see(client: FlaskClient) -> Callable[..., Page]:
    """Look at the page, as a direct caller unless the headers say otherwise."""

    def see(headers: dict[str, str] | None = None) -> Page:
        answer = client.get("/", headers=headers)
        assert answer.status_code == 200
        return Page(answer.text)

    return see
