"""Repeats the healthy answer in the event loop, without a thread.

Handing a request to a thread and back costs as much as all the rest of such an answer.
What is repeated is in memory, and smaller than the room in the send buffer that every
request finds, so nothing here waits for anybody.
"""

import re
import time
from typing import Any

from gunicorn.http.wsgi import Response

from app.health.faces import MAY_ASK_FOR_ANOTHER
from app.health.replay import Answer, Replay

_PROBE = re.compile(rb"(GET|HEAD) /health ")
_ASKS_FOR_MORE = re.compile(
    rb"(?i)\n(origin|x-request-id|accept:[^\n]*(%b))" % MAY_ASK_FOR_ANOTHER.encode()
)


class _Joined(list[bytes]):
    """What gunicorn takes for a socket: head and body go out in one packet."""

    sendall = list.append


def at_hand(head: bytearray, replay: Replay) -> Answer | None:
    """Return what to repeat, if this is one request for ``/health`` and no more."""
    probe = _PROBE.match(head)
    if not probe or not head.endswith(b"\r\n\r\n") or _ASKS_FOR_MORE.search(head):
        return None
    return replay.at_hand(probe[1].decode())


def repeat(answer: Answer, request: Any, sock: Any, cfg: Any, *, last: bool) -> bool:
    """Send the answer once more; return whether the connection is kept."""
    began = time.perf_counter()
    joined: Any = _Joined()
    response = Response(request, joined, cfg)
    if last:
        response.force_close()
    response.start_response("200 OK", answer.headers)
    for part in answer.body:
        response.write(part)
    answer.count(began)  # first: who is killed between the two has lost no count
    sock.sendall(b"".join(joined))
    return not response.should_close()
