"""One request to the pool: its events as they come, an error where it ends badly."""

from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass

import structlog

from app.messages.client import Client
from app.messages.course import Course, Listeners
from app.messages.outcome import error_of, refusal_of
from app.pool.errors import GaveUp, PoolError
from app.pool.events import Ended, Quiet, StreamEvent
from app.pool.pool import Pool
from app.pool.request import Deadlines, Key, Prompt

_LOOK_UP = 0.03  # seconds of silence, after which we see whether the client is there
Events = Generator[StreamEvent | Quiet]
log = structlog.get_logger(__name__)


class ClientGone(Exception):
    """Nobody is there to read the answer any more."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of whom, for which client, within which seconds."""

    id: str
    key: Key
    prompt: Prompt
    client: Client
    deadlines: Deadlines
    queue_timeout: float


def exchange(pool: Pool, request: Request, listeners: Listeners) -> Events:
    """Yield the answer's events verbatim, and ``Quiet`` where none come for a moment.

    Closing it ends the request upstream at once. The listeners hear of its outcome,
    whichever way it ends.

    Raises:
        ApiError: it did not end well, or there was nobody to ask.
        ClientGone: while it waited.
    """
    course = Course(request.key)
    try:
        yield from _answered(pool, request, course)
    except GaveUp as error:
        course.refused(error)
        raise ClientGone from None
    except PoolError as error:
        course.refused(error)
        raise refusal_of(error) from None
    finally:
        listeners.tell(course.outcome())


def _answered(pool: Pool, request: Request, course: Course) -> Events:
    gone = request.client.is_gone
    with (
        pool.acquire(
            request.key, request.queue_timeout, still_waits=lambda: not gone()
        ) as session,
        closing(
            session.ask(request.prompt, request.deadlines, _LOOK_UP, course.take)
        ) as events,
    ):
        course.lent()
        for event in events:
            course.take(event)
            if isinstance(event, StreamEvent | Quiet):
                yield event
            elif isinstance(event, Ended):
                _log(request, event)
                if error := error_of(event, course.limit):
                    raise error
            if gone():
                raise ClientGone


def _log(request: Request, ended: Ended) -> None:
    log.info(
        "answered",
        request_id=request.id,
        model=request.key.model,
        client=request.key.caller,
        end=ended.kind.value,
        upstream_status=ended.status,
        upstream_request_id=ended.request_id,
        stop_reason=ended.stop_reason,
    )
