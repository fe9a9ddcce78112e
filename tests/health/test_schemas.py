"""How moments and durations are written, and what is left out."""

from datetime import datetime, timedelta, timezone

import pytest

from app.components.api_server import ApiServerSchema
from app.components.claude_cli import CliStatusSchema
from app.health.schemas import HealthySchema


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0h 0m 0s"), (8130, "2h 15m 30s"), (90_061, "1d 1h 1m 1s")],
)
def test_uptime_is_written_as_in_the_contract(seconds, text):
    assert ApiServerSchema(only=["uptime"]).dump({"uptime": seconds})["uptime"] == text


def test_a_moment_is_utc_in_whole_seconds():
    moment = datetime(2024, 1, 15, 12, 30, 0, 999, timezone(timedelta(hours=2)))
    body = HealthySchema().dump({"timestamp": moment, "status": "healthy"})
    assert body["timestamp"] == "2024-01-15T10:30:00Z"


def test_code_and_remedy_are_absent_while_nothing_is_wrong():
    assert CliStatusSchema().dump({"status": "healthy", "code": None}) == {
        "status": "healthy"
    }
