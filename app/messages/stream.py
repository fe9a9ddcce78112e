"""Server-sent events: each event of the answer goes out verbatim, as it comes."""

import time
from collections.abc import Callable, Iterator

import structlog

from app.contract.codes import Code
from app.messages.client import Client
from app.messages.errors import ApiError, ours
from app.messages.exchange import ClientGone, Events
from app.pool.events import Quiet, StreamEvent

PING_SECONDS = 10.0
_PING = b'event: ping\ndata: {"type": "ping"}\n\n'
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
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[bytes]:
    """Write the events, ``ping`` every ten seconds, and ``error`` where it breaks off.

    Nothing follows an error: no ``message_stop`` that would call it an answer.
    """
    client.begin_answer()
    yield frame(first.type, first.raw)
    ping = clock() + PING_SECONDS
    try:
        for event in events:
            if isinstance(event, StreamEvent):
                yield frame(event.type, event.raw)
            if clock() >= ping or (
                isinstance(event, Quiet) and client.is_to_be_asked()
            ):
                ping = clock() + PING_SECONDS
                yield _PING
    except ClientGone:
        return
    except ApiError as error:
        yield frame("error", error.text(request_id))
    except Exception as error:
        log.exception("answer failed", request_id=request_id, exc_info=error)
        unforeseen = ours(Code.INTERNAL_ERROR, status=500)
        yield frame("error", unforeseen.text(request_id))


def frame(kind: str, raw: bytes) -> bytes:
    """Write one event."""
    return b"event: %b\ndata: %b\n\n" % (kind.encode(), raw)
