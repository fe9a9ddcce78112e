"""Checks the CLI here and now, without a server."""

from dataclasses import replace

from app import create_app
from app.commands.client import Answer, health_body
from app.monitor.monitor import Monitor
from app.web.current import part_of
from config.settings import HealthDetails, Settings


def here(settings: Settings) -> Answer:
    """Check the CLI in this process and answer as ``/health/detailed`` would."""
    # Who can start this can see everything anyway.
    app = create_app(replace(settings, health_details=HealthDetails.ALWAYS))
    monitor = part_of(app, Monitor)
    monitor.check()
    answer = app.test_client().get("/health/detailed")
    return Answer(answer.status_code, health_body("here", answer.data))
