"""OpenAI's two endpoints, asked alike: what differs is a path and a few words."""

import json
from dataclasses import dataclass
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.pool.events import Ended, Kind
from tests.openai.test_chat import LEAST

Body = dict[str, Any]
BUSY = Ended(Kind.UPSTREAM_ERROR, 529, "overloaded_error", "Busy.")


@dataclass(frozen=True, eq=False)
class Door:
    """One of them: the least it may be asked, and the field of what is said."""

    path: str
    least: Body
    said: str

    def ask(
        self, client: FlaskClient, asked: Body | bytes | None = None, **more: Any
    ) -> TestResponse:
        """Ask the least with these fields; bytes go out as they are."""
        if not isinstance(asked, bytes):
            asked = json.dumps(self.least | (asked or {})).encode()
        return client.post(self.path, data=asked, **more)


CHAT = Door("/v1/chat/completions", LEAST, "messages")
RESPONSES = Door(
    "/v1/responses", {"model": "claude-haiku-4-5", "input": "Hello"}, "input"
)


def problem_of(answer: TestResponse) -> tuple[int, str, str | None, str]:
    error = answer.json["error"]
    return answer.status_code, error["type"], error["param"], error["code"]
