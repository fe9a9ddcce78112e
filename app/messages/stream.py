"""Server-sent events: each event of the answer goes out as it comes."""

import time
from collections.abc import Callable, Iterator

import structlog

from app.contract.codes import Code
from app.messages.client import Client
from app.messages.errors import ApiError, ours
from app.messages.exchange import ClientGone, Events
from app.messages.shape import Shape
from app.pool.events import Quiet, StreamEvent

PING_SECONDS = 10.0
HEADERS = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-cache",
    "X-Accel-Buffering": "no",  # nginx would hold events back
}
log = structlog.get_logger(__name__)


def first_event(events: Events) -> StreamEvent:
    """Wait for the answer to begin: from then on it is a 200, whatever comes.

    Raises:
        ApiError, ClientGone: it did not begin.
    """
    for event in events:
        if isinstance(event, StreamEvent):
            return event
    raise ours(Code.CLI_FAILED)


def frames(
    first: StreamEvent,
    events: Events,
    client: Client,
    request_id: str,
    shape: Shape,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[bytes]:
    """Write the events, a ping every ten seconds, and the error where it breaks off.

    Nothing follows an error: no ``message_stop`` that would call it an answer.
    """
    client.begin_answer()
    yield from filter(None, [shape.event(first)])
    ping = clock() + PING_SECONDS
    try:
        for event in events:
            if isinstance(event, StreamEvent) and (written := shape.event(event)):
                yield written
            if clock() >= ping or (
                isinstance(event, Quiet) and client.is_to_be_asked()
            ):
                ping = clock() + PING_SECONDS
                yield shape.ping
        yield from filter(None, [shape.end()])
    except ClientGone:
        return
    except ApiError as error:
        yield shape.error(error, request_id)
    except Exception as error:
        log.exception("answer failed", request_id=request_id, exc_info=error)
        yield shape.error(ours(Code.INTERNAL_ERROR, status=500), request_id)
