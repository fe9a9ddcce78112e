"""The pool and the app of the Messages API's tests, asked by OpenAI's doors."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.pool.pool import Pool
from app.web import current
from tests.messages.conftest import FakePool, pool
from tests.messages.test_views import ANSWER
from tests.openai.doors import CHAT, RESPONSES, Door
from tests.support.builders import FakeClaude
from tests.support.described import DescribedClient

__all__ = ["pool"]


@pytest.fixture(params=[CHAT, RESPONSES], ids=lambda door: door.said)
def door(request: pytest.FixtureRequest) -> Door:
    """Ask by each of the doors in turn."""
    door: Door = request.param
    return door


@pytest.fixture
def ignoring(
    fake_claude: FakeClaude, make_app: Callable[..., Flask], direct: dict[str, Any]
) -> FlaskClient:
    """Make a client of an app that lets pass what cannot be carried, and answers."""
    app = make_app(UNSUPPORTED_PARAMETERS="ignore")
    app.extensions[current._KEY][Pool] = lent = FakePool()
    lent.events = ANSWER
    app.test_client_class = DescribedClient
    client = app.test_client()
    client.environ_base |= direct
    return client
