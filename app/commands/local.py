"""Checks the CLI here and now, and asks it, without a server."""

from contextlib import closing
from dataclasses import replace

from app import create_app
from app.callers.caller import LOCAL
from app.commands.client import Answer, health_body
from app.messages.course import Course
from app.messages.request import read_request
from app.monitor.monitor import Monitor
from app.pool.errors import PoolError
from app.pool.outcome import Outcome
from app.pool.pool import Pool
from app.pool.request import Deadlines, Key, Prompt
from app.web.current import part_of
from config.choices import HealthDetails
from config.settings import Settings


def here(settings: Settings) -> Answer:
    """Check the CLI in this process and answer as ``/health/detailed`` would."""
    # Who can start this can see everything anyway.
    app = create_app(replace(settings, health_details=HealthDetails.ALWAYS))
    monitor = part_of(app, Monitor)
    monitor.check()
    part_of(app, Pool).close()  # what the self-test has needed
    answer = app.test_client().get("/health/detailed")
    return Answer(answer.status_code, health_body("here", answer.data))


def ask(settings: Settings, body: bytes) -> Outcome:
    """Ask the CLI one request of the Messages API in this process.

    Nobody is told of its outcome but the caller: no server's health learns from it.
    """
    pool = part_of(create_app(settings), Pool)
    wanted = read_request(body)
    course = Course(key := Key(LOCAL, wanted.model, wanted.system))
    deadlines = Deadlines(
        settings.first_event_timeout, settings.stall_timeout, settings.total_timeout
    )
    prompt = Prompt(wanted.body, wanted.text, wanted.cache)
    try:
        with (
            pool.acquire(key, settings.queue_timeout) as session,
            closing(session.ask(prompt, deadlines, tell=course.take)) as events,
        ):
            course.lent()
            for event in events:
                course.take(event)
    except PoolError as error:
        course.refused(error)
    finally:
        pool.close()
    return course.outcome()
